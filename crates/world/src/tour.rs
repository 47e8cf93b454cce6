use crate::{
    diary::{Purpose, Stay},
    life::{Life, moment_s},
    places::AWAY,
};

impl Life<'_> {
    /// A visitor's days: in by the hub, about town, and out again.
    pub(crate) fn tour(&mut self) {
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
