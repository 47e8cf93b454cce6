use erewhon_dp::{Accumulator, Bounded, Charge, Private, Query};
use erewhon_fit::Measure;
use erewhon_ledger::Purse;
use erewhon_types::{Error, Loss, Result};

/// Has the whole release charged at the first question, pays each from that purse, clips, and adds
/// the noise of the measure that was paid in.
///
/// Whoever asks has read the records by then: a run that is stopped while it reads has spent nothing.
pub(crate) struct PrivateMeasure<'a> {
    charge: Option<ChargeAll<'a>>,
    purse: Option<Purse>,
}

type ChargeAll<'a> = Box<dyn FnOnce() -> Result<Purse> + 'a>;

impl<'a> PrivateMeasure<'a> {
    /// `charge` is called once, before the first sum.
    pub(crate) fn new(charge: impl FnOnce() -> Result<Purse> + 'a) -> Self {
        Self {
            charge: Some(Box::new(charge)),
            purse: None,
        }
    }

    fn purse(&mut self) -> Result<&mut Purse> {
        if let Some(charge) = self.charge.take() {
            self.purse = Some(charge()?);
        }
        self.purse
            .as_mut()
            .ok_or_else(|| Error::internal("a release whose charge was refused was asked again"))
    }
}

impl Measure for PrivateMeasure<'_> {
    fn measure(
        &mut self,
        query: &Query,
        loss: Loss,
        contributions: &mut dyn Iterator<Item = Vec<(u32, u32)>>,
    ) -> Result<Private<Vec<i64>, Loss>> {
        let sum = || {
            let mut sums = Accumulator::new(query.clone());
            for contribution in contributions {
                sums.add(&contribution);
            }
            sums.finish()
        };
        answer(self.purse()?, query, loss, sum)
    }
}

/// Pays for a query from a purse, sums, and adds the noise of the measure that was paid in.
pub(crate) fn answer(
    purse: &mut Purse,
    query: &Query,
    loss: Loss,
    sum: impl FnOnce() -> Bounded,
) -> Result<Private<Vec<i64>, Loss>> {
    match loss {
        Loss::Epsilon(epsilon) => {
            let charge = Charge::mint(purse.pay(query.digest(), epsilon)?);
            sum().release(charge).map(Private::into)
        }
        Loss::Rho(rho) => {
            let charge = Charge::mint(purse.pay(query.digest(), rho)?);
            sum().release_gaussian(charge).map(Private::into)
        }
    }
}

#[cfg(test)]
mod tests {
    use erewhon_ledger::{ChargeRequest, Ledger};
    use erewhon_types::{Epsilon, Kind, Rho, Window};

    use super::*;

    /// At epsilon 100 a bound of one has noise in one table of 10^43.
    #[test]
    fn each_vector_is_clipped_and_added_once_and_paid_for() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("ledger");
        std::fs::create_dir(&home).unwrap();
        let (file, anchors) = (home.join("budget"), dir.path().join("anchors"));
        let epsilon: Epsilon = "100".parse().unwrap();
        let mut ledger = Ledger::create(&file, &anchors, "p", (epsilon, None), "steward").unwrap();
        let request = ChargeRequest {
            release: "spring".to_owned(),
            query_name: "all".to_owned(),
            query_digest: [0; 32],
            epsilon,
            who: "analyst".to_owned(),
            purpose: "statistics".to_owned(),
            window: Window::parse("2026-03-02", 7, "UTC").unwrap(),
        };
        let mut measure = PrivateMeasure::new(|| ledger.fill_purse(&request));
        let query = Query::new("places", 2, 1, 1).unwrap();
        let mut ask = |loss| {
            let mut people = [vec![(0, 1)], vec![(1, 1)], vec![(1, 7)]].into_iter();
            measure.measure(&query, loss, &mut people)
        };
        // Nor does a purse in epsilon pay for noise that is charged in rho.
        let other = ask(Rho::from_nanos(1).unwrap().into());
        assert_eq!(other.unwrap_err().kind(), Kind::Budget);
        assert_eq!(ask(epsilon.into()).unwrap().into_value(), [1, 2]);
        let unpaid = ask(Epsilon::from_micros(1).unwrap().into());
        assert_eq!(unpaid.unwrap_err().kind(), Kind::Budget);
    }

    #[test]
    fn a_charge_that_was_refused_answers_nothing() {
        let refused = || Err(Error::new(Kind::Budget, "spent"));
        let mut measure = PrivateMeasure::new(refused);
        let query = Query::new("places", 2, 1, 1).unwrap();
        for kind in [Kind::Budget, Kind::Internal] {
            let mut never = std::iter::from_fn(|| panic!("summed before it was paid for"));
            let asked = measure.measure(&query, "1".parse::<Epsilon>().unwrap().into(), &mut never);
            assert_eq!(asked.unwrap_err().kind(), kind);
        }
    }
}
