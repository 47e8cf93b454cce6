//! A load that is stopped, and places where nothing can be made.
#![cfg(unix)]

use std::{fs, os::unix::fs::symlink, path::Path, process::Stdio, time::Duration};

use crate::{Place, Said, place::WINDOW, world};

fn is_empty(dir: &Path) -> bool {
    fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_none())
}

#[test]
fn a_load_that_is_stopped_leaves_nothing() {
    let place = Place::new();
    place.open_budget();
    let text = world().changed(str::to_owned);
    let (header, rows) = text.split_once('\n').unwrap();
    let many = place.write("many.csv", format!("{header}\n{}", rows.repeat(30)));
    let mut command = place.erewhon();
    command.args(["ingest", "--out", "out", "--max-quarantined-share", "1"]);
    command
        .arg("--events")
        .arg(&many)
        .arg("--cells")
        .arg(world().cells());
    command
        .args(WINDOW)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Once a row is set aside, all is under way and most of it still to come.
    while is_empty(&place.path("out/internal/quarantine"))
        || !place.path("out/internal/quarantine").exists()
    {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(Duration::from_millis(1));
    }
    let mut stop = place.command("kill");
    stop.args(["-INT", &child.id().to_string()]);
    assert!(stop.status().unwrap().success());
    let said = Said::output("ingest", child.wait_with_output().unwrap());
    let said = said.failed(75, "stopped before the load was whole");
    assert!(said.out.is_empty(), "{}", said.out);
    assert!(!place.path("out").exists());
    // The same command, and its store, go on as if nothing had been.
    place
        .reads("ingest", &world().cdr(), &world().cells(), "--out out")
        .done();
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
    place
        .reads("ingest", &world().cdr(), &world().cells(), "--out good")
        .done();
    load("good").failed(1, "has no column");
    place.run("store check good").done();
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
