/// A rectangle and an interval that hold a record of each of some people.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stretched {
    pub(super) from_s: u32,
    /// Not in it, and after its start.
    pub(super) until_s: u32,
    pub(super) west_m: f32,
    pub(super) east_m: f32,
    pub(super) south_m: f32,
    pub(super) north_m: f32,
    /// Records that it stands for.
    pub(super) records: u32,
}

/// How far a sample may be stretched; the same numbers are what a cost of 1 means.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) diagonal_m: f32,
    pub(super) interval_s: u32,
}

impl Stretched {
    /// One record.
    pub(super) fn new(at_s: u32, (x, y): (f32, f32)) -> Self {
        Self {
            from_s: at_s,
            until_s: at_s + 1,
            west_m: x,
            east_m: x,
            south_m: y,
            north_m: y,
            records: 1,
        }
    }

    /// Length of the rectangle's diagonal.
    pub(super) fn diagonal_m(&self) -> f32 {
        (self.east_m - self.west_m).hypot(self.north_m - self.south_m)
    }

    /// Width and height together, which is what grows.
    fn sides_m(&self) -> f32 {
        (self.east_m - self.west_m) + (self.north_m - self.south_m)
    }

    fn interval_s(&self) -> u32 {
        self.until_s - self.from_s
    }

    fn with(&self, other: &Self) -> Self {
        Self {
            from_s: self.from_s.min(other.from_s),
            until_s: self.until_s.max(other.until_s),
            west_m: self.west_m.min(other.west_m),
            east_m: self.east_m.max(other.east_m),
            south_m: self.south_m.min(other.south_m),
            north_m: self.north_m.max(other.north_m),
            records: self.records + other.records,
        }
    }

    /// This and another in one, where that keeps the bounds.
    fn joined(&self, other: &Self, bounds: &Bounds) -> Option<Self> {
        let both = self.with(other);
        bounds.hold(&both).then_some(both)
    }
}

impl Bounds {
    /// Whether a sample keeps them. A second is an interval of no length.
    pub(super) fn hold(&self, sample: &Stretched) -> bool {
        let (wide_m, high_m) = (
            sample.east_m - sample.west_m,
            sample.north_m - sample.south_m,
        );
        sample.interval_s() <= self.interval_s + 1
            && wide_m * wide_m + high_m * high_m <= self.diagonal_m * self.diagonal_m
    }
}

/// What it costs to join a sample of a group of so many people with one of another: half of it how much the
/// sides of the rectangle grow, half how much the interval does, each as a share of its bound, as the mean
/// over everybody. 1 where the bounds forbid it.
struct Cost<'a> {
    bounds: &'a Bounds,
    in_a: f32,
    in_b: f32,
    /// Cost of a metre that one person's sides grow, and of a second.
    per_m: f32,
    per_s: f32,
}

impl<'a> Cost<'a> {
    fn new(bounds: &'a Bounds, in_a: u32, in_b: u32) -> Self {
        let (in_a, in_b) = (in_a as f32, in_b as f32);
        Self {
            bounds,
            in_a,
            in_b,
            per_m: 0.5 / (bounds.diagonal_m * (in_a + in_b)),
            per_s: 0.5 / (bounds.interval_s as f32 * (in_a + in_b)),
        }
    }

    fn of(&self, a: &Stretched, b: &Stretched) -> f32 {
        let Some(both) = a.joined(b, self.bounds) else {
            return 1.0;
        };
        let grown = |both: f32, a: f32, b: f32| (both - a) * self.in_a + (both - b) * self.in_b;
        let space = grown(both.sides_m(), a.sides_m(), b.sides_m()) * self.per_m;
        let seconds = |s: &Stretched| s.interval_s() as f32;
        let time = grown(seconds(&both), seconds(a), seconds(b)) * self.per_s;
        // Below 1 whatever rounding does: what is allowed is told from what is not.
        (space.min(0.5) + time.min(0.5)).min(0.999_999)
    }
}

/// The samples of a group of people, of one at first, ascending in their start.
#[derive(Clone, Debug)]
pub(super) struct Fingerprint {
    pub(super) samples: Vec<Stretched>,
    pub(super) people: u32,
}

impl Fingerprint {
    /// One person's. Records of one second and place are one sample.
    pub(super) fn new(records: Vec<Stretched>) -> Self {
        let mut samples: Vec<Stretched> = Vec::with_capacity(records.len());
        for record in records {
            let is_same = |s: &&mut Stretched| {
                (s.from_s, s.west_m, s.south_m) == (record.from_s, record.west_m, record.south_m)
            };
            match samples.last_mut().filter(is_same) {
                Some(last) => last.records += 1,
                None => samples.push(record),
            }
        }
        Self { samples, people: 1 }
    }

    /// The one with more samples first; of equal ones, as they come.
    fn by_length<'a>(&'a self, other: &'a Self) -> (&'a Self, &'a Self) {
        if self.samples.len() >= other.samples.len() {
            (self, other)
        } else {
            (other, self)
        }
    }

    /// For each sample of the longer, the cheapest of the shorter and its cost.
    fn cheapest(long: &Self, short: &Self, bounds: &Bounds, mut each: impl FnMut(f32, usize)) {
        let price = Cost::new(bounds, long.people, short.people);
        let mut first = 0;
        for sample in &long.samples {
            // Whatever begins earlier or later than this lies outside the longest interval.
            let earliest_s = sample.from_s.saturating_sub(bounds.interval_s);
            let latest_s = sample.from_s + bounds.interval_s;
            while short
                .samples
                .get(first)
                .is_some_and(|s| s.from_s < earliest_s)
            {
                first += 1;
            }
            let mut best = (1.0, usize::MAX);
            for (place, other) in (first..).zip(&short.samples[first..]) {
                if other.from_s > latest_s {
                    break;
                }
                let cost = price.of(sample, other);
                if cost < best.0 {
                    best = (cost, place);
                }
            }
            each(best.0, best.1);
        }
    }

    /// How far two are from each other: the mean cost of each sample of the longer with its cheapest of
    /// the shorter, 0 to 1.
    pub(super) fn distance(&self, other: &Self, bounds: &Bounds) -> f32 {
        let (long, short) = self.by_length(other);
        let mut sum = 0.0;
        Self::cheapest(long, short, bounds, |cost, _| sum += f64::from(cost));
        (sum / long.samples.len().max(1) as f64) as f32
    }

    /// Both in one: each sample of the longer joins its cheapest of the shorter, the cheapest first, as
    /// long as the bounds hold; one of the shorter that nothing joined joins what lies nearest. What is
    /// left over is in no sample, so that every sample holds a record of everybody.
    pub(super) fn merged(&self, other: &Self, bounds: &Bounds) -> Self {
        let (long, short) = self.by_length(other);
        let mut pairs: Vec<(f32, usize, usize)> = Vec::with_capacity(long.samples.len());
        let mut at = 0;
        Self::cheapest(long, short, bounds, |cost, place| {
            if cost < 1.0 {
                pairs.push((cost, at, place));
            }
            at += 1;
        });
        pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut made: Vec<Option<Stretched>> = vec![None; short.samples.len()];
        for (_, from, to) in pairs {
            let before = made[to].unwrap_or(short.samples[to]);
            if let Some(both) = before.joined(&long.samples[from], bounds) {
                made[to] = Some(both);
            }
        }
        let people = long.people + short.people;
        let price = Cost::new(bounds, short.people, people);
        let alone = |place: &usize| made[*place].is_none();
        for place in (0..made.len()).filter(alone).collect::<Vec<_>>() {
            let sample = &short.samples[place];
            let mut best = (1.0, usize::MAX);
            for (other, both) in made.iter().enumerate() {
                let Some(both) = both else { continue };
                let cost = price.of(sample, both);
                if cost < best.0 {
                    best = (cost, other);
                }
            }
            if let Some(both) = made.get(best.1).copied().flatten() {
                made[best.1] = both.joined(sample, bounds);
            }
        }
        let mut samples: Vec<Stretched> = made.into_iter().flatten().collect();
        samples.sort_unstable_by(|a, b| {
            let time = |s: &Stretched| (s.from_s, s.until_s);
            let space = |s: &Stretched| [s.west_m, s.east_m, s.south_m, s.north_m];
            let by_space = || {
                let pairs = space(a).into_iter().zip(space(b));
                pairs.map(|(x, y)| x.total_cmp(&y)).find(|o| o.is_ne())
            };
            let order = time(a).cmp(&time(b));
            order.then_with(|| by_space().unwrap_or(a.records.cmp(&b.records)))
        });
        Self { samples, people }
    }
}
