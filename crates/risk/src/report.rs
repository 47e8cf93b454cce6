use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::words;

/// The result of every attack that was run. Exact, therefore internal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RiskReport {
    /// The attacks in the order they were run.
    pub attacks: Vec<Attack>,
    /// How rows are called above zero.
    pub judgement: Judgement,
}

/// How the rows of a report are called above zero: all together, because with every further row
/// chance has one more go. An interval of 95 % speaks for its own row only.
///
/// A row is above zero when its `chance` is at most `false_alarm / rows_judged` (Bonferroni), whatever
/// its own interval says, and whether or not the control group leaves a ratio to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// Rows of the attacks on synthetic records that have a control group.
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
    /// Name for people.
    pub title: String,
    /// What was attacked: `pseudonymised records` or `synthetic records`.
    pub release: String,
    /// What the attacker knows and wants, in plain words.
    pub question: String,
    /// One row per strength of the attacker.
    pub rows: Vec<AttackRow>,
    /// What the rows mean, in one plain sentence.
    pub verdict: String,
    /// Why the attack does not apply; then there are no rows.
    pub not_applicable: Option<String>,
}

impl Attack {
    /// An attack without a verdict. Without rows it says that too few people were `able_to` take part.
    pub(crate) fn played(
        id: &str,
        title: &str,
        release: &str,
        question: &str,
        able_to: &str,
        rows: Vec<AttackRow>,
    ) -> Self {
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            release: release.to_owned(),
            question: question.to_owned(),
            not_applicable: words::too_few(rows.is_empty(), able_to),
            rows,
            verdict: String::new(),
        }
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
        }
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
