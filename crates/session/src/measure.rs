use erewhon_dp::{Accumulator, Charge, Private, Query};
use erewhon_fit::Measure;
use erewhon_ledger::Purse;
use erewhon_types::{Epsilon, Result};

/// Pays from a release's purse, clips, and adds noise.
pub(crate) struct PrivateMeasure {
    purse: Purse,
}

impl PrivateMeasure {
    pub(crate) const fn new(purse: Purse) -> Self {
        Self { purse }
    }
}

impl Measure for PrivateMeasure {
    fn measure(
        &mut self,
        query: &Query,
        epsilon: Epsilon,
        contributions: &mut dyn Iterator<Item = Vec<(u32, u32)>>,
    ) -> Result<Private<Vec<i64>>> {
        let charge = Charge::mint(self.purse.pay(query.digest(), epsilon)?);
        let mut sums = Accumulator::new(query.clone());
        for contribution in contributions {
            sums.add(&contribution);
        }
        sums.finish().release(charge)
    }
}

#[cfg(test)]
mod tests {
    use erewhon_ledger::{ChargeRequest, Ledger};
    use erewhon_types::{Kind, Window};

    use super::*;

    /// At epsilon 100 a bound of one has noise in one table of 10^43.
    #[test]
    fn each_vector_is_clipped_and_added_once_and_paid_for() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("ledger");
        std::fs::create_dir(&home).unwrap();
        let (file, anchors) = (home.join("budget"), dir.path().join("anchors"));
        let epsilon: Epsilon = "100".parse().unwrap();
        let mut ledger = Ledger::create(&file, &anchors, "p", epsilon, "steward").unwrap();
        let purse = ledger.fill_purse(&ChargeRequest {
            release: "spring".to_owned(),
            query_name: "all".to_owned(),
            query_digest: [0; 32],
            epsilon,
            who: "analyst".to_owned(),
            purpose: "statistics".to_owned(),
            window: Window::parse("2026-03-02", 7, "UTC").unwrap(),
        });
        let mut measure = PrivateMeasure::new(purse.unwrap());
        let query = Query::new("places", 2, 1, 1).unwrap();
        let mut ask = |epsilon| {
            let mut people = [vec![(0, 1)], vec![(1, 1)], vec![(1, 7)]].into_iter();
            measure.measure(&query, epsilon, &mut people)
        };
        assert_eq!(ask(epsilon).unwrap().into_value(), [1, 2]);
        let unpaid = ask(Epsilon::from_micros(1).unwrap());
        assert_eq!(unpaid.unwrap_err().kind(), Kind::Budget);
    }
}
