use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fs,
};

use erewhon_events::EventKind;

use crate::{Flaw, Record, Role, World, WorldSpec, places::AWAY};

mod travel;

fn spec(subscribers: u32, days: u16, seed: u64) -> WorldSpec {
    WorldSpec {
        subscribers,
        days,
        cells: 40,
        seed,
        ..WorldSpec::default()
    }
}

fn records(world: &World) -> Vec<Record> {
    let mut all = Vec::new();
    world.records(&mut |record| all.push(*record));
    all
}

#[test]
fn the_seed_decides_everything() {
    let make = |seed| World::make(&spec(200, 3, seed)).unwrap();
    let (one, twin, other) = (make(7), make(7), make(8));
    assert_eq!(one.people(), twin.people());
    assert_eq!(records(&one), records(&twin));
    assert_ne!(records(&one), records(&other));
}

#[test]
fn records_are_in_order_and_in_the_window_and_numbers_are_known() {
    let world = World::make(&spec(400, 28, 1)).unwrap();
    let all = records(&world);
    assert!(all.is_sorted());
    let calendar = &world.calendar;
    let numbers: HashSet<u64> = world
        .people()
        .iter()
        .flat_map(|p| p.numbers.clone())
        .collect();
    assert_eq!(numbers.len(), 400);
    for record in &all {
        assert!(calendar.local(record.time_utc_s * 1_000).is_some());
        assert!(numbers.contains(&record.subscriber));
        assert!(record.cell.index() < world.cells().len());
    }
}

#[test]
fn each_call_has_its_counterpart() {
    let world = World::make(&spec(400, 5, 2)).unwrap();
    let all = records(&world);
    let side = |r: &Record, a: u64, b: u64, out: bool| (r.time_utc_s, a, b, out, r.duration_s);
    let (mut begun, mut met) = (Vec::new(), Vec::new());
    for record in &all {
        let Some(peer) = record.peer.filter(|&peer| peer >= 999_000_000_000) else {
            continue;
        };
        let call = matches!(record.kind, EventKind::CallOut | EventKind::CallIn);
        match record.kind {
            EventKind::CallOut | EventKind::SmsOut => {
                begun.push(side(record, record.subscriber, peer, call));
            }
            _ => met.push(side(record, peer, record.subscriber, call)),
        }
    }
    begun.sort_unstable();
    met.sort_unstable();
    assert!(begun.len() > 200);
    assert_eq!(begun, met);
}

#[test]
fn machines_never_move_and_second_phones_share_a_person() {
    let world = World::make(&spec(800, 7, 3)).unwrap();
    let mut seen: HashMap<u64, HashSet<u32>> = HashMap::new();
    records(&world).iter().for_each(|record| {
        seen.entry(record.subscriber)
            .or_default()
            .insert(record.cell.0);
    });
    let machines = world.people().iter().filter(|p| p.role == Role::Machine);
    for machine in machines {
        assert!(
            seen[&machine.numbers[0]].len() <= 4,
            "what is seen from one spot"
        );
        assert!(machine.contacts.is_empty() && machine.work.is_none());
    }
    let two: Vec<_> = world
        .people()
        .iter()
        .filter(|p| p.numbers.len() == 2)
        .collect();
    assert!(!two.is_empty());
    assert!(
        two.iter()
            .all(|p| p.numbers[0] != p.numbers[1] && p.home.is_some())
    );
}

#[test]
fn days_differ_from_nights_and_workdays_from_weekends() {
    let world = World::make(&spec(600, 14, 4)).unwrap();
    let human: HashSet<u64> = world
        .people()
        .iter()
        .filter(|p| p.role != Role::Machine)
        .flat_map(|p| p.numbers.clone())
        .collect();
    let office: HashMap<u64, u32> = world
        .people()
        .iter()
        .filter(|p| p.role == Role::Worker && p.work.unwrap().cell != p.home.unwrap().cell)
        .map(|p| (p.numbers[0], p.work.unwrap().cell.0))
        .collect();
    let (mut day, mut night, mut at_work) = (0, 0, [0, 0]);
    let (mut evening, mut afternoon, mut early) = (0, 0, [0, 0]);
    for record in records(&world)
        .iter()
        .filter(|r| human.contains(&r.subscriber))
    {
        let local = world.calendar.local(record.time_utc_s * 1_000).unwrap();
        match local.hour() {
            10..16 => day += 1,
            0..6 => night += 1,
            18..21 => evening += 1,
            6..8 => early[usize::from(!world.calendar.is_workday(local.day))] += 1,
            _ => {}
        }
        afternoon += usize::from((13..16).contains(&local.hour()));
        if office.get(&record.subscriber) == Some(&record.cell.0) {
            at_work[usize::from(!world.calendar.is_workday(local.day))] += 1;
        }
    }
    assert!(day > 5 * night, "{day} {night}");
    assert!(at_work[0] > 5 * at_work[1], "{at_work:?}");
    assert!(10 * evening > 13 * afternoon, "{evening} {afternoon}");
    // Ten workdays stand against four days of weekends.
    assert!(4 * early[0] > 14 * early[1], "{early:?}");
}

#[test]
fn commutes_are_shorter_than_chance_would_have_it() {
    let world = World::make(&spec(1_500, 1, 5)).unwrap();
    let metres = |a: crate::Anchor, b: crate::Anchor| {
        let point = |x: crate::Anchor| world.country.plane.point(x.lat, x.lon);
        point(a).distance_m(point(b))
    };
    let workers: Vec<_> = world.people().iter().filter(|p| p.role.has_job()).collect();
    let median = |mut all: Vec<f64>| {
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let real = median(
        workers
            .iter()
            .map(|p| metres(p.home.unwrap(), p.work.unwrap()))
            .collect(),
    );
    let n = workers.len();
    let mixed = (0..n).map(|i| {
        metres(
            workers[i].home.unwrap(),
            workers[(i + n / 2) % n].work.unwrap(),
        )
    });
    assert!((1_000.0..15_000.0).contains(&real), "{real}");
    assert!(1.3 * real < median(mixed.collect()));
}

#[test]
fn flaws_are_planted_as_stated_and_files_add_up() {
    let world = World::make(&spec(600, 14, 6)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut calls = 0;
    let written = world.write(dir.path(), &mut |_, _| calls += 1).unwrap();
    assert_eq!(calls, 14);
    let clean = written.clean_rows as f64;
    for flaw in Flaw::ALL {
        if let Some(share) = flaw.share() {
            // Six standard deviations of a Poisson count: false alarm below 1e-7 for each.
            let expected = share * clean;
            let off = (written.planted.rows(flaw) as f64 - expected).abs();
            assert!(off < 6.0 * expected.sqrt() + 3.0, "{}", flaw.name());
        }
    }
    let bytes = fs::read(dir.path().join("cdr.csv")).unwrap();
    let lines: Vec<&[u8]> = bytes
        .split(|&b| b == b'\n')
        .filter(|l| !l.is_empty())
        .collect();
    assert_eq!(lines.len() as u64, written.rows + 1);
    let rows = |wrong: fn(&[u8]) -> bool| lines[1..].iter().filter(|l| wrong(l)).count() as u64;
    let planted = |flaw| written.planted.rows(flaw);
    assert_eq!(rows(|l| str::from_utf8(l).is_err()), planted(Flaw::NotUtf8));
    assert_eq!(planted(Flaw::NotUtf8), 1);
    assert_eq!(
        rows(|l| l.iter().filter(|&&b| b == b',').count() != 7),
        planted(Flaw::WrongFieldCount)
    );
    let cell = |l: &[u8], id: &[u8]| {
        l.split(|&b| b == b',')
            .nth(2)
            .is_some_and(|c| c.starts_with(id))
    };
    let with = |id: &[u8]| {
        lines[1..]
            .iter()
            .filter(|l| l.iter().filter(|&&b| b == b',').count() == 7 && cell(l, id))
            .count() as u64
    };
    assert_eq!(with(b"X"), planted(Flaw::UnknownCell));
    assert_eq!(with(b"IN-1"), planted(Flaw::CellWithoutPosition));
    let added = planted(Flaw::ExactDuplicate) + planted(Flaw::NearDuplicate);
    assert_eq!(written.rows, written.clean_rows + added);
    let distinct: HashSet<&[u8]> = lines[1..].iter().copied().collect();
    assert_eq!(
        (lines.len() - 1 - distinct.len()) as u64,
        planted(Flaw::ExactDuplicate)
    );
    for file in ["people.csv", "trips.csv", "contacts.csv", "roads.csv"] {
        assert!(dir.path().join("truth").join(file).exists());
    }
}

#[test]
fn refuses_worlds_out_of_range() {
    assert!(World::make(&spec(10, 3, 1)).is_err());
    assert!(World::make(&spec(200, 0, 1)).is_err());
    assert!(
        World::make(&WorldSpec {
            cells: 2,
            ..spec(200, 3, 1)
        })
        .is_err()
    );
    assert!(
        World::make(&WorldSpec {
            location_update_min: Some(4),
            ..spec(200, 3, 1)
        })
        .is_err()
    );
}

/// Phones that tell their cell add such records and change no other; each tells it as often as asked
/// for while it is in the region, and from one cell during one stay.
#[test]
fn idle_phones_tell_their_cell_and_change_nothing_else() {
    let quiet = spec(300, 3, 5);
    let telling = WorldSpec {
        location_update_min: Some(30),
        ..quiet.clone()
    };
    let all = |spec: &WorldSpec| {
        let world = World::make(spec).unwrap();
        let mut records = Vec::new();
        world.records(&mut |record| records.push(*record));
        (world, records)
    };
    let (world, records) = all(&telling);
    let (updates, others): (Vec<Record>, Vec<Record>) = records
        .into_iter()
        .partition(|record| record.kind == EventKind::LocationUpdate);
    assert_eq!(others, all(&quiet).1);
    assert!(
        updates
            .iter()
            .all(|r| r.peer.is_none() && r.duration_s == 0)
    );
    let diaries = world.diaries();
    let settled = (0..world.people.len()).find(|&ix| {
        world.people[ix].role != Role::Machine && diaries[ix].0.iter().all(|s| s.place != AWAY)
    });
    let ix = settled.unwrap();
    let number = world.people[ix].numbers[0];
    let own: Vec<&Record> = updates.iter().filter(|r| r.subscriber == number).collect();
    assert_eq!(own.len(), 3 * 48);
    assert!(
        own.windows(2)
            .all(|pair| pair[1].time_utc_s - pair[0].time_utc_s == 1_800)
    );
    let start_s = world.utc_s(0);
    let mut seen: BTreeMap<i32, BTreeSet<u32>> = BTreeMap::new();
    for record in own {
        let at = diaries[ix].at((record.time_utc_s - start_s) as i32);
        if let Some(stay) = at.stay() {
            seen.entry(stay.arrive_s).or_default().insert(record.cell.0);
        }
    }
    assert!(!seen.is_empty() && seen.values().all(|cells| cells.len() == 1));
}
