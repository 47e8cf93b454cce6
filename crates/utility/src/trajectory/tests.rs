use std::{collections::BTreeSet, fs, io::Read as _, path::Path, process::Command};

use erewhon_events::{Event, EventKind, EventTable};
use erewhon_types::{CellIx, Subscriber};
use flate2::read::GzDecoder;

use super::*;
use crate::cases::Town;

/// Beside the workspace, where there is one.
const PEERS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../shared/peers/fidelity"
);

fn read(path: &Path) -> Trajectories {
    let mut text = String::new();
    GzDecoder::new(fs::File::open(path).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    let mut all = Trajectories::default();
    for line in text.lines().filter_map(|line| line.strip_prefix(">0:")) {
        all.push(line.split_terminator(';').map(|point| {
            let (x, y) = point.split_once(',').unwrap();
            [x.parse().unwrap(), y.parse().unwrap()]
        }));
    }
    all
}

fn write(path: &Path, all: &Trajectories) {
    let mut text = String::new();
    for (at, points) in all.iter().enumerate() {
        text += &format!("#{at}:\n>0:");
        points
            .iter()
            .for_each(|[x, y]| text += &format!("{x},{y};"));
        text.push('\n');
    }
    fs::write(path, text).unwrap();
}

/// Sets that are wrong in different ways: a part of the days; the days backwards, every second moved
/// and beyond the box; long days of several joined, with more points than a diameter looks at.
fn distorted(real: &Trajectories) -> [Trajectories; 3] {
    let mut sets = [(); 3].map(|()| Trajectories::default());
    let mut long = Vec::new();
    for (at, points) in real.iter().enumerate() {
        if at % 21 == 0 {
            sets[0].push(points.iter().copied());
        }
        let moved = if at % 2 == 0 { 0.0 } else { 2_345.5 };
        if at % 3 == 0 {
            sets[1].push(
                points
                    .iter()
                    .rev()
                    .map(|[x, y]| [x + moved, y - 0.75 * moved]),
            );
        }
        long.extend(points);
        if long.len() > [30, 900, 60][at % 3] {
            sets[2].push(std::mem::take(&mut long));
        }
    }
    sets
}

#[test]
fn scores_are_those_of_the_peers_script() {
    let peers = Path::new(PEERS);
    let python = std::env::var("EREWHON_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let asked = Command::new(&python).args(["-c", "import numpy"]).output();
    if !peers.is_dir() || !asked.is_ok_and(|said| said.status.success()) {
        eprintln!("skipped: no {PEERS}, or no numpy in `{python}` (EREWHON_PYTHON)");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    // The script keeps a cache beside the queries.
    fs::copy(peers.join("cdr/queries.json"), path("queries.json")).unwrap();
    let real = read(&peers.join("cdr/userday.dat.gz"));
    let queries = fs::read_to_string(path("queries.json")).unwrap();
    let queries: TrajectoryQueries = serde_json::from_str(&queries).unwrap();
    let truth = TrajectoryTruth::new(&real, &queries).unwrap();
    for synthetic in distorted(&real) {
        write(&path("synthetic.dat"), &synthetic);
        let mut job = Command::new(&python);
        job.arg(peers.join("score.py"))
            .arg(peers.join("cdr/userday.dat.gz"));
        job.arg(path("synthetic.dat"))
            .arg("--queries")
            .arg(path("queries.json"));
        let said = job.output().unwrap();
        assert!(
            said.status.success(),
            "{}",
            String::from_utf8_lossy(&said.stderr)
        );
        let theirs: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
        let ours = truth.score(&synthetic);
        // The script says the sizes of the sets beside the metrics.
        let named = theirs.as_object().unwrap().iter();
        let named: Vec<_> = named
            .filter_map(|(name, value)| Some((TrajectoryScore::id_of(name)?, value)))
            .collect();
        let ids: BTreeSet<_> = named.iter().map(|(id, _)| *id).collect();
        assert_eq!((ids.len(), named.len()), (ours.len(), ours.len()));
        for (id, expected) in named {
            let score = ours.iter().find(|score| score.id == id).unwrap();
            let (value, expected) = (score.value.unwrap(), expected.as_f64().unwrap());
            // They round to five digits.
            assert!(
                (value - expected).abs() < 5.1e-6,
                "{id}: {value} {expected}"
            );
        }
    }
}

#[test]
fn a_set_is_perfect_beside_itself() {
    let town = Town::new(6);
    let all = Trajectories::of_days(town.public(), &town.commuters(200, 3)).unwrap();
    let queries = TrajectoryQueries {
        discs_m: vec![[2_000.0, 2_000.0, 1_500.0]],
        small_discs_m: vec![[2_000.0, 2_000.0, 500.0]],
        squares_m: vec![[1_000.0, 1_000.0, 2_000.0]],
    };
    let truth = TrajectoryTruth::new(&all, &queries).unwrap();
    for score in truth.score(&all) {
        let value = score.value.unwrap();
        match score.id.as_str() {
            // Of pairs of cells that tie none is concordant.
            "kendall_tau_15" | "kendall_tau_6" => assert!(value > 0.2, "{score:?}"),
            "pattern_f1_6" => assert_eq!(value, 1.0),
            _ => assert!(value.abs() < 1e-12, "{score:?}"),
        }
    }
    let nothing = truth.score(&Trajectories::default());
    assert!(nothing.iter().all(|score| score.value.is_none()));
    assert_eq!(nothing.len(), truth.score(&all).len());
    let ghosts = Trajectories::of_days(town.public(), &town.ghosts(200, 3)).unwrap();
    let scores = truth.score(&ghosts);
    let trips = scores
        .iter()
        .find(|score| score.id == "trip_jsd_nat_6")
        .unwrap();
    assert!(trips.value > Some(0.1), "{trips:?}");
    assert!(TrajectoryTruth::new(&Trajectories::default(), &queries).is_none());
}

/// Everybody goes the same way: no histogram of ways tells one set from another, and few patterns are there.
#[test]
fn what_can_not_tell_sets_apart_is_absent() {
    let town = Town::new(4);
    let start = town.calendar.start_utc_ms();
    let go = |to: u32| {
        let rows = (0..20u64).flat_map(|who| {
            [(60, 0), (120, to)].map(|(minute, cell)| {
                let at = start + (minute + who as i64) * 60_000;
                (
                    Subscriber::new(who),
                    Event::at(at, CellIx(cell), EventKind::Data),
                )
            })
        });
        Trajectories::of_days(town.public(), &EventTable::from_rows(rows.collect())).unwrap()
    };
    let queries = TrajectoryQueries {
        discs_m: vec![[0.0, 0.0, 100.0]],
        small_discs_m: vec![[0.0, 0.0, 50.0]],
        squares_m: vec![[0.0, 0.0, 100.0]],
    };
    let real = go(3);
    let truth = TrajectoryTruth::new(&real, &queries).unwrap();
    for synthetic in [&real, &go(1)] {
        for score in truth.score(synthetic) {
            let shape = ["diameter_jsd_nat", "length_jsd_nat"].contains(&&score.id[..]);
            assert!(!shape || score.value.is_none(), "{score:?}");
            assert!(score.value.is_none_or(f64::is_finite), "{score:?}");
        }
    }
    // A copy has all patterns that there are, though they are fewer than a hundred.
    let scores = truth.score(&real);
    let patterns = scores.iter().find(|score| score.id == "pattern_f1_6");
    assert_eq!(patterns.unwrap().value, Some(1.0));
}

#[test]
fn a_day_of_two_events_is_a_trajectory_and_one_of_one_is_none() {
    let town = Town::new(3);
    let start = town.calendar.start_utc_ms();
    let row = |who: u64, minute: i64, cell: u32| {
        let event = Event::at(start + minute * 60_000, CellIx(cell), EventKind::Data);
        (Subscriber::new(who), event)
    };
    let rows = [
        row(1, 5, 0),
        row(1, 9, 0),
        row(1, 1_439, 4),
        row(1, 1_440, 5),
        row(2, 2_880, 7),
        row(2, 2_881, 8),
    ];
    let all = Trajectories::of_days(town.public(), &EventTable::from_rows(rows.to_vec())).unwrap();
    let days: Vec<_> = all.iter().map(<[_]>::to_vec).collect();
    let at = |x: f64, y: f64| [x * 1_000.0, y * 1_000.0];
    assert_eq!(
        days,
        [
            vec![at(0.0, 0.0), at(0.0, 0.0), at(1.0, 1.0)],
            vec![at(1.0, 2.0), at(2.0, 2.0)],
        ]
    );
}

#[test]
fn a_metric_has_two_names() {
    for name in ["disc_query_avre", "ada_query_avre"] {
        assert_eq!(TrajectoryScore::id_of(name), Some("disc_query_avre"));
    }
    assert_eq!(TrajectoryScore::id_of("disc"), None);
}

#[test]
fn queries_that_ask_nothing_are_refused() {
    let town = Town::new(3);
    let good = TrajectoryQueries {
        discs_m: vec![[0.0, 0.0, 1.0]],
        small_discs_m: vec![[0.0, 0.0, 1.0]],
        squares_m: vec![[0.0, 0.0, 1.0]],
    };
    let cells = town.public().cells;
    good.check(cells).unwrap();
    let refused = |spoil: fn(&mut TrajectoryQueries), words: &str| {
        let mut bad = good.clone();
        spoil(&mut bad);
        let error = bad.check(cells).unwrap_err();
        assert!(error.message().contains(words), "{error}");
    };
    refused(|q| q.discs_m.clear(), "`circles`");
    refused(
        |q| q.small_discs_m[0][2] = 0.0,
        "query 1 of `small_circles`",
    );
    refused(
        |q| q.squares_m.push([0.0, f64::NAN, 1.0]),
        "query 2 of `squares`",
    );
    let nowhere = CellTable::schematic(vec!["a".to_owned()]).unwrap();
    let error = good.check(&nowhere).unwrap_err();
    assert!(error.hint().unwrap().contains("`x_m` and `y_m`"), "{error}");
}
