//! Prints the figures of a full-size world, as they stand in `docs/world.md`.

#![expect(
    clippy::print_stdout,
    reason = "an example whose output is the point of it"
)]

use std::collections::HashSet;

use erewhon_events::EventKind;
use erewhon_types::{Calendar, Result};
use erewhon_world::{Anchor, Role, World, WorldSpec};

fn main() -> Result<()> {
    let spec = WorldSpec::default();
    let calendar = Calendar::new(&spec.window()?)?;
    let world = World::make(&spec)?;
    let (mut kinds, mut hours, mut days) = ([0_u64; 5], [[[0_u64; 2]; 2]; 24], [0_u64; 2]);
    let mut seen = HashSet::new();
    world.records(&mut |record| {
        if let Some(local) = calendar.local(record.time_utc_s * 1_000) {
            let free = usize::from(!calendar.is_workday(local.day));
            let data = usize::from(record.kind == EventKind::Data);
            hours[usize::from(local.hour())][data][free] += 1;
        }
        kinds[usize::from(record.kind.code())] += 1;
        seen.insert(record.subscriber);
    });
    for day in 0..calendar.days() {
        days[usize::from(!calendar.is_workday(day))] += 1;
    }

    let rows: u64 = kinds.iter().sum();
    let per_day = rows as f64 / f64::from(spec.days);
    println!("people and machines   {}", world.people().len());
    println!("subscribers with rows {}", seen.len());
    println!("clean rows            {rows}");
    println!(
        "rows per number, day  {:.2}",
        per_day / f64::from(spec.subscribers)
    );
    for (kind, count) in EventKind::ALL.iter().zip(kinds) {
        println!(
            "{:<21} {:.1} %",
            kind.name(),
            100.0 * count as f64 / rows as f64
        );
    }
    let workers = || world.people().iter().filter(|person| person.role.has_job());
    let mut ways_km: Vec<f64> = workers()
        .filter_map(|person| Some(km(person.home?, person.work?)))
        .collect();
    ways_km.sort_by(f64::total_cmp);
    for share in [25, 50, 75, 95] {
        let way_km = ways_km.get(ways_km.len() * share / 100).copied();
        println!("home to work, {share} %   {:.1} km", way_km.unwrap_or(0.0));
    }
    let humans = world.people().iter().filter(|p| p.role != Role::Machine);
    let ties: Vec<usize> = humans.map(|person| person.contacts.len()).collect();
    let mean = ties.iter().sum::<usize>() as f64 / ties.len().max(1) as f64;
    println!("ties per person       {mean:.1}");

    println!("\nhour, rows a day: calls and messages on workdays, weekends; data on both");
    for (hour, rows) in hours.iter().enumerate() {
        let cell = |data: usize, free: usize| rows[data][free] / days[free].max(1);
        let [a, b, c, d] = [cell(0, 0), cell(0, 1), cell(1, 0), cell(1, 1)];
        println!("{hour:>4} {a:>6} {b:>6} {c:>6} {d:>6}");
    }
    Ok(())
}

/// Distance on the ground, good to a per mille over some tens of kilometres.
fn km(a: Anchor, b: Anchor) -> f64 {
    let north = (a.lat - b.lat) * 111.195;
    let east = (a.lon - b.lon) * 111.195 * a.lat.to_radians().cos();
    north.hypot(east)
}
