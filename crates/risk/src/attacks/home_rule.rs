use erewhon_geo::{CellTable, Frame};
use erewhon_types::{CellIx, Result};
use rand::{RngExt, seq::index::sample};

use crate::{
    Attack, AttackRow, People, Rate, ReleaseKind, RiskSpec,
    draw::{Group, draws, draws_of},
    likeness::cells,
    people::Home,
    scene::MIN_TARGETS,
    stage::Stage,
    stats::median,
    words,
};

/// How near is near enough, in metres.
const RADII_M: [f64; 3] = [0.0, 1000.0, 3000.0];

/// Which anchor is asked for.
type Anchor = fn(Home) -> Option<CellIx>;

/// A4: does the public rule find in a person's row the home and work that it finds in his true records?
///
/// The attacker has the row of the person, by whatever linkage, and the rule. Time goes with targets.
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let rows = match (release.kind(), release.rows()) {
        (ReleaseKind::Records, Some(rows)) => &rows.people,
        (ReleaseKind::Synthetic, _) => {
            return Ok(Attack::not_applicable(
                "a synthetic row is nobody's, so there is no home of its person to tell",
            ));
        }
        _ => {
            return Ok(Attack::not_applicable(
                "tables have no rows to find a home in",
            ));
        }
    };
    let table = scene.public.cells;
    let placed = table.frame() != Frame::Schematic;
    let mut attack_rows = Vec::new();
    let mut far_m = Vec::new();
    let mut silent = None;
    let anchors: [(&str, Anchor); 2] = [("home", |found| found.home), ("work", |found| found.work)];
    for (rank, (name, anchor)) in anchors.into_iter().enumerate() {
        let ask = Ask { rows, anchor, rank };
        let members = ask.targets(&scene.members, &scene.spec, Group::Members);
        let control = ask.targets(&scene.control, &scene.spec, Group::Control);
        let Some(usual) = ask.most_common().filter(|_| members.len() >= MIN_TARGETS) else {
            continue;
        };
        let told: Vec<(CellIx, Option<CellIx>)> = members
            .iter()
            .map(|&(row, truth)| (truth, ask.of_own_row(&scene.members, row)))
            .collect();
        // An outsider has no row; whoever takes one at random for his is right by chance.
        let mut rng = draws(scene.spec.seed, "rows of strangers", 0);
        let strangers: Vec<(CellIx, Option<CellIx>)> = control
            .iter()
            .map(|&(_, truth)| (truth, ask.of(rng.random_range(0..rows.len()))))
            .collect();
        for radius_m in RADII_M
            .into_iter()
            .filter(|&radius_m| placed || radius_m == 0.0)
        {
            let rate = |pairs: &[(CellIx, Option<CellIx>)]| {
                let near = |&&(truth, told): &&(CellIx, Option<CellIx>)| {
                    told.is_some_and(|told| is_near(table, truth, told, radius_m))
                };
                Rate::of(pairs.iter().filter(near).count() as u64, pairs.len() as u64)
            };
            let Some(hit) = rate(&told) else { continue };
            let guessed: Vec<_> = members
                .iter()
                .map(|&(_, truth)| (truth, Some(usual)))
                .collect();
            let outsiders = (control.len() >= MIN_TARGETS)
                .then(|| rate(&strangers))
                .flatten();
            let label = match radius_m {
                0.0 => format!("{name}, the very cell"),
                _ => format!("{name}, within {} km", radius_m / 1000.0),
            };
            let guess = rate(&guessed).map_or(0.0, |rate| rate.share());
            attack_rows.push(AttackRow::new(label, hit, outsiders, guess));
        }
        if name == "home" {
            let distances = told
                .iter()
                .filter_map(|&(truth, told)| Some((truth, told?)));
            far_m = distances.map(|(a, b)| table.distance_m(a, b)).collect();
            let tells = |row: usize| {
                let own = rows.find(scene.members.subscriber(row))?;
                anchor(rows.anchors(own))
            };
            let without = members.iter().filter(|&&(row, _)| tells(row).is_none());
            silent = Some(without.count() as f64 / members.len().max(1) as f64);
        }
    }
    let mut attack = Attack::played(
        "The attacker has found the row of a person, and asks it by a public rule where the person \
         lives and works: most days in night hours, and in working hours; where it tells neither, by what \
         is visited most. Success is the place that \
         the rule finds in the person's true records. For a control person, who has no row, a row \
         is taken at random.",
        "have such an anchor",
        attack_rows,
    );
    if let Some(row) = attack.rows.first() {
        attack.verdict = format!(
            "Whoever finds a person's row reads the person's home cell from it in {} of cases.",
            words::share(&row.members)
        );
    }
    if let Some(silent) = silent {
        attack = attack.with_figure("members whose row tells no home by the rule, share", silent);
    }
    if placed && !far_m.is_empty() {
        attack = attack.with_figure(
            "median distance of the home told from the true one, m",
            median(far_m),
        );
    }
    Ok(attack)
}

fn is_near(cells: &CellTable, a: CellIx, b: CellIx, radius_m: f64) -> bool {
    a == b || radius_m > 0.0 && cells.are_within_m(a, b, radius_m)
}

/// One anchor, asked of the rows of a release.
struct Ask<'a> {
    rows: &'a People,
    anchor: Anchor,
    /// Where a row tells no anchor, which of its most visited cells is taken for it.
    rank: usize,
}

impl Ask<'_> {
    /// People who have the anchor in their true records, each with its cell.
    fn targets(&self, people: &People, spec: &RiskSpec, group: Group) -> Vec<(usize, CellIx)> {
        let anchored =
            (0..people.len()).filter_map(|row| Some((row, (self.anchor)(people.anchors(row))?)));
        let able: Vec<(usize, CellIx)> = anchored.collect();
        let mut rng = draws_of(spec.seed, "home_rule", group);
        let drawn = sample(&mut rng, able.len(), able.len().min(spec.targets as usize));
        drawn.into_iter().map(|chosen| able[chosen]).collect()
    }

    /// What a row says. Spans may be so long that none has its middle in the hours of the rule; then the most
    /// visited cell stands for home and the next for work.
    fn of(&self, row: usize) -> Option<CellIx> {
        (self.anchor)(self.rows.anchors(row)).or_else(|| {
            let mut often = cells(self.rows.of(row));
            often.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            often.get(self.rank).map(|&(cell, _)| CellIx(cell))
        })
    }

    /// What the person's own row says.
    fn of_own_row(&self, people: &People, row: usize) -> Option<CellIx> {
        self.of(self.rows.find(people.subscriber(row))?)
    }

    /// What most rows say; the lower cell where two are equal.
    fn most_common(&self) -> Option<CellIx> {
        let all = (0..self.rows.len()).filter_map(|row| self.of(row));
        let mut all: Vec<CellIx> = all.collect();
        all.sort_unstable();
        let groups = all.chunk_by(|a, b| a == b).rev();
        groups.max_by_key(|group| group.len())?.first().copied()
    }
}
