use std::ops::Range;

use crate::{Track, Zoning};

/// A zone as it was seen within some events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SeenZone {
    pub(super) zone: u32,
    /// Places of the first and the last event there among the subscriber's.
    pub(super) first: usize,
    pub(super) last: usize,
}

/// The zone of each of a subscriber's events.
pub(super) struct Zones {
    /// The distinct zones, ascending.
    known: Vec<u32>,
    /// For each of the [`visits`](Track::visits) the place of its zone in `known`.
    of_visit: Vec<u32>,
    /// For each known zone its place in the list that is made, and one more; 0 outside.
    listed: Vec<u32>,
    list: Vec<SeenZone>,
    /// For each known zone a time; 0 outside of a sum.
    sums_ms: Vec<i64>,
}

impl Zones {
    pub(super) fn of(track: &Track<'_>, zones: &Zoning) -> Self {
        let all: Vec<u32> = track
            .visits()
            .iter()
            .map(|visit| zones.of(visit.cell).0)
            .collect();
        let mut known = all.clone();
        known.sort_unstable();
        known.dedup();
        let place = |zone: u32| known.partition_point(|&other| other < zone) as u32;
        Self {
            of_visit: all.into_iter().map(place).collect(),
            listed: vec![0; known.len()],
            list: Vec::new(),
            sums_ms: Vec::new(),
            known,
        }
    }

    /// The distinct zones, ascending.
    pub(super) fn known(&self) -> &[u32] {
        &self.known
    }

    /// The place of an event's zone among the [`known`](Self::known).
    #[inline]
    pub(super) fn place(&self, track: &Track<'_>, event: usize) -> usize {
        self.of_visit[track.seen_at()[event] as usize] as usize
    }

    /// The zone of an event.
    #[inline]
    pub(super) fn at(&self, track: &Track<'_>, event: usize) -> u32 {
        self.known[self.place(track, event)]
    }

    /// Of some events that last so many milliseconds, the zone of those that last longest together, the
    /// first one seen on a tie, and how long.
    pub(super) fn longest(
        &mut self,
        track: &Track<'_>,
        events: Range<usize>,
        lasts_ms: &[i64],
    ) -> Option<(u32, i64)> {
        self.sums_ms.resize(self.known.len(), 0);
        for (event, lasts_ms) in events.clone().zip(lasts_ms) {
            let place = self.place(track, event);
            self.sums_ms[place] += lasts_ms;
        }
        self.within(track, events);
        let mut longest: Option<(u32, i64)> = None;
        for seen in &self.list {
            let place = self.known.partition_point(|&other| other < seen.zone);
            let sum_ms = std::mem::take(&mut self.sums_ms[place]);
            if longest.is_none_or(|(_, most_ms)| sum_ms > most_ms) {
                longest = Some((seen.zone, sum_ms));
            }
        }
        longest
    }

    /// The distinct zones of some events, in the order in which they were first seen.
    pub(super) fn within(&mut self, track: &Track<'_>, events: Range<usize>) -> &[SeenZone] {
        self.list.clear();
        for event in events {
            let place = self.place(track, event);
            match self.listed[place] {
                0 => {
                    self.list.push(SeenZone {
                        zone: self.known[place],
                        first: event,
                        last: event,
                    });
                    self.listed[place] = self.list.len() as u32;
                }
                listed => self.list[listed as usize - 1].last = event,
            }
        }
        for seen in &self.list {
            self.listed[self.known.partition_point(|&other| other < seen.zone)] = 0;
        }
        &self.list
    }
}

/// The events of each local day that has some: the day and their places.
pub(super) fn days<'t>(track: &'t Track<'_>) -> impl Iterator<Item = (u16, Range<usize>)> + 't {
    let mut from = 0;
    let of_days = track.locals().chunk_by(|a, b| a.day == b.day);
    of_days.map(move |of_day| {
        let events = from..from + of_day.len();
        from = events.end;
        (of_day[0].day, events)
    })
}
