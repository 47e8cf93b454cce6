use erewhon_geo::Frame;

use crate::{
    Better, Measure, Profile, Scene,
    distance::{cpc, jsd_bit},
    emd::mean,
    scene::quartile_errors_km,
};

/// Two profiles and the one thing that is dear to compute.
pub(crate) struct Pair<'a> {
    a: &'a Profile,
    b: &'a Profile,
    emd_km: [Option<f64>; 24],
}

impl<'a> Pair<'a> {
    pub(crate) fn new(scene: &Scene<'_>, a: &'a Profile, b: &'a Profile) -> Self {
        let emd_km = scene.ground.by_hour(&a.presence, &b.presence);
        Self { a, b, emd_km }
    }
}

/// One value a measure; absent where it can't be computed.
pub(crate) type Values = [Option<f64>; SPECS.len()];

/// Every measure between two profiles.
pub(crate) fn values(pair: &Pair<'_>) -> Values {
    SPECS.each_ref().map(|spec| (spec.of)(pair))
}

/// A measure as data: its names, its words and its function.
struct Spec {
    id: &'static str,
    title: &'static str,
    unit: &'static str,
    definition: &'static str,
    better: Better,
    of: fn(&Pair<'_>) -> Option<f64>,
}

const fn lower(
    id: &'static str,
    title: &'static str,
    unit: &'static str,
    definition: &'static str,
    of: fn(&Pair<'_>) -> Option<f64>,
) -> Spec {
    Spec {
        id,
        title,
        unit,
        definition,
        better: Better::Lower,
        of,
    }
}

const SPECS: [Spec; 17] = [
    lower(
        "hourly_emd_km",
        "Presence, hour by hour",
        "km",
        "Mean over the 24 hours of the day of the earth mover's distance between the two presence \
         distributions over cells: the mean distance that presence would have to be carried. Each \
         subscriber weighs 1 in every hour they are seen in. Hours in which either side has no \
         event are left out; absent when none is left.",
        |pair| mean(pair.emd_km),
    ),
    lower(
        "night_emd_km",
        "Presence at night",
        "km",
        "The hourly earth mover's distance, mean over 0:00 to 6:00 only. Absent when either side \
         has no event in any of these hours.",
        |pair| mean(pair.emd_km[..6].iter().copied()),
    ),
    lower(
        "morning_emd_km",
        "Presence in the morning",
        "km",
        "The hourly earth mover's distance, mean over 6:00 to 10:00 only. Absent when either side \
         has no event in any of these hours.",
        |pair| mean(pair.emd_km[6..10].iter().copied()),
    ),
    lower(
        "daily_range_error_km",
        "Daily range, worst of 3",
        "km",
        "Largest of the absolute differences of the 25, 50 and 75 % quartiles of the daily range, \
         the largest distance between two cells of one subscriber on one local day, over all \
         subscriber-days with an event. Absent when either side has no event.",
        |pair| daily_range_error(pair).map(|e| e[0].max(e[1]).max(e[2])),
    ),
    lower(
        "daily_range_q25_error_km",
        "Daily range, 25 %",
        "km",
        "Absolute difference of the 25 % quartile of the daily range. Absent when either side has \
         no event.",
        |pair| daily_range_error(pair).map(|e| e[0]),
    ),
    lower(
        "daily_range_q50_error_km",
        "Daily range, median",
        "km",
        "Absolute difference of the median of the daily range. Absent when either side has no event.",
        |pair| daily_range_error(pair).map(|e| e[1]),
    ),
    lower(
        "daily_range_q75_error_km",
        "Daily range, 75 %",
        "km",
        "Absolute difference of the 75 % quartile of the daily range. Absent when either side has \
         no event.",
        |pair| daily_range_error(pair).map(|e| e[2]),
    ),
    lower(
        "radius_of_gyration_jsd_bit",
        "Radius of gyration",
        "bit",
        "Jensen-Shannon divergence (base 2, not square-rooted) of the subscribers' radius of \
         gyration on shared logarithmic bins. Absent when either side has no event.",
        |pair| {
            let shape = |p: &Profile| p.radius_of_gyration.shape.weights().to_vec();
            jsd_bit(&shape(pair.a), &shape(pair.b))
        },
    ),
    lower(
        "radius_of_gyration_error_km",
        "Gyration, worst of 3",
        "km",
        "Largest of the absolute differences of the 25, 50 and 75 % quartiles of the subscribers' \
         radius of gyration. Absent when either side has no event.",
        |pair| {
            quartile_errors_km(&pair.a.radius_of_gyration, &pair.b.radius_of_gyration)
                .map(|e| e[0].max(e[1]).max(e[2]))
        },
    ),
    lower(
        "jump_length_jsd_bit",
        "Jump length",
        "bit",
        "Jensen-Shannon divergence (base 2, not square-rooted) of the distance between consecutive \
         events of one day at different cells, on shared logarithmic bins. Absent when either side \
         has no such pair.",
        |pair| {
            jsd_bit(
                pair.a.jump_length_km.weights(),
                pair.b.jump_length_km.weights(),
            )
        },
    ),
    lower(
        "events_per_day_jsd_bit",
        "Events per day",
        "bit",
        "Jensen-Shannon divergence (base 2, not square-rooted) of the number of events per \
         subscriber and day of the window, days without any included. Absent when either side has \
         no event.",
        |pair| {
            jsd_bit(
                pair.a.events_per_day.weights(),
                pair.b.events_per_day.weights(),
            )
        },
    ),
    lower(
        "inter_event_jsd_bit",
        "Time between events",
        "bit",
        "Jensen-Shannon divergence (base 2, not square-rooted) of the time between consecutive \
         events of one subscriber, on bins that double from 1 s. Absent when no subscriber of \
         either side has two events.",
        |pair| {
            jsd_bit(
                pair.a.inter_event_s.weights(),
                pair.b.inter_event_s.weights(),
            )
        },
    ),
    lower(
        "hour_of_week_jsd_bit",
        "Hour of the week",
        "bit",
        "Jensen-Shannon divergence (base 2, not square-rooted) over the 168 local hours of the \
         week; each subscriber weighs 1, split over the hours of their events. Absent when either \
         side has no event.",
        |pair| jsd_bit(pair.a.hour_of_week.weights(), pair.b.hour_of_week.weights()),
    ),
    Spec {
        id: "home_work_cpc",
        title: "Home to work flows",
        unit: "share",
        definition: "Common part of commuters: the sum over pairs of at most 32 zones of the \
                     smaller of the two shares of subscribers who live in one and work in the \
                     other, among those with both anchors. 1 means equal. Absent when either side \
                     has nobody with both anchors.",
        better: Better::Higher,
        of: |pair| cpc(&pair.a.home_work, &pair.b.home_work),
    },
    lower(
        "home_density_jsd_bit",
        "Where people live",
        "bit",
        "Jensen-Shannon divergence (base 2, not square-rooted) of home anchors by cell, fallback \
         anchors included. Absent when either side has no event.",
        |pair| jsd_bit(&pair.a.home, &pair.b.home),
    ),
    lower(
        "work_density_jsd_bit",
        "Where people work",
        "bit",
        "Jensen-Shannon divergence (base 2, not square-rooted) of work anchors by cell. Absent \
         when either side has no work anchor.",
        |pair| jsd_bit(&pair.a.work, &pair.b.work),
    ),
    lower(
        "distinct_cells_jsd_bit",
        "Cells per subscriber",
        "bit",
        "Jensen-Shannon divergence (base 2, not square-rooted) of the number of distinct cells per \
         subscriber over the whole window. Absent when either side has no event.",
        |pair| {
            jsd_bit(
                pair.a.distinct_cells.weights(),
                pair.b.distinct_cells.weights(),
            )
        },
    ),
];

fn daily_range_error(pair: &Pair<'_>) -> Option<[f64; 3]> {
    quartile_errors_km(&pair.a.daily_range, &pair.b.daily_range)
}

/// Every measure of a pair in words and numbers, beside its yardstick.
pub(crate) fn all(scene: &Scene<'_>, compared: &Pair<'_>, yardstick: &Values) -> Vec<Measure> {
    let measure = |(spec, sampling_error): (&Spec, &Option<f64>)| Measure {
        id: spec.id.to_owned(),
        title: spec.title.to_owned(),
        unit: if in_steps(scene, spec) {
            "step"
        } else {
            spec.unit
        }
        .to_owned(),
        definition: [
            Some(spec.definition.to_owned()),
            coarse_note(scene, spec, compared),
            schematic_note(scene, spec),
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<String>>()
        .join(" "),
        value: (spec.of)(compared),
        sampling_error: *sampling_error,
        better: spec.better,
    };
    SPECS.iter().zip(yardstick).map(measure).collect()
}

/// Says that cells were joined into zones, and how much that may matter.
fn coarse_note(scene: &Scene<'_>, spec: &Spec, pair: &Pair<'_>) -> Option<String> {
    if !scene.ground.is_coarse() || !spec.id.ends_with("emd_km") {
        return None;
    }
    let bound_km = scene
        .ground
        .mean_bias_bound_km(&pair.a.presence, &pair.b.presence)?;
    Some(format!(
        "There are more than 256 cells, so they were joined into at most 256 zones first; over the \
         whole day this changes the value by {bound_km:.3} km at the most."
    ))
}

/// Whether a distance counts steps on the lattice of a cell list without positions.
fn in_steps(scene: &Scene<'_>, spec: &Spec) -> bool {
    scene.public.cells.frame() == Frame::Schematic && spec.unit == "km"
}

/// Says what a step is.
fn schematic_note(scene: &Scene<'_>, spec: &Spec) -> Option<String> {
    in_steps(scene, spec).then(|| {
        "The cells have no known position: a km is a step on a lattice in file order, good for \
         telling equal from different and for nothing else."
            .to_owned()
    })
}
