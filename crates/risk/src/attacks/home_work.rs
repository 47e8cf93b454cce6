use erewhon_geo::{CellTable, Partition, ZoneTree};
use erewhon_types::{CellIx, Result, ZoneIx};
use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;

use crate::{
    Attack, AttackRow, Rate, Release, ReleaseKind, RiskSpec, Scene, scene::MIN_TARGETS, words,
};

/// Home cell and work cell of one subscriber.
type Anchored = (CellIx, CellIx);

/// A3: how many share a person's home and work, and what do they tell?
pub(crate) fn play(scene: &Scene<'_>, release: &Release) -> Result<Attack> {
    let Some(rows) = release.rows() else {
        return Ok(Attack::not_applicable(
            "tables have no rows to find a person in",
        ));
    };
    let (members, control) = (scene.members.anchored(), scene.control.anchored());
    let (cells, held) = (scene.public.cells, rows.people.anchored());
    Ok(match release.kind() {
        ReleaseKind::Synthetic => on_synthetic(cells, &members, &control, &held, &scene.spec),
        _ => on_records(cells, &members, &control, &held, &scene.spec),
    })
}

/// One coarseness of place.
pub(crate) struct Level {
    pub(crate) name: String,
    pub(crate) partition: Partition,
}

/// Cells, then at most 64, then at most 16 zones; a level that is no coarser is left out.
pub(crate) fn levels(cells: &CellTable) -> Vec<Level> {
    let tree = ZoneTree::build(cells);
    let mut levels: Vec<Level> = Vec::new();
    for depth in [tree.depth(), 6, 4] {
        let partition = tree.partition(depth);
        if levels
            .last()
            .is_some_and(|l| l.partition.zones() <= partition.zones())
        {
            continue;
        }
        let name = match partition.zones() {
            zones if zones == cells.len() => "cell".to_owned(),
            zones => format!("{zones} zones"),
        };
        levels.push(Level { name, partition });
    }
    levels
}

/// The (home, work) pairs of a group at one level, sorted.
struct Pairs(Vec<(ZoneIx, ZoneIx)>);

impl Pairs {
    fn of(people: &[Anchored], partition: &Partition) -> Self {
        let mut pairs: Vec<_> = people.iter().map(|&p| zones_of(p, partition)).collect();
        pairs.sort_unstable();
        Self(pairs)
    }

    /// Subscribers with this pair.
    fn count(&self, pair: (ZoneIx, ZoneIx)) -> usize {
        let from = self.0.partition_point(|&p| p < pair);
        let to = self.0.partition_point(|&p| p <= pair);
        to - from
    }

    /// The most frequent work zone, by home zone.
    fn work_by_home(&self, zones: usize) -> Vec<Option<ZoneIx>> {
        let mut modes = vec![None; zones];
        for same_home in self.0.chunk_by(|a, b| a.0 == b.0) {
            let runs = same_home.chunk_by(|a, b| a.1 == b.1);
            if let Some(&(home, work)) = runs.max_by_key(|run| run.len()).and_then(|r| r.first()) {
                modes[home.index()] = Some(work);
            }
        }
        modes
    }

    /// Subscribers by home zone and by work zone.
    fn margins(&self, zones: usize) -> (Vec<u32>, Vec<u32>) {
        let (mut homes, mut works) = (vec![0; zones], vec![0; zones]);
        for &(home, work) in &self.0 {
            homes[home.index()] += 1;
            works[work.index()] += 1;
        }
        (homes, works)
    }
}

fn zones_of((home, work): Anchored, partition: &Partition) -> (ZoneIx, ZoneIx) {
    (partition.zone_of(home), partition.zone_of(work))
}

/// At most `spec.targets` people, drawn without replacement; the same at every level.
fn draw(people: &[Anchored], group: u64, spec: &RiskSpec) -> Vec<Anchored> {
    let mut rng = ChaCha8Rng::seed_from_u64(spec.seed);
    rng.set_stream(u64::MAX - group);
    let targets = people.len().min(spec.targets as usize);
    sample(&mut rng, people.len(), targets)
        .into_iter()
        .map(|row| people[row])
        .collect()
}

/// Hits among targets; one try a person, so the tries are as independent as the people.
fn rate(targets: &[Anchored], success: impl Fn(Anchored) -> bool) -> Option<Rate> {
    let hits = targets.iter().filter(|&&target| success(target)).count();
    Rate::of(hits as u64, targets.len() as u64)
}

/// A3 on the pseudonymised records: how many share a person's home and work?
fn on_records(
    cells: &CellTable,
    members: &[Anchored],
    control: &[Anchored],
    held: &[Anchored],
    spec: &RiskSpec,
) -> Attack {
    let enough = members.len() >= MIN_TARGETS && !held.is_empty();
    let (targets, outsiders) = (draw(members, 0, spec), draw(control, 1, spec));
    let mut deciles = String::new();
    let mut rows = Vec::new();
    for level in levels(cells).into_iter().filter(|_| enough) {
        let pairs = Pairs::of(held, &level.partition);
        let set_size = |person| pairs.count(zones_of(person, &level.partition));
        let mut sizes: Vec<usize> = members.iter().map(|&person| set_size(person)).collect();
        sizes.sort_unstable();
        let quantile = |tenths: usize| sizes[(sizes.len() - 1) * tenths / 10];
        if deciles.is_empty() {
            deciles = (1..=9)
                .map(|t| quantile(t).to_string())
                .collect::<Vec<_>>()
                .join(", ");
        }
        let alone = |person| set_size(person) == 1;
        let Some(rate_of_members) = rate(&targets, alone) else {
            continue;
        };
        let control = (control.len() >= MIN_TARGETS)
            .then(|| rate(&outsiders, alone))
            .flatten();
        let label = format!("{}, median set {}", level.name, quantile(5));
        let guess = 1.0 / held.len() as f64;
        rows.push(AttackRow::new(label, rate_of_members, control, guess));
    }
    let verdict = rows.first().map_or_else(String::new, |row| {
        format!(
            "{} of the subscribers with a home and a work anchor share this pair of cells with \
             nobody else; the deciles of the number who share a pair are {deciles}.",
            words::share(&row.members)
        )
    });
    Attack {
        verdict,
        ..Attack::played(
            "The attacker knows where a person lives and works and looks for records with \
             these two anchors; success is exactly one. For a control person, who is not in \
             the records, a success is a false match.",
            "have both a home and a work anchor",
            rows,
        )
    }
}

/// A3 and inference on the synthetic records: do they hold members' pairs, or tell their work?
fn on_synthetic(
    cells: &CellTable,
    members: &[Anchored],
    control: &[Anchored],
    synthetic: &[Anchored],
    spec: &RiskSpec,
) -> Attack {
    let enough = [members, control, synthetic]
        .iter()
        .all(|group| group.len() >= MIN_TARGETS);
    let (targets, outsiders) = (draw(members, 0, spec), draw(control, 1, spec));
    let (mut same_pair, mut told_work) = (Vec::new(), Vec::new());
    for level in levels(cells).into_iter().filter(|_| enough) {
        let Level { name, partition } = level;
        let place = |person| zones_of(person, &partition);
        let pairs = Pairs::of(synthetic, &partition);
        let (homes, works) = pairs.margins(partition.zones());
        let by_home = pairs.work_by_home(partition.zones());
        let people = synthetic.len() as f64;
        let most = works.iter().copied().max().unwrap_or(0);
        let usual_work = works
            .iter()
            .position(|&n| n == most)
            .map(|z| ZoneIx(z as u32));

        let present = |person| pairs.count(place(person)) > 0;
        // What is met when as many homes and works are paired at random.
        let by_chance = |person| {
            let (home, work) = place(person);
            let (h, w) = (
                f64::from(homes[home.index()]),
                f64::from(works[work.index()]),
            );
            1.0 - (1.0 - h * w / (people * people)).powf(people)
        };
        let mean = targets.iter().map(|&p| by_chance(p)).sum::<f64>() / targets.len() as f64;
        same_pair.extend(row(
            format!("same pair, {name}"),
            rate(&targets, present),
            rate(&outsiders, present),
            mean,
        ));

        let told = |person| {
            let (home, work) = place(person);
            by_home[home.index()].or(usual_work) == Some(work)
        };
        let usual = rate(&targets, |person| usual_work == Some(place(person).1));
        told_work.extend(row(
            format!("work from home, {name}"),
            rate(&targets, told),
            rate(&outsiders, told),
            usual.map_or(0.0, |rate| rate.share()),
        ));
    }
    let mut rows = same_pair;
    rows.append(&mut told_work);
    Attack::played(
        "Same pair: the attacker knows where a person lives and works and asks whether \
         any synthetic subscriber has both. Work from home: the attacker knows only \
         where the person lives and guesses the most frequent work place of the \
         synthetic subscribers who live there.",
        "have both a home and a work anchor",
        rows,
    )
}

fn row(
    label: String,
    members: Option<Rate>,
    control: Option<Rate>,
    random_guess: f64,
) -> Option<AttackRow> {
    Some(AttackRow::new(
        label,
        members?,
        Some(control?),
        random_guess,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use erewhon_geo::{Cell, Frame};
    use proptest::prelude::*;

    fn row_of_cells(cells: u32) -> CellTable {
        let place = |i: u32| Cell::planar(i.to_string(), f64::from(i) * 1000.0, 0.0);
        CellTable::new(Frame::Planar, (0..cells).map(place).collect()).unwrap()
    }

    #[test]
    fn levels_get_coarser_and_never_repeat() {
        let names = |cells| -> Vec<String> {
            let levels = levels(&row_of_cells(cells));
            levels.into_iter().map(|level| level.name).collect()
        };
        assert_eq!(names(200), ["cell", "64 zones", "16 zones"]);
        assert_eq!(names(50), ["cell", "16 zones"]);
        assert_eq!(names(9), ["cell"]);
        assert_eq!(names(1), ["cell"]);
    }

    proptest! {
        #[test]
        fn pairs_agree_with_counting_one_by_one(
            people in prop::collection::vec((0u32..4, 0u32..4), 0..40),
        ) {
            let cells = row_of_cells(4);
            let partition = ZoneTree::build(&cells).partition(2);
            let people: Vec<Anchored> =
                people.into_iter().map(|(h, w)| (CellIx(h), CellIx(w))).collect();
            let pairs = Pairs::of(&people, &partition);
            let (homes, works) = pairs.margins(4);
            let modes = pairs.work_by_home(4);
            let count = |test: &dyn Fn(&Anchored) -> bool| people.iter().filter(|p| test(p)).count();
            for home in (0..4).map(CellIx) {
                let zone = |cell| partition.zone_of(cell);
                let sizes: Vec<usize> =
                    (0..4).map(|w| count(&|&p| p == (home, CellIx(w)))).collect();
                for (work, size) in (0..4).map(CellIx).zip(&sizes) {
                    prop_assert_eq!(pairs.count((zone(home), zone(work))), *size);
                }
                prop_assert_eq!(homes[zone(home).index()] as usize, count(&|p| p.0 == home));
                prop_assert_eq!(works[zone(home).index()] as usize, count(&|p| p.1 == home));
                let most = sizes.iter().copied().max().filter(|&n| n > 0);
                let mode = modes[zone(home).index()];
                let of_mode = mode.map(|m| count(&|&p| p.0 == home && zone(p.1) == m));
                prop_assert_eq!(of_mode, most);
            }
        }
    }
}
