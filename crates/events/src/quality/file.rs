use jiff::Timestamp;

use crate::{
    Rule,
    quality::{FileContents, RuleCount},
};

/// What the rows of one input file are, counted while it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileTally {
    rows_good: u64,
    span_utc_ms: Option<(i64, i64)>,
    rules: [u64; Rule::ALL.len()],
}

impl FileTally {
    /// Counts rows that kept all rules of one row, and when the first and the last of them were.
    pub fn good(&mut self, rows: u64, span_utc_ms: Option<(i64, i64)>) {
        self.rows_good += rows;
        let spans = self.span_utc_ms.into_iter().chain(span_utc_ms);
        self.span_utc_ms = spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    }

    /// Counts rows that a rule set aside.
    pub fn bad(&mut self, rule: Rule, rows: u64) {
        self.rules[rule.index()] += rows;
    }

    /// The report of the file.
    pub fn describe(&self, name: &str) -> FileContents {
        let utc = |ms: i64| Timestamp::from_millisecond(ms).ok();
        FileContents {
            name: name.to_owned(),
            rows_good: self.rows_good,
            first_utc: self.span_utc_ms.and_then(|(first, _)| utc(first)),
            last_utc: self.span_utc_ms.and_then(|(_, last)| utc(last)),
            rules: rule_counts(&self.rules),
        }
    }
}

/// The rules that set something aside.
pub(crate) fn rule_counts(counts: &[u64]) -> Vec<RuleCount> {
    let met = counts.iter().zip(Rule::ALL).filter(|(rows, _)| **rows > 0);
    met.map(|(&rows, rule)| RuleCount {
        rule: rule.name().to_owned(),
        description: rule.description().to_owned(),
        rows,
    })
    .collect()
}
