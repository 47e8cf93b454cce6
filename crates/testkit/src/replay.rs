use erewhon_dp::{Private, Query};
use erewhon_fit::Measure;
use erewhon_types::{Loss, Result};

use crate::faults::honest_in;

/// Gives a fit the noisy answers of another, and keeps what was asked and what subscribers added.
///
/// Two sources that get the same answers must lead to the same questions and the same model: what
/// differs then went past the measure, so nobody paid for it.
pub struct Replay {
    answers: Vec<Private<Vec<i64>, Loss>>,
    given: Vec<Private<Vec<i64>, Loss>>,
    asked: Vec<(Query, Loss)>,
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
    pub fn asked(&self) -> &[(Query, Loss)] {
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
        loss: Loss,
        contributions: &mut dyn Iterator<Item = Vec<(u32, u32)>>,
    ) -> Result<Private<Vec<i64>, Loss>> {
        let vectors: Vec<_> = contributions.collect();
        let known = self.answers.get(self.asked.len());
        let answer = match known.filter(|a| a.query() == query && a.loss() == loss) {
            Some(answer) => answer.clone(),
            // In a replay, a question of another shape is a finding; it still gets an answer.
            None => honest_in(query, loss, &vectors)?,
        };
        self.asked.push((query.clone(), loss));
        self.contributions.push(vectors);
        self.given.push(answer.clone());
        Ok(answer)
    }
}
