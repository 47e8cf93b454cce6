//! Bytes that nobody meant, tried for some minutes on the stable compiler.
//!
//! The targets in `fuzz/` say what is tried; cargo-fuzz, where a nightly compiler is at hand, tries
//! it with its eyes on the branches taken. This chore only changes the corpus blindly, and is what
//! runs everywhere.

use std::{
    env, fs,
    path::Path,
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::Outcome;

/// Runs `crates/events/tests/fuzz.rs` for so many minutes.
pub(crate) fn run(root: &Path, minutes: &str) -> Outcome<String> {
    let minutes: u64 = minutes
        .parse()
        .map_err(|_| format!("`--minutes {minutes}` is not a whole number"))?;
    let corpus = root.join("fuzz/corpus");
    if fs::read_dir(&corpus).is_err() {
        return Err(format!("there is no corpus in {}", corpus.display()));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let seed = now.map_or(1, |since| since.as_secs());
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(root)
        .args([
            "test",
            "--release",
            "-p",
            "erewhon-events",
            "--test",
            "fuzz",
        ])
        .args(["--", "--nocapture"])
        .env("EREWHON_FUZZ_SECONDS", (60 * minutes).to_string())
        .env("EREWHON_FUZZ_SEED", seed.to_string())
        .status()
        .map_err(|error| format!("can't run cargo: {error}"))?;
    if status.success() {
        Ok(format!(
            "fuzz: {minutes} minutes from seed {seed}, nothing found"
        ))
    } else {
        Err(format!(
            "fuzz: something was found from seed {seed}; it says above what"
        ))
    }
}
