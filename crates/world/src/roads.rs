use crate::plane::Point;

/// Straight roads between settlements, with the shortest way between any two of them.
///
/// Without junctions every trip is a straight line, which is what a dense street grid looks like.
#[derive(Debug, Default)]
pub(crate) struct Roads {
    junctions: Vec<Point>,
    /// `length_m[a * n + b]` along the shortest way.
    length_m: Vec<f64>,
    /// `next[a * n + b]`: the junction after `a` on the way to `b`.
    next: Vec<u16>,
}

impl Roads {
    /// Joins junctions by a shortest spanning tree, and each to its two nearest neighbours.
    pub(crate) fn between(junctions: Vec<Point>) -> Self {
        let n = junctions.len();
        let far = |a: usize, b: usize| junctions[a].distance_m(junctions[b]);
        let mut length_m = vec![f64::INFINITY; n * n];
        let mut next: Vec<u16> = (0..n * n).map(|i| (i % n) as u16).collect();
        let mut join = |a: usize, b: usize| {
            length_m[a * n + b] = far(a, b);
            length_m[b * n + a] = far(a, b);
        };
        for a in 0..n {
            join(a, a);
            let mut near: Vec<usize> = (0..n).filter(|&b| b != a).collect();
            near.sort_by(|&b, &c| far(a, b).total_cmp(&far(a, c)));
            near.iter().take(2).for_each(|&b| join(a, b));
        }
        let mut outside: Vec<usize> = (1..n).collect();
        let mut inside = vec![0];
        while !outside.is_empty() {
            let pairs = inside
                .iter()
                .flat_map(|&a| (0..outside.len()).map(move |at| (a, at)));
            let Some((a, at)) =
                pairs.min_by(|x, y| far(x.0, outside[x.1]).total_cmp(&far(y.0, outside[y.1])))
            else {
                break;
            };
            let b = outside.swap_remove(at);
            join(a, b);
            inside.push(b);
        }
        for via in 0..n {
            for a in 0..n {
                for b in 0..n {
                    let through = length_m[a * n + via] + length_m[via * n + b];
                    if through < length_m[a * n + b] {
                        length_m[a * n + b] = through;
                        next[a * n + b] = next[a * n + via];
                    }
                }
            }
        }
        Self {
            junctions,
            length_m,
            next,
        }
    }

    /// Metres from a point near junction `a` to a point near junction `b`.
    pub(crate) fn length_m(&self, from: (Point, u16), to: (Point, u16)) -> f64 {
        let straight = from.0.distance_m(to.0);
        match self.junction_pair(from.1, to.1) {
            None => 1.25 * straight,
            Some((a, b)) => {
                let n = self.junctions.len();
                let ends =
                    from.0.distance_m(self.junctions[a]) + to.0.distance_m(self.junctions[b]);
                (ends + self.length_m[a * n + b]).max(straight)
            }
        }
    }

    /// Where someone is who has gone a share of the way.
    pub(crate) fn along(&self, from: (Point, u16), to: (Point, u16), share: f64) -> Point {
        let Some((mut a, b)) = self.junction_pair(from.1, to.1) else {
            return from.0.toward(to.0, share);
        };
        let n = self.junctions.len();
        let ends = from.0.distance_m(self.junctions[a]) + to.0.distance_m(self.junctions[b]);
        let mut left_m = share * (ends + self.length_m[a * n + b]);
        let mut here = from.0;
        loop {
            let leg_m = here.distance_m(self.junctions[a]);
            if left_m <= leg_m {
                return here.toward(self.junctions[a], left_m / leg_m.max(1.0));
            }
            left_m -= leg_m;
            here = self.junctions[a];
            if a == b {
                return here.toward(to.0, left_m / here.distance_m(to.0).max(1.0));
            }
            a = usize::from(self.next[a * n + b]);
        }
    }

    /// The junctions passed from near `a` to near `b`, in order: none within a settlement, nor where
    /// there are no roads.
    pub(crate) fn way(&self, a: u16, b: u16) -> impl Iterator<Item = usize> + '_ {
        let n = self.junctions.len();
        let pair = self.junction_pair(a, b);
        std::iter::successors(pair, move |&(a, b)| {
            (a != b).then(|| (usize::from(self.next[a * n + b]), b))
        })
        .map(|(a, _)| a)
    }

    /// Each road once: the junctions that it joins, and its length in metres.
    pub(crate) fn joined(&self) -> impl Iterator<Item = (usize, usize, f64)> + '_ {
        let n = self.junctions.len();
        // A pair without a road of its own goes on over another junction.
        let direct = move |&(a, b): &(usize, usize)| usize::from(self.next[a * n + b]) == b;
        let pairs = (0..n).flat_map(move |a| (a + 1..n).map(move |b| (a, b)));
        pairs
            .filter(direct)
            .map(move |(a, b)| (a, b, self.length_m[a * n + b]))
    }

    /// Where a junction lies.
    pub(crate) fn junction(&self, ix: usize) -> Point {
        self.junctions[ix]
    }

    /// Both junctions, where there are roads and the trip leaves its settlement.
    fn junction_pair(&self, a: u16, b: u16) -> Option<(usize, usize)> {
        let n = self.junctions.len();
        (a != b && usize::from(a) < n && usize::from(b) < n)
            .then(|| (usize::from(a), usize::from(b)))
    }
}

/// Minutes that a trip of some length takes at free flow: on foot, or through town traffic and on
/// open road, whichever is faster.
pub(crate) fn travel_min(length_m: f64) -> f64 {
    slowed_min(length_m, 1.0)
}

/// Minutes that a trip takes when the open road takes `slow` times as long as at free flow.
pub(crate) fn slowed_min(length_m: f64, slow: f64) -> f64 {
    const TOWN_M: f64 = 6_000.0;
    let on_foot = 1.0 + length_m / 75.0;
    let open_min = slow * (length_m - TOWN_M).max(0.0) / 1_150.0;
    let by_wheel = 6.0 + length_m.min(TOWN_M) / 400.0 + open_min;
    on_foot.min(by_wheel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_walked_from_end_to_end_at_an_even_pace() {
        let junctions = vec![
            Point::new(0.0, 0.0),
            Point::new(10_000.0, 0.0),
            Point::new(10_000.0, 8_000.0),
            Point::new(30_000.0, 8_000.0),
        ];
        let roads = Roads::between(junctions);
        let from = (Point::new(0.0, 500.0), 0);
        let to = (Point::new(30_000.0, 7_000.0), 3);
        let length_m = roads.length_m(from, to);
        let step = 0.01;
        let mut here = roads.along(from, to, 0.0);
        assert_eq!(here, from.0);
        for i in 1..=100 {
            let there = roads.along(from, to, f64::from(i) * step);
            let gone_m = here.distance_m(there);
            assert!(gone_m <= step * length_m + 1e-6, "{gone_m}");
            here = there;
        }
        assert!(here.distance_m(to.0) < 1e-6);
        assert!(length_m >= from.0.distance_m(to.0));
    }

    #[test]
    fn a_way_leads_over_roads_and_is_as_long_as_they_are() {
        let at = |i: u32| f64::from(i);
        let junctions: Vec<Point> = (0..40)
            .map(|i| Point::new(at(i * 7919 % 601) * 100.0, at(i * 104_729 % 449) * 100.0))
            .collect();
        let roads = Roads::between(junctions);
        let found: Vec<(usize, usize, f64)> = roads.joined().collect();
        assert!((39..40 * 3).contains(&found.len()), "{}", found.len());
        let road_m = |a: usize, b: usize| {
            let same = |road: &&(usize, usize, f64)| (road.0, road.1) == (a.min(b), a.max(b));
            found.iter().find(same).unwrap().2
        };
        for (a, b) in (0..40).flat_map(|a| (0..40).map(move |b| (a, b))) {
            let way: Vec<usize> = roads.way(a, b).collect();
            if a == b {
                assert!(way.is_empty());
                continue;
            }
            let [from, to] = [a, b].map(|at| (roads.junction(usize::from(at)), at));
            assert_eq!(
                (way[0], way[way.len() - 1]),
                (usize::from(a), usize::from(b))
            );
            let length_m: f64 = way.windows(2).map(|leg| road_m(leg[0], leg[1])).sum();
            assert!((length_m - roads.length_m(from, to)).abs() < 1e-6);
        }
        assert_eq!(Roads::default().way(0, 1).count(), 0);
    }

    #[test]
    fn longer_trips_take_longer() {
        let minutes: Vec<f64> = (0..400).map(|i| travel_min(f64::from(i) * 100.0)).collect();
        assert!(minutes.windows(2).all(|w| w[0] < w[1]));
        // 20 minutes of open road behind 21 of starting and town.
        assert!((slowed_min(29_000.0, 1.0) - 41.0).abs() < 1e-9);
        assert!((slowed_min(29_000.0, 1.6) - 53.0).abs() < 1e-9);
        assert!((slowed_min(6_000.0, 1.6) - 21.0).abs() < 1e-9);
    }
}
