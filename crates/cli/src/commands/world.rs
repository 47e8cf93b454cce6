use erewhon_types::{Error, Result};
use erewhon_world::{CommutingTable, World, WorldSpec};
use serde::Serialize;

use crate::{args::WorldArgs, dirs::is_empty, out::check_directory, ui::Ui};

/// Where the zones of a commuting table have their people and jobs.
#[derive(Serialize)]
struct Zones {
    on_land: usize,
    on_discs: usize,
}

impl Zones {
    fn of(table: &CommutingTable) -> Self {
        let on_land = table.zones().iter().filter(|zone| zone.land.is_some());
        let on_land = on_land.count();
        Self {
            on_land,
            on_discs: table.zones().len() - on_land,
        }
    }

    fn words(&self) -> String {
        let Self { on_land, on_discs } = self;
        let mut words = format!("zones: {on_land} with their land\n");
        if *on_discs > 0 {
            words += &format!(
                "zones: {on_discs} on discs about their centroids, for want of a shapefile\n"
            );
        }
        words
    }
}

pub(crate) fn make(args: &WorldArgs, ui: &Ui) -> Result<()> {
    check_directory(&args.out)?;
    if args.out.exists() && !is_empty(&args.out)? {
        return Err(
            Error::usage(format!("`{}` is not empty", args.out.display()))
                .with_hint("name a new directory"),
        );
    }
    let spec = WorldSpec {
        subscribers: args.subscribers,
        days: args.days,
        cells: args.cells,
        location_update_min: args.location_updates,
        travel: args.travel,
        seed: args.seed,
        ..WorldSpec::default()
    };
    let mut stage = ui.stage("world");
    let mut zones = None;
    let world = if args.commuting.is_empty() {
        World::make(&spec)?
    } else {
        let table = CommutingTable::read(&args.commuting)?;
        zones = Some(Zones::of(&table));
        World::from_commuting(&table, &spec)?
    };
    let written = world.write(&args.out, &mut |done, total| stage.at(done, total))?;
    stage.finish();
    let window = spec.window()?;
    let land = zones.as_ref().map_or_else(String::new, Zones::words);
    let text = format!(
        "{} rows in {}\n{land}format: --format {}\nwindow: --first-day {} --days {} --time-zone {}",
        written.rows,
        args.out.join("cdr.csv").display(),
        spec.format(),
        window.first_day,
        window.days,
        window.time_zone
    );
    let value = serde_json::json!({
        "rows": written.rows, "window": window, "format": spec.format(), "zones": zones,
    });
    ui.result("erewhon.world.v1", &value, &text)
}
