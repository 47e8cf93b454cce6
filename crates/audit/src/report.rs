use erewhon_types::Delta;
use serde::{Serialize, Serializer};

use crate::Effort;

/// A check of the audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

/// What a check says of a claim, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The claim holds as far as the check can tell.
    Holds,
    /// Less was lost than was paid for: more noise than needed, or noise of another kind. No guarantee
    /// was seen to be broken, but the program does something else than it says.
    OtherNoise,
    /// A subscriber can lose more than was claimed.
    Broken,
}

impl Verdict {
    pub(crate) const fn holds_if(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Broken }
    }
}

/// What one check saw of one query, or of all.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The check.
    pub check: Check,
    /// The query, or what else was looked at.
    pub of: String,
    /// What is claimed: units (sensitivity, clip), epsilon or rho (noise), epsilon (canaries; in rho at a delta), a number of
    /// differences (support, repeat).
    pub claim: f64,
    /// What was seen, in the same unit.
    pub seen: f64,
    /// A lower bound on the loss that holds with 95 %.
    pub bound_95: Option<f64>,
    /// What that says of the claim.
    pub verdict: Verdict,
    /// More, in words.
    pub words: String,
}

/// All findings of an audit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditReport {
    /// The version of the program that was audited.
    pub program: &'static str,
    /// The epsilon of the plan that was audited.
    pub epsilon: f64,
    /// The delta of the plan in rho, where there was one.
    pub delta: Option<Delta>,
    /// How much was tried.
    pub effort: Effort,
    /// One row a check and query.
    pub findings: Vec<Finding>,
}

impl AuditReport {
    /// Both reports, check by check.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.delta = self.delta.or(other.delta);
        self.findings.extend(other.findings);
        self.findings.sort_by_key(|finding| finding.check as u8);
        self
    }

    /// The worst that any check says.
    pub fn verdict(&self) -> Verdict {
        let all = self.findings.iter().map(|finding| finding.verdict);
        all.max().unwrap_or(Verdict::Holds)
    }

    /// The checks that end with a verdict, each once.
    pub fn checks(&self, verdict: Verdict) -> Vec<Check> {
        let mut checks: Vec<Check> = Vec::new();
        for finding in self
            .findings
            .iter()
            .filter(|finding| finding.verdict == verdict)
        {
            if !checks.contains(&finding.check) {
                checks.push(finding.check);
            }
        }
        checks
    }
}
