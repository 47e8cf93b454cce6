use std::collections::BTreeMap;

use erewhon_mobility::Track;
use erewhon_types::CellIx;

use super::{
    Values, distances, entropy,
    places::{explorations, radius_m, ranked},
    ratio, social, traffic,
};

/// Twin of [`erewhon_mobility::Signature`] with its usual thresholds.
pub fn signature(track: &Track<'_>) -> Values {
    let of = |values: Values, name: &str| values.into_iter().find(|v| v.0 == name)?.1;
    let traffic = |name| of(traffic(track, 30), name);
    let cells: Vec<CellIx> = ranked(track).into_iter().map(|(cell, _)| cell).collect();
    let (visits, new) = explorations(track);
    let explores = ratio(new, visits - 1.0);
    let profile = explores
        .filter(|_| visits >= 10.0)
        .map(|share| match share {
            share if share >= 1.0 / 3.0 => 0.0,
            share if share > 0.1 => 1.0,
            _ => 2.0,
        });
    vec![
        (
            "sessions_per_active_slot",
            traffic("sessions_per_active_slot"),
        ),
        (
            "volume_per_session_bytes",
            traffic("volume_per_session_bytes"),
        ),
        ("volume_bytes", traffic("volume_bytes")),
        ("active_slots", traffic("active_slots")),
        ("inter_session_mean_s", traffic("inter_session_mean_s")),
        ("radius_of_gyration_m", Some(radius_m(track, &cells))),
        (
            "distance_travelled_m",
            of(distances(track), "distance_travelled_m"),
        ),
        ("distinct_cells", Some(cells.len() as f64)),
        (
            "visitation_entropy_bits",
            of(entropy(track), "uncorrelated_entropy_bits"),
        ),
        ("exploration_share", explores),
        ("regularity_share", regularity(track)),
        ("home_share", home_share(track)),
        ("contacts", of(social(track, 1_000), "contacts")),
        ("profile", profile),
    ]
}

fn regularity(track: &Track<'_>) -> Option<f64> {
    let mut hours: BTreeMap<(u8, u8), BTreeMap<CellIx, u32>> = BTreeMap::new();
    for (local, event) in track.iter() {
        let hour = (track.public().calendar.weekday(local.day), local.hour());
        *hours
            .entry(hour)
            .or_default()
            .entry(event.cell)
            .or_default() += 1;
    }
    let (mut all, mut there) = (0, 0);
    for cells in hours.values() {
        let events: u32 = cells.values().sum();
        if events > 1 {
            all += events;
            there += cells.values().max().copied().unwrap_or(0);
        }
    }
    ratio(f64::from(there), f64::from(all))
}

fn home_share(track: &Track<'_>) -> Option<f64> {
    let home = track.anchors().home?.cell;
    let radius_m = track.definitions().anchors.radius_m;
    let is_home = |cell| track.public().cells.are_within_m(home, cell, radius_m);
    let mut slots: BTreeMap<(u16, u16), bool> = BTreeMap::new();
    for (local, event) in track.iter() {
        *slots.entry((local.day, local.minute / 30)).or_default() |= is_home(event.cell);
    }
    let at_home = slots.values().filter(|at_home| **at_home).count();
    ratio(at_home as f64, slots.len() as f64)
}
