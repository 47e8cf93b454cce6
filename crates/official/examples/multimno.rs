//! CPU seconds of each product on multimno's own made events: `cargo run --release -p erewhon-official --example multimno -- DIR`,
//! where DIR holds `bronze` and `out_multimno`.

#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use std::{fs, path::Path, sync::Arc};

use erewhon_official::{
    CellCounts, Day, Groups, Mcc, Overlaps, PermanenceRule, PresentRule, Reach, Seen, SegmentRule,
    SignalRule, footprints, held,
    multimno::{
        Names, read_cell_overlaps, read_events, read_footprints, read_grid, read_transmitters,
    },
    nearest, present, scores, segments,
};
use erewhon_types::{Calendar, Result, Window};
use jiff::civil::date;

/// CPU seconds of this process so far, all threads, to a hundredth.
fn cpu_s() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or("")
        .split_whitespace()
        .collect();
    let ticks = |at: usize| {
        fields
            .get(at)
            .and_then(|f| f.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    (ticks(11) + ticks(12)) / 100.0
}

/// Runs something so often that its CPU seconds can be told.
fn timed<T>(name: &str, mut run: impl FnMut() -> Result<T>) -> Result<T> {
    let begun = cpu_s();
    let mut times = 0;
    loop {
        let made = run()?;
        times += 1;
        let spent = cpu_s() - begun;
        if spent > 0.5 || times == 100 {
            println!("{name:<46} {:>9.4} CPU s", spent / f64::from(times));
            return Ok(made);
        }
    }
}

fn main() -> Result<()> {
    let root = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let silver = Path::new(&root).join("out_multimno/silver");
    let at = |name: &str| silver.join(name);
    let of = date(2023, 1, 8);
    let day = Day::of(&Calendar::new(&Window::parse("2023-01-08", 1, "UTC")?)?, 0)?;
    let mut names = Names::default();

    let network = timed("read the network of a day", || {
        read_transmitters(
            &at("network_coverage/mno_network"),
            of,
            origin(&at("setup/grid"))?,
        )
    })?;
    let (grid, _) = timed("read the grid", || read_grid(&at("setup/grid")))?;
    let cells: Vec<_> = network.iter().map(|(_, cell)| *cell).collect();
    timed("footprints of a day, computed", || {
        footprints(&cells, &grid, &SignalRule::MULTIMNO)
    })?;
    let dominance = timed("read the footprints of a day", || {
        read_footprints(
            &at("network_coverage/cell_footprint"),
            "signal_dominance",
            of,
            &mut names,
        )
    })?;
    let dominance = Arc::new(dominance);
    let connection = timed("connection probabilities and posterior", || {
        let connection = dominance.connection();
        connection.posterior(&vec![1.0; connection.tiles().len()])?;
        Ok(connection)
    })?;
    let groups = timed("groups of tiles, with their names", || {
        let groups = Groups::of(&dominance);
        (0..groups.len() as u32).for_each(|g| drop(groups.name(erewhon_official::GroupIx(g))));
        Ok(groups)
    })?;
    timed("overlaps of cells, computed", || {
        Ok(Overlaps::of_footprints(&dominance, 100.0))
    })?;
    let people = timed("read all events", || {
        read_events(
            &at("cleaning/mno_events_flagged"),
            Mcc::new(214)?,
            &mut names,
        )
    })?;
    let today: Vec<&[Seen]> = people.all().map(|(_, seen)| around(seen, &day)).collect();
    println!(
        "{} people, {} events of the day",
        people.len(),
        today.iter().map(|s| s.len()).sum::<usize>()
    );

    let rule = PresentRule {
        min_change: 10.0,
        ..PresentRule::MULTIMNO
    };
    timed("present population, two moments", || {
        for hour in [0, 12] {
            let mut counts = CellCounts::none(names.len().max(connection.cells()));
            for (_, seen) in people.all() {
                counts.add(nearest(seen, day.hour_ms(hour), rule.tolerance_ms));
            }
            present(&counts, &connection, grid.len(), &rule)?;
        }
        Ok(())
    })?;
    timed("daily permanence, one day", || {
        let (rule, mut reach) = (PermanenceRule::MULTIMNO, Reach::over(&dominance));
        let slots = today.iter().map(|seen| {
            let held = held(seen, &day, &rule, &mut reach);
            scores(seen, &held, &day, &rule, &groups).len()
        });
        Ok(slots.sum::<usize>())
    })?;
    let table = at("network_coverage/cell_intersection_groups");
    let overlaps = read_cell_overlaps(&table, of, &mut names)?;
    timed("time segments, one day", || {
        let of_day = today.iter().map(|seen| {
            let from = seen.partition_point(|s| s.at_ms < day.start_ms());
            segments(None, &seen[from..], &day, &overlaps, &SegmentRule::MULTIMNO)
                .map_or(0, |s| s.len())
        });
        Ok(of_day.sum::<usize>())
    })?;
    Ok(())
}

fn origin(grid: &Path) -> Result<erewhon_official::Origin> {
    read_grid(grid).map(|(_, origin)| origin)
}

/// The events of a day, with the last before and the first after it.
fn around<'a>(seen: &'a [Seen], day: &Day) -> &'a [Seen] {
    let from = seen.partition_point(|s| s.at_ms < day.start_ms());
    let to = seen.partition_point(|s| s.at_ms < day.end_ms());
    &seen[from.saturating_sub(1)..(to + 1).min(seen.len())]
}
