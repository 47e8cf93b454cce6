//! Every target is this file: its own name, which is that of its program, says what it tries.
#![no_main]

use std::{panic, sync::LazyLock};

#[path = "../targets.rs"]
mod targets;

use targets::Bench;

static DIR: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    // The libraries of formats panic on what their pages say, and are caught where they do; what
    // nobody catches still ends the program, and our own code must not panic at all.
    panic::set_hook(Box::new(|panic| {
        let file = panic.location().map_or("", panic::Location::file);
        if !file.contains("/registry/") && !file.contains("/rustlib/") {
            eprintln!("{panic}");
            std::process::abort();
        }
    }));
    tempfile::tempdir().expect("a directory")
});
static BENCH: LazyLock<Bench<'static>> =
    LazyLock::new(|| Bench::new(DIR.path()).expect("a store"));
static TARGET: LazyLock<&str> = LazyLock::new(|| {
    let program = std::env::current_exe().expect("a program");
    let name = program.file_name().and_then(|name| name.to_str()).expect("a name");
    *targets::TARGETS.iter().find(|target| **target == name).expect("a target")
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = BENCH.give(&TARGET, bytes);
});
