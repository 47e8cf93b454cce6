//! The audit passes the honest fit and names each planted fault by its check.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use erewhon_audit::{Check, Effort, audit};
use erewhon_events::EventKind;
use erewhon_fit::{FitSpec, Places};
use erewhon_mobility::AnchorRule;
use erewhon_testkit::planted::{Fault, Planted};

fn spec(epsilon: &str) -> FitSpec {
    FitSpec {
        epsilon: epsilon.parse().unwrap(),
        places: Places::Two,
        anchors: AnchorRule::signalling(),
        kinds: vec![EventKind::CallOut, EventKind::CallIn],
        control_one_in: None,
    }
}

/// At this many tries the honest bound lands within a tenth, and a loss twice the claim is beyond
/// it by over twenty standard errors.
const FEW: Effort = Effort {
    crowds: 3,
    samples: 10_000,
};

fn failed(fault: Option<Fault>, effort: Effort) -> Vec<Check> {
    audit(&Planted(fault), &spec("1"), effort).unwrap().failed()
}

#[test]
fn the_honest_fit_passes_and_its_bounds_land_at_the_claim() {
    for epsilon in ["0.1", "1", "10"] {
        let report = audit(&Planted(None), &spec(epsilon), Effort::default()).unwrap();
        assert!(report.holds(), "{:#?}", report.findings);
        for row in report.findings.iter().filter(|f| f.check == Check::Noise) {
            let share = row.bound_95.unwrap() / row.claim;
            // 1.5 % of loss for the intervals, 5.6 standard errors for chance.
            assert!((0.93..1.05).contains(&share), "{row:?}");
        }
    }
}

#[test]
fn each_planted_fault_is_named_by_its_check() {
    for (fault, check) in Fault::ALL {
        let failed = failed(Some(fault), FEW);
        assert!(failed.contains(&check), "{fault:?}: {failed:?}");
    }
}

#[test]
#[ignore = "a hundred audits of each fault: a minute or two"]
fn each_planted_fault_is_named_in_99_of_100_runs() {
    for (fault, check) in Fault::ALL {
        let runs = (0..100).filter(|_| failed(Some(fault), FEW).contains(&check));
        assert!(runs.count() >= 99, "{fault:?}");
    }
    let alarms = (0..100).filter(|_| !failed(None, FEW).is_empty());
    assert_eq!(alarms.count(), 0);
}
