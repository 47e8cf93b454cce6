//! A made-up country of travellers: who roams, trips along a road, visits of a hub.

use std::{collections::HashMap, fs};

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

/// Longitude and latitude of the junctions of a country's roads.
fn junctions(place: &Place) -> HashMap<String, (String, String)> {
    let roads = fs::read_to_string(place.path("country/truth/roads.csv")).unwrap();
    let ends = roads.lines().skip(1).flat_map(|road| {
        let words: Vec<String> = road.split(',').map(str::to_owned).collect();
        let end = |name: usize, lat: usize| {
            (
                words[name].clone(),
                (words[lat + 1].clone(), words[lat].clone()),
            )
        };
        [end(0, 2), end(1, 4)]
    });
    ends.collect()
}

fn amounts(table: &str, with: &str) -> u64 {
    let rows = table.lines().filter(|line| line.contains(with));
    rows.map(|line| {
        line.split(',')
            .rev()
            .nth(1)
            .unwrap()
            .parse::<u64>()
            .unwrap()
    })
    .sum()
}

#[test]
fn travel_is_counted_along_lines_and_at_places_that_are_declared() {
    let place = Place::new();
    place.open_budget();
    let make = "world make --travel --location-updates 5 --out country --subscribers 1000 --days 3";
    place.run(make).done();
    place
        .run(
            "ingest --events country/cdr.csv --cells country/cells.csv --format cdr_roaming \
             --first-day 2026-03-02 --days 3 --time-zone Europe/Berlin --out out",
        )
        .done();
    let junctions = junctions(&place);
    let at = |name: &str| {
        let (lon, lat) = &junctions[name];
        format!("[{lon}, {lat}]")
    };
    let line = ["town2", "village12", "hub"].map(at).join(", ");
    let definitions = |line: &str| {
        format!(
            "own_mcc = [262]\n[[corridors]]\nname = \"road\"\nline = [{line}]\nfree_flow_km_h = 69.0\n\
             [[hubs]]\nname = \"hub\"\nat = {}\nwithin_m = 1200.0\n",
            at("hub")
        )
    };
    fs::write(place.path("travel.toml"), definitions(&line)).unwrap();
    let compute = "mobility compute out --zones h3-6 --why check --families \
                   corridor_trips_weekly,hub_visits_daily,population_types";
    let refused = place.run(compute).failed(2, "definitions have none");
    assert!(refused.err.contains("[[corridors]]"), "{}", refused.err);
    place
        .run(&format!("{compute} --definitions travel.toml"))
        .done();
    let table = |name: &str| {
        fs::read_to_string(place.path(&format!("out/internal/mobility/h3-6/{name}.csv"))).unwrap()
    };
    let trips = table("corridor_trips_weekly");
    let (travel_s, free_s) = (
        amounts(&trips, ",travel_s,"),
        amounts(&trips, ",free_flow_s,"),
    );
    assert!(
        amounts(&trips, ",trips,") > 50 && free_s < travel_s && travel_s < 5 * free_s,
        "{trips}"
    );
    let visits = table("hub_visits_daily");
    assert!(amounts(&visits, ",abroad,visiting,") > 3, "{visits}");
    assert!(
        amounts(&visits, ",own,") == 0 && amounts(&visits, ",unknown,") > 20,
        "{visits}"
    );
    assert!(table("population_types").contains(",commuter,"));

    // With no country of one's own, nobody's network is told apart, and that is said.
    let homeless = definitions(&line).replace("own_mcc = [262]\n", "");
    fs::write(place.path("homeless.toml"), homeless).unwrap();
    let said = place
        .run(&format!(
            "{compute} --definitions homeless.toml --out homeless"
        ))
        .done();
    assert!(said.err.contains("no `own_mcc`"), "{}", said.err);
    let visits =
        fs::read_to_string(place.path("out/internal/mobility/homeless/hub_visits_daily.csv"));
    assert!(!visits.unwrap().contains(",abroad,"));

    // Latitude for longitude.
    fs::write(
        place.path("swapped.toml"),
        definitions("[45.9, -29.9], [46.0, -29.9]"),
    )
    .unwrap();
    let swapped = format!("{compute} --definitions swapped.toml --out swapped");
    let refused = place
        .run(&swapped)
        .failed(1, "no cell is within 2000 m of the corridor `road`");
    assert!(
        refused.err.contains("longitude, then latitude"),
        "{}",
        refused.err
    );
    assert!(!place.path("out/internal/mobility/swapped").exists());

    let release = "mobility release out --families corridor_trips_weekly,hub_visits_daily:4 --zones h3-6 \
                   --epsilon 0.5 --purpose statistics --definitions";
    let dry = place
        .run(&format!("{release} travel.toml --dry-run"))
        .done();
    for words in [
        "corridor_trips_weekly.subscribers",
        "free_flow_s",
        "hub_visits_daily.visits",
    ] {
        assert!(dry.out.contains(words), "{}", dry.out);
    }
    place.run(&format!("{release} travel.toml --yes")).done();
    let mut there = fs::read_dir(place.path("out/families")).unwrap();
    let release = there.next().unwrap().unwrap().path();
    let said = fs::read_to_string(release.join("privacy.json")).unwrap();
    assert!(
        said.contains("\"road\"") && said.contains("free_flow_km_h"),
        "{said}"
    );
    let rows = fs::read_to_string(release.join("families.csv")).unwrap();
    // Every hour, direction and measure, whether anybody travelled or not.
    let hours = rows
        .lines()
        .filter(|line| line.starts_with("corridor_trips_weekly.amount,"));
    assert_eq!(hours.count(), 168 * 2 * 3, "{rows}");
}
