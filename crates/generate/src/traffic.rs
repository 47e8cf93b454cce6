use erewhon_events::{Event, EventKind};
use rand::Rng;
use rand_distr::{Distribution, LogNormal};

/// Declared priors of durations and bytes. They come from general knowledge of mobile traffic, not
/// from any records, and every privacy statement says so.
pub(crate) struct Traffic {
    call_s: LogNormal<f64>,
    session_s: LogNormal<f64>,
    down_bytes: LogNormal<f64>,
    up_share: LogNormal<f64>,
}

/// Median call of a minute, a twentieth of them over seven minutes.
const CALL_MEDIAN_S: f64 = 60.0;
const CALL_SPREAD: f64 = 1.2;
const CALL_MAX_S: f64 = 4.0 * 3600.0;
/// Median data session of two minutes with 500 kB down and a tenth of that up.
const SESSION_MEDIAN_S: f64 = 120.0;
const SESSION_SPREAD: f64 = 1.0;
const DOWN_MEDIAN_BYTES: f64 = 500_000.0;
const DOWN_SPREAD: f64 = 1.8;
const DOWN_MAX_BYTES: f64 = 4e9;
const UP_MEDIAN_SHARE: f64 = 0.1;
const UP_SPREAD: f64 = 0.8;

impl Traffic {
    /// `None` never in practice: the constants are valid parameters.
    pub(crate) fn declared() -> Option<Self> {
        let log_normal = |median: f64, spread: f64| LogNormal::new(median.ln(), spread).ok();
        Some(Self {
            call_s: log_normal(CALL_MEDIAN_S, CALL_SPREAD)?,
            session_s: log_normal(SESSION_MEDIAN_S, SESSION_SPREAD)?,
            down_bytes: log_normal(DOWN_MEDIAN_BYTES, DOWN_SPREAD)?,
            up_share: log_normal(UP_MEDIAN_SHARE, UP_SPREAD)?,
        })
    }

    /// Fills in what the event's kind carries.
    pub(crate) fn dress(&self, event: &mut Event, rng: &mut impl Rng) {
        let seconds = |d: &LogNormal<f64>, rng: &mut _| d.sample(rng).clamp(1.0, CALL_MAX_S) as u32;
        match event.kind {
            EventKind::CallOut | EventKind::CallIn => {
                event.duration_s = seconds(&self.call_s, rng);
            }
            EventKind::Data => {
                event.duration_s = seconds(&self.session_s, rng);
                let down = self.down_bytes.sample(rng).min(DOWN_MAX_BYTES);
                event.bytes_down = down as u64;
                event.bytes_up = (down * self.up_share.sample(rng).min(2.0)) as u64;
            }
            _ => {}
        }
    }
}
