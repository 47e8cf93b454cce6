use std::path::Path;

use erewhon_types::{Error, Result};

use super::fields::Fields;
use crate::{
    Mapping,
    mapping::{CellColumns, DeviceColumns, HomeColumns, Quantity, near},
};

/// Where the columns of a mapping stand in one file, from 0.
pub(crate) struct Layout {
    pub(crate) names: Vec<String>,
    pub(crate) fields: usize,
    pub(crate) only: Option<usize>,
    pub(crate) subscriber: Option<usize>,
    pub(crate) time: usize,
    pub(crate) end: Option<usize>,
    pub(crate) cell: Vec<usize>,
    pub(crate) position: Option<(usize, usize)>,
    pub(crate) kind: Vec<usize>,
    pub(crate) duration_s: Option<usize>,
    pub(crate) amount_minor: Option<usize>,
    pub(crate) bytes_up: Option<usize>,
    pub(crate) bytes_down: Option<usize>,
    pub(crate) peer: Option<usize>,
    pub(crate) home_network: Vec<usize>,
    pub(crate) device: Option<usize>,
}

impl Layout {
    /// The layout as the mapping itself orders it.
    pub(crate) fn by_position(mapping: &Mapping) -> Self {
        Self::of(mapping, &mapping.columns)
    }

    /// The layout of a file by its header line.
    pub(crate) fn from_header(mapping: &Mapping, header: Fields<'_>, path: &Path) -> Result<Self> {
        // Where carriage returns alone end lines, the first line is the file: never show that.
        if header.bytes.contains(&b'\r') {
            return Err(Error::input(format!(
                "`{}` has a carriage return within its header line",
                path.display()
            ))
            .with_hint("end lines with a line feed, or a carriage return and a line feed"));
        }
        let name = |column| String::from_utf8_lossy(header.get(column)).into_owned();
        Self::from_names(
            mapping,
            &(0..header.len()).map(name).collect::<Vec<_>>(),
            path,
        )
    }

    /// The layout of a file by the names of its columns.
    pub(crate) fn from_names(mapping: &Mapping, names: &[String], path: &Path) -> Result<Self> {
        check_header(mapping, names, path)?;
        Ok(Self::of(mapping, names))
    }

    /// `columns` must hold every used column, which the callers have checked.
    fn of(mapping: &Mapping, columns: &[String]) -> Self {
        let find = |name: &String| columns.iter().position(|column| column == name);
        let find_str = |name: &str| columns.iter().position(|column| column == name);
        let find_some = |name: &Option<String>| name.as_ref().and_then(find);
        let position = mapping.position.as_ref();
        let cell = mapping.cell.iter().flat_map(CellColumns::columns);
        let home = mapping.home_network.iter().flat_map(HomeColumns::columns);
        let device = mapping.device.as_ref().and_then(DeviceColumns::column);
        Self {
            names: columns.to_vec(),
            fields: columns.len(),
            only: mapping.only.as_ref().and_then(|only| find(&only.column)),
            subscriber: find_some(&mapping.subscriber),
            time: find(&mapping.time.column).unwrap_or_default(),
            end: find_some(&mapping.time.end),
            cell: cell.filter_map(find).collect(),
            position: position.and_then(|p| find(&p.lat).zip(find(&p.lon))),
            kind: mapping.kind.columns.iter().filter_map(find).collect(),
            duration_s: mapping
                .duration_s
                .as_ref()
                .map(Quantity::column)
                .and_then(find_str),
            amount_minor: mapping
                .amount_minor
                .as_ref()
                .map(Quantity::column)
                .and_then(find_str),
            bytes_up: mapping
                .bytes_up
                .as_ref()
                .map(Quantity::column)
                .and_then(find_str),
            bytes_down: mapping
                .bytes_down
                .as_ref()
                .map(Quantity::column)
                .and_then(find_str),
            peer: find_some(&mapping.peer),
            home_network: home.filter_map(find).collect(),
            device: device.and_then(find),
        }
    }
}

fn check_header(mapping: &Mapping, names: &[String], path: &Path) -> Result<()> {
    let shown = path.display();
    let has = |name: &str| names.iter().any(|column| column == name);
    if let [only] = names
        && mapping.columns.len() > 1
        && let Some(other) = [',', ';', '\t', '|']
            .into_iter()
            .find(|&d| d != mapping.delimiter && only.contains(d))
    {
        return Err(Error::input(format!(
            "`{shown}` is not delimited by `{}`: its header is a single field",
            mapping.delimiter.escape_default()
        ))
        .with_hint(format!(
            "set `delimiter = \"{}\"` in a mapping",
            other.escape_default()
        )));
    }
    let used = || mapping.used_columns();
    if let Some(missing) = used().find(|name| !has(name)) {
        // A file without a header has a person's record in its first line: never show that.
        let hint = if used().any(has) && !names.iter().any(|name| is_data(name)) {
            let free = names.iter().map(String::as_str);
            let near = near::name(
                missing,
                free.filter(|name| used().all(|used| used != *name)),
            );
            let meant = near.map_or_else(String::new, |name| format!("is it `{name}`? "));
            format!("{meant}its columns are {}", list(names))
        } else {
            "none of the mapping's columns is there: choose another mapping, or set \
             `header = false` when the first line is data already"
                .to_owned()
        };
        return Err(Error::input(format!("`{shown}` has no column `{missing}`")).with_hint(hint));
    }
    let unmapped: Vec<String> = names
        .iter()
        .filter(|name| !used().any(|u| u == *name) && !mapping.ignore.contains(name))
        .cloned()
        .collect();
    if !unmapped.is_empty() {
        return Err(Error::input(format!(
            "`{shown}` has columns that the mapping does not know: {}",
            match unmapped.iter().any(|name| is_data(name)) {
                true => "their names look like data, as of a file without a header".to_owned(),
                false => list(&unmapped),
            }
        ))
        .with_hint("map them, or list them in `columns` and `ignore`"));
    }
    match names
        .iter()
        .enumerate()
        .find(|(i, name)| names[..*i].contains(name))
    {
        Some((_, twice)) => Err(
            Error::input(format!("`{shown}` has the column `{twice}` twice"))
                .with_hint("every column needs a name of its own"),
        ),
        None => Ok(()),
    }
}

/// Five digits name no column: a number, a time or an amount of somebody does.
fn is_data(name: &str) -> bool {
    name.bytes().filter(u8::is_ascii_digit).count() >= 5
}

fn list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// The error for a file whose first line names no columns.
pub(crate) fn no_header(path: &Path) -> Error {
    Error::input(format!("`{}` has no header line", path.display()))
        .with_hint("the first line must name the columns, or the mapping say `header = false`")
}
