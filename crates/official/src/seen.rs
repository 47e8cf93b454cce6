use std::fmt;

use erewhon_mobility::Track;
use erewhon_types::{CellIx, Error, Result};

/// A mobile country code (ITU-T E.212), 100 to 999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mcc(u16);

impl Mcc {
    /// Checks a code.
    ///
    /// # Errors
    /// Input, when it is not within 100 to 999.
    pub fn new(code: i64) -> Result<Self> {
        let known = u16::try_from(code).ok().filter(|c| (100..=999).contains(c));
        known.map(Self).ok_or_else(|| {
            Error::input(format!("`{code}` is no mobile country code"))
                .with_hint("allowed: 100 to 999, three digits")
        })
    }

    /// The country of a network code of five or six digits, as multimno's `plmn` has it.
    ///
    /// # Errors
    /// Input, when it has not five or six digits or its country is none.
    pub fn of_network(plmn: i64) -> Result<Self> {
        match plmn {
            10_000..=99_999 => Self::new(plmn / 100),
            100_000..=999_999 => Self::new(plmn / 1_000),
            _ => Err(
                Error::input(format!("`{plmn}` is no code of a mobile network"))
                    .with_hint("allowed: country and network together, 10000 to 999999"),
            ),
        }
    }

    /// The code.
    pub const fn code(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Mcc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}", self.0)
    }
}

/// Where a subscriber was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// At a cell of this network.
    Cell(CellIx),
    /// On a network of another country.
    Abroad(Mcc),
}

/// A subscriber was somewhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// When, in milliseconds of UTC since 1970.
    pub at_ms: i64,
    /// Where.
    pub place: Place,
}

impl Seen {
    /// At a cell.
    pub const fn at(at_ms: i64, cell: CellIx) -> Self {
        let place = Place::Cell(cell);
        Self { at_ms, place }
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seen(..)")
    }
}

/// A track as the products take it: time and cell of each event, ascending in time.
///
/// The store has no events abroad, since these have no cell: they come from files of multimno's own.
pub fn seen_of(track: &Track<'_>) -> Vec<Seen> {
    let events = track.events().iter();
    events.map(|e| Seen::at(e.time_utc_ms, e.cell)).collect()
}

/// Those of a list that ascends in time which lie from one moment to just before another.
pub fn between(seen: &[Seen], from_ms: i64, to_ms: i64) -> &[Seen] {
    let until = |ms: i64| seen.partition_point(|s| s.at_ms < ms);
    let (from, to) = (until(from_ms), until(to_ms));
    &seen[from.min(to)..to]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_countries_are_three_digits() {
        assert_eq!(Mcc::of_network(20_810).unwrap().code(), 208);
        assert_eq!(Mcc::of_network(310_410).unwrap().code(), 310);
        for wrong in [0, 999, 1_000_000, -20_810] {
            assert!(Mcc::of_network(wrong).is_err(), "{wrong}");
        }
        assert!(Mcc::new(99).is_err() && Mcc::new(1000).is_err());
        assert_eq!(Mcc::new(214).unwrap().to_string(), "214");
    }

    #[test]
    fn between_is_half_open() {
        let seen = [1, 2, 2, 5].map(|at| Seen::at(at, CellIx(0)));
        assert_eq!(between(&seen, 2, 5).len(), 2);
        assert_eq!(between(&seen, 6, 3).len(), 0);
        assert_eq!(between(&seen, 0, 9).len(), 4);
    }
}
