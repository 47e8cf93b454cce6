use erewhon_geo::Partition;
use erewhon_types::{CellIx, Subscriber};

use crate::{People, levels::Level, people::Seen, points::Point};

/// How finely an observer knows hours and places.
pub(crate) struct Grain<'a> {
    /// Empty for hours and cells.
    pub(crate) name: String,
    pub(crate) bin_h: u16,
    pub(crate) places: &'a Partition,
}

impl<'a> Grain<'a> {
    /// Every length of time with every level of place, the finest first.
    pub(crate) fn all(hours: &[u16], levels: &'a [Level]) -> Vec<Self> {
        let each = hours.iter().flat_map(|&bin_h| {
            levels.iter().enumerate().map(move |(depth, level)| {
                let time = if bin_h == 1 {
                    String::new()
                } else {
                    format!("{bin_h} h")
                };
                let place = if depth == 0 { "" } else { &level.name };
                let comma = if time.is_empty() || place.is_empty() {
                    ""
                } else {
                    ", "
                };
                Self {
                    name: format!("{time}{comma}{place}"),
                    bin_h,
                    places: &level.partition,
                }
            })
        });
        each.collect()
    }

    /// The point of a cell at an hour of the window.
    pub(crate) fn point(&self, hour: u32, cell: CellIx) -> Point {
        Point::at(hour, self.bin_h, CellIx(self.places.zone_of(cell).0))
    }

    /// The zones of some cells, each once, ascending; written as points have them.
    pub(crate) fn zones(&self, cells: &[CellIx]) -> Vec<CellIx> {
        let zone = |&cell: &CellIx| CellIx(self.places.zone_of(cell).0);
        let mut zones: Vec<CellIx> = cells.iter().map(zone).collect();
        zones.sort_unstable();
        zones.dedup();
        zones
    }

    /// The time bins of some hours of the window, each once.
    pub(crate) fn bins(&self, hours: std::ops::RangeInclusive<u32>) -> impl Iterator<Item = u32> {
        Point::bin_of(*hours.start(), self.bin_h)..=Point::bin_of(*hours.end(), self.bin_h)
    }

    /// The points of a row, distinct and ascending, written over `trace`.
    pub(crate) fn trace(&self, seen: &[Seen], trace: &mut Vec<Point>) {
        trace.clear();
        trace.extend(seen.iter().map(|seen| self.point(seen.hour, seen.cell)));
        trace.sort_unstable();
        trace.dedup();
    }
}

/// A group through the eyes of an observer: who has how many points.
pub(crate) struct Sight<'a> {
    people: &'a People,
    grain: &'a Grain<'a>,
    points: Vec<u32>,
}

impl<'a> Sight<'a> {
    pub(crate) fn of(people: &'a People, grain: &'a Grain<'a>) -> Self {
        let mut trace = Vec::new();
        let points = (0..people.len()).map(|row| {
            grain.trace(people.of(row), &mut trace);
            trace.len() as u32
        });
        Self {
            points: points.collect(),
            people,
            grain,
        }
    }

    /// The rows with so many points or more.
    pub(crate) fn able(&self, points: usize) -> Vec<usize> {
        let able = |&row: &usize| self.points[row] as usize >= points;
        (0..self.points.len()).filter(able).collect()
    }

    /// The person of a row, and his points.
    pub(crate) fn person(&self, row: usize) -> (Subscriber, Vec<Point>) {
        let mut trace = Vec::new();
        self.grain.trace(self.people.of(row), &mut trace);
        (self.people.subscriber(row), trace)
    }
}
