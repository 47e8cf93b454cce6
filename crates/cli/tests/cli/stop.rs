//! A load that is stopped, and places where nothing can be made.
#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::{OpenOptionsExt as _, symlink},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use crate::{Place, Said, place::WINDOW, world};

fn is_empty(dir: &Path) -> bool {
    fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_none())
}

/// `ingest` into `out`, begun by a command that runs it.
fn begin(place: &Place, mut command: Command, events: &Path) -> Child {
    command.args(["ingest", "--out", "out", "--max-quarantined-share", "1"]);
    command.arg("--events").arg(events);
    command.arg("--cells").arg(world().cells()).args(WINDOW);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    assert!(!place.path("out").exists());
    child.spawn().unwrap()
}

fn send(place: &Place, signal: &str, child: &Child) {
    let mut kill = place.command("kill");
    kill.args([signal, &child.id().to_string()]);
    assert!(kill.status().unwrap().success());
}

/// Many records, and the load of them once it is under way and most of it still to come.
fn load_of_many(place: &Place, command: Command) -> Child {
    let text = world().changed(str::to_owned);
    let (header, rows) = text.split_once('\n').unwrap();
    let many = place.write("many.csv", format!("{header}\n{}", rows.repeat(30)));
    let mut child = begin(place, command, &many);
    // By then a row is set aside.
    while is_empty(&place.path("out/internal/quarantine"))
        || !place.path("out/internal/quarantine").exists()
    {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        thread::sleep(Duration::from_millis(1));
    }
    child
}

/// Whoever runs the tests behind a shell has it ignore the first signal, so that is taken back.
#[cfg(target_os = "linux")]
#[test]
fn a_load_that_is_stopped_leaves_nothing() {
    let place = Place::new();
    place.open_budget();
    let mut front = place.command("env");
    front.args(["--default-signal=INT", env!("CARGO_BIN_EXE_erewhon")]);
    let child = load_of_many(&place, front);
    send(&place, "-INT", &child);
    let said = Said::output("ingest", child.wait_with_output().unwrap());
    let said = said.failed(75, "stopped before the load was whole");
    assert!(said.out.is_empty(), "{}", said.out);
    assert!(!place.path("out").exists());
    // The same command, and its store, go on as if nothing had been.
    place
        .reads("ingest", &world().cdr(), &world().cells(), "--out out")
        .done();
}

/// As `nohup` has it for one signal, and a shell for another of what it runs behind.
#[test]
fn a_signal_that_was_ignored_is_ignored_still() {
    let place = Place::new();
    place.open_budget();
    let mut behind = place.command("sh");
    let script = "trap '' INT; exec \"$0\" \"$@\"";
    behind.args(["-c", script, env!("CARGO_BIN_EXE_erewhon")]);
    let mut child = load_of_many(&place, behind);
    for _ in 0..3 {
        send(&place, "-INT", &child);
        thread::sleep(Duration::from_millis(20));
    }
    assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
    send(&place, "-TERM", &child);
    let said = Said::output("ingest", child.wait_with_output().unwrap());
    said.failed(75, "stopped before the load was whole");
    assert!(!place.path("out").exists());
}

/// What the vault knows of national numbers is read once more right before the load becomes part of the
/// store: a pipe in its place says when, and waits.
#[cfg(target_os = "linux")]
#[test]
fn a_stop_asked_for_while_the_load_is_written_comes_after_it() {
    const O_NONBLOCK: i32 = 0o4000;
    let place = Place::new();
    place.open_budget();
    let numbers = place.path("data/erewhon/vault/numbers.toml");
    assert!(
        place
            .command("mkfifo")
            .arg(&numbers)
            .status()
            .unwrap()
            .success()
    );
    let mut child = begin(&place, place.erewhon(), &world().cdr());
    let segments = place.path("out/internal/store/period=20260302_7d");
    let mut asked = false;
    while child.try_wait().unwrap().is_none() {
        // There is nobody to open it for but a reader.
        let mut pipe = fs::File::options();
        if let Ok(pipe) = pipe.write(true).custom_flags(O_NONBLOCK).open(&numbers) {
            if segments.exists() && !asked {
                asked = true;
                send(&place, "-TERM", &child);
                thread::sleep(Duration::from_millis(100));
            }
            drop(pipe);
        }
        thread::sleep(Duration::from_millis(1));
    }
    assert!(asked, "nothing was written by then");
    let said = Said::output("ingest", child.wait_with_output().unwrap());
    let said = said.failed(75, "stopped: the load is whole");
    assert!(said.out.is_empty(), "{}", said.out);
    assert!(!place.path("out/internal/quality.json").exists());
    fs::remove_file(&numbers).unwrap();
    fs::write(&numbers, "").unwrap();
    let again = place.reads("ingest", &world().cdr(), &world().cells(), "--out out");
    let again = again.done().out;
    assert!(again.contains("are a load of it already"), "{again}");
    assert!(place.path("out/internal/quality.json").exists());
}

#[test]
fn a_load_in_vain_leaves_no_directory() {
    let place = Place::new();
    place.open_budget();
    let load = |out: &str| {
        let bad = place.write("bad.csv", "no,columns\n1,2\n");
        let line = format!("--out {out}");
        place.reads("ingest", &bad, &world().cells(), &line)
    };
    load("out").failed(1, "has no column");
    assert!(!place.path("out").exists());
    fs::create_dir(place.path("deep")).unwrap();
    load("deep/a/b").failed(1, "has no column");
    assert!(is_empty(&place.path("deep")));
    place
        .reads("ingest", &world().cdr(), &world().cells(), "--out good")
        .done();
    load("good").failed(1, "has no column");
    place.run("store check good").done();
    // A directory that was there is not ours to remove.
    fs::create_dir(place.path("mine")).unwrap();
    load("mine").failed(1, "has no column");
    assert!(is_empty(&place.path("mine")));
}

#[test]
fn nothing_takes_the_place_of_a_link_or_a_device() {
    let place = Place::new();
    place.open_budget();
    fs::create_dir(place.path("there")).unwrap();
    symlink("there", place.path("link")).unwrap();
    symlink("nowhere", place.path("dangling")).unwrap();
    assert!(
        place
            .command("mkfifo")
            .arg("pipe")
            .status()
            .unwrap()
            .success()
    );
    place.write("file", "");
    for (out, what) in [
        ("link", "`link` is a symbolic link"),
        ("link/", "`link/` is a symbolic link"),
        ("link/.", "`link/.` is a symbolic link"),
        ("dangling", "`dangling` is a symbolic link"),
        ("pipe", "`pipe` is a device, a pipe or a socket"),
        ("/dev/null", "`/dev/null` is a device, a pipe or a socket"),
        ("file", "`file` is a file, and a directory is wanted"),
    ] {
        let line = format!("--out {out}");
        let (cdr, cells) = (world().cdr(), world().cells());
        place.reads("ingest", &cdr, &cells, &line).failed(2, what);
        place.run(&format!("demo --out {out}")).failed(2, what);
        place
            .run(&format!("world make --out {out}"))
            .failed(2, what);
    }
    assert!(is_empty(&place.path("there")));
}
