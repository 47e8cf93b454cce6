use super::{Options, random_share, run};

/// A shell script in the place of the program: each `run` sets what is spent to `charge`
/// between two pauses.
fn harness(name: &str, charge: &str) -> Result<String, String> {
    use std::os::unix::fs::PermissionsExt as _;
    let tree = crate::tree::Scratch::new(name);
    let script = format!(
        "#!/bin/sh\n\
         verb=$1\n\
         while [ $# -gt 0 ]; do\n\
         case $1 in --vault) vault=$2;; --out) out=$2;; esac; shift\n\
         done\n\
         spent() {{ cat \"$vault/spent\" 2>/dev/null || echo 0; }}\n\
         case $verb in\n\
         world) mkdir -p \"$out\";;\n\
         run) mkdir -p \"$vault\"; sleep 0.1; \
         echo $(({charge})) > \"$vault/new\"; mv \"$vault/new\" \"$vault/spent\"; sleep 0.1; \
         mkdir -p \"$out/release\";;\n\
         budget) echo \"{{\\\"spent_micros\\\": $(spent), \\\"total_micros\\\": 1000}}\";;\n\
         esac\n"
    );
    tree.put("erewhon", &script);
    let binary = tree.path().join("erewhon");
    std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).unwrap();
    run(&Options {
        times: 6,
        binary,
        scratch: tree.path().join("runs"),
    })
}

#[test]
fn a_ledger_that_only_grows_survives() {
    let report = harness("kill-good", "$(spent) + 10").unwrap();
    assert!(report.contains("ledger ok after 6/6 kills"), "{report}");
}

#[test]
fn a_ledger_that_forgets_or_overdraws_fails() {
    let fault = harness("kill-forgets", "$(spent) > 0 ? 80 : 90").unwrap_err();
    assert!(fault.contains("was lost"), "{fault}");
    let fault = harness("kill-overdraws", "$(spent) + 700").unwrap_err();
    assert!(fault.contains("overdrawn"), "{fault}");
}

#[test]
fn a_program_that_does_not_answer_fails() {
    assert!(
        harness("kill-mute", "exit 1")
            .unwrap_err()
            .contains("nobody killed ended with")
    );
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
