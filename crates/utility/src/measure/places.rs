use super::{Spec, jsd, pair};
use crate::distance::cpc;

pub(super) const SPECS: [Spec; 8] = [
    jsd(
        "home_density_jsd_bit",
        "Where people live",
        "Jensen-Shannon divergence (base 2, not square-rooted) of home anchors by cell, fallback \
         anchors included. Absent when either side has no event.",
        |p| &p.home,
    ),
    jsd(
        "work_density_jsd_bit",
        "Where people work",
        "Jensen-Shannon divergence (base 2, not square-rooted) of work anchors by cell. Absent \
         when either side has no work anchor.",
        |p| &p.work,
    ),
    jsd(
        "distinct_cells_jsd_bit",
        "Cells per subscriber",
        "Jensen-Shannon divergence (base 2, not square-rooted) of the number of distinct cells per \
         subscriber over the whole window. Absent when either side has no event.",
        |p| p.distinct_cells.weights(),
    ),
    jsd(
        "daily_cells_jsd_bit",
        "Cells per day",
        "Jensen-Shannon divergence (base 2, not square-rooted) of the number of distinct cells per \
         subscriber and local day with an event. Absent when either side has no event.",
        |p| p.daily_cells.weights(),
    ),
    jsd(
        "own_rank_jsd_bit",
        "Own top cells' shares",
        "Jensen-Shannon divergence (base 2, not square-rooted) of the mean share of a subscriber's \
         events at their most visited cell, the second most and so on to the tenth, and at all \
         others. Absent when either side has no event.",
        |p| &p.own_ranks,
    ),
    jsd(
        "uncorrelated_entropy_jsd_bit",
        "Entropy of own cells",
        "Jensen-Shannon divergence (base 2, not square-rooted) of the subscribers' uncorrelated \
         entropy -Σ p log2 p, p the share of their events at a cell, on bins of a quarter of a bit. \
         Absent when either side has no event.",
        |p| p.uncorrelated_bits.weights(),
    ),
    jsd(
        "real_entropy_jsd_bit",
        "Entropy, in order",
        "Jensen-Shannon divergence (base 2, not square-rooted) of the subscribers' real entropy, the \
         Lempel-Ziv estimate n log2 n / Σ Λ of the cells of their n events in order, on bins of a \
         quarter of a bit. Subscribers with one event are left out. Absent when either side has no \
         other.",
        |p| p.real_bits.weights(),
    ),
    pair(
        ["daily_motifs_tv", "Daily networks", "share"],
        "Total variation, half the sum of the absolute differences of shares, of subscriber-days by \
         daily network: its nodes are the distinct cells of the local day, its edges the changes from \
         one to another, whatever cells they are. Networks of up to four cells are told apart; five \
         cells are one class and more are another. Absent when either side has no event.",
        |pair| cpc(&pair.a.motifs, &pair.b.motifs).map(|common| 1.0 - common),
    ),
];
