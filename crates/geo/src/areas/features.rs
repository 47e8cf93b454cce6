use std::{
    collections::BTreeSet,
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

use erewhon_types::{Error, Result};
use geo::{Coord, LineString, Polygon};
use geojson::{FeatureCollection, GeoJson, GeometryValue, JsonObject, JsonValue, Position};

use super::read::{Raw, unknown_property};

/// Reads a FeatureCollection (RFC 7946). Memory is a small multiple of the file.
pub(super) fn read(path: &Path, property: &str) -> Result<Vec<Raw>> {
    let mut text = String::new();
    let bad = |what: &str| {
        Error::input(format!("`{}` {what}", path.display()))
            .with_hint("allowed: a GeoJSON FeatureCollection of polygons, as RFC 7946 has it")
    };
    File::open(path)
        .and_then(|file| BufReader::new(file).read_to_string(&mut text))
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::InvalidData => bad("is not UTF-8 text"),
            _ => Error::io("read", path, &error),
        })?;
    let collection = match text.trim_start_matches('\u{feff}').parse::<GeoJson>() {
        Ok(GeoJson::FeatureCollection(collection)) => collection,
        Ok(GeoJson::Feature(_)) => return Err(bad("is a single Feature")),
        Ok(GeoJson::Geometry(_)) => return Err(bad("is a bare geometry without names")),
        Err(error) => return Err(bad(&format!("is not GeoJSON: {error}"))),
    };
    refuse_projected(path, collection.foreign_members.as_ref())?;
    refuse_unknown(path, property, &collection)?;
    collection
        .features
        .into_iter()
        .map(|feature| {
            let value = feature
                .properties
                .as_ref()
                .and_then(|all| all.get(property));
            let name = value.and_then(|value| match value {
                JsonValue::String(text) => Some(text.trim().to_owned()),
                JsonValue::Number(number) => Some(number.to_string()),
                _ => None,
            });
            let polygons = match feature.geometry.map(|geometry| geometry.value) {
                Some(GeometryValue::Polygon { coordinates }) => vec![coordinates],
                Some(GeometryValue::MultiPolygon { coordinates }) => coordinates,
                _ => Vec::new(),
            };
            let polygons = polygons.iter().map(|rings| polygon(rings));
            let polygons = polygons.collect::<Option<_>>();
            Ok((
                name,
                polygons.ok_or_else(|| bad("has a position of fewer than two numbers"))?,
            ))
        })
        .collect()
}

/// The first ring is the shell, the others are holes; geo closes what is open.
fn polygon(rings: &[Vec<Position>]) -> Option<Polygon<f64>> {
    let coord = |position: &Position| match position.as_slice() {
        [x, y, ..] => Some(Coord { x: *x, y: *y }),
        _ => None,
    };
    let ring = |ring: &Vec<Position>| ring.iter().map(coord).collect::<Option<LineString<f64>>>();
    let mut rings = rings
        .iter()
        .map(ring)
        .collect::<Option<Vec<_>>>()?
        .into_iter();
    let shell = rings.next().unwrap_or_else(|| LineString::new(Vec::new()));
    Some(Polygon::new(shell, rings.collect()))
}

/// Files older than RFC 7946 may name a coordinate system.
fn refuse_projected(path: &Path, members: Option<&JsonObject>) -> Result<()> {
    let Some(crs) = members
        .and_then(|all| all.get("crs"))
        .filter(|crs| !crs.is_null())
    else {
        return Ok(());
    };
    let name = crs
        .pointer("/properties/name")
        .and_then(JsonValue::as_str)
        .unwrap_or_default();
    let degrees = ["CRS84", "CRS83", "4326", "4269", "4258"];
    if degrees.iter().any(|known| name.ends_with(known)) {
        return Ok(());
    }
    Err(Error::input(format!(
        "`{}` has coordinates of `{name}`; allowed: degrees of WGS 84, NAD 83 or ETRS 89",
        path.display()
    ))
    .with_hint("convert it to WGS 84 degrees (EPSG:4326)"))
}

fn refuse_unknown(path: &Path, property: &str, collection: &FeatureCollection) -> Result<()> {
    let objects = collection
        .features
        .iter()
        .filter_map(|f| f.properties.as_ref());
    if collection.features.is_empty() || objects.clone().any(|all| all.contains_key(property)) {
        return Ok(());
    }
    let known: BTreeSet<&str> = objects
        .flat_map(|all| all.keys().map(String::as_str))
        .collect();
    Err(unknown_property(
        path,
        property,
        &known.into_iter().collect::<Vec<_>>(),
    ))
}
