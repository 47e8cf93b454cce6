//! The audit passes the honest fit and names each planted fault by its check.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use erewhon_audit::{Check, Effort, Verdict, audit};
use erewhon_events::EventKind;
use erewhon_fit::{FitSpec, Places};
use erewhon_mobility::AnchorRule;
use erewhon_testkit::planted::{Fault, Planted};

/// What `Session::fit` asks.
fn spec(epsilon: &str) -> FitSpec {
    FitSpec {
        epsilon: epsilon.parse().unwrap(),
        delta: None,
        places: Places::Routine,
        anchors: AnchorRule::signalling(),
        kinds: vec![EventKind::CallOut, EventKind::CallIn],
        control_one_in: Some(10),
        persons: false,
    }
}

/// The same in a population that is kept in rho.
fn in_rho(epsilon: &str) -> FitSpec {
    FitSpec {
        delta: Some("1e-6".parse().unwrap()),
        ..spec(epsilon)
    }
}

/// The noise check alone is left to chance. At a loss of 4 instead of 2, a query has 18 hits of 2,000
/// without its group where 63 still show it: it escapes with chance 5e-17.
const FEW: Effort = Effort {
    crowds: 1,
    samples: 2_000,
};

/// The checks that do not simply hold.
fn failed(fault: Option<Fault>, spec: &FitSpec, effort: Effort) -> Vec<Check> {
    let report = audit(&Planted(fault), spec, effort).unwrap();
    let [broken, other] = [Verdict::Broken, Verdict::OtherNoise].map(|v| report.checks(v));
    [broken, other].concat()
}

#[test]
fn the_honest_fit_passes_and_its_bounds_land_at_the_claim() {
    for spec in [spec("1"), spec("10"), in_rho("1"), in_rho("10")] {
        let effort = Effort {
            crowds: 3,
            samples: 10_000,
        };
        let report = audit(&Planted(None), &spec, effort).unwrap();
        assert_eq!(report.verdict(), Verdict::Holds, "{:#?}", report.findings);
        for row in report.findings.iter().filter(|f| f.check == Check::Noise) {
            let share = row.bound_95.unwrap() / row.claim;
            // In epsilon the intervals take 4.7 %; chance, at 5.6 standard errors of the estimate, 12 % at
            // most. Rho goes with the square of what is seen.
            let allowed = if spec.delta.is_some() {
                0.69..1.17
            } else {
                0.83..1.08
            };
            assert!(allowed.contains(&share), "{row:?}");
        }
    }
}

#[test]
fn each_planted_fault_is_named_by_its_check() {
    for spec in [spec("1"), in_rho("1")] {
        for (fault, check) in Fault::ALL {
            let failed = failed(Some(fault), &spec, FEW);
            assert!(failed.contains(&check), "{fault:?}: {failed:?}");
        }
    }
}

/// Sizes and prices of tables follow from a number of members alone, and only crowds at an edge can tell.
#[test]
fn a_plan_by_the_exact_number_of_members_is_seen_at_its_edges() {
    for (fault, edge) in [
        (Fault::LayoutFromTheRecords, "the layout"),
        (Fault::SharesFromTheRecords, "the shares"),
    ] {
        for spec in [spec("1"), in_rho("1")] {
            let report = audit(&Planted(Some(fault)), &spec, FEW).unwrap();
            let support = report.findings.iter().find(|f| f.check == Check::Support);
            let words = &support.unwrap().words;
            let crowd = format!("crowd at an edge of {edge}");
            assert!(words.starts_with(&crowd), "{words}");
        }
    }
}

#[test]
fn more_noise_than_was_paid_for_breaks_no_guarantee() {
    let report = audit(&Planted(Some(Fault::TwiceTheNoise)), &spec("1"), FEW).unwrap();
    assert_eq!(
        report.verdict(),
        Verdict::OtherNoise,
        "{:#?}",
        report.findings
    );
    assert_eq!(report.checks(Verdict::OtherNoise), [Check::Noise]);
}

#[test]
fn an_epsilon_that_takes_hours_or_tells_nothing_is_refused() {
    for epsilon in ["0.000001", "0.099", "10.1", "100"] {
        let refused = audit(&Planted(None), &spec(epsilon), FEW).unwrap_err();
        assert_eq!(refused.kind().exit_code(), 2);
        assert!(
            refused.message().contains(&format!("`{epsilon}`")),
            "{refused}"
        );
        assert!(refused.message().contains("0.1 to 10"), "{refused}");
        assert!(refused.hint().is_some());
    }
}

#[test]
#[ignore = "a hundred audits of each fault take minutes; docs/audit.md has the command"]
fn each_planted_fault_is_named_in_99_of_100_runs() {
    for spec in [spec("1"), in_rho("1")] {
        for (fault, check) in Fault::ALL {
            let runs = (0..100).filter(|_| failed(Some(fault), &spec, FEW).contains(&check));
            assert!(runs.count() >= 99, "{fault:?}");
        }
        let alarms = (0..100).filter(|_| !failed(None, &spec, FEW).is_empty());
        assert_eq!(alarms.count(), 0);
    }
}
