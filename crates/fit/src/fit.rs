use erewhon_events::EventSource;
use erewhon_geo::{Partition, ZoneTree};
use erewhon_mobility::{Public, Track};
use erewhon_model::{
    ActivityTable, DistanceRow, DistanceTable, KindShare, Model, PresenceBlock, Provenance,
    PublicFrame, VERSION,
};
use erewhon_types::{CellIx, Error, Result};

use crate::{
    Ablation, FitSpec, Measure,
    activity::activity_shares,
    classes::Centres,
    days::{Days, Surroundings},
    measure::{Ablated, Answers, Paid, Sums},
    measured::measured,
    plan::{Layout, PlannedQuery, Step, first_charge, planned},
    project::{pool, shrink},
    routine::{RoutineTables, routine},
    statement,
    summary::{BLOCK_H, BLOCKS, Summary},
    zones::resolve,
};

/// A table as it came back: people per entry, and the sd of the noise on one.
pub(crate) struct Table {
    pub(crate) people: Vec<f64>,
    pub(crate) sd: f64,
}

impl Table {
    fn sum(&self) -> f64 {
        self.people.iter().sum()
    }

    /// The table's total as an estimate with its variance.
    fn total(&self) -> (f64, f64) {
        (self.sum(), self.people.len() as f64 * self.sd * self.sd)
    }
}

/// The subscribers of one fit, behind the answers: the only way to ask anything about them.
struct Asker<'a> {
    summaries: Vec<Summary>,
    /// What came back, in the order of the plan.
    answered: Vec<Vec<i64>>,
    answers: &'a mut dyn Answers,
    progress: &'a mut dyn FnMut(&str),
}

impl Asker<'_> {
    fn ask(
        &mut self,
        planned: &PlannedQuery,
        contribution: impl Fn(&Summary) -> Vec<(u32, u32)>,
    ) -> Result<Table> {
        let query = &planned.query;
        (self.progress)(query.name());
        let mut each = self.summaries.iter().map(contribution);
        let units = self.answers.answer(planned, &mut each)?;
        let per_person = f64::from(query.units_per_person());
        let table = Table {
            people: units.iter().map(|&u| u as f64 / per_person).collect(),
            sd: self.answers.sd_people(planned),
        };
        self.answered.push(units);
        Ok(table)
    }
}

/// Fits a model of routines, or of the WHERE family as `spec` says (after Mir et al., IEEE BigData
/// 2013), with every bound taken for one subscriber over the whole window.
///
/// The model's numbers of people are those of everybody, the control group of `spec` among them.
/// `tree` must be built of `public.cells`. `progress` is called with the name of each query before
/// it is asked, and never with anything that depends on records.
///
/// # Privacy
/// Neighbours: add or remove all records of one subscriber. Each query is asked once with its share of
/// what `spec.epsilon` comes to, in epsilon or, at `spec.delta`, in rho; sequential composition in that
/// measure. Everything after a
/// measured table is post-processing. Reading the source costs nothing because nothing of it is
/// looked at but through `measure`. Proof: fit.proof.md
///
/// # Errors
/// Usage, when no kind is declared; internal, when the measure answers another question than it was
/// asked; what reading the source, the measure or the split of epsilon fails with.
pub fn fit(
    public: &Public<'_>,
    tree: &ZoneTree,
    source: &dyn EventSource,
    spec: &FitSpec,
    measure: &mut dyn Measure,
    progress: &mut dyn FnMut(&str),
) -> Result<Model> {
    fit_by(public, tree, source, spec, &mut Paid(measure), progress)
}

/// The same model on exact tables, as a reference that stays inside: it is marked internal.
///
/// # Privacy
/// None. Keep what follows from it in an `Exact`.
///
/// # Errors
/// As [`fit()`], but for the measure.
pub fn fit_exactly(
    public: &Public<'_>,
    tree: &ZoneTree,
    source: &dyn EventSource,
    spec: &FitSpec,
) -> Result<Model> {
    fit_by(public, tree, source, spec, &mut Sums, &mut |_| {})
}

/// The same model with one query answered otherwise, to see what that query is worth: marked internal.
///
/// # Privacy
/// None where the answer is exact. Keep what follows from it in an `Exact`.
///
/// # Errors
/// As [`fit()`]; usage, when the plan has no such query, or its answer can't be left blank: without a number
/// of events there is nothing to draw.
pub fn fit_ablated(
    public: &Public<'_>,
    tree: &ZoneTree,
    source: &dyn EventSource,
    spec: &FitSpec,
    (query, ablation): (&str, Ablation),
    measure: &mut dyn Measure,
) -> Result<Model> {
    let steps = Step::all(spec);
    let can = |step: &Step| *step != Step::Activity || ablation != Ablation::Blank;
    if !steps.iter().any(|step| step.name() == query && can(step)) {
        let names: Vec<&str> = steps.into_iter().map(Step::name).collect();
        let hint = format!("the plan asks {}", names.join(", "));
        let what = format!("no fit can do with `{query}` as {ablation:?}");
        return Err(Error::usage(what).with_hint(hint));
    }
    let mut answers = Ablated {
        paid: Paid(measure),
        query,
        ablation,
    };
    fit_by(public, tree, source, spec, &mut answers, &mut |_| {})
}

fn fit_by(
    public: &Public<'_>,
    tree: &ZoneTree,
    source: &dyn EventSource,
    spec: &FitSpec,
    answers: &mut dyn Answers,
    progress: &mut dyn FnMut(&str),
) -> Result<Model> {
    let noise = answers.noise();
    let (_, first) = first_charge(spec)?;
    progress("summaries");
    let mut summaries = Vec::new();
    let has_routine = spec.places.has_routine();
    let routine = has_routine.then(|| Surroundings::new(public.cells));
    source.visit(&mut |history| {
        let track = Track::new(*public, history);
        summaries.extend(Summary::of(&track, spec, routine.as_ref()));
        Ok(())
    })?;
    let mut asker = Asker {
        summaries,
        answered: Vec::new(),
        answers,
        progress,
    };

    let first = planned(Step::Subscribers, 1, first, noise)?;
    let counted = asker.ask(&first, |_| vec![(0, 1)])?;
    let layout = Layout::choose(public, tree, spec, noise, counted.sum().max(1.0))?;
    let tables = ask_all(public, &layout, &mut asker, counted)?;
    // From here on nobody is there to be asked.
    let Asker {
        answered, answers, ..
    } = asker;
    let is_paid = answers.is_paid();
    let (mut model, people) = assemble(public, tree, spec, is_paid, &layout, &tables);
    if is_paid {
        model.measured = measured(public, &layout, &spec.kinds, answered, (&model, people));
    }
    Ok(model)
}

/// All measured tables; from here on records are out of reach.
struct Tables {
    counted: Table,
    home: Table,
    work: Table,
    commute: Table,
    activity: Table,
    classes: Centres,
    presence: Option<Table>,
    kinds: Option<Table>,
    other: Option<Table>,
    routine: Option<RoutineTables>,
}

fn ask_all(
    public: &Public<'_>,
    layout: &Layout,
    asker: &mut Asker<'_>,
    counted: Table,
) -> Result<Tables> {
    let cells = public.cells;
    let query = |step: Step| layout.need(step);
    let one = |entry: u32| vec![(entry, 1)];
    let home = asker.ask(query(Step::Home)?, |s| one(layout.home.zone_of(s.home).0))?;
    let work = asker.ask(query(Step::Work)?, |s| {
        one(s
            .work
            .map_or(layout.work.zones() as u32, |w| layout.work.zone_of(w).0))
    })?;
    let far = |zones: &Partition, home: CellIx, place: Option<CellIx>| {
        one(layout.distance.table_entry(cells, zones, home, place))
    };
    let commute = asker.ask(query(Step::Commute)?, |s| {
        far(&layout.commute, s.home, s.work)
    })?;
    let activity = asker.ask(query(Step::Activity)?, |s| {
        one(layout.activity.entry(s.mean, s.dispersion))
    })?;
    let mut classes = Centres::public();
    for round in 1..=crate::plan::CLASS_ROUNDS {
        let table = asker.ask(query(Step::ClassRound(round))?, |s| {
            classes.contribution(&s.hours)
        })?;
        classes = classes.updated(&table);
    }
    let zones = layout.presence.zones() as u32;
    let presence = match layout.query(Step::Presence) {
        Some(query) => Some(asker.ask(query, |s| {
            let entry = |&(block, cell, units): &(u8, CellIx, u32)| {
                let zone = layout.presence.zone_of(cell).0;
                (u32::from(block) * zones + zone, units)
            };
            s.presence.iter().map(entry).collect()
        })?),
        None => None,
    };
    let kinds = match layout.query(Step::Kinds) {
        Some(query) => Some(asker.ask(query, |s| s.kinds.to_vec())?),
        None => None,
    };
    let other = match layout.query(Step::Other) {
        Some(query) => Some(asker.ask(query, |s| far(&layout.other, s.home, s.other))?),
        None => None,
    };
    let routine = match layout.query(Step::Pairs) {
        Some(_) => Some(ask_routine(layout, asker)?),
        None => None,
    };
    Ok(Tables {
        routine,
        counted,
        home,
        work,
        commute,
        activity,
        classes,
        presence,
        kinds,
        other,
    })
}

fn ask_routine(layout: &Layout, asker: &mut Asker<'_>) -> Result<RoutineTables> {
    let zones = layout.pairs.zones() as u32;
    let pairs = asker.ask(layout.need(Step::Pairs)?, |s| {
        let pair = s.work.map(|work| {
            let [from, to] = [s.home, work].map(|cell| layout.pairs.zone_of(cell).0);
            from * zones + to
        });
        vec![(pair.unwrap_or(zones * zones), 1)]
    })?;
    let mut days = |step: Step, units: fn(&Days) -> &[(u32, u32)]| {
        let of = |s: &Summary| {
            s.days
                .as_ref()
                .map_or_else(Vec::new, |days| units(days).to_vec())
        };
        asker.ask(layout.need(step)?, of)
    };
    Ok(RoutineTables {
        first: days(Step::First, |days| &days.first)?,
        moves: days(Step::Moves, |days| &days.moves)?,
        gaps: days(Step::Gaps, |days| &days.gaps)?,
        near: days(Step::Near, |days| &days.near)?,
        elsewhere: days(Step::Elsewhere, |days| &days.elsewhere)?,
        jumps: days(Step::Jumps, |days| &days.jumps)?,
        habits: asker.ask(layout.need(Step::Habits)?, |s| {
            s.days.iter().map(|days| (days.habit, 1)).collect()
        })?,
        pairs,
    })
}

/// The model of what was measured, and how many entered.
fn assemble(
    public: &Public<'_>,
    tree: &ZoneTree,
    spec: &FitSpec,
    is_paid: bool,
    layout: &Layout,
    tables: &Tables,
) -> (Model, f64) {
    // All of these count the same people once each.
    let mut counts = vec![
        tables.counted.total(),
        tables.home.total(),
        tables.work.total(),
        tables.commute.total(),
        tables.activity.total(),
    ];
    counts.extend(tables.routine.as_ref().map(|tables| tables.pairs.total()));
    let people = pool(&counts).max(1.0);
    let home = resolve(
        tree,
        &layout.home,
        &tables.home.people,
        tables.home.sd,
        people,
    );
    let zones = layout.work.zones();
    let at_work = &tables.work.people[..zones];
    let workers = (people - tables.work.people[zones]).clamp(1.0, people);
    let work = resolve(tree, &layout.work, at_work, tables.work.sd, workers);
    let bins = layout.distance.entries();
    let uniform = |entries: usize| vec![1.0 / entries as f64; entries];
    let far = |zones: &Partition, table: &Table| {
        distance_table(public, layout, zones, table, &uniform(bins))
    };
    let commute = far(&layout.commute, &tables.commute);
    let activity = activity_shares(
        &tables.activity.people,
        tables.activity.sd,
        layout.activity.dispersion_edges.len() - 1,
        people,
    );
    let even = uniform(spec.kinds.len());
    let kinds = match &tables.kinds {
        Some(table) => shrink(&table.people, table.sd, &even, people),
        None => even,
    };
    let everybody = people / spec.members_share();
    let subscribers = (everybody.round() as u64).max(1);
    let model = Model {
        version: VERSION.to_owned(),
        frame: PublicFrame {
            frame: public.cells.frame(),
            cells: public.cells.without_others(),
            window: public.calendar.window().clone(),
        },
        subscribers,
        other: tables.other.as_ref().map(|table| far(&layout.other, table)),
        activity: ActivityTable {
            mean_edges: layout.activity.mean_edges.clone(),
            dispersion_edges: layout.activity.dispersion_edges.clone(),
            share: activity,
        },
        classes: tables.classes.classes(),
        presence: match &tables.presence {
            Some(table) => presence_blocks(tree, layout, table, people),
            None => Vec::new(),
        },
        routine: tables.routine.as_ref().map(|tables| {
            let cells = (0..public.cells.len() as u32).map(CellIx);
            let zones = cells.map(|cell| layout.pairs.zone_of(cell).0).collect();
            let ranks = &layout.upper_ranks;
            routine(public.cells, tables, zones, ranks, (&home, &work, &commute))
        }),
        kinds: (spec.kinds.iter())
            .zip(kinds)
            .map(|(kind, share)| KindShare {
                kind: kind.name().to_owned(),
                share,
            })
            .collect(),
        provenance: match is_paid {
            false => Provenance::Internal,
            true => Provenance::Private(Box::new(statement::write(
                public,
                tree,
                spec,
                layout,
                subscribers,
                &home,
            ))),
        },
        home,
        work,
        commute,
        measured: Vec::new(),
    };
    (model, people)
}

/// Rows of thin zones lean on the whole region's distances.
fn distance_table(
    public: &Public<'_>,
    layout: &Layout,
    zones: &Partition,
    table: &Table,
    guess: &[f64],
) -> DistanceTable {
    let bins = layout.distance.entries();
    let rows: Vec<&[f64]> = table.people.chunks(bins).collect();
    let mut region = vec![0.0; bins];
    for row in &rows {
        for (sum, value) in region.iter_mut().zip(*row) {
            *sum += value;
        }
    }
    let total: f64 = region.iter().sum();
    let sd_region = table.sd * (rows.len() as f64).sqrt();
    let region = shrink(&region, sd_region, guess, total);
    let to_row = |counts: &&[f64]| {
        let total: f64 = counts.iter().sum();
        let share = if total > 0.0 {
            shrink(counts, table.sd, &region, total)
        } else {
            region.clone()
        };
        DistanceRow {
            same_place_share: share[0],
            bin_share: share[1..bins - 1].to_vec(),
            none_share: share[bins - 1],
        }
    };
    DistanceTable {
        zone_of_cell: (0..public.cells.len() as u32)
            .map(|cell| zones.zone_of(CellIx(cell)).0)
            .collect(),
        upper_edges_m: layout.distance.upper_edges_m.clone(),
        rows: rows.iter().map(to_row).collect(),
    }
}

fn presence_blocks(
    tree: &ZoneTree,
    layout: &Layout,
    table: &Table,
    people: f64,
) -> Vec<PresenceBlock> {
    let zones = layout.presence.zones();
    let block = |(number, counts): (usize, &[f64])| {
        let active = counts.iter().sum::<f64>().clamp(0.0, people);
        PresenceBlock {
            first_hour: (number * BLOCK_H) as u8,
            length_h: BLOCK_H as u8,
            active_share: active / people,
            cells: resolve(tree, &layout.presence, counts, table.sd, active),
        }
    };
    let blocks: Vec<&[f64]> = table.people.chunks(zones).collect();
    debug_assert_eq!(blocks.len(), BLOCKS);
    blocks.into_iter().enumerate().map(block).collect()
}

#[cfg(test)]
mod tests;
