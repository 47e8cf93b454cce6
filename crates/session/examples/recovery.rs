//! What A7 recovers of trajectories from exact counts by hour, beside staying put.
//!
//! `cargo run --release -p erewhon-session --example recovery -- RUN COUNTRY`, on a run of at most 2,000 made-up people,
//! such as `erewhon world make --subscribers 2000 --days 7 --location-updates 30` and `erewhon ingest` give. It
//! opens the store without the door's ledger, which the product has no way to do; its figures are exact.
#![expect(clippy::print_stdout, reason = "the figures are its result")]

use std::path::Path;

use erewhon_geo::ZoneTree;
use erewhon_mobility::Public;
use erewhon_risk::{People, Tables, recover_trajectories};
use erewhon_session::Session;
use erewhon_store::Store;
use erewhon_types::{Error, Result, percent};

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [run, country] = words.as_slice() else {
        return Err(Error::usage(
            "the directories of a run and of its made-up country are needed",
        ));
    };
    if !Path::new(country).join("truth/people.csv").is_file() {
        return Err(Error::usage(format!("`{country}` is no made-up country")));
    }
    let store = Path::new(run).join("internal/store");
    let session = Session::open(&store)?;
    let public = Public {
        cells: session.cells(),
        calendar: session.calendar(),
    };
    let people = People::read(&Store::create_or_open(&store)?.source()?, &public)?;
    println!(
        "| zones | recovered by day | usual places | staying put | staying by night | most popular | in all |"
    );
    println!("|---|---|---|---|---|---|---|");
    let tree = ZoneTree::build(session.cells());
    for level in [4, 6, tree.depth()] {
        let zones = tree.partition(level);
        let tables = Tables::exact(&people, &public, zones.clone(), 1)?;
        let found = recover_trajectories(&tables, &people, &public)?;
        let by_day = [
            found.by_day,
            found.usual_by_day,
            found.stay_by_day,
            found.stay_by_night_by_day,
            found.popular_by_day,
            found.in_all,
        ];
        let by_day = by_day.map(|rate| percent(rate.share())).join(" | ");
        println!("| {} | {by_day} |", zones.zones());
    }
    Ok(())
}
