use rayon::slice::ParallelSliceMut;

use crate::points::Point;

/// The point with most rows in each time bin; the lowest place where several are equal.
pub(super) struct Busiest(Vec<Point>);

impl Busiest {
    /// Of the points of all rows, each row's distinct.
    pub(super) fn of(mut points: Vec<Point>) -> Self {
        points.par_sort_unstable();
        let bins = points.chunk_by(|a, b| a.bin() == b.bin());
        let busiest = bins.filter_map(|bin| {
            let crowds = bin.chunk_by(|a, b| a == b).rev();
            crowds.max_by_key(|crowd| crowd.len())?.first().copied()
        });
        Self(busiest.collect())
    }

    /// Whether this point is the busiest of its bin.
    pub(super) fn is(&self, point: Point) -> bool {
        self.0.binary_search(&point).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use erewhon_types::CellIx;

    #[test]
    fn the_busiest_has_most_rows_and_the_lowest_cell_of_equals() {
        let at = |hour, cell| Point::at(hour, 1, CellIx(cell));
        let all = [at(0, 2), at(0, 1), at(0, 2), at(1, 5), at(1, 4)];
        let busiest = Busiest::of(all.to_vec());
        assert!(busiest.is(at(0, 2)) && busiest.is(at(1, 4)));
        assert!(!busiest.is(at(0, 1)) && !busiest.is(at(1, 5)) && !busiest.is(at(2, 0)));
    }
}
