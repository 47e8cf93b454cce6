use std::ops::Range;

use erewhon_geo::Partition;
use erewhon_types::{Local, Result, Subscriber};
use rand::seq::index::sample;

use crate::levels::levels;
use crate::{
    Attack, AttackRow, People, Rate, ReleaseKind, Scene,
    draw::{Group, draws_of},
    scene::MIN_TARGETS,
    stage::Stage,
    views::end_s,
    words,
};

/// Most places the attacker knows.
const MOST: usize = 3;

/// The most visited zones of a person, most visited first; `u32::MAX` stands for none.
type Top = [u32; MOST];

const NONE: u32 = u32::MAX;

/// A2: how many share a person's most visited places, and what do they tell?
///
/// The attacker has the 1 to 3 places that a person visits most, and the release. From real records he
/// takes the most visited places of each row; time goes with the records, once a level and window.
/// Zang and Bolot, "Anonymization of location data does not work", MobiCom 2011: among 25 million
/// subscribers the first place is safe and the second and third make small sets by cell; the remedies
/// are coarser places *or* shorter windows, so both are swept.
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let Some(rows) = release.rows() else {
        return Ok(Attack::not_applicable(
            "tables have no rows to find a person in",
        ));
    };
    if rows.people.len() < MIN_TARGETS {
        return Ok(Attack::played("", "visit enough places", Vec::new()));
    }
    let told = [
        stage.told(rows, Group::Members)?,
        stage.told(rows, Group::Control)?,
    ];
    Ok(match release.kind() {
        ReleaseKind::Synthetic => on_synthetic(scene, told, &rows.people),
        _ => on_records(scene, told, &rows.people),
    })
}

/// By number of visits; of equally visited zones the lower comes first, for everybody alike.
fn top_of(people: &People, row: usize, span_s: &Range<u32>, partition: &Partition) -> Top {
    let seen = people
        .of(row)
        .iter()
        .filter(|seen| span_s.contains(&seen.time_s));
    let mut zones: Vec<u32> = seen.map(|seen| partition.zone_of(seen.cell).0).collect();
    zones.sort_unstable();
    let mut counts: Vec<(usize, u32)> = zones
        .chunk_by(|a, b| a == b)
        .map(|run| (run.len(), run[0]))
        .collect();
    counts.sort_unstable_by_key(|&(count, zone)| (std::cmp::Reverse(count), zone));
    let mut top = [NONE; MOST];
    for (place, (_, zone)) in top.iter_mut().zip(counts) {
        *place = zone;
    }
    top
}

fn tops(people: &People, span_s: &Range<u32>, partition: &Partition) -> Vec<Top> {
    (0..people.len())
        .map(|row| top_of(people, row, span_s, partition))
        .collect()
}

/// The first `known`, in order or not; `None` where there are fewer.
fn key(top: &Top, known: usize, ordered: bool) -> Option<Top> {
    let mut key = [NONE; MOST];
    key[..known].copy_from_slice(&top[..known]);
    if !ordered {
        key[..known].sort_unstable();
    }
    (key[..known].iter().all(|&zone| zone != NONE)).then_some(key)
}

/// At most `spec.targets` of the people who have a key, drawn without replacement.
fn targets(scene: &Scene<'_>, group: Group, keys: &[Option<Top>]) -> Vec<usize> {
    let able: Vec<usize> = (0..keys.len()).filter(|&row| keys[row].is_some()).collect();
    let most = able.len().min(scene.spec.targets as usize);
    let mut dice = draws_of(scene.spec.seed, "top_places", group);
    let chosen = sample(&mut dice, able.len(), most);
    chosen.into_iter().map(|at| able[at]).collect()
}

/// Hits among enough targets.
fn rate(targets: &[usize], success: impl Fn(usize) -> bool) -> Option<Rate> {
    let hits = targets.iter().filter(|&&target| success(target)).count();
    let rate = Rate::of(hits as u64, targets.len() as u64)?;
    (targets.len() >= MIN_TARGETS).then_some(rate)
}

/// One coarseness of place and one window.
struct Sweep<'a> {
    scene: &'a Scene<'a>,
    label: String,
    members: Vec<Top>,
    control: Vec<Top>,
    held: Vec<Top>,
}

impl<'a> Sweep<'a> {
    fn new(
        scene: &'a Scene<'a>,
        [members, control]: [&People; 2],
        held: &People,
        label: String,
        span_s: &Range<u32>,
        partition: &Partition,
    ) -> Self {
        Self {
            members: tops(members, span_s, partition),
            control: tops(control, span_s, partition),
            held: tops(held, span_s, partition),
            scene,
            label,
        }
    }

    /// How many rows have the same places, for all members who have so many; and the row of the game.
    fn alone(
        &self,
        release: &People,
        known: usize,
        ordered: bool,
    ) -> Option<(Vec<usize>, AttackRow)> {
        let keys = |tops: &[Top]| -> Vec<Option<Top>> {
            tops.iter().map(|top| key(top, known, ordered)).collect()
        };
        let (members, control, held) = (keys(&self.members), keys(&self.control), keys(&self.held));
        let mut sorted: Vec<(Top, Subscriber)> = held
            .iter()
            .enumerate()
            .filter_map(|(row, key)| Some(((*key)?, release.subscriber(row))))
            .collect();
        sorted.sort_unstable();
        let same = |key: Option<Top>| {
            let from = sorted.partition_point(|row| Some(row.0) < key);
            let to = sorted.partition_point(|row| Some(row.0) <= key);
            &sorted[from..to]
        };
        let own = |row: usize| match same(members[row]) {
            [only] => only.1 == self.scene.members.subscriber(row),
            _ => false,
        };
        let of_members = rate(&targets(self.scene, Group::Members, &members), own)?;
        let outside = targets(self.scene, Group::Control, &control);
        let of_control = rate(&outside, |row| same(control[row]).len() == 1);
        let mut sizes: Vec<usize> = members
            .iter()
            .filter(|key| key.is_some())
            .map(|&key| same(key).len())
            .collect();
        sizes.sort_unstable();
        let order = if ordered { " in order" } else { "" };
        let median = sizes[(sizes.len() - 1) / 2];
        let label = format!("top {known}{order}, {}, median set {median}", self.label);
        let guess = 1.0 / held.len() as f64;
        Some((sizes, AttackRow::new(label, of_members, of_control, guess)))
    }

    /// Whether the first `known` tell the next one: most frequent among the rows with the same.
    fn next(&self, known: usize) -> Option<AttackRow> {
        let next =
            |top: &Top| key(top, known, false).zip(Some(top[known]).filter(|&zone| zone != NONE));
        let mut pairs: Vec<(Top, u32)> = self.held.iter().filter_map(next).collect();
        pairs.sort_unstable();
        let usual = mode(pairs.iter().map(|pair| pair.1).collect())?;
        let modes: Vec<(Top, u32)> = pairs
            .chunk_by(|a, b| a.0 == b.0)
            .filter_map(|same| Some((same[0].0, mode(same.iter().map(|pair| pair.1).collect())?)))
            .collect();
        let guess = |of: &Top| {
            let found = modes.binary_search_by_key(of, |mode| mode.0);
            found.map_or(usual, |at| modes[at].1)
        };
        let group = |tops: &[Top], group| {
            let able: Vec<_> = tops.iter().map(|top| next(top).map(|_| *top)).collect();
            let chosen = targets(self.scene, group, &able);
            let told = rate(&chosen, |row| {
                next(&tops[row]).is_some_and(|(k, n)| guess(&k) == n)
            })?;
            let by_usual = rate(&chosen, |row| tops[row][known] == usual)?;
            Some((told, by_usual.share()))
        };
        let (members, usual) = group(&self.members, Group::Members)?;
        let (control, _) = group(&self.control, Group::Control)?;
        let label = format!("top {known} tells the next, {}", self.label);
        Some(AttackRow::new(label, members, Some(control), usual))
    }
}

/// The most frequent one, the lower of two.
fn mode(mut of: Vec<u32>) -> Option<u32> {
    of.sort_unstable();
    let runs = of.chunk_by(|a, b| a == b).rev();
    runs.max_by_key(|run| run.len()).map(|run| run[0])
}

/// The whole window, and its first week and first workday where they are shorter.
fn windows(scene: &Scene<'_>) -> Vec<(&'static str, Range<u32>)> {
    let calendar = scene.public.calendar;
    let midnight_s = |day: u16| {
        let at = calendar.utc_ms(Local { day, minute: 0 });
        (((at - calendar.start_utc_ms()) / 1000) as u32).min(end_s(scene))
    };
    let whole = 0..end_s(scene);
    let mut windows = vec![("", whole.clone())];
    if calendar.days() > 7 {
        windows.push((", 1 week", 0..midnight_s(7)));
    }
    let workday = (0..calendar.days()).find(|&day| calendar.is_workday(day));
    if let Some(day) = workday.filter(|_| calendar.days() > 1) {
        let end = if day + 1 < calendar.days() {
            midnight_s(day + 1)
        } else {
            whole.end
        };
        windows.push((", 1 workday", midnight_s(day)..end));
    }
    windows
}

fn on_records(scene: &Scene<'_>, told: [&People; 2], held: &People) -> Attack {
    let mut found = Vec::new();
    let mut deciles = String::new();
    for (ix, level) in levels(scene.public.cells).into_iter().enumerate() {
        for (window, span_s) in windows(scene) {
            // Shorter windows are swept by cell only.
            if ix > 0 && !window.is_empty() {
                continue;
            }
            let label = format!("{}{window}", level.name);
            let sweep = Sweep::new(scene, told, held, label, &span_s, &level.partition);
            for known in 1..=MOST {
                let Some((sizes, row)) = sweep.alone(held, known, false) else {
                    continue;
                };
                // The largest number of places that is played by cell over the whole window.
                if ix == 0 && window.is_empty() {
                    let quantile = |t: usize| sizes[(sizes.len() - 1) * t / 10].to_string();
                    let tenths: Vec<String> = (1..=9).map(quantile).collect();
                    deciles = format!("with {known} by {}: {}", level.name, tenths.join(", "));
                }
                found.push(row);
                if ix == 0 && window.is_empty() && known > 1 {
                    found.extend(sweep.alone(held, known, true).map(|(_, row)| row));
                }
            }
        }
    }
    let most = found
        .iter()
        .max_by(|a, b| a.members.low.total_cmp(&b.members.low));
    let verdict = most.map_or_else(String::new, |row| {
        format!(
            "Most are alone with {}: {} of the subscribers. Deciles of the number of rows with the \
             same places, {deciles}.",
            row.label.split(", median").next().unwrap_or_default(),
            words::share(&row.members)
        )
    });
    Attack {
        verdict,
        ..Attack::played(
            "The attacker knows the places that a person visits most and looks for the row whose most \
             visited places are the same; success is exactly one, and the right one. For a control \
             person, who is not in the records, exactly one is a false match.",
            "visit enough places",
            found,
        )
    }
}

fn on_synthetic(scene: &Scene<'_>, told: [&People; 2], held: &People) -> Attack {
    let whole = 0..end_s(scene);
    let mut found = Vec::new();
    for level in levels(scene.public.cells).into_iter().take(2) {
        let sweep = Sweep::new(scene, told, held, level.name, &whole, &level.partition);
        found.extend((1..MOST).filter_map(|known| sweep.next(known)));
    }
    Attack::played(
        "The attacker knows the one or two places that a real person visits most and guesses the next \
         one: the most frequent among synthetic subscribers with the same.",
        "visit enough places",
        found,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_know_order_or_not() {
        let top = [5, 2, NONE];
        assert_eq!(key(&top, 1, false), Some([5, NONE, NONE]));
        assert_eq!(key(&top, 2, true), Some([5, 2, NONE]));
        assert_eq!(key(&top, 2, false), Some([2, 5, NONE]));
        assert_eq!(key(&top, 3, true), None);
    }

    #[test]
    fn the_mode_is_the_lower_of_two() {
        assert_eq!(mode(vec![3, 1, 3, 1, 2]), Some(1));
        assert_eq!(mode(vec![7]), Some(7));
        assert_eq!(mode(Vec::new()), None);
    }
}
