use std::{collections::HashMap, path::Path};

use arrow_array::Array as _;
use erewhon_geo::InspireGrid;
use erewhon_types::{Error, Result};
use foldhash::fast::FixedState;
use jiff::civil;

use super::{Names, Table};
use crate::{
    Beam, CellType, Footprints, Mcc, Origin, Overlaps, Place, Seen, TILE_M, Tile, Transmitter,
};

/// Reads the footprints of a day, or what cells are connected by: the column `weight` of a table with
/// `cell_id` and `grid_id`, such as multimno's `signal_dominance` and `cell_connection_probability`.
///
/// Names that are not known yet are added.
///
/// # Errors
/// Input, when the table can't be read, has nothing of the day, or is no table of footprints.
pub fn read_footprints(
    table: &Path,
    weight: &str,
    date: civil::Date,
    names: &mut Names,
) -> Result<Footprints> {
    let mut rows = Vec::new();
    let table = Table::open(table)?.of_date(date)?;
    table.each(&["cell_id", "grid_id", weight], &mut |_, columns| {
        let (cells, tiles) = (columns.texts("cell_id")?, columns.whole("grid_id")?);
        let weights = columns.numbers(weight)?;
        for row in 0..columns.rows() {
            let cell = columns.there("cell_id", cells.is_valid(row).then(|| cells.value(row)))?;
            let tile = columns.there("grid_id", tiles(row))?;
            let weight = columns.there(weight, weights(row))?;
            let tile = Tile::of_grid_id(tile as i32);
            rows.push((names.add(cell), tile, weight as f32));
        }
        Ok(())
    })?;
    Footprints::new(names.len(), rows)
}

/// Reads which cells overlap on a day: multimno's `cell_intersection_groups`.
///
/// # Errors
/// Input, when the table can't be read, has nothing of the day, or is none of overlaps.
pub fn read_cell_overlaps(table: &Path, date: civil::Date, names: &mut Names) -> Result<Overlaps> {
    let mut pairs = Vec::new();
    let table = Table::open(table)?.of_date(date)?;
    table.each(&["cell_id", "overlapping_cell_ids"], &mut |_, columns| {
        let cells = columns.texts("cell_id")?;
        let others = columns.text_lists("overlapping_cell_ids")?;
        for row in 0..columns.rows() {
            let cell = columns.there("cell_id", cells.is_valid(row).then(|| cells.value(row)))?;
            let cell = names.add(cell);
            for other in others(row).unwrap_or_default() {
                pairs.push((cell, names.add(other)));
            }
        }
        Ok(())
    })?;
    Ok(Overlaps::new(names.len(), pairs))
}

/// Reads the tiles of the country, ascending, and what they are counted from.
///
/// # Errors
/// Input, when the table can't be read or has tiles of several origins.
pub fn read_grid(table: &Path) -> Result<(Vec<Tile>, Origin)> {
    let (mut tiles, mut origin) = (Vec::new(), None);
    Table::open(table)?.each(&["grid_id", "origin"], &mut |path, columns| {
        let (ids, origins) = (columns.whole("grid_id")?, columns.whole("origin")?);
        for row in 0..columns.rows() {
            tiles.push(Tile::of_grid_id(columns.there("grid_id", ids(row))? as i32));
            let from = columns.there("origin", origins(row))?;
            if *origin.get_or_insert(from) != from {
                return Err(
                    Error::input(format!("`{}` counts from two origins", path.display()))
                        .with_hint("make the grid of the whole country at once"),
                );
            }
        }
        Ok(())
    })?;
    tiles.sort_unstable();
    tiles.dedup();
    let none = || Error::input(format!("the grid `{}` has no tile", table.display()));
    Ok((tiles, Origin::of_number(origin.ok_or_else(none)?)?))
}

/// What multimno's events say, by person.
///
/// For comparisons with multimno and for what a store can't hold, such as events abroad.
#[derive(Clone, Debug, Default)]
pub struct People {
    ids: Vec<Vec<u8>>,
    seen: Vec<Vec<Seen>>,
    /// Rows without a cell and without a network abroad, which no product can place.
    pub without_place: u64,
    /// Rows whose network abroad is of no country there is.
    pub unknown_network: u64,
    /// Rows that multimno's cleaning has marked wrong.
    pub marked_wrong: u64,
    /// Rows without a person or a time, of bronze events.
    pub without_person: u64,
}

impl People {
    /// Each person's name as multimno has it and events, ascending in time.
    pub fn all(&self) -> impl Iterator<Item = (&[u8], &[Seen])> {
        self.ids
            .iter()
            .map(Vec::as_slice)
            .zip(self.seen.iter().map(Vec::as_slice))
    }

    /// Number of people.
    pub const fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is nobody.
    pub const fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

/// Reads multimno's events of all days of a table: bronze ones, or silver ones with their `error_flag` (0 is none).
///
/// What is left out is counted.
///
/// # Errors
/// Input, when the table can't be read.
pub fn read_events(table: &Path, local: Mcc, names: &mut Names) -> Result<People> {
    let mut people = People::default();
    let mut known: HashMap<Vec<u8>, u32, FixedState> = HashMap::default();
    let mut wanted = vec!["user_id", "timestamp", "plmn", "cell_id"];
    let table = Table::open(table)?;
    let flagged = table.has("error_flag")?;
    if flagged {
        wanted.push("error_flag");
    }
    table.each(&wanted, &mut |_, columns| {
        let (ids, times) = (columns.bytes("user_id")?, columns.instants_ms("timestamp")?);
        let (cells, networks) = (columns.texts("cell_id")?, columns.whole("plmn")?);
        let flags = flagged.then(|| columns.whole("error_flag")).transpose()?;
        for row in 0..columns.rows() {
            if flags.as_ref().and_then(|flags| flags(row)).unwrap_or(0) != 0 {
                people.marked_wrong += 1;
                continue;
            }
            let abroad = match networks(row).map(Mcc::of_network) {
                Some(Ok(country)) => Some(country).filter(|c| *c != local),
                Some(Err(_)) => {
                    people.unknown_network += 1;
                    None
                }
                None => None,
            };
            let cell = cells.is_valid(row).then(|| names.add(cells.value(row)));
            let Some(place) = abroad.map(Place::Abroad).or(cell.map(Place::Cell)) else {
                people.without_place += 1;
                continue;
            };
            let id = ids.is_valid(row).then(|| ids.value(row));
            let (Some(id), Some(at_ms)) = (id, times(row)) else {
                people.without_person += 1;
                continue;
            };
            let person = match known.get(id) {
                Some(person) => *person,
                None => {
                    people.ids.push(id.to_vec());
                    people.seen.push(Vec::new());
                    let person = people.ids.len() as u32 - 1;
                    known.insert(id.to_vec(), person);
                    person
                }
            };
            people.seen[person as usize].push(Seen { at_ms, place });
        }
        Ok(())
    })?;
    for seen in &mut people.seen {
        seen.sort_by_key(|s| s.at_ms);
    }
    Ok(people)
}

/// Reads a day's network: name and transmitter of each cell, in metres from a grid's origin. What a cell lacks is taken
/// from its type.
///
/// # Errors
/// Input, when the table can't be read, has nothing of the day, or a cell has no position.
pub fn read_transmitters(
    table: &Path,
    date: civil::Date,
    origin: Origin,
) -> Result<Vec<(String, Transmitter)>> {
    let grid = InspireGrid::new()?;
    let mut all = Vec::new();
    let table = Table::open(table)?.of_date(date)?;
    table.each(&NETWORK_COLUMNS, &mut |_, columns| {
        let names = columns.texts("cell_id")?;
        let (lats, lons) = (columns.numbers("latitude")?, columns.numbers("longitude")?);
        let (heights, powers) = (
            columns.numbers("antenna_height")?,
            columns.numbers("power")?,
        );
        let (ranges, directed) = (columns.numbers("range")?, columns.whole("directionality")?);
        let (azimuths, tilts) = (
            columns.numbers("azimuth_angle")?,
            columns.numbers("elevation_angle")?,
        );
        let widths = columns.numbers("horizontal_beam_width")?;
        let (depths, types) = (
            columns.numbers("vertical_beam_width")?,
            columns.texts("cell_type")?,
        );
        for row in 0..columns.rows() {
            let name = columns.there("cell_id", names.is_valid(row).then(|| names.value(row)))?;
            let lat = columns.there("latitude", lats(row))?;
            let lon = columns.there("longitude", lons(row))?;
            let (east_m, north_m) = grid.project_m(lon, lat)?;
            let kind = CellType::named(if types.is_valid(row) {
                types.value(row)
            } else {
                ""
            });
            let beam = azimuths(row)
                .filter(|_| directed(row) == Some(1))
                .map(|azimuth_deg| Beam {
                    azimuth_deg,
                    tilt_deg: tilts(row).unwrap_or(CellType::BEAM.tilt_deg),
                    width_deg: widths(row).unwrap_or(CellType::BEAM.width_deg),
                    height_deg: depths(row).unwrap_or(CellType::BEAM.height_deg),
                });
            let transmitter = Transmitter {
                east_m: east_m - f64::from(origin.east) * TILE_M,
                north_m: north_m - f64::from(origin.north) * TILE_M,
                height_m: heights(row).unwrap_or(kind.height_m),
                power_w: powers(row).unwrap_or(kind.power_w),
                range_m: ranges(row).unwrap_or(kind.range_m),
                path_loss_exponent: kind.path_loss_exponent,
                beam,
            };
            all.push((name.to_owned(), transmitter));
        }
        Ok(())
    })?;
    Ok(all)
}

const NETWORK_COLUMNS: [&str; 12] = [
    "cell_id",
    "latitude",
    "longitude",
    "antenna_height",
    "power",
    "range",
    "directionality",
    "azimuth_angle",
    "elevation_angle",
    "horizontal_beam_width",
    "vertical_beam_width",
    "cell_type",
];
