use erewhon_types::{Approximate, Epsilon, Error, Result, Rho};

use crate::rho_within;

/// A query as the choice of noise sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ask {
    /// How much the variance of one of its entries matters, times the number of entries.
    pub weight: f64,
    /// How far one subscriber moves it in L1, in people.
    pub l1_people: f64,
    /// How far one subscriber moves it in L2, in people.
    pub l2_people: f64,
}

/// A budget split over queries, and the sum of weight times variance that it leads to.
#[derive(Clone, Debug, PartialEq)]
pub struct Split<L> {
    /// What each query gets, in the order they were asked.
    pub losses: Vec<L>,
    /// Weighted variance of one entry, summed over the queries, in people squared.
    pub variance: f64,
}

/// The best split under either noise.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Discrete Laplace noise under pure epsilon; it leaves delta unspent.
    pub laplace: Split<Epsilon>,
    /// Discrete Gaussian noise under the largest rho within epsilon and delta.
    pub gaussian: Split<Rho>,
}

impl Choice {
    /// Splits a total so that each noise errs least.
    ///
    /// Shares are those that are best for the continuous twins of the noise: a query's variance is
    /// 2 (l1 / epsilon)^2 or l2^2 / (2 rho), so its share goes with (weight l1^2)^(1/3) or with
    /// weight^(1/2) l2 (Lagrange). The discrete noise never varies more, and hardly less where its
    /// scale is a unit of the table or more.
    ///
    /// # Errors
    /// Internal, when nothing is asked, or a number is not positive and finite; usage, when the total
    /// is too small to split.
    pub fn between(asks: &[Ask], total: Approximate) -> Result<Self> {
        for Ask {
            weight,
            l1_people,
            l2_people,
        } in asks
        {
            if ![weight, l1_people, l2_people]
                .into_iter()
                .all(|number| number.is_normal() && *number > 0.0)
            {
                return Err(Error::internal(format!(
                    "a query of weight {weight} moves by {l1_people} and {l2_people} people; each \
                     must be positive"
                )));
            }
        }
        let by_laplace = |ask: &Ask| (ask.weight * ask.l1_people.powi(2)).cbrt();
        let by_gaussian = |ask: &Ask| ask.weight.sqrt() * ask.l2_people;
        let epsilons = total.epsilon.split(&in_whole_numbers(asks, by_laplace))?;
        let rhos = rho_within(total)?.split(&in_whole_numbers(asks, by_gaussian))?;
        Ok(Self {
            laplace: Split::new(asks, epsilons, |ask, epsilon| {
                2.0 * (ask.l1_people / epsilon.value()).powi(2)
            }),
            gaussian: Split::new(asks, rhos, |ask, rho| {
                ask.l2_people.powi(2) / (2.0 * rho.value())
            }),
        })
    }

    /// Whether Gaussian noise errs less; where both err alike, Laplace needs no delta.
    pub fn prefers_gaussian(&self) -> bool {
        self.gaussian.variance < self.laplace.variance
    }
}

impl<L> Split<L> {
    fn new(asks: &[Ask], losses: Vec<L>, variance: impl Fn(&Ask, &L) -> f64) -> Self {
        let each = asks.iter().zip(&losses);
        let variance = each
            .map(|(ask, loss)| ask.weight * variance(ask, loss))
            .sum();
        Self { losses, variance }
    }
}

/// Shares as whole numbers, the largest near 2^40: finer than a budget is counted in.
fn in_whole_numbers(asks: &[Ask], share: impl Fn(&Ask) -> f64) -> Vec<u64> {
    let largest = asks.iter().map(&share).fold(0.0, f64::max);
    let whole = |ask| (share(ask) / largest * (1_u64 << 40) as f64).round() as u64;
    asks.iter().map(whole).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn total(epsilon: &str) -> Approximate {
        let (epsilon, delta) = (epsilon.parse().unwrap(), "1e-6".parse().unwrap());
        Approximate { epsilon, delta }
    }

    fn one_hot(queries: usize) -> Choice {
        let ask = Ask {
            weight: 1.0,
            l1_people: 1.0,
            l2_people: 1.0,
        };
        Choice::between(&vec![ask; queries], total("1")).unwrap()
    }

    #[test]
    fn gaussian_noise_pays_from_eleven_one_hot_queries_at_epsilon_one() {
        for queries in 1..30 {
            assert_eq!(
                one_hot(queries).prefers_gaussian(),
                queries >= 11,
                "{queries}"
            );
        }
    }

    /// With k equal one-hot queries Laplace errs k / break-even times as much as Gaussian.
    #[test]
    fn the_break_even_is_where_it_was_computed() {
        let ask = Ask {
            weight: 3.0,
            l1_people: 1.0,
            l2_people: 1.0,
        };
        for (epsilon, expected) in [("0.5", 9.4), ("1", 10.3), ("2", 11.3), ("4", 12.9)] {
            for queries in [1_u32, 8, 40] {
                let asks = vec![ask; queries as usize];
                let choice = Choice::between(&asks, total(epsilon)).unwrap();
                let ratio = choice.laplace.variance / choice.gaussian.variance;
                let break_even = f64::from(queries) / ratio;
                assert!(
                    (break_even - expected).abs() < 0.05,
                    "{epsilon}: {break_even}"
                );
            }
        }
    }

    /// One subscriber over sixteen entries at a quarter of a person each: as far in L1 as sixteen
    /// quarters, as far in L2 as one.
    #[test]
    fn a_spread_subscriber_is_worth_gaussian_noise_at_once() {
        let ask = Ask {
            weight: 1.0,
            l1_people: 4.0,
            l2_people: 1.0,
        };
        assert!(
            Choice::between(&[ask], total("1"))
                .unwrap()
                .prefers_gaussian()
        );
        assert!(!one_hot(1).prefers_gaussian());
    }

    #[test]
    fn what_is_no_query_is_refused() {
        let ask = Ask {
            weight: 1.0,
            l1_people: 1.0,
            l2_people: f64::NAN,
        };
        assert!(Choice::between(&[ask], total("1")).is_err());
        assert!(Choice::between(&[], total("1")).is_err());
    }

    fn ask() -> impl Strategy<Value = Ask> {
        (0.01..100.0, 0.1..10.0, 0.1..1.0).prop_map(|(weight, l1_people, flatness)| Ask {
            weight,
            l1_people,
            l2_people: l1_people * flatness,
        })
    }

    proptest! {
        #[test]
        fn no_other_split_errs_less(
            asks in prop::collection::vec(ask(), 1..6),
            others in prop::collection::vec(0.01..1.0, 6),
        ) {
            let choice = Choice::between(&asks, total("1")).unwrap();
            let spent: u64 = choice.laplace.losses.iter().map(|e| e.micros()).sum();
            prop_assert_eq!(spent, 1_000_000);
            let rho = rho_within(total("1")).unwrap();
            let spent: u64 = choice.gaussian.losses.iter().map(|r| r.nanos()).sum();
            prop_assert_eq!(spent, rho.nanos());

            let sum: f64 = others.iter().take(asks.len()).sum();
            let (mut laplace, mut gaussian) = (0.0, 0.0);
            for (ask, other) in asks.iter().zip(&others) {
                let share = other / sum;
                laplace += ask.weight * 2.0 * (ask.l1_people / share).powi(2);
                gaussian += ask.weight * ask.l2_people.powi(2) / (2.0 * rho.value() * share);
            }
            prop_assert!(choice.laplace.variance <= laplace * 1.001);
            prop_assert!(choice.gaussian.variance <= gaussian * 1.001);
        }
    }
}
