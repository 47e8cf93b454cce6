use std::ops::Range;

use erewhon_geo::Frame;

use super::{
    indicators::{Week, at},
    is_record,
    night::{self, Part, is_night},
};
use crate::{
    Track, Visits,
    features::{
        numbers::{entropy_nats, make_up_most},
        traffic::Slot,
    },
    movement::gyration_m,
};

/// The sphere of bandicoot against that of [`great_circle_m`](erewhon_geo::great_circle_m).
const THEIR_EARTH: f64 = 6_371.0 / 6_371.008_8;

/// Where a subscriber was in each half hour with records. Cells are told by their places among the
/// [`visits`](Track::visits).
pub(super) struct Positions {
    /// For each half hour the place of its first event, its cell and its records; ascending.
    bins: Vec<Bin>,
    home: Option<u32>,
    /// Half hours of the week that was read.
    week: Range<usize>,
    /// For each cell the half hours of the week there, and of the week with records before it.
    counts: Vec<u32>,
    before: Vec<u32>,
    /// The cells above zero in each.
    cells: Vec<u32>,
    cells_before: Vec<u32>,
    /// For reuse.
    parts: Vec<u64>,
    visits: Vec<Visits>,
}

#[derive(Clone, Copy)]
struct Bin {
    first: u32,
    cell: u32,
    records: u32,
}

impl Positions {
    pub(super) fn of(track: &Track<'_>) -> Self {
        let visits = track.visits().len();
        let mut counts = vec![0_u32; visits];
        let mut at_night = vec![0_u32; visits];
        let mut bins = Vec::with_capacity(track.events().len());
        let mut nights = Vec::with_capacity(visits);
        let (seen_at, locals) = (track.seen_at(), track.locals());
        let mut first = 0;
        let slots = locals.chunk_by(|&a, &b| Slot::HALF_HOUR.of(a) == Slot::HALF_HOUR.of(b));
        let mut cells = Vec::new();
        let mut count_night = |cell: u32| {
            if at_night[cell as usize] == 0 {
                nights.push(cell);
            }
            at_night[cell as usize] += 1;
        };
        for slot in slots {
            let events = first..first + slot.len();
            first = events.end;
            if let &[local] = slot {
                // As most are: one event.
                let (event, cell) = (&track.events()[events.start], seen_at[events.start]);
                if is_record(event) {
                    bins.push(Bin {
                        first: events.start as u32,
                        cell,
                        records: 1,
                    });
                    if is_night(local, event) {
                        count_night(cell);
                    }
                }
                continue;
            }
            let all = &track.events()[events.clone()];
            let seen_at = &seen_at[events.clone()];
            let records = all
                .iter()
                .zip(seen_at)
                .filter(|(event, _)| is_record(event));
            cells.clear();
            cells.extend(records.map(|(_, &cell)| cell));
            let Some(cell) = most_frequent(&cells, &mut counts) else {
                continue;
            };
            bins.push(Bin {
                first: events.start as u32,
                cell,
                records: cells.len() as u32,
            });
            // But for the one that begins at its end, a half hour is at night as a whole or not at all.
            let at_home = match night::part(slot[0]) {
                Part::Day => None,
                Part::Night => Some(cell),
                Part::Ends => {
                    let seen = all.iter().zip(slot).zip(seen_at);
                    let seen = seen
                        .filter(|((event, local), _)| is_record(event) && is_night(**local, event));
                    cells.clear();
                    cells.extend(seen.map(|(_, &cell)| cell));
                    most_frequent(&cells, &mut counts)
                }
            };
            if let Some(cell) = at_home {
                count_night(cell);
            }
        }
        let home = nights.into_iter().rev();
        Self {
            home: home.max_by_key(|&cell| at_night[cell as usize]),
            bins,
            week: 0..0,
            before: vec![0; visits],
            counts,
            cells: Vec::new(),
            cells_before: Vec::new(),
            parts: Vec::new(),
            visits: Vec::new(),
        }
    }

    pub(super) const fn home(&self) -> Option<u32> {
        self.home
    }

    /// Records of the week that was read.
    pub(super) fn records(&self) -> u32 {
        self.bins[self.week.clone()]
            .iter()
            .map(|bin| bin.records)
            .sum()
    }

    /// Takes in the next week, by the places of its events; how many half hours have a record.
    pub(super) fn read(&mut self, week: Range<usize>) -> u32 {
        let from = self.week.end;
        let bins = self.bins[from..].iter();
        let bins = bins
            .take_while(|bin| (bin.first as usize) < week.end)
            .count();
        self.week = from..from + bins;
        if bins == 0 {
            return 0;
        }
        // What was this week is the week before it.
        for &cell in &self.cells_before {
            self.before[cell as usize] = 0;
        }
        std::mem::swap(&mut self.counts, &mut self.before);
        std::mem::swap(&mut self.cells, &mut self.cells_before);
        self.cells.clear();
        for bin in &self.bins[self.week.clone()] {
            let count = &mut self.counts[bin.cell as usize];
            if *count == 0 {
                self.cells.push(bin.cell);
            }
            *count += 1;
        }
        bins as u32
    }

    pub(super) fn say(&mut self, track: &Track<'_>, week: &mut Week) {
        if self.week.is_empty() {
            return;
        }
        week[at::GYRATION] = self.gyration_km(track).unwrap_or(f64::NAN);
        let cells = self.cells.iter();
        self.parts.clear();
        self.parts
            .extend(cells.map(|&cell| u64::from(self.counts[cell as usize])));
        week[at::FREQUENT_ANTENNAS] = f64::from(make_up_most(&mut self.parts));
        let all = self.week.len() as f64;
        week[at::ANTENNAS] = self.cells.len() as f64;
        week[at::ENTROPY_OF_ANTENNAS] = entropy_nats(self.parts.iter().copied(), all);
        if let Some(home) = self.home {
            week[at::AT_HOME] = f64::from(self.counts[home as usize]) / all;
        }
        if !self.cells_before.is_empty() {
            let (now, before) = (
                square(&self.cells, &self.counts),
                square(&self.cells_before, &self.before),
            );
            let both = self.cells.iter().map(|&cell| {
                f64::from(self.counts[cell as usize]) * f64::from(self.before[cell as usize])
            });
            week[at::CHURN] = 1.0 - both.sum::<f64>() / (now.sqrt() * before.sqrt());
        }
    }

    /// `None` where cells have no positions.
    fn gyration_km(&mut self, track: &Track<'_>) -> Option<f64> {
        let table = track.public().cells;
        let earth = match table.frame() {
            Frame::Geographic => THEIR_EARTH,
            Frame::Planar => 1.0,
            Frame::Schematic => return None,
        };
        self.visits.clear();
        self.visits.extend(self.cells.iter().map(|&cell| Visits {
            events: self.counts[cell as usize],
            ..track.visits()[cell as usize]
        }));
        gyration_m(table, &self.visits).map(|metres| metres * earth / 1000.0)
    }
}

fn square(cells: &[u32], counts: &[u32]) -> f64 {
    let squares = cells
        .iter()
        .map(|&cell| f64::from(counts[cell as usize]).powi(2));
    squares.sum()
}

/// The most frequent cell, the first on a tie. `counts` are all 0, before and after.
fn most_frequent(cells: &[u32], counts: &mut [u32]) -> Option<u32> {
    let (&first, rest) = cells.split_first()?;
    if rest.iter().all(|&cell| cell == first) {
        return Some(first);
    }
    for &cell in cells {
        counts[cell as usize] += 1;
    }
    let mut most = (0, first);
    for &cell in cells {
        if counts[cell as usize] > most.0 {
            most = (counts[cell as usize], cell);
        }
    }
    for &cell in cells {
        counts[cell as usize] = 0;
    }
    Some(most.1)
}
