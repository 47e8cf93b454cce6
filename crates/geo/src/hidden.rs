use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    ops::Range,
    path::Path,
};

use erewhon_types::{CellIx, Error, Result};

use crate::{Cell, CellIssues, CellRule, CellTable, Frame, SetAside, cell_id};

/// Widest radius about a place, in metres.
const MOST_M: f64 = 50_000.0;
/// Most metres in a position without degrees.
const FAR_M: f64 = 1e8;

/// Public places that no map should tell from their neighbours: barracks, clinics, shelters, places of worship.
#[derive(Clone, Debug, PartialEq)]
pub struct HiddenPlaces {
    frame: Frame,
    places: Vec<Place>,
}

/// A position in the frame's numbers, and how far about it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    x: f64,
    y: f64,
    radius_m: f64,
}

/// A cell that is taken out.
struct Hidden<'a> {
    /// Its first row that is near a place.
    near: CellIx,
    /// Of the window, from the first instant of service to the last; `None` where it serves never.
    served_utc_ms: Option<Range<i64>>,
    /// How it is written, and what counted as it.
    ids: Vec<&'a str>,
}

impl HiddenPlaces {
    /// Reads a CSV file with the columns `lat`, `lon` and `radius_m`, or `x_m`, `y_m` and `radius_m`; other
    /// columns, such as a name, are passed over.
    ///
    /// # Errors
    /// Input, when the file can't be read, lacks a column or a place, or a number is none or out of range: a
    /// place that is passed over in silence would be on the map.
    pub fn read(path: &Path) -> Result<Self> {
        let of_file = |what: String| Error::input(format!("`{}`: {what}", path.display()));
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_path(path)
            .map_err(|error| of_file(error.to_string()))?;
        let header = reader.headers().map_err(|e| of_file(e.to_string()))?;
        let find = |name: &str| {
            header
                .iter()
                .position(|column| column.eq_ignore_ascii_case(name))
        };
        let columns = |names: [&str; 3]| Some([find(names[0])?, find(names[1])?, find(names[2])?]);
        let degrees = columns(["lon", "lat", "radius_m"]).map(|at| (Frame::Geographic, at));
        let metres = || Some((Frame::Planar, columns(["x_m", "y_m", "radius_m"])?));
        let Some((frame, at)) = degrees.or_else(metres) else {
            return Err(of_file("a column is missing".to_owned()).with_hint(
                "a list of places has lat, lon and radius_m, or x_m, y_m and radius_m",
            ));
        };
        let [most_x, most_y] = match frame {
            Frame::Geographic => [180.0, 90.0],
            _ => [FAR_M; 2],
        };
        let mut places = Vec::new();
        for (place, row) in (1..).zip(reader.records()) {
            let row = row.map_err(|error| of_file(error.to_string()))?;
            let number = |column: usize, least: f64, most: f64| {
                let text = row.get(at[column]).unwrap_or_default();
                let number = text.parse().ok();
                number
                    .filter(|n| (least..=most).contains(n))
                    .ok_or_else(|| {
                        of_file(format!(
                            "place {place}: `{text}` is no number from {least} to {most}"
                        ))
                        .with_hint("none is passed over: it would be on the map")
                    })
            };
            places.push(Place {
                x: number(0, -most_x, most_x)?,
                y: number(1, -most_y, most_y)?,
                radius_m: number(2, 0.0, MOST_M)?,
            });
        }
        if places.is_empty() {
            return Err(of_file("no place is listed".to_owned())
                .with_hint("a line for each place, or leave the list out"));
        }
        Ok(Self { frame, places })
    }

    /// Takes the cells near the places out of a table; each counts as the nearest cell that stays and is in
    /// service throughout a window wherever it is itself. What was done is noted among the issues of the list.
    ///
    /// What is then told by cells, or by zones made of them, mixes these places with their neighbours. Both lists are
    /// public, so nothing is paid for it. A place is near within its radius, on the table's plane. A cell that
    /// moved goes with all its rows, to one neighbour of where it was near.
    ///
    /// # Errors
    /// Usage, when list and table have not the same kind of positions; input, when no cell is near a place, or
    /// none is left that one could count as.
    pub fn hide(
        &self,
        table: &CellTable,
        issues: &mut CellIssues,
        window_utc_ms: &Range<i64>,
    ) -> Result<CellTable> {
        if table.frame() != self.frame {
            return Err(Error::usage(
                "the list of places and the cell list have different kinds of positions",
            )
            .with_hint("write both in degrees, or both in metres"));
        }
        let near = self.near(table);
        if near.is_empty() {
            return Err(Error::input("no cell is near a place that is to be hidden")
                .with_hint("look for latitude and longitude exchanged, or take larger radii"));
        }
        let cells = table.cells();
        let key = |row: CellIx| cell_id::key(&cells[row.index()].id);
        let hidden: HashSet<Cow<'_, str>> = near.iter().map(|&row| key(row)).collect();
        let rows = || (0..cells.len() as u32).map(CellIx);
        let goes: Vec<bool> = rows().map(|row| hidden.contains(&key(row))).collect();
        let clipped = |row: CellIx| {
            let Range { start, end } = cells[row.index()].period_utc_ms();
            start.max(window_utc_ms.start)..end.min(window_utc_ms.end)
        };
        // Of each cell its first near row, and the window from its first to its last day of service.
        let mut of_cell: HashMap<Cow<'_, str>, Hidden<'_>> = HashMap::new();
        for row in near.iter().copied() {
            let first = || Hidden {
                near: row,
                served_utc_ms: None,
                ids: Vec::new(),
            };
            of_cell.entry(key(row)).or_insert_with(first);
        }
        for row in rows().filter(|row| goes[row.index()]) {
            let Some(hidden) = of_cell.get_mut(&key(row)) else {
                continue;
            };
            let other = clipped(row);
            if !other.is_empty() {
                let so_far = hidden.served_utc_ms.take().unwrap_or(other.clone());
                let served = so_far.start.min(other.start)..so_far.end.max(other.end);
                hidden.served_utc_ms = Some(served);
            }
            let cell = &cells[row.index()];
            let ids = [&cell.id].into_iter().chain(&cell.also);
            hidden.ids.extend(ids.map(String::as_str));
        }
        let mut of_cell: Vec<Hidden<'_>> = of_cell.into_values().collect();
        of_cell.sort_unstable_by_key(|hidden| hidden.near);
        let mut stay: Vec<Option<Cell>> = (cells.iter().zip(&goes))
            .map(|(cell, goes)| (!goes).then(|| cell.clone()))
            .collect();
        let mut farthest_m: f64 = 0.0;
        for hidden in of_cell {
            let serves = |other: &CellIx| {
                let there = cells[other.index()].period_utc_ms();
                let served = hidden.served_utc_ms.as_ref();
                let covers = |s: &Range<i64>| there.start <= s.start && s.end <= there.end;
                !goes[other.index()] && served.is_none_or(covers)
            };
            let way_m = |other: &CellIx| table.distance_m(hidden.near, *other);
            let nearest = rows()
                .filter(serves)
                .min_by(|a, b| way_m(a).total_cmp(&way_m(b)));
            let taker = nearest.and_then(|row| Some((row, stay[row.index()].as_mut()?)));
            let Some((row, taker)) = taker else {
                return Err(Error::input(format!(
                    "no cell is left that `{}` could count as",
                    cells[hidden.near.index()].id
                ))
                .with_hint("take smaller radii, or look at the periods of the cells about it"));
            };
            farthest_m = farthest_m.max(way_m(&row));
            for id in hidden.ids {
                if !taker.also.iter().any(|other| other == id) {
                    taker.also.push(id.to_owned());
                }
            }
        }
        issues.kept -= stay.iter().filter(|cell| cell.is_none()).count();
        issues.rules.push(note(cells, &goes, farthest_m));
        CellTable::new(table.frame(), stay.into_iter().flatten().collect())
    }

    /// The rows near a place.
    fn near(&self, table: &CellTable) -> Vec<CellIx> {
        let places: Vec<_> = (self.places.iter())
            .map(|place| (table.project_m(place.x, place.y), place.radius_m))
            .collect();
        let is_near = |&(x, y): &(f64, f64)| {
            let within = |((at_x, at_y), radius_m): &((f64, f64), f64)| {
                (x - at_x).hypot(y - at_y) <= *radius_m
            };
            places.iter().any(within)
        };
        let rows = (0..).map(CellIx).zip(table.plane_m());
        rows.filter(|(_, at)| is_near(at))
            .map(|(row, _)| row)
            .collect()
    }
}

/// What the report on the cell list says of hidden cells.
fn note(cells: &[Cell], goes: &[bool], farthest_m: f64) -> CellRule {
    let gone = cells.iter().zip(goes).filter(|(_, goes)| **goes);
    CellRule {
        rule: "cell_hidden".to_owned(),
        description: format!(
            "the cell is near a place that no map is to show: its records count at the nearest cell that \
             stays, at most {farthest_m:.0} m away"
        ),
        hint: "look at the distance: far away, records count where nobody was".to_owned(),
        cells: gone
            .map(|(cell, _)| SetAside {
                id: cell.id.clone(),
                ..SetAside::default()
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const EVER: Range<i64> = i64::MIN..i64::MAX;

    fn list(text: &str) -> Result<HiddenPlaces> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("places.csv");
        fs::write(&path, text).unwrap();
        HiddenPlaces::read(&path)
    }

    fn hide(text: &str, table: &CellTable, window_utc_ms: Range<i64>) -> Result<CellTable> {
        let mut issues = CellIssues {
            kept: table.len(),
            ..CellIssues::default()
        };
        let hidden = list(text)
            .unwrap()
            .hide(table, &mut issues, &window_utc_ms)?;
        assert_eq!(issues.kept, hidden.len());
        assert_eq!(issues.rules[0].cells.len(), table.len() - hidden.len());
        Ok(hidden)
    }

    fn planar(cells: Vec<Cell>) -> CellTable {
        CellTable::new(Frame::Planar, cells).unwrap()
    }

    fn table() -> CellTable {
        let cells = [("a", 0.0), ("b", 300.0), ("c", 1_000.0), ("d", 5_000.0)];
        planar(
            cells
                .map(|(id, east_m)| Cell::planar(id, east_m, 0.0))
                .to_vec(),
        )
    }

    fn timed(id: &str, east_m: f64, from: &str, to: &str) -> Cell {
        Cell {
            valid_from_utc: from.parse().ok(),
            valid_to_utc: to.parse().ok(),
            ..Cell::planar(id, east_m, 0.0)
        }
    }

    fn ms(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    fn counts_as<'a>(table: &'a CellTable, id: &str, at_ms: i64) -> Option<&'a str> {
        table
            .find_at(id, at_ms)
            .map(|row| table.cell(row).id.as_str())
    }

    #[test]
    fn a_cell_near_a_listed_place_counts_as_the_nearest_other() {
        let text = "name,x_m,y_m,radius_m\nclinic,100,0,250\n";
        let hidden = hide(text, &table(), EVER).unwrap();
        let id = |name: &str| counts_as(&hidden, name, 0);
        assert_eq!(
            ["a", "b", "c", "d"].map(id),
            [Some("c"), Some("c"), Some("c"), Some("d")]
        );
        // And again, and after it was written down.
        let twice = hide("x_m,y_m,radius_m\n1000,0,1\n", &hidden, EVER).unwrap();
        assert_eq!((twice.len(), counts_as(&twice, "a", 0)), (1, Some("d")));
        let text = serde_json::to_string(&twice.cells()).unwrap();
        let read = planar(serde_json::from_str(&text).unwrap());
        assert_eq!(counts_as(&read, "b", 0), Some("d"));
    }

    /// Who counts as another finds it at any time of the window; what lies outside of it asks for nothing.
    #[test]
    fn the_other_is_in_service_throughout_the_window() {
        let (march, april) = ("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z");
        let table = planar(vec![
            timed("moved", 9_000.0, "", march),
            timed("moved", 0.0, march, ""),
            timed("late", 10.0, april, ""),
            timed("new", 20.0, march, ""),
            Cell::planar("ever", 700.0, 0.0),
            Cell::planar("there", 9_001.0, 0.0),
        ]);
        let text = "x_m,y_m,radius_m\n0,0,5\n";
        let hidden = hide(text, &table, EVER).unwrap();
        assert_eq!(hidden.len(), 4);
        for at in [i64::MIN, ms(march)] {
            assert_eq!(counts_as(&hidden, "moved", at), Some("ever"));
        }
        let spring = hide(text, &table, ms(march)..ms(april)).unwrap();
        assert_eq!(counts_as(&spring, "moved", ms(march)), Some("new"));
        let summer = hide(text, &table, ms(april)..i64::MAX).unwrap();
        assert_eq!(counts_as(&summer, "moved", ms(april)), Some("late"));
        let after = hide(text, &table, i64::MIN..ms(march)).unwrap();
        assert_eq!(counts_as(&after, "moved", 0), Some("ever"));
    }

    /// Two ways to write an id are one cell, which goes with both rows.
    #[test]
    fn an_id_is_the_same_however_it_is_written() {
        let march = "2026-03-01T00:00:00Z";
        let table = planar(vec![
            timed("248-01-7-1", 0.0, "", march),
            timed("248-1-7-1", 9_000.0, march, ""),
            Cell::planar("other", 700.0, 0.0),
        ]);
        let hidden = hide("x_m,y_m,radius_m\n0,0,5\n", &table, EVER).unwrap();
        assert_eq!(hidden.len(), 1);
        for id in ["248-01-7-1", "248-1-7-1", "248-001-0007-1"] {
            assert_eq!(counts_as(&hidden, id, ms(march)), Some("other"));
        }
    }

    #[test]
    fn a_list_that_is_wrong_is_refused_whole() {
        for (text, why) in [
            ("x_m,y_m\n1,2\n", "a column is missing"),
            ("x_m,y_m,radius_m\n", "no place is listed"),
            ("lat,lon,radius_m\n50,10,100\n91,10,100\n", "place 2: `91`"),
            ("x_m,y_m,radius_m\n\n1,2,far\n", "place 1: `far`"),
            ("x_m,y_m,radius_m\n1,2,-1\n", "place 1: `-1`"),
            ("x_m,y_m,radius_m\n1,NaN,1\n", "place 1: `NaN`"),
        ] {
            let error = list(text).unwrap_err();
            assert!(error.message().contains(why), "{error}");
        }
        let refused = |text| hide(text, &table(), EVER).unwrap_err().to_string();
        assert!(refused("lat,lon,radius_m\n50,10,100\n").contains("different kinds"));
        assert!(refused("x_m,y_m,radius_m\n0,0,50000\n").contains("no cell is left"));
        assert!(refused("x_m,y_m,radius_m\n9000,0,1\n").contains("no cell is near"));
    }
}
