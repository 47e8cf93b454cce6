use erewhon_session::{AuditReport, Effort, Verdict, audit_privacy};
use erewhon_types::{Epsilon, Error, Kind, Result};

use crate::ui::Ui;

/// Prints what the audit saw; an error when a check failed.
pub(super) fn audit(epsilon: Epsilon, ui: &Ui) -> Result<()> {
    let stage = ui.stage("audit");
    let report = audit_privacy(epsilon, Effort::default())?;
    stage.finish();
    ui.result("erewhon.audit_privacy.v1", &report, &table(&report))?;
    verdict(&report)
}

fn verdict(report: &AuditReport) -> Result<()> {
    let verdict = report.verdict();
    let checks: Vec<_> = report.checks(verdict).iter().map(|c| c.name()).collect();
    let checks = checks.join(", ");
    Err(match verdict {
        Verdict::Holds => return Ok(()),
        Verdict::OtherNoise => Error::new(
            Kind::Data,
            format!("the noise is not that which was paid for: {checks}; no loss above the claim was seen"),
        )
        .with_hint("figures err more than they say, or noise is of another kind: report the table"),
        Verdict::Broken => Error::new(
            Kind::Risk,
            format!("the guarantee does not hold: {checks}"),
        )
        .with_hint("release nothing made by this program, and report the table"),
    })
}

fn table(report: &AuditReport) -> String {
    let mut text = format!(
        "{:<12} {:<18} {:>9} {:>9} {:>9}  {:<5}  \n",
        "check", "of", "claim", "seen", "95 % low", "holds"
    );
    for row in &report.findings {
        let bound = row.bound_95.map_or_else(|| "-".to_owned(), short);
        text.push_str(&format!(
            "{:<12} {:<18} {:>9} {:>9} {:>9}  {:<5}  {}\n",
            row.check.name(),
            row.of,
            short(row.claim),
            short(row.seen),
            bound,
            match row.verdict {
                Verdict::Holds => "yes",
                Verdict::OtherNoise => "more",
                Verdict::Broken => "NO",
            },
            row.words
        ));
    }
    text
}

/// Four decimals for a loss, none for whole units.
fn short(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value}")
    } else {
        format!("{value:.4}")
    }
}

#[cfg(test)]
mod tests {
    use erewhon_session::{Check, Finding};

    use super::*;

    #[test]
    fn a_broken_guarantee_and_other_noise_end_with_codes_of_their_own() {
        let report = |verdicts: &[Verdict]| AuditReport {
            program: "0",
            epsilon: 1.0,
            delta: None,
            effort: Effort::default(),
            findings: verdicts
                .iter()
                .map(|&verdict| Finding {
                    check: Check::Noise,
                    of: "home".to_owned(),
                    claim: 0.1,
                    seen: 0.1,
                    bound_95: None,
                    verdict,
                    words: String::new(),
                })
                .collect(),
        };
        use Verdict::{Broken, Holds, OtherNoise};
        assert!(verdict(&report(&[Holds, Holds])).is_ok());
        for (verdicts, code) in [([OtherNoise, Holds], 5), ([OtherNoise, Broken], 6)] {
            let error = verdict(&report(&verdicts)).unwrap_err();
            assert_eq!(error.kind().exit_code(), code, "{error}");
        }
    }
}
