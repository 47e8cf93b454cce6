use erewhon_events::{Event, EventKind};
use erewhon_types::{Error, Local, Result};

use super::numbers::{mean, median, share};
use crate::{Column, Feature, Row, Track};

/// How much data a subscriber sends and receives, and when.
///
/// A session is an event of kind `data`; a slot is a part of a local day of a fixed length, the first
/// from midnight on; a slot is active when a session begins in it.
///
/// - `sessions`, `active_slots`: their numbers.
/// - `up_bytes`, `down_bytes`, `volume_bytes`: of all sessions, and both together.
/// - `sessions_per_active_slot`, `volume_per_active_slot_bytes`, `volume_per_session_bytes`: means.
/// - `inter_session_mean_s`, `_median_s`: of the times between the beginnings of consecutive sessions,
///   over midnight too; missing with fewer than 2.
///
/// Slots are of the local clock: where it repeats an hour, the two are the same slots. Without a
/// session the numbers of sessions and slots are 0 and the rest is missing. Places play no part.
/// Bytes are exact up to 2^53.
pub struct Traffic {
    slot: Slot,
}

/// Part of a local day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    minutes: u16,
}

impl Slot {
    /// Half an hour.
    pub const HALF_HOUR: Self = Self { minutes: 30 };

    /// A slot of so many minutes.
    ///
    /// # Errors
    /// Usage, unless a day is a whole number of slots.
    pub fn try_new(slot_min: u16) -> Result<Self> {
        if slot_min == 0 || !1440_u16.is_multiple_of(slot_min) {
            return Err(Error::usage(format!(
                "a day is not a whole number of slots of {slot_min} minutes"
            ))
            .with_hint("use a divisor of 1440, such as 15, 30 or 60"));
        }
        Ok(Self { minutes: slot_min })
    }

    /// Which slot of the window a local time falls into.
    #[inline]
    pub(super) const fn of(self, local: Local) -> u32 {
        local.day as u32 * (1440 / self.minutes) as u32 + (local.minute / self.minutes) as u32
    }
}

impl Traffic {
    /// Over slots of a length.
    pub const fn by(slot: Slot) -> Self {
        Self { slot }
    }
}

/// The sessions of a subscriber.
#[derive(Default)]
pub(super) struct Sessions {
    pub(super) count: u32,
    pub(super) active_slots: u32,
    pub(super) up_bytes: u64,
    pub(super) down_bytes: u64,
    pub(super) gaps_s: Vec<f64>,
}

impl Sessions {
    pub(super) fn of(track: &Track<'_>, slot: Slot) -> Self {
        let mut all = Self::default();
        let mut before: Option<(u32, &Event)> = None;
        for (local, event) in track
            .iter()
            .filter(|(_, event)| event.kind == EventKind::Data)
        {
            all.count += 1;
            all.up_bytes = all.up_bytes.saturating_add(event.bytes_up);
            all.down_bytes = all.down_bytes.saturating_add(event.bytes_down);
            let now = slot.of(local);
            if let Some((_, last)) = before {
                all.gaps_s
                    .push((event.time_utc_ms - last.time_utc_ms) as f64 / 1000.0);
            }
            all.active_slots += u32::from(before.is_none_or(|(slot, _)| slot != now));
            before = Some((now, event));
        }
        all
    }

    /// `None` without a session.
    pub(super) fn volume_bytes(&self) -> Option<f64> {
        let volume = self.up_bytes.saturating_add(self.down_bytes);
        (self.count > 0).then_some(volume as f64)
    }

    /// Mean over sessions.
    pub(super) fn volume_per_session_bytes(&self) -> Option<f64> {
        self.volume_bytes()
            .map(|bytes| bytes / f64::from(self.count))
    }

    /// Mean over active slots.
    pub(super) fn per_active_slot(&self) -> Option<f64> {
        share(self.count, self.active_slots)
    }

    /// Mean over consecutive sessions.
    pub(super) fn gap_mean_s(&self) -> Option<f64> {
        mean(&self.gaps_s)
    }
}

impl Feature for Traffic {
    fn name(&self) -> &'static str {
        "traffic"
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::Count("sessions"),
            Column::Count("active_slots"),
            Column::Real("up_bytes"),
            Column::Real("down_bytes"),
            Column::Real("volume_bytes"),
            Column::Real("sessions_per_active_slot"),
            Column::Real("volume_per_active_slot_bytes"),
            Column::Real("volume_per_session_bytes"),
            Column::Real("inter_session_mean_s"),
            Column::Real("inter_session_median_s"),
        ]
    }

    fn places_alone(&self) -> bool {
        false
    }

    fn row(&self, track: &Track<'_>, out: &mut Row<'_>) {
        let mut all = Sessions::of(track, self.slot);
        let (volume_bytes, slots) = (all.volume_bytes(), f64::from(all.active_slots));
        out.count(all.count);
        out.count(all.active_slots);
        out.real(volume_bytes.map(|_| all.up_bytes as f64));
        out.real(volume_bytes.map(|_| all.down_bytes as f64));
        out.real(volume_bytes);
        out.real(all.per_active_slot());
        out.real(volume_bytes.map(|bytes| bytes / slots));
        out.real(all.volume_per_session_bytes());
        out.real(all.gap_mean_s());
        out.real(median(&mut all.gaps_s));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_a_whole_number_of_slots() {
        for minutes in [0, 7, 1441, u16::MAX] {
            assert!(Slot::try_new(minutes).is_err());
        }
        assert_eq!(Slot::try_new(30).unwrap(), Slot::HALF_HOUR);
        let late = Local {
            day: 2,
            minute: 1439,
        };
        assert_eq!(Slot::HALF_HOUR.of(late), 3 * 48 - 1);
    }
}
