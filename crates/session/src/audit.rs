use std::{cell::RefCell, collections::BTreeMap, fs};

use erewhon_audit::{AuditReport, Effort, NoisyVector, Subject};
use erewhon_dp::{Private, Query};
use erewhon_events::{EventSource, Mapping};
use erewhon_fit::{FitSpec, Measure};
use erewhon_generate::{GenerateSpec, Variant, generate};
use erewhon_ledger::{ChargeRequest, Digest, Ledger};
use erewhon_mobility::Public;
use erewhon_types::{Delta, Epsilon, Error, Loss, Result, Window};

use crate::{
    measure::PrivateMeasure,
    model_files,
    session::{fit_members, fit_spec},
    write_synthetic,
};

/// What a throw-away ledger holds, the most there is.
const PLENTY_MICROS: u64 = 100_000_000;
/// The delta at which the fit in rho is audited. The code is the same for every delta.
const DELTA_FEMTOS: u64 = 1_000_000_000;

/// Checks the guarantee of the fit that ships, at an epsilon, on made-up neighbours: once in pure epsilon
/// and once in rho, at a delta of 1e-6.
///
/// # Privacy
/// No record is read and no budget spent: each table is paid for by a ledger of its own, made for it in
/// a temporary directory and removed, because the product has no other way to draw noise.
///
/// Proof: audit.proof.md
///
/// # Errors
/// Usage, when epsilon is not within 0.1 to 10; resource, when a temporary directory can't
/// be written.
pub fn audit_privacy(epsilon: Epsilon, effort: Effort) -> Result<AuditReport> {
    let mapping = Mapping::load("cdr")?;
    let kinds = mapping.kinds();
    let shipped = Shipped { mapping };
    let audit = |delta| erewhon_audit::audit(&shipped, &fit_spec((epsilon, delta), &kinds), effort);
    let concentrated = Delta::from_femtos(DELTA_FEMTOS)?;
    Ok(audit(None)?.and(audit(Some(concentrated))?))
}

/// The fit, the generator and the noise of this program.
struct Shipped {
    mapping: Mapping,
}

/// A measure whose whole budget is a ledger that nobody's people stand behind.
fn throw_away(delta: Option<Delta>) -> PrivateMeasure<'static> {
    PrivateMeasure::new(move || {
        let dir = temporary()?;
        let home = dir.path().join("ledger");
        fs::create_dir(&home).map_err(|error| Error::io("make", &home, &error))?;
        let epsilon = Epsilon::from_micros(PLENTY_MICROS)?;
        let (file, anchors) = (home.join("budget"), dir.path().join("anchors"));
        let mut ledger = Ledger::create(&file, &anchors, "nobody", (epsilon, delta), "audit")?;
        ledger.fill_purse(&ChargeRequest {
            release: "audit".to_owned(),
            query_name: "made-up neighbours".to_owned(),
            query_digest: *Digest::of(b"audit").bytes(),
            epsilon,
            who: "audit".to_owned(),
            purpose: "audit".to_owned(),
            window: Window::parse("2026-03-02", 7, "UTC")?,
        })
    })
}

fn temporary() -> Result<tempfile::TempDir> {
    tempfile::tempdir()
        .map_err(|error| Error::io("make a directory in", &std::env::temp_dir(), &error))
}

impl NoisyVector for Shipped {
    fn release(
        &self,
        query: &Query,
        loss: Loss,
        people: &mut dyn Iterator<Item = Vec<(u32, u32)>>,
    ) -> Result<Vec<i64>> {
        let delta = match loss {
            Loss::Epsilon(_) => None,
            Loss::Rho(_) => Some(Delta::from_femtos(DELTA_FEMTOS)?),
        };
        let released = throw_away(delta).measure(query, loss, people);
        released.map(Private::into_value)
    }
}

impl Subject for Shipped {
    fn measure(&self, spec: &FitSpec) -> Result<Box<dyn Measure + '_>> {
        Ok(Box::new(throw_away(spec.delta)))
    }

    fn leave(
        &self,
        public: &Public<'_>,
        source: &dyn EventSource,
        spec: &FitSpec,
        measure: &mut dyn Measure,
    ) -> Result<BTreeMap<String, Vec<u8>>> {
        let said = RefCell::new(String::new());
        let mut progress = |words: &str| {
            said.borrow_mut().push_str(words);
            said.borrow_mut().push('\n');
        };
        let model = fit_members(public, source, spec, measure, &mut progress)?;
        let (cells, calendar) = (model.cell_table()?, model.calendar()?);
        let drawn = GenerateSpec {
            subscribers: None,
            seed: 1,
            variant: Variant::default(),
        };
        let events = generate(&model, &cells, &calendar, &drawn)?;
        let dir = temporary()?;
        let synthetic = dir.path().join("synthetic.csv");
        write_synthetic(&synthetic, &self.mapping, &cells, events.parts())?;
        let synthetic =
            fs::read(&synthetic).map_err(|error| Error::io("read", &synthetic, &error))?;
        let files = [
            ("model.json", model.to_json()?.into_bytes()),
            ("synthetic.csv", synthetic),
            ("words of progress", said.into_inner().into_bytes()),
        ];
        Ok(model_files(&model)?
            .into_iter()
            .chain(files)
            .map(|(name, bytes)| (name.to_owned(), bytes))
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use erewhon_audit::{Check, Finding, Verdict};

    use super::*;

    #[test]
    fn what_ships_keeps_its_guarantee() {
        let effort = Effort {
            crowds: 1,
            samples: 5_000,
        };
        let report = audit_privacy("1".parse().unwrap(), effort).unwrap();
        assert_eq!(report.verdict(), Verdict::Holds, "{:#?}", report.findings);
        assert_eq!(report.findings.len(), 2 * (4 * 16 + 2));
        let mut clips = report.findings.iter().filter(|f| f.check == Check::Clip);
        let said = |f: &Finding| f.words.contains("above the claim is noise");
        assert!(clips.all(said), "{:#?}", report.findings);
        let canaries = |f: &&Finding| f.check == Check::Canaries;
        let canaries: Vec<_> = report.findings.iter().filter(canaries).collect();
        let [_, in_rho] = canaries[..] else {
            panic!("{canaries:#?}");
        };
        // Some 120 of 200 guesses are right, 7 sd from where the bound would reach the claim.
        assert!(in_rho.of.ends_with(", rho") && in_rho.claim > 1.0);
        assert!(in_rho.bound_95.unwrap() < in_rho.claim, "{in_rho:#?}");
    }
}
