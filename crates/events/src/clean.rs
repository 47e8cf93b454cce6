//! Rules of one subscriber's history. Start at [`Cleaner::clean`].

use erewhon_geo::{CellTable, Frame};
use erewhon_types::{Calendar, Error, Kind, Result};

use crate::{
    Event, Tally,
    quality::{QualityReport, RuleState},
    settle,
};

mod deviation;
mod near;
mod ping_pong;
mod rule;
mod rules;
mod run;
mod speed;
mod whole;

pub use rule::HistoryRule;
pub use rules::{
    ImpossibleSpeed, Limits, Machine, NearDuplicate, PingPong, Rules, SpatialDeviation,
    TooManyEvents,
};

/// Cleans one history after another, on any number of threads.
pub struct Cleaner<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) cells: &'a CellTable,
    pub(crate) calendar: &'a Calendar,
}

impl<'a> Cleaner<'a> {
    /// A cleaner over public tables.
    ///
    /// # Errors
    /// Input, when a parameter is outside its range.
    pub fn new(rules: &'a Rules, cells: &'a CellTable, calendar: &'a Calendar) -> Result<Self> {
        rules.check()?;
        Ok(Self {
            rules,
            cells,
            calendar,
        })
    }

    /// Applies the rules to one subscriber's events, in [their order](Event::order) and each there
    /// once, and counts what it finds and what stays; so are the events that stay.
    ///
    /// # Privacy
    /// What becomes of the events depends on them and on public tables alone, never on the tally
    /// or on another subscriber. The tally is exact and internal.
    pub fn clean(&self, events: &mut Vec<Event>, tally: &mut Tally) {
        if events.is_empty() {
            return;
        }
        let (plane_m, rules) = (self.cells.plane_m(), self.rules);
        if let Some(applied) = self.looks_for(HistoryRule::NearDuplicate) {
            let rows = near::doubles(&rules.near_duplicate, events);
            self.count(
                HistoryRule::NearDuplicate,
                events,
                rows.iter().copied(),
                tally,
            );
            if applied {
                remove(events, &rows);
            }
        }
        for rule in [HistoryRule::TooManyEvents, HistoryRule::Machine] {
            if let Some(applied) = self.looks_for(rule)
                && match rule {
                    HistoryRule::Machine => whole::is_machine(&rules.machine, events),
                    _ => whole::too_many(&rules.too_many_events, events),
                }
            {
                self.count(rule, events, 0..events.len(), tally);
                if applied {
                    events.clear();
                }
            }
        }
        if let Some(applied) = self.looks_for(HistoryRule::ImpossibleSpeed) {
            let strays = speed::strays(&rules.impossible_speed, plane_m, events);
            self.count(
                HistoryRule::ImpossibleSpeed,
                events,
                strays.rows.iter().copied(),
                tally,
            );
            tally.strayed(&strays.rows, strays.unresolved, events);
            if applied {
                remove(events, &strays.rows);
            }
        }
        for rule in [HistoryRule::PingPong, HistoryRule::SpatialDeviation] {
            let Some(applied) = self.looks_for(rule) else {
                continue;
            };
            // Of all rounds together, so that a subscriber counts once.
            let mut days = Vec::new();
            loop {
                let moved = match rule {
                    HistoryRule::PingPong => ping_pong::swings(&rules.ping_pong, plane_m, events),
                    _ => deviation::deviations(&rules.spatial_deviation, plane_m, events),
                };
                days.extend(self.days(events, moved.iter().map(|(row, _)| *row)));
                if !applied || moved.is_empty() {
                    break;
                }
                for &(row, cell) in &moved {
                    events[row].cell = cell;
                }
                let doubled = settle(events);
                tally.doubled += doubled;
                // Fewer rows may have another middle; each round leaves fewer still.
                if doubled == 0 {
                    break;
                }
            }
            tally.found(rule, days.into_iter());
        }
        tally.keep(self.calendar, events);
    }

    /// An empty tally that fits this cleaner's tables.
    pub fn tally(&self) -> Tally {
        Tally::new(self.cells.len(), self.calendar.days())
    }

    /// Refuses a load of which rules of one history dropped more than a share of the rows.
    ///
    /// # Errors
    /// Data, naming the rule that dropped most.
    pub fn judge(&self, tally: &Tally, rows_read: u64, max_share: f64) -> Result<()> {
        let drops = HistoryRule::ALL
            .into_iter()
            .filter(|rule| rule.drops() && self.state(*rule) == RuleState::Applied);
        let drops: Vec<(u64, HistoryRule)> = drops.map(|rule| (tally.rows(rule), rule)).collect();
        let dropped: u64 = drops.iter().map(|(rows, _)| rows).sum();
        match drops.iter().max() {
            Some((_, worst)) if dropped as f64 > max_share * rows_read as f64 => Err(Error::new(
                Kind::Data,
                format!(
                    "the rules of one history dropped a larger share of the rows than the allowed \
                     {max_share}, most of them for `{}`",
                    worst.name()
                ),
            )
            .with_hint("look at the cell list and at the rule's parameters, or switch it off")),
            _ => Ok(()),
        }
    }

    /// Writes what was counted into a report whose inputs and rules of one row are there already,
    /// and adds the warnings.
    ///
    /// Only here are subscribers seen together, and nothing of it goes back into the rows.
    pub fn describe(&self, tally: &Tally, quality: &mut QualityReport) {
        tally.describe(self, quality);
        quality.warnings = quality.warn(&self.rules.warnings, self.calendar);
        quality.settings = self.rules.clone();
    }

    /// What becomes of a rule under these rules and tables.
    pub(crate) fn state(&self, rule: HistoryRule) -> RuleState {
        match rule.switches(self.rules) {
            (false, _) => RuleState::Off,
            _ if rule.needs_positions() && self.cells.frame() == Frame::Schematic => {
                RuleState::NoPositions
            }
            (true, false) => RuleState::Counted,
            (true, true) => RuleState::Applied,
        }
    }

    /// Whether a rule is looked for, and then whether it changes rows.
    fn looks_for(&self, rule: HistoryRule) -> Option<bool> {
        match self.state(rule) {
            RuleState::Off | RuleState::NoPositions => None,
            RuleState::Counted => Some(false),
            RuleState::Applied => Some(true),
        }
    }

    fn count(
        &self,
        rule: HistoryRule,
        events: &[Event],
        rows: impl Iterator<Item = usize>,
        tally: &mut Tally,
    ) {
        tally.found(rule, self.days(events, rows));
    }

    /// The local days of rows.
    fn days(
        &self,
        events: &[Event],
        rows: impl Iterator<Item = usize>,
    ) -> impl Iterator<Item = u16> {
        let local = rows.filter_map(|row| self.calendar.local(events[row].time_utc_ms));
        local.map(|local| local.day)
    }
}

/// Removes rows by their numbers, ascending.
fn remove(events: &mut Vec<Event>, rows: &[usize]) {
    if rows.is_empty() {
        return;
    }
    let mut gone = rows.iter().peekable();
    let mut row = 0;
    events.retain(|_| {
        let stays = gone.next_if_eq(&&row).is_none();
        row += 1;
        stays
    });
}

#[cfg(test)]
mod tests;
