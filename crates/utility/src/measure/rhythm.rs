use super::{Spec, jsd, pair};
use crate::{
    Profile,
    distance::{ks, smape},
};

pub(super) const SPECS: [Spec; 6] = [
    jsd(
        "events_per_day_jsd_bit",
        "Events per day",
        "Jensen-Shannon divergence (base 2, not square-rooted) of the number of events per \
         subscriber and day of the window, days without any included. Absent when either side has \
         no event.",
        |p| p.events_per_day.weights(),
    ),
    jsd(
        "inter_event_jsd_bit",
        "Time between events",
        "Jensen-Shannon divergence (base 2, not square-rooted) of the time between consecutive \
         events of one subscriber, on bins that double from 1 s. Absent when no subscriber of \
         either side has two events.",
        |p| p.inter_event_s.weights(),
    ),
    jsd(
        "burstiness_jsd_bit",
        "Burstiness",
        "Jensen-Shannon divergence (base 2, not square-rooted) of the subscribers' burstiness \
         (σ - μ) / (σ + μ), with mean μ and standard deviation σ of the times between their events, \
         on 40 bins from -1 to 1. Subscribers with fewer than three events, or with all at one \
         moment, are left out. Absent when either side has no other.",
        |p| p.burstiness.weights(),
    ),
    jsd(
        "hour_of_week_jsd_bit",
        "Hour of the week",
        "Jensen-Shannon divergence (base 2, not square-rooted) over the 168 local hours of the \
         week; each subscriber weighs 1, split over the hours of their events. Absent when either \
         side has no event.",
        |p| p.hour_of_week.weights(),
    ),
    pair(
        ["dwell_ks", "Time at one cell", "share"],
        "Kolmogorov-Smirnov statistic, the largest difference of the distribution functions, of the \
         time from the first to the last event of each run of consecutive events of one subscriber at \
         one cell, over midnight too, at the ends of bins that double from 1 s; a single event is \
         0 s. Absent when either side has no event.",
        |pair| ks(pair.a.dwell_s.weights(), pair.b.dwell_s.weights()),
    ),
    pair(
        ["totals_smape", "Totals per subscriber", "share"],
        "Mean over five totals, each by the number of subscribers, of |a - b| / ((|a| + |b|) / 2): \
         events, days with an event, distinct cells, jumps, km of all jumps within a day. From 0 to \
         2. Absent when either side has no event.",
        |pair| smape(&totals(pair.a)?, &totals(pair.b)?),
    ),
];

fn totals(profile: &Profile) -> Option<[f64; 5]> {
    let subscribers = profile.subscribers as f64;
    let sum = |weights: &[f64]| weights.iter().sum::<f64>();
    (profile.subscribers > 0).then(|| {
        [
            profile.events as f64,
            sum(profile.daily_cells.weights()),
            profile.distinct_cells_sum,
            sum(profile.jump_length_km.weights()),
            profile.travel_km_sum,
        ]
        .map(|total| total / subscribers)
    })
}
