use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::technique::testing::{calendar, cells, crowd};

fn rule(k: u32) -> KAnonymity {
    KAnonymity {
        k,
        max_stretch_m: 4_000.0,
        max_stretch_min: 240,
        zones: 12,
        ..KAnonymity::default()
    }
}

fn grouped(raw: &Disclosed, rule: &KAnonymity) -> Grouped {
    k_anonymity(raw, &cells(), &calendar(), rule, &mut Stretch::default()).unwrap()
}

/// What must hold of any release: rows are equal to k - 1 others, and true of their own subscriber
/// within the bounds.
fn check(raw: &Disclosed, rule: &KAnonymity) {
    let (cells, made) = (cells(), grouped(raw, rule));
    let mut equal: BTreeMap<&[Sample], usize> = BTreeMap::new();
    for (_, row) in &made.rows {
        *equal.entry(row).or_default() += 1;
    }
    assert!(
        equal.values().all(|&n| n >= rule.k as usize),
        "{:?}",
        equal.values()
    );
    let of: BTreeMap<_, _> = raw.rows().collect();
    for (subscriber, row) in &made.rows {
        assert!(!row.is_empty());
        for sample in row {
            let place = &made.places[sample.place as usize];
            let is_in = |record: &&Sample| {
                let there = place.contains(&CellIx(record.place));
                there && (sample.from_s..sample.until_s).contains(&record.from_s)
            };
            assert!(
                of[subscriber].iter().any(|r| is_in(&r)),
                "a sample is false"
            );
            assert!(cells.diameter_m(place) <= rule.max_stretch_m + 1.0);
            assert!(sample.until_s - sample.from_s <= rule.max_stretch_min * 60 + 1);
        }
    }
    assert!(made.groups.smallest == 0 || made.groups.smallest >= u64::from(rule.k));
    // Home zones anew from the raw records, of everybody whose rows are equal.
    let mut homes: BTreeMap<&[Sample], BTreeSet<u32>> = BTreeMap::new();
    let (_, zone_of) = Extent::Zones(rule.zones).places(&cells);
    for (subscriber, row) in &made.rows {
        let home = slow_home(of[subscriber]);
        homes.entry(row).or_default().insert(zone_of[home as usize]);
    }
    for zones in homes.values() {
        assert!(zones.len() >= rule.diverse as usize, "{zones:?}");
    }
    let of_one_zone = made
        .rows
        .iter()
        .filter(|(_, row)| homes[&row[..]].len() == 1)
        .count();
    let share = of_one_zone as f64 / made.rows.len().max(1) as f64;
    // Two groups may have become equal rows; then fewer rows tell one zone than groups have.
    assert!(share <= made.groups.one_zone_share + 1e-9, "{share}");
}

/// Where somebody is most often from 20 to 6 h, or at all, the lower cell of two.
fn slow_home(records: &[Sample]) -> u32 {
    let calendar = calendar();
    let hour = |s: &Sample| {
        let at = calendar.start_utc_ms() + i64::from(s.from_s) * 1000;
        calendar.local(at).unwrap().hour()
    };
    let often = |at_night: bool| {
        let mut times: BTreeMap<u32, usize> = BTreeMap::new();
        for record in records
            .iter()
            .filter(|s| !at_night || !(6..20).contains(&hour(s)))
        {
            *times.entry(record.place).or_default() += 1;
        }
        let most = times.values().copied().max()?;
        times
            .into_iter()
            .find(|(_, n)| *n == most)
            .map(|(cell, _)| cell)
    };
    often(true).or_else(|| often(false)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn rows_are_equal_to_others_and_true_of_their_own(
        people in 8..90u64, records in 1..40u32, seed in 0..200u8,
        k in 2..8u32, metres in 1.0..9e3f64, minutes in 1..900u32, share in 0.0..0.5f64,
    ) {
        let rule = KAnonymity {
            max_stretch_m: metres,
            max_stretch_min: minutes,
            max_outlier_share: share,
            diverse: 1 + u32::from(seed) % k.min(3),
            ..rule(k)
        };
        check(&crowd(people, records, seed), &rule);
    }
}

fn prints(people: u64, records: u32, seed: u8) -> Vec<Fingerprint> {
    let (raw, cells) = (crowd(people, records, seed), cells());
    let at = |s: &Sample| {
        let (x, y) = cells.plane_m()[s.place as usize];
        Stretched::new(s.from_s, (x as f32, y as f32))
    };
    let rows = raw.rows();
    rows.map(|(_, row)| Fingerprint::new(row.iter().map(at).collect()))
        .collect()
}

/// The slow twin: every pair of samples, and the cost as the words say it.
fn slow_distance(a: &Fingerprint, b: &Fingerprint, bounds: &Bounds) -> f64 {
    let (long, short) = if a.samples.len() >= b.samples.len() {
        (a, b)
    } else {
        (b, a)
    };
    let cost = |s: &Stretched, t: &Stretched| {
        let low = |f: fn(&Stretched) -> f64| f(s).min(f(t));
        let high = |f: fn(&Stretched) -> f64| f(s).max(f(t));
        let wide = high(|s| s.east_m.into()) - low(|s| s.west_m.into());
        let tall = high(|s| s.north_m.into()) - low(|s| s.south_m.into());
        let lasts = high(|s| s.until_s.into()) - low(|s| s.from_s.into());
        if wide.hypot(tall) > f64::from(bounds.diagonal_m)
            || lasts > f64::from(bounds.interval_s + 1)
        {
            return 1.0;
        }
        let weights = [(s, long.people), (t, short.people)];
        let of = |f: &dyn Fn(&Stretched) -> f64| {
            let sum: f64 = weights.iter().map(|(s, n)| f(s) * f64::from(*n)).sum();
            sum / f64::from(long.people + short.people)
        };
        let sides = of(&|s| f64::from(s.east_m - s.west_m + (s.north_m - s.south_m)));
        let lasted = of(&|s| f64::from(s.until_s - s.from_s));
        let space = ((wide + tall - sides) / f64::from(bounds.diagonal_m)).min(1.0);
        space / 2.0 + (lasts - lasted) / f64::from(bounds.interval_s) / 2.0
    };
    let cheapest = |s: &Stretched| short.samples.iter().map(|t| cost(s, t)).fold(1.0, f64::min);
    long.samples.iter().map(cheapest).sum::<f64>() / long.samples.len() as f64
}

#[test]
fn distances_are_those_of_all_pairs() {
    for (metres, minutes) in [(3_000.0, 30), (9_000.0, 600), (100.0, 4_000)] {
        let bounds = Bounds {
            diagonal_m: metres,
            interval_s: minutes * 60,
        };
        let mut prints = prints(12, 60, 11);
        // Groups too, whose samples overlap and weigh more.
        prints.push(prints[0].merged(&prints[1], &bounds));
        prints.push(
            prints[2]
                .merged(&prints[3], &bounds)
                .merged(&prints[4], &bounds),
        );
        prints.retain(|print| !print.samples.is_empty());
        let mut apart = 0;
        for a in &prints {
            for b in &prints {
                let (fast, slow) = (a.distance(b, &bounds), slow_distance(a, b, &bounds));
                assert!((f64::from(fast) - slow).abs() < 1e-4, "{fast} {slow}");
                apart += usize::from((0.05..0.95).contains(&slow));
            }
        }
        assert!(apart > 50, "{apart}");
    }
}

/// The slow twin: before each step all distances anew.
#[test]
fn the_nearest_two_are_joined_at_every_step() {
    let rule = KAnonymity {
        max_outlier_share: 0.0,
        ..rule(3)
    };
    let bounds = rule.bounds();
    let person = |(row, print)| Person {
        row,
        class: row as u32 % 5,
        print,
    };
    let people = || prints(40, 30, 12).into_iter().enumerate().map(person);
    let fast = group(people().collect(), &rule);

    let mut open: Vec<Option<(Vec<usize>, Fingerprint)>> =
        people().map(|p| Some((vec![p.row], p.print))).collect();
    let mut slow = Vec::new();
    loop {
        let mut best = (1.0, None);
        for a in 0..open.len() {
            for b in a + 1..open.len() {
                let (Some(one), Some(two)) = (&open[a], &open[b]) else {
                    continue;
                };
                let way = one.1.distance(&two.1, &bounds);
                if way < best.0 {
                    best = (way, Some((a, b)));
                }
            }
        }
        let Some((a, b)) = best.1 else { break };
        let (one, two) = (open[a].take().unwrap(), open[b].take().unwrap());
        let both = ([one.0, two.0].concat(), one.1.merged(&two.1, &bounds));
        if both.0.len() >= 3 {
            slow.push(both.0);
        } else {
            open[a] = Some(both);
        }
    }
    assert!(slow.len() > 8, "{}", slow.len());
    // Whoever was left over joined one of them.
    let rows: Vec<_> = fast.groups.iter().map(|group| &group.rows[..]).collect();
    assert_eq!(rows.len(), slow.len());
    for (fast, slow) in rows.iter().zip(&slow) {
        assert!(fast.starts_with(slow), "{fast:?} {slow:?}");
    }
}

#[test]
fn a_group_has_as_many_home_zones_as_asked_for() {
    let raw = crowd(200, 30, 13);
    let plain = grouped(&raw, &rule(4));
    assert!(plain.groups.one_zone_share > 0.1, "{:?}", plain.groups);
    let diverse = KAnonymity {
        diverse: 2,
        ..rule(4)
    };
    let diverse = grouped(&raw, &diverse);
    assert_eq!(diverse.groups.one_zone_share, 0.0);
    assert!(diverse.rows.len() > 100);
    for asked in [2, 3] {
        let rule = KAnonymity {
            diverse: asked,
            ..rule(4)
        };
        check(&raw, &rule);
    }
}

/// Twenty who keep the same hours, and one who is up when nobody is.
#[test]
fn who_is_far_from_everybody_is_suppressed_where_that_is_allowed() {
    let record = |from_s, place| Sample {
        from_s,
        until_s: from_s + 1,
        place,
    };
    let row = |who: u64| {
        let shift = if who == 20 {
            3 * 3600
        } else {
            (who as u32) * 60
        };
        let days = (0..7).map(|day| record(day * 86_400 + 36_000 + shift, 0));
        (erewhon_types::Subscriber::new(who), days.collect())
    };
    let places = (0..72).map(|c| vec![CellIx(c)]).collect();
    let raw = Disclosed::new(places, (0..21).map(row).collect()).unwrap();
    let with = |max_outlier_share| KAnonymity {
        max_outlier_share,
        ..rule(5)
    };
    let left = |share| {
        let made = grouped(&raw, &with(share));
        made.rows
            .iter()
            .map(|(who, _)| who.bits())
            .collect::<Vec<_>>()
    };
    assert!(left(0.0).contains(&20));
    assert!(!left(0.1).contains(&20));
    assert!(left(0.1).len() >= 19);
}

#[test]
fn what_is_out_of_range_is_refused() {
    for wrong in [
        KAnonymity { k: 1, ..rule(5) },
        KAnonymity { k: 101, ..rule(5) },
        KAnonymity {
            max_stretch_m: 0.0,
            ..rule(5)
        },
        KAnonymity {
            max_stretch_m: f64::NAN,
            ..rule(5)
        },
        KAnonymity {
            max_stretch_min: 0,
            ..rule(5)
        },
        KAnonymity {
            max_outlier_share: 0.6,
            ..rule(5)
        },
        KAnonymity {
            diverse: 6,
            ..rule(5)
        },
        KAnonymity {
            diverse: 0,
            ..rule(5)
        },
        KAnonymity {
            zones: 0,
            ..rule(5)
        },
    ] {
        assert!(wrong.check().is_err(), "{wrong:?}");
    }
    let few = k_anonymity(
        &crowd(4, 9, 1),
        &cells(),
        &calendar(),
        &rule(5),
        &mut Stretch::default(),
    );
    let error = few.err().unwrap();
    assert!(
        error
            .message()
            .contains("fewer subscribers than a group of `5` needs"),
        "{error}"
    );
}

#[test]
fn parts_are_even_and_whole() {
    let list: Vec<u32> = (0..1000).collect();
    let parts: Vec<&[u32]> = even_parts(&list, 7).collect();
    assert_eq!(parts.concat(), list);
    assert!(parts.iter().all(|part| (142..=143).contains(&part.len())));
}
