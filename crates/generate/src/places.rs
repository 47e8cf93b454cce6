use erewhon_geo::CellTable;
use erewhon_model::{DistanceTable, Model};
use erewhon_types::{CellIx, Result};
use rand::{Rng, RngExt};

use crate::{
    sampler::{Sampler, Sums},
    times::{Moment, empty},
};

/// The WHERE family's idea of where somebody is: a few important places, chosen once, and for each
/// event one of them, in proportion to how many people are there at that hour.
pub(crate) struct Places<'a> {
    cells: &'a CellTable,
    model: &'a Model,
    home: Sampler,
    commute: Distances<'a>,
    other: Option<Distances<'a>>,
    /// All-hours density: where third places lie.
    density: Vec<f64>,
}

/// A distance table ready for drawing.
struct Distances<'a> {
    table: &'a DistanceTable,
    rows: Vec<Sampler>,
}

/// The important places of one subscriber, home first.
pub(crate) struct Important(Vec<CellIx>);

impl<'a> Places<'a> {
    pub(crate) fn new(cells: &'a CellTable, model: &'a Model, third: bool) -> Result<Self> {
        let other = model.other.as_ref().filter(|_| third);
        Ok(Self {
            cells,
            model,
            home: Sampler::new(model.home.share.iter().copied()).ok_or_else(|| empty("home"))?,
            commute: Distances::new(&model.commute, "commute")?,
            other: other.map(|t| Distances::new(t, "other")).transpose()?,
            density: density(model),
        })
    }

    /// Home, then work on a ring round home, then perhaps a third place on another ring.
    pub(crate) fn draw(&self, rng: &mut impl Rng) -> Important {
        let home = CellIx(self.home.draw(rng) as u32);
        let mut places = vec![home];
        places.extend(self.on_ring(&self.commute, home, &self.model.work.share, rng));
        if let Some(other) = &self.other {
            places.extend(self.on_ring(other, home, &self.density, rng));
        }
        Important(places)
    }

    /// Where one event happens.
    pub(crate) fn place(&self, places: &Important, at: Moment, rng: &mut impl Rng) -> CellIx {
        let Some(block) = self
            .model
            .presence
            .iter()
            .find(|b| at.hour < b.first_hour + b.length_h)
        else {
            return places.0[0];
        };
        let weights = places.0.iter().map(|c| block.cells.share[c.index()]);
        let total: f64 = weights.clone().sum();
        let mut left = rng.random::<f64>() * total;
        for (place, weight) in places.0.iter().zip(weights) {
            left -= weight;
            if left < 0.0 {
                return *place;
            }
        }
        places.0[0]
    }

    fn on_ring(
        &self,
        distances: &Distances<'_>,
        home: CellIx,
        weights: &[f64],
        rng: &mut impl Rng,
    ) -> Option<CellIx> {
        let zone = distances.table.zone_of_cell[home.index()] as usize;
        let entry = distances.rows[zone].draw(rng);
        let edges = &distances.table.upper_edges_m;
        if entry == 0 {
            return Some(home);
        }
        if entry > edges.len() {
            return None;
        }
        let outer_m = edges[entry - 1];
        let inner_m = if entry == 1 { 0.0 } else { edges[entry - 2] };
        let others = (0..self.cells.len() as u32).map(CellIx);
        let others = others.filter(|cell| *cell != home);
        // An empty ring means the cells nearest to it; a ring without mass, any of its cells.
        let (mut ring, mut nearest_m) = (Vec::new(), f64::INFINITY);
        for cell in others {
            let distance_m = self.cells.distance_m(home, cell);
            let off_ring_m = (inner_m - distance_m).max(distance_m - outer_m).max(0.0);
            if off_ring_m < nearest_m {
                nearest_m = off_ring_m;
                ring.clear();
            }
            if off_ring_m <= nearest_m {
                ring.push(cell);
            }
        }
        let drawn = Sums::new(ring.iter().map(|cell| weights[cell.index()]))
            .or_else(|| Sums::new(ring.iter().map(|_| 1.0)))
            .map(|sampler| sampler.draw(rng));
        // A region of one cell has no other place to work.
        Some(drawn.map_or(home, |index| ring[index]))
    }
}

impl<'a> Distances<'a> {
    fn new(table: &'a DistanceTable, name: &str) -> Result<Self> {
        let rows = table.rows.iter().map(|row| {
            let shares = [row.same_place_share].into_iter();
            let shares = shares.chain(row.bin_share.iter().copied());
            Sampler::new(shares.chain([row.none_share])).ok_or_else(|| empty(name))
        });
        Ok(Self {
            table,
            rows: rows.collect::<Result<_>>()?,
        })
    }
}

/// The model's density of people over all hours, by cell.
pub(crate) fn density(model: &Model) -> Vec<f64> {
    let mut density = vec![0.0; model.frame.cells.len()];
    for block in &model.presence {
        let weight = block.active_share * f64::from(block.length_h);
        for (sum, share) in density.iter_mut().zip(&block.cells.share) {
            *sum += weight * share;
        }
    }
    density
}
