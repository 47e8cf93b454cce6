//! How many homes and works each preset finds, against the truth of a reference country, by records
//! per subscriber and day: `anchor_accuracy WORLD`, a directory of `erewhon world make`, with the
//! first day, number of days and time zone that it printed.

use std::{collections::HashMap, fs, path::Path};

use erewhon_events::{EventSource as _, Key, Load, MAX_QUARANTINED_SHARE, Mapping, Rules, ingest};
use erewhon_geo::{CellTable, read_cells};
use erewhon_mobility::{AnchorRule, Public, Track, anchors};
use erewhon_types::{Calendar, CellIx, Error, Result, Window};

/// Least records a day of each class of subscribers.
const CLASSES: [f64; 6] = [0.0, 1.0, 3.0, 6.0, 12.0, 20.0];

/// People with a truth, with an anchor, in the right cell, within 1 km, within 3 km.
type Hits = [u32; 5];

type Truth = HashMap<u64, [Option<CellIx>; 2]>;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [world, first_day, days, time_zone] = args.as_slice() else {
        return Err(Error::usage(
            "usage: anchor_accuracy WORLD FIRST_DAY DAYS TIME_ZONE",
        ));
    };
    let days = days
        .parse()
        .map_err(|_| Error::usage("days are a number"))?;
    let calendar = Calendar::new(&Window::parse(first_day, days, time_zone)?)?;
    let world = Path::new(world);
    let (cells, issues) = read_cells(&world.join("cells.csv"))?;
    let key = Key::from_bytes([7; 32]);
    let (mapping, rules) = (Mapping::load("cdr")?, Rules::default());
    let load = Load {
        files: &[world.join("cdr.csv")],
        mapping: &mapping,
        cells: &cells,
        cell_issues: &issues,
        calendar: &calendar,
        key: &key,
        subjects: None,
        withdrawn: &[],
        max_quarantined_share: MAX_QUARANTINED_SHARE,
        rules: &rules,
    };
    let events = ingest(load, None, &mut |_, _| ())?.events;
    let truth = truth(&world.join("truth/people.csv"), &cells, &key)?;
    let public = Public {
        cells: &cells,
        calendar: &calendar,
    };
    let mut hits = [[[[0; 5]; 2]; CLASSES.len()]; AnchorRule::PRESETS.len()];
    events.visit(&mut |history| {
        let track = Track::new(public, history);
        let Some(truth) = truth.get(&history.subscriber.bits()) else {
            return Ok(());
        };
        let a_day = track.events().len() as f64 / f64::from(days);
        let class = CLASSES.partition_point(|&least| least <= a_day) - 1;
        for ((_, rule), hits) in AnchorRule::PRESETS.iter().zip(&mut hits) {
            let found = anchors(&track, rule);
            let found = [found.home, found.work].map(|anchor| anchor.map(|a| a.cell));
            for ((hits, truth), found) in hits[class].iter_mut().zip(truth).zip(found) {
                add(hits, &cells, *truth, found);
            }
        }
        Ok(())
    })?;
    print(&hits);
    Ok(())
}

fn add(hits: &mut Hits, cells: &CellTable, truth: Option<CellIx>, found: Option<CellIx>) {
    let Some(truth) = truth else { return };
    let near = |radius_m| found.is_some_and(|found| cells.are_within_m(truth, found, radius_m));
    let hit = [
        true,
        found.is_some(),
        found == Some(truth),
        near(1_000.0),
        near(3_000.0),
    ];
    for (sum, hit) in hits.iter_mut().zip(hit) {
        *sum += u32::from(hit);
    }
}

/// Home and work cell of each number.
fn truth(path: &Path, cells: &CellTable, key: &Key) -> Result<Truth> {
    let text = fs::read_to_string(path).map_err(|error| Error::io("read", path, &error))?;
    let person = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let cell = |at: usize| cells.find(fields.get(at)?);
        let number = fields.first().unwrap_or(&"").as_bytes();
        (key.pseudonym(number).bits(), [cell(4), cell(5)])
    };
    Ok(text.lines().skip(1).map(person).collect())
}

#[expect(clippy::print_stdout, reason = "an example prints")]
fn print(hits: &[[[Hits; 2]; CLASSES.len()]; AnchorRule::PRESETS.len()]) {
    for (anchor, what) in ["home", "work"].into_iter().enumerate() {
        println!(
            "\n{what}: found; right cell / within 1 km / within 3 km, in % of all with a truth"
        );
        let people = CLASSES
            .iter()
            .zip(&hits[0])
            .map(|(least, of)| format!("{:>24}", format!("{least}+ a day ({})", of[anchor][0])));
        println!("{:<18}{}", "", people.collect::<String>());
        for ((name, rule), of_rule) in AnchorRule::PRESETS.iter().zip(hits) {
            if anchor == 1 && !rule.knows_work() {
                continue;
            }
            let cell = |of: &[Hits; 2]| {
                let [all, rest @ ..] = of[anchor];
                let [found, right, km1, km3] =
                    rest.map(|n| (100.0 * f64::from(n) / f64::from(all.max(1))).round());
                format!("{:>24}", format!("{found}; {right} / {km1} / {km3}"))
            };
            println!("{name:<18}{}", of_rule.iter().map(cell).collect::<String>());
        }
    }
}
