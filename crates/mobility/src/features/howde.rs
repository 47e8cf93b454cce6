use erewhon_types::CellIx;

use crate::{Column, Feature, Row, Track};

/// Home and work as HoWDe finds them (De Sojo, Lucchini and Alessandretti, "Benchmark datasets for home and
/// work location detection", 2025; its program with the defaults of version 2), over our stays.
///
/// 1. A location is a place of the [activity space](Track::activity_space). Each hour of a local day
///    belongs to the place whose stays of the day touch it, the one whose stay of the day is longest.
/// 2. *Home.* A day with a stay counts if at least [`hours_share`](Self::hours_share) of the hours 0 to 6
///    have a place; a place's share of it is that of these. About each day with a stay, of those at
///    most [`home_days`](Self::home_days)/2 away at least [`home_days_share`](Self::home_days_share) must
///    count; the home of the day is the place with the highest mean share over those that count, from
///    [`home_hours_share`](Self::home_hours_share) on.
/// 3. *Work.* The same of the hours 9 to 17 on Monday to Friday, without the places that are home on
///    some day; a day with no other place does not count. First the place that is there on most of the
///    days that count, from [`work_visits_share`](Self::work_visits_share) on; without one, that with
///    the highest mean share, from [`work_hours_share`](Self::work_hours_share) on.
///
/// A subscriber's home is the place that is home on most days, work likewise; ties: the lowest place. HoWDe
/// says them day by day; it rounds a day's shares to three digits, and here nothing is rounded.
pub struct Howde {
    /// Least share of hours with a place.
    pub hours_share: f64,
    /// Days about a day that tell its home; half of them before it, half after it.
    pub home_days: u16,
    /// Least share of these days that count.
    pub home_days_share: f64,
    /// Least mean share of hours at home.
    pub home_hours_share: f64,
    /// Days about a day that tell its work.
    pub work_days: u16,
    /// Least share of these days that count.
    pub work_days_share: f64,
    /// Least mean share of hours at work.
    pub work_hours_share: f64,
    /// Least share of days with an hour at work.
    pub work_visits_share: f64,
}

/// Hours of the clock, first and last.
const HOME_H: [usize; 2] = [0, 6];
const WORK_H: [usize; 2] = [9, 17];

/// A local day: its hours and the places there.
struct Day {
    day: u16,
    hours: [Option<u32>; 24],
}

/// What a day with a stay says.
struct Said {
    day: u16,
    /// Whether it should count.
    looked_at: bool,
    /// The share of each place, where it counts.
    shares: Option<Vec<(u32, f64)>>,
}

impl Howde {
    /// The defaults of HoWDe 2.
    pub const fn usual() -> Self {
        Self {
            hours_share: 0.4,
            home_days: 28,
            home_days_share: 0.4,
            home_hours_share: 0.7,
            work_days: 42,
            work_days_share: 0.5,
            work_hours_share: 0.4,
            work_visits_share: 0.6,
        }
    }

    /// What a day's hours say; `None` where too few have a place.
    fn shares(&self, day: &Day, [from, to]: [usize; 2]) -> Option<Vec<(u32, f64)>> {
        let hours = &day.hours[from..=to];
        let mut places: Vec<u32> = hours.iter().flatten().copied().collect();
        places.sort_unstable();
        let known = places.len() as f64;
        let of_places = places.chunk_by(|a, b| a == b);
        let shares = of_places
            .map(|of| (of[0], of.len() as f64 / known))
            .collect();
        (known > 0.0 && known / hours.len() as f64 >= self.hours_share).then_some(shares)
    }
}

/// For each day the place that it tells by the days about it, at most half of `about` away, if at least a
/// share of these counts.
fn told(
    days: &[Said],
    about: u16,
    least_days: f64,
    best: impl Fn(&[&[(u32, f64)]]) -> Option<u32>,
) -> Vec<u32> {
    let mut counting: Vec<&[(u32, f64)]> = Vec::new();
    let place = |of: &Said| {
        let from = days.partition_point(|other| other.day + about / 2 < of.day);
        let near = &days[from..];
        let near = &near[..near.partition_point(|other| other.day <= of.day + about / 2)];
        counting.clear();
        counting.extend(near.iter().filter_map(|day| day.shares.as_deref()));
        let lacking = near
            .iter()
            .filter(|day| day.looked_at && day.shares.is_none());
        let lacking = lacking.count() as f64 / near.len() as f64;
        let enough = !counting.is_empty() && 1.0 - lacking >= least_days;
        enough.then(|| best(&counting)).flatten()
    };
    days.iter().filter_map(place).collect()
}

/// The place with the largest mean of a number over days, if it is large enough; ties: the lowest.
fn largest(days: &[&[(u32, f64)]], of: impl Fn(f64) -> f64, least: f64) -> Option<u32> {
    let mut sums: Vec<f64> = Vec::new();
    for &(place, share) in days.iter().copied().flatten() {
        let place = place as usize;
        sums.resize(sums.len().max(place + 1), 0.0);
        sums[place] += of(share);
    }
    let means = (0..).zip(sums.into_iter().map(|sum| sum / days.len() as f64));
    // Sums of shares miss whole numbers by less than this.
    let kept = means.filter(|&(_, mean)| mean > 0.0 && mean + 1e-9 >= least);
    let best = kept.reduce(|best, next| if next.1 > best.1 + 1e-9 { next } else { best });
    best.map(|best| best.0)
}

/// The place of most days, and of how many; ties: the lowest.
fn most(days: &[u32]) -> Option<(u32, u32)> {
    let mut sorted = days.to_vec();
    sorted.sort_unstable();
    let of_places = sorted.chunk_by(|a, b| a == b).rev();
    let most = of_places.max_by_key(|of_place| of_place.len());
    most.map(|of_place| (of_place[0], of_place.len() as u32))
}

/// The hours of each local day with a stay.
fn days_of(track: &Track<'_>) -> Vec<Day> {
    let (calendar, space) = (track.public().calendar, track.activity_space());
    // Day, first and last hour, length, place.
    let mut pieces: Vec<(u16, usize, usize, i64, u32)> = Vec::new();
    for stay in track.stays() {
        let Some(place) = space.of(stay.cell) else {
            continue;
        };
        let [Some(first), Some(last)] =
            [stay.first, stay.last].map(|event| track.locals().get(event as usize))
        else {
            continue;
        };
        let mut from_ms = stay.arrive_utc_ms;
        for day in first.day..=last.day {
            let until_ms = calendar.day_end_utc_ms(day).min(stay.leave_utc_ms);
            let from_h = if day == first.day { first.hour() } else { 0 };
            let to_h = if day == last.day { last.hour() } else { 23 };
            pieces.push((
                day,
                from_h.into(),
                to_h.into(),
                until_ms - from_ms,
                place as u32,
            ));
            from_ms = until_ms;
        }
    }
    // The longest last, so that it is written over the others.
    pieces.sort_by_key(|piece| (piece.0, piece.3));
    let of_days = pieces.chunk_by(|a, b| a.0 == b.0);
    of_days
        .map(|of_day| {
            let mut hours = [None; 24];
            for &(_, from, to, _, place) in of_day {
                if from <= to {
                    hours[from..=to].fill(Some(place));
                }
            }
            Day {
                day: of_day[0].0,
                hours,
            }
        })
        .collect()
}

impl Feature for Howde {
    fn name(&self) -> &'static str {
        "howde"
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::Cell("home_cell"),
            Column::Count("home_days"),
            Column::Cell("work_cell"),
            Column::Count("work_days"),
        ]
    }

    fn row(&self, track: &Track<'_>, out: &mut Row<'_>) {
        let days = days_of(track);
        let night = |day: &Day| Said {
            day: day.day,
            looked_at: true,
            shares: self.shares(day, HOME_H),
        };
        let nights: Vec<Said> = days.iter().map(night).collect();
        let (about, least_days) = (self.home_days, self.home_days_share);
        let homes = told(&nights, about, least_days, |days| {
            largest(days, |share| share, self.home_hours_share)
        });
        let calendar = track.public().calendar;
        let workday = |day: &Day| {
            let looked_at = calendar.is_workday(day.day);
            let shares = self.shares(day, WORK_H).filter(|_| looked_at);
            let elsewhere = shares.map(|mut shares| {
                shares.retain(|(place, _)| !homes.contains(place));
                shares
            });
            Said {
                day: day.day,
                looked_at,
                shares: elsewhere.filter(|shares| !shares.is_empty()),
            }
        };
        let workdays: Vec<Said> = days.iter().map(workday).collect();
        let (about, least_days) = (self.work_days, self.work_days_share);
        let works = told(&workdays, about, least_days, |days| {
            let visited = largest(days, |_| 1.0, self.work_visits_share);
            visited.or_else(|| largest(days, |share| share, self.work_hours_share))
        });
        // Without a home nothing is said of work.
        let found = [most(&homes), most(&works).filter(|_| !homes.is_empty())];
        let cell = |place: u32| -> Option<CellIx> {
            let places = track.activity_space().all();
            places.get(place as usize).map(|place| place.cell)
        };
        for found in found {
            out.cell(found.and_then(|(place, _)| cell(place)));
            out.count(found.map(|(_, days)| days));
        }
    }
}
