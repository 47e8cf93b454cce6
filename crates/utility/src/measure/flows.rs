use super::{Pair, Spec, pair};
use crate::{
    Profile,
    distance::{cpc, cpl},
};

pub(super) const SPECS: [Spec; 4] = [
    pair(
        ["home_work_cpc", "Home to work flows", "share"],
        "Common part of commuters: the sum over pairs of at most 32 zones of the smaller of the two \
         shares of subscribers who live in one and work in the other, among those with both anchors. \
         1 means equal. Absent when either side has nobody with both anchors.",
        |pair| cpc(&pair.a.home_work, &pair.b.home_work),
    )
    .higher(),
    pair(
        ["home_work_links_cpl", "Home to work links", "share"],
        "Common part of links: twice the number of pairs of zones with anybody on both sides, by the \
         sum of those with anybody on each. More subscribers have more links. Absent when either side \
         has nobody with both anchors.",
        |pair| cpl(&pair.a.home_work, &pair.b.home_work),
    )
    .higher(),
    pair(
        ["commute_distance_cpc", "Commute distances", "share"],
        "Common part of commuters by distance: the sum over shared logarithmic bins of the smaller of \
         the two shares of subscribers whose home and work anchors are so far apart. Absent when \
         either side has nobody with both anchors.",
        |pair| cpc(pair.a.commute_km.weights(), pair.b.commute_km.weights()),
    )
    .higher(),
    pair(
        ["day_flows_cpc", "Moves between zones", "share"],
        "The sum over ordered pairs of at most 32 zones of the smaller of the two shares of changes \
         from one zone to the other, between consecutive events of one subscriber and local day. \
         Absent when either side has no such change.",
        day_flows_cpc,
    )
    .higher(),
];

fn day_flows_cpc(pair: &Pair<'_>) -> Option<f64> {
    cpc(
        &pair.a.day_flows(pair.zone_of_place),
        &pair.b.day_flows(pair.zone_of_place),
    )
}

impl Profile {
    /// `from zone * zones + to zone`: changes of zone within a day.
    fn day_flows(&self, zone_of_place: &[usize]) -> Vec<f64> {
        let zones = self.home_work.len().isqrt();
        let mut flows = vec![0.0; zones * zones];
        for (row, from) in self.jumps.chunks(zone_of_place.len()).zip(zone_of_place) {
            for (count, to) in row.iter().zip(zone_of_place) {
                if from != to {
                    flows[from * zones + to] += count;
                }
            }
        }
        flows
    }
}
