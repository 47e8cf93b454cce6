use erewhon_types::{Calendar, Local};

use crate::{
    World,
    dice::{Dice, For},
    people::{Habits, Role},
    places::{AWAY, Place, PlaceIx},
    plane::Point,
};

/// Why someone is at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Being at home, or at a visitor's lodging.
    Home,
    /// Paid work.
    Work,
    /// School or university.
    Learn,
    /// Bringing a child to school.
    Escort,
    /// A meal out.
    Meal,
    /// Shopping.
    Shop,
    /// Sports, culture, going out.
    Leisure,
    /// Seeing a friend at home.
    Friend,
    /// A doctor's appointment.
    Doctor,
    /// Out of the region.
    Away,
}

impl Purpose {
    /// The purpose's name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Work => "work",
            Self::Learn => "learn",
            Self::Escort => "escort",
            Self::Meal => "meal",
            Self::Shop => "shop",
            Self::Leisure => "leisure",
            Self::Friend => "friend",
            Self::Doctor => "doctor",
            Self::Away => "away",
        }
    }
}

/// A time at a place, in seconds since the window's start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stay {
    pub(crate) arrive_s: i32,
    pub(crate) depart_s: i32,
    pub(crate) place: PlaceIx,
    pub(crate) purpose: Purpose,
}

/// Where someone is at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whereabouts {
    At(Stay),
    Moving(Point),
}

/// One person's stays over the whole window, in order and without overlap; between two of them the
/// person is on the way.
#[derive(Debug)]
pub(crate) struct Diary(pub(crate) Vec<Stay>);

impl Diary {
    /// Where the person is; `now_s` lies in the window.
    pub(crate) fn at(&self, world: &World, now_s: i32) -> Whereabouts {
        let after = self.0.partition_point(|stay| stay.arrive_s <= now_s);
        let stay = self.0[after.saturating_sub(1)];
        match self.0.get(after) {
            Some(next) if now_s >= stay.depart_s => {
                let way_s = (next.arrive_s - stay.depart_s).max(1);
                let share = f64::from(now_s - stay.depart_s) / f64::from(way_s);
                let ends = [stay.place, next.place].map(|p| world.places.on_road(p));
                Whereabouts::Moving(world.country.roads.along(ends[0], ends[1], share))
            }
            _ => Whereabouts::At(stay),
        }
    }

    /// The stay before the one that covers a moment.
    pub(crate) fn before(&self, now_s: i32) -> Option<Stay> {
        let after = self.0.partition_point(|stay| stay.arrive_s <= now_s);
        self.0.get(after.checked_sub(2)?).copied()
    }
}

/// A person living through the window, one activity after another.
struct Life<'a> {
    world: &'a World,
    habits: &'a Habits,
    stays: Vec<Stay>,
    dice: Dice,
}

/// A gap between two activities longer than this is spent at home.
const HOME_GAP_S: i32 = 75 * 60;
/// Being later than this means not going at all.
const TOO_LATE_S: i32 = 100 * 60;

/// Seconds from the window's start to a local minute, which may lie past midnight.
fn moment_s(calendar: &Calendar, day: u16, minute: f64) -> i32 {
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

    /// Times out of the region or far out in it, in days and minutes: a household's holiday and
    /// weekends together, and business trips alone.
    fn absences(&self, ix: usize) -> Vec<Absence> {
        let calendar = &self.calendar;
        let person = &self.people[ix];
        let mut dice = Dice::new(self.spec.seed, For::Trips, u64::from(person.household), 0);
        let mut absences = Vec::new();
        let days = f64::from(calendar.days());
        if dice.chance(0.07 * days / 28.0) {
            let first = dice.between(0.0, days) as u16;
            absences.push(Absence {
                from: (first, dice.between(420.0, 720.0)),
                to: (
                    first + dice.between(4.0, 12.0) as u16,
                    dice.between(720.0, 1_200.0),
                ),
                place: AWAY,
            });
        }
        let far: Vec<PlaceIx> = self.places.of(crate::places::Use::Leisure).collect();
        for day in (0..calendar.days()).filter(|&day| calendar.weekday(day) == 5) {
            let out = dice.chance(0.5);
            let place = far[dice.below(far.len())];
            let trip = Absence {
                from: (day, dice.between(480.0, 720.0)),
                to: (day + 1, dice.between(780.0, 1_200.0)),
                place: if out { AWAY } else { place },
            };
            if dice.chance(0.07) {
                absences.push(trip);
            }
        }
        let mut alone = Dice::new(self.spec.seed, For::Trips, ix as u64, 1);
        if person.role == Role::Worker && alone.chance(0.06 * days / 28.0) {
            let first = alone.between(0.0, days) as u16;
            absences.push(Absence {
                from: (first, alone.between(340.0, 480.0)),
                to: (
                    first + alone.below(3) as u16,
                    alone.between(1_080.0, 1_320.0),
                ),
                place: AWAY,
            });
        }
        absences.sort_by_key(|a| a.from.0);
        absences
    }
}

struct Absence {
    from: (u16, f64),
    to: (u16, f64),
    place: PlaceIx,
}

impl Life<'_> {
    fn last(&self) -> Stay {
        self.stays[self.stays.len() - 1]
    }

    fn travel_s(&mut self, to: PlaceIx) -> i32 {
        let minutes = self
            .world
            .places
            .travel_min(&self.world.country, self.last().place, to);
        (minutes * 60.0 * self.dice.lognormal(1.0, 0.12)) as i32
    }

    /// Goes somewhere to be there from a moment on, by way of home when there is time; gives up
    /// when it would be far too late.
    fn visit(&mut self, place: PlaceIx, purpose: Purpose, start_s: i32, stay_s: i32) -> bool {
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
        let way_s = self.travel_s(place);
        let leave_s = (start_s - way_s).max(self.last().depart_s);
        let at = self.stays.len() - 1;
        self.stays[at].depart_s = leave_s;
        let arrive_s = leave_s + way_s;
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
    fn go_home(&mut self) {
        let home = self.habits.home;
        if self.last().place != home {
            let arrive_s = self.last().depart_s + self.travel_s(home);
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

    fn reside(&mut self, role: Role, ix: usize, absences: &[Absence]) {
        let calendar = &self.world.calendar;
        for day in 0..calendar.days() {
            if let Some(trip) = absences.iter().find(|a| a.from.0 == day) {
                let from_s = moment_s(calendar, trip.from.0, trip.from.1);
                let to_s = moment_s(calendar, trip.to.0, trip.to.1);
                let purpose = match trip.place {
                    AWAY => Purpose::Away,
                    _ => Purpose::Leisure,
                };
                if self.last().depart_s < from_s {
                    self.visit(trip.place, purpose, from_s, to_s - from_s);
                    continue;
                }
            }
            if self.last().depart_s > moment_s(calendar, day, 720.0) {
                continue;
            }
            self.day(role, ix, day);
        }
        if self.last().purpose != Purpose::Home {
            self.go_home();
        }
    }

    /// A day at home in the region: duties first, then what one likes.
    fn day(&mut self, role: Role, ix: usize, day: u16) {
        let weekday = self.world.calendar.weekday(day);
        let on_duty = self.habits.work_days >> weekday & 1 == 1 && !self.dice.chance(0.03);
        let worked = on_duty && self.habits.work.is_some() && self.duty(role, ix, day);
        let after_min = if worked {
            let since = self.last().depart_s - moment_s(&self.world.calendar, day, 0.0);
            f64::from(since) / 60.0
        } else {
            // Who came home from a night shift this morning sleeps first.
            let tired = self.last().arrive_s > moment_s(&self.world.calendar, day, 180.0);
            if tired {
                880.0
            } else {
                f64::from(self.habits.wake_min) + 60.0
            }
        };
        let free_min = after_min.clamp(420.0, 1_500.0);
        let (shop, fun, friend) = match (weekday, worked, role) {
            (5, false, _) => (0.6, 0.4, 0.28),
            (6, false, _) => (0.05, 0.4, 0.3),
            (_, true, Role::Pupil | Role::Student) => (0.1, 0.4, 0.35),
            (_, true, _) => (0.3, 0.2, 0.12),
            (_, false, Role::Retired) => (0.5, 0.25, 0.2),
            _ => (0.45, 0.25, 0.2),
        };
        let mut at_min = free_min + self.dice.between(5.0, if worked { 30.0 } else { 180.0 });
        if !worked && matches!(role, Role::Retired | Role::AtHome) && self.dice.chance(0.05) {
            let hospital = self.world.places.of(crate::places::Use::Hospital).next();
            if let (Some(place), 0..=4) = (hospital, weekday) {
                at_min = self.outing(place, Purpose::Doctor, day, at_min, 70.0);
            }
        }
        if self.dice.chance(shop) {
            let one = self.dice.below(2);
            let place = self.habits.shops[one];
            let minutes = self.dice.lognormal(35.0, 0.5).min(180.0);
            at_min = self.outing(place, Purpose::Shop, day, at_min, minutes);
        }
        if self.dice.chance(fun) {
            let evening = self.dice.normal(1_110.0, 90.0);
            let start_min = at_min.max(if self.dice.chance(0.6) {
                evening
            } else {
                at_min + 60.0
            });
            let place = self.somewhere();
            let minutes = self.dice.lognormal(105.0, 0.4).min(360.0);
            at_min = self.outing(place, Purpose::Leisure, day, start_min, minutes);
        }
        if self.dice.chance(friend)
            && let Some(place) = self.friends_home(ix)
        {
            let start_min = at_min.max(self.dice.normal(1_080.0, 120.0));
            let minutes = self.dice.lognormal(120.0, 0.5).min(400.0);
            self.outing(place, Purpose::Friend, day, start_min, minutes);
        }
        if self.last().purpose != Purpose::Home {
            self.go_home();
        }
    }

    /// Work, school or university; `false` when the day is spent at home after all.
    fn duty(&mut self, role: Role, ix: usize, day: u16) -> bool {
        let calendar = &self.world.calendar;
        let weekday = calendar.weekday(day);
        let Some(work) = self.habits.work else {
            return false;
        };
        if self.habits.home_office >> weekday & 1 == 1 && self.dice.chance(0.85) {
            return false;
        }
        let (mut start_min, mut minutes) = (self.habits.start_min, self.habits.hours * 60.0);
        match role {
            Role::Shift => {
                let turn = (usize::from(day) / 7 + ix) % 3;
                // Two days off in the week, different ones for each.
                if (usize::from(day) + ix) % 7 < 2 {
                    return false;
                }
                start_min = [360.0, 840.0, 1_320.0][turn];
            }
            Role::Night if (usize::from(day) + ix) % 7 < 3 => return false,
            Role::Student => {
                start_min = 480.0 + 90.0 * self.dice.below(4) as f64;
                minutes = self.dice.between(100.0, 400.0);
            }
            _ => {}
        }
        start_min += self.dice.normal(0.0, 9.0);
        minutes = (minutes + self.dice.normal(0.0, 18.0)).max(60.0);
        let start_s = moment_s(calendar, day, start_min);
        let end_s = start_s + (minutes * 60.0) as i32;
        let purpose = match role {
            Role::Student | Role::Pupil => Purpose::Learn,
            _ => Purpose::Work,
        };
        if let Some(school) = self.habits.drop_off
            && weekday < 5
            && start_min < 620.0
            && self.dice.chance(0.6)
        {
            let bring_s = moment_s(calendar, day, 465.0 + self.dice.between(0.0, 15.0));
            if start_s > bring_s {
                self.visit(school, Purpose::Escort, bring_s, 480);
            }
        }
        let long = minutes > 360.0 && (360.0..600.0).contains(&start_min);
        if long && self.dice.chance(0.35) {
            let noon_s = moment_s(calendar, day, self.dice.normal(740.0, 25.0));
            let meal_s = (self.dice.between(25.0, 55.0) * 60.0) as i32;
            let food = self.habits.food;
            if self.visit(work, purpose, start_s, noon_s - start_s) {
                self.visit(food, Purpose::Meal, noon_s + 300, meal_s);
                let back_s = self.last().depart_s;
                return self.visit(work, purpose, back_s, (end_s - back_s).max(1_800));
            }
            return false;
        }
        self.visit(work, purpose, start_s, end_s - start_s)
    }

    /// Goes out when the place is open; gives the minute from which one is free again.
    fn outing(
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
    fn somewhere(&mut self) -> PlaceIx {
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

    fn friends_home(&mut self, ix: usize) -> Option<PlaceIx> {
        let contacts = &self.world.people[ix].contacts;
        let friend = contacts.get(self.dice.below(contacts.len()))?.person as usize;
        let home = self.world.habits[friend].home;
        (home != self.habits.home).then_some(home)
    }

    /// A visitor's days: in by the hub, about town, and out again.
    fn tour(&mut self) {
        let Some((first, last)) = self.habits.visit else {
            return;
        };
        let world = self.world;
        let calendar = &world.calendar;
        let arrive_min = self.dice.between(500.0, 1_100.0);
        let arrive_s = moment_s(calendar, first, arrive_min);
        self.stays[0].depart_s = arrive_s;
        let hub = world.places.hub;
        self.stays.push(Stay {
            arrive_s,
            depart_s: arrive_s + 1_500,
            place: hub,
            purpose: Purpose::Leisure,
        });
        self.go_home();
        for day in first..=last {
            let mut at_min = if day == first {
                arrive_min + 120.0
            } else {
                540.0
            };
            let until_min = if day == last { 900.0 } else { 1_300.0 };
            while at_min < until_min {
                let meal = self.dice.chance(0.3);
                let place = if meal {
                    self.habits.food
                } else {
                    self.somewhere()
                };
                let purpose = if meal {
                    Purpose::Meal
                } else {
                    Purpose::Leisure
                };
                let minutes = self.dice.lognormal(90.0, 0.4).min(240.0);
                at_min += self.dice.between(15.0, 90.0);
                self.outing(place, purpose, day, at_min, minutes);
                at_min += minutes;
            }
            if day < last {
                self.go_home();
            }
        }
        let leave_s = self.last().depart_s + 1_800;
        self.visit(hub, Purpose::Leisure, leave_s, 3_600);
        let gone_s = self.last().depart_s;
        self.stays.push(Stay {
            arrive_s: gone_s,
            depart_s: gone_s,
            place: AWAY,
            purpose: Purpose::Away,
        });
    }
}
