use serde::Serialize;

/// A check of the audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// No subscriber moves an exact table by more than its bound.
    Sensitivity,
    /// Nothing but noisy answers decides what leaves.
    Support,
    /// The sum holds a subscriber who adds too much to the bound.
    Clip,
    /// The noise has the loss that was claimed, no more and no less.
    Noise,
    /// Noise is drawn afresh.
    Repeat,
    /// Canaries in one run.
    Canaries,
}

impl Check {
    /// Its name in tables and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sensitivity => "sensitivity",
            Self::Support => "support",
            Self::Clip => "clip",
            Self::Noise => "noise",
            Self::Repeat => "repeat",
            Self::Canaries => "canaries",
        }
    }
}

/// What one check saw of one query, or of all.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The check.
    pub check: Check,
    /// The query, or what else was looked at.
    pub of: String,
    /// What is claimed: units (sensitivity, clip), epsilon (noise, canaries), a number of differences
    /// (support, repeat).
    pub claim: f64,
    /// What was seen, in the same unit.
    pub seen: f64,
    /// A lower bound on epsilon that holds with 95 %.
    pub bound_95: Option<f64>,
    /// Whether the claim holds as far as the check can tell.
    pub holds: bool,
    /// More, in words.
    pub words: String,
}

/// All findings of an audit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditReport {
    /// The epsilon of the plan that was audited.
    pub epsilon: f64,
    /// One row a check and query.
    pub findings: Vec<Finding>,
}

impl AuditReport {
    /// Whether every check holds.
    pub fn holds(&self) -> bool {
        self.findings.iter().all(|finding| finding.holds)
    }

    /// The checks that failed, each once.
    pub fn failed(&self) -> Vec<Check> {
        let mut failed: Vec<Check> = Vec::new();
        for finding in self.findings.iter().filter(|finding| !finding.holds) {
            if !failed.contains(&finding.check) {
                failed.push(finding.check);
            }
        }
        failed
    }
}
