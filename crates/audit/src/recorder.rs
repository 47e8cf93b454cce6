use erewhon_dp::{Private, Query};
use erewhon_fit::Measure;
use erewhon_types::{Error, Loss, Result};

/// Passes on the answers of a measure, or gives them once more, and keeps the exact tables.
///
/// Proof: recorder.proof.md
pub(crate) struct Recorder<'a> {
    from: From<'a>,
    pub(crate) given: Vec<Private<Vec<i64>, Loss>>,
    pub(crate) asked: Vec<(Query, Loss)>,
    /// The exact table of each question, as handed over: nothing is clipped.
    pub(crate) sums: Vec<Vec<i64>>,
}

enum From<'a> {
    Measure(Box<dyn Measure + 'a>),
    Answers(Vec<Private<Vec<i64>, Loss>>),
}

impl<'a> Recorder<'a> {
    pub(crate) fn of(measure: Box<dyn Measure + 'a>) -> Self {
        Self::new(From::Measure(measure))
    }

    /// The same answers, whoever the people are.
    pub(crate) fn again(&self) -> Recorder<'static> {
        Recorder::new(From::Answers(self.given.clone()))
    }

    fn new(from: From<'a>) -> Self {
        Self {
            from,
            given: Vec::new(),
            asked: Vec::new(),
            sums: Vec::new(),
        }
    }
}

impl Measure for Recorder<'_> {
    fn measure(
        &mut self,
        query: &Query,
        loss: Loss,
        contributions: &mut dyn Iterator<Item = Vec<(u32, u32)>>,
    ) -> Result<Private<Vec<i64>, Loss>> {
        let vectors: Vec<_> = contributions.collect();
        let mut sums = vec![0; query.entries()];
        for &(entry, units) in vectors.iter().flatten() {
            if let Some(sum) = sums.get_mut(entry as usize) {
                *sum += i64::from(units);
            }
        }
        let number = self.asked.len();
        self.asked.push((query.clone(), loss));
        self.sums.push(sums);
        let answer = match &mut self.from {
            From::Measure(measure) => measure.measure(query, loss, &mut vectors.into_iter())?,
            From::Answers(answers) => answers
                .get(number)
                .filter(|answer| answer.query() == query && answer.loss() == loss)
                .cloned()
                .ok_or_else(|| Error::internal("the neighbour asks another question"))?,
        };
        self.given.push(answer.clone());
        Ok(answer)
    }
}
