//! A made-up country of travellers, from its making to a store that knows who roams.

use crate::Place;

#[test]
fn home_networks_of_a_world_with_travel_arrive_in_the_store() {
    let place = Place::new();
    place.open_budget();
    let make = "world make --travel --out country --subscribers 300 --days 7 --cells 30 --json";
    let made = place.run(make).json("erewhon.world.v1");
    assert_eq!(made["format"], "cdr_roaming");
    let ingest = |format: &str| {
        place.run(&format!(
            "ingest --events country/cdr.csv --cells country/cells.csv --format {format} \
             --first-day 2026-03-02 --days 7 --time-zone Europe/Berlin --out out --json"
        ))
    };
    let plain = ingest("cdr").failed(1, "does not know");
    assert!(plain.out.contains("`home_network`"), "{}", plain.out);
    let quality = ingest("cdr_roaming").json("erewhon.ingest.v3");
    let homes = &quality["contents"]["homes"];
    let countries = homes["countries"].as_array().unwrap();
    assert!(countries.len() > 2, "{homes}");
    for home in countries {
        let country = home["country"].as_str().unwrap();
        assert!(["CH", "FR", "GB", "IT", "US"].contains(&country), "{homes}");
    }
    let roaming: u64 = countries
        .iter()
        .map(|c| c["events"].as_u64().unwrap())
        .sum();
    let kept = quality["rows_kept"].as_u64().unwrap();
    assert_eq!(homes["events_without"].as_u64().unwrap() + roaming, kept);
    assert!(0 < roaming && 10 * roaming < kept, "{roaming} of {kept}");
    place.run("store check out").done();
}
