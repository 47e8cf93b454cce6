use std::{borrow::Cow, fmt, path::Path, result::Result as Outcome};

use erewhon_types::{Error, Result};
use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value, error::Category};

use super::{
    columns::Columns,
    sheet::Sheet,
    source::{Notes, Source},
};

/// Reads a GeoJSON `FeatureCollection` (RFC 7946) of points, one feature at a time.
///
/// Properties are the columns, as the first feature names them; a position is the point's alone.
pub(super) fn read(source: Source, path: &Path, sheet: &mut Sheet) -> Result<()> {
    let notes = source.notes.clone();
    let mut features = Features {
        sheet,
        path,
        notes: source.notes,
        columns: None,
        read: 0,
        said: None,
    };
    let mut json = serde_json::Deserializer::from_reader(source.input);
    let outcome = Collection(&mut features)
        .deserialize(&mut json)
        .and_then(|()| json.end());
    if let Some(said) = features.said {
        return Err(said);
    }
    outcome.map_err(|error| {
        let (file, line, column) = (path.display(), error.line(), error.column());
        match error.classify() {
            Category::Io => notes.explain(path, features.read + 1, &error.into()),
            Category::Eof => Error::input(format!(
                "`{file}` is cut short: its JSON ends inside line {line}"
            ))
            .with_hint("copy it again from its source"),
            Category::Syntax => Error::input(format!(
                "`{file}` is no valid JSON: line {line}, column {column}"
            ))
            .with_hint("write it anew with a GeoJSON tool"),
            Category::Data => Error::input(format!(
                "`{file}` is no GeoJSON FeatureCollection: line {line}, column {column}"
            ))
            .with_hint(
                r#"it must be {"type": "FeatureCollection", "features": [...]} with points"#,
            ),
        }
    })
}

struct Features<'a> {
    sheet: &'a mut Sheet,
    path: &'a Path,
    notes: Notes,
    columns: Option<(Columns, Vec<Part>)>,
    read: u64,
    /// What went wrong in our own words.
    said: Option<Error>,
}

/// What a column of a feature is.
enum Part {
    Property(String),
    Lat,
    Lon,
    Id,
}

#[derive(Deserialize)]
struct Feature {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    properties: Option<Map<String, Value>>,
    #[serde(default)]
    geometry: Option<Geometry>,
}

#[derive(Deserialize)]
struct Geometry {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    coordinates: Value,
}

impl Feature {
    fn text(&self, part: &Part) -> Cow<'_, str> {
        let point = self
            .geometry
            .as_ref()
            .filter(|geometry| geometry.kind == "Point");
        let value = match part {
            Part::Property(name) => self.properties.as_ref().and_then(|map| map.get(name)),
            Part::Lon => point.and_then(|point| point.coordinates.get(0)),
            Part::Lat => point.and_then(|point| point.coordinates.get(1)),
            Part::Id => Some(&self.id),
        };
        match value {
            Some(Value::String(text)) => Cow::Borrowed(text),
            Some(Value::Number(number)) => Cow::Owned(number.to_string()),
            _ => Cow::Borrowed(""),
        }
    }

    fn parts(&self) -> Vec<Part> {
        let names = self.properties.iter().flat_map(Map::keys);
        let names = names.filter(|name| !Columns::is_position(name));
        let mut parts: Vec<Part> = names.cloned().map(Part::Property).collect();
        parts.extend([Part::Lat, Part::Lon]);
        let has_id = self
            .properties
            .as_ref()
            .is_some_and(|map| map.contains_key("id"));
        if !self.id.is_null() && !has_id {
            parts.push(Part::Id);
        }
        parts
    }
}

impl Features<'_> {
    fn take(&mut self, feature: &Feature) -> Result<()> {
        self.notes.row_done();
        self.read += 1;
        if self.columns.is_none() {
            let parts = feature.parts();
            let name = |part: &Part| match part {
                Part::Property(name) => name.clone(),
                Part::Lat => "lat".to_owned(),
                Part::Lon => "lon".to_owned(),
                Part::Id => "id".to_owned(),
            };
            self.columns = Some((
                Columns::find(parts.iter().map(name).collect(), self.path)?,
                parts,
            ));
        }
        let Some((columns, parts)) = &self.columns else {
            return Ok(());
        };
        let get = |column: usize| {
            parts
                .get(column)
                .map_or(Cow::Borrowed(""), |part| feature.text(part))
        };
        self.sheet
            .push(columns, columns.judge(&get), self.read, self.path)
    }
}

/// The outer object.
struct Collection<'f, 'a>(&'f mut Features<'a>);

impl<'de> DeserializeSeed<'de> for Collection<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Outcome<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Collection<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a FeatureCollection")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Outcome<(), A::Error> {
        let (mut kind, mut there) = (String::new(), false);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "type" => kind = map.next_value()?,
                "features" => {
                    map.next_value_seed(List(self.0))?;
                    there = true;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        match there && kind == "FeatureCollection" {
            true => Ok(()),
            false => Err(A::Error::custom("no FeatureCollection")),
        }
    }
}

/// The array of features.
struct List<'f, 'a>(&'f mut Features<'a>);

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Outcome<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of features")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Outcome<(), A::Error> {
        while let Some(feature) = list.next_element::<Feature>()? {
            if let Err(error) = self.0.take(&feature) {
                self.0.said = Some(error);
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}
