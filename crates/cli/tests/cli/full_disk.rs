//! A disk that is really full and directories that may really not be written, stage by stage.
//!
//! Both need rights of the administrator and say so where they are skipped.
#![cfg(unix)]

use std::{
    fs,
    io::Write as _,
    os::unix::{
        fs::{PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Place, Said, place::WINDOW, world};

/// Every command that writes, in the order in which one needs the other.
const STAGES: [&str; 10] = [
    "budget open --population p --epsilon 1",
    "ingest",
    "fit out --epsilon 1 --yes",
    "generate out",
    "utility out",
    "risk run --against out",
    "report out",
    "release make out",
    "key new --out second.key",
    "release approve out/release --key second.key --yes",
];

/// A disk of 16 MiB that holds a whole place.
struct Disk {
    place: Place,
}

impl Disk {
    fn mount() -> Option<Self> {
        let place = Place::new();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"]);
        if mount.arg(place.root.path()).output().ok()?.status.success() {
            return Some(Self { place });
        }
        eprintln!("skipped: no right to mount a small disk");
        None
    }

    fn ballast(&self) -> PathBuf {
        self.place.path("ballast")
    }

    /// Fills the disk but for some room.
    fn fill(&self, room_bytes: u64) {
        self.make_room();
        let mut ballast = fs::File::create(self.ballast()).unwrap();
        while ballast.write_all(&[1; 4096]).is_ok() {}
        let size = ballast.metadata().unwrap().len();
        ballast.set_len(size.saturating_sub(room_bytes)).unwrap();
    }

    fn make_room(&self) {
        let _ = fs::remove_file(self.ballast());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.place.root.path()).status();
    }
}

#[test]
fn every_stage_fails_on_a_full_disk_and_succeeds_with_room() {
    let Some(disk) = Disk::mount() else { return };
    for stage in STAGES {
        disk.fill(0);
        let said = stage_of(&disk.place, stage, None);
        refused(said, "the disk is full");
        disk.make_room();
        stage_of(&disk.place, stage, None).done();
    }
    assert_eq!(disk.place.spent_micros(), 1_000_000);
}

#[test]
fn a_run_with_ever_more_room_pays_once() {
    let Some(disk) = Disk::mount() else { return };
    disk.place.open_budget();
    let (mut room_bytes, mut failures) = (0, 0);
    loop {
        disk.fill(room_bytes);
        let said = disk.place.whole_run("");
        disk.make_room();
        let had_model = disk.place.path("out/release/model.json").exists();
        assert_eq!(disk.place.spent_micros(), 1_000_000 * u64::from(had_model));
        if said.code == Some(0) {
            break;
        }
        refused(said, "the disk is full");
        failures += 1;
        room_bytes += 16 * 1024 + room_bytes / 4;
    }
    assert!(failures > 10, "{failures}");
    disk.place.approve().done();
}

/// One clear line about the machine; those of ledger and records have words of their own.
fn refused(said: Said, words: &str) {
    let said = said.failed(75, "");
    let lines = [words, "can't use the ledger", "can't write the records"];
    let known = lines.iter().any(|line| said.err.contains(line));
    assert!(known, "{}", said.err);
}

/// An account that owns nothing.
const NOBODY: u32 = 65_534;

#[test]
fn every_stage_fails_without_permission_and_succeeds_with_it() {
    let place = Place::new();
    if chown(place.root.path(), Some(NOBODY), Some(NOBODY)).is_err() {
        eprintln!("skipped: no right to run as another account");
        return;
    }
    // Where the tests were built and the country lies may be closed to that account.
    for dir in world().cdr().ancestors().skip(1).take(2) {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let program = place.path("erewhon");
    fs::copy(env!("CARGO_BIN_EXE_erewhon"), &program).unwrap();
    for stage in STAGES {
        set_mode(place.root.path(), 0o500);
        let said = stage_of(&place, stage, Some(&program));
        // It shows what is there; that the others fail is the vault's doing, or the run's.
        if stage == "report out" {
            assert!(said.done().err.contains("No file may be written in `out`"));
        } else {
            refused(said, "permission denied");
        }
        set_mode(place.root.path(), 0o700);
        stage_of(&place, stage, Some(&program)).done();
    }
    let run = place.path("out/internal/run.json");
    assert!(fs::read_to_string(&run).unwrap().contains("erewhon"));

    // A run that is kept as it is can be looked at.
    let files = || {
        [
            "internal/run.json",
            "internal/report.html",
            "internal/utility.json",
        ]
        .map(|name| fs::read(place.path("out").join(name)).unwrap())
    };
    let before = files();
    set_mode(&place.path("out"), 0o500);
    for stage in ["report out", "utility out", "risk run --against out"] {
        let said = stage_of(&place, stage, Some(&program)).done();
        assert!(said.out.contains("INTERNAL"), "{}", said.out);
        let words = "No file may be written in `out`";
        assert!(said.err.contains(words), "{}", said.err);
    }
    let verify = "release verify out/release --trust data/erewhon/vault/requester.key.pub \
                  second.key.pub";
    stage_of(&place, verify, Some(&program)).done();
    assert!(files() == before);
    set_mode(&place.path("out"), 0o700);

    // A closed release keeps nobody from what is internal; nor does what a killed process left there.
    let left = place.write("out/release/.tmpABC", "");
    set_mode(&place.path("out/release"), 0o500);
    for (stage, made) in [
        ("utility out", "measures.csv"),
        ("risk run --against out", "risk.csv"),
        ("report out", "report.html"),
    ] {
        let made = place.path("out/internal").join(made);
        fs::remove_file(&made).unwrap();
        stage_of(&place, stage, Some(&program)).done();
        assert!(made.exists(), "{stage}");
    }
    set_mode(&place.path("out/release"), 0o700);
    fs::remove_file(left).unwrap();
}

/// Sets the mode of every directory.
fn set_mode(dir: &Path, mode: u32) {
    fs::set_permissions(dir, fs::Permissions::from_mode(mode)).unwrap();
    let entries = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.is_dir())
        .for_each(|dir| set_mode(&dir, mode));
}

/// One stage, by the program given as another account, or as this one.
fn stage_of(place: &Place, stage: &str, as_nobody: Option<&Path>) -> Said {
    let mut command = match as_nobody {
        None => place.erewhon(),
        Some(program) => {
            let mut command = place.command(&program.to_string_lossy());
            command.uid(NOBODY).gid(NOBODY);
            command
        }
    };
    command.args(stage.split(' '));
    if stage == "ingest" {
        command.arg("--events").arg(world().cdr());
        command.arg("--cells").arg(world().cells());
        command.args(WINDOW).args(["--out", "out"]);
    }
    Said::of(stage, &mut command)
}
