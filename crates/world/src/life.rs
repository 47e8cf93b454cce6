use erewhon_types::{Calendar, Local};

use crate::{
    World,
    diary::{Diary, Purpose, Stay},
    dice::{Dice, For},
    habits::Habits,
    people::Role,
    places::{AWAY, Place, PlaceIx},
    roads::slowed_min,
};

/// A person living through the window, one activity after another.
pub(crate) struct Life<'a> {
    pub(crate) world: &'a World,
    pub(crate) habits: &'a Habits,
    pub(crate) stays: Vec<Stay>,
    pub(crate) dice: Dice,
}

/// A way to go, and how many times as long as others one takes.
struct Way {
    length_m: f64,
    pace: f64,
}

impl Way {
    fn takes_s(&self, slow: f64) -> i32 {
        (slowed_min(self.length_m, slow) * 60.0 * self.pace) as i32
    }
}

/// A gap between two activities longer than this is spent at home.
const HOME_GAP_S: i32 = 75 * 60;
/// Being later than this means not going at all.
const TOO_LATE_S: i32 = 100 * 60;

/// Seconds from the window's start to a local minute, which may lie past midnight.
pub(crate) fn moment_s(calendar: &Calendar, day: u16, minute: f64) -> i32 {
    let minute = minute.max(0.0);
    let extra = (minute / 1_440.0) as u16;
    let (day, minute) = (day + extra, minute - 1_440.0 * f64::from(extra));
    let at_ms = if day < calendar.days() {
        let local = Local {
            day,
            minute: minute as u16,
        };
        calendar.utc_ms(local)
    } else {
        calendar.end_utc_ms() + (minute * 60_000.0) as i64
    };
    ((at_ms - calendar.start_utc_ms()) / 1_000) as i32 + (minute.fract() * 60.0) as i32
}

impl World {
    /// What one person does in the window.
    pub(crate) fn diary(&self, ix: usize) -> Diary {
        let person = &self.people[ix];
        let habits = &self.habits[ix];
        let end_s = moment_s(&self.calendar, self.calendar.days(), 0.0);
        let (place, purpose) = match person.role {
            Role::Visitor => (AWAY, Purpose::Away),
            _ => (habits.home, Purpose::Home),
        };
        let mut life = Life {
            world: self,
            habits,
            stays: vec![Stay {
                arrive_s: 0,
                depart_s: 0,
                place,
                purpose,
            }],
            dice: Dice::new(self.spec.seed, For::Diary, ix as u64, 0),
        };
        match person.role {
            Role::Machine => {}
            Role::Visitor => life.tour(),
            role => life.reside(role, ix, &self.absences(ix)),
        }
        life.finish(end_s)
    }
}

impl Life<'_> {
    pub(crate) fn last(&self) -> Stay {
        self.stays[self.stays.len() - 1]
    }

    fn way(&mut self, to: PlaceIx) -> Way {
        let world = self.world;
        Way {
            length_m: (world.places).length_m(&world.country, self.last().place, to),
            pace: self.dice.lognormal(1.0, 0.12),
        }
    }

    /// When someone arrives who sets out at a moment.
    fn arrive_s(&self, way: &Way, depart_s: i32) -> i32 {
        depart_s + way.takes_s(self.world.slow_at(depart_s))
    }

    /// Goes somewhere to be there from a moment on, by way of home when there is time; gives up
    /// when it would be far too late.
    pub(crate) fn visit(
        &mut self,
        place: PlaceIx,
        purpose: Purpose,
        start_s: i32,
        stay_s: i32,
    ) -> bool {
        if self.last().depart_s > start_s + TOO_LATE_S {
            return false;
        }
        if self.last().purpose != Purpose::Home && start_s - self.last().depart_s > HOME_GAP_S {
            self.go_home();
        }
        if self.last().place == place {
            let at = self.stays.len() - 1;
            self.stays[at].depart_s = self.last().depart_s.max(start_s + stay_s);
            return true;
        }
        // People reckon with free flow, so a rush makes them late.
        let way = self.way(place);
        let leave_s = (start_s - way.takes_s(1.0)).max(self.last().depart_s);
        let at = self.stays.len() - 1;
        self.stays[at].depart_s = leave_s;
        let arrive_s = self.arrive_s(&way, leave_s);
        let least_s = stay_s / 3;
        self.stays.push(Stay {
            arrive_s,
            depart_s: (start_s + stay_s).max(arrive_s + least_s),
            place,
            purpose,
        });
        true
    }

    /// Goes home from wherever; does nothing there.
    pub(crate) fn go_home(&mut self) {
        let home = self.habits.home;
        if self.last().place != home {
            let way = self.way(home);
            let arrive_s = self.arrive_s(&way, self.last().depart_s);
            self.stays.push(Stay {
                arrive_s,
                depart_s: arrive_s + 60,
                place: home,
                purpose: Purpose::Home,
            });
        }
    }

    fn finish(mut self, end_s: i32) -> Diary {
        while self.stays.len() > 1 && self.last().arrive_s >= end_s {
            self.stays.pop();
        }
        let at = self.stays.len() - 1;
        self.stays[at].depart_s = end_s;
        Diary(self.stays)
    }

    /// Goes out when the place is open; gives the minute from which one is free again.
    pub(crate) fn outing(
        &mut self,
        place: PlaceIx,
        purpose: Purpose,
        day: u16,
        start_min: f64,
        minutes: f64,
    ) -> f64 {
        let world = self.world;
        let there: &Place = world.places.get(place);
        if !there.is_open(world.calendar.weekday(day), start_min as u16) || start_min > 1_400.0 {
            return start_min;
        }
        let start_s = moment_s(&world.calendar, day, start_min);
        if self.visit(place, purpose, start_s, (minutes * 60.0) as i32) {
            return start_min + minutes + 10.0;
        }
        start_min
    }

    /// A favourite place, or now and then any other.
    pub(crate) fn somewhere(&mut self) -> PlaceIx {
        if self.dice.chance(0.85) {
            return self.habits.leisure[self.dice.below(3)];
        }
        let all = &self.world.leisure;
        let near = self.habits.leisure[0];
        let tries: Vec<PlaceIx> = (0..12).map(|_| all[self.dice.below(all.len())]).collect();
        let world = self.world;
        world
            .places
            .choose_near(&world.country, near, &tries, 12.0, &mut self.dice)
    }

    pub(crate) fn friends_home(&mut self, ix: usize) -> Option<PlaceIx> {
        let contacts = &self.world.people[ix].contacts;
        let friend = contacts.get(self.dice.below(contacts.len()))?.person as usize;
        let home = self.world.habits[friend].home;
        (home != self.habits.home).then_some(home)
    }
}
