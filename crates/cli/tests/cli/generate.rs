//! Where `generate --out` writes, how much, and what it leaves alone.
#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::{FileTypeExt as _, symlink},
    process::Command,
};

use crate::{Place, world};

#[test]
fn a_number_that_is_none_is_named_with_what_is_allowed() {
    let place = Place::new();
    place.whole_run("").done();
    for (words, message) in [
        (
            "--subscribers 0",
            "`0` is not a number of synthetic subscribers: allowed is a whole number from 1 to",
        ),
        (
            "--subscribers abc",
            "`abc` is not a number of synthetic subscribers",
        ),
        (
            "--subscribers 4294967296",
            "`4294967296` is not a number of synthetic subscribers",
        ),
        (
            "--days 0",
            "`0` is not a number of days: allowed is a whole number from 1 to 400",
        ),
        ("--days 401", "`401` is not a number of days"),
    ] {
        place
            .run(&format!("generate out --out more.csv {words}"))
            .failed(2, message);
    }
    assert!(!place.path("more.csv").exists());
    // A hundred times the people, from the same model.
    let many = place.run("generate out --out more.csv --subscribers 30000 --json");
    let many = many.json("erewhon.generate.v1");
    assert_eq!(many["subscribers"], 30_000);
}

#[test]
fn a_model_that_cant_be_read_says_why() {
    let place = Place::new();
    place.whole_run("").done();
    let model = place.path("out/release/model.json");
    let good = fs::read_to_string(&model).unwrap();
    let newer = good.replace("erewhon.model.v", "erewhon.model.v9");
    let fewer = good.replace("\"zone_of_cell\":[0,", "\"zone_of_cell\":[");
    for (text, words) in [
        (&good[..good.len() / 2], "the model was cut short"),
        (&newer, "was written by a newer program"),
        (&fewer, "entries where"),
    ] {
        assert_ne!(text, good);
        fs::write(&model, text).unwrap();
        for line in ["generate out --out more.csv", "report out"] {
            place.run(line).failed(1, words);
        }
    }
}

#[test]
fn what_is_no_plain_file_stays_what_it_is() {
    let place = Place::new();
    place.whole_run("").done();
    let generate = |out: &str| place.run(&format!("generate out --overwrite --out {out}"));
    generate("nowhere/more.csv")
        .failed(1, "there is no directory `nowhere` for `nowhere/more.csv`");
    fs::create_dir(place.path("there")).unwrap();
    generate("there").failed(2, "`there` is a directory");

    let kept = place.write("kept.csv", "kept");
    generate("kept.csv/more.csv").failed(1, "there is no directory `kept.csv`");
    symlink(&kept, place.path("link.csv")).unwrap();
    symlink("gone", place.path("loose.csv")).unwrap();
    for link in ["link.csv", "loose.csv"] {
        generate(link).failed(2, "is a symbolic link");
        assert!(place.path(link).symlink_metadata().unwrap().is_symlink());
    }
    assert_eq!(fs::read(kept).unwrap(), b"kept");

    let made = |program: &str, more: &[&str]| {
        let mut command = Command::new(program);
        command.current_dir(place.root.path()).args(more);
        command.output().is_ok_and(|made| made.status.success())
    };
    assert!(made("mkfifo", &["pipe.csv"]));
    generate("pipe.csv").failed(2, "is a device, a pipe or a socket");
    let cells = world().cells();
    let zones = "geo zones --tessellation voronoi --overwrite --out pipe.csv --cells";
    place
        .run(&format!("{zones} {}", cells.display()))
        .failed(2, "is a device, a pipe or a socket");
    assert!(
        place
            .path("pipe.csv")
            .metadata()
            .unwrap()
            .file_type()
            .is_fifo()
    );
    // The null device under another name: a program that replaced it would harm nobody.
    if !made("mknod", &["null.csv", "c", "1", "3"]) {
        eprintln!("skipped: no right to make a device");
        return;
    }
    generate("null.csv").failed(2, "is a device, a pipe or a socket");
    let device = place.path("null.csv").metadata().unwrap();
    assert!(device.file_type().is_char_device());
}
