//! `unsafe` marks the one place that may mint a receipt, and stands nowhere else.

use std::path::Path;

use crate::{Outcome, rust_tokens::Source, tree};

/// What each crate may write after `unsafe`, and in which code.
struct Permit {
    krate: &'static str,
    phrase: &'static [&'static str],
    only_tests: bool,
}

const PERMITS: &[Permit] = &[
    Permit {
        krate: "dp",
        phrase: &["unsafe", "trait", "DurableReceipt"],
        only_tests: false,
    },
    Permit {
        krate: "dp",
        phrase: &["unsafe", "trait", "DurableExport"],
        only_tests: false,
    },
    Permit {
        krate: "ledger",
        phrase: &["unsafe", "impl"],
        only_tests: false,
    },
    // Planted faults draw noise without a ledger; `testkit` never reaches the product.
    Permit {
        krate: "testkit",
        phrase: &["unsafe", "impl"],
        only_tests: false,
    },
    // The mechanisms' own tests need a receipt without a ledger.
    Permit {
        krate: "dp",
        phrase: &["unsafe", "impl"],
        only_tests: true,
    },
];

/// Every `unsafe` without a permit.
pub(super) fn faults(root: &Path) -> Outcome<Vec<String>> {
    let mut faults = Vec::new();
    for (krate, dir) in tree::crates(root)? {
        for path in tree::files(&dir, ".rs")? {
            let source = Source::parse(&tree::read(&path)?);
            let shown = tree::shown(root, &path);
            let is_test_file = path.strip_prefix(&dir).is_ok_and(is_test_path);
            let all: Vec<&str> = source.tokens.iter().map(String::as_str).collect();
            let shipping = if is_test_file {
                Vec::new()
            } else {
                source.shipping_tokens()
            };
            for (tokens, tests_too) in [(&shipping, false), (&all, true)] {
                if !permitted(&krate, tokens, tests_too) {
                    faults.push(format!(
                        "`unsafe` in {shown}: `dp` declares the receipts, `ledger` alone \
                         implements them for the product, nothing else is unsafe; write it without `unsafe`"
                    ));
                    break;
                }
            }
        }
    }
    Ok(faults)
}

fn permitted(krate: &str, tokens: &[&str], tests_too: bool) -> bool {
    let starts = (0..tokens.len()).filter(|&at| tokens.get(at) == Some(&"unsafe"));
    starts.into_iter().all(|at| {
        PERMITS.iter().any(|permit| {
            permit.krate == krate
                && (tests_too || !permit.only_tests)
                && tokens
                    .get(at..)
                    .is_some_and(|rest| rest.starts_with(permit.phrase))
        })
    })
}

/// `tests/…`, `benches/…` and `…/tests.rs`.
fn is_test_path(path: &Path) -> bool {
    let first = path.components().next().map(|c| c.as_os_str().to_owned());
    first.is_some_and(|first| first == "tests" || first == "benches") || path.ends_with("tests.rs")
}
