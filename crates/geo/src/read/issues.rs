use serde::{Deserialize, Serialize};

/// What reading a cell list found. Cells are public, so their ids may be listed.
///
/// `read` is `kept` + `merged` + the rows set aside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellIssues {
    /// Data rows read.
    pub read: usize,
    /// Rows that told of a cell what another row had told already.
    pub merged: usize,
    /// Rows of the table: one a cell and period.
    pub kept: usize,
    /// The rules that set cells aside, in the order they run; rules that met nothing are absent.
    pub rules: Vec<CellRule>,
    /// What the reader should know about the table as a whole.
    pub note: Option<String>,
}

/// One rule and the rows it set aside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellRule {
    /// The rule's name, for example `cell_without_position`.
    pub rule: String,
    /// What the rule says, one sentence.
    pub description: String,
    /// What to do about it.
    pub hint: String,
    /// The rows set aside, in file order.
    pub cells: Vec<SetAside>,
}

/// A row that a rule set aside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// The cell's id; empty where the row names none.
    pub id: String,
    /// The file, where the list is a directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line of a text file; number of a feature or of a Parquet row; from 1, or 0 where it is not told.
    pub line: u64,
    /// The column, where the rule concerns one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
}

impl CellIssues {
    /// The ids of all rows set aside.
    pub fn quarantined(&self) -> impl Iterator<Item = &str> {
        let rows = self.rules.iter().flat_map(|rule| &rule.cells);
        rows.map(|row| row.id.as_str())
    }

    pub(super) fn set_aside(&mut self, rule: Rule, row: SetAside) {
        let (name, description, hint) = rule.text();
        let place = |met: &CellRule| Rule::ALL.iter().position(|rule| rule.text().0 == met.rule);
        let after = self
            .rules
            .partition_point(|met| place(met) < Some(rule as usize));
        if self.rules.get(after).is_none_or(|met| met.rule != name) {
            let met = CellRule {
                rule: name.to_owned(),
                description: description.to_owned(),
                hint: hint.to_owned(),
                cells: Vec::new(),
            };
            self.rules.insert(after, met);
        }
        if let Some(met) = self.rules.get_mut(after) {
            met.cells.push(row);
        }
    }
}

/// Why a row was set aside: by the first rule that it breaks, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    WithoutId,
    TextTooLong,
    WithoutPosition,
    PositionZero,
    UnknownRadio,
    AzimuthOutOfRange,
    NumberUnreadable,
    PeriodUnreadable,
    PositionSwapped,
    PositionOutOfRange,
    FarOutside,
    TwoPositions,
    PeriodsOverlap,
}

impl Rule {
    const ALL: [Self; 13] = [
        Self::WithoutId,
        Self::TextTooLong,
        Self::WithoutPosition,
        Self::PositionZero,
        Self::UnknownRadio,
        Self::AzimuthOutOfRange,
        Self::NumberUnreadable,
        Self::PeriodUnreadable,
        Self::PositionSwapped,
        Self::PositionOutOfRange,
        Self::FarOutside,
        Self::TwoPositions,
        Self::PeriodsOverlap,
    ];

    /// Name, what the rule says, what to do.
    const fn text(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::WithoutId => (
                "cell_without_id",
                "the row names no cell",
                "give the row the id that the records use",
            ),
            Self::TextTooLong => (
                "cell_text_too_long",
                "the id or the site is longer than 256 bytes",
                "look for a quotation mark that is never closed, or for another delimiter",
            ),
            Self::WithoutPosition => (
                "cell_without_position",
                "a coordinate is absent or not a number",
                "write both coordinates as decimal numbers",
            ),
            Self::PositionZero => (
                "cell_position_zero",
                "latitude and longitude are both 0, which stands for unknown",
                "look the position up",
            ),
            Self::UnknownRadio => (
                "cell_unknown_radio",
                "the radio is none of gsm, cdma, umts, lte, nbiot, nr or 2g to 5g",
                "use one of these words, or leave the field empty",
            ),
            Self::AzimuthOutOfRange => (
                "cell_azimuth_out_of_range",
                "the azimuth is not a number from 0 to 360 degrees",
                "leave it empty where the antenna radiates all round",
            ),
            Self::NumberUnreadable => (
                "cell_number_unreadable",
                "a range, tilt or power is not a number, a range or power is below 0, or a tilt \
                 is beyond 90 degrees",
                "correct the field, or leave it empty",
            ),
            Self::PeriodUnreadable => (
                "cell_period_unreadable",
                "the start or end of the period is no date or time, or the end is not after the \
                 start",
                "write dates as YYYY-MM-DD or times as YYYY-MM-DDTHH:MM:SSZ; the end is the first \
                 instant out of service",
            ),
            Self::PositionSwapped => (
                "cell_position_swapped",
                "the position is out of range or far outside as it is given, and among the other \
                 cells with latitude and longitude exchanged",
                "exchange the two in these rows",
            ),
            Self::PositionOutOfRange => (
                "cell_position_out_of_range",
                "the latitude is beyond 90 degrees or the longitude beyond 180",
                "check for a lost decimal point, or for metres in a column of degrees",
            ),
            Self::FarOutside => (
                "cells_far_outside",
                "the cell lies over 200 km and over ten times the median distance from the median \
                 centre, and has fewer than two other sites within 50 km",
                "check the position; a true outpost can be kept by listing its neighbours too",
            ),
            Self::TwoPositions => (
                "cell_twice_two_positions",
                "the list gives the cell two different positions, so all its rows are set aside",
                "keep the right row, or give each its period (valid_from, valid_to)",
            ),
            Self::PeriodsOverlap => (
                "cell_periods_overlap",
                "two rows of the cell differ in position and their periods overlap, so all its \
                 rows are set aside",
                "end the earlier period where the later starts",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_listed_in_their_order_with_a_name_each() {
        let mut issues = CellIssues::default();
        for rule in Rule::ALL.into_iter().rev().chain(Rule::ALL) {
            issues.set_aside(rule, SetAside::default());
        }
        assert_eq!(issues.rules.len(), Rule::ALL.len());
        for (at, rule) in Rule::ALL.into_iter().enumerate() {
            assert_eq!(rule as usize, at);
            assert_eq!(issues.rules[at].rule, rule.text().0);
            assert_eq!(issues.rules[at].cells.len(), 2);
        }
    }
}
