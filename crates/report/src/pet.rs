use erewhon_model::PrivacyStatement;
use erewhon_risk::{Attack, ReleaseKind, RiskReport};
use serde::Serialize;

use crate::{
    html::{Section, p, table, text},
    number::percent,
};

/// What a deployment of privacy-enhancing technology should report of itself, item by item: those of the
/// UN PET Guide's case template, ISO/IEC 27559 and NIST SP 800-226 that a run can fill.
///
/// What nobody told the program says so: an item is never left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PetStatement {
    /// The items in the order in which they are read.
    pub items: Vec<PetItem>,
}

/// One item of a statement.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PetItem {
    /// Stable name.
    pub item: &'static str,
    /// What the run says; absent where only people know.
    pub value: Option<String>,
}

impl PetStatement {
    /// Fills the statement from a run: its purpose, what was paid for and what attacks reached.
    ///
    /// # Privacy
    /// Attack figures are exact values of real people, so the statement is internal as it stands.
    pub fn of(purpose: Option<&str>, statement: &PrivacyStatement, risk: &RiskReport) -> Self {
        let s = statement;
        let queries: Vec<&str> = s.queries.iter().map(|query| query.name.as_str()).collect();
        let noise = match s.guarantee.delta() {
            None => "discrete Laplace noise on sums of bounded contributions (pure epsilon)",
            Some(_) => "discrete Gaussian noise on sums of bounded contributions (zCDP)",
        };
        let told = |item, value: String| PetItem {
            item,
            value: Some(value),
        };
        let untold = |item| PetItem { item, value: None };
        Self {
            items: vec![
                PetItem {
                    item: "purpose",
                    value: purpose.map(str::to_owned),
                },
                untold("legal_basis"),
                untold("notice_id"),
                untold("recipients"),
                untold("retention"),
                untold("contact"),
                told(
                    "parties_and_trust",
                    "one operator, trusted with its own records; recipients are trusted with nothing"
                        .to_owned(),
                ),
                told(
                    "data",
                    format!(
                        "{} days from {}, {}; about {} subscribers (noisy)",
                        s.window.days, s.window.first_day, s.window.time_zone, s.subscribers_noisy
                    ),
                ),
                told("unit_of_privacy", s.unit.to_string()),
                told("mechanism", format!("{noise}; tables: {}", queries.join(", "))),
                told("privacy_loss", s.guarantee.to_string()),
                told("accountant", "sequential composition, hash-chained ledger".to_owned()),
                told(
                    "contribution_bound",
                    s.queries
                        .iter()
                        .map(|query| format!("{} {}", query.name, query.sensitivity_people))
                        .collect::<Vec<_>>()
                        .join("; "),
                ),
                told(
                    "post_processing",
                    "consistency, zones, synthetic records: functions of noisy tables alone".to_owned(),
                ),
                told("input_privacy", "none: one operator, on its own machines".to_owned()),
                told("adversarial_tests", tests(risk)),
                told("known_limits", s.not_covered.join(" ")),
                told("proof", "docs and *.proof.md of this version; `erewhon audit-privacy`".to_owned()),
            ],
        }
    }

    pub(crate) fn section(&self) -> Section {
        let rows = self.items.iter().map(|item| {
            let value = item.value.as_deref();
            [
                text(&item.item.replace('_', " ")),
                text(value.unwrap_or("not stated: people have to say it")),
            ]
        });
        let body = p(
            "What a deployment of privacy-enhancing technology should say of itself, as far as this run \
             knows it. Attack figures in it are exact, so it stays inside until they are left out or paid \
             for.",
        ) + &table("PET statement", &["Item", "Said"], rows.collect());
        Section::new("pet", "PET statement", body)
    }
}

/// How the attacks on what the budget paid for ended, in a sentence.
fn tests(risk: &RiskReport) -> String {
    // What was not made by this run claims nothing.
    let claims = |attack: &&Attack| attack.rows.iter().any(|row| row.bound.is_some());
    let attacks = risk.attacks.iter();
    let claimed = attacks.filter(|attack| attack.kind != ReleaseKind::Records);
    let claimed: Vec<_> = claimed.filter(claims).collect();
    if claimed.is_empty() {
        return "no attack was run on what this budget paid for".to_owned();
    }
    let played = claimed.len();
    let rows = || claimed.iter().flat_map(|attack| &attack.rows);
    let above = rows().filter(|row| row.above_zero == Some(true)).count();
    let beyond = rows().filter(|row| row.within_bound == Some(false)).count();
    let most = rows()
        .filter_map(|row| row.excess)
        .map(|excess| excess.high);
    let most = most.fold(f64::NEG_INFINITY, f64::max);
    let most = if most.is_finite() {
        format!("; no excess over {} can be excluded", percent(most))
    } else {
        String::new()
    };
    format!(
        "{played} attacks on what this budget paid for, {} rows: {above} above zero (all judged \
         together), {beyond} beyond the claim{most}",
        rows().count()
    )
}
