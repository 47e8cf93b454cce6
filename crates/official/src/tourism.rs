//! Inbound tourism: stays of phones of other countries, the trips they make up, and tables of these.

use std::collections::{BTreeMap, BTreeSet};

use erewhon_types::{Error, Result};

use crate::{CountryNames, Day, Footprints, Mcc, Segment, ShareSum, State};

/// What a stay and a trip of a tourist are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TourismRule {
    /// A stay lasts at least so long, in milliseconds.
    pub stay_ms: i64,
    /// A night is a stay that begins before the end of this hour of the local clock and ends no earlier.
    pub midnight_h: u8,
    /// A night is at least so long.
    pub night_ms: i64,
    /// Stays further apart belong to two trips.
    pub trip_gap_ms: i64,
    /// Stays in one zone further apart are two visits.
    pub visit_gap_ms: i64,
}

impl TourismRule {
    /// multimno's for inbound trips: 3 hours, 4:00, 5 hours, a day and a day.
    pub const INBOUND: Self = Self {
        stay_ms: 10_800_000,
        midnight_h: 4,
        night_ms: 18_000_000,
        trip_gap_ms: 86_400_000,
        visit_gap_ms: 86_400_000,
    };

    /// multimno's for trips abroad: 3 hours, 4:00, 200 minutes, 3 days; a visit ends with the country.
    pub const OUTBOUND: Self = Self {
        stay_ms: 10_800_000,
        midnight_h: 4,
        night_ms: 12_000_000,
        trip_gap_ms: 259_200_000,
        visit_gap_ms: i64::MAX,
    };

    /// Checks the numbers.
    ///
    /// # Errors
    /// Usage, when a time is negative or the hour is none.
    pub fn check(&self) -> Result<()> {
        let times = [
            self.stay_ms,
            self.night_ms,
            self.trip_gap_ms,
            self.visit_gap_ms,
        ];
        if times.iter().any(|ms| *ms < 0) || self.midnight_h > 23 {
            return Err(Error::usage("a rule of tourism is out of range")
                .with_hint("allowed: times from 0 ms, an hour 0 to 23"));
        }
        Ok(())
    }
}

/// A stay of a tourist.
#[derive(Clone, Debug, PartialEq)]
pub struct TouristStay {
    /// From when, in milliseconds of UTC.
    pub from_ms: i64,
    /// Until when.
    pub to_ms: i64,
    /// Zones with the probability of each, ascending; below 1 in sum where cells have no footprint or tiles no zone.
    pub zones: Vec<(u32, f64)>,
    /// Whether it is a night.
    pub is_night: bool,
}

/// The stays of a day's segments that are long enough, with the zones they may have been in.
///
/// A stay's cells weigh the same, and each spreads its weight over its tiles by `posterior`, p(t|c).
pub fn tourist_stays(
    segments: &[Segment],
    day: &Day,
    posterior: &Footprints,
    zone: &dyn Fn(crate::Tile) -> Option<u32>,
    rule: &TourismRule,
) -> Vec<TouristStay> {
    let midnight_ms = day.hour_ms(rule.midnight_h);
    let long = segments.iter().filter(|s| {
        s.state == State::Stay && s.from_ms < day.end_ms() && s.to_ms - s.from_ms >= rule.stay_ms
    });
    let stay = |segment: &Segment| {
        let mut zones: BTreeMap<u32, f64> = BTreeMap::new();
        for cell in &segment.cells {
            for (tile, weight) in posterior.of(*cell) {
                if let Some(zone) = zone(posterior.tiles()[*tile as usize]) {
                    let share = f64::from(*weight) / segment.cells.len() as f64;
                    *zones.entry(zone).or_default() += share;
                }
            }
        }
        let held =
            segment.from_ms < midnight_ms + HOUR_MS && segment.to_ms >= midnight_ms + HOUR_MS;
        TouristStay {
            from_ms: segment.from_ms,
            to_ms: segment.to_ms,
            zones: zones.into_iter().collect(),
            is_night: held && segment.to_ms - segment.from_ms >= rule.night_ms,
        }
    };
    long.map(stay).collect()
}

const HOUR_MS: i64 = 3_600_000;

/// Inbound tourism of a month.
#[derive(Clone, Debug, PartialEq)]
pub struct InboundTables {
    month_ms: (i64, i64),
    rule: TourismRule,
    by_zone: BTreeMap<(String, u32, bool), ZoneCounts>,
    by_country: BTreeMap<String, TripCounts>,
}

/// What is counted of a zone, a country of origin, and stays with or without a night.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ZoneCounts {
    /// Nights, each with the probability that it was in the zone.
    pub nights: ShareSum,
    /// Trips that ended in the month and had such a stay there.
    pub departures: u64,
}

/// What is counted of the trips of a country of origin that ended in the month.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TripCounts {
    /// Trips.
    pub trips: u64,
    /// Zones visited, summed over trips.
    pub destinations: u64,
    /// Nights, summed over trips and zones.
    pub nights: ShareSum,
}

impl InboundTables {
    /// Nothing yet, for a month from its first to just past its last millisecond.
    pub const fn new(month_ms: (i64, i64), rule: TourismRule) -> Self {
        Self {
            month_ms,
            rule,
            by_zone: BTreeMap::new(),
            by_country: BTreeMap::new(),
        }
    }

    /// Takes in one subscriber: all stays of the trips that reach into the month, and those of the day after it that show
    /// whether a trip has ended; ascending in time. Trips that end before the month or begin after it are passed over.
    ///
    /// A country that no table of codes knows counts as `XX`.
    pub fn add(&mut self, country: Mcc, names: &CountryNames, stays: &[TouristStay]) {
        let country = names.iso2(country).to_owned();
        let (begin_ms, end_ms) = self.month_ms;
        for trip in trips(stays, self.rule.trip_gap_ms) {
            let last_ms = trip.iter().map(|stay| stay.to_ms).max();
            if trip[0].from_ms >= end_ms || last_ms.is_some_and(|ms| ms < begin_ms) {
                continue;
            }
            let ended = last_ms.is_some_and(|ms| ms < end_ms);
            let mut here: BTreeSet<(u32, bool)> = BTreeSet::new();
            let (mut zones, mut nights) = (BTreeSet::new(), ShareSum::default());
            for visit in visits(trip, self.rule.visit_gap_ms) {
                let inside = |ms: i64| (begin_ms..end_ms).contains(&ms);
                let counts = visit
                    .stays
                    .iter()
                    .map(|(stay, _)| stay.to_ms)
                    .max()
                    .is_some_and(inside);
                zones.insert(visit.zone);
                for (stay, weight) in &visit.stays {
                    here.insert((visit.zone, stay.is_night));
                    if stay.is_night {
                        nights.add(*weight);
                    }
                    let key = (country.clone(), visit.zone, stay.is_night);
                    let of_zone = self.by_zone.entry(key).or_default();
                    if stay.is_night && counts {
                        of_zone.nights.add(*weight);
                    }
                }
            }
            if !ended {
                continue;
            }
            for (zone, is_night) in here {
                let of_zone = self
                    .by_zone
                    .entry((country.clone(), zone, is_night))
                    .or_default();
                of_zone.departures += 1;
            }
            let of_country = self.by_country.entry(country.clone()).or_default();
            of_country.trips += 1;
            of_country.destinations += zones.len() as u64;
            of_country.nights.merge(nights);
        }
    }

    /// Adds what another worker has.
    pub fn merge(&mut self, other: Self) {
        for (key, counts) in other.by_zone {
            let of_zone = self.by_zone.entry(key).or_default();
            of_zone.nights.merge(counts.nights);
            of_zone.departures += counts.departures;
        }
        for (key, counts) in other.by_country {
            let of_country = self.by_country.entry(key).or_default();
            of_country.trips += counts.trips;
            of_country.destinations += counts.destinations;
            of_country.nights.merge(counts.nights);
        }
    }

    /// By country of origin, zone, and whether with a night; ascending.
    pub const fn by_zone(&self) -> &BTreeMap<(String, u32, bool), ZoneCounts> {
        &self.by_zone
    }

    /// By country of origin, ascending.
    pub const fn by_country(&self) -> &BTreeMap<String, TripCounts> {
        &self.by_country
    }
}

impl TripCounts {
    /// Zones visited, in the mean over trips; `None` without a trip.
    pub fn mean_destinations(&self) -> Option<f64> {
        (self.trips > 0).then(|| self.destinations as f64 / self.trips as f64)
    }

    /// Nights in a zone, in the mean over trips and zones; `None` without one.
    pub fn mean_nights(&self) -> Option<f64> {
        (self.destinations > 0).then(|| self.nights.get() / self.destinations as f64)
    }
}

/// Stays cut into trips where they are further apart than a gap.
fn trips(stays: &[TouristStay], gap_ms: i64) -> impl Iterator<Item = &[TouristStay]> {
    stays.chunk_by(move |before, after| after.from_ms - before.to_ms <= gap_ms)
}

struct Visit<'a> {
    zone: u32,
    stays: Vec<(&'a TouristStay, f64)>,
}

/// A trip's stays by zone, cut where they are further apart than a gap, whatever was between.
fn visits(trip: &[TouristStay], gap_ms: i64) -> Vec<Visit<'_>> {
    let mut by_zone: BTreeMap<u32, Vec<(&TouristStay, f64)>> = BTreeMap::new();
    for stay in trip {
        for (zone, weight) in &stay.zones {
            by_zone.entry(*zone).or_default().push((stay, *weight));
        }
    }
    let mut visits = Vec::new();
    for (zone, stays) in by_zone {
        let near = |a: &(&TouristStay, f64), b: &(&TouristStay, f64)| {
            b.0.from_ms.saturating_sub(a.0.to_ms) <= gap_ms
        };
        visits.extend(stays.chunk_by(near).map(|stays| Visit {
            zone,
            stays: stays.to_vec(),
        }));
    }
    visits
}

#[cfg(test)]
mod tests;
