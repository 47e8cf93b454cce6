use super::{
    numbers::{mean, median, sd, share},
    visits::active_days,
};
use crate::{Column, Feature, Row, Track, hour_of_week, inter_event_s};

/// The names of [`CALL_TIME_PROFILES`].
const CLASSES: &[&str] = &["office", "evening"];

/// Public profiles of a day by hour of the local clock, each adding up to 1: of somebody who calls
/// at office hours, and of somebody who calls in the evening.
///
/// Between 7 and 23 o'clock an hour weighs 5 times one at night, and 15 times from 9 to 17 in the
/// first, from 18 to 22 in the second. Chosen by a person; a private model's classes start from them.
pub const CALL_TIME_PROFILES: [[f64; 24]; 2] = [profile(9, 17), profile(18, 22)];

const fn profile(from_h: usize, to_h: usize) -> [f64; 24] {
    let mut weights = [0.1; 24];
    let (mut h, mut total) = (0, 0.0);
    while h < 24 {
        if from_h <= h && h < to_h {
            weights[h] = 1.5;
        } else if 7 <= h && h < 23 {
            weights[h] = 0.5;
        }
        total += weights[h];
        h += 1;
    }
    h = 0;
    while h < 24 {
        weights[h] /= total;
        h += 1;
    }
    weights
}

/// When a subscriber's events happen.
///
/// - `events_per_day`: events by days of the window, days without any included;
///   `events_per_active_day`: by days with an event.
/// - `inter_event_mean_s`, `_median_s`, `_sd_s`: of the times between consecutive events
///   ([`inter_event_s`]), over midnight too; missing with one event. The sd is over their number.
/// - `burstiness`: `B = (sd - mean) / (sd + mean)` of the same, from -1 (regular) over 0 (at random) to
///   1 (Goh and Barabási, "Burstiness and memory in complex systems", 2008). Missing with fewer
///   than 3 events, or where all share one time.
/// - `night_share`: events from 19 to 7 o'clock.
/// - `workday_night_share` …: events by part of the week: Monday to Friday or Saturday and Sunday,
///   each with night 0 to 6 o'clock, morning 6 to 12, afternoon 12 to 18, evening 18 to 24. The eight
///   add up to 1. Public holidays are ordinary days.
/// - `call_time_class`: which of the [`CALL_TIME_PROFILES`] the shares of events by hour are nearest
///   to, by the sum of squared differences; the first on a tie.
///
/// Hours and days are of the local clock: an hour that a clock change repeats counts for both, the
/// skipped one stays empty. Times between events are true seconds.
pub struct Rhythm;

impl Feature for Rhythm {
    fn name(&self) -> &'static str {
        "rhythm"
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::Real("events_per_day"),
            Column::Real("events_per_active_day"),
            Column::Real("inter_event_mean_s"),
            Column::Real("inter_event_median_s"),
            Column::Real("inter_event_sd_s"),
            Column::Real("burstiness"),
            Column::Real("night_share"),
            Column::Real("workday_night_share"),
            Column::Real("workday_morning_share"),
            Column::Real("workday_afternoon_share"),
            Column::Real("workday_evening_share"),
            Column::Real("weekend_night_share"),
            Column::Real("weekend_morning_share"),
            Column::Real("weekend_afternoon_share"),
            Column::Real("weekend_evening_share"),
            Column::Word("call_time_class", CLASSES),
        ]
    }

    fn row(&self, track: &Track<'_>, out: &mut Row<'_>) {
        let events = track.events().len() as u32;
        out.real(share(events, u32::from(track.public().calendar.days())));
        out.real(share(events, active_days(track)));

        let mut gaps_s = Vec::with_capacity(track.events().len());
        inter_event_s(track, &mut gaps_s);
        let mean_s = mean(&gaps_s);
        let sd_s = mean_s.and_then(|mean_s| sd(&gaps_s, mean_s));
        out.real(mean_s);
        out.real(median(&mut gaps_s));
        out.real(sd_s);
        let pair = mean_s.zip(sd_s).filter(|_| gaps_s.len() >= 2);
        out.real(pair.map(|(mean_s, sd_s)| (sd_s - mean_s) / (sd_s + mean_s)));

        let week = hour_of_week(track);
        let mut profile = [0; 24];
        let mut parts = [0; 8];
        for (hour_of_week, count) in week.into_iter().enumerate() {
            let (weekday, hour) = (hour_of_week / 24, hour_of_week % 24);
            profile[hour] += count;
            parts[4 * usize::from(weekday >= 5) + hour / 6] += count;
        }
        let day: u32 = profile[7..19].iter().sum();
        out.real(share(events - day, events));
        for part in parts {
            out.real(share(part, events));
        }
        out.count(call_time_class(&profile));
    }
}

/// Place of the public profile that counts by hour are nearest to.
fn call_time_class(hours: &[u32; 24]) -> u32 {
    let total = f64::from(hours.iter().sum::<u32>());
    let distance = |profile: &[f64; 24]| -> f64 {
        let pairs = profile.iter().zip(hours);
        pairs
            .map(|(p, &count)| (p - f64::from(count) / total).powi(2))
            .sum()
    };
    let [office, evening] = &CALL_TIME_PROFILES;
    u32::from(distance(evening) < distance(office))
}
