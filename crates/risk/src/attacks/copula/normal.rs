//! The normal distribution in one and two dimensions.

/// P(X <= x) to 15 digits: the rational approximation of Hart and others (1968, 5666) as given by West
/// (2005), a continued fraction in the tail.
pub(super) fn cdf(x: f64) -> f64 {
    let far = x.abs();
    let tail = if far > 37.0 {
        0.0
    } else {
        let bell = (-far * far / 2.0).exp();
        if far < 7.071_067_811_865_47 {
            let above = [
                3.526_249_659_989_11e-2,
                0.700_383_064_443_688,
                6.373_962_203_531_65,
                33.912_866_078_383,
                112.079_291_497_871,
                221.213_596_169_931,
                220.206_867_912_376,
            ];
            let below = [
                8.838_834_764_831_84e-2,
                1.755_667_163_182_64,
                16.064_177_579_207,
                86.780_732_202_946_1,
                296.564_248_779_674,
                637.333_633_378_831,
                793.826_512_519_948,
                440.413_735_824_752,
            ];
            bell * polynomial(&above, far) / polynomial(&below, far)
        } else {
            let fraction = [4.0, 3.0, 2.0, 1.0];
            let down = fraction
                .iter()
                .fold(far + 0.65, |down, part| far + part / down);
            bell / down / SQRT_2_PI
        }
    };
    if x > 0.0 { 1.0 - tail } else { tail }
}

const SQRT_2_PI: f64 = 2.506_628_274_631_000_5;

/// Coefficients from the highest power down.
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().fold(0.0, |sum, c| sum * x + c)
}

/// The x of P(X <= x) = p: Acklam's approximation (2003) and one step of Halley's method.
pub(super) fn quantile(p: f64) -> f64 {
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    let tail = p.min(1.0 - p);
    let rough = if tail < 0.024_25 {
        let q = (-2.0 * tail.ln()).sqrt();
        let above = [
            -7.784_894_002_430_293e-3,
            -0.322_396_458_041_136_5,
            -2.400_758_277_161_838,
            -2.549_732_539_343_734,
            4.374_664_141_464_968,
            2.938_163_982_698_783,
        ];
        let below = [
            7.784_695_709_041_462e-3,
            0.322_467_129_070_039_8,
            2.445_134_137_142_996,
            3.754_408_661_907_416,
            1.0,
        ];
        let x = polynomial(&above, q) / polynomial(&below, q);
        if p < 0.5 { x } else { -x }
    } else {
        let q = p - 0.5;
        let above = [
            -39.696_830_286_653_76,
            220.946_098_424_520_5,
            -275.928_510_446_968_7,
            138.357_751_867_269,
            -30.664_798_066_147_16,
            2.506_628_277_459_239,
        ];
        let below = [
            -54.476_098_798_224_06,
            161.585_836_858_040_9,
            -155.698_979_859_886_6,
            66.801_311_887_719_72,
            -13.280_681_552_885_72,
            1.0,
        ];
        q * polynomial(&above, q * q) / polynomial(&below, q * q)
    };
    let error = (cdf(rough) - p) * SQRT_2_PI * (rough * rough / 2.0).exp();
    rough - error / (1.0 + rough * error / 2.0)
}

/// Half of the nodes and weights of Gauss and Legendre's rule with 12 points on -1 to 1.
const NODES: [(f64, f64); 6] = [
    (0.125_233_408_511_468_9, 0.249_147_045_813_402_8),
    (0.367_831_498_998_180_2, 0.233_492_536_538_354_8),
    (0.587_317_954_286_617_4, 0.203_167_426_723_065_9),
    (0.769_902_674_194_304_7, 0.160_078_328_543_346_2),
    (0.904_117_256_370_474_9, 0.106_939_325_995_318_4),
    (0.981_560_634_246_719_3, 0.047_175_336_386_511_8),
];

/// P(X <= h, Y <= k) for a correlation r, -1 < r < 1.
///
/// Sheppard's identity in the form of Drezner and Wesolowsky (1990): P(X <= h) P(Y <= k) and an integral
/// over the angle from 0 to arcsin r. Near |r| = 1 its integrand changes fast where the cosine of the
/// angle is small, so the angle is cut where that cosine has halved (Genz 2004 treats this end apart).
pub(super) fn cdf2(h: f64, k: f64, r: f64) -> f64 {
    if h == f64::NEG_INFINITY || k == f64::NEG_INFINITY {
        return 0.0;
    }
    if h == f64::INFINITY {
        return cdf(k);
    }
    if k == f64::INFINITY {
        return cdf(h);
    }
    let (squares, product) = ((h * h + k * k) / 2.0, h * k);
    let bell = |angle: f64| {
        let (sine, cosine) = angle.sin_cos();
        ((sine * product - squares) / (cosine * cosine)).exp()
    };
    let end = r.asin();
    let (mut from, mut sum) = (0.0_f64, 0.0);
    while from != end {
        let half_cosine = (from.abs().cos() / 2.0).acos().copysign(end);
        let until = if half_cosine.abs() < end.abs() {
            half_cosine
        } else {
            end
        };
        let (middle, half) = ((from + until) / 2.0, (until - from) / 2.0);
        let pair =
            |(node, weight)| weight * (bell(middle + half * node) + bell(middle - half * node));
        sum += half * NODES.into_iter().map(pair).sum::<f64>();
        from = until;
    }
    (cdf(h) * cdf(k) + sum / (2.0 * std::f64::consts::PI)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Marsaglia's series (2004), slow and obvious.
    fn series(x: f64) -> f64 {
        let (mut term, mut sum, mut i) = (x, x, 1.0);
        while sum + term != sum {
            i += 2.0;
            term *= x * x / i;
            sum += term;
        }
        0.5 + sum * (-x * x / 2.0).exp() / SQRT_2_PI
    }

    #[test]
    fn one_dimension_agrees_with_the_series_and_its_inverse() {
        for step in -50..=50 {
            let x = f64::from(step) / 10.0;
            assert!((cdf(x) - series(x)).abs() < 1e-14, "{x}");
            assert!((quantile(cdf(x)) - x).abs() < 1e-8, "{x}");
        }
        // Abramowitz and Stegun, tables 26.1 and 26.2.
        assert!((cdf(1.96) - 0.975_002_104_851_780).abs() < 1e-14);
        assert!((cdf(-8.0) / 6.220_960_574_271_785e-16 - 1.0).abs() < 1e-6);
        assert_eq!(
            (quantile(0.0), quantile(1.0)),
            (f64::NEG_INFINITY, f64::INFINITY)
        );
    }

    #[test]
    fn two_dimensions_meet_what_is_known() {
        // At the middle the quadrant is 1/4 + arcsin(r) / 2 pi, for every r.
        for r in [-0.999, -0.95, -0.5, 0.0, 0.3, 0.7, 0.93, 0.99, 0.9999] {
            let known = 0.25 + f64::asin(r) / (2.0 * std::f64::consts::PI);
            assert!((cdf2(0.0, 0.0, r) - known).abs() < 1e-12, "{r}");
        }
        // Independent: the product. Far out: one dimension. Near 1: the smaller.
        assert!((cdf2(0.4, -1.2, 0.0) - cdf(0.4) * cdf(-1.2)).abs() < 1e-15);
        assert!((cdf2(9.0, -1.2, 0.6) - cdf(-1.2)).abs() < 1e-14);
        assert!((cdf2(0.4, -1.2, 0.999_999) - cdf(-1.2)).abs() < 1e-12);
        assert!((cdf2(0.4, 1.2, -0.999_999) - (cdf(0.4) + cdf(1.2) - 1.0)).abs() < 1e-12);
    }

    /// Simpson's rule over the first variable, slow and obvious.
    #[test]
    fn two_dimensions_agree_with_an_integral_over_one() {
        let slow = |h: f64, k: f64, r: f64| {
            let (steps, from) = (40_000, -9.0_f64);
            let width = (h - from) / f64::from(steps);
            let at = |step: i32| {
                let x = from + f64::from(step) * width;
                let rest = (1.0 - r * r).sqrt();
                (-x * x / 2.0).exp() / SQRT_2_PI * cdf((k - r * x) / rest)
            };
            let weight = |step: i32| match step {
                0 => 1.0,
                step if step == steps => 1.0,
                step => f64::from(2 + step % 2 * 2),
            };
            (0..=steps).map(|step| weight(step) * at(step)).sum::<f64>() * width / 3.0
        };
        for r in [-0.99, -0.6, 0.2, 0.5, 0.9, 0.98] {
            for (h, k) in [(0.3, 0.3), (-1.0, 0.5), (1.5, -2.0), (-2.2, -2.0)] {
                let (fast, slow) = (cdf2(h, k, r), slow(h, k, r));
                assert!((fast - slow).abs() < 1e-9, "{h} {k} {r}: {fast} {slow}");
            }
        }
    }
}
