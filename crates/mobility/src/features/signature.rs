use erewhon_types::{Error, Result};

use super::{
    entropy::uncorrelated_entropy_bits,
    numbers::share,
    traffic::{Sessions, Slot},
    visits::exploration_share,
};
use crate::{Column, Feature, Row, Social, Track, radius_of_gyration_m, track::event};

const PROFILES: &[&str] = &["scouter", "regular", "routiner"];

/// Traffic and mobility of a subscriber in one row of 13 numbers, and a mobility profile.
///
/// The aspects are those of Kouam, Viana, Beiró, Ferres and Pappalardo, "Characterizing User Behavior:
/// The Interplay Between Mobility Patterns and Mobile Traffic", 2025, which names traffic, spatial,
/// structural and social ones. The choice of columns is ours:
///
/// - traffic, as in [`Traffic`](crate::Traffic) with half hours: `sessions_per_active_slot`,
///   `volume_per_session_bytes`, `volume_bytes`, `active_slots`, `inter_session_mean_s`.
/// - spatial: `radius_of_gyration_m`; `distance_travelled_m` as in [`Distances`](crate::Distances);
///   `distinct_cells`.
/// - structural: `visitation_entropy_bits`, the uncorrelated one of [`Entropy`](crate::Entropy);
///   `exploration_share` as in [`VisitRates`](crate::VisitRates); `regularity_share`: of the
///   events in hours of the local week with at least two, those at the cell with most events of
///   their hour (Song and others 2010); `home_share`: of the half hours with an event, those with
///   one within the anchors' radius of the home anchor ([`Track::anchors`]), missing without one.
/// - social: `contacts` as in [`Social::thousand`]. Co-presence with others in a cell looks across
///   subscribers, which nothing here does; the contacts of a subscriber's own records stand in its
///   place and mean something else.
///
/// `profile`: see [`Profiles`]. What a column cannot say is missing, as in its family.
pub struct Signature {
    /// The profiles' thresholds.
    pub profiles: Profiles,
}

/// Thresholds that tell mobility profiles by the exploration share of
/// [`VisitRates`](crate::VisitRates). Public: chosen by a person, never tuned on the data.
///
/// Scouters mostly explore, routiners mostly return, regulars are between (Amichi, Viana, Crovella and
/// Loureiro, "Understanding individuals' proclivity for novelty seeking", 2020). They find the groups by
/// clustering everybody's records; thresholds fixed beforehand look at one subscriber alone, so
/// that the shares of the groups are not theirs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Profiles {
    scouter_from_share: f64,
    routiner_to_share: f64,
    fewest_visits: u32,
}

impl Profiles {
    /// One new cell in three moves makes a scouter, at most one in ten a routiner, of ten visits or
    /// more.
    pub const fn thirds() -> Self {
        Self {
            scouter_from_share: 1.0 / 3.0,
            routiner_to_share: 0.1,
            fewest_visits: 10,
        }
    }

    /// Scouters from one exploration share on, routiners up to another; missing with fewer visits.
    ///
    /// # Errors
    /// Usage, unless `0 <= routiner_to_share < scouter_from_share <= 1` and there are 2 visits or
    /// more.
    pub fn try_new(
        scouter_from_share: f64,
        routiner_to_share: f64,
        fewest_visits: u32,
    ) -> Result<Self> {
        let ordered = 0.0 <= routiner_to_share
            && routiner_to_share < scouter_from_share
            && scouter_from_share <= 1.0;
        if !ordered || fewest_visits < 2 {
            return Err(Error::usage(format!(
                "profiles of routiners up to {routiner_to_share}, scouters from \
                 {scouter_from_share} and {fewest_visits} visits do not fit"
            ))
            .with_hint("shares lie in 0 to 1, that of routiners is the lower; 2 visits or more"));
        }
        Ok(Self {
            scouter_from_share,
            routiner_to_share,
            fewest_visits,
        })
    }

    fn of(&self, exploration_share: Option<f64>, visits: usize) -> Option<u32> {
        let explores = exploration_share.filter(|_| visits >= self.fewest_visits as usize)?;
        if explores >= self.scouter_from_share {
            Some(0)
        } else {
            Some(1 + u32::from(explores <= self.routiner_to_share))
        }
    }
}

impl Feature for Signature {
    fn name(&self) -> &'static str {
        "signature"
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::Real("sessions_per_active_slot"),
            Column::Real("volume_per_session_bytes"),
            Column::Real("volume_bytes"),
            Column::Count("active_slots"),
            Column::Real("inter_session_mean_s"),
            Column::Real("radius_of_gyration_m"),
            Column::Real("distance_travelled_m"),
            Column::Count("distinct_cells"),
            Column::Real("visitation_entropy_bits"),
            Column::Real("exploration_share"),
            Column::Real("regularity_share"),
            Column::Real("home_share"),
            Column::Count("contacts"),
            Column::Word("profile", PROFILES),
        ]
    }

    fn places_alone(&self) -> bool {
        false
    }

    fn row(&self, track: &Track<'_>, out: &mut Row<'_>) {
        let sessions = Sessions::of(track, Slot::HALF_HOUR);
        out.real(sessions.per_active_slot());
        out.real(sessions.volume_per_session_bytes());
        out.real(sessions.volume_bytes());
        out.count(sessions.active_slots);
        out.real(sessions.gap_mean_s());

        out.real(radius_of_gyration_m(track));
        out.real(track.jumps_m().iter().sum::<f64>());
        out.count(track.visits().len() as u32);

        let explores = exploration_share(track);
        out.real(uncorrelated_entropy_bits(track));
        out.real(explores);
        out.real(regularity_share(track));
        out.real(home_share(track));
        out.count(Social::thousand().degree(track));
        out.count(self.profiles.of(explores, track.stretches().len()));
    }
}

/// Of the events in hours of the week with at least two, those at the hour's most frequent cell.
fn regularity_share(track: &Track<'_>) -> Option<f64> {
    let hours = track.hours_of_week();
    let (mut all, mut most) = ([0_u32; 168], [0_u32; 168]);
    for of_cell in track.of_cells() {
        let mut here = [0; 168];
        for &key in of_cell {
            here[usize::from(hours[event(key)])] += 1;
        }
        for ((all, most), here) in all.iter_mut().zip(&mut most).zip(here) {
            *all += here;
            *most = here.max(*most);
        }
    }
    let several = |&(all, _): &(u32, u32)| all > 1;
    let hours = all.into_iter().zip(most).filter(several);
    let (all, there) = hours.fold((0, 0), |sum, hour| (sum.0 + hour.0, sum.1 + hour.1));
    share(there, all)
}

/// Of the half hours with an event, those with one at home; `None` without a home.
fn home_share(track: &Track<'_>) -> Option<f64> {
    let home = track.anchors().home?.cell;
    let (cells, radius_m) = (track.public().cells, track.definitions().anchors.radius_m);
    let visits = track.visits().iter();
    let is_home: Vec<bool> = visits
        .map(|visit| cells.are_within_m(home, visit.cell, radius_m))
        .collect();
    let (mut slots, mut at_home) = (0, 0);
    let (mut slot, mut counted) = (None, None);
    for (&local, &at) in track.locals().iter().zip(track.seen_at()) {
        let now = Some(Slot::HALF_HOUR.of(local));
        slots += u32::from(slot != now);
        slot = now;
        if is_home[at as usize] && counted != now {
            at_home += 1;
            counted = now;
        }
    }
    share(at_home, slots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_lie_in_order() {
        for (scouter, routiner, visits) in [
            (0.1, 0.1, 10),
            (0.1, 0.5, 10),
            (1.1, 0.1, 10),
            (0.5, -0.1, 10),
            (f64::NAN, 0.1, 10),
            (0.5, 0.1, 1),
        ] {
            assert!(Profiles::try_new(scouter, routiner, visits).is_err());
        }
        let profiles = Profiles::try_new(1.0 / 3.0, 0.1, 10).unwrap();
        assert_eq!(profiles, Profiles::thirds());
        let word = |share, visits| profiles.of(share, visits).map(|at| PROFILES[at as usize]);
        assert_eq!(word(Some(0.5), 10), Some("scouter"));
        assert_eq!(word(Some(0.2), 10), Some("regular"));
        assert_eq!(word(Some(0.1), 10), Some("routiner"));
        assert_eq!(word(Some(0.5), 9), None);
        assert_eq!(word(None, 10), None);
    }
}
