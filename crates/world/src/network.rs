use erewhon_geo::{Cell, CellTable, Frame};
use erewhon_types::{CellIx, Result};
use rayon::prelude::*;

use crate::{
    country::Country,
    dice::{Dice, For, fixed_normal},
    habits::Habits,
    places::{PlaceIx, Places},
    plane::Point,
    spec::WorldSpec,
};

/// The mast and direction of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Antenna {
    /// Number of the site that carries the cell.
    pub site: u32,
    /// Main direction in degrees clockwise from north; `None` for a cell that looks all round.
    pub azimuth_deg: Option<f64>,
}

/// Cells that a phone may be served by at one spot, best first, with their usual strength.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    cells: [(u32, f32); 4],
    count: u8,
}

/// Masts, cells, and which of them serve where.
pub(crate) struct Network {
    pub(crate) table: CellTable,
    pub(crate) antennas: Vec<Antenna>,
    at_place: Vec<Seen>,
    /// On a lattice over the region, for people on their way.
    on_lattice: Vec<Seen>,
    south_west: Point,
    columns: usize,
}

const LATTICE_M: f64 = 500.0;
/// Shadowing by houses and hills, constant for a spot and a cell.
const SHADOW_DB: f64 = 6.0;
/// What changes from one event to the next.
const FLICKER_DB: f64 = 2.0;
/// Cells this much weaker than the best are never used.
const REACH_DB: f64 = 7.0;
/// What a sector gains in its main direction.
const GAIN_DB: f64 = 5.0;
const SPOTS: usize = 4_000;
const ROUNDS: usize = 8;

impl Network {
    /// Builds masts where people and jobs are, and a thin net everywhere else.
    pub(crate) fn build(
        spec: &WorldSpec,
        country: &Country,
        places: &Places,
        habits: &[Habits],
    ) -> Result<Self> {
        let mut dice = Dice::new(spec.seed, For::Network, 0, 0);
        let cells = spec.cells as usize;
        let wanted = (cells as f64 * 0.48) as usize;
        let three = (cells - wanted) / 2;
        let spots = demand(country, places, habits, &mut dice);
        let sites = masts(country, &spots, cells - 2 * three, &mut dice);
        let (mut list, mut antennas, mut points) = (Vec::new(), Vec::new(), Vec::new());
        for (site, &point) in sites.iter().enumerate() {
            let turn = dice.between(0.0, 120.0);
            let (lat, lon) = country.plane.degrees(point);
            let sectors = if site < three { 3 } else { 1 };
            for sector in 0..sectors {
                let id = format!("S{site:03}-{}", sector + 1);
                list.push(Cell::geographic(id, lat, lon));
                points.push(point);
                antennas.push(Antenna {
                    site: site as u32,
                    azimuth_deg: (sectors == 3).then(|| (turn + 120.0 * f64::from(sector)).round()),
                });
            }
        }
        let (south_west, north_east) = country.corners();
        let side = |low: f64, high: f64| ((high - low) / LATTICE_M) as usize + 1;
        let columns = side(south_west.east_m, north_east.east_m);
        let rows = side(south_west.north_m, north_east.north_m);
        let see = |salt: u64, spot: u64, point: Point| {
            seen(&points, &antennas, point, |cell| {
                fixed_normal(spec.seed ^ salt, spot, cell)
            })
        };
        let at_place = places
            .all
            .par_iter()
            .enumerate()
            .map(|(ix, place)| see(1, ix as u64, place.point))
            .collect();
        let on_lattice = (0..columns * rows)
            .into_par_iter()
            .map(|ix| {
                let (column, row) = ((ix % columns) as f64 + 0.5, (ix / columns) as f64 + 0.5);
                let point = Point::new(
                    south_west.east_m + column * LATTICE_M,
                    south_west.north_m + row * LATTICE_M,
                );
                see(2, ix as u64, point)
            })
            .collect();
        Ok(Self {
            table: CellTable::new(Frame::Geographic, list)?,
            antennas,
            at_place,
            on_lattice,
            south_west,
            columns,
        })
    }

    /// The cell that serves a place best on the whole.
    pub(crate) fn best_at(&self, place: PlaceIx) -> CellIx {
        CellIx(self.at_place[place as usize].cells[0].0)
    }

    /// The cell that serves one event at a place.
    pub(crate) fn serve_at(&self, place: PlaceIx, dice: &mut Dice) -> CellIx {
        self.at_place[place as usize].serve(dice)
    }

    /// The cell that serves one event on the way.
    pub(crate) fn serve_moving(&self, point: Point, dice: &mut Dice) -> CellIx {
        let rows = self.on_lattice.len() / self.columns;
        let step = |at_m: f64, count: usize| ((at_m / LATTICE_M).max(0.0) as usize).min(count - 1);
        let column = step(point.east_m - self.south_west.east_m, self.columns);
        let row = step(point.north_m - self.south_west.north_m, rows);
        self.on_lattice[row * self.columns + column].serve(dice)
    }
}

impl Seen {
    fn serve(&self, dice: &mut Dice) -> CellIx {
        let mut best = (self.cells[0].0, f64::MIN);
        for &(cell, level_db) in &self.cells[..usize::from(self.count)] {
            let level_db = dice.normal(f64::from(level_db), FLICKER_DB);
            if level_db > best.1 {
                best = (cell, level_db);
            }
        }
        CellIx(best.0)
    }
}

/// Where the network is needed: at homes, at places of work, on the roads, and a little anywhere.
fn demand(country: &Country, places: &Places, habits: &[Habits], dice: &mut Dice) -> Vec<Point> {
    let firms = habits.iter().filter_map(|h| h.work).collect::<Vec<_>>();
    let home = |dice: &mut Dice| places.on_road(habits[dice.below(habits.len())].home);
    (0..SPOTS)
        .map(|_| match dice.below(20) {
            0..=7 => home(dice).0,
            8..=14 if !firms.is_empty() => places.get(firms[dice.below(firms.len())]).point,
            8..=16 => {
                let (from, to) = (home(dice), home(dice));
                country.roads.along(from, to, dice.unit())
            }
            _ => country.anywhere(dice),
        })
        .collect()
}

/// Masts at the centres of clusters of spots (Lloyd's iteration), the busiest first; one that would
/// stand in water goes to the nearest spot on land.
fn masts(country: &Country, spots: &[Point], count: usize, dice: &mut Dice) -> Vec<Point> {
    let mut sites: Vec<Point> = (0..count)
        .map(|_| {
            let spot = spots[dice.below(spots.len())];
            spot.moved(50.0, dice.between(0.0, std::f64::consts::TAU))
        })
        .collect();
    let mut load = vec![0usize; count];
    for _ in 0..ROUNDS {
        let nearest = |spot: &Point| {
            (0..count)
                .min_by(|&a, &b| {
                    sites[a]
                        .distance_m(*spot)
                        .total_cmp(&sites[b].distance_m(*spot))
                })
                .unwrap_or(0)
        };
        let of: Vec<usize> = spots.par_iter().map(nearest).collect();
        let mut sums = vec![Point::default(); count];
        load.fill(0);
        for (spot, &site) in spots.iter().zip(&of) {
            sums[site].east_m += spot.east_m;
            sums[site].north_m += spot.north_m;
            load[site] += 1;
        }
        for site in 0..count {
            if load[site] > 0 {
                let n = load[site] as f64;
                sites[site] = Point::new(sums[site].east_m / n, sums[site].north_m / n);
            }
        }
    }
    let ashore = spots.iter().filter(|spot| country.is_land(**spot));
    let ashore: Vec<Point> = ashore.copied().collect();
    for site in sites.iter_mut().filter(|site| !country.is_land(**site)) {
        let far = |spot: &&Point| site.distance_m(**spot);
        let nearest = ashore.iter().min_by(|a, b| far(a).total_cmp(&far(b)));
        *site = nearest.copied().unwrap_or(*site);
    }
    // Sectors go where the net is tight: close neighbours mean many people on little land.
    let gap_m: Vec<f64> = (0..count)
        .map(|a| {
            (0..count)
                .filter(|&b| b != a)
                .map(|b| sites[a].distance_m(sites[b]))
                .fold(f64::MAX, f64::min)
        })
        .collect();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| gap_m[a].total_cmp(&gap_m[b]).then(load[b].cmp(&load[a])));
    order.into_iter().map(|site| sites[site]).collect()
}

fn seen(points: &[Point], antennas: &[Antenna], at: Point, shadow: impl Fn(u64) -> f64) -> Seen {
    let mut best = [(0u32, f64::MIN); 4];
    for (cell, (mast, antenna)) in points.iter().zip(antennas).enumerate() {
        let fade_db = -36.0 * mast.distance_m(at).max(60.0).log10();
        // The most gain and four standard deviations of shadowing can't lift it into the list.
        if fade_db + GAIN_DB + 4.0 * SHADOW_DB < best[3].1 {
            continue;
        }
        let gain_db = antenna.azimuth_deg.map_or(0.0, |azimuth_deg| {
            let off = (mast.bearing_deg(at) - azimuth_deg + 540.0).rem_euclid(360.0) - 180.0;
            GAIN_DB - (12.0 * (off / 65.0).powi(2)).min(22.0)
        });
        let clear_db = fade_db + gain_db;
        let level_db = clear_db + SHADOW_DB * shadow(cell as u64).clamp(-4.0, 4.0);
        let rank = best.partition_point(|b| b.1 >= level_db);
        if rank < best.len() {
            best[rank..].rotate_right(1);
            best[rank] = (cell as u32, level_db);
        }
    }
    let count = best.partition_point(|b| b.1 >= best[0].1 - REACH_DB);
    Seen {
        cells: best.map(|(cell, level_db)| (cell, level_db as f32)),
        count: count as u8,
    }
}
