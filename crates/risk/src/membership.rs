//! Whether somebody's records entered a synthetic set, told from how near its nearest row is.

use crate::{
    AttackRow, People, Rate,
    draw::{draws, halves, some},
    likeness::{Crowd, MEASURES},
    scene::{MIN_TARGETS, Scene},
    stats::auc,
};

/// Share of reference people whom the attacker accepts to accuse wrongly.
pub(crate) const FALSE_ALARMS: f64 = 0.1;

/// Every measure twice: the distance alone, and against the distance to the reference people.
pub(crate) const SCORES: usize = 2 * MEASURES.len();

/// By score: the higher, the more likely a member.
pub(crate) type Scores = [f64; SCORES];

/// What a score is called.
pub(crate) fn name(score: usize) -> String {
    let measure = MEASURES[score % MEASURES.len()];
    if score < MEASURES.len() {
        format!("{measure}, distance")
    } else {
        format!("{measure}, against the distance to others")
    }
}

/// The control people in two groups: those whom the attacker knows as no members, and those whom he has
/// to judge. The same for every attack that needs them.
pub(crate) struct Groups {
    pub(crate) reference: People,
    pub(crate) control: People,
}

impl Groups {
    /// `None` where a half is too small.
    pub(crate) fn of(scene: &Scene<'_>) -> Option<Self> {
        let mut dice = draws(scene.spec.seed, "reference people", 0);
        let [reference, control] = halves(scene.control.len(), &mut dice);
        (reference.len() >= MIN_TARGETS).then(|| Self {
            reference: scene.control.only(&reference),
            control: scene.control.only(&control),
        })
    }
}

/// What the attacker holds: the synthetic rows, and reference people who are no members.
pub(crate) struct Attacker<'a> {
    pub(crate) synthetic: Crowd<'a>,
    pub(crate) reference: Crowd<'a>,
}

impl Attacker<'_> {
    /// The scores of some people; `own` where they are the reference people themselves.
    pub(crate) fn scores(&self, who: &People, rows: &[usize], own: bool) -> Vec<Scores> {
        let synthetic = self.synthetic.nearest(who, rows, false);
        let reference = self.reference.nearest(who, rows, own);
        let score = |(near, usual): (_, &[f32; MEASURES.len()])| {
            let near: &[f32; MEASURES.len()] = near;
            let mut scores = [0.0; SCORES];
            for (measure, (&near, &usual)) in near.iter().zip(usual).enumerate() {
                let (near, usual) = (f64::from(near), f64::from(usual));
                scores[measure] = -near;
                scores[measure + MEASURES.len()] = ((usual + 1e-3) / (near + 1e-3)).ln();
            }
            scores
        };
        synthetic.iter().zip(&reference).map(score).collect()
    }
}

/// Scores of everybody who is attacked, and of the reference people.
pub(crate) struct Judged {
    pub(crate) members: Vec<Scores>,
    pub(crate) control: Vec<Scores>,
    pub(crate) reference: Vec<Scores>,
}

impl Judged {
    /// Scores the chosen rows of each group, at most `most` of them and as many as the spec allows.
    pub(crate) fn of(
        scene: &Scene<'_>,
        groups: &Groups,
        attacker: &Attacker<'_>,
        [members, control, reference]: [&[usize]; 3],
        (most, purpose): (u32, &str),
    ) -> Self {
        let (most, seed) = (scene.spec.targets.min(most), scene.spec.seed);
        let drawn = |rows: &[usize], group| -> Vec<usize> {
            let drawn = some(rows.len(), most, &mut draws(seed, purpose, group));
            drawn.into_iter().map(|at| rows[at]).collect()
        };
        Self {
            members: attacker.scores(&scene.members, &drawn(members, 0), false),
            control: attacker.scores(&groups.control, &drawn(control, 1), false),
            reference: attacker.scores(&groups.reference, &drawn(reference, 2), true),
        }
    }

    /// The row of one score: whoever scores higher than nine of ten reference people is called a member.
    pub(crate) fn row(&self, score: usize, label: String) -> Option<AttackRow> {
        let mut usual: Vec<f64> = self.reference.iter().map(|s| s[score]).collect();
        usual.sort_unstable_by(f64::total_cmp);
        let least = *usual.get((usual.len() as f64 * (1.0 - FALSE_ALARMS)) as usize)?;
        let flagged = |group: &[Scores]| {
            if group.len() < MIN_TARGETS {
                return None;
            }
            let hits = group.iter().filter(|scores| scores[score] > least).count();
            Rate::of(hits as u64, group.len() as u64)
        };
        let control = flagged(&self.control)?;
        let members = flagged(&self.members)?;
        Some(AttackRow::new(label, members, Some(control), FALSE_ALARMS))
    }

    /// Odds that a member scores higher than a control person, a tie counting half.
    pub(crate) fn auc(&self, score: usize) -> f64 {
        let of = |group: &[Scores]| group.iter().map(|s| s[score]).collect::<Vec<_>>();
        auc(&of(&self.members), &of(&self.control))
    }

    /// Share of members whom only one in a hundred control people beats.
    pub(crate) fn at_one_percent(&self, score: usize) -> f64 {
        let mut control: Vec<f64> = self.control.iter().map(|s| s[score]).collect();
        control.sort_unstable_by(|a, b| b.total_cmp(a));
        let least = control
            .get(control.len() / 100)
            .copied()
            .unwrap_or(f64::INFINITY);
        let above = self.members.iter().filter(|s| s[score] > least).count();
        above as f64 / self.members.len().max(1) as f64
    }
}

/// What is missing for a game of membership; `None` where nothing is.
pub(crate) fn missing(scene: &Scene<'_>, synthetic: usize) -> Option<String> {
    let few =
        scene.members.len().min(synthetic) < MIN_TARGETS || scene.control.len() / 2 < MIN_TARGETS;
    few.then(|| {
        format!(
            "the attacker needs {MIN_TARGETS} members, {MIN_TARGETS} synthetic subscribers, and a control \
             group of {}, half of them as people whom he knows as no members",
            2 * MIN_TARGETS
        )
    })
}
