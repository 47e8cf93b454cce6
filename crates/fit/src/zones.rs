use erewhon_geo::{Partition, ZoneTree};
use erewhon_model::CellShares;
use erewhon_types::{CellIx, ZoneIx};

use crate::{
    margins::{NO_IDEA, lean},
    project::{normalise, project},
};

/// A zone is measured on its own when a fair share of the people is this many noise sd:
/// below that, halving the zones loses less than it gains.
const PEOPLE_PER_SD: f64 = 2.0;
/// A zone is resolved when its noisy count is this many noise sd: one empty zone in about 140
/// passes by chance (discrete Laplace, 0.5 exp(-3 sqrt 2)).
const RESOLVED_SD: f64 = 3.0;

/// The finest partition whose zones, each of `entries_per_zone` entries, still expect
/// [`PEOPLE_PER_SD`] noise sd of the `mass` people; the root where even two zones would not.
///
/// `mass` is a noisy or declared number, never an exact one.
pub(crate) fn finest_level(
    tree: &ZoneTree,
    entries_per_zone: usize,
    mass: f64,
    sd_people: f64,
) -> Partition {
    (1..=tree.depth())
        .rev()
        .map(|level| tree.partition(level))
        .find(|p| (p.zones() * entries_per_zone) as f64 * PEOPLE_PER_SD * sd_people <= mass)
        .unwrap_or_else(|| tree.partition(0))
}

/// A run of zones of one partition that stand clear of the noise together, and not each by itself.
struct Group {
    zones: Vec<ZoneIx>,
    count: f64,
}

impl Group {
    fn variance(&self, sd: f64) -> f64 {
        self.zones.len() as f64 * sd * sd
    }

    /// An exact zero is clear of noise too: nobody is there, and that is known.
    fn is_clear(&self, sd: f64) -> bool {
        self.count >= RESOLVED_SD * self.variance(sd).sqrt()
    }

    fn is_resolved(&self, sd: f64) -> bool {
        self.count > 0.0 && self.is_clear(sd)
    }
}

/// Turns noisy zone counts into shares of cells: bottom-up, two sibling zones become one where
/// either does not stand clear of the noise. Inside it what was measured leans on an even share by as much
/// as the noise deserves; cells that were measured together share evenly.
///
/// `total` is the number of people the counts should add up to. Post-processing.
pub(crate) fn resolve(
    tree: &ZoneTree,
    zones: &Partition,
    counts: &[f64],
    sd: f64,
    total: f64,
) -> CellShares {
    let groups = merge(tree, zones, counts, sd);
    let resolved = groups.iter().filter(|g| g.is_resolved(sd)).count();
    let noisy: Vec<f64> = groups.iter().map(|g| g.count).collect();
    let variances: Vec<f64> = groups.iter().map(|g| g.variance(sd)).collect();
    let people = project(&noisy, &variances, total.max(1e-9));
    let mut share = vec![0.0; cells_in(zones)];
    let mut zone_of_cell = vec![0; share.len()];
    for (number, (group, people)) in (0..).zip(groups.iter().zip(people)) {
        let cells = |zone: &ZoneIx| zones.cells_of(*zone);
        let size: usize = group.zones.iter().map(|zone| cells(zone).len()).sum();
        let even: Vec<f64> = (group.zones.iter())
            .map(|zone| cells(zone).len() as f64 / size as f64)
            .collect();
        let noisy: Vec<f64> = group
            .zones
            .iter()
            .map(|zone| counts[zone.index()])
            .collect();
        let inside = lean(&noisy, sd, &even, NO_IDEA);
        for (zone, inside) in group.zones.iter().zip(inside) {
            for cell in cells(zone) {
                share[cell.index()] = people * inside / cells(zone).len() as f64;
                zone_of_cell[cell.index()] = number;
            }
        }
    }
    CellShares {
        share: normalise(&share),
        zone_of_cell,
        // Everybody together is always one zone, whether or not the noise hides it.
        resolved_zones: resolved.max(1) as u32,
    }
}

/// How many zones of `shares` a larger population could resolve at the same noise. Zones that are
/// not resolved now count as evenly inhabited, so this is the most to hope for.
pub(crate) fn resolved_at(tree: &ZoneTree, shares: &[f64], sd: f64, people: f64) -> usize {
    let zones = finest_level(tree, 1, people, sd);
    let in_zone = |zone: usize| -> f64 {
        let cells = zones.cells_of(ZoneIx(zone as u32));
        people * cells.iter().map(|c| shares[c.index()]).sum::<f64>()
    };
    let counts: Vec<f64> = (0..zones.zones()).map(in_zone).collect();
    let groups = merge(tree, &zones, &counts, sd);
    groups.iter().filter(|g| g.is_resolved(sd)).count().max(1)
}

fn merge(tree: &ZoneTree, zones: &Partition, counts: &[f64], sd: f64) -> Vec<Group> {
    // `nodes[zone]` of the current level: the groups below that zone.
    let mut nodes: Vec<Vec<Group>> = (0..zones.zones())
        .map(|zone| {
            vec![Group {
                zones: vec![ZoneIx(zone as u32)],
                count: counts[zone],
            }]
        })
        .collect();
    let mut fine = zones.clone();
    for level in (0..zones.level()).rev() {
        let coarse = tree.partition(level);
        let mut parents: Vec<Vec<Group>> = (0..coarse.zones()).map(|_| Vec::new()).collect();
        for (zone, node) in nodes.into_iter().enumerate() {
            let some_cell: CellIx = fine.cells_of(ZoneIx(zone as u32))[0];
            parents[coarse.zone_of(some_cell).index()].extend(node);
        }
        for node in &mut parents {
            // Only two zones that are still whole may melt: a split one holds detail worth keeping.
            if node.len() == 2 && !node.iter().all(|g| g.is_clear(sd)) {
                let (right, left) = (node.pop(), node.pop());
                node.extend(left.into_iter().zip(right).map(|(l, r)| Group {
                    count: l.count + r.count,
                    zones: [l.zones, r.zones].concat(),
                }));
            }
        }
        nodes = parents;
        fine = coarse;
    }
    nodes.into_iter().flatten().collect()
}

fn cells_in(zones: &Partition) -> usize {
    (0..zones.zones())
        .map(|zone| zones.cells_of(ZoneIx(zone as u32)).len())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use erewhon_geo::{Cell, CellTable, Frame};

    fn tree(cells: u32) -> ZoneTree {
        let row = (0..cells).map(|i| Cell::planar(i.to_string(), f64::from(i) * 100.0, 0.0));
        ZoneTree::build(&CellTable::new(Frame::Planar, row.collect()).unwrap())
    }

    #[test]
    fn noise_decides_how_fine_a_table_is() {
        let tree = tree(64);
        assert_eq!(finest_level(&tree, 1, 1000.0, 0.0).zones(), 64);
        assert_eq!(finest_level(&tree, 1, 64.0, 0.5).zones(), 64);
        assert_eq!(finest_level(&tree, 1, 63.0, 0.5).zones(), 32);
        assert_eq!(finest_level(&tree, 2, 64.0, 0.5).zones(), 32);
        assert_eq!(finest_level(&tree, 1, 1.0, 100.0).zones(), 1);
    }

    #[test]
    fn exact_counts_resolve_every_inhabited_zone() {
        let tree = tree(4);
        let shares = resolve(&tree, &tree.partition(2), &[6.0, 2.0, 1.0, 1.0], 0.0, 10.0);
        assert_eq!(shares.share, [0.6, 0.2, 0.1, 0.1]);
        assert_eq!(shares.resolved_zones, 4);
    }

    #[test]
    fn zones_that_drown_become_one_and_share_by_what_noise_leaves() {
        let tree = tree(4);
        let counts = [500.0, 300.0, 40.0, -8.0];
        let shares = resolve(&tree, &tree.partition(2), &counts, 10.0, 832.0);
        assert_eq!(shares.zone_of_cell, [0, 1, 2, 2]);
        assert_eq!(shares.resolved_zones, 2);
        // 32 people, of whom one half is most likely empty, but for noise.
        assert!(
            shares.share[2] > 10.0 * shares.share[3],
            "{:?}",
            shares.share
        );
        assert!((shares.share.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        // Two whole zones that are both clear stay apart; when all drown nothing is left.
        let hopeless = resolve(&tree, &tree.partition(2), &counts, 1e6, 832.0);
        assert_eq!(hopeless.zone_of_cell, [0; 4]);
        assert_eq!(hopeless.resolved_zones, 1);
        assert!(
            hopeless
                .share
                .iter()
                .all(|share| (share - 0.25).abs() < 1e-3)
        );
    }

    #[test]
    fn more_people_resolve_more_zones() {
        let tree = tree(64);
        let even = vec![1.0 / 64.0; 64];
        let at = |people| resolved_at(&tree, &even, 10.0, people);
        assert_eq!((at(10.0), at(1e6)), (1, 64));
        assert!(at(400.0) <= at(1_000.0) && at(1_000.0) <= at(5_000.0));
    }
}
