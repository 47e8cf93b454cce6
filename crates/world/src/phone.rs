use erewhon_events::EventKind;
use erewhon_types::CellIx;

use crate::{
    Record, World,
    diary::{Diary, Purpose, Stay, Whereabouts},
    dice::{Dice, For, running},
    people::{Habits, Role, Tie},
    places::AWAY,
};

/// A whole number of these makes a local day of 23 to 25 hours.
const SLOT_MIN: f64 = 15.0;
/// Minutes of full attention to the phone in a usual day, which levels refer to.
const ATTENTION_MIN: f64 = 900.0;
/// Spread of the gaps between bursts: their logarithm's standard deviation.
const GAP_SIGMA: f64 = 1.4;

/// One person's phones through one day.
struct Day<'a> {
    world: &'a World,
    diaries: &'a [Diary],
    ix: usize,
    /// Seconds from the window's start: the day's first, and the one past its last.
    from_s: i32,
    until_s: i32,
    dice: Dice,
    records: &'a mut Vec<Record>,
}

impl World {
    /// Appends the records that a person's phones begin on a day, with both sides of each call.
    pub(crate) fn phone_day(
        &self,
        diaries: &[Diary],
        ix: usize,
        day: u16,
        records: &mut Vec<Record>,
    ) {
        let borders = self.day_borders_s(day);
        let mut phone = Day {
            world: self,
            diaries,
            ix,
            from_s: borders.0,
            until_s: borders.1,
            dice: Dice::new(self.spec.seed, For::Phone, ix as u64, u64::from(day)),
            records,
        };
        match self.people[ix].role {
            Role::Machine => phone.report(),
            _ => phone.use_it(),
        }
    }

    /// How much someone turns to the phone at a moment: 0 out of the region, 1 by default.
    fn attention(&self, ix: usize, diary: &Diary, now_s: i32, minute: u16) -> f64 {
        let stay = match diary.at(self, now_s) {
            Whereabouts::Moving(_) => return 1.1,
            Whereabouts::At(stay) => stay,
        };
        let habits = &self.habits[ix];
        if stay.place == AWAY {
            0.0
        } else if asleep(habits, diary, stay, now_s, minute) {
            if habits.off_at_night { 0.0 } else { 0.015 }
        } else {
            match stay.purpose {
                Purpose::Home => 1.25,
                Purpose::Work => 0.75,
                Purpose::Learn => 0.5,
                Purpose::Doctor => 0.6,
                Purpose::Shop => 0.9,
                _ => 1.15,
            }
        }
    }

    /// The local minute of a moment of the window.
    fn minute(&self, now_s: i32) -> u16 {
        let at_ms = self.calendar.start_utc_ms() + i64::from(now_s) * 1_000;
        self.calendar.local(at_ms).map_or(0, |local| local.minute)
    }

    /// The serving cell of someone at a moment; `None` out of the region.
    fn serving(&self, diary: &Diary, now_s: i32, dice: &mut Dice) -> Option<CellIx> {
        match diary.at(self, now_s) {
            Whereabouts::Moving(point) => Some(self.network.serve_moving(point, dice)),
            Whereabouts::At(stay) if stay.place == AWAY => None,
            Whereabouts::At(stay) => Some(self.network.serve_at(stay.place, dice)),
        }
    }
}

/// In bed at night, at home or wherever one stays overnight; or by day after a night shift.
fn asleep(habits: &Habits, diary: &Diary, stay: Stay, now_s: i32, minute: u16) -> bool {
    const HOUR_S: i32 = 3_600;
    let overnight = stay.purpose == Purpose::Home || stay.depart_s - stay.arrive_s > 14 * HOUR_S;
    let (wake, bed) = (habits.wake_min, habits.bed_min);
    let night = if bed < 1_440 {
        minute >= bed || minute < wake
    } else {
        (bed - 1_440..wake).contains(&minute)
    };
    let home_s = now_s - stay.arrive_s;
    let after_shift = (HOUR_S / 2..7 * HOUR_S).contains(&home_s)
        && (240..900).contains(&minute)
        && diary.before(now_s).is_some_and(|s| {
            s.purpose == Purpose::Work
                && stay.arrive_s - s.depart_s < 3 * HOUR_S
                && s.depart_s - s.arrive_s > 5 * HOUR_S
        });
    overnight && (night || after_shift)
}

impl<'a> Day<'a> {
    fn diary(&self) -> &'a Diary {
        &self.diaries[self.ix]
    }

    /// A machine reports at fixed times, give or take some seconds.
    fn report(&mut self) {
        let every_s = i32::from(self.world.habits[self.ix].report_min) * 60;
        let phase_s = (self.ix as i32 * 977) % every_s;
        let mut due_s = self.from_s + (phase_s - self.from_s).rem_euclid(every_s);
        while due_s < self.until_s {
            let late_s = self.dice.below(8) as i32;
            if !self.dice.chance(0.01) {
                let up = self.dice.lognormal(600.0, 0.15);
                self.push_data(due_s + late_s, 2, up, 220.0);
            }
            due_s += every_s;
        }
    }

    /// Bursts of use: gaps between them are heavy-tailed in attention, not in clock time, so nights,
    /// lessons and journeys shape the day by themselves.
    fn use_it(&mut self) {
        if self.dice.chance(0.02) {
            return;
        }
        let level = self.world.habits[self.ix].level * self.dice.lognormal(0.88, 0.5);
        let median_gap = ATTENTION_MIN / level * (-GAP_SIGMA * GAP_SIGMA / 2.0).exp();
        // The day starts somewhere inside a gap.
        let mut left = self.dice.lognormal(median_gap, GAP_SIGMA) * self.dice.unit();
        let mut slot_s = self.from_s;
        while slot_s < self.until_s {
            let minute = self.world.minute(slot_s);
            let attention = self.world.attention(self.ix, self.diary(), slot_s, minute);
            let mut spent = 0.0;
            while attention > 0.0 && left < (SLOT_MIN - spent) * attention {
                spent += left / attention;
                self.burst(slot_s + (spent * 60.0) as i32, minute);
                left = self.dice.lognormal(median_gap, GAP_SIGMA).max(0.2);
            }
            left -= (SLOT_MIN - spent) * attention;
            slot_s += (SLOT_MIN * 60.0) as i32;
        }
    }

    /// Data sessions in a row, or a call or message with whatever follows from it.
    fn burst(&mut self, mut now_s: i32, minute: u16) {
        let habits = &self.world.habits[self.ix];
        let late = !(420..1_320).contains(&minute);
        let data = self.dice.chance(habits.data_share)
            || (late && self.dice.chance(0.8) && habits.data_share > 0.05);
        if data {
            loop {
                let down = self.dice.lognormal(400_000.0, 2.2).min(4e9);
                let up = down * self.dice.lognormal(0.11, 0.8);
                let length_s = self.dice.lognormal(80.0, 1.3).min(7_200.0) as u32;
                self.push_data(now_s, length_s, up, down);
                if !self.dice.chance(0.3) {
                    return;
                }
                now_s += self.dice.lognormal(180.0, 0.9) as i32 + 1;
            }
        }
        if late && self.dice.chance(0.75) {
            return;
        }
        if self.world.people[self.ix].role == Role::Visitor {
            self.call_abroad(now_s);
            return;
        }
        let Some((other, tie)) = self.someone() else {
            return;
        };
        let sms = self.dice.chance(habits.sms_share);
        let mut lasts_s = self.talk(self.ix, other, tie, now_s, sms);
        while self.dice.chance(0.22) {
            now_s += lasts_s + 5 + self.dice.lognormal(150.0, 1.0) as i32;
            let back = self.dice.chance(0.55);
            let (from, to) = if back {
                (other, self.ix)
            } else {
                (self.ix, other)
            };
            let again = sms && self.dice.chance(0.9);
            lasts_s = self.talk(from, to, tie, now_s, again);
        }
    }

    /// Someone to call, by strength of the tie.
    fn someone(&mut self) -> Option<(usize, Tie)> {
        let contacts = &self.world.people[self.ix].contacts;
        let sums = running(contacts.iter().map(|c| c.strength));
        let contact = contacts.get(self.dice.pick(&sums))?;
        Some((contact.person as usize, contact.tie))
    }

    /// A call or message within the region leaves a record on either side; nothing happens when
    /// the other is asleep or away, or is in the same house. Gives its length in seconds.
    fn talk(&mut self, from: usize, to: usize, tie: Tie, now_s: i32, sms: bool) -> i32 {
        let world = self.world;
        if now_s >= self.until_s {
            return 0;
        }
        let minute = world.minute(now_s);
        let awake = world.attention(to, &self.diaries[to], now_s, minute) > 0.1;
        let sides = [from, to].map(|who| (who, &self.diaries[who]));
        let places = sides.map(|(_, diary)| match diary.at(world, now_s) {
            Whereabouts::At(stay) => Some(stay.place),
            Whereabouts::Moving(_) => None,
        });
        let together = places[0].is_some() && places[0] == places[1];
        if (!awake && self.dice.chance(0.95)) || (together && self.dice.chance(0.9)) {
            return 0;
        }
        let cells = sides.map(|(_, diary)| world.serving(diary, now_s, &mut self.dice));
        let [Some(near), Some(far)] = cells else {
            return 0;
        };
        let numbers = [from, to].map(|who| self.number(who, tie, now_s));
        let lasts_s = if sms {
            0
        } else {
            self.dice.lognormal(75.0, 1.1).clamp(3.0, 7_200.0) as u32
        };
        let kinds = if sms {
            [EventKind::SmsOut, EventKind::SmsIn]
        } else {
            [EventKind::CallOut, EventKind::CallIn]
        };
        for (side, cell) in [near, far].into_iter().enumerate() {
            self.records.push(Record {
                time_utc_s: world.utc_s(now_s),
                subscriber: numbers[side],
                kind: kinds[side],
                cell,
                duration_s: lasts_s,
                peer: Some(numbers[1 - side]),
                bytes_up: 0,
                bytes_down: 0,
            });
        }
        lasts_s as i32
    }

    /// A visitor's call to or from home: the other side is served by another network.
    fn call_abroad(&mut self, now_s: i32) {
        let Some(cell) = self.world.serving(self.diary(), now_s, &mut self.dice) else {
            return;
        };
        let kind = [
            EventKind::CallOut,
            EventKind::CallIn,
            EventKind::SmsOut,
            EventKind::SmsIn,
        ][self.dice.below(4)];
        let call = matches!(kind, EventKind::CallOut | EventKind::CallIn);
        let family = self.ix as u64 * 10 + self.dice.below(3) as u64;
        self.records.push(Record {
            time_utc_s: self.world.utc_s(now_s),
            subscriber: self.world.people[self.ix].numbers[0],
            kind,
            cell,
            duration_s: if call {
                self.dice.lognormal(120.0, 1.0) as u32
            } else {
                0
            },
            peer: Some(998_000_000_000 + family),
            bytes_up: 0,
            bytes_down: 0,
        });
    }

    /// Which phone: of two, the second is for work and for colleagues.
    fn number(&mut self, who: usize, tie: Tie, now_s: i32) -> u64 {
        let numbers = &self.world.people[who].numbers;
        let at_work = matches!(
            self.diaries[who].at(self.world, now_s),
            Whereabouts::At(Stay {
                purpose: Purpose::Work,
                ..
            })
        );
        let for_work = match (tie, at_work) {
            (Tie::Colleague, true) => 0.95,
            (Tie::Colleague, false) => 0.5,
            (_, true) => 0.4,
            _ => 0.1,
        };
        match numbers[..] {
            [_, second] if self.dice.chance(for_work) => second,
            _ => numbers[0],
        }
    }

    fn push_data(&mut self, now_s: i32, duration_s: u32, up: f64, down: f64) {
        if now_s >= self.until_s {
            return;
        }
        let Some(cell) = self.world.serving(self.diary(), now_s, &mut self.dice) else {
            return;
        };
        let subscriber = self.number(self.ix, Tie::Friend, now_s);
        self.records.push(Record {
            time_utc_s: self.world.utc_s(now_s),
            subscriber,
            kind: EventKind::Data,
            cell,
            duration_s,
            peer: None,
            bytes_up: up as u64 + 1,
            bytes_down: down as u64 + 1,
        });
    }
}
