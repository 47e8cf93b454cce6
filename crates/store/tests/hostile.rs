//! Files that nobody meant, and files that somebody meant too well: the corpus of `fuzz/` is read
//! again, and what unpacks to far more than it is takes no more memory than any other file.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::Path,
};

#[path = "../../../fuzz/targets.rs"]
mod targets;

use targets::{Bench, TARGETS};

/// Bytes that each bomb unpacks to.
const UNPACKED_BYTES: u64 = 512 << 20;
type Packer<'a> = &'a dyn Fn(&Path, &mut dyn io::Read);

/// What reading one may take beyond what the program had before.
const ALLOWED_BYTES: u64 = 128 << 20;

#[test]
fn every_input_of_the_corpus_is_a_value_or_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::new(dir.path()).unwrap();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for target in TARGETS {
        let (mut read, mut refused, mut read_inputs) = (0, 0, BTreeSet::new());
        for entry in fs::read_dir(corpus.join(target)).unwrap() {
            let entry = entry.unwrap();
            let input = fs::read(entry.path()).unwrap();
            match bench.give(target, &input) {
                Ok(_) => {
                    read += 1;
                    read_inputs.insert(entry.file_name());
                }
                Err(error) => {
                    assert_ne!(error.kind().exit_code(), 70, "{target}: {error}");
                    refused += 1;
                }
            }
        }
        assert!(
            read > 0 && refused > 0,
            "{target}: {read} read, {refused} refused"
        );
        if target == "lines" {
            // Each preset has a file of its name, whose first byte is still that of the preset.
            for (number, preset) in (0_u8..).zip(erewhon_events::Mapping::presets()) {
                let is_read = read_inputs.contains(OsStr::new(preset));
                let input = fs::read(corpus.join(target).join(preset)).unwrap_or_default();
                assert!(is_read && input[0] == number, "{preset}");
            }
        }
    }
}

#[test]
fn a_bomb_takes_no_more_memory_than_another_file() {
    let Some(before) = peak_bytes() else {
        eprintln!("skipped: this system does not tell how much memory was taken");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::new(dir.path()).unwrap();
    let zeros = |line: &[u8]| {
        io::repeat(0)
            .take(UNPACKED_BYTES)
            .chain(io::Cursor::new(line.to_vec()))
    };
    let gzip = |path: &Path, text: &mut dyn io::Read| {
        let level = flate2::Compression::fast();
        let mut out = flate2::write::GzEncoder::new(File::create(path).unwrap(), level);
        io::copy(text, &mut out).unwrap();
        out.finish().unwrap().flush().unwrap();
    };
    let zstd = |path: &Path, text: &mut dyn io::Read| {
        zstd::stream::copy_encode(text, File::create(path).unwrap(), 1).unwrap();
    };
    let bomb = dir.path().join("bomb");
    let packers: [Packer<'_>; 2] = [&gzip, &zstd];
    for pack in packers {
        for line in [&b""[..], b"\n"] {
            pack(&bomb, &mut zeros(line));
            let packed = fs::read(&bomb).unwrap();
            assert!((packed.len() as u64) < UNPACKED_BYTES / 100);
            for target in ["cells", "lines"] {
                // The first byte of `lines` is the preset.
                let input = [&b"\0"[..usize::from(target == "lines")], &packed].concat();
                assert!(bench.give(target, &input).is_err());
            }
        }
    }
    let taken = peak_bytes().unwrap().saturating_sub(before);
    assert!(taken < ALLOWED_BYTES, "{taken} bytes");
}

/// The most memory that this program had.
fn peak_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(kib << 10)
}
