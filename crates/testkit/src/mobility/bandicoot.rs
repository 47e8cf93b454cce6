use std::collections::{BTreeMap, BTreeSet};

use erewhon_events::{Event, EventKind};
use erewhon_geo::Frame;
use erewhon_mobility::Track;
use erewhon_types::Local;

use super::{Values, mean};

type Seen = (Local, Event);

/// Twin of [`erewhon_mobility::Bandicoot`]: lists of a week's records, one indicator after the other.
pub fn bandicoot(track: &Track<'_>) -> Values {
    let all: Vec<Seen> = track.iter().map(|(local, event)| (local, *event)).collect();
    let records: Vec<Seen> = all.iter().copied().filter(|(_, e)| is_record(e)).collect();
    let topups = weeks(track, &all, |e| e.kind == EventKind::Topup);
    let home = home(&records);

    let calls = weeks(track, &records, is_call);
    let texts = weeks(track, &records, is_text);
    let both = weeks(track, &records, |e| is_call(e) || is_text(e));
    let any = weeks(track, &records, |_| true);
    let first = any.keys().next().copied().unwrap_or(0);
    let last = any.keys().last().map_or(0, |last| last + 1);
    let flag = |holds: bool| Some(f64::from(u8::from(holds)));
    let number = |n: usize| Some(n as f64);
    let recharges = topups.values().map(Vec::len).sum();
    let mut out = vec![
        ("reporting__number_of_records", number(records.len())),
        ("reporting__number_of_recharges", number(recharges)),
        ("reporting__bins", Some(f64::from(last - first))),
        ("reporting__bins_with_data", number(any.len())),
        (
            "reporting__bins_without_data",
            Some(f64::from(last - first) - any.len() as f64),
        ),
        ("reporting__has_call", flag(!calls.is_empty())),
        ("reporting__has_text", flag(!texts.is_empty())),
        ("reporting__has_home", flag(home.is_some())),
    ];
    let mut over = |names: [&'static str; 2], of_weeks: Vec<Option<f64>>| {
        let known: Vec<f64> = of_weeks.into_iter().flatten().collect();
        let (mean, sd) = spread(&known);
        out.extend([(names[0], mean), (names[1], sd)]);
    };
    macro_rules! say {
        ($name:expr, $weeks:expr, $of:expr) => {
            over(
                [concat!($name, "__mean"), concat!($name, "__std")],
                $weeks.values().map(|week| $of(week)).collect(),
            );
        };
    }
    /// Of a list, its mean and then its standard deviation.
    macro_rules! say_list {
        ($name:expr, $weeks:expr, $of:expr) => {
            say!(concat!($name, "__mean"), $weeks, |week| spread(&$of(week))
                .0);
            say!(concat!($name, "__std"), $weeks, |week| spread(&$of(week)).1);
        };
    }
    say!(
        "active_days__allweek__allday__callandtext",
        both,
        |week: &Vec<Seen>| {
            let days: BTreeSet<u16> = week.iter().map(|seen| seen.0.day).collect();
            number(days.len())
        }
    );
    let contacts = |week: &Vec<Seen>| number(per_contact(week, |_| true).len());
    say!("number_of_contacts__allweek__allday__call", calls, contacts);
    say!("number_of_contacts__allweek__allday__text", texts, contacts);
    let durations = |week: &Vec<Seen>| -> Vec<f64> {
        week.iter()
            .map(|seen| f64::from(seen.1.duration_s))
            .collect()
    };
    say_list!("call_duration__allweek__allday__call", calls, durations);
    let nocturnal = |week: &Vec<Seen>| {
        number(week.iter().filter(|seen| is_night(seen)).count()).map(|n| n / week.len() as f64)
    };
    say!("percent_nocturnal__allweek__allday__call", calls, nocturnal);
    say!("percent_nocturnal__allweek__allday__text", texts, nocturnal);
    say!(
        "percent_initiated_conversations__allweek__allday__callandtext",
        both,
        |week: &Vec<Seen>| {
            let all = conversations(week);
            let begun = all.iter().filter(|talk| is_out(&talk[0])).count();
            Some(begun as f64 / (all.len().max(1)) as f64)
        }
    );
    let out_of = |week: &Vec<Seen>| week.iter().filter(|seen| is_out(&seen.1)).count();
    say!(
        "percent_initiated_interactions__allweek__allday__call",
        calls,
        |week: &Vec<Seen>| Some(out_of(week) as f64 / week.len() as f64)
    );
    let delays = |week: &Vec<Seen>| -> Vec<f64> {
        let pairs: Vec<[Event; 2]> = conversations(week)
            .iter()
            .flat_map(|talk| talk.windows(2).map(|pair| [pair[0], pair[1]]))
            .collect();
        let answers = pairs.into_iter().filter(|[a, b]| !is_out(a) && is_out(b));
        let delays = answers.map(|[a, b]| (b.time_utc_ms - a.time_utc_ms) as f64 / 1e3);
        delays.filter(|delay| *delay > 0.0).collect()
    };
    say_list!(
        "response_delay_text__allweek__allday__callandtext",
        both,
        delays
    );
    say!(
        "response_rate_text__allweek__allday__callandtext",
        both,
        |week: &Vec<Seen>| {
            let received = conversations(week)
                .into_iter()
                .filter(|talk| !is_out(&talk[0]));
            let answers: Vec<f64> = received
                .map(|talk| f64::from(u8::from(talk.iter().any(is_out))))
                .collect();
            mean(&answers)
        }
    );
    let entropy_of_contacts = |week: &Vec<Seen>| Some(entropy(&per_contact(week, |_| true)));
    say!(
        "entropy_of_contacts__allweek__allday__call",
        calls,
        entropy_of_contacts
    );
    say!(
        "entropy_of_contacts__allweek__allday__text",
        texts,
        entropy_of_contacts
    );
    let balances = |week: &Vec<Seen>| -> Vec<f64> {
        let outgoing = per_contact(week, is_out);
        outgoing
            .into_iter()
            .map(|n| n / week.len() as f64)
            .collect()
    };
    say_list!(
        "balance_of_contacts__allweek__allday__call",
        calls,
        balances
    );
    say_list!(
        "balance_of_contacts__allweek__allday__text",
        texts,
        balances
    );
    let interactions = |week: &Vec<Seen>| per_contact(week, |_| true);
    say_list!(
        "interactions_per_contact__allweek__allday__call",
        calls,
        interactions
    );
    say_list!(
        "interactions_per_contact__allweek__allday__text",
        texts,
        interactions
    );
    say_list!("interevent_time__allweek__allday__call", calls, gaps_s);
    say_list!("interevent_time__allweek__allday__text", texts, gaps_s);
    let pareto = |week: &Vec<Seen>| Some(most_of(&interactions(week)) / week.len() as f64);
    say!(
        "percent_pareto_interactions__allweek__allday__call",
        calls,
        pareto
    );
    say!(
        "percent_pareto_interactions__allweek__allday__text",
        texts,
        pareto
    );
    say!(
        "percent_pareto_durations__allweek__allday__call",
        calls,
        |week: &Vec<Seen>| {
            let mut talked: BTreeMap<u64, f64> = BTreeMap::new();
            for (_, call) in week {
                *talked.entry(peer(call)).or_default() += f64::from(call.duration_s);
            }
            let talked: Vec<f64> = talked.into_values().collect();
            Some(most_of(&talked) / week.len() as f64)
        }
    );
    let count = |week: &Vec<Seen>| number(week.len());
    say!(
        "number_of_interactions__allweek__allday__call",
        calls,
        count
    );
    say!(
        "number_of_interactions__allweek__allday__text",
        texts,
        count
    );
    let received = |week: &Vec<Seen>| number(week.len() - out_of(week));
    say!(
        "number_of_interaction_in__allweek__allday__call",
        calls,
        received
    );
    say!(
        "number_of_interaction_in__allweek__allday__text",
        texts,
        received
    );
    let sent = |week: &Vec<Seen>| number(out_of(week));
    say!(
        "number_of_interaction_out__allweek__allday__call",
        calls,
        sent
    );
    say!(
        "number_of_interaction_out__allweek__allday__text",
        texts,
        sent
    );

    let there: BTreeMap<u32, Vec<u32>> = any
        .iter()
        .map(|(week, seen)| (*week, half_hours(seen)))
        .collect();
    say!(
        "number_of_antennas__allweek__allday",
        there,
        |week: &Vec<u32>| { number(tally(week).len()) }
    );
    say!(
        "entropy_of_antennas__allweek__allday",
        there,
        |week: &Vec<u32>| { Some(entropy(&tally(week).into_values().collect::<Vec<f64>>())) }
    );
    say!("percent_at_home__allweek__allday", there, |week: &Vec<
        u32,
    >| {
        let at_home = |home| week.iter().filter(|cell| **cell == home).count();
        home.map(|home| at_home(home) as f64 / week.len() as f64)
    });
    say!(
        "radius_of_gyration__allweek__allday",
        there,
        |week: &Vec<u32>| { gyration_km(track, week) }
    );
    say!("frequent_antennas__allweek__allday", there, |week: &Vec<
        u32,
    >| {
        Some(most_of(&tally(week).into_values().collect::<Vec<f64>>()))
    });
    let weekly: Vec<BTreeMap<u32, f64>> = there.values().map(|week| tally(week)).collect();
    let changes: BTreeMap<usize, f64> = (0..)
        .zip(weekly.windows(2).map(|pair| churn(&pair[0], &pair[1])))
        .collect();
    say!("churn_rate", changes, |change: &f64| Some(*change));
    say!("number_of_recharges__allweek__allday", topups, count);
    say_list!("interevent_time_recharges__allweek__allday", topups, gaps_s);
    let paid: BTreeMap<u32, Vec<Seen>> = topups
        .into_iter()
        .filter(|(_, week)| amounts(week).iter().any(|amount| *amount > 0.0))
        .collect();
    say_list!("amount_recharges__allweek__allday", paid, amounts);
    say!(
        "percent_pareto_recharges__allweek__allday",
        paid,
        |week: &Vec<Seen>| {
            let mut falling = amounts(week);
            falling.sort_by(|a, b| b.total_cmp(a));
            let most =
                |n: &usize| falling[..*n].iter().sum::<f64>() >= 0.8 * falling.iter().sum::<f64>();
            let needed = (1..=week.len()).find(most);
            needed.map(|n| n as f64 / week.len() as f64)
        }
    );
    let paid: Vec<Seen> = all
        .iter()
        .copied()
        .filter(|(_, e)| e.kind == EventKind::Topup)
        .collect();
    out.push(("average_balance_recharges", balance(&paid)));
    out
}

fn is_call(event: &Event) -> bool {
    matches!(event.kind, EventKind::CallOut | EventKind::CallIn)
}

fn is_text(event: &Event) -> bool {
    matches!(event.kind, EventKind::SmsOut | EventKind::SmsIn)
}

fn is_out(event: &Event) -> bool {
    matches!(event.kind, EventKind::CallOut | EventKind::SmsOut)
}

fn is_record(event: &Event) -> bool {
    let talks = is_call(event) || is_text(event);
    event.kind != EventKind::Topup && (!talks || event.peer.is_some())
}

fn peer(event: &Event) -> u64 {
    event.peer.map_or(0, std::num::NonZeroU64::get)
}

fn is_night((local, event): &Seen) -> bool {
    let day_ms = i64::from(local.minute) * 60_000 + event.time_utc_ms.rem_euclid(60_000);
    !(7 * 3_600_000 < day_ms && day_ms < 19 * 3_600_000)
}

fn weeks(
    track: &Track<'_>,
    seen: &[Seen],
    keep: impl Fn(&Event) -> bool,
) -> BTreeMap<u32, Vec<Seen>> {
    let monday = u32::from(track.public().calendar.weekday(0));
    let mut weeks: BTreeMap<u32, Vec<Seen>> = BTreeMap::new();
    for &seen in seen.iter().filter(|seen| keep(&seen.1)) {
        let week = (u32::from(seen.0.day) + monday) / 7;
        weeks.entry(week).or_default().push(seen);
    }
    weeks
}

/// For each other party the number of interactions that are kept.
fn per_contact(week: &[Seen], keep: impl Fn(&Event) -> bool) -> Vec<f64> {
    let mut counts: BTreeMap<u64, f64> = BTreeMap::new();
    for (_, event) in week {
        *counts.entry(peer(event)).or_default() += f64::from(u8::from(keep(event)));
    }
    counts.into_values().collect()
}

fn gaps_s(week: &[Seen]) -> Vec<f64> {
    let pairs = week.windows(2);
    pairs
        .map(|pair| (pair[1].1.time_utc_ms - pair[0].1.time_utc_ms) as f64 / 1e3)
        .collect()
}

fn amounts(week: &[Seen]) -> Vec<f64> {
    week.iter()
        .map(|seen| f64::from(seen.1.amount_minor))
        .collect()
}

/// Whole days between two recharges, of which at most one counts.
fn balance(paid: &[Seen]) -> Option<f64> {
    let days =
        |a: &Seen, b: &Seen| ((b.1.time_utc_ms - a.1.time_utc_ms) / 86_400_000).min(1) as f64;
    let used = paid
        .windows(2)
        .map(|pair| f64::from(pair[0].1.amount_minor) * days(&pair[0], &pair[1]) / 2.0);
    let over = days(paid.first()?, paid.last()?);
    let known = paid.iter().any(|seen| seen.1.amount_minor > 0);
    (known && over > 0.0).then(|| used.sum::<f64>() / over)
}

/// Messages with one party each, cut at calls and at silences of an hour.
fn conversations(week: &[Seen]) -> Vec<Vec<Event>> {
    let parties: BTreeSet<u64> = week.iter().map(|seen| peer(&seen.1)).collect();
    let mut all = Vec::new();
    for party in parties {
        let with: Vec<Event> = week
            .iter()
            .map(|s| s.1)
            .filter(|e| peer(e) == party)
            .collect();
        let new = |a: &Event, b: &Event| {
            b.time_utc_ms - a.time_utc_ms < 3_600_000 && !is_call(a) && !is_call(b)
        };
        let runs = with.chunk_by(new).filter(|run| is_text(&run[0]));
        all.extend(runs.map(<[Event]>::to_vec));
    }
    all
}

/// Mean and standard deviation, over the number of values.
pub(super) fn spread(values: &[f64]) -> (Option<f64>, Option<f64>) {
    let sd = |mean: f64| {
        let squares: Vec<f64> = values.iter().map(|value| (value - mean).powi(2)).collect();
        squares.iter().sum::<f64>() / values.len() as f64
    };
    let mean = mean(values);
    (mean, mean.map(sd).map(f64::sqrt))
}

/// To base e.
fn entropy(counts: &[f64]) -> f64 {
    super::entropy_bits(counts) * std::f64::consts::LN_2
}

/// How many of the largest make up 80 %, rounded up.
fn most_of(parts: &[f64]) -> f64 {
    let mut sorted = parts.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut left = (parts.iter().sum::<f64>() * 0.8).ceil();
    let mut needed = 0.0;
    while left > 0.0 {
        left -= sorted.pop().unwrap_or(f64::INFINITY);
        needed += 1.0;
    }
    needed
}

/// The cell of each half hour: most records, then the first.
fn half_hours(records: &[Seen]) -> Vec<u32> {
    let slot = |seen: &Seen| (seen.0.day, seen.0.minute / 30);
    let slots = records.chunk_by(|a, b| slot(a) == slot(b));
    let most = |records: &[Seen]| {
        let cells: Vec<u32> = records.iter().map(|seen| seen.1.cell.0).collect();
        first_most(&cells)
    };
    slots.filter_map(most).collect()
}

fn first_most(cells: &[u32]) -> Option<u32> {
    let count = |cell: u32| cells.iter().filter(|other| **other == cell).count();
    let most = cells.iter().map(|&cell| count(cell)).max()?;
    cells.iter().copied().find(|&cell| count(cell) == most)
}

fn home(records: &[Seen]) -> Option<u32> {
    let nights: Vec<Seen> = records.iter().copied().filter(is_night).collect();
    first_most(&half_hours(&nights))
}

fn tally(cells: &[u32]) -> BTreeMap<u32, f64> {
    let mut counts = BTreeMap::new();
    for &cell in cells {
        *counts.entry(cell).or_default() += 1.0;
    }
    counts
}

/// One less the cosine of two weeks' shares of half hours.
fn churn(before: &BTreeMap<u32, f64>, now: &BTreeMap<u32, f64>) -> f64 {
    let length = |week: &BTreeMap<u32, f64>| week.values().map(|n| n * n).sum::<f64>().sqrt();
    let both: f64 = now
        .iter()
        .map(|(cell, n)| n * before.get(cell).unwrap_or(&0.0))
        .sum();
    1.0 - both / length(before) / length(now)
}

/// About the mean of positions, half hour by half hour, by the haversine formula.
fn gyration_km(track: &Track<'_>, week: &[u32]) -> Option<f64> {
    let table = track.public().cells;
    let at = |cell: &u32| {
        let cell = table.cell(erewhon_types::CellIx(*cell));
        (cell.x, cell.y)
    };
    let (xs, ys): (Vec<f64>, Vec<f64>) = week.iter().map(at).unzip();
    let (x, y) = (mean(&xs)?, mean(&ys)?);
    let square = |cell: &u32| {
        let here = at(cell);
        let km = match table.frame() {
            Frame::Geographic => {
                let half = |degrees: f64| (degrees.to_radians() / 2.0).sin();
                let cosines = here.1.to_radians().cos() * y.to_radians().cos();
                let chord = half(here.1 - y).powi(2) + cosines * half(here.0 - x).powi(2);
                2.0 * 6371.0 * chord.sqrt().asin()
            }
            Frame::Planar | Frame::Schematic => (here.0 - x).hypot(here.1 - y) / 1000.0,
        };
        km * km
    };
    let squares: Vec<f64> = week.iter().map(square).collect();
    mean(&squares)
        .map(f64::sqrt)
        .filter(|_| table.frame() != Frame::Schematic)
}
