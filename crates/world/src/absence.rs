use crate::{
    World,
    dice::{Dice, For},
    people::Role,
    places::{AWAY, PlaceIx},
};

/// A time out of the region, or far out in it: days with local minutes.
pub(crate) struct Absence {
    pub(crate) from: (u16, f64),
    pub(crate) to: (u16, f64),
    pub(crate) place: PlaceIx,
}

impl World {
    /// Someone's absences in order: a household's holiday and weekends together, and business trips
    /// alone.
    pub(crate) fn absences(&self, ix: usize) -> Vec<Absence> {
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
        let far = &self.leisure;
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
