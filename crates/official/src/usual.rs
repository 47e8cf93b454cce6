//! From labels to maps: weighted devices by tile, and internal migration.

use std::collections::{BTreeMap, BTreeSet};

use erewhon_types::{Error, Result};

use crate::{Label, Labelled, ShareSum, Spot, Tile};

/// Devices by label and tile: each subscriber's weight of 1 is spread evenly over the tiles with that label.
///
/// Countries are no tiles and take no share of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LabelledTiles {
    devices: BTreeMap<(Label, Tile), f64>,
}

impl LabelledTiles {
    /// Takes in one subscriber's labels.
    pub fn add(&mut self, labels: &[Labelled]) {
        for label in [Label::UsualEnvironment, Label::Home, Label::Work] {
            let tiles = tiles_of(labels, label);
            for tile in &tiles {
                *self.devices.entry((label, *tile)).or_default() += 1.0 / tiles.len() as f64;
            }
        }
    }

    /// Adds what another worker has.
    pub fn merge(&mut self, other: &Self) {
        for (key, devices) in &other.devices {
            *self.devices.entry(*key).or_default() += devices;
        }
    }

    /// Devices by label and tile, ascending.
    pub const fn devices(&self) -> &BTreeMap<(Label, Tile), f64> {
        &self.devices
    }
}

/// One subscriber's tiles with a label.
pub fn tiles_of(labels: &[Labelled], label: Label) -> BTreeSet<Tile> {
    let tile = |labelled: &Labelled| match labelled.spot {
        Spot::Tile(tile) if labelled.label == label => Some(tile),
        _ => None,
    };
    labels.iter().filter_map(tile).collect()
}

/// How alike two sets of home tiles are, 0 to 1 (Dice, Ecology 26(3), 1945); 0 where both are empty.
pub fn overlap(before: &BTreeSet<Tile>, now: &BTreeSet<Tile>) -> f64 {
    let tiles = before.len() + now.len();
    if tiles == 0 {
        return 0.0;
    }
    2.0 * before.intersection(now).count() as f64 / tiles as f64
}

/// Who has moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MigrationRule {
    /// Whoever's homes overlap by less than this has moved.
    pub least_overlap: f64,
}

impl MigrationRule {
    /// multimno's: half.
    pub const MULTIMNO: Self = Self { least_overlap: 0.5 };

    /// Checks the number.
    ///
    /// # Errors
    /// Usage, when it is not within 0 to 1.
    pub fn check(&self) -> Result<()> {
        if (0.0..=1.0).contains(&self.least_overlap) {
            return Ok(());
        }
        Err(Error::usage(format!(
            "the overlap `{}` of homes is out of range",
            self.least_overlap
        ))
        .with_hint("allowed: 0 to 1"))
    }
}

/// Who has moved from zone to zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Migration {
    rule: MigrationRule,
    moves: BTreeMap<(u32, u32), ShareSum>,
    /// Subscribers with a home in the first period, in the second, and in both.
    pub homes: (u64, u64, u64),
    /// Those who moved, by the overlap of their homes.
    pub moved: u64,
    /// Those among them who are in no table, since no zone holds a tile of one of their homes.
    pub outside: u64,
}

impl Migration {
    /// Nobody yet.
    pub const fn new(rule: MigrationRule) -> Self {
        Self {
            rule,
            moves: BTreeMap::new(),
            homes: (0, 0, 0),
            moved: 0,
            outside: 0,
        }
    }

    /// Takes in one subscriber's home tiles of two periods; `zone` says which zone holds a tile.
    ///
    /// Each period's weight of 1 is spread evenly over its tiles that some zone holds, and the move over all
    /// pairs of zones; within a zone nobody moves.
    pub fn add(
        &mut self,
        before: &BTreeSet<Tile>,
        now: &BTreeSet<Tile>,
        zone: &dyn Fn(Tile) -> Option<u32>,
    ) {
        self.homes.0 += u64::from(!before.is_empty());
        self.homes.1 += u64::from(!now.is_empty());
        if before.is_empty() || now.is_empty() {
            return;
        }
        self.homes.2 += 1;
        if overlap(before, now) >= self.rule.least_overlap {
            return;
        }
        self.moved += 1;
        let (from, to) = (weights(before, zone), weights(now, zone));
        self.outside += u64::from(from.is_empty() || to.is_empty());
        for (from, weight) in &from {
            for (to, share) in to.iter().filter(|(to, _)| *to != from) {
                self.moves
                    .entry((*from, *to))
                    .or_default()
                    .add(weight * share);
            }
        }
    }

    /// Adds what another worker has.
    pub fn merge(&mut self, other: &Self) {
        for (key, moves) in &other.moves {
            self.moves.entry(*key).or_default().merge(*moves);
        }
        self.homes.0 += other.homes.0;
        self.homes.1 += other.homes.1;
        self.homes.2 += other.homes.2;
        self.moved += other.moved;
        self.outside += other.outside;
    }

    /// Devices from zone to zone, ascending.
    pub const fn moves(&self) -> &BTreeMap<(u32, u32), ShareSum> {
        &self.moves
    }
}

/// A weight of 1, spread evenly over tiles and added up by zone.
fn weights(tiles: &BTreeSet<Tile>, zone: &dyn Fn(Tile) -> Option<u32>) -> BTreeMap<u32, f64> {
    let zones: Vec<u32> = tiles.iter().filter_map(|tile| zone(*tile)).collect();
    let mut weights = BTreeMap::new();
    for zone in &zones {
        *weights.entry(*zone).or_default() += 1.0 / zones.len() as f64;
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiles(north: &[u16]) -> BTreeSet<Tile> {
        north.iter().map(|n| Tile::new(0, *n)).collect()
    }

    fn halves(tile: Tile) -> Option<u32> {
        (tile.north() < 10).then_some(u32::from(tile.north() / 5))
    }

    #[test]
    fn a_move_is_spread_over_the_zones_of_both_homes() {
        let mut migration = Migration::new(MigrationRule::MULTIMNO);
        let mut add = |before: &[u16], now: &[u16]| {
            migration.add(&tiles(before), &tiles(now), &halves);
        };
        // From zone 0 to both: half a device stays in its zone.
        add(&[0, 1], &[3, 7]);
        // Overlap 2 · 2 / 4 is 1, and 2 · 1 / 4 is .5: neither has moved.
        add(&[0, 7], &[0, 7]);
        add(&[0, 7], &[0, 8]);
        // Of three tiles one is in no zone.
        add(&[5, 6, 12], &[0]);
        add(&[12], &[0]);
        add(&[], &[0]);
        assert_eq!(migration.homes, (5, 6, 5));
        assert_eq!((migration.moved, migration.outside), (3, 1));
        let moves: Vec<_> = migration
            .moves()
            .iter()
            .map(|(k, v)| (*k, v.get()))
            .collect();
        assert_eq!(moves, [((0, 1), 0.5), ((1, 0), 1.0)]);
        let mut twice = migration.clone();
        twice.merge(&migration);
        assert_eq!((twice.moves()[&(1, 0)].get(), twice.homes.2), (2.0, 10));
        assert!(MigrationRule { least_overlap: 1.5 }.check().is_err());
    }

    #[test]
    fn each_label_of_a_subscriber_weighs_one() {
        let label = |label, north| Labelled {
            label,
            spot: Spot::Tile(Tile::new(0, north)),
            rule: "",
        };
        let abroad = Labelled {
            label: Label::UsualEnvironment,
            spot: Spot::Abroad(crate::Mcc::new(208).unwrap()),
            rule: "",
        };
        let ue = Label::UsualEnvironment;
        let mut all = LabelledTiles::default();
        all.add(&[label(ue, 1), label(ue, 2), label(Label::Home, 1), abroad]);
        all.add(&[label(ue, 2)]);
        let found: Vec<f64> = all.devices().values().copied().collect();
        assert_eq!(found, [0.5, 1.5, 1.0]);
    }
}
