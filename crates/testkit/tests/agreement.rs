//! What `mobility` says about the subscribers of shared records is what its slow twins say; the
//! records are not part of the project, and where they are missing nothing is tested.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
#![expect(clippy::print_stderr, reason = "a test says why it tests nothing")]

mod rows;

use std::{collections::BTreeMap, fs::File, io::Read as _, num::NonZeroU64, path::PathBuf};

use erewhon_events::{Event, EventKind, EventTable};
use erewhon_geo::{Cell, CellTable, Frame};
use erewhon_mobility::{
    Distances, Entropy, Feature, Profiles, Public, Rhythm, Signature, Social, Space, Track,
    VisitRates,
};
use erewhon_testkit::mobility::{self as slow, Values, difference};
use erewhon_types::{Calendar, Subscriber, Window};
use rows::row;

/// More events would keep the twins busy for minutes.
const MOST_EVENTS: usize = 200;

fn shared(name: &str) -> Option<File> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let path = here.join("../../../shared/data").join(name);
    let file = File::open(&path).ok();
    if file.is_none() {
        eprintln!("nothing tested: {} is missing", path.display());
    }
    file
}

fn agree(cells: &CellTable, calendar: &Calendar, table: &EventTable) {
    let public = Public { cells, calendar };
    let mut subscribers = 0;
    for history in table.histories() {
        if history.events.len() > MOST_EVENTS {
            continue;
        }
        let track = Track::new(public, history);
        assert_eq!(track.events().len(), history.events.len());
        same(&track, Space::two(), slow::space(&track, 2));
        same(&track, Distances, slow::distances(&track));
        same(&track, VisitRates, slow::visits(&track));
        same(&track, Entropy, slow::entropy(&track));
        same(&track, Rhythm, slow::rhythm(&track));
        same(&track, Social::thousand(), slow::social(&track, 1_000));
        let profiles = Profiles::thirds();
        same(&track, Signature { profiles }, slow::signature(&track));
        subscribers += 1;
    }
    assert!(subscribers > 0);
}

fn same(track: &Track<'_>, feature: impl Feature, twin: Values) {
    assert_eq!(difference(&row(feature, track).unwrap(), &twin), None);
}

#[test]
fn check_ins() {
    let Some(file) = shared("foursquare-nyc/events.derived.csv.gz") else {
        return;
    };
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(file)
        .read_to_string(&mut text)
        .unwrap();
    let fields: Vec<Vec<&str>> = text
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect())
        .collect();
    let venues: BTreeMap<&str, (f64, f64)> = fields
        .iter()
        .map(|f| (f[2], (f[3].parse().unwrap(), f[4].parse().unwrap())))
        .collect();
    let cell = |(id, &(lat, lon)): (&&str, &(f64, f64))| Cell::geographic(*id, lat, lon);
    let cells = CellTable::new(Frame::Geographic, venues.iter().map(cell).collect()).unwrap();
    let event = |f: &Vec<&str>| {
        let time: jiff::Timestamp = f[1].parse().unwrap();
        let cell = cells.find(f[2]).unwrap();
        let subscriber = Subscriber::new(f[0].parse().unwrap());
        (
            subscriber,
            Event::at(time.as_millisecond(), cell, EventKind::Data),
        )
    };
    let table = EventTable::from_rows(fields.iter().map(event).collect());
    let window = Window::parse("2012-04-03", 325, "America/New_York").unwrap();
    agree(&cells, &Calendar::new(&window).unwrap(), &table);
}

#[test]
fn calls_and_messages() {
    let dir = "bandicoot-samples";
    let (Some(mut sites), Some(mut calls)) = (
        shared(&format!("{dir}/antennas.csv")),
        shared(&format!("{dir}/ego.csv")),
    ) else {
        return;
    };
    let mut text = String::new();
    sites.read_to_string(&mut text).unwrap();
    let cell = |line: &str| {
        let f: Vec<&str> = line.split(',').collect();
        Cell::geographic(f[0], f[1].parse().unwrap(), f[2].parse().unwrap())
    };
    let cells = text.lines().skip(1).map(cell).collect();
    let cells = CellTable::new(Frame::Geographic, cells).unwrap();
    text.clear();
    calls.read_to_string(&mut text).unwrap();
    let event = |(row, line): (usize, &str)| {
        let f: Vec<&str> = line.split(',').collect();
        let kind = match (f[0], f[1]) {
            ("call", "in") => EventKind::CallIn,
            ("call", _) => EventKind::CallOut,
            (_, "in") => EventKind::SmsIn,
            _ => EventKind::SmsOut,
        };
        let time: jiff::civil::DateTime = f[3].replace(' ', "T").parse().unwrap();
        let time = time.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
        let event = Event {
            peer: NonZeroU64::new(f[2].bytes().map(u64::from).sum()),
            ..Event::at(time.as_millisecond(), cells.find(f[5]).unwrap(), kind)
        };
        // Pieces small enough for the twins.
        (Subscriber::new((row / MOST_EVENTS) as u64), event)
    };
    let table = EventTable::from_rows(text.lines().skip(1).enumerate().map(event).collect());
    let window = Window::parse("2014-03-02", 60, "UTC").unwrap();
    agree(&cells, &Calendar::new(&window).unwrap(), &table);
}
