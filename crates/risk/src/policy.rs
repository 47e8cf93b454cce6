use erewhon_types::{Error, Result, percent};
use serde::{Deserialize, Serialize};

use crate::{Attack, AttackRow, GAMES, Game, ReleaseKind, RiskReport};

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

/// Part of a limit that no row of a report could have exceeded, so that it says nothing, or an attack that
/// it means and that was not run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Untested {
    /// Which limit of the policy, from 1.
    pub limit: u32,
    /// Its key.
    pub key: String,
    /// What a row would have had to have.
    pub lacks: String,
}

/// A policy, what exceeded it, and what of it was not tested.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// What was allowed.
    pub policy: RiskPolicy,
    /// What got further, in the order of the report.
    pub breaches: Vec<Breach>,
    /// What nothing was held to.
    pub untested: Vec<Untested>,
}

impl Verdict {
    /// Whether every limit was tested and none exceeded.
    pub fn is_kept(&self) -> bool {
        self.breaches.is_empty() && self.untested.is_empty()
    }
}

impl RiskPolicy {
    /// Checks that every limit asks for something that a report can be held to.
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
                if let Some(value) = value.filter(|v| !(0.0..1.0).contains(v)) {
                    return fail(format!(
                        "`{key} = {value}` is outside the allowed range, 0 to less than 1"
                    ));
                }
            }
            for (key, asked) in [
                ("never_above_zero", limit.never_above_zero),
                ("within_claim", limit.within_claim),
            ] {
                if asked && limit.kind == Some(ReleaseKind::Records) {
                    return fail(format!(
                        "`{key}` is about what claims to be nobody's, and records are somebody's"
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
        let untested = (1..).zip(&self.limit);
        Verdict {
            policy: self.clone(),
            breaches,
            untested: untested
                .flat_map(|(number, limit)| limit.untested(number, report))
                .collect(),
        }
    }
}

/// A key of a limit, whether it is asked, what a row needs for it, and whether it has that.
type Criterion = (&'static str, bool, &'static str, fn(&AttackRow) -> bool);

impl Limit {
    fn is_about(&self, attack: &Attack) -> bool {
        self.attack.as_ref().is_none_or(|id| *id == attack.id)
            && self.kind.is_none_or(|kind| kind == attack.kind)
    }

    /// The keys that no row of a report could exceed.
    fn untested(&self, number: u32, report: &RiskReport) -> Vec<Untested> {
        let about = report.attacks.iter().filter(|attack| self.is_about(attack));
        let rows: Vec<&AttackRow> = about.flat_map(|attack| &attack.rows).collect();
        let keys: [Criterion; 4] = [
            (
                "success_at_most",
                self.success_at_most.is_some(),
                "a row",
                |_| true,
            ),
            (
                "excess_at_most",
                self.excess_at_most.is_some(),
                "a control group that is hit in nine of ten tries at most",
                |row| row.excess.is_some(),
            ),
            (
                "never_above_zero",
                self.never_above_zero,
                "a control group, on what claims to be nobody's",
                |row| row.above_zero.is_some(),
            ),
            (
                "within_claim",
                self.within_claim,
                "a claim and a control group",
                |row| row.within_bound.is_some(),
            ),
        ];
        let untested = |key: &str, lacks: &str| Untested {
            limit: number,
            key: key.to_owned(),
            lacks: lacks.to_owned(),
        };
        let unheld = keys
            .into_iter()
            .filter(|(_, asked, _, tests)| *asked && !rows.iter().any(|row| tests(row)));
        let unheld = unheld.map(|(key, _, lacks, _)| untested(key, lacks));
        // Every attack is meant, so every attack has to have been run.
        let was_run = |game: &&Game| report.attacks.iter().any(|attack| attack.id == game.id);
        let left_out: Vec<&str> = GAMES
            .iter()
            .filter(|game| self.attack.is_none() && !was_run(game))
            .map(|game| game.id)
            .collect();
        let every = match left_out.as_slice() {
            [] => None,
            [one] => Some(format!("`{one}`, which was not run")),
            several => Some(format!(
                "those of {} attacks that were not run: {}",
                several.len(),
                several.join(", ")
            )),
        };
        unheld
            .chain(every.map(|lacks| untested("attack", &lacks)))
            .collect()
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
    use crate::Rate;

    fn report(hits: u64, control: u64) -> RiskReport {
        let [members, control] = [hits, control].map(|hits| Rate::of(hits, 100).unwrap());
        let row = AttackRow::new("row".to_owned(), members, Some(control), 0.0);
        let mut attack = Attack::played("", "", vec![row]);
        attack.id = "unicity".to_owned();
        attack.kind = ReleaseKind::Synthetic;
        RiskReport {
            attacks: vec![attack],
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

    /// A limit that nothing could have exceeded is not kept.
    #[test]
    fn a_limit_that_nothing_was_held_to_is_not_kept() {
        let judged = |limit: &Limit, report: &RiskReport| {
            let policy = RiskPolicy {
                limit: vec![limit.clone()],
            };
            policy.check().unwrap();
            policy.judge(report)
        };
        let of = |change: fn(&mut Limit)| {
            let mut limit = Limit {
                attack: Some("unicity".to_owned()),
                ..Limit::default()
            };
            change(&mut limit);
            limit
        };
        let control = report(50, 10);
        let mut alone = report(50, 10);
        alone.attacks[0].rows = vec![AttackRow::new(
            "row".to_owned(),
            Rate::of(50, 100).unwrap(),
            None,
            0.0,
        )];
        let success = of(|limit| limit.success_at_most = Some(0.9));
        let excess = of(|limit| limit.excess_at_most = Some(0.9));
        let above = of(|limit| limit.never_above_zero = true);
        let claim = of(|limit| limit.within_claim = true);
        assert!(judged(&success, &alone).is_kept());
        assert!(judged(&excess, &control).is_kept());
        for (limit, report, key) in [
            (&excess, &alone, "excess_at_most"),
            (&above, &control, "never_above_zero"),
            (&claim, &control, "within_claim"),
        ] {
            let verdict = judged(limit, report);
            assert!(verdict.breaches.is_empty() && !verdict.is_kept());
            assert_eq!(
                (verdict.untested[0].limit, &*verdict.untested[0].key),
                (1, key)
            );
        }
        let other = Limit {
            attack: Some("home_work".to_owned()),
            ..success
        };
        assert!(!judged(&other, &control).is_kept());
        // Every attack is meant, and not every one was run.
        let every = Limit {
            success_at_most: Some(0.9),
            ..Limit::default()
        };
        let untested = judged(&every, &control).untested;
        assert!(untested[0].key == "attack" && untested[0].lacks.contains("home_work"));
        let mut whole = report(50, 10);
        whole.attacks = GAMES
            .iter()
            .map(|game| Attack {
                id: game.id.to_owned(),
                ..whole.attacks[0].clone()
            })
            .collect();
        assert!(judged(&every, &whole).is_kept());
    }

    #[test]
    fn a_policy_that_allows_everything_is_refused() {
        let refused = |limit| RiskPolicy { limit: vec![limit] }.check().is_err();
        assert!(RiskPolicy::default().check().is_err());
        assert!(refused(Limit::default()));
        assert!(refused(Limit {
            excess_at_most: Some(1.0),
            ..Limit::default()
        }));
        assert!(refused(Limit {
            kind: Some(ReleaseKind::Records),
            never_above_zero: true,
            ..Limit::default()
        }));
        assert!(refused(Limit {
            attack: Some("guess".to_owned()),
            never_above_zero: true,
            ..Limit::default()
        }));
    }
}
