use std::collections::BTreeSet;

use erewhon_mobility::Track;

use super::{Values, mean, median, ratio};

/// Twin of [`erewhon_mobility::Rhythm`].
pub fn rhythm(track: &Track<'_>) -> Values {
    let calendar = track.public().calendar;
    let events = track.events().len() as f64;
    let days: BTreeSet<u16> = track.locals().iter().map(|local| local.day).collect();
    let gaps_s: Vec<f64> = track
        .events()
        .windows(2)
        .map(|pair| (pair[1].time_utc_ms - pair[0].time_utc_ms) as f64 / 1000.0)
        .collect();
    let mean_s = mean(&gaps_s);
    let sd_s = mean_s.map(|mean_s| {
        let squares: f64 = gaps_s.iter().map(|gap| (gap - mean_s).powi(2)).sum();
        (squares / gaps_s.len() as f64).sqrt()
    });
    let burstiness = match (mean_s, sd_s) {
        (Some(mean_s), Some(sd_s)) if gaps_s.len() > 1 => ratio(sd_s - mean_s, sd_s + mean_s),
        _ => None,
    };
    let share = |holds: &dyn Fn(u8, u8) -> bool| {
        let of = |local: &&erewhon_types::Local| holds(calendar.weekday(local.day), local.hour());
        Some(track.locals().iter().filter(of).count() as f64 / events)
    };
    let part = |workday: bool, from_h: u8| {
        share(&|weekday, hour| (weekday < 5) == workday && (from_h..from_h + 6).contains(&hour))
    };
    let distance = |peak: std::ops::Range<u8>| -> f64 {
        let weight = |hour: u8| match hour {
            hour if peak.contains(&hour) => 1.5,
            7..23 => 0.5,
            _ => 0.1,
        };
        let total: f64 = (0..24).map(weight).sum();
        let of_hour = |hour: u8| {
            let seen = track
                .locals()
                .iter()
                .filter(|local| local.hour() == hour)
                .count();
            (weight(hour) / total - seen as f64 / events).powi(2)
        };
        (0..24).map(of_hour).sum()
    };
    let evening = distance(18..22) < distance(9..17);
    vec![
        ("events_per_day", Some(events / f64::from(calendar.days()))),
        ("events_per_active_day", Some(events / days.len() as f64)),
        ("inter_event_mean_s", mean_s),
        ("inter_event_median_s", median(&gaps_s)),
        ("inter_event_sd_s", sd_s),
        ("burstiness", burstiness),
        ("night_share", share(&|_, hour| !(7..19).contains(&hour))),
        ("workday_night_share", part(true, 0)),
        ("workday_morning_share", part(true, 6)),
        ("workday_afternoon_share", part(true, 12)),
        ("workday_evening_share", part(true, 18)),
        ("weekend_night_share", part(false, 0)),
        ("weekend_morning_share", part(false, 6)),
        ("weekend_afternoon_share", part(false, 12)),
        ("weekend_evening_share", part(false, 18)),
        ("call_time_class", Some(f64::from(u8::from(evening)))),
    ]
}
