use std::collections::HashMap;

use erewhon_events::{Disclosed, EventSource, Sample};
use erewhon_mobility::Public;
use erewhon_types::{CellIx, Guarantee, Result, Subscriber};
use serde::{Deserialize, Serialize};

use crate::{People, Tables, grain::Grain, people::Seen, places::Places, points::Point};

/// What an outsider would hold: one thing that is attacked.
pub struct Release {
    /// Name for people, for example `raw records` or the name of a file.
    pub name: String,
    /// What it claims for a person over the whole period; absent where it claims nothing.
    pub claim: Option<Guarantee>,
    pub(crate) holding: Holding,
}

/// What kind of thing a release is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseKind {
    /// A row for each real person, changed or not.
    Records,
    /// Rows of nobody.
    Synthetic,
    /// Counts of people.
    Tables,
}

pub(crate) enum Holding {
    Records(Rows),
    Synthetic(Rows),
    Tables(Tables),
}

/// Records of a release, real people's or synthetic.
pub(crate) struct Rows {
    /// As events; what was generalised stands in the middle of its place and span.
    pub(crate) people: People,
    pub(crate) places: Places,
    /// As it is, where it is not plain events.
    disclosed: Option<Disclosed>,
    /// The first row that is equal to each; of plain events each is its own.
    twins: Vec<u32>,
}

impl Rows {
    fn plain(source: &dyn EventSource, public: &Public<'_>) -> Result<Self> {
        let people = People::read(source, public)?;
        Ok(Self {
            twins: (0..people.len() as u32).collect(),
            people,
            places: Places::plain(public.cells),
            disclosed: None,
        })
    }

    fn generalised(disclosed: Disclosed, public: &Public<'_>) -> Result<Self> {
        let events = disclosed.events(public.calendar, public.cells);
        let mut first: HashMap<&[Sample], u32> = HashMap::new();
        let rows = disclosed.rows().zip(0..);
        let twins = rows.map(|((_, samples), row)| *first.entry(samples).or_insert(row));
        let twins = twins.collect();
        Ok(Self {
            twins,
            people: People::read(&events, public)?,
            places: Places::new(disclosed.places().to_vec(), public.cells),
            disclosed: Some(disclosed),
        })
    }

    /// Number of rows, those without a record among them.
    pub(crate) fn len(&self) -> usize {
        self.twins.len()
    }

    /// Who a row began as.
    pub(crate) fn owner(&self, row: usize) -> Subscriber {
        match &self.disclosed {
            Some(disclosed) => disclosed.row(row).0,
            None => self.people.subscriber(row),
        }
    }

    /// The first row with the same samples.
    pub(crate) fn twin(&self, row: usize) -> u32 {
        self.twins[row]
    }

    /// The samples of a row; a plain event is a second in a cell.
    pub(crate) fn samples(&self, row: usize) -> Vec<Sample> {
        if let Some(disclosed) = &self.disclosed {
            return disclosed.row(row).1.to_vec();
        }
        let sample = |seen: &Seen| Sample {
            from_s: seen.time_s,
            until_s: seen.time_s + 1,
            place: seen.cell.0,
        };
        self.people.of(row).iter().map(sample).collect()
    }

    /// Whether every sample is a second in a cell.
    pub(crate) fn is_plain(&self) -> bool {
        let exact = |s: &Sample| s.until_s - s.from_s == 1 && self.places.is_single(s.place);
        let mut rows = self.disclosed.iter().flat_map(Disclosed::rows);
        rows.all(|(_, samples)| samples.iter().all(exact))
    }

    /// Hands over the points where the person of a row may have been, distinct and ascending, with all rows
    /// that are equal: of a generalised record every place of its cells and every time bin that its span
    /// meets. Equal rows are walked through once.
    pub(crate) fn each_trace(
        &self,
        public: &Public<'_>,
        grain: &Grain<'_>,
        each: &mut dyn FnMut(&[Subscriber], &[Point]),
    ) {
        let mut trace = Vec::new();
        let Some(disclosed) = &self.disclosed else {
            for row in 0..self.people.len() {
                grain.trace(self.people.of(row), &mut trace);
                each(&[self.people.subscriber(row)], &trace);
            }
            return;
        };
        let mut equal: Vec<(u32, usize)> = self.twins.iter().copied().zip(0..).collect();
        equal.sort_unstable();
        let start = public.calendar.start_utc_ms();
        // Spans end within the window; its last hour is found by the second before.
        let hour_at = |s: u32| {
            let local = public.calendar.local(start + i64::from(s) * 1000)?;
            Some(u32::from(local.day) * 24 + u32::from(local.hour()))
        };
        let zones = |place: u32| grain.zones(self.places.cells(place));
        let zones: Vec<Vec<CellIx>> = (0..self.places.len() as u32).map(zones).collect();
        let mut owners = Vec::new();
        for same in equal.chunk_by(|a, b| a.0 == b.0) {
            owners.clear();
            owners.extend(same.iter().map(|&(_, row)| disclosed.row(row).0));
            trace.clear();
            for sample in disclosed.row(same[0].1).1 {
                let Some(first) = hour_at(sample.from_s) else {
                    continue;
                };
                let last = hour_at(sample.until_s - 1).unwrap_or(first);
                let zones = &zones[sample.place as usize];
                for bin in grain.bins(first..=last) {
                    trace.extend(zones.iter().map(|&zone| Point::new(bin, zone)));
                }
            }
            trace.sort_unstable();
            trace.dedup();
            each(&owners, &trace);
        }
    }
}

impl Release {
    /// Plain records of real people, one row each, under their pseudonyms.
    ///
    /// # Errors
    /// What reading the source fails with.
    pub fn records(
        name: impl Into<String>,
        source: &dyn EventSource,
        public: &Public<'_>,
    ) -> Result<Self> {
        let rows = Rows::plain(source, public)?;
        Ok(Self::new(name, Holding::Records(rows)))
    }

    /// Records that an anonymisation left; rows under the pseudonyms that they began with.
    ///
    /// # Errors
    /// What reading it fails with.
    pub fn disclosed(
        name: impl Into<String>,
        disclosed: Disclosed,
        public: &Public<'_>,
    ) -> Result<Self> {
        let rows = Rows::generalised(disclosed, public)?;
        Ok(Self::new(name, Holding::Records(rows)))
    }

    /// Records that claim to be nobody's.
    ///
    /// # Errors
    /// What reading the source fails with.
    pub fn synthetic(
        name: impl Into<String>,
        source: &dyn EventSource,
        public: &Public<'_>,
    ) -> Result<Self> {
        let rows = Rows::plain(source, public)?;
        Ok(Self::new(name, Holding::Synthetic(rows)))
    }

    /// Counts of people.
    pub fn tables(name: impl Into<String>, tables: Tables) -> Self {
        Self::new(name, Holding::Tables(tables))
    }

    fn new(name: impl Into<String>, holding: Holding) -> Self {
        Self {
            name: name.into(),
            claim: None,
            holding,
        }
    }

    /// What kind of thing this is.
    pub const fn kind(&self) -> ReleaseKind {
        match self.holding {
            Holding::Records(_) => ReleaseKind::Records,
            Holding::Synthetic(_) => ReleaseKind::Synthetic,
            Holding::Tables(_) => ReleaseKind::Tables,
        }
    }

    /// Its tables, where it is some.
    pub(crate) const fn published(&self) -> Option<&Tables> {
        match &self.holding {
            Holding::Tables(tables) => Some(tables),
            Holding::Records(_) | Holding::Synthetic(_) => None,
        }
    }

    /// Its records, where it has any.
    pub(crate) const fn rows(&self) -> Option<&Rows> {
        match &self.holding {
            Holding::Records(rows) | Holding::Synthetic(rows) => Some(rows),
            Holding::Tables(_) => None,
        }
    }
}
