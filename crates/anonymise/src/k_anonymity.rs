mod block;
mod fingerprint;
mod places;

use erewhon_events::{Disclosed, Sample};
use erewhon_geo::{CellTable, ZoneTree};
use erewhon_types::{Calendar, CellIx, Error, Result};
use rayon::prelude::*;
use serde::Serialize;

use crate::{Extent, effect::Stretch, generalise::Rows};
use block::{Grouping, Person, group};
use fingerprint::{Bounds, Fingerprint, Stretched};
use places::Places;

/// k-anonymity of whole trajectories by bounded stretching: people are put into groups of at least k
/// whose rows are equal, each sample of a row being a rectangle and an interval that hold a true record
/// of everybody in the group.
///
/// What can't be joined within the bounds is suppressed, and so are people who are far from everybody.
/// It says nothing about what the k have in common: a group whose members all live in one zone tells
/// where each of them lives, which `diverse` is about. Against somebody who has other knowledge of the
/// group's members, k counts only those he does not know.
///
/// Like GLOVE (Gramaglia and Fiore, "Hiding mobile traffic fingerprints with GLOVE", CoNEXT 2015) in
/// its costs and its greedy merging. Unlike it, a merge past a bound is not made and suppressed later but
/// not made at all, so that one bad record does not take others with it; and people are compared within
/// blocks of neighbours alone, by home and place by day, which is what makes it linear in people.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct KAnonymity {
    /// Fewest people of a group, 2 to 100.
    pub k: u32,
    /// Longest diagonal of a rectangle, in metres; over 0.
    pub max_stretch_m: f64,
    /// Longest interval, in minutes; 1 to 10,080.
    pub max_stretch_min: u32,
    /// Largest share of a block's people who are suppressed for being far from the others; 0 to 0.5.
    pub max_outlier_share: f64,
    /// Fewest home zones among a group's members, 1 to k; 1 asks for nothing.
    pub diverse: u32,
    /// These zones, as [`Extent::Zones`] makes them of at most so many.
    pub zones: u32,
}

impl Default for KAnonymity {
    fn default() -> Self {
        Self {
            k: 5,
            max_stretch_m: 20_000.0,
            max_stretch_min: 480,
            max_outlier_share: 0.1,
            diverse: 1,
            zones: 100,
        }
    }
}

/// What the groups are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Groups {
    /// Number of groups.
    pub groups: u64,
    /// Members of the smallest.
    pub smallest: u64,
    /// Mean members.
    pub mean_size: f64,
    /// Share of the members whose group has one home zone alone: k-anonymity hides it from nobody.
    pub one_zone_share: f64,
    /// Share of all people who are in no group.
    pub suppressed_people_share: f64,
}

/// The most people who are compared with each other: time grows with it, and loss shrinks.
const BLOCK: usize = 256;

impl KAnonymity {
    pub(crate) fn check(&self) -> Result<()> {
        let refuse = |what: String, allowed: &str| {
            Err(Error::usage(format!(
                "{what} is out of range: allowed is {allowed}"
            )))
        };
        if !(2..=100).contains(&self.k) {
            return refuse(format!("a k of `{}`", self.k), "2 to 100");
        }
        let metres = self.max_stretch_m;
        if !(metres.is_finite() && metres > 0.0) {
            return refuse(format!("a stretch of `{metres}` m"), "more than 0");
        }
        if !(1..=10_080).contains(&self.max_stretch_min) {
            let minutes = self.max_stretch_min;
            return refuse(format!("a stretch of `{minutes}` minutes"), "1 to 10,080");
        }
        if !(0.0..=0.5).contains(&self.max_outlier_share) {
            let share = self.max_outlier_share;
            return refuse(format!("a share of outliers of `{share}`"), "0 to 0.5");
        }
        if !(1..=self.k).contains(&self.diverse) {
            return refuse(format!("`{}` home zones a group", self.diverse), "1 to k");
        }
        if self.zones == 0 {
            return refuse("a number of `0` zones".to_owned(), "1 and more");
        }
        Ok(())
    }

    fn bounds(&self) -> Bounds {
        Bounds {
            diagonal_m: self.max_stretch_m as f32,
            interval_s: self.max_stretch_min * 60,
        }
    }
}

/// Rows in groups.
pub(crate) struct Grouped {
    pub(crate) places: Vec<Vec<CellIx>>,
    pub(crate) rows: Rows,
    pub(crate) groups: Groups,
}

/// Groups people and stretches their rows.
///
/// Time is people × block × records of a person × records within the longest interval; on all cores.
pub(crate) fn k_anonymity(
    raw: &Disclosed,
    cells: &CellTable,
    calendar: &Calendar,
    rule: &KAnonymity,
    stretch: &mut Stretch,
) -> Result<Grouped> {
    let records: Vec<_> = raw.rows().collect();
    let order = neighbours(
        &records.iter().map(|(_, row)| *row).collect::<Vec<_>>(),
        cells,
        calendar,
    );
    let people = order.len();
    if people < rule.k as usize {
        return Err(Error::usage(format!(
            "there are fewer subscribers than a group of `{}` needs",
            rule.k
        ))
        .with_hint("take a smaller k, or more records"));
    }
    let (_, zone_of) = Extent::Zones(rule.zones).places(cells);
    let blocks: Vec<&[Neighbour]> = even_parts(&order, people.div_ceil(BLOCK)).collect();
    let at = |cell: u32| {
        let (x, y) = cells.plane_m()[cell as usize];
        (x as f32, y as f32)
    };
    let grouped: Vec<Grouping> = blocks
        .into_par_iter()
        .map(|block| {
            let person = |neighbour: &Neighbour| {
                let samples = records[neighbour.row].1.iter();
                Person {
                    row: neighbour.row,
                    class: zone_of[neighbour.home.index()],
                    print: Fingerprint::new(
                        samples
                            .map(|s| Stretched::new(s.from_s, at(s.place)))
                            .collect(),
                    ),
                }
            };
            group(block.iter().map(person).collect(), rule)
        })
        .collect();

    let mut places = Places::new(cells);
    let mut rows: Rows = Vec::with_capacity(people);
    let mut sizes = Vec::new();
    let mut of_one_zone = 0;
    for group in grouped.iter().flat_map(|grouping| &grouping.groups) {
        let mut samples: Vec<Sample> = group
            .print
            .samples
            .iter()
            .map(|s| {
                stretch.add(
                    f64::from(s.diagonal_m()),
                    s.until_s - s.from_s - 1,
                    u64::from(s.records),
                );
                Sample {
                    from_s: s.from_s,
                    until_s: s.until_s,
                    place: places.of(s),
                }
            })
            .collect();
        // Two rectangles may hold the same cells.
        samples.sort_unstable();
        samples.dedup();
        sizes.push(group.rows.len() as u64);
        if group.classes.len() == 1 {
            of_one_zone += group.rows.len();
        }
        rows.extend(
            group
                .rows
                .iter()
                .map(|&row| (records[row].0, samples.clone())),
        );
    }
    let members = rows.len();
    Ok(Grouped {
        places: places.into_cells(),
        rows,
        groups: Groups {
            groups: sizes.len() as u64,
            smallest: sizes.iter().copied().min().unwrap_or_default(),
            mean_size: members as f64 / sizes.len().max(1) as f64,
            one_zone_share: of_one_zone as f64 / members.max(1) as f64,
            suppressed_people_share: (people - members) as f64 / people as f64,
        },
    })
}

/// Somebody with records, in the order in which neighbours stand together.
#[derive(Clone, Copy)]
struct Neighbour {
    row: usize,
    home: CellIx,
}

/// Everybody who has records, so that who lives near, and is near by day, stands near.
fn neighbours(rows: &[&[Sample]], cells: &CellTable, calendar: &Calendar) -> Vec<Neighbour> {
    let tree = ZoneTree::build(cells);
    let leaves = tree.partition(tree.depth());
    let start = calendar.start_utc_ms();
    let mut order: Vec<_> = (0..rows.len())
        .filter(|&row| !rows[row].is_empty())
        .map(|row| {
            let times = rows[row].iter().map(|s| start + i64::from(s.from_s) * 1000);
            let (mut night, mut day) = (Vec::new(), Vec::new());
            for (sample, local) in rows[row].iter().zip(calendar.locals(times)) {
                let is_night = !(6..20).contains(&local.hour());
                if is_night { &mut night } else { &mut day }.push(sample.place);
            }
            let all = || rows[row].iter().map(|s| s.place).collect::<Vec<_>>();
            let home = most_frequent(night).or_else(|| most_frequent(all()));
            let home = CellIx(home.unwrap_or_default());
            let by_day = most_frequent(day).map_or(home, CellIx);
            let key = (
                leaves.zone_of(home),
                leaves.zone_of(by_day),
                rows[row].len(),
                row,
            );
            (key, Neighbour { row, home })
        })
        .collect();
    order.sort_unstable_by_key(|(key, _)| *key);
    order.into_iter().map(|(_, neighbour)| neighbour).collect()
}

/// The cell that is there most often, of several the first by number.
fn most_frequent(mut cells: Vec<u32>) -> Option<u32> {
    cells.sort_unstable();
    let runs = cells.chunk_by(|a, b| a == b);
    let longest = runs.max_by(|a, b| a.len().cmp(&b.len()).then(b[0].cmp(&a[0])));
    longest.map(|run| run[0])
}

/// A list in so many parts whose lengths differ by one at most.
fn even_parts<T>(list: &[T], parts: usize) -> impl Iterator<Item = &[T]> {
    let at = move |part: usize| part * list.len() / parts;
    (0..parts).map(move |part| &list[at(part)..at(part + 1)])
}

#[cfg(test)]
mod tests;
