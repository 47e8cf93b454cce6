use erewhon_geo::{CellTable, Partition};
use erewhon_types::{CellIx, Result, Subscriber, ZoneIx};
use rand::seq::index::sample;

use crate::{
    Attack, AttackRow, People, Rate, ReleaseKind, RiskSpec,
    draw::{Group, draws_of},
    levels::{Level, levels},
    report::Figure,
    scene::MIN_TARGETS,
    stage::Stage,
    words,
};

/// Home cell and work cell of one subscriber.
#[derive(Clone, Copy)]
struct Anchored {
    at: (CellIx, CellIx),
    /// Tells whether a row is the person's own; no attacker looks here.
    who: Subscriber,
}

/// Everybody who has both anchors.
fn anchored(people: &People) -> Vec<Anchored> {
    let both = |row| {
        let found = people.anchors(row);
        Some(Anchored {
            at: found.home.zip(found.work)?,
            who: people.subscriber(row),
        })
    };
    (0..people.len()).filter_map(both).collect()
}

/// A3: how many share a person's home and work, and what do they tell?
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let Some(rows) = release.rows() else {
        return Ok(Attack::not_applicable(
            "tables have no rows to find a person in",
        ));
    };
    let told = |group| stage.told(rows, group).map(anchored);
    let (members, control) = (told(Group::Members)?, told(Group::Control)?);
    let (cells, held) = (scene.public.cells, anchored(&rows.people));
    Ok(match release.kind() {
        ReleaseKind::Synthetic => on_synthetic(cells, &members, &control, &held, &scene.spec),
        _ => on_records(cells, &members, &control, &held, &scene.spec),
    })
}

/// A (home, work) pair at one level.
type Pair = (ZoneIx, ZoneIx);

/// The pairs of a group at one level with whose they are, sorted.
struct Pairs(Vec<(Pair, Subscriber)>);

impl Pairs {
    fn of(people: &[Anchored], partition: &Partition) -> Self {
        let pair = |person: &Anchored| (zones_of(*person, partition), person.who);
        let mut pairs: Vec<_> = people.iter().map(pair).collect();
        pairs.sort_unstable();
        Self(pairs)
    }

    /// The subscribers with this pair.
    fn with(&self, pair: Pair) -> &[(Pair, Subscriber)] {
        let from = self.0.partition_point(|p| p.0 < pair);
        let to = self.0.partition_point(|p| p.0 <= pair);
        &self.0[from..to]
    }

    /// How many they are.
    fn count(&self, pair: Pair) -> usize {
        self.with(pair).len()
    }

    /// The most frequent work zone, by home zone.
    fn work_by_home(&self, zones: usize) -> Vec<Option<ZoneIx>> {
        let mut modes = vec![None; zones];
        for same_home in self.0.chunk_by(|a, b| a.0.0 == b.0.0) {
            let runs = same_home.chunk_by(|a, b| a.0.1 == b.0.1);
            if let Some(&((home, work), _)) =
                runs.max_by_key(|run| run.len()).and_then(|r| r.first())
            {
                modes[home.index()] = Some(work);
            }
        }
        modes
    }

    /// Subscribers by home zone and by work zone.
    fn margins(&self, zones: usize) -> (Vec<u32>, Vec<u32>) {
        let (mut homes, mut works) = (vec![0; zones], vec![0; zones]);
        for &((home, work), _) in &self.0 {
            homes[home.index()] += 1;
            works[work.index()] += 1;
        }
        (homes, works)
    }
}

fn zones_of(person: Anchored, partition: &Partition) -> Pair {
    let (home, work) = person.at;
    (partition.zone_of(home), partition.zone_of(work))
}

/// At most `spec.targets` people, drawn without replacement; the same at every level.
fn draw(people: &[Anchored], group: Group, spec: &RiskSpec) -> Vec<Anchored> {
    let mut rng = draws_of(spec.seed, "home_work", group);
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
    if held.is_empty() {
        return Attack::not_applicable(
            "no row of the release tells both a home and a work: too little of what it says stands in \
             nights and working hours",
        );
    }
    let enough = members.len() >= MIN_TARGETS;
    let (targets, outsiders) = (
        draw(members, Group::Members, spec),
        draw(control, Group::Control, spec),
    );
    let mut deciles = String::new();
    let (mut rows, mut figures) = (Vec::new(), Vec::new());
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
        let with = |person| pairs.with(zones_of(person, &level.partition));
        let own = |person: Anchored| matches!(with(person), [only] if only.1 == person.who);
        let alone = |person| set_size(person) == 1;
        let Some(rate_of_members) = rate(&targets, own) else {
            continue;
        };
        let strangers = rate(&targets, |person| alone(person) && !own(person));
        figures.extend(strangers.map(|rate| Figure {
            label: format!(
                "{}, a stranger's row taken for a member's, share",
                level.name
            ),
            value: rate.share(),
        }));
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
        figures,
        ..Attack::played(
            "The attacker knows where a person lives and works and looks for records with \
             these two anchors; success is exactly one, the person's own. For a control person, who \
             is not in the records, exactly one is a false match.",
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
    let (targets, outsiders) = (
        draw(members, Group::Members, spec),
        draw(control, Group::Control, spec),
    );
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
    use erewhon_geo::{Cell, Frame, ZoneTree};
    use proptest::prelude::*;

    fn row_of_cells(cells: u32) -> CellTable {
        let place = |i: u32| Cell::planar(i.to_string(), f64::from(i) * 1000.0, 0.0);
        CellTable::new(Frame::Planar, (0..cells).map(place).collect()).unwrap()
    }

    proptest! {
        #[test]
        fn pairs_agree_with_counting_one_by_one(
            people in prop::collection::vec((0u32..4, 0u32..4), 0..40),
        ) {
            let cells = row_of_cells(4);
            let partition = ZoneTree::build(&cells).partition(2);
            let people: Vec<Anchored> =
                (0..).map(Subscriber::new).zip(people).map(|(who, (h, w))| {
                    Anchored { at: (CellIx(h), CellIx(w)), who }
                }).collect();
            let pairs = Pairs::of(&people, &partition);
            let (homes, works) = pairs.margins(4);
            let modes = pairs.work_by_home(4);
            let count = |test: &dyn Fn(&Anchored) -> bool| people.iter().filter(|p| test(p)).count();
            for home in (0..4).map(CellIx) {
                let zone = |cell| partition.zone_of(cell);
                let sizes: Vec<usize> =
                    (0..4).map(|w| count(&|p| p.at == (home, CellIx(w)))).collect();
                for (work, size) in (0..4).map(CellIx).zip(&sizes) {
                    prop_assert_eq!(pairs.count((zone(home), zone(work))), *size);
                }
                prop_assert_eq!(homes[zone(home).index()] as usize, count(&|p| p.at.0 == home));
                prop_assert_eq!(works[zone(home).index()] as usize, count(&|p| p.at.1 == home));
                let most = sizes.iter().copied().max().filter(|&n| n > 0);
                let mode = modes[zone(home).index()];
                let of_mode = mode.map(|m| count(&|p| p.at.0 == home && zone(p.at.1) == m));
                prop_assert_eq!(of_mode, most);
            }
        }
    }
}
