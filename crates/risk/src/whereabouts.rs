use erewhon_geo::Partition;

/// Hours of the day when people are about.
pub(crate) const DAY_H: std::ops::Range<usize> = 8..20;

use crate::People;

/// The zone of each person in each slot of the window: where they were seen last. Before their first
/// event they are where that will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Whereabouts {
    slots: usize,
    /// By person, then by slot.
    zones: Vec<u32>,
}

impl Whereabouts {
    /// Of the people in these rows, with days cut into slots of `slot_h` hours of the local clock.
    pub(crate) fn of(
        people: &People,
        rows: impl IntoIterator<Item = usize>,
        zones: &Partition,
        days: u16,
        slot_h: u16,
    ) -> Self {
        let per_day = slots_per_day(slot_h) as u32;
        let slots = usize::from(days) * per_day as usize;
        let mut found = Self::empty(slots);
        for row in rows {
            let seen = people.of(row);
            let mut zone = seen.first().map_or(0, |seen| zones.zone_of(seen.cell).0);
            let mut next = seen.iter().peekable();
            for slot in 0..slots as u32 {
                while let Some(seen) = next.next_if(|seen| {
                    seen.hour / 24 * per_day + seen.hour % 24 / u32::from(slot_h) <= slot
                }) {
                    zone = zones.zone_of(seen.cell).0;
                }
                found.zones.push(zone);
            }
        }
        found
    }

    /// Nobody yet.
    pub(crate) const fn empty(slots: usize) -> Self {
        Self {
            slots,
            zones: Vec::new(),
        }
    }

    /// Adds a person.
    pub(crate) fn push(&mut self, zones: impl IntoIterator<Item = u32>) {
        let before = self.zones.len();
        self.zones.extend(zones);
        debug_assert_eq!(self.zones.len() - before, self.slots);
    }

    pub(crate) const fn slots(&self) -> usize {
        self.slots
    }

    /// Number of people.
    pub(crate) const fn len(&self) -> usize {
        match self.slots {
            0 => 0,
            slots => self.zones.len() / slots,
        }
    }

    /// Zones of a person, by slot.
    pub(crate) fn row(&self, person: usize) -> &[u32] {
        &self.zones[person * self.slots..][..self.slots]
    }

    /// Everybody's zones.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.len()).map(|person| self.row(person))
    }
}

/// How many slots of `slot_h` hours a day has; the last may be shorter.
pub(crate) const fn slots_per_day(slot_h: u16) -> usize {
    24u16.div_ceil(slot_h) as usize
}
