use crate::{
    absence::Absence,
    diary::Purpose,
    life::{Life, moment_s},
    people::Role,
    places::{AWAY, Use},
};

impl Life<'_> {
    /// A resident's days, one after another.
    pub(crate) fn reside(&mut self, role: Role, ix: usize, absences: &[Absence]) {
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
                f64::from(self.habits.wakes_min(weekday)) + 60.0
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
            let hospital = self.world.places.of(Use::Hospital).next();
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
}
