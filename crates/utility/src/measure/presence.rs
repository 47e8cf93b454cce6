use super::{Spec, pair};
use crate::{
    Profile,
    distance::jsd_bit,
    emd::mean,
    ranks::{kendall_tau_b, largest},
};

pub(super) const SPECS: [Spec; 5] = [
    pair(
        ["hourly_emd_km", "Presence, hour by hour", "km"],
        "Mean over the 24 hours of the day of the earth mover's distance between the two presence \
         distributions over cells: the mean distance that presence would have to be carried. Each \
         subscriber weighs 1 in every hour they are seen in. Hours in which either side has no \
         event are left out; absent when none is left.",
        |pair| mean(pair.emd_km),
    ),
    pair(
        ["night_emd_km", "Presence at night", "km"],
        "The hourly earth mover's distance, mean over 0:00 to 6:00 only. Absent when either side \
         has no event in any of these hours.",
        |pair| mean(pair.emd_km[..6].iter().copied()),
    ),
    pair(
        ["morning_emd_km", "Presence in the morning", "km"],
        "The hourly earth mover's distance, mean over 6:00 to 10:00 only. Absent when either side \
         has no event in any of these hours.",
        |pair| mean(pair.emd_km[6..10].iter().copied()),
    ),
    pair(
        ["presence_kendall_tau_b", "Order of cells", ""],
        "Kendall's tau-b between the cells' presence of all hours together: concordant less \
         discordant pairs of cells, by the geometric mean of the pairs that are untied on either \
         side. 1 means the same order, 0 none. Absent when all cells of a side are equal.",
        |pair| kendall_tau_b(&by_cell(pair.a), &by_cell(pair.b)),
    )
    .higher(),
    pair(
        ["global_rank_jsd_bit", "Busiest cells' shares", "bit"],
        "Jensen-Shannon divergence (base 2, not square-rooted) of the shares of presence at the \
         busiest cell, the second busiest and so on to the hundredth, and at all others, each side \
         in its own order: how concentrated presence is, not where. Absent when either side has no \
         event.",
        |pair| {
            let ranks = |profile| largest::<101>(by_cell(profile));
            jsd_bit(&ranks(pair.a), &ranks(pair.b))
        },
    ),
];

/// Presence of all hours of the day together.
fn by_cell(profile: &Profile) -> Vec<f64> {
    let cells = profile.home.len();
    let at = |cell: usize| profile.presence.iter().skip(cell).step_by(cells).sum();
    (0..cells).map(at).collect()
}
