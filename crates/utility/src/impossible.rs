use erewhon_events::{Event, EventKind, History};
use erewhon_geo::Frame;
use erewhon_types::CellIx;

use crate::{Count, Impossible, Scene};

/// A jump over less is no proof: phones change between cells that overlap.
const FARTHER_M: f64 = 5_000.0;

/// Faster than the fastest trains of most countries.
const OVER_KMH: f64 = 300.0;

/// What can't be, or hardly: how often it was found and among how many.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Findings([Count; KINDS.len()]);

struct Kind {
    id: &'static str,
    title: &'static str,
    definition: &'static str,
}

const TOO_FAST: usize = 0;
const OVERLAPPING: usize = 1;
const TWO_AT_ONCE: usize = 2;
const OUTSIDE: usize = 3;
const UNKNOWN: usize = 4;

const KINDS: [Kind; 5] = [
    Kind {
        id: "too_fast",
        title: "Faster than 300 km/h",
        definition: "Pairs of consecutive events of one subscriber at cells more than 5 km apart, \
                     the later at an average speed above 300 km/h, start to start, or at the same \
                     moment; among all pairs of consecutive events.",
    },
    Kind {
        id: "overlapping",
        title: "Begun elsewhere before the last ended",
        definition: "Events that begin before an earlier event of the same subscriber has ended, at \
                     a cell in another position; among all events. Handovers are left out. Moving \
                     phones with long data sessions do this in real records too.",
    },
    Kind {
        id: "two_at_once",
        title: "Two cells in one second",
        definition: "Pairs of consecutive events of one subscriber in the same second of UTC at cells \
                     in different positions; among all pairs of consecutive events.",
    },
    Kind {
        id: "outside_window",
        title: "Outside the window",
        definition: "Events before the first or after the last day of the window; among all events. \
                     No measure counts them.",
    },
    Kind {
        id: "unknown_cell",
        title: "At a cell that is not there",
        definition: "Events at a cell that the cell table does not have, or does not have at that \
                     time; among all events. No measure counts the former.",
    },
];

impl Findings {
    pub(crate) fn merge(&mut self, other: &Self) {
        for (to, from) in self.0.iter_mut().zip(other.0) {
            to.found += from.found;
            to.of += from.of;
        }
    }

    /// Adds one subscriber, with all of their events, those outside the window as well.
    pub(crate) fn add(&mut self, scene: &Scene<'_>, history: History<'_>) {
        let public = scene.public;
        let (cells, calendar) = (public.cells, public.calendar);
        let window = calendar.start_utc_ms()..calendar.end_utc_ms();
        let mut found = [0; KINDS.len()];
        let (mut events, mut pairs) = (0, 0);
        let mut before: Option<&Event> = None;
        let (mut ends_ms, mut last) = (i64::MIN, CellIx(0));
        for event in history.events {
            let known = event.cell.index() < cells.len();
            found[UNKNOWN] += u64::from(!known || !cells.serves(event.cell, event.time_utc_ms));
            if !window.contains(&event.time_utc_ms) {
                found[OUTSIDE] += 1;
                continue;
            }
            if !known {
                continue;
            }
            events += 1;
            let apart =
                |cell: CellIx| cell != event.cell && cells.distance_m(cell, event.cell) > 0.0;
            if event.time_utc_ms < ends_ms && event.kind != EventKind::Handover && apart(last) {
                found[OVERLAPPING] += 1;
            }
            let end_ms = event.time_utc_ms + i64::from(event.duration_s) * 1000;
            if end_ms >= ends_ms {
                (ends_ms, last) = (end_ms, event.cell);
            }
            if let Some(before) = before.replace(event) {
                pairs += 1;
                let second = |event: &Event| event.time_utc_ms.div_euclid(1000);
                found[TWO_AT_ONCE] +=
                    u64::from(second(before) == second(event) && apart(before.cell));
                found[TOO_FAST] += u64::from(is_too_fast(scene, before, event));
            }
        }
        let all = history.events.len() as u64;
        let of = [
            // Steps on a lattice have no speed.
            if cells.frame() == Frame::Schematic {
                0
            } else {
                pairs
            },
            events,
            pairs,
            all,
            all,
        ];
        for ((to, found), of) in self.0.iter_mut().zip(found).zip(of) {
            to.of += of;
            to.found += if of > 0 { found } else { 0 };
        }
    }

    /// In words, real beside synthetic.
    pub(crate) fn list(real: &Self, synthetic: &Self) -> Vec<Impossible> {
        let each = KINDS.iter().zip(real.0).zip(synthetic.0);
        each.map(|((kind, real), synthetic)| Impossible {
            id: kind.id.to_owned(),
            title: kind.title.to_owned(),
            definition: kind.definition.to_owned(),
            real,
            synthetic,
        })
        .collect()
    }
}

fn is_too_fast(scene: &Scene<'_>, a: &Event, b: &Event) -> bool {
    if a.cell == b.cell {
        return false;
    }
    let metres = scene.public.cells.distance_m(a.cell, b.cell);
    let hours = (b.time_utc_ms - a.time_utc_ms) as f64 / 3_600_000.0;
    metres > FARTHER_M && metres / 1000.0 > OVER_KMH * hours
}

#[cfg(test)]
mod tests {
    use erewhon_events::EventTable;
    use erewhon_types::Subscriber;

    use super::*;
    use crate::cases::Town;

    /// Seconds after the start of the window, cell (1 km apart in a row of 9), duration in s.
    fn found(rows: &[(i64, u32, u32)], kind: EventKind) -> [(u64, u64); 5] {
        let town = Town::new(9);
        let row = |&(s, cell, duration_s): &(i64, u32, u32)| {
            let at_ms = town.calendar.start_utc_ms() + s * 1000;
            let mut event = Event::at(at_ms, CellIx(cell), kind);
            event.duration_s = duration_s;
            (Subscriber::new(1), event)
        };
        let table = EventTable::from_rows(rows.iter().map(row).collect());
        let scene = Scene::new(town.public());
        let mut findings = Findings::default();
        table
            .histories()
            .for_each(|history| findings.add(&scene, history));
        findings.0.map(|count| (count.found, count.of))
    }

    #[test]
    fn each_is_found_and_its_neighbour_is_not() {
        let data = EventKind::Data;
        // 6 km in 72 s are 300 km/h exactly; in 71 s they are more. 5 km are never too far.
        assert_eq!(found(&[(0, 0, 0), (72, 6, 0)], data)[TOO_FAST], (0, 1));
        assert_eq!(found(&[(0, 0, 0), (71, 6, 0)], data)[TOO_FAST], (1, 1));
        assert_eq!(found(&[(0, 0, 0), (1, 5, 0)], data)[TOO_FAST], (0, 1));
        // Ends at 60 s: what begins then is no overlap, nor what begins before it at the same cell.
        let ended = [(0, 0, 60), (60, 1, 0), (61, 1, 0)];
        assert_eq!(found(&ended, data)[OVERLAPPING], (0, 3));
        assert_eq!(found(&[(0, 0, 60), (59, 0, 0)], data)[OVERLAPPING], (0, 2));
        // A short one in between does not end the long one.
        let during = [(0, 0, 60), (10, 0, 1), (59, 1, 0)];
        assert_eq!(found(&during, data)[OVERLAPPING], (1, 3));
        assert_eq!(found(&during, EventKind::Handover)[OVERLAPPING], (0, 3));
        assert_eq!(found(&[(5, 0, 0), (5, 1, 0)], data)[TWO_AT_ONCE], (1, 1));
        assert_eq!(found(&[(5, 0, 0), (5, 0, 9)], data)[TWO_AT_ONCE], (0, 1));
        assert_eq!(found(&[(5, 0, 0), (6, 1, 0)], data)[TWO_AT_ONCE], (0, 1));
        let days = 86_400;
        let beyond = [
            (-1, 0, 0),
            (0, 0, 0),
            (10 * days - 1, 0, 0),
            (10 * days, 0, 0),
        ];
        assert_eq!(found(&beyond, data)[OUTSIDE], (2, 4));
        assert_eq!(found(&beyond, data)[OVERLAPPING], (0, 2));
        assert_eq!(found(&[(0, 80, 0), (9, 81, 0)], data)[UNKNOWN], (1, 2));
    }
}
