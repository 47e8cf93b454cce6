//! Bytes that nobody meant: the corpus of `fuzz/`, changed blindly, for as long as
//! `EREWHON_FUZZ_SECONDS` says (`cargo xtask fuzz --minutes N`).

use std::{
    fs,
    panic::catch_unwind,
    path::Path,
    time::{Duration, Instant},
};

#[path = "../../../fuzz/targets.rs"]
mod targets;

/// Splitmix64: enough for changes, and the same from the same seed everywhere.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// Some bytes changed, taken out, doubled, or taken from another input.
    fn change(&mut self, input: &mut Vec<u8>, other: &[u8]) {
        for _ in 0..=self.below(6) {
            let at = self.below(input.len());
            let end = (at + self.below(24)).min(input.len());
            let marks = b"\",;\n\r\0\xff*%- .0:Z[]{}='";
            match self.below(7) {
                0 if at < input.len() => input[at] = self.next() as u8,
                1 if at < input.len() => input[at] ^= 1 << self.below(8),
                2 => drop(input.drain(at..end)),
                3 => {
                    let part = input[at..end].to_vec();
                    drop(input.splice(at..at, part));
                }
                4 => input.insert(at, marks[self.below(marks.len())]),
                5 => {
                    let from = self.below(other.len());
                    let to = (from + self.below(64)).min(other.len());
                    drop(input.splice(at..end, other[from..to].iter().copied()));
                }
                _ => input.truncate(input.len() - self.below(input.len()) / 4),
            }
        }
    }
}

fn setting(name: &str, unless_told: u64) -> u64 {
    let told = std::env::var(name).ok();
    told.and_then(|value| value.parse().ok())
        .unwrap_or(unless_told)
}

#[test]
fn whatever_the_bytes_the_answer_is_rows_or_an_error() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let scratch = tempfile::NamedTempFile::new().unwrap();
    let mut draws = Draws(setting("EREWHON_FUZZ_SEED", 1));
    let end = Instant::now() + Duration::from_secs(setting("EREWHON_FUZZ_SECONDS", 2));
    let mut inputs: Vec<(&str, Vec<u8>)> = Vec::new();
    for target in ["lines", "mapping", "parquet"] {
        for entry in fs::read_dir(root.join(target)).unwrap() {
            inputs.push((target, fs::read(entry.unwrap().path()).unwrap()));
        }
    }
    let mut tried = 0_u64;
    while Instant::now() < end {
        let (target, mut input) = inputs[draws.below(inputs.len())].clone();
        let (_, other) = &inputs[draws.below(inputs.len())];
        draws.change(&mut input, other);
        let path = scratch.path();
        let answer = catch_unwind(|| match target {
            "mapping" => targets::mapping(&input),
            "parquet" => drop(targets::parquet(&input, path)),
            _ => drop(targets::records(&input, path)),
        });
        assert!(answer.is_ok(), "{target} {input:02x?}");
        tried += 1;
    }
    eprintln!("{tried} inputs tried");
    assert!(tried > 0);
}
