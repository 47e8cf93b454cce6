use super::*;
use crate::tree::Scratch;

const CODE: &str = "//! Noise.\n\n/// Adds noise. Proof: noise.proof.md\n\
    pub struct Noise;\nimpl Mechanism for Noise { fn scale(&self) -> u64 { 7 } }\n\
    #[cfg(test)]\nmod tests { fn fits() {} }\n";
const PROOF: &str =
    "---\nitem: Noise\nsource: noise.rs\nstatus: draft\ntests: fits\n---\n# Claim\n";

fn sound(name: &str) -> Scratch {
    let tree = Scratch::new(name);
    tree.put("crates/dp/src/noise.rs", CODE);
    tree.put("crates/dp/src/noise.proof.md", PROOF);
    stamp(tree.path(), "noise").unwrap();
    tree
}

fn fault(tree: &Scratch) -> String {
    let error = check(tree.path()).unwrap_err();
    assert!(error.starts_with("1 fault"), "{error}");
    error
}

#[test]
fn a_stamped_proof_passes_and_survives_comments_layout_and_tests() {
    let tree = sound("pass");
    check(tree.path()).unwrap();
    let same = CODE
        .replace("//! Noise.", "//! Noise, explained.")
        .replace("{ 7 }", "{\n        7\n}");
    tree.put(
        "crates/dp/src/noise.rs",
        &same.replace("fn fits() {}", "fn fits() { g() }"),
    );
    check(tree.path()).unwrap();
}

#[test]
fn a_mechanism_without_proof_fails() {
    let tree = sound("missing");
    tree.remove("crates/dp/src/noise.proof.md");
    let error = check(tree.path()).unwrap_err();
    assert!(
        error.contains("names `noise.proof.md`, which is not beside it"),
        "{error}"
    );
    assert!(
        error.contains("`Noise` in crates/dp/src/noise.rs has no proof"),
        "{error}"
    );
}

#[test]
fn an_unannounced_mechanism_or_accumulator_fails() {
    for code in [
        "impl<T> Mechanism<T> for Quiet {}",
        "impl crate::Mechanism for Quiet {}",
        "pub struct QuietAccumulator { sums: Vec<i64> }",
    ] {
        let tree = sound("unannounced");
        tree.put("crates/dp/src/quiet.rs", code);
        assert!(fault(&tree).contains("has no proof"), "{code}");
    }
}

#[test]
fn a_file_that_pays_asks_or_draws_noise_fails() {
    for (file, code) in [
        ("receipt.rs", "unsafe impl DurableReceipt for Forged {}"),
        (
            "mint.rs",
            "fn pay(r: Receipt) { use_up(Charge::mint(r)) } fn f() {}",
        ),
        ("ask.rs", "fn ask(measure: &mut dyn Measure) {}"),
        ("any.rs", "fn ask(measure: impl Measure) {}"),
        ("answer.rs", "impl erewhon_fit::Measure for Quiet {}"),
        (
            "quiet.rs",
            "use opendp::measurements::make_laplace; fn f() {}",
        ),
        (
            "system.rs",
            "fn f() {} fn g(b: &mut [u8]) { getrandom::fill(b) }",
        ),
        (
            "seeded.rs",
            "use rand_distr::{Distribution, Exp}; fn f() {}",
        ),
        ("hashed.rs", "use std::hash::RandomState; fn f() {}"),
    ] {
        let tree = sound("deed");
        let path = format!("crates/dp/src/{file}");
        tree.put(&path, code);
        assert!(fault(&tree).contains("is the source of no proof"), "{code}");
        let text = PROOF.replace("source: noise.rs", &format!("source: noise.rs, {file}"));
        tree.put("crates/dp/src/noise.proof.md", &text);
        stamp(tree.path(), "noise").unwrap();
        check(tree.path()).unwrap();
        tree.put(&path, &code.replace("{}", "{ 1; }"));
        assert!(fault(&tree).contains("moved on since"), "{code}");
    }
}

#[test]
fn randomness_that_meets_no_record_needs_no_proof() {
    let tree = sound("no-noise");
    for (path, needed) in [
        ("crates/world/src/weather.rs", false),
        ("crates/govern/src/key.rs", false),
        ("crates/govern/src/keyring.rs", true),
        ("crates/mobility/src/jitter.rs", true),
    ] {
        tree.put(path, "use rand::RngExt;");
        match needed {
            true => assert!(fault(&tree).contains("could draw noise"), "{path}"),
            false => drop(check(tree.path()).unwrap()),
        }
        tree.remove(path);
    }
}

#[test]
fn a_proof_that_its_code_does_not_name_fails() {
    let tree = sound("unnamed");
    tree.put(
        "crates/dp/src/noise.rs",
        &CODE.replace(" Proof: noise.proof.md", ""),
    );
    assert!(fault(&tree).contains("add the comment `Proof: noise.proof.md`"));
}

#[test]
fn a_proof_whose_item_or_source_is_gone_fails() {
    let tree = sound("gone");
    tree.put("crates/dp/src/noise.rs", "mod tests { fn fits() {} }");
    assert!(fault(&tree).contains("`noise.rs` no longer has"));
    tree.remove("crates/dp/src/noise.rs");
    tree.put("crates/dp/src/lib.rs", "fn fits() {}");
    assert!(fault(&tree).contains("`noise.rs`, which is gone"));
}

#[test]
fn code_that_moved_on_fails_until_it_is_stamped_again() {
    let tree = sound("moved");
    tree.put("crates/dp/src/noise.rs", &CODE.replace('7', "8"));
    assert!(fault(&tree).contains("`cargo xtask proofs --stamp noise`"));
    stamp(tree.path(), "noise").unwrap();
    check(tree.path()).unwrap();
    assert_eq!(
        tree.get("crates/dp/src/noise.proof.md")
            .unwrap()
            .matches("code-digest")
            .count(),
        1
    );
}

#[test]
fn a_stamp_on_other_code_makes_a_draft_of_what_was_reviewed() {
    let tree = sound("reviewed");
    let path = "crates/dp/src/noise.proof.md";
    let reviewed = tree.get(path).unwrap().replace(": draft", ": reviewed");
    tree.put(path, &reviewed);
    stamp(tree.path(), "noise").unwrap();
    assert_eq!(tree.get(path).unwrap(), reviewed, "the same code");
    tree.put("crates/dp/src/noise.rs", &CODE.replace('7', "8"));
    stamp(tree.path(), "noise").unwrap();
    let stamped = tree.get(path).unwrap();
    assert!(stamped.contains("\nstatus: draft\n"), "{stamped}");
    assert!(!stamped.contains("reviewed"), "{stamped}");
}

#[test]
fn a_proof_never_stamped_fails() {
    let tree = sound("unstamped");
    tree.put("crates/dp/src/noise.proof.md", PROOF);
    assert!(fault(&tree).contains("moved on since"));
}

#[test]
fn a_test_that_does_not_exist_fails() {
    let tree = sound("no-test");
    let text = tree.get("crates/dp/src/noise.proof.md").unwrap();
    tree.put(
        "crates/dp/src/noise.proof.md",
        &text.replace("tests: fits", "tests:\n  - fits\n  - never_written"),
    );
    assert!(fault(&tree).contains("`never_written`"));
}

#[test]
fn a_broken_head_fails() {
    for (from, to) in [
        ("tests: fits\n", ""),
        ("status: draft", "status: fine"),
        ("source: noise.rs", "source: ../noise.rs"),
        ("item: Noise\n", ""),
        ("---\nitem", "item"),
        ("status", "stat"),
    ] {
        assert!(
            FrontMatter::parse(&PROOF.replacen(from, to, 1)).is_err(),
            "{from:?} -> {to:?}"
        );
    }
    assert!(FrontMatter::parse(PROOF).is_ok());
}

#[test]
fn planted_faults_need_no_proof() {
    let tree = sound("planted");
    tree.put("crates/testkit/src/lib.rs", "impl Mechanism for Wrong {}");
    check(tree.path()).unwrap();
}

#[test]
fn stamping_an_unknown_proof_says_so() {
    let tree = sound("unknown");
    assert!(
        stamp(tree.path(), "nothing")
            .unwrap_err()
            .contains("`nothing.proof.md`")
    );
}
