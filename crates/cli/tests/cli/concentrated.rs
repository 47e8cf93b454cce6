//! A population that is kept in rho, from the command line.

use std::fs;

use crate::{Place, world};

const EACH: &str = "0.265";

#[test]
fn a_year_of_releases_fits_into_one_budget_and_the_first_verifies() {
    let place = Place::new();
    let opened = place
        .run("budget open --population p --epsilon 1 --delta 1e-6")
        .done();
    assert!(
        opened.out.contains("epsilon at delta 1e-6"),
        "{}",
        opened.out
    );
    let dry = format!("--out out --epsilon {EACH} --dry-run");
    let dry = place.reads("run", &world().cdr(), &world().cells(), &dry);
    let words = dry.done().err;
    assert!(words.contains("cost k^2 times rho 0.00"), "{words}");
    let line = format!("--out out --epsilon {EACH} --yes");
    let said = place
        .reads("run", &world().cdr(), &world().cells(), &line)
        .done();
    assert!(
        said.out.contains("epsilon 0.265 at delta 1e-6 (rho 0.00"),
        "{}",
        said.out
    );

    // The files say so, and whoever has them can check it.
    let read = |name: &str| fs::read_to_string(place.path("out/release").join(name)).unwrap();
    let statement: serde_json::Value = serde_json::from_str(&read("privacy.json")).unwrap();
    let rhos = statement["queries"].as_array().unwrap().iter();
    let sum: f64 = rhos.map(|query| query["rho"].as_f64().unwrap()).sum();
    assert!((sum - statement["rho"].as_f64().unwrap()).abs() < 1e-12);
    assert_eq!(statement["delta"], 1e-6);
    assert!(read("report.html").contains("zero-concentrated differential privacy"));
    assert!(read("release.json").contains("erewhon.release.v2"));
    place.approve().done();
    let verify = "release verify out/release --trust data/erewhon/vault/requester.key.pub \
                  second.key.pub";
    let verified = place.run(verify).done().out;
    assert!(verified.contains("0.265 at delta 1e-6 (rho"), "{verified}");
    // How far noise reaches is that of each query.
    let home = statement["queries"].as_array().unwrap().iter();
    let home = home
        .into_iter()
        .find(|query| query["name"] == "home")
        .unwrap();
    let tables = read("tables.csv");
    let row = tables
        .lines()
        .find(|line| line.starts_with("home,"))
        .unwrap();
    let header: Vec<&str> = tables.lines().next().unwrap().split(',').collect();
    let value = |name: &str| {
        let at = header.iter().position(|column| *column == name).unwrap();
        row.split(',').nth(at).unwrap().parse::<f64>().unwrap()
    };
    let width = value("high_95_people") - value("low_95_people");
    assert!((width - 2.0 * home["noise_95_people"].as_f64().unwrap()).abs() < 0.01);

    let fit = format!("fit out --epsilon {EACH} --yes");
    for month in 2..=12 {
        fs::remove_dir_all(place.path("out/release")).unwrap();
        let code = place.run(&fit).code;
        assert_eq!(code, Some(0), "month {month}");
    }
    fs::remove_dir_all(place.path("out/release")).unwrap();
    place.run(&fit).failed(4, "epsilon `0.265` is asked");
    let budget = place.run("budget show --json").json("erewhon.budget.v1");
    assert!(budget["spent_micros"].as_u64().unwrap() <= 1_000_000);
    let rho = |name: &str| budget[name].as_u64().unwrap();
    assert_eq!(rho("spent_rho_nanos") % 12, 0);
    assert_eq!(
        rho("spent_rho_nanos") + rho("left_rho_nanos"),
        rho("total_rho_nanos")
    );
}

#[test]
fn a_preview_says_what_either_measure_gives() {
    let place = Place::new();
    let cells = world().cells();
    let line = format!(
        "budget preview --format cdr --cells {} --first-day 2026-03-02 --days 28 \
         --time-zone Europe/Berlin --epsilon 1",
        cells.display()
    );
    let pure = place.run(&line).done().out;
    assert!(
        pure.contains("Noise: discrete Laplace. In a population"),
        "{pure}"
    );
    let rho = place.run(&format!("{line} --delta 1e-6")).done().out;
    assert!(
        rho.contains("Noise: discrete Gaussian. In pure epsilon"),
        "{rho}"
    );
    assert!(rho.contains("come to epsilon 12 instead of 3."), "{rho}");
    for (more, words) in [
        ("--delta 0.5", "outside the allowed range"),
        ("--delta -1", "is not a positive number"),
        ("--delta x", "is not a positive number"),
    ] {
        place.run(&format!("{line} {more}")).failed(2, words);
    }
}
