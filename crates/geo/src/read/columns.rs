use std::{borrow::Cow, path::Path};

use erewhon_types::{Error, Result};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::{Rule, sheet::Broken};
use crate::{Cell, Frame, cell_id};

/// What a column may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Id,
    Mcc,
    Mnc,
    Area,
    Ci,
    Lat,
    Lon,
    East,
    North,
    Site,
    Radio,
    Azimuth,
    Range,
    Tilt,
    Power,
    From,
    To,
}

/// Names of a field by spaces, the preferred first, and what brings the number to the field's own unit.
type Names = (Field, &'static str, fn(f64) -> f64);

const NAMES: &[Names] = &[
    (
        Field::Id,
        "cgi ecgi ncgi cell cell_id cellid id tower tower_id",
        same,
    ),
    (
        Field::Id,
        "antenna antenna_id station station_id bts bts_id",
        same,
    ),
    (Field::Id, "site site_id", same),
    (Field::Mcc, "mcc", same),
    (Field::Mnc, "mnc net", same),
    (Field::Area, "area lac tac lac_tac", same),
    (Field::Ci, "cell ci cid eci nci cell_id cellid", same),
    (Field::Lat, "lat latitude lat_deg latitude_deg", same),
    (
        Field::Lon,
        "lon lng long longitude lon_deg lng_deg longitude_deg",
        same,
    ),
    (Field::East, "x_m x east_m easting easting_m", same),
    (Field::East, "x_km east_km easting_km", thousand),
    (Field::North, "y_m y north_m northing northing_m", same),
    (Field::North, "y_km north_km northing_km", thousand),
    (
        Field::Site,
        "site site_id site_name bts bts_id enodeb gnodeb",
        same,
    ),
    (Field::Radio, "radio rat technology tech", same),
    (
        Field::Azimuth,
        "azimuth_deg azimuth azimuth_angle bearing bearing_deg",
        same,
    ),
    (Field::Range, "range_m range radius_m radius", same),
    (Field::Range, "range_km radius_km", thousand),
    (
        Field::Tilt,
        "tilt_deg tilt downtilt downtilt_deg elevation_angle",
        same,
    ),
    (Field::Power, "power_w power", same),
    (Field::Power, "power_kw", thousand),
    (Field::Power, "power_dbm", watts_of_dbm),
    (
        Field::From,
        "valid_from_utc valid_from valid_date_start",
        same,
    ),
    (
        Field::To,
        "valid_to_utc valid_to valid_until valid_date_end",
        same,
    ),
];

fn same(value: f64) -> f64 {
    value
}

fn thousand(value: f64) -> f64 {
    value * 1000.0
}

fn watts_of_dbm(value: f64) -> f64 {
    10_f64.powf((value - 30.0) / 10.0)
}

/// A column of a file and how to read its numbers.
type At = (usize, fn(f64) -> f64);

/// Which of a file's columns are used for what.
pub(super) struct Columns {
    header: Vec<String>,
    id: Id,
    degrees: Option<(At, At)>,
    metres: Option<(At, At)>,
    site: Option<At>,
    radio: Option<At>,
    azimuth: Option<At>,
    range: Option<At>,
    tilt: Option<At>,
    power: Option<At>,
    from: Option<At>,
    to: Option<At>,
}

enum Id {
    Whole(usize),
    /// MCC, MNC, area, cell.
    Parts([usize; 4]),
}

/// A row as a cell, or the rule that it breaks.
pub(super) type Judged = std::result::Result<Cell, Broken>;

/// Gives the text of a column, empty where it is absent.
pub(super) type Get<'g> = &'g dyn Fn(usize) -> Cow<'g, str>;

impl Columns {
    /// Finds the columns by their names.
    pub(super) fn find(header: Vec<String>, path: &Path) -> Result<Self> {
        let plain: Vec<String> = header.iter().map(|name| plain(name)).collect();
        let find = |field: Field| -> Option<At> {
            let entries = NAMES.iter().filter(|entry| entry.0 == field);
            let mut names = entries
                .flat_map(|(_, names, unit)| names.split(' ').map(move |name| (name, *unit)));
            names.find_map(|(name, unit)| Some((plain.iter().position(|p| p == name)?, unit)))
        };
        let id = match (
            find(Field::Id),
            find(Field::Mcc),
            find(Field::Mnc),
            find(Field::Area),
            find(Field::Ci),
        ) {
            (Some((id, _)), ..) if plain[id].ends_with("cgi") => Id::Whole(id),
            (_, Some(mcc), Some(mnc), Some(area), Some(ci)) => {
                Id::Parts([mcc.0, mnc.0, area.0, ci.0])
            }
            (Some((id, _)), ..) => Id::Whole(id),
            _ => return Err(no_id(&plain, &header, path)),
        };
        let degrees = (find(Field::Lat), find(Field::Lon));
        let metres = (find(Field::North), find(Field::East));
        refuse_half(&[degrees, metres], &header, path)?;
        let (degrees, metres) = (degrees.0.zip(degrees.1), metres.0.zip(metres.1));
        let twice = |name: &String| {
            NAMES
                .iter()
                .any(|names| names.1.split(' ').any(|known| known == name))
                && plain.iter().filter(|other| *other == name).count() > 1
        };
        if let Some(name) = plain.iter().find(|name| twice(name)) {
            return Err(Error::input(format!(
                "`{}` has two columns named `{name}`",
                path.display()
            ))
            .with_hint("give one of them another name"));
        }
        let site =
            find(Field::Site).filter(|(site, _)| !matches!(id, Id::Whole(id) if id == *site));
        Ok(Self {
            id,
            degrees,
            metres,
            site,
            radio: find(Field::Radio),
            azimuth: find(Field::Azimuth),
            range: find(Field::Range),
            tilt: find(Field::Tilt),
            power: find(Field::Power),
            from: find(Field::From),
            to: find(Field::To),
            header,
        })
    }

    /// Whether a name means anything here.
    pub(super) fn knows(name: &str) -> bool {
        let name = plain(name);
        NAMES
            .iter()
            .any(|names| names.1.split(' ').any(|known| known == name))
    }

    /// Whether a name is one of a coordinate.
    pub(super) fn is_position(name: &str) -> bool {
        let name = plain(name);
        let position = [Field::Lat, Field::Lon, Field::East, Field::North];
        NAMES.iter().any(|names| {
            position.contains(&names.0) && names.1.split(' ').any(|known| known == name)
        })
    }

    pub(super) const fn frame(&self) -> Frame {
        match (self.degrees, self.metres) {
            (Some(_), _) => Frame::Geographic,
            (None, Some(_)) => Frame::Planar,
            (None, None) => Frame::Schematic,
        }
    }

    /// A column's name as the file has it.
    pub(super) fn name(&self, column: usize) -> &str {
        self.header.get(column).map_or("", |name| short(name))
    }

    /// Judges one row on its own.
    pub(super) fn judge(&self, get: Get<'_>) -> Judged {
        let (id, column) = self.id(get);
        if id.is_empty() {
            return Err((Rule::WithoutId, id, Some(column)));
        }
        if id.len() > MAX_TEXT_BYTES {
            return Err((Rule::TextTooLong, short(&id).to_owned(), Some(column)));
        }
        match self.cell(&id, get) {
            Ok(cell) => Ok(cell),
            Err((rule, column)) => Err((rule, id, Some(column))),
        }
    }

    fn id(&self, get: Get<'_>) -> (String, usize) {
        match self.id {
            Id::Whole(column) => (get(column).trim().to_owned(), column),
            Id::Parts(columns) => {
                // A table tool that met an empty field writes whole numbers as `7.0`.
                let whole = |text: &str| text.strip_suffix(".0").unwrap_or(text).to_owned();
                let parts = columns.map(|column| whole(get(column).trim()));
                let column = (parts.iter().position(String::is_empty)).unwrap_or(3);
                match parts[column].is_empty() {
                    true => (String::new(), columns[column]),
                    false => {
                        let written = parts.join("-");
                        (cell_id::key(&written).into_owned(), columns[column])
                    }
                }
            }
        }
    }

    fn cell(&self, id: &str, get: Get<'_>) -> std::result::Result<Cell, (Rule, usize)> {
        let mut cell = Cell::planar(id, 0.0, 0.0);
        if let Some((north, east)) = self.degrees.or(self.metres) {
            let coordinate = |at: At| {
                let text = get(at.0);
                let text = text.trim();
                let value = text
                    .parse()
                    .or_else(|_| text.replacen(',', ".", 1).parse::<f64>());
                value
                    .ok()
                    .map(at.1)
                    .filter(|v| v.is_finite())
                    .ok_or((Rule::WithoutPosition, at.0))
            };
            (cell.y, cell.x) = (coordinate(north)?, coordinate(east)?);
            if self.degrees.is_some() && cell.x == 0.0 && cell.y == 0.0 {
                return Err((Rule::PositionZero, north.0));
            }
        }
        let field = |at: Option<At>| {
            let at = at?;
            let text = get(at.0).trim().to_owned();
            (!is_blank(&text)).then_some((text, at))
        };
        let number = |at, rule, fits: fn(f64) -> bool| {
            let Some((text, (column, unit))) = field(at) else {
                return Ok(None);
            };
            let value = text
                .parse()
                .ok()
                .map(unit)
                .filter(|v: &f64| v.is_finite() && fits(*v));
            value.map(Some).ok_or((rule, column))
        };
        if let Some((site, (column, _))) = field(self.site) {
            if site.len() > MAX_TEXT_BYTES {
                return Err((Rule::TextTooLong, column));
            }
            cell.site = Some(site);
        }
        if let Some((text, (column, _))) = field(self.radio) {
            cell.radio = Some(text.parse().map_err(|_| (Rule::UnknownRadio, column))?);
        }
        let round = |v| (0.0..=360.0).contains(&v);
        cell.azimuth_deg = number(self.azimuth, Rule::AzimuthOutOfRange, round)?.map(|v| v % 360.0);
        let unknown_reach = |v: &f64| *v > 0.0;
        cell.range_m =
            number(self.range, Rule::NumberUnreadable, |v| v >= 0.0)?.filter(unknown_reach);
        cell.tilt_deg = number(self.tilt, Rule::NumberUnreadable, |v| v.abs() <= 90.0)?;
        cell.power_w = number(self.power, Rule::NumberUnreadable, |v| v >= 0.0)?;
        let instant = |at| match field(at) {
            None => Ok(None),
            Some((text, (column, _))) => instant(&text).ok_or((Rule::PeriodUnreadable, column)),
        };
        (cell.valid_from_utc, cell.valid_to_utc) = (instant(self.from)?, instant(self.to)?);
        match self.to {
            Some((column, _)) if cell.period_utc_ms().is_empty() => {
                Err((Rule::PeriodUnreadable, column))
            }
            _ => Ok(cell),
        }
    }
}

/// The longest text that is kept of a row, so that rows of 1 MiB do not add up in memory.
const MAX_TEXT_BYTES: usize = 256;

fn short(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT_BYTES)]
}

/// A header as it is compared: lower case, words joined by `_`, units in brackets as a word.
fn plain(name: &str) -> String {
    let words = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("_")
}

fn is_blank(text: &str) -> bool {
    ["", "-", "na", "n/a", "nan", "null", "none", "\\n"]
        .contains(&text.to_ascii_lowercase().as_str())
}

/// An instant; `Some(None)` is the year 9999, which stands for no end. Without an offset it is UTC.
fn instant(text: &str) -> Option<Option<Timestamp>> {
    if text.starts_with("9999-") {
        return Some(None);
    }
    let civil = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
    let instant = text.parse().ok().or_else(|| Some(civil()?.timestamp()))?;
    Some(Some(instant))
}

/// The columns by name; a first line of data is not repeated, since it may be a record.
fn columns_are(header: &[String]) -> String {
    let is_data = |name: &String| name.bytes().filter(u8::is_ascii_digit).count() > 4;
    if header.iter().any(is_data) {
        return "the first line seems to hold data and no names".to_owned();
    }
    let names: Vec<String> = header
        .iter()
        .take(40)
        .map(|name| format!("`{name}`"))
        .collect();
    format!("the columns are {}", names.join(", "))
}

/// Refuses one coordinate without the other, and a slip that would leave a list without positions.
fn refuse_half(pairs: &[(Option<At>, Option<At>)], header: &[String], path: &Path) -> Result<()> {
    let slip = header.iter().find_map(|name| {
        let near = |full: &&str| (1..=2).contains(&strsim::damerau_levenshtein(&plain(name), full));
        Some((
            name,
            ["latitude", "longitude", "easting", "northing"]
                .into_iter()
                .find(near)?,
        ))
    });
    let half = pairs
        .iter()
        .any(|pair| pair.0.is_some() != pair.1.is_some());
    let none = pairs
        .iter()
        .all(|pair| pair.0.is_none() && pair.1.is_none());
    if !(half || none && slip.is_some()) {
        return Ok(());
    }
    let what = if half {
        "only half a position"
    } else {
        "no position"
    };
    let meant = slip.map_or_else(String::new, |(name, full)| {
        format!("did you mean `{full}` by `{name}`? ")
    });
    Err(
        Error::input(format!("the cell list `{}` has {what}", path.display())).with_hint(format!(
            "{meant}give both `lat` and `lon`, or both `x_m` and `y_m`; {}",
            columns_are(header)
        )),
    )
}

/// Says which column was perhaps meant for the id.
fn no_id(plain: &[String], header: &[String], path: &Path) -> Error {
    let names = NAMES
        .iter()
        .filter(|entry| entry.0 == Field::Id)
        .flat_map(|entry| entry.1.split(' '));
    let likeness = |(at, name): (usize, &str)| (strsim::jaro_winkler(&plain[at], name), at);
    let pairs = names.flat_map(|name| (0..plain.len()).map(move |at| (at, name)));
    let near = pairs
        .map(likeness)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|near| near.0 > 0.85);
    let meant = near.map_or_else(String::new, |(_, at)| {
        format!("did you mean `{}`? ", header[at])
    });
    Error::input(format!("the cell list `{}` has no id column", path.display())).with_hint(format!(
        "{meant}name it `cell`, `cell_id`, `cgi`, `id`, `tower`, `antenna_id` or `site_id`, or give `mcc`, `mnc`, `area` \
         and `cell`; {}",
        columns_are(header)
    ))
}
