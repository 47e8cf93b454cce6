//! Eurostat's longitudinal state: a footprint of each day, added to a running state, and made into a usual
//! environment at the end of a period, without a record of the days.
//!
//! The rules are those of the proof of concept of Eurostat and Cybernetica (project ESTAT 2019.0232, 2021, source
//! `eurostat/mnodata-tee-poc`, modules b and c). How a day's footprint is made from events, and what the hours of the
//! three parts of a day are, it leaves to the operator; [`DayParts`] says what is done here.

use std::collections::BTreeMap;

use erewhon_types::{Error, MINUTES_PER_DAY, Result};

use crate::{Day, Footprints, Place, Seen, Tile};

/// Parts of a day: the whole one first, then the three that make it up.
pub const PARTS: usize = 4;

/// A tile's value in each part of a day.
pub type Values = [f32; PARTS];

/// When the second and third part of a day begin and the third ends, in minutes of the local clock; the rest, across
/// midnight, is the first, which is the night.
///
/// Here it is 8:00, 17:00 and 20:00, a choice of this program; the source names the parts by number alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayParts {
    /// When the second part begins.
    pub second_min: u16,
    /// When the third part begins.
    pub third_min: u16,
    /// When the third part ends.
    pub end_min: u16,
}

impl DayParts {
    /// 8:00, 17:00, 20:00.
    pub const DEFAULT: Self = Self {
        second_min: 480,
        third_min: 1_020,
        end_min: 1_200,
    };

    /// Checks the borders.
    ///
    /// # Errors
    /// Usage, unless they ascend within a day and are quarters of an hour.
    pub fn check(&self) -> Result<()> {
        let all = [
            0,
            self.second_min,
            self.third_min,
            self.end_min,
            MINUTES_PER_DAY,
        ];
        if all.is_sorted_by(|a, b| a < b) && all.iter().all(|minute| minute % 15 == 0) {
            return Ok(());
        }
        Err(Error::usage("the parts of a day overlap or are empty")
            .with_hint("allowed: quarters of an hour that ascend, for example 480, 1020, 1200"))
    }
}

/// A subscriber's footprint of a day, ascending in tile.
///
/// In each part of the day a tile's value is the share of the part's events whose cell reaches it, as in multimno's
/// permanence; the whole day's value is the mean over the parts with an event. So a whole day within reach of a tile is 1
/// there, and ten such days are a usual environment. Events abroad and at cells without a footprint count for no tile.
pub fn day_footprint(
    seen: &[Seen],
    day: &Day,
    parts: &DayParts,
    footprints: &Footprints,
) -> Vec<(Tile, Values)> {
    let border = |minute: u16| day.quarter_ms(minute / 15);
    let borders = [
        border(parts.second_min),
        border(parts.third_min),
        border(parts.end_min),
    ];
    let part_of = |at_ms: i64| match borders.iter().filter(|border| at_ms >= **border).count() {
        1 => 2,
        2 => 3,
        _ => 1,
    };
    let mut events = [0_u32; PARTS];
    seen.iter().for_each(|s| events[part_of(s.at_ms)] += 1);
    let parts_seen = events.iter().filter(|events| **events > 0).count() as f32;
    let mut values: BTreeMap<u32, Values> = BTreeMap::new();
    for seen in seen {
        let Place::Cell(cell) = seen.place else {
            continue;
        };
        let part = part_of(seen.at_ms);
        for (tile, _) in footprints.of(cell) {
            let value = 1.0 / events[part] as f32;
            let of_tile = values.entry(*tile).or_default();
            of_tile[part] += value;
            of_tile[0] += value / parts_seen;
        }
    }
    let tile = |at: u32| footprints.tiles()[at as usize];
    values
        .into_iter()
        .map(|(at, values)| (tile(at), values))
        .collect()
}

/// A subscriber's state: for each tile the sum of its days' values, ascending in tile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    tiles: Vec<(Tile, Values)>,
}

impl State {
    /// Tiles with their sums, ascending.
    pub fn tiles(&self) -> &[(Tile, Values)] {
        &self.tiles
    }

    /// A state as it was kept: tiles ascend.
    ///
    /// # Errors
    /// Input, when they do not, or a value is negative or not finite.
    pub fn restore(tiles: Vec<(Tile, Values)>) -> Result<Self> {
        let bad = |value: &f32| !(value.is_finite() && *value >= 0.0);
        let ascend = tiles.is_sorted_by(|a, b| a.0 < b.0);
        if !ascend || tiles.iter().flat_map(|t| t.1.iter()).any(bad) {
            return Err(Error::input("a longitudinal state is damaged")
                .with_hint("take the state of the day before and merge this day again"));
        }
        Ok(Self { tiles })
    }

    /// Adds a day's footprint. Rows with a negative value or with nothing but zeros are passed over, and of rows of one
    /// tile the largest value of each part counts.
    pub fn merge(&mut self, mut day: Vec<(Tile, Values)>) {
        day.retain(|(_, values)| {
            values.iter().all(|v| *v >= 0.0 && v.is_finite()) && values.iter().any(|v| *v > 0.0)
        });
        day.sort_by_key(|row| row.0);
        day.dedup_by(|row, kept| {
            let same = row.0 == kept.0;
            if same {
                kept.1
                    .iter_mut()
                    .zip(row.1)
                    .for_each(|(kept, value)| *kept = kept.max(value));
            }
            same
        });
        let old = std::mem::take(&mut self.tiles);
        self.tiles.reserve(old.len().max(day.len()));
        let (mut old, mut day) = (old.into_iter().peekable(), day.into_iter().peekable());
        loop {
            let next = match (old.peek(), day.peek()) {
                (Some(a), Some(b)) if a.0 == b.0 => {
                    let (Some(mut sum), Some(add)) = (old.next(), day.next()) else {
                        return;
                    };
                    sum.1
                        .iter_mut()
                        .zip(add.1)
                        .for_each(|(sum, value)| *sum += value);
                    Some(sum)
                }
                (Some(a), Some(b)) if a.0 < b.0 => old.next(),
                (_, Some(_)) => day.next(),
                (Some(_), None) => old.next(),
                (None, None) => return,
            };
            self.tiles.extend(next);
        }
    }

    /// The usual environment at the end of a period, most used tile first; empty for whoever is highly nomadic.
    ///
    /// A tile belongs to it with at least `least_days` in the whole day's sum, and to a part of the day with at least
    /// `part_share` of that; the source has 10 and .5. Tiles rank by the whole day's sum, then by the largest part, then by
    /// the first part; what is still equal ranks by tile here, and at random there.
    pub fn quantised(&self, least_days: f32, part_share: f32) -> Vec<Quantised> {
        let mut kept: Vec<&(Tile, Values)> = self
            .tiles
            .iter()
            .filter(|(_, values)| values[0] >= least_days)
            .collect();
        let largest = |values: &Values| values[1].max(values[2]).max(values[3]);
        kept.sort_by(|(a_tile, a), (b_tile, b)| {
            let by_whole = b[0].total_cmp(&a[0]);
            let by_part = by_whole.then(largest(b).total_cmp(&largest(a)));
            by_part.then(b[1].total_cmp(&a[1])).then(a_tile.cmp(b_tile))
        });
        let quantised = |(tile, values): &(Tile, Values)| Quantised {
            tile: *tile,
            parts: [1, 2, 3].map(|part| values[part] / values[0] >= part_share),
        };
        kept.into_iter().map(quantised).collect()
    }
}

/// The least sum of days of a tile of the usual environment.
pub const LEAST_DAYS: f32 = 10.0;
/// The least share of a part of the day.
pub const PART_SHARE: f32 = 0.5;

/// A tile of a usual environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantised {
    /// The tile.
    pub tile: Tile,
    /// Whether it is used in the first, second and third part of the day.
    pub parts: [bool; PARTS - 1],
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_day() -> impl Strategy<Value = Vec<(Tile, Values)>> {
        let value = prop_oneof![
            Just(0.0_f32),
            Just(-1.0),
            Just(0.5),
            Just(1.0),
            Just(f32::NAN)
        ];
        let values = proptest::collection::vec(value, PARTS);
        let row = (0_u16..6, values)
            .prop_map(|(north, v)| (Tile::new(0, north), std::array::from_fn(|at| v[at])));
        proptest::collection::vec(row, 0..12)
    }

    proptest! {
        /// Day by day is what the sum over all days together is, whatever came before.
        #[test]
        fn merging_day_by_day_is_the_sum_of_days(days in proptest::collection::vec(any_day(), 1..6)) {
            let mut state = State::default();
            let mut slow: BTreeMap<Tile, Values> = BTreeMap::new();
            for day in days {
                let mut of_day: BTreeMap<Tile, Values> = BTreeMap::new();
                for (tile, values) in &day {
                    let good = values.iter().all(|v| *v >= 0.0) && values.iter().any(|v| *v > 0.0);
                    if good {
                        let kept = of_day.entry(*tile).or_default();
                        *kept = std::array::from_fn(|part| kept[part].max(values[part]));
                    }
                }
                for (tile, values) in of_day {
                    let sum = slow.entry(tile).or_default();
                    *sum = std::array::from_fn(|part| sum[part] + values[part]);
                }
                state.merge(day);
                prop_assert!(State::restore(state.tiles().to_vec()).is_ok());
            }
            let slow: Vec<(Tile, Values)> = slow.into_iter().collect();
            prop_assert_eq!(state.tiles(), slow);
        }
    }

    #[test]
    fn ten_days_and_half_of_them_make_a_usual_environment() {
        let tile = |north| Tile::new(0, north);
        let mut state = State::default();
        for day in 0..20 {
            let mut rows = vec![
                (tile(1), [1.0, 1.0, 0.0, 0.25]),
                (tile(3), [0.25, 0.0, 0.25, 0.0]),
            ];
            if day < 10 {
                rows.push((tile(2), [1.0, 0.5, 0.5, 0.0]));
            }
            state.merge(rows);
        }
        let found = state.quantised(LEAST_DAYS, PART_SHARE);
        let parts = |north, parts| Quantised {
            tile: tile(north),
            parts,
        };
        // The third has 5 days of ten.
        assert_eq!(
            found,
            [
                parts(1, [true, false, false]),
                parts(2, [true, true, false])
            ]
        );
        assert!(state.quantised(20.5, PART_SHARE).is_empty());
        assert!(State::restore(vec![(tile(2), [1.0; PARTS]), (tile(1), [1.0; PARTS])]).is_err());
        assert!(State::restore(vec![(tile(2), [-1.0; PARTS])]).is_err());
    }

    #[test]
    fn a_whole_day_at_one_tile_is_one() {
        use erewhon_types::{Calendar, CellIx, Window};
        let window = Window::parse("2026-03-02", 1, "UTC").unwrap();
        let day = Day::of(&Calendar::new(&window).unwrap(), 0).unwrap();
        let rows = [(0, 0, 1.0), (1, 1, 0.5), (1, 2, 0.5)];
        let rows = rows.map(|(c, t, w)| (CellIx(c), Tile::new(0, t), w));
        let footprints = Footprints::new(3, rows.to_vec()).unwrap();
        let at = |hour, cell| Seen::at(day.hour_ms(hour), CellIx(cell));
        let of = |seen: &[Seen]| day_footprint(seen, &day, &DayParts::DEFAULT, &footprints);
        let tile = |north| Tile::new(0, north);
        assert_eq!(of(&[at(3, 0)]), [(tile(0), [1.0, 1.0, 0.0, 0.0])]);
        // 20:00 is night again.
        let found = of(&[at(3, 0), at(20, 1), at(8, 0), at(17, 2)]);
        assert_eq!(found[0], (tile(0), [0.5, 0.5, 1.0, 0.0]));
        assert_eq!(found[1].1[1], 0.5);
        assert!(
            DayParts {
                second_min: 0,
                ..DayParts::DEFAULT
            }
            .check()
            .is_err()
        );
        DayParts::DEFAULT.check().unwrap();
    }
}
