use erewhon_types::{Error, Result, percent};
use serde::{Deserialize, Serialize};

use crate::{Attack, AttackRow, GAMES, ReleaseKind, RiskReport};

/// How far attacks may get, written down by a person before they were run.
///
/// What exceeds it ends a command with 6 and decides nothing: a release that is chosen by figures on real
/// people is chosen by their records, so a person looks and decides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskPolicy {
    /// Every limit holds by itself.
    #[serde(default)]
    pub limit: Vec<Limit>,
}

/// How far the attacks of one name may get against releases of one kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Name of an attack; every attack where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attack: Option<String>,
    /// Kind of a release; every kind where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ReleaseKind>,
    /// Most of the members who may be hit, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success_at_most: Option<f64>,
    /// Most by which members may be hit more than the control group, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excess_at_most: Option<f64>,
    /// Whether the upper end of the interval counts in place of the estimate.
    #[serde(default)]
    pub by_upper_end: bool,
    /// Whether a row that is judged above zero exceeds the limit.
    #[serde(default)]
    pub never_above_zero: bool,
    /// Whether a row beyond what the release claims exceeds the limit.
    #[serde(default)]
    pub within_claim: bool,
}

/// A row of a report that got too far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Breach {
    /// The attack's name.
    pub attack: String,
    /// The release's name.
    pub release: String,
    /// The row's label.
    pub row: String,
    /// What it reached and what was allowed, in words.
    pub what: String,
}

/// A policy and what exceeded it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// What was allowed.
    pub policy: RiskPolicy,
    /// What got further, in the order of the report.
    pub breaches: Vec<Breach>,
}

impl RiskPolicy {
    /// Checks that every limit can be exceeded by something.
    ///
    /// # Errors
    /// Usage, when there is no limit, one asks nothing, names no attack of ours, or is out of range.
    pub fn check(&self) -> Result<()> {
        if self.limit.is_empty() {
            return Err(Error::usage("the risk policy holds no `[[limit]]`"));
        }
        for (number, limit) in (1..).zip(&self.limit) {
            let fail = |what: String| Err(Error::usage(format!("limit {number}: {what}")));
            if let Some(name) = &limit.attack
                && !GAMES.iter().any(|game| game.id == name)
            {
                return fail(format!(
                    "`{name}` is no attack; `erewhon risk list` names them"
                ));
            }
            for (key, value) in [
                ("success_at_most", limit.success_at_most),
                ("excess_at_most", limit.excess_at_most),
            ] {
                if let Some(value) = value.filter(|v| !(0.0..=1.0).contains(v)) {
                    return fail(format!(
                        "`{key} = {value}` is outside the allowed range 0 to 1"
                    ));
                }
            }
            if *limit
                == (Limit {
                    attack: limit.attack.clone(),
                    kind: limit.kind,
                    by_upper_end: limit.by_upper_end,
                    ..Limit::default()
                })
            {
                return fail(
                    "it allows everything: give success_at_most, excess_at_most, never_above_zero or \
                     within_claim"
                        .to_owned(),
                );
            }
        }
        Ok(())
    }

    /// Holds a report against the limits.
    pub fn judge(&self, report: &RiskReport) -> Verdict {
        let mut breaches = Vec::new();
        for attack in &report.attacks {
            let limits = self.limit.iter().filter(|limit| limit.is_about(attack));
            let limits: Vec<&Limit> = limits.collect();
            for row in &attack.rows {
                let what = limits.iter().flat_map(|limit| limit.exceeded_by(row));
                breaches.extend(what.map(|what| Breach {
                    attack: attack.id.clone(),
                    release: attack.release.clone(),
                    row: row.label.clone(),
                    what,
                }));
            }
        }
        Verdict {
            policy: self.clone(),
            breaches,
        }
    }
}

impl Limit {
    fn is_about(&self, attack: &Attack) -> bool {
        self.attack.as_ref().is_none_or(|id| *id == attack.id)
            && self.kind.is_none_or(|kind| kind == attack.kind)
    }

    fn exceeded_by(&self, row: &AttackRow) -> Vec<String> {
        let mut found = Vec::new();
        let mut over = |name: &str, estimate: f64, high: f64, most: Option<f64>| {
            let (value, end) = if self.by_upper_end {
                (high, " at the upper end of the interval")
            } else {
                (estimate, "")
            };
            if let Some(most) = most.filter(|&most| value > most) {
                found.push(format!(
                    "{name} {}{end}, allowed {}",
                    percent(value),
                    percent(most)
                ));
            }
        };
        let members = &row.members;
        over(
            "success",
            members.share(),
            members.high,
            self.success_at_most,
        );
        if let Some(excess) = row.excess {
            over("excess", excess.value, excess.high, self.excess_at_most);
        }
        if self.never_above_zero && row.above_zero == Some(true) {
            found.push("members are hit more than the control group".to_owned());
        }
        if self.within_claim && row.within_bound == Some(false) {
            found.push(format!(
                "success {} where the claim allows {}",
                percent(members.share()),
                percent(row.bound.unwrap_or_default())
            ));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Judgement, Rate};

    fn report(hits: u64, control: u64) -> RiskReport {
        let [members, control] = [hits, control].map(|hits| Rate::of(hits, 100).unwrap());
        let row = AttackRow::new("row".to_owned(), members, Some(control), 0.0);
        let mut attack = Attack::played("", "", vec![row]);
        attack.id = "unicity".to_owned();
        attack.kind = ReleaseKind::Synthetic;
        RiskReport {
            attacks: vec![attack],
            judgement: Judgement::default(),
            ..RiskReport::default()
        }
    }

    fn breaches(limit: Limit, report: &RiskReport) -> usize {
        let policy = RiskPolicy { limit: vec![limit] };
        policy.check().unwrap();
        policy.judge(report).breaches.len()
    }

    #[test]
    fn a_limit_is_exceeded_by_more_than_it_allows() {
        let success = |most| Limit {
            success_at_most: Some(most),
            ..Limit::default()
        };
        assert_eq!(breaches(success(0.5), &report(50, 10)), 0);
        assert_eq!(breaches(success(0.5), &report(51, 10)), 1);
        let upper = Limit {
            by_upper_end: true,
            ..success(0.5)
        };
        assert_eq!(breaches(upper, &report(50, 10)), 1);
        let excess = Limit {
            excess_at_most: Some(0.1),
            ..Limit::default()
        };
        assert_eq!(breaches(excess.clone(), &report(18, 10)), 0);
        assert_eq!(breaches(excess, &report(20, 10)), 1);
    }

    #[test]
    fn a_limit_is_about_its_attack_and_kind() {
        let limit = |attack: &str, kind| Limit {
            attack: Some(attack.to_owned()),
            kind: Some(kind),
            success_at_most: Some(0.0),
            ..Limit::default()
        };
        let report = report(50, 10);
        assert_eq!(
            breaches(limit("unicity", ReleaseKind::Synthetic), &report),
            1
        );
        assert_eq!(breaches(limit("unicity", ReleaseKind::Records), &report), 0);
        assert_eq!(
            breaches(limit("home_work", ReleaseKind::Synthetic), &report),
            0
        );
    }

    #[test]
    fn a_claim_that_is_not_kept_is_a_breach() {
        let [mut broken, mut kept] = [90, 20].map(|hits| report(hits, 10));
        let claim = erewhon_types::Guarantee {
            epsilon: "1".parse().unwrap(),
            concentrated: None,
        };
        let limit = Limit {
            within_claim: true,
            ..Limit::default()
        };
        broken.attacks[0].rows[0].hold_to(claim, 1);
        assert_eq!(breaches(limit.clone(), &broken), 1);
        kept.attacks[0].rows[0].hold_to(claim, 1);
        assert_eq!(breaches(limit, &kept), 0);
    }

    #[test]
    fn a_policy_that_allows_everything_is_refused() {
        let refused = |limit| RiskPolicy { limit: vec![limit] }.check().is_err();
        assert!(RiskPolicy::default().check().is_err());
        assert!(refused(Limit::default()));
        assert!(refused(Limit {
            excess_at_most: Some(1.1),
            ..Limit::default()
        }));
        assert!(refused(Limit {
            attack: Some("guess".to_owned()),
            never_above_zero: true,
            ..Limit::default()
        }));
    }
}
