use std::path::Path;

use erewhon_types::{Error, Result};
use geo::Polygon;
use serde::{Deserialize, Serialize};

use super::{Area, Areas, features, shapes};

/// What reading areas found. Areas are public, so they may be listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AreaIssues {
    /// Features or shapes read.
    pub read: usize,
    /// Areas kept.
    pub kept: usize,
    /// The rules that set areas aside, in the order they run; rules that met nothing are absent.
    pub rules: Vec<AreaRule>,
}

/// One rule and the areas it set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AreaRule {
    /// The rule's name, for example `area_without_name`.
    pub rule: String,
    /// What the rule says, one sentence.
    pub description: String,
    /// The areas set aside, in file order: their names, or `feature 7` where they have none.
    pub areas: Vec<String>,
}

/// What a file says of one area: perhaps a name, perhaps polygons.
pub(super) type Raw = (Option<String>, Vec<Polygon<f64>>);

/// Reads named areas from a GeoJSON FeatureCollection (`.geojson`, `.json`) or an ESRI shapefile
/// (`.shp`, with its `.dbf`, and `.prj` and `.cpg` where they are).
///
/// `property` is the property or attribute column that names an area. Positions are longitude and
/// latitude in WGS 84 degrees; NAD 83 and ETRS 89 differ from it by two metres at most and are read as
/// they are. In a shapefile holes are told by what lies in what, not by ring orientation.
///
/// # Errors
/// Input, when a file is missing, damaged or of another format, positions are projected or out of
/// range, the property is unknown, two areas share a name, an area crosses the date line, or no area
/// is left.
pub fn read_areas(path: &Path, property: &str) -> Result<(Areas, AreaIssues)> {
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    let raw = match ending.to_str() {
        Some("geojson" | "json") => features::read(path, property)?,
        Some("shp") => shapes::read(path, property)?,
        _ => {
            return Err(Error::input(format!(
                "`{}` is no known format of areas",
                path.display()
            ))
            .with_hint("allowed: `.geojson` or `.json` (a FeatureCollection), or a shapefile's `.shp`"));
        }
    };
    build(raw, path)
}

pub(super) fn build(raw: Vec<Raw>, path: &Path) -> Result<(Areas, AreaIssues)> {
    let located = |error: Error| {
        let message = format!("`{}`: {}", path.display(), error.message());
        let located = Error::new(error.kind(), message);
        match error.hint() {
            Some(hint) => located.with_hint(hint),
            None => located,
        }
    };
    let read = raw.len();
    let (mut areas, mut nameless, mut shapeless, mut landless) = (vec![], vec![], vec![], vec![]);
    for (row, (name, polygons)) in raw.into_iter().enumerate() {
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            nameless.push(format!("feature {}", row + 1));
            continue;
        };
        if polygons.is_empty() {
            shapeless.push(name);
            continue;
        }
        match Area::new(&name, polygons).map_err(located)? {
            Some(area) => areas.push(area),
            None => landless.push(name),
        }
    }
    let rules = [
        (
            "area_without_name",
            "the property that names it is empty",
            nameless,
        ),
        (
            "area_without_polygon",
            "it has no shape, or points or lines",
            shapeless,
        ),
        ("area_without_land", "its rings enclose nothing", landless),
    ];
    let rules = rules.into_iter().filter(|rule| !rule.2.is_empty());
    let issues = AreaIssues {
        read,
        kept: areas.len(),
        rules: rules
            .map(|(rule, description, areas)| AreaRule {
                rule: rule.to_owned(),
                description: description.to_owned(),
                areas,
            })
            .collect(),
    };
    if areas.is_empty() {
        let first = issues
            .rules
            .first()
            .map_or("it is empty", |rule| &rule.description);
        return Err(located(Error::input("no usable area"))
            .with_hint(format!("the first reason met was: {first}")));
    }
    Ok((Areas::of(areas).map_err(located)?, issues))
}

/// The error for a property that no area has.
pub(super) fn unknown_property(path: &Path, property: &str, known: &[&str]) -> Error {
    let lower = property.to_lowercase();
    let distance = |name: &&&str| strsim::levenshtein(&lower, &name.to_lowercase());
    let near = known
        .iter()
        .min_by_key(distance)
        .filter(|name| distance(name) <= 2);
    let meant = near.map_or_else(String::new, |name| format!("did you mean `{name}`? "));
    let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    let names = if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    };
    Error::input(format!("`{}` has no property `{property}`", path.display()))
        .with_hint(format!("{meant}its properties are: {names}"))
}
