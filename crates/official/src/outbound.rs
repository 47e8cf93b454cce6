//! Outbound tourism: nights abroad by country.

use std::collections::BTreeMap;

use erewhon_types::Result;
use jiff::{Timestamp, civil::time, tz::TimeZone};

use crate::{CountryNames, Mcc, Segment, State, TourismRule};

/// Nights abroad by country, of a month.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboundNights {
    month_ms: (i64, i64),
    rule: TourismRule,
    by_country: BTreeMap<String, u64>,
}

impl OutboundNights {
    /// Nothing yet, for a month from its first to just past its last millisecond.
    ///
    /// # Errors
    /// Usage, when the rule is out of range.
    pub fn new(month_ms: (i64, i64), rule: TourismRule) -> Result<Self> {
        rule.check()?;
        let by_country = BTreeMap::new();
        Ok(Self {
            month_ms,
            rule,
            by_country,
        })
    }

    /// Takes in one subscriber's segments of the month and of the days around it, ascending.
    ///
    /// A night counts in the month in which the visit ends that it is a part of: stays in one country within a trip. A code
    /// that no table knows is of the country `XX`, and its night is by the clock of UTC.
    pub fn add(&mut self, names: &CountryNames, segments: &[Segment]) {
        let abroad = segments.iter().filter_map(|s| match s.state {
            State::Abroad if s.to_ms - s.from_ms >= self.rule.stay_ms => Some((s, s.country?)),
            _ => None,
        });
        let stays: Vec<(&Segment, Mcc)> = abroad.collect();
        let one_trip = |gap_ms: i64| gap_ms <= self.rule.trip_gap_ms;
        let visits = stays.chunk_by(|(before, from), (after, to)| {
            one_trip(after.from_ms - before.to_ms) && names.iso2(*from) == names.iso2(*to)
        });
        for visit in visits {
            let end_ms = visit
                .iter()
                .map(|(stay, _)| stay.to_ms)
                .max()
                .unwrap_or(i64::MIN);
            if !(self.month_ms.0..self.month_ms.1).contains(&end_ms) {
                continue;
            }
            for (stay, country) in visit {
                let nights = self
                    .by_country
                    .entry(names.iso2(*country).to_owned())
                    .or_default();
                let zone = names.time_zone(*country);
                *nights += u64::from(is_night(stay, &zone, &self.rule));
            }
        }
    }

    /// Adds what another worker has.
    pub fn merge(&mut self, other: Self) {
        for (country, nights) in other.by_country {
            *self.by_country.entry(country).or_default() += nights;
        }
    }

    /// Nights by country, ascending.
    pub const fn by_country(&self) -> &BTreeMap<String, u64> {
        &self.by_country
    }
}

/// Whether a stay holds the night's hour of the clock there, and lasts long enough.
fn is_night(stay: &Segment, zone: &TimeZone, rule: &TourismRule) -> bool {
    let local = |ms: i64| Timestamp::from_millisecond(ms).map(|t| zone.to_datetime(t));
    let (Ok(from), Ok(to)) = (local(stay.from_ms), local(stay.to_ms)) else {
        return false;
    };
    let hour = time(rule.midnight_h.cast_signed(), 0, 0, 0);
    let same_day = from.date().to_datetime(hour);
    // One that begins at the hour itself holds the next day's.
    let night = if same_day < from {
        from.date().tomorrow().map(|date| date.to_datetime(hour))
    } else {
        Ok(same_day)
    };
    let held = night.is_ok_and(|night| from < night && to >= night);
    held && stay.to_ms - stay.from_ms >= rule.night_ms
}

#[cfg(test)]
mod tests {
    use super::*;

    const H: i64 = 3_600_000;

    fn abroad(country: u16, from_h: i64, to_h: i64) -> Segment {
        Segment {
            from_ms: from_h * H,
            to_ms: to_h * H,
            last_event_ms: None,
            state: State::Abroad,
            cells: Vec::new(),
            country: Some(Mcc::new(country.into()).unwrap()),
            is_last: false,
        }
    }

    fn nights(segments: &[Segment], month_h: (i64, i64)) -> Vec<(String, u64)> {
        let mut names = CountryNames::default();
        names
            .add(Mcc::new(208).unwrap(), "FR", "Europe/Paris")
            .unwrap();
        names
            .add(Mcc::new(440).unwrap(), "JP", "Asia/Tokyo")
            .unwrap();
        let month_ms = (month_h.0 * H, month_h.1 * H);
        let mut all = OutboundNights::new(month_ms, TourismRule::OUTBOUND).unwrap();
        all.add(&names, segments);
        let mut twice = all.clone();
        twice.merge(all.clone());
        assert!(
            twice.by_country().values().eq(all
                .by_country()
                .values()
                .map(|n| 2 * n)
                .collect::<Vec<_>>()
                .iter())
        );
        all.by_country()
            .iter()
            .map(|(c, n)| (c.clone(), *n))
            .collect()
    }

    #[test]
    fn a_night_is_by_the_clock_of_the_country() {
        let of = |country, from_h, to_h| nights(&[abroad(country, from_h, to_h)], (0, 744));
        let said = |country: &str, n| vec![(country.to_owned(), n)];
        // In Paris it is 4:00 at 3:00 of UTC, in Tokyo at 19:00; 200 minutes at least.
        assert_eq!(of(208, 0, 4), said("FR", 1));
        assert_eq!(of(440, 0, 4), said("JP", 0));
        assert_eq!(of(440, 16, 20), said("JP", 1));
        assert_eq!(of(208, 0, 3), said("FR", 0));
        // An unknown code is of nowhere, and counted.
        assert_eq!(of(999, 1, 6), said("XX", 1));
        assert_eq!(of(208, 0, 2), []);
    }

    #[test]
    fn a_night_counts_where_its_visit_ends() {
        // Nights on the days 0 and 1, the month ends within the second.
        let trip = [abroad(208, 0, 20), abroad(208, 24, 40)];
        assert_eq!(nights(&trip, (0, 30)), []);
        assert_eq!(nights(&trip, (30, 60)), [("FR".to_owned(), 2)]);
        // Another country ends the visit.
        let two = [abroad(208, 0, 20), abroad(440, 24, 47)];
        assert_eq!(nights(&two, (0, 30)), [("FR".to_owned(), 1)]);
    }
}
