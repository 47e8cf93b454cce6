use serde::{Deserialize, Serialize};

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
/// A row is above zero when its `chance` is at most `false_alarm / rows_judged` (Bonferroni) and its
/// excess has an interval above zero.
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
    /// absent or always hit.
    pub excess: Option<Excess>,
    /// Odds of members being so far ahead of the control group by chance, 0 to 1: one-sided, exact
    /// (Fisher). Absent where the row is not judged.
    pub chance: Option<f64>,
    /// Whether the excess is above zero, judged together with every other row of the report. Absent
    /// where the row is not judged or has no excess.
    pub above_zero: Option<bool>,
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
