use std::{fmt, str::FromStr};

use erewhon_events::{Disclosed, Sample};
use erewhon_geo::{CellTable, Sites, ZoneTree};
use erewhon_types::{Calendar, CellIx, Error, Result, Subscriber};
use serde::Serialize;

use crate::{Grain, bins::Bins, effect::Stretch};

/// Generalisation: each record tells a larger place and a longer span, that hold the true ones.
///
/// A row says each place and span once, however many records it had there: their number would be a
/// fingerprint of its own.
///
/// Source: Sweeney, "Achieving k-anonymity privacy protection using generalization and suppression",
/// 2002; for traces Zang and Bolot, MobiCom 2011, whose remedy it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Coarseness {
    /// How finely places are told.
    pub place: Extent,
    /// How finely moments are told.
    pub time: Grain,
}

/// How finely places are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub enum Extent {
    /// As they are.
    Cell,
    /// By the mast.
    Site,
    /// By the finest level of the halving of the network ([`ZoneTree::build`]) that has at most so many
    /// zones.
    Zones(u32),
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cell => f.write_str("cell"),
            Self::Site => f.write_str("site"),
            Self::Zones(most) => write!(f, "zones-{most}"),
        }
    }
}

impl From<Extent> for String {
    fn from(extent: Extent) -> Self {
        extent.to_string()
    }
}

impl FromStr for Extent {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let zones = text.strip_prefix("zones-").and_then(|n| n.parse().ok());
        match (text, zones) {
            ("cell", _) => Ok(Self::Cell),
            ("site", _) => Ok(Self::Site),
            (_, Some(most @ 1..)) => Ok(Self::Zones(most)),
            _ => Err(
                Error::usage(format!("`{text}` is no way to tell a place")).with_hint(
                    "allowed: cell, site, and zones-100 for at most a hundred zones, or any other number",
                ),
            ),
        }
    }
}

impl Extent {
    /// The places, and the place of each cell.
    pub(crate) fn places(self, cells: &CellTable) -> (Vec<Vec<CellIx>>, Vec<u32>) {
        let places: Vec<Vec<CellIx>> = match self {
            Self::Cell => (0..cells.len() as u32).map(|c| vec![CellIx(c)]).collect(),
            Self::Site => Sites::build(cells, |c| cells.cell(c).site.as_deref())
                .cells_of()
                .to_vec(),
            Self::Zones(most) => {
                let tree = ZoneTree::build(cells);
                let fits = |level: &u8| tree.partition(*level).zones() <= most as usize;
                let level = (0..=tree.depth()).rfind(fits).unwrap_or(0);
                let level = tree.partition(level);
                (0..level.zones() as u32)
                    .map(|zone| level.cells_of(erewhon_types::ZoneIx(zone)).to_vec())
                    .collect()
            }
        };
        let mut place_of = vec![0; cells.len()];
        for (place, cells) in (0..).zip(&places) {
            cells.iter().for_each(|cell| place_of[cell.index()] = place);
        }
        (places, place_of)
    }
}

/// Rows of a release that is being made.
pub(crate) type Rows = Vec<(Subscriber, Vec<Sample>)>;

/// What makes records coarser.
pub(crate) struct Lattice {
    pub(crate) places: Vec<Vec<CellIx>>,
    place_of: Vec<u32>,
    bins: Bins,
}

impl Lattice {
    pub(crate) fn new(coarseness: &Coarseness, cells: &CellTable, calendar: &Calendar) -> Self {
        let (places, place_of) = coarseness.place.places(cells);
        Self {
            places,
            place_of,
            bins: Bins::new(coarseness.time, calendar),
        }
    }

    /// What stands for a record.
    fn sample_of(&self, record: &Sample) -> Sample {
        let (from_s, until_s) = self.bins.span_s(record.from_s);
        Sample {
            from_s,
            until_s,
            place: self.place_of[record.place as usize],
        }
    }

    /// Every row made coarser. Linear in the records, but for the sorting of a row.
    pub(crate) fn rows(&self, raw: &Disclosed) -> Rows {
        let rows = raw.rows().map(|(subscriber, records)| {
            let mut samples: Vec<Sample> = records.iter().map(|r| self.sample_of(r)).collect();
            samples.sort_unstable();
            samples.dedup();
            samples.shrink_to_fit();
            (subscriber, samples)
        });
        rows.collect()
    }

    /// How wide the records became that are in a row still.
    pub(crate) fn stretch(&self, raw: &Disclosed, rows: &Rows, cells: &CellTable) -> Stretch {
        let width_m: Vec<f64> = self.places.iter().map(|p| cells.diameter_m(p)).collect();
        let mut stretch = Stretch::default();
        for ((_, records), (_, samples)) in raw.rows().zip(rows) {
            for sample in records.iter().map(|record| self.sample_of(record)) {
                if samples.binary_search(&sample).is_ok() {
                    let seconds = sample.until_s - sample.from_s - 1;
                    stretch.add(width_m[sample.place as usize], seconds, 1);
                }
            }
        }
        stretch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::technique::testing::{calendar, cells, crowd};

    #[test]
    fn every_record_lies_in_the_sample_that_stands_for_it() {
        let (cells, calendar) = (cells(), calendar());
        let raw = crowd(40, 30, 1);
        for (place, time) in [
            ("cell", "hours-1"),
            ("site", "daypart"),
            ("zones-7", "hours-6"),
            ("zones-1", "second"),
        ] {
            let coarseness = Coarseness {
                place: place.parse().unwrap(),
                time: time.parse().unwrap(),
            };
            let lattice = Lattice::new(&coarseness, &cells, &calendar);
            let (rows, places) = (lattice.rows(&raw), &lattice.places);
            let stretch = lattice.stretch(&raw, &rows, &cells);
            assert_eq!(stretch.records(), raw.samples() as u64);
            if let Extent::Zones(most) = coarseness.place {
                assert!(places.len() <= most as usize && places.len() * 2 > most as usize);
            }
            for ((_, before), (_, after)) in raw.rows().zip(&rows) {
                let holds = |s: &Sample, record: &Sample| {
                    let there = places[s.place as usize].contains(&CellIx(record.place));
                    there && s.from_s <= record.from_s && record.from_s < s.until_s
                };
                assert!(before.iter().all(|r| after.iter().any(|s| holds(s, r))));
                assert!(after.iter().all(|s| before.iter().any(|r| holds(s, r))));
                assert!(after.windows(2).all(|pair| pair[0] < pair[1]), "told once");
            }
        }
    }

    #[test]
    fn extents_keep_their_names() {
        for text in ["cell", "site", "zones-1", "zones-400"] {
            assert_eq!(text.parse::<Extent>().unwrap().to_string(), text);
        }
        for text in ["zones-0", "zones", "zones--1", "county"] {
            assert!(text.parse::<Extent>().is_err(), "{text}");
        }
    }
}
