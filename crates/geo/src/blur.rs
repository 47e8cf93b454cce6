use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    path::Path,
};

use erewhon_types::{CellIx, Error, Result};

use crate::{Cell, CellTable, Frame};

/// Widest radius about a place, in metres.
const MOST_M: f64 = 50_000.0;

/// Public places that no map should tell from their neighbours: barracks, clinics, shelters, places of worship.
#[derive(Clone, Debug, PartialEq)]
pub struct BlurList {
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

/// The rows of a cell that is taken out.
struct Gone<'a> {
    first: CellIx,
    /// From the start of the earliest to the end of the latest.
    period_utc_ms: Range<i64>,
    also: Vec<&'a str>,
}

impl BlurList {
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
            _ => [f64::MAX; 2],
        };
        let mut places = Vec::new();
        for (line, row) in (2..).zip(reader.records()) {
            let row = row.map_err(|error| of_file(error.to_string()))?;
            let number = |column: usize, least: f64, most: f64| {
                let text = row.get(at[column]).unwrap_or_default();
                let number = text.parse().ok();
                number
                    .filter(|n| (least..=most).contains(n))
                    .ok_or_else(|| {
                        of_file(format!(
                            "line {line}: `{text}` is no number from {least} to {most}"
                        ))
                    })
            };
            places.push(Place {
                x: number(0, -most_x, most_x)?,
                y: number(1, -most_y, most_y)?,
                radius_m: number(2, 0.0, MOST_M)?,
            });
        }
        if places.is_empty() {
            return Err(of_file("no place is listed".to_owned()));
        }
        Ok(Self { frame, places })
    }

    /// Takes the cells near the places out of a table; each counts as the nearest cell that stays and was in
    /// service all the while. Also says how many rows were taken out.
    ///
    /// What is told by cells or by zones made of them then says nothing of these places alone. Both inputs
    /// are public, so nothing is paid for it. A place is near within its radius, on the table's plane.
    ///
    /// # Errors
    /// Usage, when list and table have not the same kind of positions; input, when no cell is left that one
    /// could count as.
    pub fn blur(&self, table: &CellTable) -> Result<(CellTable, usize)> {
        if table.frame() != self.frame {
            return Err(Error::usage(
                "the list of places and the cell list have different kinds of positions",
            )
            .with_hint("write both in degrees, or both in metres"));
        }
        let places: Vec<_> = (self.places.iter())
            .map(|place| (table.project_m(place.x, place.y), place.radius_m))
            .collect();
        let is_near = |&(x, y): &(f64, f64)| {
            let within = |((at_x, at_y), radius_m): &((f64, f64), f64)| {
                (x - at_x).hypot(y - at_y) <= *radius_m
            };
            places.iter().any(within)
        };
        // A cell that moved has several rows, which go or stay together.
        let cells = table.cells();
        let near = cells
            .iter()
            .zip(table.plane_m())
            .filter(|(_, at)| is_near(at));
        let near: HashSet<&str> = near.map(|(cell, _)| cell.id.as_str()).collect();
        let goes = |cell: &Cell| near.contains(cell.id.as_str());
        let mut gone: HashMap<&str, Gone<'_>> = HashMap::new();
        for (row, cell) in (0..).map(CellIx).zip(cells).filter(|(_, cell)| goes(cell)) {
            let Range { start, end } = cell.period_utc_ms();
            let of_id = gone.entry(&cell.id).or_insert(Gone {
                first: row,
                period_utc_ms: start..end,
                also: Vec::new(),
            });
            let period = &mut of_id.period_utc_ms;
            *period = period.start.min(start)..period.end.max(end);
            of_id.also.extend(cell.also.iter().map(String::as_str));
        }
        let mut gone: Vec<_> = gone.into_iter().collect();
        gone.sort_unstable_by_key(|(_, gone)| gone.first);
        let mut stay: Vec<Option<Cell>> = (cells.iter())
            .map(|cell| (!goes(cell)).then(|| cell.clone()))
            .collect();
        for (id, gone) in gone {
            let serves = |other: &CellIx| {
                let there = cells[other.index()].period_utc_ms();
                let period = &gone.period_utc_ms;
                !goes(&cells[other.index()])
                    && there.start <= period.start
                    && period.end <= there.end
            };
            let way_m = |other: &CellIx| table.distance_m(gone.first, *other);
            let nearest = (0..cells.len() as u32)
                .map(CellIx)
                .filter(serves)
                .min_by(|a, b| way_m(a).total_cmp(&way_m(b)));
            let Some(nearest) = nearest.and_then(|nearest| stay[nearest.index()].as_mut()) else {
                return Err(
                    Error::input(format!("no cell is left that `{id}` could count as"))
                        .with_hint("take smaller radii"),
                );
            };
            let ids = [id].into_iter().chain(gone.also);
            nearest.also.extend(ids.map(str::to_owned));
        }
        let taken = stay.iter().filter(|cell| cell.is_none()).count();
        let cells = stay.into_iter().flatten().collect();
        Ok((CellTable::new(table.frame(), cells)?, taken))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn list(text: &str) -> Result<BlurList> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("places.csv");
        fs::write(&path, text).unwrap();
        BlurList::read(&path)
    }

    fn table() -> CellTable {
        let cells = [("a", 0.0), ("b", 300.0), ("c", 1_000.0), ("d", 5_000.0)];
        let cells = cells.map(|(id, east_m)| Cell::planar(id, east_m, 0.0));
        CellTable::new(Frame::Planar, cells.to_vec()).unwrap()
    }

    #[test]
    fn a_cell_near_a_listed_place_counts_as_the_nearest_other() {
        let (blurred, taken) = list("name,x_m,y_m,radius_m\nclinic,100,0,250\n")
            .unwrap()
            .blur(&table())
            .unwrap();
        assert_eq!((taken, blurred.len()), (2, 2));
        let id = |name: &str| blurred.find(name).map(|row| blurred.cell(row).id.as_str());
        assert_eq!(
            ["a", "b", "c", "d"].map(id),
            [Some("c"), Some("c"), Some("c"), Some("d")]
        );
        // And again, and after it was written down.
        let (twice, taken) = list("x_m,y_m,radius_m\n1000,0,1\n")
            .unwrap()
            .blur(&blurred)
            .unwrap();
        assert_eq!((taken, twice.len()), (1, 1));
        assert_eq!(twice.find("a"), Some(CellIx(0)));
        let text = serde_json::to_string(&twice.cells()).unwrap();
        let cells: Vec<Cell> = serde_json::from_str(&text).unwrap();
        let read = CellTable::new(Frame::Planar, cells).unwrap();
        assert_eq!(read.find("b"), Some(CellIx(0)));
        let (same, taken) = list("x_m,y_m,radius_m\n9000,0,1\n")
            .unwrap()
            .blur(&table())
            .unwrap();
        assert_eq!((taken, same.len()), (0, 4));
    }

    /// Who counts as another finds it at any time of its own.
    #[test]
    fn the_other_is_in_service_all_the_while() {
        let timed = |id: &str, east_m: f64, from: &str, to: &str| Cell {
            valid_from_utc: from.parse().ok(),
            valid_to_utc: to.parse().ok(),
            ..Cell::planar(id, east_m, 0.0)
        };
        let march = "2026-03-01T00:00:00Z";
        let cells = vec![
            timed("moved", 0.0, "", march),
            timed("moved", 9_000.0, march, ""),
            timed("late", 10.0, march, ""),
            Cell::planar("ever", 700.0, 0.0),
        ];
        let table = CellTable::new(Frame::Planar, cells).unwrap();
        let list = list("x_m,y_m,radius_m\n0,0,5\n").unwrap();
        let (blurred, taken) = list.blur(&table).unwrap();
        assert_eq!((taken, blurred.len()), (2, 2));
        for ms in [
            i64::MIN,
            march.parse::<jiff::Timestamp>().unwrap().as_millisecond(),
        ] {
            let found = blurred.find_at("moved", ms).unwrap();
            assert_eq!(blurred.cell(found).id, "ever");
        }
    }

    #[test]
    fn a_list_that_is_wrong_is_refused_whole() {
        for (text, why) in [
            ("x_m,y_m\n1,2\n", "a column is missing"),
            ("x_m,y_m,radius_m\n", "no place is listed"),
            ("lat,lon,radius_m\n50,10,100\n91,10,100\n", "line 3: `91`"),
            ("x_m,y_m,radius_m\n1,2,far\n", "line 2: `far`"),
            ("x_m,y_m,radius_m\n1,2,-1\n", "line 2: `-1`"),
        ] {
            let error = list(text).unwrap_err();
            assert!(error.message().contains(why), "{error}");
        }
        let degrees = list("lat,lon,radius_m\n50,10,100\n").unwrap();
        assert!(
            degrees
                .blur(&table())
                .unwrap_err()
                .message()
                .contains("different kinds")
        );
        let all = list("x_m,y_m,radius_m\n0,0,50000\n").unwrap();
        assert!(
            all.blur(&table())
                .unwrap_err()
                .message()
                .contains("no cell is left")
        );
    }
}
