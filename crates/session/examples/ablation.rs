//! What each query of a fit, and its share of the budget, is worth.
//!
//! `cargo run --release -p erewhon-session --example ablation -- DEMO [RUNS]`, on what `erewhon demo --out
//! DEMO` made: people who are made up. Each query is in turn answered without noise and left blank, while all
//! others are paid for at epsilon 1 in all, from budget that is granted to the demo's ledger. Medians of the
//! runs; all figures are exact, and so internal.
#![expect(clippy::print_stdout, reason = "the figures are its result")]

use std::path::Path;

use erewhon_session::{
    Ablation, Asker, Fidelity, Figure, FitJob, GenerateSpec, Mapping, Policy, Session, Variant,
    Vault, generate, preview,
};
use erewhon_types::{Error, Result, sig3};

/// Figures of a fit, by their names and as they are told.
const TOLD: [(&str, &str); 10] = [
    ("hourly_emd_km", "presence, km"),
    ("daily_range_error_km", "daily range, km"),
    ("radius_of_gyration_jsd_bit", "radius"),
    ("jump_length_jsd_bit", "jumps"),
    ("distinct_cells_jsd_bit", "cells"),
    ("events_per_day_jsd_bit", "events a day"),
    ("inter_event_jsd_bit", "gaps"),
    ("hour_of_week_jsd_bit", "hours"),
    ("home_density_jsd_bit", "homes"),
    ("pairs_zones_cpc", "home to work ↑"),
];

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [demo, runs @ ..] = words.as_slice() else {
        return Err(Error::usage("the directory of a demo is needed"));
    };
    let runs = runs.first().map_or(Ok(1), |runs| runs.parse());
    let runs: u16 = runs.map_err(|_| Error::usage("RUNS is no number"))?;
    let at = |name: &str| Path::new(demo).join(name);
    let session = Session::open(&at("internal/store"))?;
    let bench = Bench {
        fidelity: session.fidelity(None)?,
        session: &session,
        vault: Vault::open(&at("vault"), &at("anchors"))?,
        runs,
    };
    let (kinds, window) = (Mapping::load("cdr")?.kinds(), session.calendar().window());
    let budget = ("1".parse()?, None);
    let plan = preview(session.cells(), window, &kinds, budget, 20_000)?.queries;
    let names = TOLD.map(|(_, name)| name).join(" | ");
    println!("| query | share | answered | {names} |");
    println!("|---|---|---|{}", "---|".repeat(TOLD.len()));
    bench.tell("all", "1", "paid for", |job, seed| bench.whole(job, seed))?;
    for planned in &plan {
        let (name, share) = (planned.query.name(), sig3(planned.loss.value()));
        for (words, ablation) in [("exact", Ablation::Exact), ("blank", Ablation::Blank)] {
            // Without a number of events there is nothing to draw.
            if (name, ablation) == ("activity", Ablation::Blank) {
                continue;
            }
            bench.tell(name, &share, words, |job, seed| {
                let fidelity = &bench.fidelity;
                let figures = fidelity.ablated(&bench.vault, job, (name, ablation), seed)?;
                session.export(&bench.vault, &asker(), "ablation", figures)
            })?;
        }
    }
    Ok(())
}

struct Bench<'a> {
    session: &'a Session,
    fidelity: Fidelity<'a>,
    vault: Vault,
    runs: u16,
}

impl Bench<'_> {
    /// Prints a row: medians of what `figures` gives for a job that can be paid, and a seed to draw with.
    fn tell(
        &self,
        query: &str,
        share: &str,
        words: &str,
        figures: impl Fn(&FitJob, u64) -> Result<Vec<Figure>>,
    ) -> Result<()> {
        let mut sets = Vec::new();
        for seed in 1..=u64::from(self.runs) {
            let job = FitJob {
                kinds: Mapping::load("cdr")?.kinds(),
                epsilon: "1".parse()?,
                // Each release has a name of its own, also after another run.
                release: format!("{query} {words} {seed} {}", std::process::id()),
                purpose: "research".to_owned(),
                who: asker().who,
            };
            let mut ledger = self.vault.ledger()?;
            ledger.grant(job.epsilon, &job.who, "an ablation")?;
            drop(ledger);
            sets.push(figures(&job, seed)?);
        }
        let value = |id: &str, set: &Vec<Figure>| set.iter().find(|figure| figure.id == id)?.value;
        let told = TOLD.map(|(id, _)| {
            let mut values: Vec<f64> = sets.iter().filter_map(|set| value(id, set)).collect();
            values.sort_by(f64::total_cmp);
            values
                .get(values.len() / 2)
                .map_or("-".to_owned(), |v| sig3(*v))
        });
        println!("| {query} | {share} | {words} | {} |", told.join(" | "));
        Ok(())
    }

    /// As it ships.
    fn whole(&self, job: &FitJob, seed: u64) -> Result<Vec<Figure>> {
        let (session, vault) = (self.session, &self.vault);
        let model = session.fit(vault, &Policy::default(), job, &mut |_| {})?;
        let spec = GenerateSpec {
            subscribers: None,
            seed,
            variant: Variant::default(),
        };
        let drawn = generate(&model, session.cells(), session.calendar(), &spec)?;
        let open = |figures| session.export(vault, &asker(), "ablation", figures);
        let mut figures = open(self.fidelity.compare(&drawn)?)?;
        figures.extend(open(self.fidelity.compare_tables(&model, &drawn)?)?);
        Ok(figures)
    }
}

fn asker() -> Asker {
    Asker {
        who: "bench".to_owned(),
        why: "what each query is worth".to_owned(),
    }
}
