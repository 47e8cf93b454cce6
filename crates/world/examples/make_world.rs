//! Writes a reference world: `make_world DIR [SUBSCRIBERS] [COUNTY_DIR...]`.

use std::{env, path::PathBuf};

use erewhon_types::{Error, Result};
use erewhon_world::{CommutingTable, World, WorldSpec};

fn main() -> Result<()> {
    let mut words = env::args().skip(1);
    let dir = words
        .next()
        .ok_or_else(|| Error::usage("no directory to write to"))?;
    let mut spec = WorldSpec::default();
    if let Some(word) = words.next() {
        spec.subscribers = word
            .parse()
            .map_err(|_| Error::usage(format!("`{word}` is not a number of subscribers")))?;
    }
    let counties: Vec<PathBuf> = words.map(PathBuf::from).collect();
    let world = if counties.is_empty() {
        World::make(&spec)?
    } else {
        World::from_commuting(&CommutingTable::read(&counties)?, &spec)?
    };
    world.write(&PathBuf::from(dir), &mut |_, _| {})?;
    Ok(())
}
