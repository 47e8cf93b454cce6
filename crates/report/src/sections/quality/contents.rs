use std::fmt;

use erewhon_events::{
    EventKind, FileContents, HomeCountry, Homes, KindContents, QualityReport, Quantiles, Roaming,
};
use erewhon_types::Window;

use super::{Bar, bars, code, daily, share};
use crate::{
    html::{Td, note, num, p, table, text},
    number::{MISSING, bytes, count},
};

pub(super) fn body(q: &QualityReport, window: &Window) -> String {
    let (contents, crowd) = (&q.contents, &q.crowd);
    let (Some(first), Some(last)) = (contents.first_utc, contents.last_utc) else {
        return p("Not available: no event was kept.");
    };
    let span = format!(
        "The first event is of {first}, the last of {last}. {} cells have events.",
        count(contents.cells_met)
    );
    let hour = |(hour, &n): (usize, &u64)| Bar {
        name: format!("{hour:02}:00"),
        n,
        quiet: false,
    };
    let hours: Vec<Bar> = contents
        .events_by_hour
        .iter()
        .enumerate()
        .map(hour)
        .collect();
    let far = format!(
        "{} subscribers have more than {} events, which is far from the crowd (the outer fence of \
         the logarithm: the upper quartile times the cube of the quartiles' ratio).",
        count(crowd.beyond_fence),
        count(crowd.fence)
    );
    p(&span)
        + &bars("Events by hour of the local clock", "events", &hours)
        + &bars(
            "Subscribers by local day",
            "subscribers",
            &daily(&contents.subscribers_by_day, window),
        )
        + &kinds(&contents.kinds)
        + &table(
            "Events per subscriber and per cell",
            &[
                "",
                "Number#",
                "Lower quartile#",
                "Median#",
                "Upper quartile#",
                "99 %#",
                "Most#",
            ],
            vec![
                quantiles("events per subscriber", crowd.events_per_subscriber),
                quantiles("events per cell", contents.events_per_cell),
            ],
        )
        + &p(&far)
        + &devices(&contents.events_by_device)
        + &homes(&contents.homes)
}

fn quantiles(name: &str, q: Quantiles) -> [Td; 7] {
    let [n, p25, p50, p75, p99, max] =
        [q.n, q.p25, q.p50, q.p75, q.p99, q.max].map(|n| num(count(n)));
    [text(name), n, p25, p50, p75, p99, max]
}

/// What a kind can't have is left empty: a message has no duration, a call no bytes.
fn kinds(kinds: &[KindContents]) -> String {
    let row = |k: &KindContents| {
        let durations = k.duration_s.n > 0;
        let only = |has: bool, text: String| num(if has { text } else { String::new() });
        [
            code(&k.kind),
            num(count(k.events)),
            num(share(k.without_peer, k.events)),
            num(share(k.without_duration, k.events)),
            only(durations, format!("{} s", count(k.duration_s.p50))),
            only(durations, format!("{} s", count(k.duration_s.max))),
            num(share(k.without_bytes, k.events)),
            only(
                k.kind == EventKind::Topup.name(),
                share(k.without_amount, k.events),
            ),
            num(bytes(k.bytes_up)),
            num(bytes(k.bytes_down)),
        ]
    };
    table(
        "Kinds, and how much of each is missing",
        &[
            "Kind",
            "Events#",
            "No other party#",
            "No duration#",
            "Median duration#",
            "Longest#",
            "No bytes#",
            "No amount#",
            "Sent#",
            "Received#",
        ],
        kinds.iter().map(row).collect(),
    )
}

fn devices(devices: &[(String, u64)]) -> String {
    let total = devices.iter().map(|(_, n)| n).sum();
    let row = |(device, n): &(String, u64)| [code(device), num(count(*n)), num(share(*n, total))];
    table(
        "Events by class of device",
        &["Class", "Events#", "Share#"],
        devices.iter().map(row).collect(),
    )
}

/// Who is at home where; nothing where no event has a home network.
fn homes(homes: &Homes) -> String {
    if homes.countries.is_empty() {
        return String::new();
    }
    let all: u64 = homes.countries.iter().map(|home| home.events).sum();
    let row = |home: &HomeCountry| {
        let country = home.country.as_deref().unwrap_or("no country");
        let roaming = match home.roaming {
            Roaming::Domestic => "domestic",
            Roaming::Inbound => "inbound",
            Roaming::Unknown => "not known",
        };
        [
            text(country),
            text(roaming),
            num(count(home.events)),
            num(share(home.events, all)),
            num(count(home.subscribers)),
        ]
    };
    table(
        "Home networks by country",
        &["Country", "Roaming", "Events#", "Share#", "Subscribers#"],
        homes.countries.iter().map(row).collect(),
    ) + &note(&format!(
        "A phone is at home in the country of its home network, and domestic where the ids of the \
         cell list begin with a code of that country. {} events have no home network.",
        count(homes.events_without)
    ))
}

fn at(time: Option<impl fmt::Display>) -> String {
    time.map_or_else(|| MISSING.to_owned(), |time| time.to_string())
}

/// Each file's time span, and what was wrong in it.
pub(super) fn files(q: &QualityReport) -> String {
    let row = |f: &FileContents| {
        let bad: u64 = f.rules.iter().map(|rule| rule.rows).sum();
        let most = f.rules.iter().max_by_key(|rule| rule.rows);
        [
            text(&f.name),
            text(&at(f.first_utc)),
            text(&at(f.last_utc)),
            num(count(f.rows_good)),
            num(count(bad)),
            num(share(bad, f.rows_good + bad)),
            most.map_or_else(|| text(""), |rule| code(&rule.rule)),
        ]
    };
    table(
        "Rows of each file, before exact duplicates go",
        &[
            "File",
            "Earliest",
            "Latest",
            "Good rows#",
            "Set aside#",
            "Share#",
            "Most for",
        ],
        q.files.iter().map(row).collect(),
    )
}
