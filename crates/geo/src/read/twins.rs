use std::{collections::HashMap, ops::Range};

use jiff::Timestamp;

use super::{Rule, Sighting};
use crate::{Cell, cell_id};

/// Brings the rows of each cell to one a period: rows at one position whose periods overlap are
/// merged, all rows of a cell that would be at two places at once are set aside.
///
/// Cells keep the order of their first rows.
pub(super) fn resolve(rows: Vec<Sighting>) -> (Vec<Cell>, Vec<(Rule, Sighting)>) {
    let mut group_of: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Vec<Sighting>> = Vec::new();
    for row in rows {
        let key = cell_id::key(&row.cell.id).into_owned();
        let group = *group_of.entry(key).or_insert(groups.len());
        match groups.get_mut(group) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    let (mut cells, mut torn) = (Vec::with_capacity(groups.len()), Vec::new());
    for group in groups {
        match stays(&group) {
            Ok(stays) => cells.extend(stays.into_iter().map(Stay::cell)),
            Err(rule) => torn.extend(group.into_iter().map(|row| (rule, row))),
        }
    }
    (cells, torn)
}

/// A cell at one position for one period, and the rows that say so.
struct Stay<'a> {
    first: &'a Cell,
    others: Vec<&'a Cell>,
    to_utc: Option<Timestamp>,
}

impl<'a> Stay<'a> {
    const fn of(first: &'a Cell) -> Self {
        Self {
            first,
            others: Vec::new(),
            to_utc: first.valid_to_utc,
        }
    }

    fn period_utc_ms(&self) -> Range<i64> {
        self.first.period_utc_ms().start..self.to_utc.map_or(i64::MAX, Timestamp::as_millisecond)
    }

    /// An open end gives way to a stated one: it says only that no end was known yet.
    fn join(&mut self, next: &'a Cell) {
        self.to_utc = match (self.to_utc, next.valid_to_utc) {
            (Some(one), Some(two)) => Some(one.max(two)),
            (one, two) => one.or(two),
        };
        self.others.push(next);
    }

    /// Its cell; what its rows contradict each other in is unknown.
    fn cell(self) -> Cell {
        fn agreed<T: Clone + PartialEq>(
            first: &mut Option<T>,
            others: impl Iterator<Item = Option<T>>,
        ) {
            let told: Vec<T> = first.take().into_iter().chain(others.flatten()).collect();
            *first = told
                .first()
                .filter(|one| told.iter().all(|other| other == *one))
                .cloned();
        }
        let mut cell = self.first.clone();
        let others = || self.others.iter().copied();
        agreed(&mut cell.site, others().map(|c| c.site.clone()));
        agreed(&mut cell.radio, others().map(|c| c.radio));
        agreed(&mut cell.azimuth_deg, others().map(|c| c.azimuth_deg));
        agreed(&mut cell.range_m, others().map(|c| c.range_m));
        agreed(&mut cell.tilt_deg, others().map(|c| c.tilt_deg));
        agreed(&mut cell.power_w, others().map(|c| c.power_w));
        cell.valid_to_utc = self.to_utc;
        cell
    }
}

/// The stays of one cell, ascending in time.
fn stays(group: &[Sighting]) -> Result<Vec<Stay<'_>>, Rule> {
    let mut rows: Vec<&Cell> = group.iter().map(|row| &row.cell).collect();
    rows.sort_by_key(|cell| cell.period_utc_ms().start);
    let mut stays: Vec<Stay<'_>> = Vec::with_capacity(1);
    for next in rows {
        let Some(last) = stays.last_mut() else {
            stays.push(Stay::of(next));
            continue;
        };
        let (one, two) = (last.period_utc_ms(), next.period_utc_ms());
        let here = (last.first.x, last.first.y) == (next.x, next.y);
        if here && (two.start < one.end || (two.start == one.end && alike(last.first, next))) {
            last.join(next);
        } else if two.start >= one.end {
            stays.push(Stay::of(next));
        } else if one == two && one == (i64::MIN..i64::MAX) {
            return Err(Rule::TwoPositions);
        } else {
            return Err(Rule::PeriodsOverlap);
        }
    }
    Ok(stays)
}

/// Whether two rows tell the same but for their periods.
fn alike(one: &Cell, two: &Cell) -> bool {
    let two = Cell {
        id: one.id.clone(),
        valid_from_utc: one.valid_from_utc,
        valid_to_utc: one.valid_to_utc,
        ..two.clone()
    };
    *one == two
}
