/// A sum of shares of devices or nights, the same in whatever order they are added: whole numbers of 2⁻⁶⁴.
///
/// A share from 2⁻¹¹ up is kept as it is, a smaller one to within 2⁻⁶⁵; sums of numbers of double precision would
/// depend on which worker saw whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShareSum(u128);

/// 2⁶⁴.
const UNIT: f64 = 18_446_744_073_709_551_616.0;

impl ShareSum {
    /// Adds a share; what is negative or no number adds nothing.
    pub fn add(&mut self, share: f64) {
        // A cast saturates, and makes 0 of what is negative or no number.
        self.0 = self.0.saturating_add((share * UNIT).round() as u128);
    }

    /// Adds what another worker has.
    pub const fn merge(&mut self, other: Self) {
        self.0 = self.0.saturating_add(other.0);
    }

    /// The sum, to double precision.
    pub fn get(self) -> f64 {
        self.0 as f64 / UNIT
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_sum_does_not_depend_on_order_or_grouping(
            shares in proptest::collection::vec(0.0_f64..1.0, 1..40),
            cut in 0_usize..40,
        ) {
            let sum = |shares: &[f64]| {
                let mut sum = ShareSum::default();
                shares.iter().for_each(|share| sum.add(*share));
                sum
            };
            let (first, second) = shares.split_at(cut.min(shares.len()));
            let mut turned = sum(second);
            turned.merge(sum(first));
            prop_assert_eq!(turned, sum(&shares));
            let slow: f64 = shares.iter().sum();
            prop_assert!((turned.get() - slow).abs() < 1e-12);
        }
    }

    #[test]
    fn thirds_make_a_whole_and_no_number_makes_nothing() {
        let mut sum = ShareSum::default();
        (0..3).for_each(|_| sum.add(1.0 / 3.0));
        assert!((sum.get() - 1.0).abs() < 1e-15);
        let before = sum;
        [f64::NAN, -1.0].into_iter().for_each(|bad| sum.add(bad));
        assert_eq!(sum, before);
    }
}
