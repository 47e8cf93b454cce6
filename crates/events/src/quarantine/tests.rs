use super::*;
use crate::Rule;

const UNTIL: Date = jiff::civil::date(2026, 12, 24);

struct Bench {
    dir: tempfile::TempDir,
    key: QuarantineKey,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let key = QuarantineKey::create_new(&dir.path().join("key")).unwrap();
        Self { dir, key }
    }

    fn rows(&self) -> PathBuf {
        self.dir.path().join("quarantine")
    }

    fn open(&self) -> Quarantine {
        Quarantine::open(&self.rows(), self.key.clone(), UNTIL).unwrap()
    }

    /// Every byte of every file there.
    fn on_disk(&self) -> Vec<u8> {
        let found = files(&self.rows()).unwrap();
        found
            .iter()
            .flat_map(|(_, path)| fs::read(path).unwrap())
            .collect()
    }

    fn show(&self) -> Vec<u8> {
        let mut shown = Vec::new();
        for path in quarantined_files(&self.rows()).unwrap() {
            show_quarantine(&path, &self.key, &mut shown).unwrap();
        }
        shown
    }
}

fn fault(line: u64) -> Fault {
    Fault {
        rule: Rule::BadTime,
        line,
        column: Some(2),
    }
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn rows_come_back_for_the_key_and_are_plain_nowhere() {
    let bench = Bench::new();
    let mut quarantine = bench.open();
    quarantine
        .push("march.csv", &fault(7), b"+491701234567,noon\r\n")
        .unwrap();
    quarantine
        .push("a\tb\n.csv", &fault(8), b"\xff\n\xfe")
        .unwrap();
    let kept = quarantine.finish().unwrap();
    assert_eq!((kept.rows, kept.bytes, kept.rows_beyond), (2, 68, 0));
    assert!(!holds(&bench.on_disk(), b"491701234567"));
    let mut wanted = b"file\tline\tcolumn\trule\trow\n".to_vec();
    wanted.extend_from_slice(b"march.csv\t7\t2\tbad_time\t+491701234567,noon\n");
    wanted.extend_from_slice(b"a b .csv\t8\t2\tbad_time\t\xff \xfe\n");
    assert_eq!(bench.show(), wanted);

    let path = quarantined_files(&bench.rows()).unwrap().remove(0);
    let other = QuarantineKey::create_new(&bench.dir.path().join("other")).unwrap();
    let error = show_quarantine(&path, &other, &mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), Kind::Refused);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for secret in [&path, &bench.dir.path().join("key")] {
            assert_eq!(
                fs::metadata(secret).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
    }
}

#[test]
fn a_load_that_was_stopped_leaves_ciphertext_which_the_next_one_removes() {
    let bench = Bench::new();
    let mut quarantine = bench.open();
    for line in 0..20_000 {
        quarantine
            .push("march.csv", &fault(line), b"+491701234567,noon")
            .unwrap();
    }
    // As after a kill: what was written is there, nothing tidied up.
    std::mem::forget(quarantine);
    let left = bench.on_disk();
    assert!(left.len() > 500_000, "{}", left.len());
    assert!(!holds(&left, b"4917012345") && !holds(&left, b"march"));
    assert_eq!(quarantined_files(&bench.rows()).unwrap().len(), 0);
    drop(bench.open());
    assert_eq!(bench.on_disk().len(), 0);
}

#[test]
fn a_load_that_failed_or_set_nothing_aside_leaves_nothing() {
    let bench = Bench::new();
    let mut failed = bench.open();
    failed.push("march.csv", &fault(1), b"x").unwrap();
    drop(failed);
    assert_eq!(bench.open().finish().unwrap(), Quarantined::default());
    assert_eq!(files(&bench.rows()).unwrap().len(), 0);
}

/// That the kernel is asked can't be seen from here; when, where and with which answer can.
#[test]
fn rows_are_kept_once_their_directory_is_synced_under_their_name() {
    let bench = Bench::new();
    let finish = |sync| {
        let mut quarantine = bench.open();
        quarantine.push("march.csv", &fault(1), b"x").unwrap();
        quarantine.finish_with(sync)
    };
    let kept = finish(|dir| {
        let names: Vec<String> = files(dir).unwrap().into_iter().map(|file| file.0).collect();
        assert!(
            names.len() == 1 && until(&names[0]) == Some(UNTIL),
            "{names:?}"
        );
        sync_directory(dir)
    });
    assert_eq!(kept.unwrap().rows, 1);
    let refused = finish(|_| Err(io::Error::other("worn out"))).unwrap_err();
    assert_eq!(refused.kind(), Kind::Resource);
    assert!(sync_directory(&bench.rows().join("nowhere")).is_err());
}

#[test]
fn what_exceeds_the_largest_size_is_counted_alone() {
    let bench = Bench::new();
    let mut quarantine = bench.open();
    quarantine.max_bytes = 1_000;
    for line in 100..150 {
        quarantine
            .push("march.csv", &fault(line), b"0123456789")
            .unwrap();
    }
    let kept = quarantine.finish().unwrap();
    // 36 bytes a row.
    assert_eq!((kept.rows, kept.bytes, kept.rows_beyond), (27, 972, 23));
    assert_eq!(bench.show().split(|b| *b == b'\n').count(), 1 + 27 + 1);
}

#[test]
fn a_changed_or_cut_file_is_found_out() {
    let bench = Bench::new();
    let mut quarantine = bench.open();
    quarantine
        .push("march.csv", &fault(1), &[b'x'; 200_000])
        .unwrap();
    quarantine.finish().unwrap();
    let path = quarantined_files(&bench.rows()).unwrap().remove(0);
    let whole = fs::read(&path).unwrap();
    let mut changed = whole.clone();
    changed[100_000] ^= 1;
    for bytes in [&whole[..whole.len() - 1], &whole[..150_000], &changed] {
        fs::write(&path, bytes).unwrap();
        let error = show_quarantine(&path, &bench.key, &mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), Kind::Data);
    }
    fs::write(&path, b"no such file").unwrap();
    let error = show_quarantine(&path, &bench.key, &mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), Kind::Input);
}

#[test]
fn files_go_after_their_last_day_and_strangers_stay() {
    let bench = Bench::new();
    let mut quarantine = bench.open();
    quarantine.push("march.csv", &fault(1), b"x").unwrap();
    quarantine.finish().unwrap();
    let stranger = bench.rows().join("until-then.txt");
    fs::write(&stranger, "mine").unwrap();
    let expire = |today| expire_quarantine(&bench.rows(), today).unwrap();
    assert_eq!(expire(UNTIL), 0);
    assert_eq!(expire(UNTIL.tomorrow().unwrap()), 1);
    assert_eq!(expire(UNTIL.tomorrow().unwrap()), 0);
    assert!(stranger.exists() && quarantined_files(&bench.rows()).unwrap().is_empty());
    assert_eq!(
        expire_quarantine(&bench.rows().join("nowhere"), UNTIL).unwrap(),
        0
    );
}

#[test]
fn a_key_is_one_that_age_itself_reads() {
    let bench = Bench::new();
    let path = bench.dir.path().join("key");
    assert!(
        fs::read_to_string(&path)
            .unwrap()
            .starts_with("AGE-SECRET-KEY-1")
    );
    assert!(QuarantineKey::load(&path).is_ok());
    assert!(QuarantineKey::create_new(&path).is_err());
    let wrong = bench.dir.path().join("wrong");
    secret::create_new(&wrong, "beef").unwrap();
    assert_eq!(
        QuarantineKey::load(&wrong).err().unwrap().kind(),
        Kind::Input
    );
}
