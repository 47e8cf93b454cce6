use erewhon_session::{AuditReport, Effort, audit_privacy};
use erewhon_types::{Epsilon, Error, Kind, Result};

use crate::ui::Ui;

/// Prints what the audit saw; an error when a check failed.
pub(super) fn audit(epsilon: Epsilon, ui: &Ui) -> Result<()> {
    let stage = ui.stage("audit");
    let report = audit_privacy(epsilon, Effort::default())?;
    stage.finish();
    ui.result("erewhon.audit_privacy.v1", &report, &table(&report))?;
    if report.holds() {
        return Ok(());
    }
    let failed: Vec<_> = report.failed().iter().map(|check| check.name()).collect();
    let what = format!("the guarantee does not hold: {}", failed.join(", "));
    Err(Error::new(Kind::Risk, what)
        .with_hint("release nothing made by this program, and report the table"))
}

fn table(report: &AuditReport) -> String {
    let mut text = format!(
        "{:<12} {:<12} {:>9} {:>9} {:>9}  {:<5}  \n",
        "check", "of", "claim", "seen", "95 % low", "holds"
    );
    for row in &report.findings {
        let bound = row.bound_95.map_or_else(|| "-".to_owned(), short);
        text.push_str(&format!(
            "{:<12} {:<12} {:>9} {:>9} {:>9}  {:<5}  {}\n",
            row.check.name(),
            row.of,
            short(row.claim),
            short(row.seen),
            bound,
            if row.holds { "yes" } else { "NO" },
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
