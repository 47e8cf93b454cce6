use geo::{
    BoundingRect, Coord, CoordinatePosition, LineString, Polygon, coordinate_position::CoordPos,
};
use rstar::{
    RTree,
    primitives::{GeomWithData, Rectangle},
};

/// A box in degrees, with the number of what lies in it.
pub(super) type Indexed = GeomWithData<Rectangle<[f64; 2]>, usize>;

pub(super) fn indexed(ring: &LineString<f64>, number: usize) -> Option<Indexed> {
    let bounds = ring.bounding_rect()?;
    let corners = (bounds.min().into(), bounds.max().into());
    Some(Indexed::new(
        Rectangle::from_corners(corners.0, corners.1),
        number,
    ))
}

/// Rings in any order and orientation into polygons: a ring inside an even number of others is a
/// shell, one inside an odd number a hole of the innermost of them.
///
/// Rings of a sound file touch in points at most, so any corner off the other's border decides.
pub(super) fn nest(rings: Vec<LineString<f64>>) -> Vec<Polygon<f64>> {
    let rings: Vec<_> = rings.into_iter().filter(|ring| ring.0.len() >= 4).collect();
    let boxes = rings
        .iter()
        .enumerate()
        .filter_map(|(ix, ring)| indexed(ring, ix));
    let index = RTree::bulk_load(boxes.collect());
    let around: Vec<Vec<usize>> = rings
        .iter()
        .enumerate()
        .map(|(ix, ring)| {
            let Some(corner) = ring.0.first() else {
                return Vec::new();
            };
            let near = index.locate_all_at_point(&[corner.x, corner.y]);
            let others = near.map(|b| b.data).filter(|&other| other != ix);
            others
                .filter(|&other| inside(ring, &rings[other]))
                .collect()
        })
        .collect();
    let mut holes: Vec<Vec<LineString<f64>>> = vec![Vec::new(); rings.len()];
    for (ring, outer) in rings.iter().zip(&around) {
        let innermost = outer.iter().max_by_key(|&&other| around[other].len());
        if let (1, Some(&shell)) = (outer.len() % 2, innermost) {
            holes[shell].push(ring.clone());
        }
    }
    rings
        .into_iter()
        .zip(holes)
        .zip(around)
        .filter(|(_, outer)| outer.len() % 2 == 0)
        .map(|((shell, holes), _)| Polygon::new(shell, holes))
        .collect()
}

fn inside(ring: &LineString<f64>, other: &LineString<f64>) -> bool {
    let other = Polygon::new(other.clone(), Vec::new());
    let position = |corner: &Coord<f64>| other.coordinate_position(corner);
    let decided = ring
        .coords()
        .map(position)
        .find(|p| *p != CoordPos::OnBoundary);
    decided == Some(CoordPos::Inside)
}
