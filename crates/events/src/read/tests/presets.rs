use erewhon_geo::{Cell, Frame, read_cells};

use super::*;
use crate::{EventKind, record_files};

/// The real record sets, where they are at hand.
fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("EREWHON_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let path = root.join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: `{}` is not here", path.display());
    None
}

fn rules_of(batch: &Taken) -> Vec<(&'static str, usize)> {
    let count = |rule| {
        batch
            .faults
            .iter()
            .filter(|(fault, _)| fault.rule == rule)
            .count()
    };
    let counts = Rule::ALL.into_iter().map(|rule| (rule.name(), count(rule)));
    counts.filter(|(_, rows)| *rows > 0).collect()
}

#[test]
fn bandicoot_has_four_layouts() {
    let Some(dir) = shared("data/bandicoot-samples") else {
        return;
    };
    let late = ("2013-12-01", 400, "America/New_York");
    let grid: Vec<Cell> = (0..60)
        .flat_map(|y| (0..90).map(move |x| (f64::from(y), f64::from(x))))
        .map(|(y, x)| Cell::geographic(format!("{y}_{x}"), 41.7 + y * 0.025, -72.2 + x * 0.025))
        .collect();
    let grid = || CellTable::new(Frame::Geographic, grid.clone()).unwrap();
    let antennas = read_cells(&dir.join("antennas.csv")).unwrap().0;
    let anywhere = CellTable::schematic(vec!["anywhere".to_owned(), "x".to_owned()]).unwrap();
    for (preset, file, cells, rows) in [
        ("bandicoot", "ego.csv", antennas, 314),
        ("bandicoot_position", "u_test2.csv", grid(), 500),
        (
            "bandicoot_no_place",
            "u_test_no_position.csv",
            anywhere,
            500,
        ),
        ("bandicoot_orange", "u_test.csv", grid(), 500),
    ] {
        let bench = Bench::over(Mapping::load(preset).unwrap(), cells, late);
        let (batch, read) = bench.read_file(&dir.join(file)).unwrap();
        assert_eq!(read.rows, rows, "{preset}");
        let far = rules_of(&batch);
        assert!(
            far.iter()
                .all(|(rule, _)| *rule == "position_far_from_cells"),
            "{preset} {far:?}"
        );
        assert!(
            batch.rows.len() > rows as usize * 9 / 10,
            "{preset} {}",
            batch.rows.len()
        );
    }
}

#[test]
fn bandicoot_records_without_direction_are_read() {
    let cells = CellTable::schematic(vec!["1".to_owned(), "2".to_owned()]).unwrap();
    let bench = Bench::over(
        Mapping::load("bandicoot").unwrap(),
        cells,
        ("2014-03-01", 7, "UTC"),
    );
    let events = bench.events(
        "interaction,direction,correspondent_id,datetime,call_duration,antenna_id\n\
         call,,A,2014-03-02 07:13:30,60,1\ntext,,A,2014-03-02 07:13:30,,1\n\
         ,,,2014-03-02 07:13:30,,2\ncall,in,A,2014-03-02 07:13:30,60,1\n",
    );
    let kinds: Vec<EventKind> = events.iter().map(|event| event.kind).collect();
    use EventKind as K;
    assert_eq!(kinds, [K::CallOut, K::SmsOut, K::LocationUpdate, K::CallIn]);
}

#[test]
fn the_retention_export_is_read_from_one_gateway() {
    let Some(path) = shared("data/swisscom-retention-format/vorratsdaten.masked.csv") else {
        return;
    };
    let sites = [
        "Fraumünsterstr. 16 - Zürich - 8001",
        "Alfred-Escher-Str. 50 - Zürich - 8002",
        "Dreikönigstr. 18 - Zürich - 8002",
    ];
    let cells = CellTable::schematic(sites.map(str::to_owned).to_vec()).unwrap();
    let mapping = Mapping::load("swisscom").unwrap();
    let bench = Bench::over(mapping, cells, ("2018-03-28", 1, "Europe/Zurich"));
    let (batch, _) = bench.read_file(&path).unwrap();
    assert_eq!(rules_of(&batch), []);
    // Of each session the S-GSN has a record with an address and one with a session id, at one
    // moment: 8 of 24 rows, which are 4 events once what is equal is kept once.
    assert_eq!((batch.rows.len(), batch.not_wanted), (8, 16));
    let moments: std::collections::BTreeSet<_> = batch
        .rows
        .iter()
        .map(|(_, event)| (event.time_utc_ms, event.cell))
        .collect();
    assert_eq!(moments.len(), 4);
}

#[test]
fn multimno_bronze_is_read_below_its_directories() {
    let Some(dir) = shared("data/multimno-events/S/bronze/mno_events") else {
        return;
    };
    // The network's own cells, so that every cell of an event that was not made wrong is known.
    let ids = cell_ids(&dir);
    let cells = CellTable::schematic(ids).unwrap();
    let mut mapping = Mapping::load("multimno").unwrap();
    mapping.position = None;
    mapping
        .ignore
        .extend(["latitude".to_owned(), "longitude".to_owned()]);
    let bench = Bench::over(mapping, cells, ("2023-01-07", 3, "UTC"));
    let mut rows = Vec::new();
    let mut met = std::collections::BTreeMap::new();
    for file in record_files(&[dir]).unwrap() {
        let (batch, _) = bench.read_file(&file).unwrap();
        for (rule, count) in rules_of(&batch) {
            *met.entry(rule).or_insert(0) += count;
        }
        rows.extend(batch.rows);
    }
    let aside: usize = met.values().sum();
    assert_eq!(rows.len() + aside, 215_864, "{met:?}");
    let subscribers: std::collections::BTreeSet<u64> = rows.iter().map(|(s, _)| s.bits()).collect();
    assert_eq!(subscribers.len(), 1_000);
    assert!(
        rows.iter()
            .all(|(_, e)| e.home_network.unwrap().to_string() == "214-123")
    );
    // multimno's own cleaning drops 6,431 rows without subscriber or time.
    let met_by = |rule| met.get(rule).copied().unwrap_or(0);
    let empty = met_by("missing_subscriber") + met_by("bad_time");
    assert_eq!(empty, 6_431, "{met:?}");
}

/// The ids in the `cell_id` column, by the crate's own reading.
fn cell_ids(dir: &Path) -> Vec<String> {
    use ::parquet::file::reader::{FileReader as _, SerializedFileReader};
    use ::parquet::record::Field;
    let mut ids = std::collections::BTreeSet::new();
    for path in record_files(&[dir.to_owned()]).unwrap() {
        let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
        for row in reader.get_row_iter(None).unwrap() {
            let row = row.unwrap();
            let mut fields = row.get_column_iter();
            if let Some((_, Field::Str(id))) = fields.find(|(name, _)| *name == "cell_id") {
                ids.insert(id.clone());
            }
        }
    }
    ids.into_iter().collect()
}

#[test]
fn small_samples_of_the_other_presets() {
    let cells = || CellTable::schematic(["262-1-7-9", "a"].map(str::to_owned).to_vec()).unwrap();
    let window = ("2026-03-02", 7, "Europe/Berlin");
    for (preset, good, bad, rule) in [
        (
            "worldbank",
            "msisdn,call_datetime,location_id\n4917,2026-03-02 09:00:00,a\n",
            "4917,2026-03-02 09:00:00,z\n",
            "unknown_cell",
        ),
        (
            "d4d",
            "7,2026-03-02 09:00:00,a\n",
            ",2026-03-02 09:00:00,a\n",
            "missing_subscriber",
        ),
        (
            "signalling",
            "imsi,time,mcc,mnc,lac,ci,event_type\n262011234567890,2026-03-02T09:00:00,262,1,7,9,tau\n",
            "26201123,noon,262,1,7,9,tau\n",
            "bad_time",
        ),
        (
            "xdr",
            "msisdn,imsi,node,start,end,cell,bytes_up,bytes_down,imei\n\
             4917,262011234567890,SGW,2026-03-02 09:00:00,2026-03-02 09:10:00,a,1,2,\n",
            "4917,262011234567890,SGW,2026-03-02 09:00:00,2026-03-02 08:10:00,a,1,2,\n",
            "bad_number",
        ),
        (
            "cdr_roaming",
            "subscriber,time_utc,cell,kind,duration_s,peer,bytes_up,bytes_down,home_network\n\
             4917,2026-03-02T08:00:00Z,a,call_in,60,4918,0,0,310-260\n",
            "4917,2026-03-02T08:00:00Z,a,call_in,60,4918,0,0,31-260\n",
            "bad_network",
        ),
        (
            "flowkit_topups",
            "id,datetime,type,recharge_amount,airtime_fee,tax_and_fee,pre_event_balance,post_event_balance,\
             msisdn,location_id,imsi,imei,tac,operator_code,country_code\n\
             1,2026-03-02 09:00:00+01,,12.50,0,0,0,12.5,4917,a,,,,1,2\n",
            "1,2026-03-02 09:00:00+01,,-12.50,0,0,0,12.5,4917,a,,,,1,2\n",
            "bad_number",
        ),
        (
            "gen_cdr",
            "\"user_id\",\"ts\",\"cell_id\",\"event_type\",\"direction\",\"duration\",\"correspondent\"\n\
             \"5b\",2026-03-02 09:00:00,\"a\",\"data\",\"out\",39,\n",
            "\"5b\",2026-03-02 09:00:00,\"a\",\"fax\",\"out\",39,\n",
            "unknown_kind",
        ),
    ] {
        let bench = Bench::over(Mapping::load(preset).unwrap(), cells(), window);
        let event = bench.events(good)[0];
        assert_eq!(event.time_utc_ms, 1_772_438_400_000, "{preset}");
        let (batch, _) = bench.read(format!("{good}{bad}")).unwrap();
        assert_eq!(rules_of(&batch), [(rule, 1)], "{preset}");
    }
}
