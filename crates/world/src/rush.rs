use crate::World;

/// Local minutes of a workday between which the open road slows down.
const RUSHES: [(f64, f64); 2] = [(7.0 * 60.0, 9.0 * 60.0), (16.0 * 60.0, 18.5 * 60.0)];
/// How many times as long the open road takes in the middle of a rush.
const PEAK: f64 = 1.6;

/// How many times as long the open road takes for who sets out at a local minute of a workday: 1 at
/// free flow; within a rush it rises to the peak in the middle and falls again, as half a wave of a
/// cosine does.
fn slow(minute: f64) -> f64 {
    let rush = RUSHES
        .iter()
        .find(|rush| (rush.0..rush.1).contains(&minute));
    rush.map_or(1.0, |(from, to)| {
        let turn = std::f64::consts::TAU * (minute - from) / (to - from);
        1.0 + (PEAK - 1.0) * 0.5 * (1.0 - turn.cos())
    })
}

impl World {
    /// How many times as long the open road takes for who sets out at a moment of the window.
    pub(crate) fn slow_at(&self, depart_s: i32) -> f64 {
        let local = match self.spec.travel {
            true => self.calendar.local(self.utc_s(depart_s) * 1_000),
            false => None,
        };
        match local {
            Some(local) if self.calendar.is_workday(local.day) => slow(f64::from(local.minute)),
            _ => 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rush_rises_to_its_peak_and_falls_without_a_jump() {
        let at = |hour: f64| slow(60.0 * hour);
        for (from, to) in [(7.0, 9.0), (16.0, 18.5)] {
            let (middle, quarter) = (0.5 * (from + to), 0.25 * (to - from));
            assert!((at(middle) - 1.6).abs() < 1e-9);
            for side in [-1.0, 1.0] {
                assert!((at(middle + side * quarter) - 1.3).abs() < 1e-9);
                assert!((at(middle + side * (to - middle)) - 1.0).abs() < 1e-9);
            }
        }
        for free in [0.0, 3.0, 6.9, 9.1, 12.0, 15.9, 18.6, 23.9] {
            assert!((at(free) - 1.0).abs() < 1e-12, "{free}");
        }
        let all: Vec<f64> = (0..1_440).map(|minute| slow(f64::from(minute))).collect();
        assert!(all.windows(2).all(|two| (two[0] - two[1]).abs() < 0.02));
    }
}
