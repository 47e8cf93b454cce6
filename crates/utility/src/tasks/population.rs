use crate::{Scene, chart::shares, histogram::add_all};

/// Zones with a smaller share of an hour's presence are left out: their relative error is noise.
const LEAST_SHARE: f64 = 0.01;

/// Mean of `|guessed - real| / real` over hours of the day and zones with at least 1 % of the real
/// presence of that hour; both sides as shares of an hour's presence.
///
/// `None` when there is no such hour and zone, or nothing was learnt of the hour.
pub(super) fn error(scene: &Scene<'_>, trained: &[f64], test: &[f64]) -> Option<f64> {
    let cells = scene.public.cells.len();
    let (mut sum, mut n) = (0.0, 0.0);
    for (trained, test) in trained.chunks(cells).zip(test.chunks(cells)) {
        let (guess, real) = (by_zone(scene, trained), by_zone(scene, test));
        if guess.iter().sum::<f64>() == 0.0 {
            continue;
        }
        for (guess, real) in guess.into_iter().zip(real) {
            if real >= LEAST_SHARE {
                sum += (guess - real).abs() / real;
                n += 1.0;
            }
        }
    }
    (n > 0.0).then(|| sum / n)
}

fn by_zone(scene: &Scene<'_>, by_cell: &[f64]) -> Vec<f64> {
    let mut zones = vec![0.0; scene.zones.zones()];
    for (cell, mass) in (0..).zip(by_cell) {
        zones[scene.zones.zone_of(erewhon_types::CellIx(cell)).index()] += mass;
    }
    shares(&zones)
}

/// The presence of all hours together, at every hour.
pub(super) fn all_day(presence: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; presence.len() / 24];
    for hour in presence.chunks(sum.len().max(1)) {
        add_all(&mut sum, hour);
    }
    sum.repeat(24)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::Town;

    #[test]
    fn errors_are_relative_and_small_zones_left_out() {
        let town = Town::new(2);
        let scene = Scene::new(town.public());
        assert_eq!(scene.zones.zones(), 4);
        let hour = |hour: usize, shares: [f64; 4]| {
            let mut presence = vec![0.0; 96];
            presence[4 * hour..4 * hour + 4].copy_from_slice(&shares);
            presence
        };
        let real = hour(5, [0.5, 0.3, 0.195, 0.005]);
        let guess = hour(5, [0.4, 0.3, 0.195, 0.105]);
        let error = |guess: &[f64]| error(&scene, guess, &real);
        assert!((error(&guess).unwrap() - 0.2 / 3.0).abs() < 1e-12);
        assert_eq!(error(&real), Some(0.0));
        // Nothing was learnt of the only hour; of all hours together, something was.
        let another = hour(6, [0.4, 0.3, 0.195, 0.105]);
        assert_eq!(error(&another), None);
        assert_eq!(error(&all_day(&another)), error(&guess));
    }
}
