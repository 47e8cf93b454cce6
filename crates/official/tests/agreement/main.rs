//! The products on multimno's own made events are what multimno 1.0.0 made of them, row by row; what
//! differs is counted here, with the reason. The data are not part of the project, and where they are
//! missing nothing is tested.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
#![expect(
    clippy::print_stderr,
    reason = "a test says why it tests nothing, and how far it agrees"
)]

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::PathBuf,
    sync::Arc,
};

use erewhon_official::{
    CellCounts, Day, Days, Footprints, GroupIx, Groups, Held, Interval, Mcc, Midterm, MidtermRule,
    Overlaps, Period, PermanenceRule, Place, PresentRule, Reach, Score, Seen, SegmentRule,
    SignalRule, SlotScore, Slots, Tile, between, footprints, held,
    multimno::{
        Columns, Names, People, Table, read_cell_overlaps, read_events, read_footprints, read_grid,
        read_transmitters,
    },
    nearest, present, scores, segments,
};
use erewhon_types::{Calendar, CellIx, Result, Window};
use jiff::civil::{Date, date};

mod permanence;

/// The day that multimno was run for; events of the days around it are there too.
const DAY: Date = date(2023, 1, 8);
const DAY_START_MS: i64 = 1_673_136_000_000;
const MIDNIGHT_AFTER_MS: i64 = DAY_START_MS + 86_400_000;

fn silver(name: &str) -> Option<PathBuf> {
    shared(&format!("S/out_multimno/silver/{name}"))
}

fn shared(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("EREWHON_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let path = root.join("data/multimno-events").join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("nothing tested: {} is missing", path.display());
    None
}

fn day() -> Day {
    Day::of(
        &Calendar::new(&Window::parse("2023-01-08", 1, "UTC").unwrap()).unwrap(),
        0,
    )
    .unwrap()
}

/// Calls `each` for the rows of a table of one day.
fn rows(path: PathBuf, columns: &[&str], each: &mut dyn FnMut(&Columns<'_>, usize)) {
    let table = Table::open(&path).unwrap();
    let mut all = |columns: Columns<'_>| {
        (0..columns.rows()).for_each(|row| each(&columns, row));
        Result::Ok(())
    };
    table.each(columns, &mut |_, columns| all(columns)).unwrap();
}

struct Data {
    names: Names,
    people: People,
}

fn data() -> Option<Data> {
    let mut names = Names::default();
    let table = silver("cleaning/mno_events_flagged")?;
    let people = read_events(&table, Mcc::new(214).unwrap(), &mut names).unwrap();
    assert_eq!(people.len(), 1_000);
    assert_eq!(
        (
            people.without_place,
            people.unknown_network,
            people.marked_wrong
        ),
        (0, 0, 0)
    );
    Some(Data { names, people })
}

impl Data {
    fn footprints(&mut self, name: &str, weight: &str) -> Footprints {
        let table = silver(&format!("network_coverage/{name}")).unwrap();
        read_footprints(&table, weight, DAY, &mut self.names).unwrap()
    }
}

/// With the first event of the day after.
fn until_next_day(seen: &[Seen]) -> &[Seen] {
    let today = between(seen, DAY_START_MS, MIDNIGHT_AFTER_MS).len();
    let from = seen.partition_point(|s| s.at_ms < DAY_START_MS);
    &seen[from..(from + today + 1).min(seen.len())]
}

/// With the last event of the day before, too.
fn around(seen: &[Seen]) -> &[Seen] {
    let from = seen.partition_point(|s| s.at_ms < DAY_START_MS);
    let to = seen.partition_point(|s| s.at_ms < MIDNIGHT_AFTER_MS);
    &seen[from.saturating_sub(1)..(to + 1).min(seen.len())]
}

#[test]
fn connection_probabilities_are_multimnos() {
    let Some(mut data) = data() else { return };
    let ours = data
        .footprints("cell_footprint", "signal_dominance")
        .connection();
    let theirs = data.footprints("cell_conn_probs", "cell_connection_probability");
    let posterior = data.footprints("cell_conn_probs", "posterior_probability");
    let own_posterior = ours.posterior(&vec![1.0; ours.tiles().len()]).unwrap();
    assert_eq!(ours.tiles(), theirs.tiles());
    let mut entries = 0;
    for cell in (0..data.names.len() as u32).map(CellIx).take(ours.cells()) {
        let pairs = ours.of(cell).iter().zip(theirs.of(cell));
        for ((ours, theirs), (own, their)) in
            pairs.zip(own_posterior.of(cell).iter().zip(posterior.of(cell)))
        {
            assert_eq!(ours.0, theirs.0);
            assert!((ours.1 - theirs.1).abs() <= 1e-7, "{} {}", ours.1, theirs.1);
            assert!(
                (own.1 / their.1 - 1.0).abs() <= 5e-7,
                "{} {}",
                own.1,
                their.1
            );
            entries += 1;
        }
        assert_eq!(ours.of(cell).len(), theirs.of(cell).len());
    }
    assert_eq!(entries, 40_070);
}

#[test]
fn computed_footprints_are_multimnos() {
    let Some(mut data) = data() else { return };
    let theirs = data.footprints("cell_footprint", "signal_dominance");
    let (grid, origin) = read_grid(&silver("setup/grid").unwrap()).unwrap();
    let network = silver("network_coverage/mno_network").unwrap();
    let network = read_transmitters(&network, DAY, origin).unwrap();
    let mut cells = Vec::new();
    let mut at = HashMap::new();
    for (name, cell) in network {
        at.insert(data.names.add(&name), CellIx(cells.len() as u32));
        cells.push(cell);
    }
    let ours = footprints(&cells, &grid, &SignalRule::MULTIMNO).unwrap();
    let tiles = |of: &Footprints, cell| -> BTreeMap<Tile, f32> {
        of.of(cell)
            .iter()
            .map(|e| (of.tiles()[e.0 as usize], e.1))
            .collect()
    };
    let (mut common, mut only_ours, mut only_theirs, mut worst) = (0, 0, 0, 0.0_f32);
    for (their_ix, our_ix) in at {
        let known = their_ix.index() < theirs.cells();
        let theirs = if known {
            tiles(&theirs, their_ix)
        } else {
            BTreeMap::new()
        };
        let ours = tiles(&ours, our_ix);
        for (tile, dominance) in &ours {
            match theirs.get(tile) {
                Some(their) => {
                    common += 1;
                    worst = worst.max((dominance / their - 1.0).abs());
                }
                None => only_ours += 1,
            }
        }
        only_theirs += theirs
            .keys()
            .filter(|tile| !ours.contains_key(tile))
            .count();
    }
    eprintln!(
        "footprints: {common} rows in common, {only_ours} of ours alone, {only_theirs} of theirs alone, \
         largest difference {worst:.1e}"
    );
    assert!(
        common >= 40_050 && only_ours + only_theirs <= 20,
        "{only_ours} {only_theirs}"
    );
    assert!(worst < 1e-4, "{worst}");
}

#[test]
fn groups_have_multimnos_names_and_tiles() {
    let Some(mut data) = data() else { return };
    let footprints = data.footprints("cell_footprint", "signal_dominance");
    let groups = Groups::of(&footprints);
    let mut theirs = BTreeSet::new();
    rows(
        silver("network_coverage/group_to_tile").unwrap(),
        &["group_id", "grid_id"],
        &mut |c, row| {
            let tile = c.whole("grid_id").unwrap()(row).unwrap() as i32;
            theirs.insert((c.texts("group_id").unwrap().value(row).to_owned(), tile));
        },
    );
    let all = (0..groups.len() as u32).map(GroupIx);
    let ours = all.flat_map(|group| {
        let name = groups.name(group);
        groups
            .tiles(group)
            .iter()
            .map(move |tile| (name.clone(), tile.grid_id()))
            .collect::<Vec<_>>()
    });
    assert_eq!(ours.collect::<BTreeSet<_>>(), theirs);
}

#[test]
fn present_population_is_multimnos() {
    let Some(mut data) = data() else { return };
    let connection = data.footprints("cell_conn_probs", "cell_connection_probability");
    let (grid, _) = read_grid(&silver("setup/grid").unwrap()).unwrap();
    assert_eq!(grid.len(), 32_396);
    let mut theirs: BTreeMap<i64, BTreeMap<Tile, f64>> = BTreeMap::new();
    let columns = ["grid_id", "population", "timestamp"];
    rows(
        silver("PP/present_population").unwrap(),
        &columns,
        &mut |c, row| {
            let tile = Tile::of_grid_id(c.whole("grid_id").unwrap()(row).unwrap() as i32);
            let at_ms = c.instants_ms("timestamp").unwrap()(row).unwrap();
            let phones = c.numbers("population").unwrap()(row).unwrap();
            theirs.entry(at_ms).or_default().insert(tile, phones);
        },
    );
    assert_eq!(theirs.values().map(BTreeMap::len).sum::<usize>(), 47_842);
    let rule = PresentRule {
        min_change: 10.0,
        ..PresentRule::MULTIMNO
    };
    for (at_ms, theirs) in theirs {
        let mut counts = CellCounts::none(connection.cells());
        for (_, seen) in data.people.all() {
            counts.add(nearest(seen, at_ms, rule.tolerance_ms));
        }
        let found = present(&counts, &connection, grid.len(), &rule).unwrap();
        let ours: BTreeMap<Tile, f64> = found.tiles.iter().copied().collect();
        assert!(ours.keys().eq(theirs.keys()), "other tiles");
        let off = |tile: &Tile| (ours[tile] - theirs[tile]).abs() / theirs[tile].max(1e-6);
        let worst = theirs.keys().map(off).fold(0.0, f64::max);
        let exact = theirs
            .iter()
            .filter(|(t, p)| f64::from(ours[t] as f32) == **p)
            .count();
        eprintln!(
            "present population at {at_ms}: {} tiles, {} rounds, unplaced {}, largest difference {worst:.1e}, \
             {exact} equal to the last bit",
            ours.len(),
            found.rounds,
            found.unplaced,
        );
        assert!(worst < 1e-5, "{worst}");
    }
}

/// The larger set, from bronze events and a computed network: multimno has left out 3,378 of 1,444,927 events, of unknown cells or
/// with speeds that it reckons without the longitude, and that is all that may differ.
#[test]
fn present_population_of_the_larger_set_is_nearly_multimnos() {
    let Some(events) = shared("L/bronze/mno_events") else {
        return;
    };
    let (grid, origin) = read_grid(&silver("setup/grid").unwrap()).unwrap();
    let mut names = Names::default();
    let network = shared("L/bronze/mno_network").unwrap();
    let network = read_transmitters(&network, DAY, origin).unwrap();
    let cells: Vec<_> = network
        .iter()
        .map(|(name, cell)| (names.add(name), *cell))
        .collect();
    assert!(cells.iter().map(|(ix, _)| ix.index()).eq(0..100));
    let cells: Vec<_> = cells.into_iter().map(|(_, cell)| cell).collect();
    let connection = footprints(&cells, &grid, &SignalRule::MULTIMNO)
        .unwrap()
        .connection();
    let people = read_events(&events, Mcc::new(214).unwrap(), &mut names).unwrap();
    // Of those 24 have a position alone.
    assert_eq!(
        (people.len(), people.without_person, people.without_place),
        (10_000, 0, 24)
    );
    let mut theirs: BTreeMap<i64, BTreeMap<Tile, f64>> = BTreeMap::new();
    let columns = ["grid_id", "population", "timestamp"];
    rows(
        shared("L/out_multimno/PP/present_population").unwrap(),
        &columns,
        &mut |c, row| {
            let tile = Tile::of_grid_id(c.whole("grid_id").unwrap()(row).unwrap() as i32);
            let at_ms = c.instants_ms("timestamp").unwrap()(row).unwrap();
            theirs
                .entry(at_ms)
                .or_default()
                .insert(tile, c.numbers("population").unwrap()(row).unwrap());
        },
    );
    let rule = PresentRule {
        min_change: 10.0,
        ..PresentRule::MULTIMNO
    };
    for (at_ms, theirs) in theirs {
        let mut counts = CellCounts::none(names.len());
        for (_, seen) in people.all() {
            counts.add(nearest(seen, at_ms, rule.tolerance_ms));
        }
        let found = present(&counts, &connection, grid.len(), &rule).unwrap();
        let ours: BTreeMap<Tile, f64> = found.tiles.iter().copied().collect();
        let all: BTreeSet<&Tile> = ours.keys().chain(theirs.keys()).collect();
        let of = |from: &BTreeMap<Tile, f64>, tile| from.get(tile).copied().unwrap_or(0.0);
        let moved: f64 = all
            .iter()
            .map(|t| (of(&ours, t) - of(&theirs, t)).abs())
            .sum();
        let (our_sum, their_sum) = (ours.values().sum::<f64>(), theirs.values().sum::<f64>());
        eprintln!(
            "present population of the larger set at {at_ms}: {our_sum:.0} phones, there {their_sum:.0}, \
             {moved:.1} apart, unplaced {}, {} rounds",
            found.unplaced, found.rounds
        );
        assert!((our_sum - their_sum).abs() <= 0.005 * their_sum && moved <= 0.02 * their_sum);
    }
}

type Pieces = HashSet<(Vec<u8>, i64, i64, Option<i64>, u8, Vec<CellIx>, bool)>;

#[test]
fn segments_are_multimnos() {
    let Some(mut data) = data() else { return };
    let table = silver("network_coverage/cell_intersection_groups").unwrap();
    let overlaps = read_cell_overlaps(&table, DAY, &mut data.names).unwrap();
    let mut theirs = Pieces::new();
    let columns = [
        "user_id",
        "start_timestamp",
        "end_timestamp",
        "last_event_timestamp",
        "cells",
        "state",
        "is_last",
    ];
    rows(
        silver("tourism/time_segments").unwrap(),
        &columns,
        &mut |c, row| {
            let at = |name: &str| c.instants_ms(name).unwrap()(row);
            let cells = c.text_lists("cells").unwrap()(row).unwrap();
            let cells: BTreeSet<CellIx> =
                cells.iter().map(|c| data.names.get(c).unwrap()).collect();
            theirs.insert((
                c.bytes("user_id").unwrap().value(row).to_vec(),
                at("start_timestamp").unwrap(),
                at("end_timestamp").unwrap(),
                at("last_event_timestamp"),
                c.whole("state").unwrap()(row).unwrap() as u8,
                cells.into_iter().collect(),
                c.flags("is_last").unwrap()(row).unwrap(),
            ));
        },
    );
    assert_eq!(theirs.len(), 57_095);
    let (day, rule) = (day(), SegmentRule::MULTIMNO);
    let mut ours = Pieces::new();
    for (id, seen) in data.people.all() {
        let found = segments(None, until_next_day(seen), &day, &overlaps, &rule).unwrap();
        for s in found {
            let piece = (
                s.from_ms,
                s.to_ms,
                s.last_event_ms,
                s.state as u8,
                s.cells,
                s.is_last,
            );
            let (from_ms, to_ms, last_event_ms, state, cells, is_last) = piece;
            ours.insert((
                id.to_vec(),
                from_ms,
                to_ms,
                last_event_ms,
                state,
                cells,
                is_last,
            ));
        }
    }
    let equal = ours.intersection(&theirs).count();
    eprintln!(
        "segments: {} of ours, {} of theirs, {equal} equal",
        ours.len(),
        theirs.len()
    );
    assert_eq!((ours.len(), equal), (theirs.len(), theirs.len()));
}

/// Which cells overlap, by footprints instead of by the hulls of these.
#[test]
fn overlaps_are_nearly_multimnos() {
    let Some(mut data) = data() else { return };
    let footprints = Arc::new(data.footprints("cell_footprint", "signal_dominance"));
    let table = silver("network_coverage/cell_intersection_groups").unwrap();
    let theirs = read_cell_overlaps(&table, DAY, &mut data.names).unwrap();
    let ours = Overlaps::of_footprints(&footprints, 100.0);
    let pairs = |of: &Overlaps| -> BTreeSet<(CellIx, CellIx)> {
        let cells = (0..footprints.cells() as u32).map(CellIx);
        cells
            .flat_map(|a| of.of(a).iter().map(move |b| (a, *b)).collect::<Vec<_>>())
            .collect()
    };
    let (ours, theirs) = (pairs(&ours), pairs(&theirs));
    let common = ours.intersection(&theirs).count();
    eprintln!(
        "overlaps: {} of ours, {} of theirs, {common} in common",
        ours.len(),
        theirs.len()
    );
    assert_eq!((common, ours.len()), (494, 498));
}
