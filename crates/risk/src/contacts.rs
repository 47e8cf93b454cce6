//! Who was in contact with whom.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::People;

/// Contacts of some groups in a part of the window. Whoever has a row is known by the same pseudonym as a
/// contact of others.
///
/// Nodes are numbered at random. The lab knows people by one pseudonym in all graphs, but two that an attacker
/// compares share none: so no order, no tie and no cut may go by pseudonym, or it would be the same in both.
pub(crate) struct Contacts {
    /// Pseudonyms, ascending, each with its node: everybody with a contact.
    nodes: Vec<(u64, u32)>,
    /// The pseudonym of each node.
    names: Vec<u64>,
    /// `starts[i]..starts[i + 1]` are the contacts of node `i`.
    starts: Vec<usize>,
    /// Node and number of contacts, ascending by node.
    ties: Vec<(u32, u32)>,
}

impl Contacts {
    /// Numbers nodes by `dice`. Time by n log n of the events.
    pub(crate) fn of(
        groups: &[&People],
        hours: std::ops::Range<u32>,
        dice: &mut ChaCha8Rng,
    ) -> Self {
        let mut pairs = Vec::new();
        for people in groups {
            for row in 0..people.len() {
                let me = people.subscriber(row).bits();
                let events = people.of(row).iter().zip(people.peers_of(row));
                let met = events.filter(|(seen, peer)| {
                    hours.contains(&seen.hour) && **peer != 0 && **peer != me
                });
                for (_, &peer) in met {
                    pairs.push((me, peer));
                    pairs.push((peer, me));
                }
            }
        }
        let mut names: Vec<u64> = pairs.iter().map(|(me, _)| *me).collect();
        names.sort_unstable();
        names.dedup();
        let mut numbers: Vec<u32> = (0..names.len() as u32).collect();
        numbers.shuffle(dice);
        let nodes: Vec<(u64, u32)> = names.iter().copied().zip(numbers).collect();
        for &(name, node) in &nodes {
            names[node as usize] = name;
        }
        let number = |name| node_of(&nodes, name).unwrap_or(0);
        let mut pairs: Vec<(u32, u32)> = pairs
            .into_iter()
            .map(|(me, peer)| (number(me), number(peer)))
            .collect();
        pairs.sort_unstable();
        let (mut starts, mut ties) = (vec![0], Vec::new());
        for mine in pairs.chunk_by(|a, b| a.0 == b.0) {
            let tie = |same: &[(u32, u32)]| (same[0].1, same.len() as u32);
            ties.extend(mine.chunk_by(|a, b| a == b).map(tie));
            starts.push(ties.len());
        }
        Self {
            nodes,
            names,
            starts,
            ties,
        }
    }

    /// Number of nodes.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// The node of a pseudonym; `None` without a contact.
    pub(crate) fn node(&self, name: u64) -> Option<usize> {
        node_of(&self.nodes, name).map(|node| node as usize)
    }

    /// The pseudonym of a node.
    pub(crate) fn name(&self, node: usize) -> u64 {
        self.names[node]
    }

    /// The contacts of a node, each with how often.
    pub(crate) fn around(&self, node: usize) -> &[(u32, u32)] {
        &self.ties[self.starts[node]..self.starts[node + 1]]
    }

    /// Number of contacts.
    pub(crate) fn degree(&self, node: usize) -> u32 {
        self.around(node).len() as u32
    }

    /// How many contacts each contact has, the most first.
    pub(crate) fn degrees_around(&self, node: usize) -> Vec<u32> {
        let around = self.around(node).iter();
        let mut degrees: Vec<u32> = around
            .map(|&(other, _)| self.degree(other as usize))
            .collect();
        degrees.sort_unstable_by(|a, b| b.cmp(a));
        degrees
    }

    /// How many nodes two steps away have 1, 2 to 3, 4 to 7 contacts and so on, as shares. A node with very
    /// many contacts is walked through by [`MOST`] of them only, drawn with the numbers of the nodes.
    pub(crate) fn second_hop(&self, node: usize) -> [f32; HOP] {
        let around = self.around(node).iter().take(MOST);
        let mut second: Vec<u32> = around
            .flat_map(|&(other, _)| self.around(other as usize).iter().take(MOST))
            .map(|&(far, _)| far)
            .filter(|&far| far as usize != node)
            .collect();
        second.sort_unstable();
        second.dedup();
        let mut shares = [0.0; HOP];
        for &far in &second {
            let octave = self.degree(far as usize).max(1).ilog2() as usize;
            shares[octave.min(HOP - 1)] += 1.0 / second.len() as f32;
        }
        shares
    }
}

fn node_of(nodes: &[(u64, u32)], name: u64) -> Option<u32> {
    let found = nodes.binary_search_by_key(&name, |node| node.0);
    found.ok().map(|at| nodes[at].1)
}

/// Octaves of numbers of contacts.
pub(crate) const HOP: usize = 10;

/// Contacts of one node that a walk follows.
const MOST: usize = 200;

/// Why a game of contacts can't be played; `None` where it can.
pub(crate) fn missing(people: &People) -> Option<&'static str> {
    let any = (0..people.len()).any(|row| people.peers_of(row).iter().any(|&peer| peer != 0));
    (!any).then_some("the records name no other party, so there is no graph of contacts")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::draws;
    use crate::testing::{Place, Row};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn degrees_agree_with_sets_of_names(
            calls in prop::collection::vec((1u64..8, 1u64..12, 0u32..48), 1..40),
        ) {
            let row = |&(person, peer, hour): &(u64, u64, u32)| Row {
                person,
                peer,
                minute: 60 * hour,
                cell: 0,
            };
            let rows: Vec<Row> = calls.iter().map(row).collect();
            let graph = Contacts::of(&[&Place::new(1, 2).people(&rows)], 0..24, &mut draws(1, "test", 0));
            let of = |name: u64| -> BTreeSet<u64> {
                let seen = calls.iter().filter(|(a, b, hour)| {
                    *hour < 24 && a != b && (*a == name || *b == name)
                });
                seen.map(|(a, b, _)| if *a == name { *b } else { *a }).collect()
            };
            for name in 1..12 {
                let Some(node) = graph.node(name) else {
                    prop_assert!(of(name).is_empty());
                    continue;
                };
                prop_assert_eq!(graph.name(node), name);
                prop_assert_eq!(graph.degree(node) as usize, of(name).len());
                let mut slow: Vec<u32> = of(name).iter().map(|&n| of(n).len() as u32).collect();
                slow.sort_unstable_by(|a, b| b.cmp(a));
                prop_assert_eq!(graph.degrees_around(node), slow);
                let far: BTreeSet<u64> =
                    of(name).iter().flat_map(|&n| of(n)).filter(|&n| n != name).collect();
                let single = far.iter().filter(|&&n| of(n).len() == 1).count();
                let share = single as f32 / far.len().max(1) as f32;
                prop_assert!((graph.second_hop(node)[0] - share).abs() < 1e-4);
            }
        }
    }
}
