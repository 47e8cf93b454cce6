use erewhon_dp::Query;
use erewhon_fit::{Measure, Noise};
use erewhon_types::{Epsilon, Result};

/// Answers a fit from a list, and keeps what was asked and what subscribers would have added.
///
/// Two sources that get the same answers must lead to the same questions and the same model: what
/// differs then went past the measure, so nobody paid for it. The answers it makes up stand for
/// noisy ones and protect nobody.
pub struct Replay {
    answers: Option<Vec<Vec<i64>>>,
    given: Vec<Vec<i64>>,
    asked: Vec<(Query, Epsilon)>,
    contributions: Vec<Vec<Vec<(u32, u32)>>>,
}

impl Replay {
    /// Makes answers up: sums that are off by a few people, the same way every time.
    pub const fn record() -> Self {
        Self {
            answers: None,
            given: Vec::new(),
            asked: Vec::new(),
            contributions: Vec::new(),
        }
    }

    /// Gives the answers that this one gave, once more.
    #[must_use]
    pub fn again(&self) -> Self {
        Self {
            answers: Some(self.given.clone()),
            ..Self::record()
        }
    }

    /// Every question so far, in order.
    pub fn asked(&self) -> &[(Query, Epsilon)] {
        &self.asked
    }

    /// The vectors that were handed over for each question.
    pub fn contributions(&self) -> &[Vec<Vec<(u32, u32)>>] {
        &self.contributions
    }

    /// The exact tables of each question.
    pub fn sums(&self) -> Vec<Vec<i64>> {
        let all = self.asked.iter().zip(&self.contributions);
        all.map(|((query, _), vectors)| sum(query, vectors))
            .collect()
    }
}

fn sum(query: &Query, vectors: &[Vec<(u32, u32)>]) -> Vec<i64> {
    let mut sums = vec![0; query.entries()];
    for &(entry, units) in vectors.iter().flatten() {
        sums[entry as usize] += i64::from(units);
    }
    sums
}

impl Measure for Replay {
    fn measure(
        &mut self,
        query: &Query,
        epsilon: Epsilon,
        contributions: &mut dyn Iterator<Item = Vec<(u32, u32)>>,
    ) -> Result<Vec<i64>> {
        let vectors: Vec<_> = contributions.collect();
        let unit = i64::from(query.units_per_person());
        let answer = match &self.answers {
            // A question of another shape is a finding; it still gets an answer of its shape.
            Some(answers) => {
                let known = answers.get(self.asked.len()).cloned().unwrap_or_default();
                known
                    .into_iter()
                    .chain(std::iter::repeat(0))
                    .take(query.entries())
                    .collect()
            }
            None => (0..)
                .zip(sum(query, &vectors))
                .map(|(entry, exact)| exact + (entry * 7 % 5 - 2) * unit)
                .collect::<Vec<_>>(),
        };
        self.asked.push((query.clone(), epsilon));
        self.contributions.push(vectors);
        self.given.push(answer.clone());
        Ok(answer)
    }

    fn noise(&self) -> Noise {
        Noise::DiscreteLaplace
    }
}
