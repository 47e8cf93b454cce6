//! Writers that are killed at random moments: the store is then what it was before the change that
//! was under way, or what it is after it, and every file passes its check.
//!
//! `cargo test -p erewhon-store --test kill` kills some writers;
//! `cargo test --release -p erewhon-store --test kill -- --times 500` kills many.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail loudly, and its child tells its parent where it is"
)]

use std::{
    collections::BTreeMap,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use erewhon_events::{Event, EventKind, EventSource, InputFile, QualityReport};
use erewhon_geo::CellTable;
use erewhon_store::{Committed, LoadSpec, Store};
use erewhon_types::{CellIx, Result, Subscriber, Window};
use jiff::{ToSpan, civil::Date};

const ROWS: u64 = 20_000;
const FIRST_DAY: Date = jiff::civil::date(2026, 3, 2);
const FIRST_UTC_MS: i64 = 1_772_409_600_000;
const CHANGES_A_DAY: u64 = 6;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--list", ..] => {}
        ["child", dir, from] => child(Path::new(dir), from.parse().unwrap()),
        ["--times", times] => parent(times.parse().unwrap()),
        _ => {
            parent(25);
            full_disk();
        }
    }
}

/// The change number `n`: a day has a load, late data, a withdrawal, a compaction, the late data
/// again, and the expiry of the day before.
fn change(store: &mut Store, n: u64) -> Result<()> {
    let day = n / CHANGES_A_DAY;
    match n % CHANGES_A_DAY {
        0 => load(store, day, 0).map(drop),
        1 => load(store, day, 1).map(drop),
        2 => store.withdraw(&[who(day * 7)]).map(drop),
        3 => store.compact(|| (), |(), _, _| Ok(())).map(drop),
        4 => load(store, day, 1).map(|committed| assert_eq!(committed, Committed::Before)),
        _ => store.expire(first_day(day), first_day(day)).map(drop),
    }
}

type Model = BTreeMap<u64, Vec<i64>>;

/// What a store holds before the change `n`: times by pseudonym.
fn model(n: u64) -> Model {
    let (day, done) = (n / CHANGES_A_DAY, n % CHANGES_A_DAY);
    let mut model = Model::new();
    let mut add = |day: u64, loads: u64| {
        for (subscriber, event) in (0..loads).flat_map(|load| rows(day, load)) {
            let times = model.entry(subscriber.bits()).or_default();
            times.push(event.time_utc_ms);
        }
    };
    add(day, done.min(2));
    if let Some(before) = day.checked_sub(1) {
        add(before, 2);
    }
    let withdrawn = (0..day).chain((done > 2).then_some(day));
    for day in withdrawn {
        model.remove(&who(day * 7).bits());
    }
    for times in model.values_mut() {
        times.sort_unstable();
        times.dedup();
    }
    model
}

fn held(store: &Store) -> Model {
    let mut model = Model::new();
    let mut each = |history: erewhon_events::History<'_>| {
        let times = history.events.iter().map(|event| event.time_utc_ms);
        let before = model.insert(history.subscriber.bits(), times.collect());
        assert!(before.is_none(), "a subscriber came twice");
        Ok(())
    };
    if store.manifest().is_some() {
        store.source().unwrap().visit(&mut each).unwrap();
    }
    model
}

fn who(number: u64) -> Subscriber {
    Subscriber::new(mix(number % 300 + 1))
}

fn first_day(day: u64) -> Date {
    FIRST_DAY.checked_add((day as i64).days()).unwrap()
}

/// The second load of a day holds a half of the first once more.
fn rows(day: u64, load: u64) -> impl Iterator<Item = (Subscriber, Event)> {
    let rows = load * ROWS / 2..load * ROWS / 2 + ROWS;
    rows.map(move |row| {
        let time = FIRST_UTC_MS + day as i64 * 86_400_000 + (mix(row) % 86_400_000) as i64;
        let event = Event::at(time, CellIx(0), EventKind::Data);
        (who(mix(row + day)), event)
    })
}

fn load(store: &mut Store, day: u64, load: u64) -> Result<Committed> {
    let loader = store.loader(LoadSpec {
        window: &Window::parse(&first_day(day).to_string(), 1, "UTC")?,
        cells: &CellTable::schematic(vec!["a".to_owned()])?,
        key_id: "0badcafe",
        persons_digest: None,
        mapping_sha256: "",
    })?;
    // So little that it spills.
    let loader = loader.with_memory(64 << 10);
    loader.push(&rows(day, load).collect::<Vec<_>>())?;
    let (landed, _) = loader.land(|| (), |(), _, _| Ok(()))?;
    let input = InputFile {
        name: String::new(),
        blake3: format!("{day} {load}"),
        size_bytes: 0,
        rows: 0,
    };
    let quality = QualityReport {
        inputs: vec![input],
        ..QualityReport::default()
    };
    store.commit(landed, &quality)
}

/// Changes a store from the change `from` on until it is killed; a line begins and ends each.
fn child(dir: &Path, from: u64) {
    let mut store = Store::create_or_open(dir).unwrap();
    for n in from.. {
        say(&format!("begin {n}"));
        change(&mut store, n).unwrap();
        say(&format!("end {n}"));
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).unwrap();
}

fn spawn(dir: &Path, from: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["child", &dir.display().to_string(), &from.to_string()])
        .stdout(Stdio::piped())
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}

fn parent(times: u32) {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("store");
    let (mut next, mut old, mut new, mut strays) = (0, 0, 0, 0);
    let mut by_kind = [0; CHANGES_A_DAY as usize];
    for _ in 0..times {
        let mut child = spawn(&dir, next);
        thread::sleep(Duration::from_millis(random() % 400 + 20));
        child.kill().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let last = lines.map_while(std::result::Result::ok).last();
        child.wait().unwrap();
        let store = Store::create_or_open(&dir).unwrap();
        if store.manifest().is_some() {
            strays += store.check().expect("every file passes").strays;
        }
        let held = held(&store);
        match last.as_deref().and_then(|line| line.split_once(' ')) {
            None => assert!(held == model(next), "before change {next}"),
            Some(("end", n)) => {
                next = n.parse::<u64>().unwrap() + 1;
                assert!(held == model(next), "after change {n}");
            }
            Some((_, n)) => {
                next = n.parse().unwrap();
                by_kind[(next % CHANGES_A_DAY) as usize] += 1;
                if held == model(next) {
                    old += 1;
                } else if held == model(next + 1) {
                    new += 1;
                } else {
                    panic!("during change {n} the store became neither the old nor the new one");
                }
            }
        }
    }
    two_writers(&dir);
    println!(
        "{times} kills: {} inside a change (load, late load, withdrawal, compaction, repeated load, \
         expiry: {by_kind:?}), then the old store {old} times, the new one {new} times; {strays} files \
         left by the killed were found and belonged to nothing; every check passed; the last change \
         was number {next}",
        old + new,
    );
}

/// Two processes that want to change a store at once: one is told to try again, and nothing breaks.
fn two_writers(dir: &Path) {
    let day = 1_000_000 / CHANGES_A_DAY;
    let mut stores = [dir, dir].map(|dir| Store::create_or_open(dir).unwrap());
    let outcomes = thread::scope(|scope| {
        let writers = stores
            .each_mut()
            .map(|store| scope.spawn(move || load(store, day % 300 + 400, 0)));
        writers.map(|writer| writer.join().unwrap())
    });
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let refused = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    assert!(
        done >= 1
            && refused
                .map(|error| error.kind().exit_code())
                .all(|code| code == 75)
    );
    Store::create_or_open(dir).unwrap().check().unwrap();
}

/// A disk that fills up, where a small one may be mounted.
fn full_disk() {
    let dir = tempfile::tempdir().unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=700k", "tmpfs"])
        .arg(dir.path())
        .stderr(Stdio::null())
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        println!("full disk: skipped, no disk can be mounted here");
        return;
    }
    let outcome = std::panic::catch_unwind(|| fill(&dir.path().join("store")));
    Command::new("umount").arg(dir.path()).status().unwrap();
    println!("full disk: after {} loads, nothing lost", outcome.unwrap());
}

fn fill(dir: &Path) -> u64 {
    let mut store = Store::create_or_open(dir).unwrap();
    for day in 0..1000 {
        let Err(error) = load(&mut store, day, 0) else {
            continue;
        };
        assert!(error.kind().exit_code() == 75, "{error}");
        let mut store = Store::create_or_open(dir).unwrap();
        if day > 0 {
            assert_eq!(store.check().unwrap().strays, 0);
            let times: usize = held(&store).values().map(Vec::len).sum();
            let expected = rows_held(day);
            assert_eq!(times, expected);
            store.expire(first_day(day - 1), first_day(day)).unwrap();
            assert_eq!(load(&mut store, day, 0).unwrap(), Committed::Now);
        }
        return day;
    }
    0
}

fn rows_held(days: u64) -> usize {
    let distinct = |day: u64| {
        let rows = rows(day, 0).map(|(who, event)| (who, event.time_utc_ms));
        rows.collect::<std::collections::BTreeSet<_>>().len()
    };
    (0..days).map(distinct).sum()
}

fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

const fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}
