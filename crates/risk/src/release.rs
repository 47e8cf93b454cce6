use erewhon_events::{Disclosed, EventSource, Sample};
use erewhon_mobility::Public;
use erewhon_types::{CellIx, Guarantee, Result, Subscriber};
use serde::{Deserialize, Serialize};

use crate::{People, Tables, grain::Grain, points::Point};

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

/// Samples of each row, with who it began as.
pub(crate) type SampleRows = Vec<(Subscriber, Vec<Sample>)>;

/// Records of a release, real people's or synthetic.
pub(crate) struct Rows {
    /// As events; what was generalised stands at the middle of its place and span.
    pub(crate) people: People,
    /// As it is, where it is not plain events.
    disclosed: Option<Disclosed>,
}

impl Rows {
    /// Hands over each row with the points where its person may have been, distinct and ascending: of a
    /// generalised record every place of its cells and every time bin that its span meets.
    pub(crate) fn each_trace(
        &self,
        public: &Public<'_>,
        grain: &Grain<'_>,
        each: &mut dyn FnMut(Subscriber, &[Point]),
    ) {
        let mut trace = Vec::new();
        let Some(disclosed) = &self.disclosed else {
            for row in 0..self.people.len() {
                grain.trace(self.people.of(row), &mut trace);
                each(self.people.subscriber(row), &trace);
            }
            return;
        };
        let start = public.calendar.start_utc_ms();
        // Spans end within the window; its last hour is found by the second before.
        let hour_at = |s: u32| {
            let local = public.calendar.local(start + i64::from(s) * 1000)?;
            Some(u32::from(local.day) * 24 + u32::from(local.hour()))
        };
        for (subscriber, samples) in disclosed.rows() {
            trace.clear();
            for sample in samples {
                let Some(first) = hour_at(sample.from_s) else {
                    continue;
                };
                let last = hour_at(sample.until_s - 1).unwrap_or(first);
                let mut before = None;
                for hour in first..=last {
                    for &cell in &disclosed.places()[sample.place as usize] {
                        let point = grain.point(hour, cell);
                        if before != Some(point) {
                            trace.push(point);
                        }
                        before = Some(point);
                    }
                }
            }
            trace.sort_unstable();
            trace.dedup();
            each(subscriber, &trace);
        }
    }

    /// Cells of each place, and every row's samples; plain events are a second in a cell.
    pub(crate) fn samples(&self, cells: usize) -> (Vec<Vec<CellIx>>, SampleRows) {
        if let Some(disclosed) = &self.disclosed {
            let rows = disclosed
                .rows()
                .map(|(who, samples)| (who, samples.to_vec()));
            return (disclosed.places().to_vec(), rows.collect());
        }
        let rows = (0..self.people.len()).map(|row| {
            let samples = self.people.of(row).iter().map(|seen| Sample {
                from_s: seen.time_s,
                until_s: seen.time_s + 1,
                place: seen.cell.0,
            });
            (self.people.subscriber(row), samples.collect())
        });
        let places = (0..cells as u32).map(|cell| vec![CellIx(cell)]);
        (places.collect(), rows.collect())
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
        let rows = Rows {
            people: People::read(source, public)?,
            disclosed: None,
        };
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
        let rows = Rows {
            people: People::read(&disclosed.events(public.calendar), public)?,
            disclosed: Some(disclosed),
        };
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
        let rows = Rows {
            people: People::read(source, public)?,
            disclosed: None,
        };
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
