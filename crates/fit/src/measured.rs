use erewhon_events::EventKind;
use erewhon_geo::Partition;
use erewhon_mobility::Public;
use erewhon_model::{
    Axis, CellShares, DAY_PARTS, MeasuredTable, Model, PAUSE_NAMES, PLACES, PairTable, SPREAD,
};
use erewhon_types::CellIx;

use crate::{
    days::{AWAY_NAMES, GAP_EDGES_S, NEAR_CELLS},
    plan::{CLASSES, Layout, Step},
    summary::{BLOCK_H, BLOCKS},
};

/// The answers of a fit as they came, in the order of its plan, with what their entries stand for.
///
/// `fitted` is what was made of them, and how many people entered.
pub(crate) fn measured(
    public: &Public<'_>,
    layout: &Layout,
    kinds: &[EventKind],
    answered: Vec<Vec<i64>>,
    fitted: (&Model, f64),
) -> Vec<MeasuredTable> {
    let mut tables = Vec::new();
    for ((step, planned), units) in layout.planned.iter().zip(answered) {
        let of_cell = |zones: &Partition| {
            let cells = (0..public.cells.len() as u32).map(CellIx);
            cells
                .map(|cell| zones.zone_of(cell).0)
                .collect::<Vec<u32>>()
        };
        let zone_of_cell = layout.zones(*step).map(of_cell);
        let mut left = units.as_slice();
        for (part, by) in axes(*step, layout, kinds).into_iter().enumerate() {
            let entries = by.iter().map(|axis| axis.labels.len()).product();
            let (units, rest) = left.split_at(entries);
            left = rest;
            let fitted_people = (zone_of_cell.as_ref())
                .and_then(|zones| people_fitted(*step, zones, fitted))
                // Who has no place of work is the second part of the table of pairs, of one entry as a lone
                // pair of zones has.
                .filter(|_| part == 0);
            tables.push(MeasuredTable {
                query: planned.query.name().to_owned(),
                by,
                zone_of_cell: zone_of_cell.clone(),
                units_per_person: planned.query.units_per_person(),
                units: units.to_vec(),
                fitted_people,
            });
        }
    }
    tables
}

/// The people of each entry by the model, where it has a table of that shape.
fn people_fitted(
    step: Step,
    zone_of_cell: &[u32],
    (model, people): (&Model, f64),
) -> Option<Vec<f64>> {
    let zones = zone_of_cell
        .iter()
        .max()
        .map_or(0, |zone| *zone as usize + 1);
    let by_zone = |shares: &CellShares, people: f64| {
        let mut sums = vec![0.0; zones];
        for (zone, share) in zone_of_cell.iter().zip(&shares.share) {
            sums[*zone as usize] += share * people;
        }
        sums
    };
    let without: f64 = (model.home.share.iter())
        .zip(&model.commute.zone_of_cell)
        .map(|(share, zone)| share * model.commute.rows[*zone as usize].none_share)
        .sum();
    let working = people * (1.0 - without);
    match step {
        Step::Home => Some(by_zone(&model.home, people)),
        Step::Work => Some([by_zone(&model.work, working), vec![people - working]].concat()),
        Step::Pairs => {
            let pairs: &PairTable = &model.routine.as_ref()?.pairs;
            Some(pairs.share.iter().map(|share| share * working).collect())
        }
        _ => None,
    }
}

/// The parts of a step's table, each with its axes.
fn axes(step: Step, layout: &Layout, kinds: &[EventKind]) -> Vec<Vec<Axis>> {
    let zones =
        |name: &str, zones: &Partition| axis(name, (0..zones.zones()).map(|z| z.to_string()));
    let work = || axis("has_work", ["yes", "no"]);
    let part = || axis("part_of_day", DAY_PARTS);
    let away = || axis("how_often_elsewhere", AWAY_NAMES);
    let from = || axis("from", PLACES);
    let to = || axis("to", PLACES.into_iter().chain(["elsewhere_other"]));
    let place = || axis("place", PLACES);
    let far = |coarse: &Partition| {
        let edges = between(&layout.distance.upper_edges_m);
        let bins = ["same_cell".to_owned()].into_iter().chain(edges);
        let bins = bins.chain(["none".to_owned()]);
        vec![vec![zones("home_zone", coarse), axis("distance_m", bins)]]
    };
    let nearness = |name: &str| {
        let lower = [0].iter().chain(&layout.upper_ranks);
        let bin = |(low, high): (&u32, &u32)| format!("{}-{high}", low + 1);
        axis(name, lower.zip(&layout.upper_ranks).map(bin))
    };
    let spread = SPREAD as i32;
    match step {
        Step::Subscribers => vec![vec![]],
        Step::Home => vec![vec![zones("home_zone", &layout.home)]],
        Step::Work => {
            let mut zones = zones("work_zone", &layout.work);
            zones.labels.push("none".to_owned());
            vec![vec![zones]]
        }
        Step::Commute => far(&layout.commute),
        Step::Other => far(&layout.other),
        Step::Activity => {
            // Whatever lies below the grid is counted in its first bin.
            let bins = |edges: &[f64]| between(&edges[1..]);
            vec![vec![
                axis("events_a_day", bins(&layout.activity.mean_edges)),
                axis("dispersion", bins(&layout.activity.dispersion_edges)),
            ]]
        }
        Step::ClassRound(_) => vec![vec![
            axis("class", (1..=CLASSES).map(|class| class.to_string())),
            axis("hour", (0..24).map(|hour| hour.to_string())),
        ]],
        Step::Presence => {
            let block = |block| format!("{}-{}", block * BLOCK_H, (block + 1) * BLOCK_H);
            vec![vec![
                axis("hours", (0..BLOCKS).map(block)),
                zones("zone", &layout.presence),
            ]]
        }
        Step::Kinds => vec![vec![axis("kind", kinds.iter().map(|kind| kind.name()))]],
        Step::Pairs => {
            let pairs = ["home_zone", "work_zone"].map(|name| zones(name, &layout.pairs));
            vec![pairs.to_vec(), vec![axis("work_zone", ["none"])]]
        }
        Step::First => vec![vec![work(), part(), place()], vec![away(), place()]],
        Step::Moves => vec![
            vec![work(), part(), from(), to()],
            vec![axis("pause", PAUSE_NAMES), from(), to()],
            vec![away(), from(), to()],
        ],
        Step::Gaps => vec![vec![axis("gap_s", between(&GAP_EDGES_S))]],
        Step::Near => vec![vec![axis(
            "nearness",
            (1..=NEAR_CELLS).map(|rank| rank.to_string()),
        )]],
        Step::Elsewhere => vec![
            vec![nearness("usual_nearness_rank")],
            vec![axis(
                "bins_farther",
                (-spread..=spread).map(|bins| bins.to_string()),
            )],
        ],
        Step::Habits => vec![vec![
            axis("openness", ["narrow", "middling", "wide"]),
            away(),
        ]],
        Step::Jumps => vec![vec![
            axis("from", ["not_elsewhere", "elsewhere"]),
            axis("pause", PAUSE_NAMES),
            nearness("nearness_rank"),
        ]],
    }
}

fn axis(name: &str, labels: impl IntoIterator<Item = impl Into<String>>) -> Axis {
    Axis {
        name: name.to_owned(),
        labels: labels.into_iter().map(Into::into).collect(),
    }
}

/// Bins from nought on, by their upper borders.
fn between(edges: &[f64]) -> Vec<String> {
    let lower = [0.0].into_iter().chain(edges.iter().copied());
    let bin = |(low, high): (f64, &f64)| format!("{}-{}", plain(low), plain(*high));
    lower.zip(edges).map(bin).collect()
}

/// To a thousandth, or whole from a hundred on.
fn plain(edge: f64) -> String {
    let step = if edge < 100.0 { 1000.0 } else { 1.0 };
    ((edge * step).round() / step).to_string()
}
