use std::cmp::Ordering;

use erewhon_types::{Delta, Guarantee};
use serde::{Deserialize, Serialize};

use crate::{
    ReleaseKind,
    changes::{Change, changes},
    policy::Verdict,
    words,
};

/// Odds, at most, that a report says of a release that keeps its claim that a row is beyond it.
const FALSE_ACCUSATION: f64 = 0.05;

/// The result of every attack that was run. Exact, therefore internal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RiskReport {
    /// The attacks in the order they were run.
    pub attacks: Vec<Attack>,
    /// How rows are called above zero.
    pub judgement: Judgement,
    /// How far the attacks were allowed to get, and what got further; absent where nobody said.
    pub verdict: Option<Verdict>,
    /// What changed since the run before; absent where there was none that played the same.
    pub changes: Option<Vec<Change>>,
}

impl RiskReport {
    /// Tells what changed since an earlier report.
    pub fn compare(&mut self, before: &Self) {
        self.changes = changes(before, self);
    }
}

/// How the rows of a report are called above zero: all together, because with every further row
/// chance has one more go. An interval of 95 % speaks for its own row only.
///
/// A row is above zero when its `chance` is at most `false_alarm / rows_judged` (Bonferroni), whatever
/// its own interval says, and whether or not the control group leaves a ratio to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// Rows of the attacks on synthetic records and tables that have a control group, where tries do not
    /// depend on each other.
    pub rows_judged: u32,
    /// Odds, at most, that a report calls a row above zero when members are no different from the
    /// control group in any row.
    pub false_alarm: f64,
}

/// One attack on one release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attack {
    /// Stable name, for example `unicity`.
    pub id: String,
    /// Number in the catalogue of `docs/attacks.md`, for example `A1`.
    pub code: String,
    /// Name for people.
    pub title: String,
    /// What was attacked, by name.
    pub release: String,
    /// What kind of thing that is.
    pub kind: ReleaseKind,
    /// What the attacker knows and wants, in plain words.
    pub question: String,
    /// One row per strength of the attacker.
    pub rows: Vec<AttackRow>,
    /// Further figures of this attack, each with its unit in its name.
    pub figures: Vec<Figure>,
    /// What the rows mean, in one plain sentence.
    pub verdict: String,
    /// Why the attack does not apply; then there are no rows.
    pub not_applicable: Option<String>,
    /// What it took on this machine, in seconds.
    pub cost_s: f64,
}

/// A number that is no rate of hits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What it is, with its unit.
    pub label: String,
    /// Its value.
    pub value: f64,
}

impl Attack {
    /// An attack without a verdict; which attack and which release is filled in by the lab. Without
    /// rows it says that too few people were `able_to` take part.
    pub(crate) fn played(question: &str, able_to: &str, rows: Vec<AttackRow>) -> Self {
        Self {
            question: question.to_owned(),
            not_applicable: words::too_few(rows.is_empty(), able_to),
            rows,
            ..Self::not_applicable("")
        }
    }

    /// An attack that can't be played against this release.
    pub(crate) fn not_applicable(why: impl Into<String>) -> Self {
        Self {
            id: String::new(),
            code: String::new(),
            title: String::new(),
            release: String::new(),
            kind: ReleaseKind::Records,
            question: String::new(),
            rows: Vec::new(),
            figures: Vec::new(),
            verdict: String::new(),
            not_applicable: Some(why.into()),
            cost_s: 0.0,
        }
    }

    /// The same with a further figure.
    #[must_use]
    pub(crate) fn with_figure(mut self, label: impl Into<String>, value: f64) -> Self {
        self.figures.push(Figure {
            label: label.into(),
            value,
        });
        self
    }
}

/// One strength of an attacker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttackRow {
    /// For example `2 points`.
    pub label: String,
    /// Success against people in the release.
    pub members: Rate,
    /// Success against people who never entered it; in raw records that is a false match. Absent
    /// where the group is too small.
    pub control: Option<Rate>,
    /// What guessing without the person's records would reach, 0 to 1.
    pub random_guess: f64,
    /// How much better members are hit than the control group; absent where the control group is
    /// absent or hit in over nine of ten tries.
    pub excess: Option<Excess>,
    /// Odds of members being so far ahead of the control group by chance, 0 to 1: Fisher's one-sided
    /// test, exact for one try a person, on rounded means for several. Absent where the row is not
    /// judged.
    pub chance: Option<f64>,
    /// Whether members are hit more than the control group, judged together with every other row of
    /// the report. Absent where the row is not judged.
    pub above_zero: Option<bool>,
    /// The most that members may be hit, 0 to 1, where the release keeps the epsilon it claims and the
    /// control group's own rate is as high as can be. Absent without a claim or a control group, and where
    /// tries depend on each other. Of the attacker who knows all but one: the most that the claim allows
    /// of his certainty, which follows from the noise alone.
    pub bound: Option<f64>,
    /// Whether the least that the members' rate can be is within that bound, judged together with every
    /// other row of the report that is held to a claim.
    pub within_bound: Option<bool>,
}

impl AttackRow {
    /// A row that is not judged yet.
    pub(crate) fn new(
        label: String,
        members: Rate,
        control: Option<Rate>,
        random_guess: f64,
    ) -> Self {
        Self {
            label,
            members,
            control,
            random_guess,
            excess: control.and_then(|control| Excess::between(&members, &control)),
            chance: None,
            above_zero: None,
            bound: None,
            within_bound: None,
        }
    }

    /// Holds the row to a claim, as one of so many rows: whatever an attacker does, he hits a member at most
    /// e^epsilon times as often as somebody who is not in the release, plus delta, and misses at least
    /// e^-epsilon times as often, less delta (Dwork and others 2006; both sides of the definition).
    ///
    /// A release is drawn once, and a draw that shows one person may show all who are like them. That alone
    /// accuses nobody: the attacker's words on each person are settled by the release, and who is a member
    /// was drawn apart from it, so a draw that shows members shows control people too, but for e^epsilon.
    /// It is not so where he knows who else is in the release: then all who share a count share its noise,
    /// and the game has to say itself what the claim allows.
    pub(crate) fn hold_to(&mut self, claim: Guarantee, rows: usize) {
        // Each row has its part of the odds (Bonferroni), each end of the two intervals half of that.
        let odds = FALSE_ACCUSATION / (2.0 * rows.max(1) as f64);
        let epsilon = claim.epsilon.value();
        let delta = claim.delta().map_or(0.0, Delta::value);
        self.bound = self.control.map(|control| {
            let hit = control.at_most(odds);
            let missed = 1.0 - hit;
            let bound = (epsilon.exp() * hit).min(1.0 - missed * (-epsilon).exp()) + delta;
            bound.min(1.0)
        });
        self.within_bound = self.bound.map(|bound| self.members.at_least(odds) <= bound);
    }

    /// The order of speaking clearly against a release: the rarer by chance, the clearer; then the
    /// higher lower end of the excess. A row above zero is clearer than any that is not.
    #[must_use]
    pub fn clarity(&self, other: &Self) -> Ordering {
        let by_chance = |row: &Self| row.chance.unwrap_or(f64::INFINITY);
        let low = |row: &Self| row.excess.map_or(f64::NEG_INFINITY, |excess| excess.low);
        let rarer = by_chance(other).total_cmp(&by_chance(self));
        rarer.then(low(self).total_cmp(&low(other)))
    }
}

/// Hits out of tries, with a 95 % Wilson interval that counts people, however many tries each.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Successful tries.
    pub hits: u64,
    /// Tries.
    pub tries: u64,
    /// People who were tried at; the interval counts them.
    pub people: u64,
    /// Lower end, 0 to 1.
    pub low: f64,
    /// Upper end, 0 to 1.
    pub high: f64,
}

/// Excess risk (members - control) / (1 - control), with a 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Excess {
    /// The estimate.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}
