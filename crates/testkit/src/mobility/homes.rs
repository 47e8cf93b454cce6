use std::collections::{BTreeMap, BTreeSet};

use erewhon_mobility::{AnchorRule, Howde, Track, anchors};
use erewhon_types::CellIx;

use super::{Values, max, mean, ratio};

/// Twin of [`erewhon_mobility::FromHome`], event by event.
pub fn from_home(track: &Track<'_>) -> Values {
    let cells = track.public().cells;
    let radius_m = track.definitions().anchors.radius_m;
    let lengths_m = |home: CellIx| -> Vec<f64> {
        let events = track.events().iter();
        events
            .map(|event| cells.distance_m(home, event.cell))
            .collect()
    };
    let home = track.anchors().home.map(|home| lengths_m(home.cell));
    let mean_m = home.as_ref().and_then(|lengths_m| mean(lengths_m));
    let sd_m = home.as_ref().zip(mean_m).and_then(|(lengths_m, mean_m)| {
        let squares: Vec<f64> = lengths_m.iter().map(|m| (m - mean_m).powi(2)).collect();
        mean(&squares).map(f64::sqrt)
    });
    let away = home.as_ref().map(|lengths_m| {
        lengths_m
            .iter()
            .filter(|metres| **metres > radius_m)
            .count() as f64
    });
    let night = anchors(track, &AnchorRule::night_events()).home;
    vec![
        ("home_distance_mean_m", mean_m),
        ("home_distance_sd_m", sd_m),
        (
            "home_distance_max_m",
            home.as_ref().and_then(|lengths_m| max(lengths_m)),
        ),
        (
            "away_share",
            away.and_then(|away| ratio(away, track.events().len() as f64)),
        ),
        (
            "night_home_distance_max_m",
            night.and_then(|home| max(&lengths_m(home.cell))),
        ),
    ]
}

/// Twin of [`erewhon_mobility::Locations`]: votes of days, counted one cell after the other.
pub fn locations(track: &Track<'_>) -> Values {
    let mut days: BTreeMap<u16, Vec<CellIx>> = BTreeMap::new();
    for (local, event) in track.iter() {
        days.entry(local.day).or_default().push(event.cell);
    }
    let cells: Vec<CellIx> = track.events().iter().map(|event| event.cell).collect();
    let distinct: BTreeSet<CellIx> = cells.iter().copied().collect();
    // The masts: cells of one position are one, told by the best of them.
    let table = track.public().cells;
    let same = |a: CellIx, b: CellIx| table.distance_m(a, b) == 0.0;
    let alone = distinct
        .iter()
        .all(|a| distinct.iter().all(|b| a == b || !same(*a, *b)));
    let count = |all: &[CellIx], cell: CellIx| all.iter().filter(|c| **c == cell).count();
    let days_at = |cell: CellIx| days.values().filter(|day| day.contains(&cell)).count();
    let best = |rank: &dyn Fn(CellIx) -> (usize, usize)| {
        let ranked = distinct
            .iter()
            .map(|&cell| (rank(cell), std::cmp::Reverse(cell)));
        ranked.max().map(|best| f64::from(best.1.0.0))
    };
    let voted = |vote: &dyn Fn(&[CellIx]) -> CellIx| -> Vec<(u16, CellIx)> {
        days.iter()
            .map(|(day, cells)| (*day, vote(cells)))
            .collect()
    };
    let modal = |votes: &[(u16, CellIx)]| {
        best(&|cell| {
            let mine = votes.iter().filter(|vote| vote.1 == cell);
            let latest = mine.clone().map(|vote| usize::from(vote.0) + 1).max();
            (mine.count(), latest.unwrap_or(0))
        })
    };
    let lasts = voted(&|cells| cells[cells.len() - 1]);
    let majority = modal(&lasts).filter(|cell| {
        let votes = lasts.iter().filter(|vote| f64::from(vote.1.0) == *cell);
        2 * votes.count() > lasts.len()
    });
    let most = voted(&|cells| {
        let most = cells
            .iter()
            .map(|cell| count(cells, *cell))
            .max()
            .unwrap_or(0);
        let latest = cells.iter().rev().find(|cell| count(cells, **cell) == most);
        latest.copied().unwrap_or(cells[0])
    });
    assert!(alone, "the twin knows no masts of several cells");
    let cell = |cell: Option<&CellIx>| cell.map(|cell| f64::from(cell.0));
    vec![
        ("first_cell", cell(cells.first())),
        ("last_cell", cell(cells.last())),
        (
            "most_events_cell",
            best(&|cell| (count(&cells, cell), days_at(cell))),
        ),
        (
            "most_days_cell",
            best(&|cell| (days_at(cell), count(&cells, cell))),
        ),
        ("modal_first_cell", modal(&voted(&|cells| cells[0]))),
        ("modal_most_cell", modal(&most)),
        ("modal_last_cell", modal(&lasts)),
        ("majority_cell", majority),
    ]
}

/// The share of each place.
type Shares = BTreeMap<u32, f64>;

/// For each day whether it should count, and what it says if it does.
type Said = BTreeMap<u16, (bool, Option<Shares>)>;

/// Twin of [`erewhon_mobility::Howde`]: minute by minute, window by window.
pub fn howde(track: &Track<'_>, rule: &Howde) -> Values {
    let (calendar, space) = (track.public().calendar, track.activity_space());
    // For each day and place the length of its longest stay, and the hours that it touches.
    let mut days: BTreeMap<u16, Vec<(i64, u32, BTreeSet<u8>)>> = BTreeMap::new();
    for stay in track.stays() {
        let place = space.of(stay.cell).map_or(0, |place| place as u32);
        let (first, last) = (
            track.locals()[stay.first as usize],
            track.locals()[stay.last as usize],
        );
        for day in first.day..=last.day {
            let from = if day == first.day {
                stay.arrive_utc_ms
            } else {
                calendar.day_end_utc_ms(day - 1)
            };
            let until = stay.leave_utc_ms.min(calendar.day_end_utc_ms(day));
            let starts = if day == first.day { first.hour() } else { 0 };
            let ends = if day == last.day { last.hour() } else { 23 };
            days.entry(day)
                .or_default()
                .push((until - from, place, (starts..=ends).collect()));
        }
    }
    let at = |day: &[(i64, u32, BTreeSet<u8>)], hour: u8| {
        let there = day.iter().filter(|piece| piece.2.contains(&hour));
        // The later one on a tie.
        there.max_by_key(|piece| piece.0).map(|piece| piece.1)
    };
    let shares = |day: u16, from: u8, to: u8| -> Option<Shares> {
        let known: Vec<u32> = (from..=to)
            .filter_map(|hour| at(&days[&day], hour))
            .collect();
        let n = known.len() as f64;
        let enough = n > 0.0 && n / f64::from(to - from + 1) >= rule.hours_share;
        let of = |place: u32| known.iter().filter(|p| **p == place).count() as f64 / n;
        enough.then(|| known.iter().map(|&place| (place, of(place))).collect())
    };
    let told = |said: &Said,
                about: u16,
                least_days: f64,
                best: &dyn Fn(&[Shares]) -> Option<u32>|
     -> Vec<u32> {
        let of_day = |day: &u16| {
            let near: Vec<_> = said
                .iter()
                .filter(|other| other.0.abs_diff(*day) <= about / 2)
                .map(|other| other.1)
                .collect();
            let lacking = near.iter().filter(|of| of.0 && of.1.is_none()).count() as f64;
            let counting: Vec<_> = near.iter().filter_map(|of| of.1.clone()).collect();
            let enough = 1.0 - lacking / near.len() as f64 >= least_days;
            best(&counting).filter(|_| enough)
        };
        said.keys().filter_map(of_day).collect()
    };
    let best = |days: &[Shares], least: f64, whole: bool| {
        let places: BTreeSet<u32> = days.iter().flat_map(|day| day.keys().copied()).collect();
        let mean = |place: u32| {
            let shares = days.iter().filter_map(|day| day.get(&place));
            let sum: f64 = shares.map(|share| if whole { 1.0 } else { *share }).sum();
            sum / days.len() as f64
        };
        let most = places.iter().map(|&place| mean(place)).fold(0.0, f64::max);
        let first = places.into_iter().find(|&place| mean(place) >= most - 1e-9);
        first.filter(|_| most >= least - 1e-9)
    };
    let nights = days
        .keys()
        .map(|&day| (day, (true, shares(day, 0, 6))))
        .collect();
    let homes = told(&nights, rule.home_days, rule.home_days_share, &|days| {
        best(days, rule.home_hours_share, false)
    });
    let elsewhere = |day: u16| {
        let mut shares = shares(day, 9, 17).filter(|_| calendar.is_workday(day))?;
        shares.retain(|place, _| !homes.contains(place));
        (!shares.is_empty()).then_some(shares)
    };
    let works = days
        .keys()
        .map(|&day| (day, (calendar.is_workday(day), elsewhere(day))))
        .collect();
    let works = told(&works, rule.work_days, rule.work_days_share, &|days| {
        let often = best(days, rule.work_visits_share, true);
        often.or_else(|| best(days, rule.work_hours_share, false))
    });
    let most = |days: &[u32]| {
        let count = |place: u32| days.iter().filter(|p| **p == place).count();
        let most = days.iter().map(|&place| count(place)).max()?;
        let places: BTreeSet<u32> = days.iter().copied().collect();
        let place = places.into_iter().find(|&place| count(place) == most)?;
        Some((f64::from(space.all()[place as usize].cell.0), most as f64))
    };
    let (home, work) = (most(&homes), most(&works).filter(|_| !homes.is_empty()));
    vec![
        ("home_cell", home.map(|of| of.0)),
        ("home_days", home.map(|of| of.1)),
        ("work_cell", work.map(|of| of.0)),
        ("work_days", work.map(|of| of.1)),
    ]
}
