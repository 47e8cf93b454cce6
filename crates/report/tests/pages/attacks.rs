//! What pages say of attacks.

use erewhon_report::{internal_page, terminal_summary};
use erewhon_risk::{Attacked, Excess, Limit, Rate, RiskPolicy};

use crate::{assert_balanced, assert_self_contained, fixture::Fixture, risk};

/// What the page calls above zero is the judgement over all rows of a release, not a row's interval.
#[test]
fn a_lone_interval_above_zero_is_no_verdict() {
    let mut fixture = Fixture::new(10, 60);
    let words = "<div class=\"figure poor\"><dt>Attacks</dt><dd><b>1 of ";
    let row = &mut fixture.risk.attacks[1].rows[0];
    row.excess = Some(Excess {
        value: 0.03,
        low: 0.01,
        high: 0.05,
    });
    fixture.risk.releases.push(Attacked {
        name: "k-anonymous".to_owned(),
        not_made: Some("too few people".to_owned()),
        ..Attacked::default()
    });
    let page = internal_page(&fixture.internal()) + &risk(&fixture);
    assert!(page.contains("Not made, and so not attacked") && page.contains("too few people"));
    assert!(!page.contains(words) && !page.contains("poor\">above zero"));
    assert!(
        page.contains("2 in synthetic records, 2.5 % each")
            && page.contains("shared evenly by all such rows of its release")
    );
    fixture.risk.attacks[1].rows[0].above_zero = Some(true);
    let page = internal_page(&fixture.internal()) + &risk(&fixture);
    assert!(page.contains(words) && page.contains("poor\">above zero"));
    let text = terminal_summary(&fixture.internal(), "internal", "release");
    assert!(text.contains("* 1 to 5 %"), "{text}");
}

#[test]
fn the_risk_page_says_what_exceeds_a_policy_and_what_changed() {
    let mut fixture = Fixture::new(10, 60);
    let page = risk(&fixture);
    assert_balanced(&page);
    assert_self_contained(&page);
    assert!(page.starts_with("<!-- INTERNAL"));
    assert!(page.contains("No risk policy was given") && page.contains("no earlier run"));
    assert!(
        page.contains("not stated: people have to say it") && page.contains("transport planning")
    );
    let limit = Limit {
        success_at_most: Some(0.5),
        ..Limit::default()
    };
    fixture.risk.verdict = Some(RiskPolicy { limit: vec![limit] }.judge(&fixture.risk));
    let before = fixture.risk.clone();
    fixture.risk.attacks[0].rows[0].members = Rate::of(999, 1000).unwrap();
    fixture.risk.compare(&before);
    let page = risk(&fixture);
    assert!(page.contains("Risk policy exceeded.") && page.contains("allowed 50"));
    assert!(page.contains("What changed since the run before") && page.contains("99.9 %"));
    // A dot for what has records, a line of the table for everything.
    let picture = page.split("id=\"tradeoff\"").nth(1).unwrap();
    let picture = picture.split("</section>").next().unwrap();
    assert_eq!(picture.matches("<circle").count(), 2);
    assert!(picture.contains(">counts<") && picture.contains("0.842 km"));
}

#[test]
fn a_missing_excess_says_why() {
    let mut fixture = Fixture::new(10, 60);
    let why = "over nine in ten of the control group are hit";
    assert!(!risk(&fixture).contains(why));
    fixture.risk.attacks[1].rows[0].excess = None;
    assert!(risk(&fixture).contains(why));
}

/// A leak that leaves no ratio is said in the headline, the table and the terminal.
#[test]
fn a_leak_without_a_ratio_is_shown() {
    let mut fixture = Fixture::new(10, 60);
    let row = &mut fixture.risk.attacks[1].rows[0];
    row.members = Rate::of(1495, 1500).unwrap();
    row.control = Rate::of(165, 180);
    (row.excess, row.chance, row.above_zero) = (None, Some(1.6e-11), Some(true));
    let page = internal_page(&fixture.internal()) + &risk(&fixture);
    assert!(page.contains("<dt>Attacks</dt><dd><b>1 of ") && page.contains("poor\">above zero"));
    assert!(page.contains("of members are hit, and 91.7 % of the control group"));
    assert!(!page.contains("no attack with a control group"));
    let text = terminal_summary(&fixture.internal(), "internal", "release");
    assert!(text.contains("* no ratio"), "{text}");
}
