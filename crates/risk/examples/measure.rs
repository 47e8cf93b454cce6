#![allow(clippy::all, missing_docs)]
use erewhon_events::{Event, EventTable};
use erewhon_geo::ZoneTree;
use erewhon_mobility::Public;
use erewhon_risk::*;
use erewhon_types::*;
use erewhon_world::*;
fn main() {
    let a: Vec<usize> = std::env::args()
        .skip(1)
        .map(|a| a.parse().unwrap())
        .collect();
    let (n, level, days) = (a[0], a[1] as u8, a[2] as u16);
    let spec = WorldSpec {
        subscribers: 10_000,
        days,
        ..WorldSpec::default()
    };
    let world = World::make(&spec).unwrap();
    let mut rows = Vec::new();
    world.records(&mut |r| {
        rows.push((
            Subscriber::new(r.subscriber),
            Event::at(r.time_utc_s * 1000, r.cell, r.kind),
        ))
    });
    let table = EventTable::from_rows(rows);
    let calendar = Calendar::new(&spec.window().unwrap()).unwrap();
    let public = Public {
        cells: world.cells(),
        calendar: &calendar,
    };
    let some = EventTable::from_histories(table.histories().step_by(10_000 / n).take(n));
    let people = People::read(&some, &public).unwrap();
    let zones = ZoneTree::build(world.cells()).partition(level);
    println!(
        "{} people, {} zones {}",
        people.len(),
        zones.zones(),
        some.histories().map(|h| h.events.len()).sum::<usize>()
    );
    let tables = Tables::exact(&people, &public, zones, 1).unwrap();
    let t = std::time::Instant::now();
    let r = recover_trajectories(&tables, &people, &public).unwrap();
    println!("{:?}", t.elapsed());
    println!(
        "usual {:.3} slot {:.3} stay {:.3} night {:.3} popular {:.3} all {:.3} stay {:.3} err {:.2} top5 {:.3}",
        r.usual_by_day.share(),
        r.by_day.share(),
        r.stay_by_day.share(),
        r.stay_by_night_by_day.share(),
        r.popular_by_day.share(),
        r.in_all.share(),
        r.stay_in_all.share(),
        r.error_by_day_km,
        r.unique_top5
    );
}
