use crate::{Chart, Profile, histogram::Histogram};

struct Spec {
    id: &'static str,
    title: &'static str,
    x_label: &'static str,
    y_label: &'static str,
    log_x: bool,
    of: fn(&Profile) -> &Histogram,
}

const SPECS: [Spec; 7] = [
    Spec {
        id: "daily_range_km",
        title: "Daily range",
        x_label: "largest distance within a day (km)",
        y_label: "share of subscriber-days",
        log_x: true,
        of: |p| &p.daily_range.shape,
    },
    Spec {
        id: "radius_of_gyration_km",
        title: "Radius of gyration",
        x_label: "radius of gyration (km)",
        y_label: "share of subscribers",
        log_x: true,
        of: |p| &p.radius_of_gyration.shape,
    },
    Spec {
        id: "jump_length_km",
        title: "Jump length",
        x_label: "distance between consecutive cells (km)",
        y_label: "share of jumps",
        log_x: true,
        of: |p| &p.jump_length_km,
    },
    Spec {
        id: "events_per_day",
        title: "Events per day",
        x_label: "events of a subscriber on a day",
        y_label: "share of subscriber-days",
        log_x: true,
        of: |p| &p.events_per_day,
    },
    Spec {
        id: "inter_event_s",
        title: "Time between events",
        x_label: "time to the next event (s)",
        y_label: "share of pairs of events",
        log_x: true,
        of: |p| &p.inter_event_s,
    },
    Spec {
        id: "hour_of_week",
        title: "Hour of the week",
        x_label: "hour of the local week, from Monday 0:00 (h)",
        y_label: "share of subscribers' events",
        log_x: false,
        of: |p| &p.hour_of_week,
    },
    Spec {
        id: "distinct_cells",
        title: "Cells per subscriber",
        x_label: "distinct cells of a subscriber",
        y_label: "share of subscribers",
        log_x: true,
        of: |p| &p.distinct_cells,
    },
];

/// Every distribution, real and synthetic, cut off after the last bin that holds anything.
pub(crate) fn all([half_a, half_b, real]: &[Profile; 3], synthetic: &Profile) -> Vec<Chart> {
    let chart = |spec: &Spec| {
        let (real, synthetic) = ((spec.of)(real), (spec.of)(synthetic));
        let filled = |h: &Histogram| h.weights().iter().rposition(|w| *w > 0.0);
        let bins = filled(real)
            .max(filled(synthetic))
            .map_or(1, |last| last + 1);
        let cut = |h: &Histogram| {
            let mut shares = shares(h.weights());
            shares.truncate(bins);
            shares
        };
        // Two halves differ by √2 standard errors of a half, which are √2 of those of the whole.
        let (a, b) = (cut((spec.of)(half_a)), cut((spec.of)(half_b)));
        Chart {
            id: spec.id.to_owned(),
            title: spec.title.to_owned(),
            x_label: spec.x_label.to_owned(),
            y_label: spec.y_label.to_owned(),
            bin_edges: real.edges()[..=bins].to_vec(),
            real: cut(real),
            synthetic: cut(synthetic),
            real_error: a.iter().zip(&b).map(|(a, b)| (a - b).abs() / 2.0).collect(),
            log_x: spec.log_x,
        }
    };
    SPECS.iter().map(chart).collect()
}

/// Each weight as a share of all; zeros where there is nothing.
pub(crate) fn shares(weights: &[f64]) -> Vec<f64> {
    let total: f64 = weights.iter().sum();
    let scale = if total > 0.0 { 1.0 / total } else { 0.0 };
    weights.iter().map(|w| w * scale).collect()
}
