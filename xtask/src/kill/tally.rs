//! What must hold after every kill, and the count of kills by moment.

use std::{collections::BTreeMap, fmt};

use crate::Outcome;

/// What the ledger says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Budget {
    /// Charged so far.
    pub(super) spent_micros: u64,
    /// What may be charged in all.
    pub(super) total_micros: u64,
}

/// How far a run had come when it was killed, as its files tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Moment {
    /// Nothing charged yet.
    BeforeCharge,
    /// Charged, and no model: the budget stays spent.
    Charged,
    /// The model was there, the request was not.
    Modelled,
    /// The request was signed: the run was over but for its last words.
    Requested,
}

impl Moment {
    pub(super) fn of(
        spent_before_micros: u64,
        now: &Budget,
        has_model: bool,
        has_request: bool,
    ) -> Self {
        if has_request {
            Self::Requested
        } else if has_model {
            Self::Modelled
        } else if now.spent_micros > spent_before_micros {
            Self::Charged
        } else {
            Self::BeforeCharge
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BeforeCharge => "before a charge",
            Self::Charged => "charged, no model",
            Self::Modelled => "with a model, no request",
            Self::Requested => "after the request",
        })
    }
}

/// The counts so far.
pub(super) struct Tally {
    last: Budget,
    kills: BTreeMap<Moment, u32>,
    tenths: [u32; 10],
    stores: u32,
    finished: u32,
    resumed: u32,
}

impl Tally {
    pub(super) fn new(start: Budget) -> Self {
        Self {
            last: start,
            kills: BTreeMap::new(),
            tenths: [0; 10],
            stores: 0,
            finished: 0,
            resumed: 0,
        }
    }

    pub(super) fn kills(&self) -> u32 {
        self.kills.values().sum()
    }

    pub(super) fn spent_before(&self) -> u64 {
        self.last.spent_micros
    }

    /// Counts a kill after `share` of a run, or says what the ledger did wrong.
    pub(super) fn add(
        &mut self,
        moment: Moment,
        share: f64,
        budget: &Budget,
        store: Option<()>,
    ) -> Outcome<()> {
        self.observe(budget)?;
        *self.kills.entry(moment).or_default() += 1;
        if let Some(count) = self.tenths.get_mut((share * 10.0) as usize) {
            *count += 1;
        }
        self.stores += u32::from(store.is_some());
        Ok(())
    }

    /// Counts a run that ended by itself.
    pub(super) fn add_finished(&mut self, budget: &Budget) -> Outcome<()> {
        self.finished += 1;
        self.observe(budget)
    }

    /// Counts a run that was killed and repeated in its directory: it costs `cost_micros` more.
    pub(super) fn add_resumed(&mut self, cost_micros: u64, budget: &Budget) -> Outcome<()> {
        let spent = budget.spent_micros.saturating_sub(self.last.spent_micros);
        if spent != cost_micros {
            return Err(format!(
                "a repeated run spent {spent} micro-epsilons in place of {cost_micros}"
            ));
        }
        self.resumed += 1;
        self.observe(budget)
    }

    fn observe(&mut self, now: &Budget) -> Outcome<()> {
        let before = self.last;
        if now.spent_micros < before.spent_micros {
            return Err(format!(
                "spent budget was lost: {} micro-epsilons before the kill, {} after",
                before.spent_micros, now.spent_micros
            ));
        }
        if now.spent_micros > now.total_micros {
            return Err(format!(
                "the budget is overdrawn: {} of {} micro-epsilons spent",
                now.spent_micros, now.total_micros
            ));
        }
        if now.total_micros != before.total_micros {
            return Err(format!(
                "the total changed from {} to {} micro-epsilons",
                before.total_micros, now.total_micros
            ));
        }
        self.last = *now;
        Ok(())
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kills = self.kills();
        for (moment, count) in &self.kills {
            writeln!(f, "killed {moment}: {count}")?;
        }
        writeln!(f, "killed by tenth of the run: {:?}", self.tenths)?;
        writeln!(f, "ended by themselves: {}", self.finished)?;
        writeln!(
            f,
            "repeated in their directory after a kill: {}",
            self.resumed
        )?;
        writeln!(
            f,
            "ledger ok after {kills}/{kills} kills, spent {}",
            self.last.spent_micros
        )?;
        write!(f, "store ok {0}/{0} where there was one", self.stores)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn budget(spent_micros: u64) -> Budget {
        Budget {
            spent_micros,
            total_micros: 100,
        }
    }

    #[test]
    fn a_ledger_that_only_grows_is_counted() {
        let mut tally = Tally::new(budget(10));
        tally
            .add(Moment::BeforeCharge, 0.0, &budget(10), None)
            .unwrap();
        tally
            .add(Moment::Charged, 0.99, &budget(20), Some(()))
            .unwrap();
        tally.add_finished(&budget(100)).unwrap();
        assert_eq!(tally.kills(), 2);
        let text = tally.to_string();
        assert!(
            text.contains("ok after 2/2 kills") && text.contains("store ok 1/1"),
            "{text}"
        );
    }

    #[test]
    fn lost_overdrawn_and_changed_budgets_fail() {
        let fault = |now: Budget| Tally::new(budget(10)).add_finished(&now).unwrap_err();
        assert!(fault(budget(9)).contains("was lost"));
        assert!(fault(budget(101)).contains("overdrawn"));
        let richer = Budget {
            total_micros: 101,
            ..budget(10)
        };
        assert!(fault(richer).contains("total changed"));
    }

    #[test]
    fn a_repeated_run_costs_what_it_must() {
        let mut tally = Tally::new(budget(10));
        tally.add_resumed(0, &budget(10)).unwrap();
        tally.add_resumed(5, &budget(15)).unwrap();
        assert!(tally.add_resumed(0, &budget(20)).is_err());
        assert!(tally.add_resumed(5, &budget(15)).is_err());
    }

    #[test]
    fn the_moment_is_read_from_what_is_left() {
        let moment = |spent, model, request| Moment::of(10, &budget(spent), model, request);
        assert_eq!(moment(10, false, false), Moment::BeforeCharge);
        assert_eq!(moment(11, false, false), Moment::Charged);
        assert_eq!(moment(11, true, false), Moment::Modelled);
        assert_eq!(moment(11, true, true), Moment::Requested);
    }
}
