use erewhon_events::EventKind;

use crate::{
    Record, World,
    attention::{Clock, SLOT_S},
    diary::{Diary, Purpose, Whereabouts},
    dice::{Dice, For},
    people::{Role, Tie},
};

const SLOT_MIN: f64 = (SLOT_S / 60) as f64;
/// Minutes of full attention to the phone in a usual day, which levels refer to.
const ATTENTION_MIN: f64 = 900.0;
/// Spread of the gaps between bursts: their logarithm's standard deviation.
const GAP_SIGMA: f64 = 1.4;

/// Attention from which on nearly every call is answered.
const FREE: f64 = 1.3;

/// One person's phones through one day.
struct Day<'a> {
    world: &'a World,
    diaries: &'a [Diary],
    ix: usize,
    clock: &'a Clock,
    dice: Dice,
    records: &'a mut Vec<Record>,
}

impl World {
    /// Appends the records that a person's phones begin on a day, with both sides of each call.
    pub(crate) fn phone_day(
        &self,
        diaries: &[Diary],
        ix: usize,
        clock: &Clock,
        records: &mut Vec<Record>,
    ) {
        let mut phone = Day {
            world: self,
            diaries,
            ix,
            clock,
            dice: Dice::new(self.spec.seed, For::Phone, ix as u64, u64::from(clock.day)),
            records,
        };
        match self.people[ix].role {
            Role::Machine => phone.report(),
            _ => phone.use_it(),
        }
    }
}

impl<'a> Day<'a> {
    fn diary(&self) -> &'a Diary {
        &self.diaries[self.ix]
    }

    /// A machine reports at fixed times, give or take some seconds.
    fn report(&mut self) {
        let every_s = i32::from(self.world.habits[self.ix].report_min) * 60;
        let phase_s = (self.ix as i32 * 977) % every_s;
        let mut due_s = self.clock.from_s + (phase_s - self.clock.from_s).rem_euclid(every_s);
        while due_s < self.clock.until_s {
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
        let diary = self.diary();
        let mut begun = diary.begun(self.clock.from_s);
        for (slot_s, minute) in self.clock.slots() {
            while diary
                .0
                .get(begun)
                .is_some_and(|stay| stay.arrive_s <= slot_s)
            {
                begun += 1;
            }
            let here = diary.at_after(begun, slot_s);
            let attention = self
                .world
                .attention(self.ix, diary, here, self.clock, slot_s);
            let mut spent = 0.0;
            while attention > 0.0 && left < (SLOT_MIN - spent) * attention {
                spent += left / attention;
                self.burst(slot_s + (spent * 60.0) as i32, minute);
                left = self.dice.lognormal(median_gap, GAP_SIGMA).max(0.2);
            }
            left -= (SLOT_MIN - spent) * attention;
        }
    }

    /// Data sessions in a row, or a call or message with whatever follows from it.
    fn burst(&mut self, mut now_s: i32, minute: u16) {
        let habits = &self.world.habits[self.ix];
        let late = self.clock.is_unsocial(habits, minute);
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
        let circle = &self.world.habits[self.ix].circle;
        let contact = contacts.get(self.dice.pick(circle))?;
        Some((contact.person as usize, contact.tie))
    }

    /// A call or message within the region leaves a record on either side. Nothing happens when the
    /// other is away or together with the caller, when a message would wake, and when a call is not
    /// answered: who has no mind for the phone does not take it up either.
    fn talk(&mut self, from: usize, to: usize, tie: Tie, now_s: i32, sms: bool) -> i32 {
        let world = self.world;
        if now_s >= self.clock.until_s {
            return 0;
        }
        let [here, there] = [from, to].map(|who| self.diaries[who].at(now_s));
        let mind = world.attention(to, &self.diaries[to], there, self.clock, now_s);
        let taken = match (sms, mind > 0.1) {
            (true, true) => 1.0,
            (_, false) => 0.05,
            (false, true) => (mind / FREE).min(0.95),
        };
        let place = |at: Whereabouts| at.stay().map(|stay| stay.place);
        let together = place(here).is_some() && place(here) == place(there);
        let off_duty = tie == Tie::Colleague && !at_work(here);
        if !self.dice.chance(taken)
            || (together && self.dice.chance(0.9))
            || (off_duty && self.dice.chance(0.8))
        {
            return 0;
        }
        let cells = [here, there].map(|at| world.serving(at, &mut self.dice));
        let [Some(near), Some(far)] = cells else {
            return 0;
        };
        let numbers = [(from, here), (to, there)].map(|(who, at)| self.number(who, tie, at));
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
                home_network: world.people[[from, to][side]].home_network,
            });
        }
        lasts_s as i32
    }

    /// A visitor's call to or from home: the other side is served by another network.
    fn call_abroad(&mut self, now_s: i32) {
        let here = self.diary().at(now_s);
        let Some(cell) = self.world.serving(here, &mut self.dice) else {
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
            home_network: self.world.people[self.ix].home_network,
        });
    }

    /// Which phone: of two, the second is for work and for colleagues.
    fn number(&mut self, who: usize, tie: Tie, at: Whereabouts) -> u64 {
        let numbers = &self.world.people[who].numbers;
        let for_work = match (tie, at_work(at)) {
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
        if now_s >= self.clock.until_s {
            return;
        }
        let here = self.diary().at(now_s);
        let Some(cell) = self.world.serving(here, &mut self.dice) else {
            return;
        };
        let subscriber = self.number(self.ix, Tie::Friend, here);
        self.records.push(Record {
            time_utc_s: self.world.utc_s(now_s),
            subscriber,
            kind: EventKind::Data,
            cell,
            duration_s,
            peer: None,
            bytes_up: up as u64 + 1,
            bytes_down: down as u64 + 1,
            home_network: self.world.people[self.ix].home_network,
        });
    }
}

fn at_work(at: Whereabouts) -> bool {
    at.stay().is_some_and(|stay| stay.purpose == Purpose::Work)
}
