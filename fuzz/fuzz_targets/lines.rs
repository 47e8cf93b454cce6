#![no_main]

#[expect(dead_code, reason = "each target calls one of them")]
#[path = "../targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let _ = targets::records(bytes, file.path());
});
