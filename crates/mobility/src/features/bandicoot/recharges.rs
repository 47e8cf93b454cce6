use erewhon_events::{Event, EventKind};

use super::{
    contacts::spread,
    indicators::{Week, at},
};

/// The top-ups of a week.
pub(super) struct Recharges {
    number: u32,
    gaps_s: Vec<f64>,
}

impl Recharges {
    pub(super) fn of(events: &[Event]) -> Self {
        let topups = events.iter().filter(|e| e.kind == EventKind::Topup);
        let (mut before, mut number, mut gaps_s) = (None, 0, Vec::new());
        for event in topups {
            number += 1;
            if let Some(earlier) = before.replace(event.time_utc_ms) {
                gaps_s.push((event.time_utc_ms - earlier) as f64 / 1000.0);
            }
        }
        Self { number, gaps_s }
    }

    pub(super) const fn number(&self) -> u32 {
        self.number
    }

    pub(super) fn say(&self, week: &mut Week) {
        if self.number > 0 {
            week[at::RECHARGES] = f64::from(self.number);
            spread(week, at::RECHARGE_INTER_EVENT, &self.gaps_s);
        }
    }
}
