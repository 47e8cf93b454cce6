use super::{Spec, jsd, pair};
use crate::scene::quartile_errors_km;

pub(super) const SPECS: [Spec; 11] = [
    pair(
        ["daily_range_error_km", "Daily range, worst of 3", "km"],
        "Largest of the absolute differences of the 25, 50 and 75 % quartiles of the daily range, \
         the largest distance between two cells of one subscriber on one local day, over all \
         subscriber-days with an event. Absent when either side has no event.",
        |pair| {
            pair.daily_range_errors_km()
                .map(|e| e[0].max(e[1]).max(e[2]))
        },
    ),
    pair(
        ["daily_range_q25_error_km", "Daily range, 25 %", "km"],
        "Absolute difference of the 25 % quartile of the daily range. Absent when either side has \
         no event.",
        |pair| pair.daily_range_errors_km().map(|e| e[0]),
    ),
    pair(
        ["daily_range_q50_error_km", "Daily range, median", "km"],
        "Absolute difference of the median of the daily range. Absent when either side has no event.",
        |pair| pair.daily_range_errors_km().map(|e| e[1]),
    ),
    pair(
        ["daily_range_q75_error_km", "Daily range, 75 %", "km"],
        "Absolute difference of the 75 % quartile of the daily range. Absent when either side has \
         no event.",
        |pair| pair.daily_range_errors_km().map(|e| e[2]),
    ),
    jsd(
        "daily_travel_jsd_bit",
        "Way of a day",
        "Jensen-Shannon divergence (base 2, not square-rooted) of the sum of a subscriber's jumps on \
         one local day, straight lines between cells, on shared logarithmic bins; days with an event \
         but without a jump are 0 km. Absent when either side has no event.",
        |p| p.daily_travel_km.weights(),
    ),
    jsd(
        "jump_length_jsd_bit",
        "Jump length",
        "Jensen-Shannon divergence (base 2, not square-rooted) of the distance between consecutive \
         events of one day at different cells, on shared logarithmic bins. Absent when either side \
         has no such pair.",
        |p| p.jump_length_km.weights(),
    ),
    jsd(
        "home_distance_jsd_bit",
        "Farthest from home",
        "Jensen-Shannon divergence (base 2, not square-rooted) of the largest distance between a \
         subscriber's home anchor, fallback anchors included, and any of their cells, on shared \
         logarithmic bins. Absent when either side has no event.",
        |p| p.home_distance_km.weights(),
    ),
    jsd(
        "radius_of_gyration_jsd_bit",
        "Radius of gyration",
        "Jensen-Shannon divergence (base 2, not square-rooted) of the subscribers' radius of \
         gyration on shared logarithmic bins. Absent when either side has no event.",
        |p| p.radius_of_gyration.shape.weights(),
    ),
    pair(
        ["radius_of_gyration_error_km", "Gyration, worst of 3", "km"],
        "Largest of the absolute differences of the 25, 50 and 75 % quartiles of the subscribers' \
         radius of gyration. Absent when either side has no event.",
        |pair| {
            quartile_errors_km(&pair.a.radius_of_gyration, &pair.b.radius_of_gyration)
                .map(|e| e[0].max(e[1]).max(e[2]))
        },
    ),
    jsd(
        "gyration_2_jsd_bit",
        "Gyration, top 2 cells",
        "Jensen-Shannon divergence (base 2, not square-rooted) of the radius of gyration of the events \
         at a subscriber's two most visited cells alone, about their own centre, on shared \
         logarithmic bins. Absent when either side has no event.",
        |p| p.k_gyration_km[0].weights(),
    ),
    jsd(
        "gyration_4_jsd_bit",
        "Gyration, top 4 cells",
        "The same of a subscriber's four most visited cells. Absent when either side has no event.",
        |p| p.k_gyration_km[1].weights(),
    ),
];
