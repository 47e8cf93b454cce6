//! Processor time of what a track works out, in ns per event on one core: `derived EVENTS CELLS`,
//! on the files of `erewhon bench mobility`. Linux.

use std::{fs, path::Path};

use erewhon_events::{EventSource as _, read_places};
use erewhon_geo::read_cells;
use erewhon_mobility::{AnchorRule, HourSet, Public, Track, anchors, modal_cell};
use erewhon_types::{Calendar, Error, Result, Window};

type Work = fn(&Track<'_>) -> usize;

const WORKS: [(&str, Work); 15] = [
    ("track", |track| track.events().len()),
    ("visits", |track| track.visits().len()),
    ("stays", |track| track.stays().len()),
    ("stays, trips", |track| track.trips().len()),
    ("stays, places", |track| track.places().all().len()),
    ("stays, activity space", |track| {
        track.activity_space().all().len()
    }),
    ("home_nights, work_days", |track| {
        let night = HourSet::of(&[(19, 24), (0, 7)], false);
        let work = HourSet::of(&[(9, 12), (14, 17)], true);
        let found = [modal_cell(track, night, 7), modal_cell(track, work, 0)];
        found.into_iter().flatten().count()
    }),
    ("signalling", |track| found(track, AnchorRule::signalling())),
    ("nights", |track| found(track, AnchorRule::nights())),
    ("stable_points", |track| {
        found(track, AnchorRule::stable_points())
    }),
    ("night_events", |track| {
        found(track, AnchorRule::night_events())
    }),
    ("modal_location", |track| {
        found(track, AnchorRule::modal_location())
    }),
    ("majority_location", |track| {
        found(track, AnchorRule::majority_location())
    }),
    ("last_of_day", |track| {
        found(track, AnchorRule::last_of_day())
    }),
    ("all but the other presets", |track| {
        track.trips().len()
            + track.places().all().len()
            + track.activity_space().all().len()
            + usize::from(track.anchors().home.is_some())
    }),
];

fn found(track: &Track<'_>, rule: AnchorRule) -> usize {
    usize::from(anchors(track, &rule).home.is_some())
}

#[expect(clippy::print_stdout, reason = "an example prints")]
fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let (Some(events), Some(cells)) = (args.next(), args.next()) else {
        return Err(Error::usage("usage: derived EVENTS.parquet CELLS.csv"));
    };
    let (cells, _) = read_cells(Path::new(&cells))?;
    let calendar = Calendar::new(&Window::parse("2024-01-01", 30, "UTC")?)?;
    let public = Public {
        cells: &cells,
        calendar: &calendar,
    };
    let columns = ["user", "ts", "cell"];
    let parts = read_places(
        Path::new(&events),
        columns,
        calendar.start_utc_ms(),
        cells.len(),
    )?;
    let (parts, mut base) = (parts.parts(), 0.0);
    for (name, work) in WORKS {
        let (mut seen, mut got, before) = (0, 0, spent_ns());
        for part in &parts {
            part.visit(&mut |history| {
                let track = Track::new(public, history);
                seen += track.events().len();
                got += work(&track);
                Ok(())
            })?;
        }
        let ns = (spent_ns() - before) / seen as f64;
        println!("{name:<28} {:6.1} ns per event, result {got}", ns - base);
        if base == 0.0 {
            base = ns;
        }
    }
    Ok(())
}

/// Processor time of this thread.
fn spent_ns() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let first = text.split(' ').next();
    first.and_then(|ns| ns.parse().ok()).unwrap_or(f64::NAN)
}
