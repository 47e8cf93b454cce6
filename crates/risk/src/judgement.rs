use crate::{Attack, Judgement, Rate, words};

/// Odds that any row of a release without a leak is called above zero, at most.
const FALSE_ALARM: f64 = 0.05;

impl Judgement {
    /// Over every row that members and a control group were played in, whether or not the control
    /// group left an excess: a count that looked at the hits would favour rows that chance favours.
    pub(crate) fn of<'a>(attacks: impl Iterator<Item = &'a Attack>) -> Self {
        let rows = attacks.flat_map(|attack| &attack.rows);
        let judged = rows.filter(|row| row.control.is_some()).count();
        Self {
            rows_judged: u32::try_from(judged).unwrap_or(u32::MAX),
            false_alarm: FALSE_ALARM,
        }
    }

    /// Judges the rows of an attack on people's `secret` and says so in its verdict.
    pub(crate) fn pass(&self, attack: &mut Attack, secret: &str) {
        let most = self.false_alarm / f64::from(self.rows_judged.max(1));
        for row in &mut attack.rows {
            row.chance = row.control.map(|control| chance(&row.members, &control));
            row.above_zero = row.chance.map(|chance| chance <= most);
        }
        if attack.rows.iter().any(|row| row.chance.is_some()) {
            let found = words::members_against_control(&attack.rows, secret, self);
            attack.verdict = [found, std::mem::take(&mut attack.verdict)].join(" ");
            attack.verdict.truncate(attack.verdict.trim_end().len());
        }
    }
}

/// Odds of members being at least so far ahead of the control group, were the two groups one that
/// was split at random (Fisher 1935, one-sided); 1 where they are not ahead.
///
/// That is how the groups are made: by pseudonym, before anything is fitted. A release that says no
/// more about members than about others leaves who is hit and who is a member independent, so with
/// one try a person the odds are exact at every share and size. Several tries at a person count as
/// one, their sum rounded against an excess. A mean spreads less than one try at the same share, so
/// the odds should be too large if anything; no theorem says so, the tests simulate it.
fn chance(members: &Rate, control: &Rate) -> f64 {
    let (m, c) = (members.people, control.people);
    // Rounding errors must not turn a whole number into the next one.
    let hit_m = (members.share() * m as f64 + 1e-9).floor() as u64;
    let hit_c = (control.share() * c as f64 - 1e-9).ceil() as u64;
    if u128::from(hit_m) * u128::from(c) <= u128::from(hit_c) * u128::from(m) {
        return 1.0;
    }
    let hit = hit_m + hit_c;
    let ln_odds = ln_choose(m, hit_m) + ln_choose(c, hit_c) - ln_choose(m + c, hit);
    // From k hits among members to k + 1; past the largest odds each step is shorter.
    let step = |k: u64| ((m - k) * (hit - k)) as f64 / ((k + 1) * (c + k + 1 - hit)) as f64;
    let (mut odds, mut sum) = (ln_odds.exp(), 0.0);
    for k in hit_m..=hit.min(m) {
        sum += odds;
        odds *= step(k);
    }
    sum.min(1.0)
}

/// Natural logarithm of the number of ways to choose `k` of `n`.
fn ln_choose(n: u64, k: u64) -> f64 {
    let factor = |i: u64| ((n - k + i) as f64 / i as f64).ln();
    (1..=k).map(factor).sum()
}

#[cfg(test)]
mod tests;
