use erewhon_events::{Event, EventKind};

use super::{
    contacts::spread,
    indicators::{Week, at},
};
use crate::features::numbers::make_up_most;

/// The top-ups of a week.
pub(super) struct Recharges {
    gaps_s: Vec<f64>,
    amounts_minor: Vec<u64>,
}

impl Recharges {
    pub(super) fn of(events: &[Event]) -> Self {
        let (mut before, mut gaps_s, mut amounts_minor) = (None, Vec::new(), Vec::new());
        for event in topups(events) {
            amounts_minor.push(event.amount_minor.into());
            if let Some(earlier) = before.replace(event.time_utc_ms) {
                gaps_s.push((event.time_utc_ms - earlier) as f64 / 1000.0);
            }
        }
        Self {
            gaps_s,
            amounts_minor,
        }
    }

    pub(super) const fn number(&self) -> u32 {
        self.amounts_minor.len() as u32
    }

    pub(super) fn say(&mut self, week: &mut Week) {
        let number = f64::from(self.number());
        if number > 0.0 {
            week[at::RECHARGES] = number;
            spread(week, at::RECHARGE_INTER_EVENT, &self.gaps_s);
        }
        if self.amounts_minor.iter().any(|&amount| amount > 0) {
            let amounts = self.amounts_minor.iter().map(|&amount| amount as f64);
            spread(week, at::RECHARGE_AMOUNT, &amounts.collect::<Vec<f64>>());
            week[at::RECHARGE_PARETO] = f64::from(make_up_most(&mut self.amounts_minor)) / number;
        }
    }
}

/// What bandicoot calls the average balance of all the window: half of each amount that lasted a day or
/// longer. `None` where no amount is known, or less than a day lies between the first and the last.
pub(super) fn balance_minor(events: &[Event]) -> Option<f64> {
    let mut known = false;
    let (mut first, mut last, mut halves) = (None, None, 0);
    for event in topups(events) {
        known |= event.amount_minor > 0;
        first = first.or(Some(event.time_utc_ms));
        if let Some(Event {
            time_utc_ms,
            amount_minor,
            ..
        }) = last.replace(event)
            && event.time_utc_ms - time_utc_ms >= DAY_MS
        {
            halves += u64::from(*amount_minor);
        }
    }
    let lasted = last?.time_utc_ms - first? >= DAY_MS;
    (known && lasted).then_some(halves as f64 / 2.0)
}

const DAY_MS: i64 = 86_400_000;

fn topups(events: &[Event]) -> impl Iterator<Item = &Event> {
    events.iter().filter(|e| e.kind == EventKind::Topup)
}
