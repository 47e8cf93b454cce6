use std::{fs, io::Cursor, path::Path};

use erewhon_types::{Error, Result};
use geo::{Coord, LineString, Polygon};
use shapefile::{
    Shape, ShapeReader,
    dbase::{self, FieldValue, ReaderBuilder, encoding::DynEncoding},
    record::traits::HasXY,
};

use super::{
    read::{Raw, unknown_property},
    rings::nest,
};

/// Reads the polygons of a `.shp` with their names from its `.dbf`. Both are read whole, so that a
/// length in them that lies meets the end of the bytes and asks for no memory.
pub(super) fn read(path: &Path, property: &str) -> Result<Vec<Raw>> {
    refuse_projected(&path.with_extension("prj"))?;
    let shapes = shapes(path)?;
    let names = names(&path.with_extension("dbf"), property)?;
    if shapes.len() != names.len() {
        return Err(Error::input(format!(
            "`{}` has {} shapes and its `.dbf` {} rows",
            path.display(),
            shapes.len(),
            names.len()
        ))
        .with_hint("copy all files of the shapefile again from their source"));
    }
    Ok(names.into_iter().zip(shapes).collect())
}

fn shapes(path: &Path) -> Result<Vec<Vec<Polygon<f64>>>> {
    let bytes = fs::read(path).map_err(|error| Error::io("read", path, &error))?;
    let bad = |what: &str| damaged(path, what);
    check_lengths(&bytes).map_err(bad)?;
    let mut reader = ShapeReader::new(Cursor::new(bytes)).map_err(|e| bad(&e.to_string()))?;
    let shapes = reader.iter_shapes();
    shapes
        .map(|shape| Ok(polygons(&shape.map_err(|e| bad(&e.to_string()))?)))
        .collect()
}

/// Walks over the records: every length must fit what is there, part and point counts included.
fn check_lengths(bytes: &[u8]) -> std::result::Result<(), &'static str> {
    let int = |at: usize| bytes.get(at..at + 4).and_then(|b| b.try_into().ok());
    let words = |at: usize| int(at).map_or(0, |b| 2 * u64::from(u32::from_be_bytes(b)));
    let count = |at: usize| int(at).map_or(u64::MAX, |b| u64::from(u32::from_le_bytes(b)));
    if int(0) != Some([0, 0, 0x27, 0x0a]) {
        return Err("is not a shapefile");
    }
    let length = bytes.len() as u64;
    match words(24) {
        stated if stated > length => return Err("is cut short"),
        stated if stated < length => return Err("is longer than it says"),
        _ => {}
    }
    let mut at = 100;
    while at < bytes.len() {
        let content = words(at + 4);
        if content < 4 || at as u64 + 8 + content > length {
            return Err("has a record that is longer or shorter than it says");
        }
        let (parts, points) = (count(at + 44), count(at + 48));
        let is_polygon = matches!(count(at + 8), 5 | 15 | 25);
        if is_polygon
            && parts
                .saturating_mul(4)
                .saturating_add(points.saturating_mul(16))
                > content
        {
            return Err("has a record that is longer or shorter than it says");
        }
        at += 8 + content as usize;
    }
    Ok(())
}

/// The polygons of a shape; none where it is a point, a line or nothing.
fn polygons(shape: &Shape) -> Vec<Polygon<f64>> {
    fn ring(points: &[impl HasXY]) -> LineString<f64> {
        points
            .iter()
            .map(|p| Coord { x: p.x(), y: p.y() })
            .collect()
    }
    nest(match shape {
        Shape::Polygon(p) => p.rings().iter().map(|r| ring(r.points())).collect(),
        Shape::PolygonM(p) => p.rings().iter().map(|r| ring(r.points())).collect(),
        Shape::PolygonZ(p) => p.rings().iter().map(|r| ring(r.points())).collect(),
        _ => Vec::new(),
    })
}

fn names(path: &Path, property: &str) -> Result<Vec<Option<String>>> {
    let bytes = fs::read(path).map_err(|error| {
        let error = Error::io("read", path, &error);
        match error.kind() {
            erewhon_types::Kind::Input => {
                error.with_hint("a shapefile keeps its names there; put it beside the `.shp`")
            }
            _ => error,
        }
    })?;
    let bad = |error: dbase::Error| damaged(path, &format!("can't be read: {error}"));
    let code_page = fs::read_to_string(path.with_extension("cpg")).unwrap_or_default();
    let mut table = ReaderBuilder::new();
    if let Some(encoding) = DynEncoding::from_name(code_page.trim()) {
        table = table.with_encoding(encoding);
    }
    let mut reader = table.build(Cursor::new(bytes)).map_err(bad)?;
    let known: Vec<&str> = reader.fields().iter().map(|field| field.name()).collect();
    if !known.contains(&property) {
        return Err(unknown_property(path, property, &known));
    }
    let rows = reader.iter_records();
    rows.map(|row| Ok(row.map_err(bad)?.get(property).and_then(text)))
        .collect()
}

fn text(value: &FieldValue) -> Option<String> {
    match value {
        FieldValue::Character(text) => text.as_ref().map(|t| t.trim().to_owned()),
        FieldValue::Numeric(number) => number.map(|n| n.to_string()),
        FieldValue::Integer(number) => Some(number.to_string()),
        FieldValue::Double(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Datums within two metres of WGS 84, as their names read in capitals without separators.
const NEAR_WGS_84: [&str; 7] = [
    "WGS1984",
    "WGS84",
    "WORLDGEODETICSYSTEM1984",
    "NORTHAMERICAN1983",
    "NAD83",
    "ETRS1989",
    "ETRS89",
];

fn refuse_projected(path: &Path) -> Result<()> {
    let Ok(text) = fs::read_to_string(path) else {
        return Ok(());
    };
    let text = text.to_ascii_uppercase();
    let words: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    let degrees = ["GEOGCS", "GEOGCRS", "GEODCRS"]
        .iter()
        .any(|open| words.starts_with(open));
    let what = match degrees {
        false => "projected coordinates",
        true if NEAR_WGS_84.iter().any(|datum| words.contains(datum)) => return Ok(()),
        true => "degrees of another datum",
    };
    Err(Error::input(format!(
        "`{}` names {what}; allowed: degrees of WGS 84, NAD 83 or ETRS 89",
        path.display()
    ))
    .with_hint("convert the shapefile to WGS 84 degrees (EPSG:4326)"))
}

fn damaged(path: &Path, what: &str) -> Error {
    Error::input(format!("`{}` {what}", path.display()))
        .with_hint("copy it again from its source, with all files of the shapefile")
}
