//! Numbers held against their like, after the manner of multimno's quality warnings.

use erewhon_types::Calendar;

use crate::{
    HistoryRule, Limits, Rule,
    quality::{FileContents, QualityReport, RuleState, Warning, tally},
};

/// Days of one type below which a day's size is not judged.
const LEAST_DAYS: usize = 4;

impl QualityReport {
    /// What somebody should look at, from the numbers that are in the report.
    pub(crate) fn warn(&self, limits: &Limits, calendar: &Calendar) -> Vec<Warning> {
        let mut warnings = Vec::new();
        for file in &self.files {
            rules_of_file(file, limits, &mut warnings);
        }
        self.overlapping_files(&mut warnings);
        self.days(limits, calendar, &mut warnings);
        self.rules_by_day(limits, calendar, &mut warnings);
        self.network(&mut warnings);
        let beyond = self.crowd.beyond_fence;
        if beyond > 0 {
            let fence = self.crowd.fence as f64;
            let text = "subscribers have far more events than the rest";
            warnings.push(warning("crowd", "all", beyond as f64, fence, text));
        }
        warnings
    }

    /// Files that cover the same time, where rows were there twice.
    fn overlapping_files(&self, warnings: &mut Vec<Warning>) {
        let twice = self
            .rules
            .iter()
            .find(|r| r.rule == Rule::ExactDuplicate.name());
        let Some(twice) = twice else { return };
        let mut spans: Vec<_> = self
            .files
            .iter()
            .filter_map(|file| Some((file.first_utc?, file.last_utc?, &file.name)))
            .collect();
        spans.sort();
        let pairs = spans.iter().enumerate().flat_map(|(at, a)| {
            let later = spans.iter().skip(at + 1);
            later.take_while(|b| b.0 <= a.1).map(move |b| (a.2, b.2))
        });
        for (a, b) in pairs.take(tally::LISTED) {
            let text = "the two files cover the same time, and rows of the load are there twice";
            let both = format!("{a}, {b}");
            warnings.push(warning("file_overlap", &both, twice.rows as f64, 0.0, text));
        }
    }

    /// Days without events, and days far from the median of their like.
    fn days(&self, limits: &Limits, calendar: &Calendar, warnings: &mut Vec<Warning>) {
        let events = &self.events_by_day;
        let mut of_day = |day: usize, measure: &str, value: f64, limit: f64, text: &str| {
            let date = Self::date(calendar, day);
            warnings.push(Warning {
                day: Some(date),
                ..warning(measure, &date.to_string(), value, limit, text)
            });
        };
        for (day, _) in events.iter().enumerate().filter(|(_, n)| **n == 0) {
            of_day(day, "silent_day", 0.0, 0.0, "the day has no event");
        }
        for workday in [true, false] {
            let like =
                |day: &usize| calendar.is_workday(*day as u16) == workday && events[*day] > 0;
            let days: Vec<usize> = (0..events.len()).filter(like).collect();
            if days.len() < LEAST_DAYS {
                continue;
            }
            let middle = median(days.iter().map(|&day| events[day] as f64));
            let off = |day: usize| (events[day] as f64 - middle).abs();
            let spread = 1.4826 * median(days.iter().map(|&day| off(day)));
            let allowed = (limits.day_deviations * spread).max(limits.day_share * middle);
            for &day in days.iter().filter(|&&day| off(day) > allowed) {
                let (n, more) = (events[day] as f64, events[day] as f64 > middle);
                if more {
                    let text = "the day has more events than days like it";
                    of_day(day, "day_size", n, middle + allowed, text);
                } else {
                    let text = "the day has fewer events than days like it";
                    of_day(day, "day_size", n, middle - allowed, text);
                }
            }
        }
    }

    /// Rules of one history that meet many of a day's rows.
    fn rules_by_day(&self, limits: &Limits, calendar: &Calendar, warnings: &mut Vec<Warning>) {
        for rule in &self.history_rules {
            // Rows that were dropped are not among the events of the day any more.
            let drops = |other: &HistoryRule| other.name() == rule.rule && other.drops();
            let dropped = rule.state == RuleState::Applied && HistoryRule::ALL.iter().any(drops);
            for (day, &rows) in rule.rows_by_day.iter().enumerate() {
                let kept = self.events_by_day.get(day).copied().unwrap_or(0);
                let met = if dropped { kept + rows } else { kept };
                let share = rows as f64 / met.max(1) as f64;
                if share > limits.rule_share {
                    let text = "the rule meets a large share of the day's rows";
                    warnings.push(Warning {
                        day: Some(Self::date(calendar, day)),
                        ..warning("history_rule", &rule.rule, share, limits.rule_share, text)
                    });
                }
            }
        }
    }

    fn network(&self, warnings: &mut Vec<Warning>) {
        let network = &self.network;
        for hole in &network.network_holes {
            let text = "the network as a whole had next to no events for some hours";
            warnings.push(Warning {
                day: Some(hole.day),
                ..warning("network_hole", "all cells", hole.hours.into(), 0.0, text)
            });
        }
        for (measure, n, text) in [
            (
                "cell_holes",
                network.cell_holes,
                "times a cell had next to no events where its own history has many",
            ),
            (
                "silent_cells",
                network.silent_cells,
                "cells of the list have no event",
            ),
        ] {
            if n > 0 {
                warnings.push(warning(measure, "cells", n as f64, 0.0, text));
            }
        }
        for cell in &network.doubtful_cells {
            let text = "most rows of the cell are at an impossible distance from those around them: \
                        check its position in the cell list";
            warnings.push(warning(
                "doubtful_cell",
                &cell.cell,
                cell.strays as f64,
                0.0,
                text,
            ));
        }
    }
}

fn rules_of_file(file: &FileContents, limits: &Limits, warnings: &mut Vec<Warning>) {
    let bad: u64 = file.rules.iter().map(|rule| rule.rows).sum();
    let rows = (file.rows_good + bad).max(1) as f64;
    for rule in &file.rules {
        let share = rule.rows as f64 / rows;
        if share > limits.rule_share {
            let subject = format!("{}: {}", file.name, rule.rule);
            let text = "the rule set aside a large share of the file's rows";
            warnings.push(warning(
                "row_rule",
                &subject,
                share,
                limits.rule_share,
                text,
            ));
        }
    }
}

fn warning(measure: &str, subject: &str, value: f64, limit: f64, text: &str) -> Warning {
    Warning {
        measure: measure.to_owned(),
        subject: subject.to_owned(),
        day: None,
        value,
        limit,
        text: text.to_owned(),
    }
}

/// The lower median; 0 of nothing.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    let lower = values.len().saturating_sub(1) / 2;
    values.get(lower).copied().unwrap_or(0.0)
}
