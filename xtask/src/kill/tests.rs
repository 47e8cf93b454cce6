use super::{Options, random_share, run};

/// A shell script in the place of the program, whose runs do `step`.
fn harness(name: &str, step: &str) -> Result<String, String> {
    use std::os::unix::fs::PermissionsExt as _;
    let tree = crate::tree::Scratch::new(name);
    let script = SCRIPT.replace("STEP", step);
    tree.put("erewhon", &script);
    let binary = tree.path().join("erewhon");
    std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).unwrap();
    run(&Options {
        times: 6,
        binary,
        scratch: tree.path().join("runs"),
    })
}

const SCRIPT: &str = r#"#!/bin/sh
verb=$1
while [ $# -gt 0 ]; do
    case $1 in --vault) vault=$2 ;; --out) out=$2 ;; esac
    shift
done
spent() { cat "$vault/spent" 2>/dev/null || echo 0; }
spend() { echo "$1" >"$vault/new"; mv "$vault/new" "$vault/spent"; }
done_() { mkdir -p "$out/release"; touch "$out/release/model.json" "$out/release/release.sig"; }
case $verb in
world) mkdir -p "$out" ;;
run) mkdir -p "$vault"; [ -e "$out/release" ] || { STEP; done_; } ;;
budget) echo "{\"result\": {\"spent_micros\": $(spent), \"total_micros\": 100000}}" ;;
esac
"#;

#[test]
fn a_ledger_that_only_grows_survives() {
    let step = "sleep 0.1; spend $(($(spent) + 1000)); sleep 0.1";
    let report = harness("kill-good", step).unwrap();
    assert!(report.contains("ledger ok after 6/6 kills"), "{report}");
}

#[test]
fn a_ledger_that_forgets_or_overdraws_fails() {
    let step = "spend $(($(spent) > 0 ? 80 : 90)); sleep 0.1";
    let fault = harness("kill-forgets", step).unwrap_err();
    assert!(fault.contains("was lost"), "{fault}");
    let step = "spend $(($(spent) + 70000)); sleep 0.1";
    let fault = harness("kill-overdraws", step).unwrap_err();
    assert!(fault.contains("overdrawn"), "{fault}");
}

#[test]
fn a_lock_that_outlives_its_owner_fails() {
    let step = "mkdir $vault/lock || exit 75; sleep 0.1; rmdir $vault/lock";
    let fault = harness("kill-stuck", step).unwrap_err();
    assert!(fault.contains("ended with exit status: 75"), "{fault}");
}

#[test]
fn a_refusal_with_budget_left_fails() {
    let step = "[ $(spent) = 0 ] || exit 4; sleep 0.1; spend 10; sleep 0.1";
    let fault = harness("kill-refused", step).unwrap_err();
    assert!(fault.contains("ended with exit status: 4"), "{fault}");
}

#[test]
fn a_program_that_does_not_answer_fails() {
    let fault = harness("kill-mute", "exit 1").unwrap_err();
    assert!(fault.contains("nobody killed ended with"), "{fault}");
}

#[test]
fn shares_spread_over_the_run() {
    let shares: Vec<f64> = (0..400).map(|_| random_share()).collect();
    assert!(shares.iter().all(|share| (0.0..1.0).contains(share)));
    // Missing a quarter of the range 400 times has a chance below 1e-49.
    for quarter in 0..4 {
        assert!(shares.iter().any(|share| (share * 4.0) as usize == quarter));
    }
}
