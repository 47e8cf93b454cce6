use std::{
    collections::{BTreeSet, HashMap},
    fs::File,
    io::Read,
    path::Path,
};

use erewhon_types::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::{Cell, CellTable, Frame};

/// What reading a cell list found. Cells are public, so their ids may be listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellIssues {
    /// Data rows read.
    pub read: usize,
    /// Cells kept; repeated identical rows count once.
    pub kept: usize,
    /// The rules that set cells aside, in the order they run; rules that met nothing are absent.
    pub rules: Vec<CellRule>,
    /// What the reader should know about the table as a whole.
    pub note: Option<String>,
}

/// One rule and the cells it set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellRule {
    /// The rule's name, for example `cell_without_position`.
    pub rule: String,
    /// What the rule says, one sentence.
    pub description: String,
    /// The cells set aside, in file order, one per row.
    pub cells: Vec<String>,
}

impl CellIssues {
    /// The ids of all cells set aside.
    pub fn quarantined(&self) -> impl Iterator<Item = &str> {
        self.rules
            .iter()
            .flat_map(|rule| rule.cells.iter().map(String::as_str))
    }

    fn set_aside(&mut self, rule: &str, description: &str, cells: Vec<String>) {
        if !cells.is_empty() {
            self.rules.push(CellRule {
                rule: rule.to_owned(),
                description: description.to_owned(),
                cells,
            });
        }
    }
}

/// Reads a cell list: delimited text, plain or gzip, with a header.
///
/// The delimiter is the most frequent of `,` `;` tab `|` in the header. Columns are found by name:
/// `cell`, `cell_id`, `id`, `tower` or `antenna_id`, with `lat`/`latitude` and
/// `lon`/`lng`/`longitude` in degrees, or `x`/`x_m`/`east_m` and `y`/`y_m`/`north_m` in metres.
/// Without positions the table is [`Frame::Schematic`] and the issues carry a note. Other columns
/// are passed over: everything in a cell list is public.
///
/// # Errors
/// Input, when the file is missing, empty or not text, has no id column or only half a position,
/// seems to have latitude and longitude swapped, or no usable cell is left.
pub fn read_cells(path: &Path) -> Result<(CellTable, CellIssues)> {
    let text = read_text(path)?;
    let name = path.display();
    let header = text.lines().next().unwrap_or_default();
    if header.trim().is_empty() {
        return Err(Error::input(format!("the cell list `{name}` is empty"))
            .with_hint("its first line must name the columns, for example `cell,lat,lon`"));
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(sniff_delimiter(header))
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let unreadable = |error: csv::Error| Error::input(format!("can't read `{name}`: {error}"));
    let columns = Columns::find(reader.headers().map_err(unreadable)?, path)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        rows.push(columns.row(&record.map_err(unreadable)?));
    }
    if rows.is_empty() {
        return Err(
            Error::input(format!("the cell list `{name}` has a header but no rows"))
                .with_hint("write one line per cell"),
        );
    }
    clean(rows, columns.frame(), path)
}

/// One row of the list: an id, and a position where both coordinates are numbers.
struct Row {
    id: String,
    position: Option<(f64, f64)>,
}

fn clean(rows: Vec<Row>, frame: Frame, path: &Path) -> Result<(CellTable, CellIssues)> {
    let mut issues = CellIssues {
        read: rows.len(),
        ..CellIssues::default()
    };
    let (rows, nameless) = split(rows, |row| !row.id.is_empty());
    issues.set_aside("cell_without_id", "the row names no cell", nameless);
    if frame == Frame::Schematic {
        return schematic(rows, issues);
    }
    let (rows, missing) = split(rows, |row| row.position.is_some());
    issues.set_aside(
        "cell_without_position",
        "a coordinate is absent or not a number",
        missing,
    );
    let mut cells: Vec<Cell> = rows
        .into_iter()
        .filter_map(|Row { id, position }| position.map(|(x, y)| Cell { id, x, y }))
        .collect();
    if frame == Frame::Geographic {
        refuse_swapped(&cells, path)?;
        let outside = set_aside_if(&mut cells, |c| c.y.abs() > 90.0 || c.x.abs() > 180.0);
        issues.set_aside(
            "cell_position_out_of_range",
            "the latitude is beyond 90 degrees or the longitude beyond 180",
            outside,
        );
    }
    let twice = set_aside_twins(&mut cells);
    issues.set_aside(
        "cell_twice_two_positions",
        "the list gives the cell two different positions, so all its rows are set aside",
        twice,
    );
    let far = far_outside(&cells, frame);
    let far = set_aside_if(&mut cells, |c| far.contains(&c.id));
    issues.set_aside(
        "cells_far_outside",
        "the cell lies over 200 km and over ten times the median distance from the median centre",
        far,
    );
    let table = CellTable::new(frame, cells).map_err(|error| {
        Error::input(format!("`{}`: {}", path.display(), error.message())).with_hint(
            issues.rules.first().map_or_else(
                || "check the cell list".to_owned(),
                |rule| {
                    format!(
                        "the first rule met was `{}`: {}",
                        rule.rule, rule.description
                    )
                },
            ),
        )
    })?;
    issues.kept = table.len();
    Ok((table, issues))
}

fn schematic(rows: Vec<Row>, mut issues: CellIssues) -> Result<(CellTable, CellIssues)> {
    let mut seen = BTreeSet::new();
    let ids = rows.into_iter().map(|row| row.id);
    let ids: Vec<String> = ids.filter(|id| seen.insert(id.clone())).collect();
    let table = CellTable::schematic(ids)?;
    issues.kept = table.len();
    issues.note = Some(
        "the cell list has no positions: cells are laid out on a 1 km lattice in file order, so \
         distances are lattice steps and maps mean nothing"
            .to_owned(),
    );
    Ok((table, issues))
}

/// Keeps the rows that pass; gives back the ids of the others.
fn split(rows: Vec<Row>, passes: impl Fn(&Row) -> bool) -> (Vec<Row>, Vec<String>) {
    let (kept, aside): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| passes(row));
    (kept, aside.into_iter().map(|row| row.id).collect())
}

fn set_aside_if(cells: &mut Vec<Cell>, fails: impl Fn(&Cell) -> bool) -> Vec<String> {
    let mut aside = Vec::new();
    cells.retain(|cell| {
        let keep = !fails(cell);
        if !keep {
            aside.push(cell.id.clone());
        }
        keep
    });
    aside
}

/// Drops repeated identical rows silently and sets aside every row of a cell with two positions.
fn set_aside_twins(cells: &mut Vec<Cell>) -> Vec<String> {
    let mut first: HashMap<String, (f64, f64)> = HashMap::new();
    let mut torn = BTreeSet::new();
    for cell in cells.iter() {
        let position = *first.entry(cell.id.clone()).or_insert((cell.x, cell.y));
        if position != (cell.x, cell.y) {
            torn.insert(cell.id.clone());
        }
    }
    let aside = set_aside_if(cells, |cell| torn.contains(&cell.id));
    let mut seen = BTreeSet::new();
    cells.retain(|cell| seen.insert(cell.id.clone()));
    aside
}

/// The most common slip: latitude and longitude the wrong way round in the whole file.
fn refuse_swapped(cells: &[Cell], path: &Path) -> Result<()> {
    let swapped = cells
        .iter()
        .filter(|c| c.y.abs() > 90.0 && c.y.abs() <= 180.0 && c.x.abs() <= 90.0)
        .count();
    if swapped * 2 > cells.len() {
        return Err(Error::input(format!(
            "latitude and longitude seem swapped in `{}`: most latitudes are beyond 90 degrees",
            path.display()
        ))
        .with_hint("exchange the two names in the header line"));
    }
    Ok(())
}

const FAR_MIN_M: f64 = 200_000.0;
const FAR_TIMES_MEDIAN: f64 = 10.0;

fn far_outside(cells: &[Cell], frame: Frame) -> BTreeSet<String> {
    let centre = (
        median(cells.iter().map(|c| c.x).collect()),
        median(cells.iter().map(|c| c.y).collect()),
    );
    let distance_m = |cell: &Cell| match frame {
        Frame::Geographic => haversine_m(centre, (cell.x, cell.y)),
        Frame::Planar | Frame::Schematic => (cell.x - centre.0).hypot(cell.y - centre.1),
    };
    let typical_m = median(cells.iter().map(distance_m).collect());
    cells
        .iter()
        .filter(|cell| distance_m(cell) > FAR_MIN_M.max(FAR_TIMES_MEDIAN * typical_m))
        .map(|cell| cell.id.clone())
        .collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn haversine_m((lon_a, lat_a): (f64, f64), (lon_b, lat_b): (f64, f64)) -> f64 {
    let half_sin2 = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
    let chord = half_sin2(lat_b - lat_a)
        + lat_a.to_radians().cos() * lat_b.to_radians().cos() * half_sin2(lon_b - lon_a);
    2.0 * crate::cell::EARTH_RADIUS_M * chord.sqrt().min(1.0).asin()
}

/// Where the columns of interest stand.
struct Columns {
    id: usize,
    degrees: Option<(usize, usize)>,
    metres: Option<(usize, usize)>,
}

impl Columns {
    fn find(header: &csv::StringRecord, path: &Path) -> Result<Self> {
        let find = |names: &[&str]| {
            let named = |column: &str| names.contains(&column.to_ascii_lowercase().as_str());
            header.iter().position(named)
        };
        let present = || {
            let names: Vec<String> = header.iter().map(|c| format!("`{c}`")).collect();
            format!("the columns are {}", names.join(", "))
        };
        let id = find(&["cell", "cell_id", "id", "tower", "antenna_id"]).ok_or_else(|| {
            Error::input(format!(
                "the cell list `{}` has no id column",
                path.display()
            ))
            .with_hint(format!(
                "name it `cell`, `cell_id`, `id`, `tower` or `antenna_id`; {}",
                present()
            ))
        })?;
        let pair = |east: Option<usize>, north: Option<usize>| match (east, north) {
            (Some(east), Some(north)) => Ok(Some((east, north))),
            (None, None) => Ok(None),
            _ => Err(Error::input(format!(
                "the cell list `{}` has only half a position",
                path.display()
            ))
            .with_hint(format!(
                "give both `lat` and `lon`, or both `x_m` and `y_m`; {}",
                present()
            ))),
        };
        let degrees = pair(
            find(&["lon", "lng", "longitude"]),
            find(&["lat", "latitude"]),
        )?;
        let metres = pair(
            find(&["x", "x_m", "east_m"]),
            find(&["y", "y_m", "north_m"]),
        )?;
        Ok(Self {
            id,
            degrees,
            metres,
        })
    }

    const fn frame(&self) -> Frame {
        match (self.degrees, self.metres) {
            (Some(_), _) => Frame::Geographic,
            (None, Some(_)) => Frame::Planar,
            (None, None) => Frame::Schematic,
        }
    }

    fn row(&self, record: &csv::StringRecord) -> Row {
        let number = |column: usize| {
            let value = record.get(column)?.parse::<f64>().ok()?;
            value.is_finite().then_some(value)
        };
        Row {
            id: record.get(self.id).unwrap_or_default().to_owned(),
            position: self
                .degrees
                .or(self.metres)
                .and_then(|(x, y)| number(x).zip(number(y))),
        }
    }
}

fn sniff_delimiter(header: &str) -> u8 {
    let count = |delimiter: &u8| header.bytes().filter(|b| b == delimiter).count();
    let mut best = b',';
    for delimiter in *b";\t|" {
        if count(&delimiter) > count(&best) {
            best = delimiter;
        }
    }
    best
}

fn read_text(path: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .map_err(|error| Error::io("read", path, &error))?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        flate2::read::MultiGzDecoder::new(bytes.as_slice())
            .read_to_end(&mut plain)
            .map_err(|_| {
                Error::input(format!("`{}` is a damaged gzip file", path.display()))
                    .with_hint("copy it again from its source")
            })?;
        bytes = plain;
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| {
        Error::input(format!(
            "the cell list `{}` is not UTF-8 text",
            path.display()
        ))
        .with_hint("save it as UTF-8")
    })
}

#[cfg(test)]
mod tests;
