//! What `mobility` says about the subscribers of shared records is what its slow twins say; the
//! records are not part of the project, and where they are missing nothing is tested.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
#![expect(clippy::print_stderr, reason = "a test says why it tests nothing")]

mod rows;

use std::{collections::BTreeMap, fs::File, io::Read as _, num::NonZeroU64, path::PathBuf};

use erewhon_events::{Event, EventKind, EventTable};
use erewhon_geo::{Cell, CellTable, Frame};
use erewhon_mobility::{
    Bandicoot, Distances, Entropy, Feature, Profiles, Public, Rhythm, Signature, Social, Space,
    Track, VisitRates,
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

/// A file of bandicoot's format and its cells; pieces of one subscriber each, none longer than asked.
/// A record at an antenna without a position is left out.
fn calls(records: &str, antennas: &str, longest: usize) -> Option<(CellTable, EventTable)> {
    let dir = "bandicoot-samples";
    let (mut sites, mut calls) = (
        shared(&format!("{dir}/{antennas}"))?,
        shared(&format!("{dir}/{records}"))?,
    );
    let mut text = String::new();
    sites.read_to_string(&mut text).unwrap();
    let cell = |line: &str| {
        let f: Vec<&str> = line.split(',').map(str::trim).collect();
        let at = |place: usize| f[place].parse::<f64>().unwrap();
        (f.len() == 3).then(|| Cell::geographic(f[0], at(1), at(2)))
    };
    let cells = text.lines().skip(1).filter_map(cell).collect();
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
            peer: NonZeroU64::new(f[2].bytes().fold(1, |sum, b| sum * 31 + u64::from(b))),
            duration_s: f[4].parse().unwrap_or(0),
            ..Event::at(time.as_millisecond(), cells.find(f[5])?, kind)
        };
        Some((Subscriber::new((row / longest) as u64), event))
    };
    let events = text.lines().skip(1).enumerate().filter_map(event).collect();
    let table = EventTable::from_rows(events);
    Some((cells, table))
}

#[test]
fn calls_and_messages() {
    // Pieces small enough for the twins.
    let Some((cells, table)) = calls("ego.csv", "antennas.csv", MOST_EVENTS) else {
        return;
    };
    let window = Window::parse("2014-03-02", 60, "UTC").unwrap();
    agree(&cells, &Calendar::new(&window).unwrap(), &table);
}

/// Columns and what they say.
type Told = &'static [(&'static str, f64)];

/// What bandicoot 0.6.0 itself says of its samples, a few of its columns.
const BANDICOOT: [(&str, &str, &str, Told); 2] = [
    (
        "ego.csv",
        "antennas.csv",
        "2014-03-02",
        &[
            ("reporting__bins", 8.0),
            (
                "active_days__allweek__allday__callandtext__std",
                2.598076211353316,
            ),
            (
                "call_duration__allweek__allday__call__std__std",
                689.2035500056488,
            ),
            (
                "percent_nocturnal__allweek__allday__text__mean",
                0.4213299884958871,
            ),
            (
                "percent_initiated_conversations__allweek__allday__callandtext__mean",
                0.3244815064488733,
            ),
            (
                "response_delay_text__allweek__allday__callandtext__mean__mean",
                2260.0,
            ),
            (
                "response_rate_text__allweek__allday__callandtext__mean",
                0.019497282608695654,
            ),
            (
                "entropy_of_contacts__allweek__allday__call__mean",
                1.4255452921421212,
            ),
            (
                "balance_of_contacts__allweek__allday__text__std__std",
                0.03204255345298535,
            ),
            (
                "percent_pareto_interactions__allweek__allday__call__mean",
                0.46753428644184947,
            ),
            (
                "percent_pareto_durations__allweek__allday__call__mean",
                0.42891383826257773,
            ),
            (
                "entropy_of_antennas__allweek__allday__mean",
                1.237160207223222,
            ),
            ("percent_at_home__allweek__allday__mean", 0.4727988231346973),
            (
                "radius_of_gyration__allweek__allday__mean",
                1.450380778920868,
            ),
            (
                "frequent_antennas__allweek__allday__std",
                0.4330127018922193,
            ),
            ("churn_rate__mean", 0.07391866292877004),
        ],
    ),
    (
        "u_test_antennas.csv",
        "towers.csv",
        "2013-12-10",
        &[
            ("reporting__number_of_records", 499.0),
            (
                "response_delay_text__allweek__allday__callandtext__std__mean",
                857.0038247029913,
            ),
            (
                "response_rate_text__allweek__allday__callandtext__mean",
                0.189873417721519,
            ),
            (
                "interactions_per_contact__allweek__allday__call__std__mean",
                6.531972647421808,
            ),
            ("percent_at_home__allweek__allday__mean", 0.5045871559633027),
            (
                "radius_of_gyration__allweek__allday__mean",
                195.8688821275707,
            ),
        ],
    ),
];

#[test]
fn bandicoot_says_the_same_of_its_samples() {
    for (records, antennas, first_day, told) in BANDICOOT {
        let Some((cells, table)) = calls(records, antennas, usize::MAX) else {
            return;
        };
        let calendar = Calendar::new(&Window::parse(first_day, 60, "UTC").unwrap()).unwrap();
        let public = Public {
            cells: &cells,
            calendar: &calendar,
        };
        for history in table.histories() {
            let track = Track::new(public, history);
            let said = row(Bandicoot, &track).unwrap();
            assert_eq!(difference(&said, &slow::bandicoot(&track)), None);
            for (name, told) in told {
                let here = said.iter().find(|of| of.0 == *name).unwrap().1.unwrap();
                assert!((here - told).abs() <= 1e-6 * told.abs(), "{name}: {here}");
            }
        }
    }
}
