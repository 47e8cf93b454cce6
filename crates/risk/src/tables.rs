use erewhon_geo::Partition;
use erewhon_mobility::Public;
use erewhon_types::{Error, Result, ZoneIx};

use crate::{
    Counts, People, Scene,
    whereabouts::{Whereabouts, slots_per_day},
};

/// Published counts of people, exact, suppressed or noisy.
///
/// Everything in it is what the outsider reads; what it was made from is not here.
///
/// Each person is in one zone a slot: where they were seen last, and before their first event where
/// that will be. So every slot of an exact table adds up to the same number of people.
///
/// # What a model publishes
/// A private model can be read as tables, each value a post-processing of noisy sums:
/// - `pairs` are its measured table `pairs` (home zone by work zone), in people, with the
///   `noise_sd_people` of that query: noise and all, nothing clipped. Every routine model has it.
/// - `presence` is the measured table `presence` (3-hour block of the day by zone), in people, with the
///   noise of that query. Models of two or three places have it; a routine model does not measure
///   presence. A person adds to a block once however often they are seen, spread over the zones they
///   were seen in, so a block adds up to those ever active in it. To make it a [`Span::Day`] table, scale
///   each block, and its noise, by people over the block's sum: those who are silent are taken to be
///   where the others are.
///
/// Zones are those of the model's `zone_of_cell`, a level of the public tree that it was fitted along.
#[derive(Clone, Debug)]
pub struct Tables {
    /// Which cells make a zone; public.
    pub zones: Partition,
    /// How many hours make a slot; the last slot of a day may be shorter.
    pub slot_h: u16,
    /// What the slots cover.
    pub span: Span,
    /// People by slot and zone. `None` where it is not published.
    pub presence: Option<Counts>,
    /// People by home zone and work zone. `None` where it is not published.
    pub pairs: Option<Counts>,
}

/// What the slots of a table of presence cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Each day of the window on its own.
    Window,
    /// A typical week from Monday on: means over the days of each name.
    Week,
    /// A typical day: means over all days.
    Day,
}

impl Tables {
    /// The true counts of some people, with the sums of lines and columns.
    ///
    /// # Errors
    /// Usage, when `slot_h` is not within 1 to 24.
    pub fn exact(
        people: &People,
        public: &Public<'_>,
        zones: Partition,
        slot_h: u16,
    ) -> Result<Self> {
        check_slot(slot_h)?;
        let everybody = 0..people.len();
        let days = public.calendar.days();
        let places = Whereabouts::of(people, everybody, &zones, days, slot_h);
        Ok(Self {
            presence: Some(count(&places, zones.zones())),
            pairs: Some(pairs_of(people, 0..people.len(), &zones)),
            zones,
            slot_h,
            span: Span::Window,
        })
    }

    /// The same without counts under `below`, none being a count as well. Sums of lines and columns are
    /// still published, as they are where small counts are left out for hygiene.
    #[must_use]
    pub fn suppress(mut self, below: u32) -> Self {
        for counts in [&mut self.presence, &mut self.pairs].into_iter().flatten() {
            counts.suppress(below);
        }
        self
    }

    /// Noisy numbers as published. Presence is by slot of the span, then by zone.
    ///
    /// # Errors
    /// Usage, when `slot_h` is not within 1 to 24; input, when a table has not the size that its zones and
    /// slots ask for.
    pub fn noisy(
        public: &Public<'_>,
        zones: Partition,
        slot_h: u16,
        span: Span,
        presence: Option<Counts>,
        pairs: Option<Counts>,
    ) -> Result<Self> {
        check_slot(slot_h)?;
        let tables = Self {
            zones,
            slot_h,
            span,
            presence,
            pairs,
        };
        let zones = tables.zones.zones();
        let sizes = [
            (&tables.presence, tables.slots(public.calendar.days())),
            (&tables.pairs, zones),
        ];
        for (counts, lines) in sizes {
            let Some(counts) = counts else { continue };
            if counts.columns != zones || counts.entries.len() != lines * zones {
                return Err(Error::input(format!(
                    "a table of {} entries in lines of {} has not the {lines} lines of {zones} that \
                     its zones and slots ask for",
                    counts.entries.len(),
                    counts.columns
                )));
            }
        }
        Ok(tables)
    }

    /// Lines of presence, in a window of so many days.
    fn slots(&self, days: u16) -> usize {
        let days = match self.span {
            Span::Window => usize::from(days),
            Span::Week => 7,
            Span::Day => 1,
        };
        days * slots_per_day(self.slot_h)
    }

    /// The line of presence that each slot of the window counts in.
    pub(crate) fn lines(&self, public: &Public<'_>) -> Vec<usize> {
        let per_day = slots_per_day(self.slot_h);
        let days = 0..public.calendar.days();
        days.flat_map(|day| {
            let day = match self.span {
                Span::Window => day,
                Span::Week => u16::from(public.calendar.weekday(day)),
                Span::Day => 0,
            };
            (0..per_day).map(move |slot| usize::from(day) * per_day + slot)
        })
        .collect()
    }

    /// The true numbers of what these tables publish.
    pub(crate) fn truth(&self, scene: &Scene<'_>, people: &People) -> Self {
        let rows = 0..people.len();
        let of_window = count(
            &self.whereabouts(scene, people, rows.clone()),
            self.zones.zones(),
        );
        let lines = self.lines(&scene.public);
        let presence = self
            .presence
            .as_ref()
            .map(|_| of_window.means_of_lines(&lines));
        let pairs = self
            .pairs
            .as_ref()
            .map(|_| pairs_of(people, rows, &self.zones));
        Self {
            presence,
            pairs,
            zones: self.zones.clone(),
            ..*self
        }
    }

    /// Where people are by the slots of this table's days and its zones.
    pub(crate) fn whereabouts(
        &self,
        scene: &Scene<'_>,
        people: &People,
        rows: impl IntoIterator<Item = usize>,
    ) -> Whereabouts {
        let days = scene.public.calendar.days();
        Whereabouts::of(people, rows, &self.zones, days, self.slot_h)
    }
}

/// People by slot and zone.
pub(crate) fn count(places: &Whereabouts, zones: usize) -> Counts {
    let mut presence = vec![0.0; places.slots() * zones];
    for person in places.rows() {
        for (line, zone) in presence.chunks_exact_mut(zones).zip(person) {
            line[*zone as usize] += 1.0;
        }
    }
    Counts::exact(zones, presence)
}

/// People by home zone and work zone.
fn pairs_of(people: &People, rows: impl IntoIterator<Item = usize>, zones: &Partition) -> Counts {
    let mut pairs = vec![0.0; zones.zones().pow(2)];
    for pair in rows
        .into_iter()
        .filter_map(|row| pair_of(people, row, zones))
    {
        pairs[pair] += 1.0;
    }
    Counts::exact(zones.zones(), pairs)
}

/// The entry of somebody's home and work.
pub(crate) fn pair_of(people: &People, row: usize, zones: &Partition) -> Option<usize> {
    let found = people.anchors(row);
    let (home, work) = found.home.zip(found.work)?;
    Some(zones.zone_of(home).index() * zones.zones() + zones.zone_of(work).index())
}

/// Middle of the cells of each zone, in metres.
pub(crate) fn middles_m(public: &Public<'_>, zones: &Partition) -> Vec<(f64, f64)> {
    let middle = |zone| {
        let cells = zones.cells_of(ZoneIx(zone));
        let at = cells
            .iter()
            .map(|cell| public.cells.plane_m()[cell.index()]);
        let (x, y) = at.fold((0.0, 0.0), |sum, at| (sum.0 + at.0, sum.1 + at.1));
        let count = cells.len().max(1) as f64;
        (x / count, y / count)
    };
    (0..zones.zones() as u32).map(middle).collect()
}

fn check_slot(slot_h: u16) -> Result<()> {
    if !(1..=24).contains(&slot_h) {
        return Err(Error::usage(format!(
            "a slot of `{slot_h}` hours is outside the allowed range 1 to 24"
        )));
    }
    Ok(())
}
