use erewhon_events::EventKind;

use crate::{
    Record, World,
    attention::Clock,
    diary::{Diary, Whereabouts},
    dice::{Dice, For},
    people::Role,
};

impl World {
    /// Appends the location updates of a person's phones on a day: each tells its cell at fixed times,
    /// whether it is used or not. One that lies still stays in its cell. Machines tell theirs with
    /// their reports.
    pub(crate) fn idle_day(
        &self,
        diary: &Diary,
        ix: usize,
        clock: &Clock,
        records: &mut Vec<Record>,
    ) {
        let person = &self.people[ix];
        let Some(every_min) = self.spec.location_update_min else {
            return;
        };
        if person.role == Role::Machine {
            return;
        }
        let every_s = i32::from(every_min) * 60;
        for (phone, &subscriber) in person.numbers.iter().enumerate() {
            let phase_s = (ix as i32 * 977 + phone as i32 * 389) % every_s;
            let first_s = clock.from_s + (phase_s - clock.from_s).rem_euclid(every_s);
            for due_s in (first_s..clock.until_s).step_by(every_s as usize) {
                let here = diary.at(due_s);
                // One stay, one cell.
                let since_s = match here {
                    Whereabouts::At(stay) => stay.arrive_s,
                    Whereabouts::Moving(..) => due_s,
                };
                let mut dice = Dice::new(self.spec.seed, For::Idle, subscriber, since_s as u64);
                let Some(cell) = self.serving(here, &mut dice) else {
                    continue;
                };
                records.push(Record {
                    time_utc_s: self.utc_s(due_s),
                    subscriber,
                    kind: EventKind::LocationUpdate,
                    cell,
                    duration_s: 0,
                    peer: None,
                    bytes_up: 0,
                    bytes_down: 0,
                    home_network: person.home_network,
                });
            }
        }
    }
}
