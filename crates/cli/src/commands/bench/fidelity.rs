//! How true the shipped `fit` and `generate` are, at several epsilons, beside others' figures.

use std::collections::{BTreeMap, BTreeSet};

use erewhon_session::{
    Better, Fidelity, Figure, Mapping, Session, TrajectoryQueries, preview, read_private_model,
};
use erewhon_types::{Delta, Epsilon, Error, Result, sig3};
use serde::Serialize;

use super::{
    rivals::{Rivals, read_queries, read_rivals},
    spread::Spread,
    timed::{Cost, Place, medians, remove, said},
};
use crate::{
    args::BenchFidelityArgs,
    dirs::RunDir,
    inputs::{public, readable},
    stages::load_synthetic,
    ui::Ui,
};

#[derive(Serialize)]
struct Outcome {
    classification: &'static str,
    runs: u16,
    epsilons: Vec<Epsilon>,
    /// Of the population, where it is kept in rho.
    delta: Option<Delta>,
    rows: Vec<Row>,
    costs: Vec<Costs>,
}

/// One metric of every set.
#[derive(Serialize)]
struct Row {
    id: String,
    title: String,
    unit: String,
    /// None where the figure has a sign and is best at nought.
    better: Option<Better>,
    /// Between two halves of the real subscribers.
    halves: Option<f64>,
    /// Without noise, on exact tables: one model, drawn from as often as there are runs.
    ceiling: Option<Spread>,
    /// At each epsilon.
    ours: Vec<Option<Spread>>,
    rivals: BTreeMap<String, Spread>,
}

/// What the runs at one epsilon took: medians.
#[derive(Serialize)]
struct Costs {
    epsilon: Epsilon,
    fit: Cost,
    generate: Cost,
}

pub(super) fn run(args: &BenchFidelityArgs, ui: &Ui) -> Result<()> {
    let (mapping, cells, window) = public(&args.public)?;
    readable(&args.events)?;
    let queries = args.queries.as_deref().map(read_queries).transpose()?;
    if let Some(queries) = &queries {
        queries.check(&cells)?;
    }
    let rivals = args.rivals.as_deref().map(read_rivals).transpose()?;
    let mut seen = BTreeSet::new();
    for &epsilon in &args.epsilon {
        if !seen.insert(epsilon) {
            return Err(Error::usage(format!("epsilon `{epsilon}` is there twice"))
                .with_hint("name each once: `--runs` says how often it is fitted"));
        }
        // One that is too small to be split is refused before any work.
        preview(&cells, &window, &mapping.kinds(), (epsilon, args.delta), 1)?;
    }
    let outcome = Bench::new(args, ui)?.outcome(&mapping, queries.as_ref(), rivals)?;
    ui.result("erewhon.bench_fidelity.v2", &outcome, &table(&outcome))
}

/// The records in a store of their own, with a vault that pays for every fit.
struct Bench<'a> {
    args: &'a BenchFidelityArgs,
    ui: &'a Ui,
    place: Place,
    run: RunDir,
}

impl<'a> Bench<'a> {
    fn new(args: &'a BenchFidelityArgs, ui: &'a Ui) -> Result<Self> {
        let place = Place::make()?;
        place.open_budget(args.delta)?;
        let run = RunDir::new(&place.path("run"));
        let stage = ui.stage("ingest");
        let mut ingest = place.ingest(&args.events, &args.public, run.root())?;
        said(&mut ingest, "erewhon ingest")?;
        stage.finish();
        Ok(Self {
            args,
            ui,
            place,
            run,
        })
    }

    fn outcome(
        &self,
        mapping: &Mapping,
        queries: Option<&TrajectoryQueries>,
        rivals: Option<Rivals>,
    ) -> Result<Outcome> {
        let session = Session::open(&self.run.store())?;
        let stage = self.ui.stage("real side");
        let fidelity = session.fidelity(queries)?;
        stage.finish();
        let stage = self.ui.stage("ceiling");
        let ceiling = fidelity.ceiling(&mapping.kinds(), self.args.runs)?;
        let asker = self.place.asker("the model's ceiling");
        let ceiling = session.export(&self.place.vault()?, &asker, "fidelity", ceiling)?;
        stage.finish();
        let (mut ours, mut costs) = (Vec::new(), Vec::new());
        for &epsilon in &self.args.epsilon {
            let (sets, cost) = self.runs(epsilon, &session, &fidelity)?;
            ours.push(sets);
            costs.push(cost);
        }
        Ok(Outcome {
            classification: "INTERNAL",
            runs: self.args.runs,
            epsilons: self.args.epsilon.clone(),
            delta: self.args.delta,
            rows: rows(&ceiling, &ours, &rivals.unwrap_or_default()),
            costs,
        })
    }

    /// The figures of every run at an epsilon, and what the runs took.
    fn runs(
        &self,
        epsilon: Epsilon,
        session: &Session,
        fidelity: &Fidelity<'_>,
    ) -> Result<(Vec<Vec<Figure>>, Costs)> {
        let (vault, dir) = (self.place.vault()?, self.run.root());
        let (mut sets, mut fits, mut draws) = (Vec::new(), Vec::new(), Vec::new());
        for run in 1..=self.args.runs {
            let note = format!("epsilon {epsilon}, run {run} of {}", self.args.runs);
            self.place.grant(epsilon)?;
            let mut fit = self.place.erewhon()?;
            fit.arg("fit").arg(dir).arg("--yes");
            fit.args(["--epsilon", &epsilon.to_string()]);
            fits.push(self.place.timed(&fit, "fit", &note, self.ui)?.0);
            let mut draw = self.place.erewhon()?;
            draw.arg("generate").arg(dir);
            draw.args(["--seed", &run.to_string()]);
            draws.push(self.place.timed(&draw, "generate", &note, self.ui)?.0);
            let asker = self.place.asker(&note);
            let synthetic = load_synthetic(&self.run, session)?;
            let figures = fidelity.compare(&synthetic)?;
            let mut set = session.export(&vault, &asker, "fidelity", figures)?;
            let model = read_private_model(&self.run.model())?;
            let figures = fidelity.compare_tables(&model, &synthetic)?;
            set.extend(session.export(&vault, &asker, "fidelity", figures)?);
            sets.push(set);
            // The next fit is one of a run without a model.
            remove(&self.run.release())?;
        }
        let costs = Costs {
            epsilon,
            fit: medians(&fits),
            generate: medians(&draws),
        };
        Ok((sets, costs))
    }
}

/// A row for each figure: of the ceiling's sets, of `ours` at each epsilon, and of the rivals.
fn rows(ceiling: &[Vec<Figure>], ours: &[Vec<Vec<Figure>>], rivals: &Rivals) -> Vec<Row> {
    let row = |figure: &Figure| {
        let value = |set: &Vec<Figure>| set.iter().find(|other| other.id == figure.id)?.value;
        let spread = |sets: &[Vec<Figure>]| Spread::of(sets.iter().filter_map(value));
        let rival = |(name, metrics): (&String, &BTreeMap<&'static str, Spread>)| {
            Some((name.clone(), *metrics.get(figure.id.as_str())?))
        };
        Row {
            id: figure.id.clone(),
            title: figure.title.clone(),
            unit: figure.unit.clone(),
            better: figure.better,
            halves: figure.halves,
            ceiling: spread(ceiling),
            ours: ours.iter().map(|sets| spread(sets)).collect(),
            rivals: rivals.iter().filter_map(rival).collect(),
        }
    };
    // Every set has the same figures.
    ceiling.first().into_iter().flatten().map(row).collect()
}

fn table(outcome: &Outcome) -> String {
    let Outcome {
        runs,
        epsilons,
        delta,
        rows,
        costs,
        ..
    } = outcome;
    let names: BTreeSet<&String> = rows.iter().flat_map(|row| row.rivals.keys()).collect();
    let mut lines = vec![vec![
        String::new(),
        "halves".to_owned(),
        "ceiling".to_owned(),
    ]];
    if let Some(header) = lines.first_mut() {
        header.extend(epsilons.iter().map(|epsilon| format!("epsilon {epsilon}")));
        header.extend(names.iter().map(|&name| name.clone()));
    }
    let told = |spread: Option<&Spread>| spread.map_or_else(|| "-".to_owned(), Spread::to_string);
    for row in rows {
        let halves = row.halves.map_or_else(|| "-".to_owned(), sig3);
        let mut line = vec![row.name(), halves, told(row.ceiling.as_ref())];
        line.extend(row.ours.iter().map(|spread| told(spread.as_ref())));
        line.extend(names.iter().map(|&name| told(row.rivals.get(name))));
        lines.push(line);
    }
    type Told = fn(&Costs) -> f64;
    let cost: [(&str, Told); 4] = [
        ("fit, CPU s", |costs| costs.fit.cpu_s),
        ("fit, peak MiB", |costs| costs.fit.peak_mib),
        ("generate, CPU s", |costs| costs.generate.cpu_s),
        ("generate, peak MiB", |costs| costs.generate.peak_mib),
    ];
    for (name, of) in cost {
        let mut line = vec![name.to_owned(), String::new(), String::new()];
        line.extend(costs.iter().map(|costs| sig3(of(costs))));
        lines.push(line);
    }
    let shown = match runs {
        1 => "one run".to_owned(),
        _ => format!("medians of {runs} runs [lowest-highest]"),
    };
    format!(
        "{}{shown}; ↑ higher is better, ± best at 0. halves: two halves of the real subscribers; ceiling: the \
         model on exact tables{}.\nINTERNAL: compares with real subscribers; it must stay inside.\n",
        columns(&lines),
        delta.map_or_else(String::new, |delta| format!(
            "; noise is Gaussian, at delta {delta}"
        ))
    )
}

impl Row {
    fn name(&self) -> String {
        let unit = match self.unit.as_str() {
            "" => String::new(),
            unit => format!(", {unit}"),
        };
        let arrow = match self.better {
            Some(Better::Higher) => " ↑",
            Some(Better::Lower) => "",
            None => " ±",
        };
        format!("{}{unit}{arrow}", self.title)
    }
}

/// Lines of cells as columns, the first at the left and the others at the right of theirs.
fn columns(lines: &[Vec<String>]) -> String {
    let most = lines.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..most).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let mut written = String::new();
        for (column, (cell, &width)) in line.iter().zip(&widths).enumerate() {
            written += &match column {
                0 => format!("{cell:<width$}"),
                _ => format!("  {cell:>width$}"),
            };
        }
        text += written.trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(id: &str, value: Option<f64>) -> Figure {
        Figure {
            id: id.to_owned(),
            title: id.to_owned(),
            unit: String::new(),
            better: Some(Better::Lower),
            value,
            halves: None,
        }
    }

    #[test]
    fn rows_hold_what_bears_their_name() {
        let set = |a, b| vec![figure("b", b), figure("a", a)];
        let ours = [
            vec![set(Some(3.0), None), set(Some(1.0), Some(9.0))],
            vec![set(Some(5.0), None)],
        ];
        let spread = Spread::of([0.5]).unwrap();
        let rivals = Rivals::from([("r".to_owned(), BTreeMap::from([("a", spread)]))]);
        let ceiling = vec![figure("a", Some(0.1)), figure("b", None)];
        let rows = rows(&[ceiling], &ours, &rivals);
        let ceiling: Vec<_> = rows.iter().map(|row| row.ceiling).collect();
        assert_eq!(ceiling, [Spread::of([0.1]), None]);
        let medians = |row: &Row| row.ours.iter().map(|s| s.map(|s| s.median)).collect();
        let medians: Vec<Vec<_>> = rows.iter().map(medians).collect();
        assert_eq!(medians, [vec![Some(2.0), Some(5.0)], vec![Some(9.0), None]]);
        assert_eq!(rows[0].rivals["r"], spread);
        assert!(rows[1].rivals.is_empty());
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let line = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let text = columns(&[
            line(["", "×××", "c"]),
            line(["name", "1", "23"]),
            vec!["x".to_owned()],
        ]);
        assert_eq!(text, "      ×××   c\nname    1  23\nx\n");
    }
}
