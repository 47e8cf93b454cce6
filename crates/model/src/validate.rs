use std::ops::RangeInclusive;

use erewhon_geo::Nearness;
use erewhon_types::{Error, Result};

use crate::{
    CellShares, DAY_PARTS, DistanceTable, ElsewhereTable, MeasuredTable, Model, Moves, PAUSES,
    PLACES, Routine, SPREAD, VERSION,
};

/// Events a day, and variance over mean: the fit's own reach from 1/32 to 512. What is drawn for one
/// subscriber has to fit into memory.
const ACTIVITY_RANGE: RangeInclusive<f64> = 1e-3..=1e4;
/// Times between two events of a day, in seconds: a day has 25 hours at the most.
const GAP_RANGE_S: RangeInclusive<f64> = 0.0..=90_000.0;
/// Cells that may be near an anchor.
const MOST_NEAR: usize = 64;
/// Shares may miss one by this much: room for rounding, not for a lost entry.
const SUM_TOLERANCE: f64 = 1e-6;

impl Model {
    /// Checks shapes, finiteness and sums.
    ///
    /// # Errors
    /// Input, naming the first table that is wrong and the rule it breaks.
    pub fn validate(&self) -> Result<()> {
        if self.version != VERSION {
            return Err(wrong_version(&self.version));
        }
        let cells = self.cell_table()?.len();
        self.calendar()?;
        if self.subscribers == 0 {
            return Err(broken("subscribers", "must be at least 1"));
        }
        cell_shares("home", &self.home, cells)?;
        cell_shares("work", &self.work, cells)?;
        distances("commute", &self.commute, cells)?;
        if let Some(other) = &self.other {
            distances("other", other, cells)?;
        }
        self.validate_activity()?;
        self.validate_times(cells)?;
        if let Some(routine) = &self.routine {
            self.validate_routine(routine, cells)?;
        }
        shares("kinds", self.kinds.iter().map(|k| k.share))?;
        self.validate_measured(cells)
    }

    /// What was released and what the statement says was, entry for entry.
    fn validate_measured(&self, cells: usize) -> Result<()> {
        for table in &self.measured {
            let name = table.query.as_str();
            let entries = table.by.iter().map(|axis| axis.labels.len());
            let entries = entries.fold(1, usize::saturating_mul);
            length(name, table.units.len(), entries)?;
            if table.units_per_person == 0 {
                return Err(broken(name, "needs `units_per_person` of at least 1"));
            }
            if let Some(zones) = &table.zone_of_cell {
                length(name, zones.len(), cells)?;
                let parts = self
                    .measured
                    .iter()
                    .filter(|part| part.query == table.query);
                let labels = parts
                    .flat_map(|part| &part.by)
                    .map(|axis| axis.labels.len());
                let most = labels.max().unwrap_or(0);
                if zones.iter().any(|zone| *zone as usize >= most) {
                    return Err(broken(name, "names a zone that has no entry"));
                }
            }
            if let Some(fitted) = &table.fitted_people {
                length(name, fitted.len(), entries)?;
                if fitted.iter().any(|people| !people.is_finite()) {
                    return Err(broken(name, "holds a number of people that is none"));
                }
            }
        }
        let queries = self.statement().map_or(&[][..], |s| &s.queries);
        for query in queries {
            let parts = self
                .measured
                .iter()
                .filter(|table| table.query == query.name);
            let entries = parts.map(|table| table.units.len()).sum();
            length(&query.name, entries, query.entries as usize)?;
        }
        let asked = |table: &&MeasuredTable| queries.iter().any(|q| q.name == table.query);
        match self.measured.iter().find(|table| !asked(table)) {
            Some(table) => Err(broken(&table.query, "answers no query of the statement")),
            None => Ok(()),
        }
    }

    fn validate_activity(&self) -> Result<()> {
        let table = &self.activity;
        edges("activity", &table.mean_edges, 2)?;
        edges("activity", &table.dispersion_edges, 2)?;
        within("activity", &table.mean_edges, ACTIVITY_RANGE)?;
        within("activity", &table.dispersion_edges, ACTIVITY_RANGE)?;
        let bins = (table.mean_edges.len() - 1) * (table.dispersion_edges.len() - 1);
        length("activity", table.share.len(), bins)?;
        shares("activity", table.share.iter().copied())
    }

    fn validate_times(&self, cells: usize) -> Result<()> {
        shares("classes", self.classes.iter().map(|c| c.share))?;
        for class in &self.classes {
            length("classes", class.hour_share.len(), 24)?;
            shares("classes", class.hour_share.iter().copied())?;
        }
        let mut next_hour = 0_u8;
        for block in &self.presence {
            let end = next_hour.checked_add(block.length_h);
            let Some(end) = end.filter(|end| *end > next_hour && *end <= 24) else {
                return Err(broken("presence", "must cover the hours 0 to 23 in order"));
            };
            if block.first_hour != next_hour {
                return Err(broken("presence", "must cover the hours 0 to 23 in order"));
            }
            next_hour = end;
            if !(0.0..=1.0).contains(&block.active_share) {
                return Err(broken("presence", "needs an `active_share` from 0 to 1"));
            }
            cell_shares("presence", &block.cells, cells)?;
        }
        if next_hour == 24 || self.presence.is_empty() && self.routine.is_some() {
            Ok(())
        } else {
            Err(broken("presence", "must cover the hours 0 to 23 in order"))
        }
    }
}

impl Model {
    fn validate_routine(&self, routine: &Routine, cells: usize) -> Result<()> {
        let pairs = &routine.pairs;
        length("pairs", pairs.zone_of_cell.len(), cells)?;
        length("pairs", pairs.share.len(), pairs.zones().pow(2))?;
        shares("pairs", pairs.share.iter().copied())?;
        let zones = pairs.zones() as u32;
        if pairs.zone_of_cell.iter().any(|zone| *zone >= zones) {
            return Err(broken("pairs", "names a zone that has no row"));
        }
        elsewhere(&routine.elsewhere)?;
        for (table, habits) in [
            ("with_work", &routine.with_work),
            ("without_work", &routine.without_work),
        ] {
            for habit in habits {
                length(table, habit.share.len(), Nearness::OPEN)?;
                moves(table, &habit.moves)?;
            }
            for open in 0..Nearness::OPEN {
                shares(table, habits.iter().map(|habit| habit.share[open]))?;
            }
        }
        let gaps = &routine.gaps;
        edges("gaps", &gaps.upper_edges_s, 1)?;
        within("gaps", &gaps.upper_edges_s, GAP_RANGE_S)?;
        length("gaps", gaps.share.len(), gaps.upper_edges_s.len())?;
        shares("gaps", gaps.share.iter().copied())?;
        if routine.near_share.len() > MOST_NEAR {
            let rule = format!("has more than {MOST_NEAR} entries");
            return Err(broken("near", &rule));
        }
        shares("near", routine.near_share.iter().copied())
    }
}

fn elsewhere(table: &ElsewhereTable) -> Result<()> {
    let name = "elsewhere";
    let ranks: Vec<f64> = table.upper_ranks.iter().copied().map(f64::from).collect();
    edges(name, &ranks, 1)?;
    length(name, table.usual.len(), ranks.len())?;
    shares(name, table.usual.iter().copied())?;
    length(name, table.spread.len(), 2 * SPREAD + 1)?;
    shares(name, table.spread.iter().copied())?;
    length(name, table.jumps.len(), 2)?;
    for pauses in &table.jumps {
        length(name, pauses.len(), PAUSES)?;
        for row in pauses {
            length(name, row.len(), ranks.len())?;
            shares(name, row.iter().copied())?;
        }
    }
    Ok(())
}

fn moves(table: &str, moves: &Moves) -> Result<()> {
    let (parts, places) = (DAY_PARTS.len(), PLACES.len());
    length(table, moves.first.len(), parts)?;
    length(table, moves.next.len(), parts)?;
    for (first, next) in moves.first.iter().zip(&moves.next) {
        length(table, first.len(), places)?;
        shares(table, first.iter().copied())?;
        length(table, next.len(), PAUSES)?;
        for rows in next {
            length(table, rows.len(), places)?;
            for row in rows {
                length(table, row.len(), places + 1)?;
                shares(table, row.iter().copied())?;
            }
        }
    }
    Ok(())
}

pub(crate) fn wrong_version(version: &str) -> Error {
    let number =
        |version: &str| -> Option<u32> { version.strip_prefix("erewhon.model.v")?.parse().ok() };
    let (what, hint) = match (number(version), number(VERSION)) {
        (Some(theirs), Some(ours)) if theirs > ours => (
            "was written by a newer program: its version",
            "read it with that program, or install it here",
        ),
        (Some(_), Some(_)) => (
            "was written by an older program: its version",
            "read it with that program; to fit it anew costs its epsilon once more",
        ),
        _ => (
            "is of no version that was ever written: its version",
            "give the `model.json` that `erewhon fit` wrote",
        ),
    };
    Error::input(format!(
        "the model {what} is `{version}`, and this program reads `{VERSION}`"
    ))
    .with_hint(hint)
}

fn broken(table: &str, rule: &str) -> Error {
    Error::input(format!("the model's table `{table}` {rule}"))
        .with_hint("the file was changed or cut short after it was written; fit the model again")
}

fn length(table: &str, got: usize, want: usize) -> Result<()> {
    if got == want {
        Ok(())
    } else {
        Err(broken(
            table,
            &format!("has {got} entries where {want} belong"),
        ))
    }
}

fn shares(table: &str, values: impl Iterator<Item = f64>) -> Result<()> {
    let mut sum = 0.0;
    for value in values {
        if !value.is_finite() || value < 0.0 {
            return Err(broken(table, "holds a share that is no number from 0 to 1"));
        }
        sum += value;
    }
    if (sum - 1.0).abs() <= SUM_TOLERANCE {
        Ok(())
    } else {
        Err(broken(table, &format!("adds up to {sum} instead of 1")))
    }
}

fn cell_shares(table: &str, value: &CellShares, cells: usize) -> Result<()> {
    length(table, value.share.len(), cells)?;
    length(table, value.zone_of_cell.len(), cells)?;
    if value.zone_of_cell.iter().any(|&z| z as usize >= cells)
        || value.resolved_zones as usize > cells
    {
        return Err(broken(table, "has more zones than there are cells"));
    }
    shares(table, value.share.iter().copied())
}

fn distances(table: &str, value: &DistanceTable, cells: usize) -> Result<()> {
    length(table, value.zone_of_cell.len(), cells)?;
    edges(table, &value.upper_edges_m, 1)?;
    if value
        .zone_of_cell
        .iter()
        .any(|&zone| zone as usize >= value.rows.len())
    {
        return Err(broken(table, "names a zone that has no row"));
    }
    for row in &value.rows {
        length(table, row.bin_share.len(), value.upper_edges_m.len())?;
        let ends = [row.same_place_share, row.none_share];
        shares(table, row.bin_share.iter().copied().chain(ends))?;
    }
    Ok(())
}

fn edges(table: &str, edges: &[f64], at_least: usize) -> Result<()> {
    let ascending = edges.windows(2).all(|pair| pair[0] < pair[1]);
    let positive = edges.iter().all(|e| e.is_finite() && *e > 0.0);
    if edges.len() >= at_least && ascending && positive {
        Ok(())
    } else {
        Err(broken(
            table,
            "needs bin edges that are positive and ascending",
        ))
    }
}

fn within(table: &str, edges: &[f64], range: RangeInclusive<f64>) -> Result<()> {
    match edges.iter().find(|edge| !range.contains(edge)) {
        None => Ok(()),
        Some(edge) => {
            let (least, most) = range.into_inner();
            let rule = format!("has a bin edge of {edge:?}, which is not from {least} to {most}");
            Err(broken(table, &rule))
        }
    }
}
