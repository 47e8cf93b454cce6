//! A reference country, its records as ingest gives them, and what its people really did.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use erewhon_events::{EventTable, Key, Load, Mapping, Rules, ingest};
use erewhon_geo::{CellTable, read_cells};
use erewhon_types::{Calendar, CellIx};
use erewhon_world::{World, WorldSpec};

/// A country with rush hours and roaming visitors.
pub(crate) struct Country {
    pub(crate) cells: CellTable,
    pub(crate) calendar: Calendar,
    pub(crate) events: EventTable,
    /// Junctions in degrees of longitude and latitude.
    pub(crate) junctions: HashMap<String, (f64, f64)>,
    /// Metres between two junctions that a road joins.
    pub(crate) roads_m: HashMap<(String, String), f64>,
    /// By pseudonym.
    pub(crate) people: BTreeMap<u64, Person>,
}

/// What is true of one number.
#[derive(Default)]
pub(crate) struct Person {
    pub(crate) home: Option<CellIx>,
    pub(crate) work: Option<CellIx>,
    pub(crate) abroad: bool,
    pub(crate) trips: Vec<TrueTrip>,
}

/// A trip as it was made.
pub(crate) struct TrueTrip {
    pub(crate) depart_ms: i64,
    pub(crate) arrive_ms: i64,
    pub(crate) to: Option<CellIx>,
    pub(crate) way: Vec<String>,
    /// 0 where it leads out of the region.
    pub(crate) length_m: f64,
}

impl Country {
    /// Some hundred people for three weeks, with a location update every so many minutes.
    pub(crate) fn make(location_update_min: Option<u16>, seed: u64) -> Self {
        let spec = WorldSpec {
            subscribers: 600,
            days: 21,
            location_update_min,
            travel: true,
            seed,
            ..WorldSpec::default()
        };
        let dir = tempfile::tempdir().unwrap();
        let world = World::make(&spec).unwrap();
        world.write(dir.path(), &mut |_, _| {}).unwrap();
        let (cells, issues) = read_cells(&dir.path().join("cells.csv")).unwrap();
        let calendar = Calendar::new(&spec.window().unwrap()).unwrap();
        let key = Key::from_bytes([5; 32]);
        let load = Load {
            files: &[dir.path().join("cdr.csv")],
            mapping: &Mapping::load(spec.format()).unwrap(),
            cells: &cells,
            cell_issues: &issues,
            calendar: &calendar,
            key: &key,
            subjects: None,
            withdrawn: &[],
            max_quarantined_share: 0.2,
            rules: &Rules::off(),
        };
        let events = ingest(load, None, &mut |_, _| {}).unwrap().events;
        let truth = dir.path().join("truth");
        let (mut junctions, mut roads_m) = (HashMap::new(), HashMap::new());
        for row in rows(&truth.join("roads.csv")) {
            let number = |name: &str| row[name].parse::<f64>().unwrap();
            let (from, to) = (row["from"].clone(), row["to"].clone());
            junctions.insert(from.clone(), (number("from_lon"), number("from_lat")));
            junctions.insert(to.clone(), (number("to_lon"), number("to_lat")));
            roads_m.insert((from.clone(), to.clone()), number("length_m"));
            roads_m.insert((to, from), number("length_m"));
        }
        let people = people(&truth, &cells, &key);
        Self {
            cells,
            calendar,
            events,
            junctions,
            roads_m,
            people,
        }
    }
}

fn people(truth: &Path, cells: &CellTable, key: &Key) -> BTreeMap<u64, Person> {
    let mut trips: HashMap<String, Vec<HashMap<String, String>>> = HashMap::new();
    for row in rows(&truth.join("trips.csv")) {
        trips.entry(row["person"].clone()).or_default().push(row);
    }
    let utc_ms = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
    let trip = |row: &HashMap<String, String>| TrueTrip {
        depart_ms: utc_ms(&row["depart_utc"]),
        arrive_ms: utc_ms(&row["arrive_utc"]),
        to: cells.find(&row["to_cell"]),
        way: row["way"]
            .split('-')
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
        length_m: row["length_m"].parse().unwrap_or(0.0),
    };
    let people = rows(&truth.join("people.csv")).into_iter().map(|row| {
        let trips = trips
            .get(&row["person"])
            .map(|trips| trips.iter().map(trip).collect());
        let person = Person {
            home: cells.find(&row["home_cell"]),
            work: cells.find(&row["work_cell"]),
            abroad: !row["home_network"].is_empty(),
            trips: trips.unwrap_or_default(),
        };
        (key.pseudonym(row["subscriber"].as_bytes()).bits(), person)
    });
    people.collect()
}

/// The rows of a table by the names of its columns.
fn rows(path: &Path) -> Vec<HashMap<String, String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
    let row = |line: &str| {
        let values = line.split(',').map(str::to_owned);
        columns
            .iter()
            .map(|name| (*name).to_owned())
            .zip(values)
            .collect()
    };
    lines.map(row).collect()
}
