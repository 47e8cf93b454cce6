use erewhon_types::{CellIx, Local};

use crate::{
    World,
    diary::{Diary, Purpose, Stay, Whereabouts},
    dice::Dice,
    habits::Habits,
    places::AWAY,
};

/// Step of attention in seconds: a whole number of these makes a local day of 23 to 25 hours, and a
/// change of the clock falls between two of them.
pub(crate) const SLOT_S: i32 = 900;
const HOUR_S: i32 = 3_600;

/// A local day, from the window's start, with the local minute at the start of each slot.
pub(crate) struct Clock {
    pub(crate) day: u16,
    /// The day's first second, and the one past its last.
    pub(crate) from_s: i32,
    pub(crate) until_s: i32,
    weekday: u8,
    minutes: Vec<u16>,
}

impl Clock {
    /// Start and local minute of each slot.
    pub(crate) fn slots(&self) -> impl Iterator<Item = (i32, u16)> + '_ {
        (self.from_s..)
            .step_by(SLOT_S as usize)
            .zip(self.minutes.iter().copied())
    }

    /// Minutes since someone got up.
    const fn up_min(&self, habits: &Habits, minute: u16) -> u16 {
        (minute + 1_440 - habits.wakes_min(self.weekday)) % 1_440
    }

    /// Whether one hesitates to call others: just up, about to go to bed, or in between.
    pub(crate) const fn is_unsocial(&self, habits: &Habits, minute: u16) -> bool {
        let awake_min = self.up_min(habits, minute) + to_bed_min(habits, minute);
        self.up_min(habits, minute) < 45 || to_bed_min(habits, minute) < 30 || awake_min >= 1_440
    }

    /// The local minute of a moment of the day.
    fn minute(&self, now_s: i32) -> u16 {
        let past_s = (now_s - self.from_s).max(0);
        let slot = self.minutes.get((past_s / SLOT_S) as usize);
        slot.map_or(0, |minute| minute + (past_s % SLOT_S / 60) as u16)
    }
}

impl World {
    pub(crate) fn clock(&self, day: u16) -> Clock {
        let calendar = &self.calendar;
        let from_start = |at_ms: i64| ((at_ms - calendar.start_utc_ms()) / 1_000) as i32;
        let start_s = |day: u16| {
            if day < calendar.days() {
                from_start(calendar.utc_ms(Local { day, minute: 0 }))
            } else {
                from_start(calendar.end_utc_ms())
            }
        };
        let (from_s, until_s) = (start_s(day), start_s(day + 1));
        let minute = |at_s: i32| {
            let at_ms = calendar.start_utc_ms() + i64::from(at_s) * 1_000;
            calendar.local(at_ms).map_or(0, |local| local.minute)
        };
        Clock {
            day,
            from_s,
            until_s,
            weekday: calendar.weekday(day),
            minutes: (from_s..until_s)
                .step_by(SLOT_S as usize)
                .map(minute)
                .collect(),
        }
    }

    /// How much mind someone has for the phone at a moment of a day; 0 out of the region.
    ///
    /// It follows from what the person does, with whom, and for how long already. No hour of the
    /// day stands here: the day's shape is that of the lives.
    pub(crate) fn attention(
        &self,
        ix: usize,
        diary: &Diary,
        at: Whereabouts,
        clock: &Clock,
        now_s: i32,
    ) -> f64 {
        let Whereabouts::At(stay) = at else {
            return 0.9;
        };
        let habits = &self.habits[ix];
        if stay.place == AWAY {
            return 0.0;
        }
        let minute = clock.minute(now_s);
        if asleep(habits, diary, stay, clock, now_s, minute) {
            return if habits.off_at_night { 0.0 } else { 0.015 };
        }
        match stay.purpose {
            Purpose::Home => at_home(habits, clock, minute),
            // One gets into the work first, in the morning and after a meal out.
            Purpose::Work if now_s - stay.arrive_s < HOUR_S => 0.5,
            Purpose::Work => 0.8,
            Purpose::Learn => 0.45,
            Purpose::Doctor => 0.6,
            // In company the phone waits.
            Purpose::Friend | Purpose::Leisure => 0.8,
            Purpose::Shop | Purpose::Escort | Purpose::Meal | Purpose::Away => 0.9,
        }
    }

    /// The serving cell of one event; `None` out of the region.
    pub(crate) fn serving(&self, at: Whereabouts, dice: &mut Dice) -> Option<CellIx> {
        match at {
            Whereabouts::Moving(from, to, share) => {
                let [from, to] = [from, to].map(|place| self.places.on_road(place));
                let point = self.country.roads.along(from, to, share);
                Some(self.network.serve_moving(point, dice))
            }
            Whereabouts::At(stay) if stay.place == AWAY => None,
            Whereabouts::At(stay) => Some(self.network.serve_at(stay.place, dice)),
        }
    }
}

/// At home one gets ready, arranges the day, does what has to be done, and has the last hours before
/// bed for oneself.
fn at_home(habits: &Habits, clock: &Clock, minute: u16) -> f64 {
    match (clock.up_min(habits, minute), to_bed_min(habits, minute)) {
        (_, 0..60) => 1.1,
        (_, 60..270) => 1.9,
        (_, 270..360) => 1.3,
        (0..45, _) => 0.4,
        (45..270, _) => 1.0,
        _ => 0.75,
    }
}

/// Minutes until someone goes to bed.
const fn to_bed_min(habits: &Habits, minute: u16) -> u16 {
    (habits.bed_min + 1_440 - minute) % 1_440
}

/// In bed at night, at home or wherever one stays overnight; or by day after a night shift.
fn asleep(
    habits: &Habits,
    diary: &Diary,
    stay: Stay,
    clock: &Clock,
    now_s: i32,
    minute: u16,
) -> bool {
    let overnight = stay.purpose == Purpose::Home || stay.depart_s - stay.arrive_s > 14 * HOUR_S;
    let (wake, bed) = (habits.wakes_min(clock.weekday), habits.bed_min);
    let night = if bed < 1_440 {
        minute >= bed || minute < wake
    } else {
        (bed - 1_440..wake).contains(&minute)
    };
    let home_s = now_s - stay.arrive_s;
    let after_shift = || {
        (HOUR_S / 2..7 * HOUR_S).contains(&home_s)
            && (240..900).contains(&minute)
            && diary.before(now_s).is_some_and(|s| {
                s.purpose == Purpose::Work
                    && stay.arrive_s - s.depart_s < 3 * HOUR_S
                    && s.depart_s - s.arrive_s > 5 * HOUR_S
            })
    };
    overnight && (night || after_shift())
}
