use std::{fs, path::Path};

use erewhon_ledger::price;
use erewhon_types::{Error, Guarantee, Loss, PrivacyUnit, Result, Window};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::inventory::{MODEL, STATEMENT, is_of_families, refused};

/// What the release's privacy statement says, repeated where it is signed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PrivacyClaim {
    /// Total privacy loss.
    #[serde(flatten)]
    pub guarantee: Guarantee,
    /// Whose records the guarantee covers.
    pub unit: PrivacyUnit,
    /// The public window.
    pub window: Window,
}

/// The part of a statement that must add up to its total.
#[derive(Deserialize)]
struct Charges {
    queries: Vec<Charge>,
}

#[derive(Deserialize)]
struct Charge {
    #[serde(flatten)]
    loss: Loss,
}

/// The part of a model file that says where its tables come from.
#[derive(Deserialize)]
struct ModelFile {
    provenance: Provenance,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "statement")]
enum Provenance {
    Private(Value),
    Internal,
}

impl PrivacyClaim {
    /// Reads the claim out of a release's privacy statement and holds it against itself and, where there is
    /// one, the model.
    ///
    /// # Errors
    /// Refused, when there is no claim, its rho implies no such epsilon and delta, the charges of its
    /// queries are in another measure or do not add up to it exactly, or the model is internal or carries another statement.
    pub(crate) fn read(directory: &Path) -> Result<Self> {
        let read = |name: &str| {
            let path = directory.join(name);
            fs::read(&path).map_err(|error| Error::io("read", &path, &error))
        };
        let statement = read(STATEMENT)?;
        let claim = Self::check(&statement)?;
        if !is_of_families(directory) {
            check_model(&statement, &read(MODEL)?)?;
        }
        Ok(claim)
    }

    fn check(statement: &[u8]) -> Result<Self> {
        let claim: Self = serde_json::from_slice(statement).map_err(bad_statement)?;
        let charges: Charges = serde_json::from_slice(statement).map_err(bad_statement)?;

        let whole = claim.guarantee.loss();
        let losses = || charges.queries.iter().map(|query| query.loss);
        if losses().any(|loss| loss.measure() != whole.measure())
            || losses().map(Loss::units).sum::<u64>() != whole.units()
        {
            return Err(refused(format!(
                "the charges of the queries in `{STATEMENT}` do not add up to its {} `{}`",
                whole.measure(),
                whole.value()
            )));
        }
        let at_most = price(claim.guarantee.epsilon, claim.guarantee.delta())?;
        if whole.units() > at_most.units() {
            return Err(refused(format!(
                "`{STATEMENT}` claims {}, and that takes a rho of `{}` at most",
                claim.guarantee,
                at_most.value()
            )));
        }
        Ok(claim)
    }
}

fn bad_statement(_: serde_json::Error) -> Error {
    refused(format!(
        "`{STATEMENT}` lacks a valid `epsilon`, `unit`, `window` or `queries`"
    ))
    .with_hint("a release holds the file that was written with its answers")
}

/// Refuses a model that is internal, or that carries another statement than the release.
fn check_model(statement: &[u8], model: &[u8]) -> Result<()> {
    let said: Value = serde_json::from_slice(statement).map_err(bad_statement)?;
    let model: ModelFile =
        serde_json::from_slice(model).map_err(|_| refused(format!("`{MODEL}` is not a model")))?;
    match model.provenance {
        Provenance::Internal => Err(refused(format!(
            "`{MODEL}` is internal: its tables are exact"
        ))
        .with_hint("only a model that was paid for may leave")),
        Provenance::Private(own) if own != said => Err(refused(format!(
            "`{MODEL}` carries another privacy statement than `{STATEMENT}`"
        ))),
        Provenance::Private(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(statement: &str) -> Result<PrivacyClaim> {
        PrivacyClaim::check(statement.as_bytes())
    }

    fn statement(loss: &str, charges: [&str; 2]) -> String {
        let [a, b] = charges;
        format!(
            r#"{{{loss}, "unit": "subscriber_whole_period",
            "window": {{"first_day": "2026-03-02", "days": 28, "time_zone": "UTC"}},
            "queries": [{{"name": "a", {a}}}, {{"name": "b", {b}}}]}}"#
        )
    }

    #[test]
    fn a_claim_in_rho_adds_up_and_implies_its_epsilon() {
        let loss = r#""epsilon": 1.0, "delta": 1e-6, "rho": 0.024"#;
        let charges = [r#""rho": 0.01"#, r#""rho": 0.014"#];
        let claim = check(&statement(loss, charges)).unwrap();
        assert_eq!(
            claim.guarantee.to_string(),
            "epsilon 1 at delta 1e-6 (rho 0.024)"
        );
        for (loss, charges, words) in [
            (
                loss,
                [r#""rho": 0.01"#, r#""rho": 0.014000001"#],
                "its rho `0.024`",
            ),
            (
                loss,
                [r#""epsilon": 0.01"#, r#""rho": 0.014"#],
                "its rho `0.024`",
            ),
            // 0.0244 is the most that epsilon 1 allows.
            (
                r#""epsilon": 1.0, "delta": 1e-6, "rho": 0.03"#,
                [r#""rho": 0.01"#, r#""rho": 0.02"#],
                "takes a rho of",
            ),
            (
                r#""epsilon": 1.0, "delta": 1e-6"#,
                [r#""epsilon": 0.5"#, r#""epsilon": 0.5"#],
                "lacks a valid `epsilon`",
            ),
            (r#""epsilon": 0.024"#, charges, "its epsilon `0.024`"),
        ] {
            let refused = check(&statement(loss, charges)).unwrap_err();
            assert!(refused.message().contains(words), "{refused}");
        }
    }
}
