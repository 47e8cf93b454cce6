use erewhon_types::{Error, Result};
use erewhon_world::{CommutingTable, World, WorldSpec};

use crate::{args::WorldArgs, dirs::is_empty, ui::Ui};

pub(crate) fn make(args: &WorldArgs, ui: &Ui) -> Result<()> {
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
        seed: args.seed,
        ..WorldSpec::default()
    };
    let mut stage = ui.stage("world");
    let world = if args.commuting.is_empty() {
        World::make(&spec)?
    } else {
        World::from_commuting(&CommutingTable::read(&args.commuting)?, &spec)?
    };
    let written = world.write(&args.out, &mut |done, total| stage.at(done, total))?;
    stage.finish();
    let window = spec.window()?;
    let text = format!(
        "{} rows in {}\nwindow: --first-day {} --days {} --time-zone {}",
        written.rows,
        args.out.join("cdr.csv").display(),
        window.first_day,
        window.days,
        window.time_zone
    );
    let value = serde_json::json!({ "rows": written.rows, "window": window });
    ui.result("erewhon.world.v1", &value, &text)
}
