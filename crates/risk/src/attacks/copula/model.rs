use rayon::prelude::*;

use super::normal::{cdf, cdf2, quantile};

/// Number of attributes of a person.
pub(super) const ATTRIBUTES: usize = 6;

/// The attributes of a person, each the number of a class; neighbouring numbers are alike.
pub(super) type Record = [u32; ATTRIBUTES];

/// Steps of the search for a correlation; each takes a third off what is left.
const STEPS: u32 = 14;

/// A correlation is at most so strong, so that a record that breaks the rule is not impossible.
const STRONGEST: f64 = 0.9999;

/// How much likelier a correlation must be than none, as a logarithm: half the 95 % point of the chi-squared
/// distribution (Wilks 1938).
const LEAST_GAIN: f64 = 1.92;

/// Points at which a record's box is measured.
const POINTS: u32 = 128;

/// The share of each class, and how attributes go together: a Gaussian copula.
pub(super) struct Model {
    margins: [Margin; ATTRIBUTES],
    /// The lower triangle whose product with itself turned over is the matrix of correlations.
    root: [[f64; ATTRIBUTES]; ATTRIBUTES],
}

/// From where to where on the normal line.
type Stretch = (f64, f64);

/// The classes of one attribute in a sample, ascending, with how many records came before each.
struct Margin {
    classes: Vec<u32>,
    before: Vec<u32>,
    records: u32,
}

impl Margin {
    fn of(mut values: Vec<u32>) -> Self {
        values.sort_unstable();
        let (mut classes, mut before) = (Vec::new(), Vec::new());
        for (at, &value) in (0..).zip(&values) {
            if classes.last() != Some(&value) {
                classes.push(value);
                before.push(at);
            }
        }
        Self {
            classes,
            before,
            records: values.len() as u32,
        }
    }

    /// The stretch of the normal line that stands for a class. A class that the sample lacks has the width
    /// of half a record.
    fn stretch(&self, class: u32) -> Stretch {
        let share = |records: f64| quantile(records / f64::from(self.records));
        let before = |at: usize| f64::from(*self.before.get(at).unwrap_or(&self.records));
        match self.classes.binary_search(&class) {
            Ok(at) => (share(before(at)), share(before(at + 1))),
            Err(at) => {
                let from = before(at).min(f64::from(self.records) - 0.5);
                (share(from), share(from + 0.5))
            }
        }
    }
}

impl Model {
    /// Fits a sample, not empty: shares of classes as they are, and for each two attributes the
    /// correlation under which their pairs of classes are likeliest (Olsson 1979, polychoric
    /// correlation).
    ///
    /// Rocher and others match the mutual information of each pair instead; of hundreds of cells in a
    /// small sample it is overestimated, while the likelihood is not fooled by rare pairs.
    pub(super) fn fit(sample: &[Record]) -> Self {
        let margins: [Margin; ATTRIBUTES] =
            std::array::from_fn(|a| Margin::of(sample.iter().map(|record| record[a]).collect()));
        let pairs: Vec<(usize, usize)> = (0..ATTRIBUTES)
            .flat_map(|a| (0..a).map(move |b| (a, b)))
            .collect();
        let fitted: Vec<f64> = pairs
            .par_iter()
            .map(|&(a, b)| {
                let box_of = |record: &Record| {
                    (margins[a].stretch(record[a]), margins[b].stretch(record[b]))
                };
                likeliest(&sample.iter().map(box_of).collect::<Vec<_>>())
            })
            .collect();
        // Correlations fitted pair by pair may fit no distribution together: then all are weakened alike.
        let mut less = 1e-5;
        let root = loop {
            let mut matrix = [[0.0; ATTRIBUTES]; ATTRIBUTES];
            for (&(a, b), r) in pairs.iter().zip(&fitted) {
                matrix[a][b] = r * (1.0 - less);
            }
            if let Some(root) = root_of(&matrix) {
                break root;
            }
            less = f64::min(less * 1.5, 1.0);
        };
        Self { margins, root }
    }

    /// The share of people who have this record, by the method of Genz (1992): one attribute after the
    /// other, each given the ones before, averaged over evenly spread points.
    pub(super) fn share(&self, record: &Record) -> f64 {
        let stretches: [Stretch; ATTRIBUTES] =
            std::array::from_fn(|a| self.margins[a].stretch(record[a]));
        let mut sum = 0.0;
        for point in 1..=POINTS {
            let (mut share, mut place) = (1.0, [0.0; ATTRIBUTES]);
            for (a, &(from, until)) in stretches.iter().enumerate() {
                let given: f64 = (0..a).map(|b| self.root[a][b] * place[b]).sum();
                let own = self.root[a][a];
                let (low, high) = (cdf((from - given) / own), cdf((until - given) / own));
                share *= high - low;
                if share <= 0.0 {
                    break;
                }
                // Multiples of square roots of primes spread evenly (Richtmyer 1951).
                let spread = (f64::from(point) * ROOTS[a]).fract();
                place[a] = quantile(low + spread * (high - low)).clamp(-9.0, 9.0);
            }
            sum += share;
        }
        sum / f64::from(POINTS)
    }
}

/// Square roots of the first primes.
const ROOTS: [f64; ATTRIBUTES] = [
    std::f64::consts::SQRT_2,
    1.732_050_807_568_877_2,
    2.236_067_977_499_79,
    2.645_751_311_064_590_7,
    3.316_624_790_355_4,
    3.605_551_275_463_989,
];

/// The likeliest correlation of boxes on the plane: a search by thirds, for the likelihood has one top.
/// None where the sample does not speak for any, as with an attribute that is the same for everybody.
fn likeliest(boxes: &[(Stretch, Stretch)]) -> f64 {
    let likelihood = |r: f64| -> f64 {
        let each = boxes
            .iter()
            .map(|&((a, b), (c, d))| cdf2(b, d, r) - cdf2(a, d, r) - cdf2(b, c, r) + cdf2(a, c, r));
        each.map(|share| share.max(1e-12).ln()).sum()
    };
    // On Fisher's scale, where strong correlations are as far apart as weak ones.
    let (mut low, mut high) = (-STRONGEST.atanh(), STRONGEST.atanh());
    for _ in 0..STEPS {
        let third = (high - low) / 3.0;
        if likelihood((low + third).tanh()) < likelihood((high - third).tanh()) {
            low += third;
        } else {
            high -= third;
        }
    }
    let r = f64::midpoint(low, high).tanh();
    if likelihood(r) > likelihood(0.0) + LEAST_GAIN {
        r
    } else {
        0.0
    }
}

/// Cholesky's root of a matrix given by what is under its diagonal of ones; `None` where it has none.
fn root_of(matrix: &[[f64; ATTRIBUTES]; ATTRIBUTES]) -> Option<[[f64; ATTRIBUTES]; ATTRIBUTES]> {
    let mut root = [[0.0_f64; ATTRIBUTES]; ATTRIBUTES];
    for a in 0..ATTRIBUTES {
        for b in 0..a {
            let sum: f64 = (0..b).map(|c| root[a][c] * root[b][c]).sum();
            root[a][b] = (matrix[a][b] - sum) / root[b][b];
        }
        let left = 1.0 - (0..a).map(|c| root[a][c] * root[a][c]).sum::<f64>();
        if left < 1e-5 {
            return None;
        }
        root[a][a] = left.sqrt();
    }
    Some(root)
}

/// Odds that nobody else of `people` has a record that a share `p` of people have.
pub(super) fn uniqueness(p: f64, people: f64) -> f64 {
    (people - 1.0).mul_add((-p).ln_1p(), 0.0).exp()
}

/// Odds that the one row found with a record is the right person's: the mean of 1 / (people who have it).
pub(super) fn correctness(p: f64, people: f64) -> f64 {
    if p <= 0.0 {
        return 1.0;
    }
    -(people * (-p).ln_1p()).exp_m1() / (people * p)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_published_example_is_met() {
        // README of the authors' program: n = 1000, xi = .39546, kappa = .6521 by numerical integration.
        let p = 1.0 - 0.39546_f64.powf(1.0 / 999.0);
        assert!((uniqueness(p, 1000.0) - 0.39546).abs() < 1e-9);
        assert!((correctness(p, 1000.0) - 0.6517).abs() < 5e-5);
        assert_eq!(correctness(0.0, 1000.0), 1.0);
        assert!((correctness(1.0, 1000.0) - 0.001).abs() < 1e-12);
    }

    /// Records of a known Gaussian copula: two attributes go together, the others do not.
    fn sample(records: usize, seed: u64) -> Vec<Record> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut normal = || quantile(rng.random_range(1e-9..1.0));
        let mut record = |()| {
            let z: [f64; ATTRIBUTES] = std::array::from_fn(|_| normal());
            let with = 0.8 * z[0] + 0.6 * z[1];
            let class = |z: f64, classes: f64| (cdf(z) * classes) as u32;
            [
                class(z[0], 10.0),
                class(with, 5.0),
                class(z[2], 4.0),
                class(z[3], 3.0),
                class(z[4], 2.0),
                7,
            ]
        };
        (0..records).map(|_| record(())).collect()
    }

    #[test]
    fn a_known_copula_is_found_again() {
        let model = Model::fit(&sample(2000, 1));
        // Correlation of the first two, from the root.
        assert!((model.root[1][0] - 0.8).abs() < 0.03, "{:?}", model.root);
        assert!(model.root[3][2].abs() < 0.08, "{:?}", model.root);
        // Shares of records among many others, counted one by one.
        let many = sample(200_000, 2);
        // The last attribute is the same for all.
        for record in [
            [0, 0, 0, 0, 0, 7],
            [9, 4, 1, 1, 1, 7],
            [4, 2, 2, 2, 0, 7],
            [0, 4, 0, 0, 0, 7],
        ] {
            let counted = many.iter().filter(|&&other| other == record).count() as f64 / 200_000.0;
            let share = model.share(&record);
            assert!(
                (share - counted).abs() < 0.2 * counted + 3e-5,
                "{record:?}: {share} {counted}"
            );
        }
        let all: f64 = (0..10)
            .flat_map(|a| (0..5).map(move |b| (a, b)))
            .map(|(a, b)| {
                let each = |i: u32| model.share(&[a, b, i / 6, i / 2 % 3, i % 2, 7]);
                (0..24).map(each).sum::<f64>()
            })
            .sum();
        assert!((all - 1.0).abs() < 0.01, "{all}");
    }
}
