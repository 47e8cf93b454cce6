use erewhon_dp::{Private, Query};
use erewhon_fit::Measure;
use erewhon_types::{Epsilon, Result};

use crate::faults::honest;

/// Gives a fit the noisy answers of another, and keeps what was asked and what subscribers added.
///
/// Two sources that get the same answers must lead to the same questions and the same model: what
/// differs then went past the measure, so nobody paid for it.
pub struct Replay {
    answers: Vec<Private<Vec<i64>>>,
    given: Vec<Private<Vec<i64>>>,
    asked: Vec<(Query, Epsilon)>,
    contributions: Vec<Vec<Vec<(u32, u32)>>>,
}

impl Replay {
    /// Draws noise, at no charge.
    pub const fn record() -> Self {
        Self {
            answers: Vec::new(),
            given: Vec::new(),
            asked: Vec::new(),
            contributions: Vec::new(),
        }
    }

    /// Gives the answers that this one gave, once more.
    #[must_use]
    pub fn again(&self) -> Self {
        Self {
            answers: self.given.clone(),
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
    ) -> Result<Private<Vec<i64>>> {
        let vectors: Vec<_> = contributions.collect();
        let known = self.answers.get(self.asked.len());
        let answer = match known.filter(|a| a.query() == query && a.epsilon() == epsilon) {
            Some(answer) => answer.clone(),
            // In a replay, a question of another shape is a finding; it still gets an answer.
            None => honest(query, epsilon, &vectors)?,
        };
        self.asked.push((query.clone(), epsilon));
        self.contributions.push(vectors);
        self.given.push(answer.clone());
        Ok(answer)
    }
}
