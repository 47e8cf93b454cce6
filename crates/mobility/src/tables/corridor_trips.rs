use std::sync::Arc;

use crate::{Axis, Bound, Contribution, Corridors, Kernel, Public, Track};

const DIRECTIONS: &[&str] = &["forward", "backward"];
const MEASURES: &[&str] = &["trips", "travel_s", "free_flow_s"];

/// Trips along [`Corridors`], by local day or hour of the week of departure and by direction: how many,
/// seconds that they took, and seconds that they would take at the declared free flow.
///
/// `travel_s / free_flow_s` is the travel time index: 1 where the line is free, 2 where trips take twice as
/// long (Schrank, Eisele and Lomax, "Urban Mobility Report", 2019, there by road sensors). Along a
/// line without a declared free flow `free_flow_s` is 0, and noise in a private release. Seconds are of the part between the borders of the
/// first and the last cell ([`Corridor`](crate::Corridor)), rounded down.
pub struct CorridorTrips {
    /// Its name as a table.
    pub name: &'static str,
    /// The lines.
    pub corridors: Arc<Corridors>,
    /// By hour of the week, else by day.
    pub weekly: bool,
}

impl Kernel for CorridorTrips {
    fn name(&self) -> &'static str {
        self.name
    }

    fn axes(&self) -> Vec<Axis> {
        vec![
            if self.weekly {
                Axis::HourOfWeek
            } else {
                Axis::Day
            },
            Axis::Name("corridor", self.corridors.names()),
            Axis::Word("direction", DIRECTIONS),
            Axis::Word("measure", MEASURES),
        ]
    }

    fn amount(&self) -> Option<&'static str> {
        Some("amount")
    }

    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound::every_entry(self, public)
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        for (corridor, trip) in self.corridors.trips(track) {
            let depart = trip.depart as usize;
            let when = if self.weekly {
                u32::from(track.hours_of_week()[depart])
            } else {
                u32::from(track.locals()[depart].day)
            };
            let rule = self.corridors.get(corridor as usize);
            let free_km_h = rule.and_then(|rule| rule.free_flow_km_h);
            let free_s = free_km_h.map_or(0.0, |km_h| 3.6 * trip.along_m / km_h);
            let amounts = [1, (trip.travel_ms / 1_000) as u32, free_s as u32];
            for (measure, amount) in (0..).zip(amounts) {
                out.add([when, corridor, u32::from(!trip.forward), measure], amount);
            }
        }
    }
}
