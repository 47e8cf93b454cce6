use erewhon_types::Result;

use crate::{
    Attack, People, ReleaseKind,
    ground::{Ground, metres},
    likeness::{Crowd, MEASURES, cells},
    membership::{Attacker, Groups, Judged, missing},
    scene::MIN_TARGETS,
    stage::Stage,
};

/// At most so many of a kind and group are compared with everybody.
const MOST_TARGETS: u32 = 400;

/// The scores that outliers are judged by, with their short names: relative ones only, because an outlier
/// is far from everybody.
const JUDGED_BY: [(usize, &str); 3] = [
    (MEASURES.len(), "by hours"),
    (MEASURES.len() + 1, "by cells"),
    (MEASURES.len() + 2, "by way through time"),
];

/// A12/A13: the game of membership on well-chosen targets, the people who are far from everyone.
///
/// The attacker has what he has in the game of membership. Whom he chooses he tells from the target's own
/// events and the reference people alone, by the same limit for members and control group. TAPAS
/// (Houssiau and others 2022, arXiv 2211.06550) and Stadler and others 2022 (arXiv 2011.07018) found
/// outliers the ones hit; the CNIL asks for them by name. Their shadow models need the generator itself, to
/// train it anew with and without the target, which an outsider who holds a file has not: not played here.
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let Some(rows) = release
        .rows()
        .filter(|_| release.kind() == ReleaseKind::Synthetic)
    else {
        return Ok(Attack::not_applicable(
            "the attack asks whether somebody is behind a synthetic set, and this is none",
        ));
    };
    if let Some(why) = missing(scene, rows.people.len()) {
        return Ok(Attack::not_applicable(why));
    }
    let Some(groups) = Groups::of(scene) else {
        return Ok(Attack::not_applicable("no reference people are left"));
    };
    let ground = stage.ground;
    let attacker = Attacker {
        synthetic: Crowd::of(&rows.people, ground)?,
        reference: Crowd::of(&groups.reference, ground)?,
    };
    let share = chosen_share(groups.reference.len());
    let (mut played, mut limits) = (Vec::new(), Vec::new());
    let crowd = Known::of(&groups.reference, ground);
    for kind in &KINDS {
        let far = |people: &People, own| -> Vec<f64> {
            let far = |row| (kind.far)(&crowd, people, row, own);
            (0..people.len()).map(far).collect()
        };
        let usual = far(&groups.reference, true);
        let mut sorted = usual.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let Some(&limit) = sorted.get((sorted.len() as f64 * (1.0 - share)) as usize) else {
            continue;
        };
        let beyond = |far: Vec<f64>| -> Vec<usize> {
            let chosen = far.iter().enumerate().filter(|(_, far)| **far >= limit);
            chosen.map(|(row, _)| row).collect()
        };
        let reference = beyond(usual);
        // Where most are equally far, nobody is far from everyone.
        if reference.len() as f64 > 2.0 * share * groups.reference.len() as f64 {
            continue;
        }
        let members = beyond(far(&scene.members, false));
        let control = beyond(far(&groups.control, false));
        if members.len().min(control.len()).min(reference.len()) < MIN_TARGETS {
            continue;
        }
        let chosen = [&members[..], &control[..], &reference[..]];
        let judged = Judged::of(scene, &groups, &attacker, chosen, (MOST_TARGETS, kind.name));
        for (score, by) in JUDGED_BY {
            played.extend(judged.row(score, format!("{}, {by}", kind.name)));
            limits.push((
                format!("{}, {by}: AUC, 0 to 1", kind.name),
                judged.auc(score),
            ));
        }
    }
    let attack = Attack::played(
        "The attacker picks people who are far from everyone, knows everything about them, and asks whether \
         the synthetic records were made from them: he calls whoever is nearer to a synthetic subscriber \
         than nine of ten such people who are no members.",
        "are far from everyone",
        played,
    )
    .with_figure("people taken as far from everyone, share", share);
    let attack = limits.into_iter().fold(attack, |attack, (label, value)| {
        attack.with_figure(label, value)
    });
    Ok(attack)
}

/// A tenth of people, or more where a tenth of the reference people were too few; at most half.
fn chosen_share(reference: usize) -> f64 {
    const FEW: f64 = MIN_TARGETS as f64 * 4.0 / 3.0;
    (FEW / reference as f64).clamp(0.1, 0.5)
}

/// One way of being far from everyone.
struct Kind {
    name: &'static str,
    /// How far somebody is, the higher the farther; `own` where they are one of the known people.
    far: fn(&Known<'_>, &People, usize, bool) -> f64,
}

const KINDS: [Kind; 3] = [
    Kind {
        name: "lonely homes",
        far: |known, who, row, own| known.home_m(who, row, own),
    },
    Kind {
        name: "rare cells",
        far: |known, who, row, own| known.rarity(who, row, own),
    },
    Kind {
        name: "most events",
        far: |known, who, row, own| known.events(who, row, own),
    },
];

/// What the reference people tell about what is usual.
struct Known<'a> {
    ground: &'a Ground,
    /// Home by row.
    homes: Vec<Option<(f32, f32)>>,
    /// By cell: people seen there.
    seen_at: Vec<u32>,
}

impl<'a> Known<'a> {
    fn of(people: &People, ground: &'a Ground) -> Self {
        let home = |row| people.anchors(row).home.map(|cell| ground.at(cell));
        let mut seen_at = vec![0; ground.cells()];
        for row in 0..people.len() {
            for (cell, _) in cells(people.of(row)) {
                seen_at[cell as usize] += 1;
            }
        }
        Self {
            ground,
            homes: (0..people.len()).map(home).collect(),
            seen_at,
        }
    }

    /// Metres from home to the third nearest home of others, -1 without a home: one neighbour makes nobody
    /// usual.
    fn home_m(&self, who: &People, row: usize, own: bool) -> f64 {
        const NEIGHBOUR: usize = 2;
        let Some(home) = who.anchors(row).home else {
            return -1.0;
        };
        let (x, y) = self.ground.at(home);
        let others = self.homes.iter().enumerate();
        let others = others.filter(|(other, _)| !(own && *other == row));
        let mut away_m: Vec<f32> = others
            .filter_map(|(_, home)| home.map(|(hx, hy)| metres(x - hx, y - hy)))
            .collect();
        if away_m.len() <= NEIGHBOUR {
            return -1.0;
        }
        let (_, third, _) = away_m.select_nth_unstable_by(NEIGHBOUR, f32::total_cmp);
        f64::from(*third)
    }

    /// Mean rarity of the cells that somebody was in, each once.
    fn rarity(&self, who: &People, row: usize, own: bool) -> f64 {
        let cells = cells(who.of(row));
        let rare = |&(cell, _): &(u32, f32)| {
            let others = self.seen_at[cell as usize] - u32::from(own);
            -f64::from(1 + others).ln()
        };
        cells.iter().map(rare).sum::<f64>() / cells.len().max(1) as f64
    }

    fn events(&self, who: &People, row: usize, _: bool) -> f64 {
        who.of(row).len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_is_chosen_or_enough_for_a_rate() {
        assert_eq!(chosen_share(500), 0.1);
        assert_eq!(chosen_share(200), 0.2);
        assert_eq!(chosen_share(40), 0.5);
    }
}
