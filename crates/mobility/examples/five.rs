//! The five products of the bench from a Parquet file of places.
use std::{path::Path, sync::Arc, time::Instant};

use erewhon_events::Gathering;
use erewhon_geo::read_cells;
use erewhon_mobility::*;
use erewhon_types::{Calendar, CellIx, Window};
use parquet::{
    column::reader::ColumnReader,
    file::reader::{FileReader, SerializedFileReader},
};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (cells, _) = read_cells(Path::new(&args[2])).unwrap();
    let calendar = Calendar::new(&Window::parse("2024-01-01", 30, "UTC").unwrap()).unwrap();
    let public = Public {
        cells: &cells,
        calendar: &calendar,
    };
    let start = Instant::now();
    let mut gathering = Gathering::from(calendar.start_utc_ms());
    let reader = SerializedFileReader::new(std::fs::File::open(&args[1]).unwrap()).unwrap();
    let (mut u, mut t, mut c) = (Vec::new(), Vec::new(), Vec::new());
    for g in 0..reader.num_row_groups() {
        let group = reader.get_row_group(g).unwrap();
        let n = group.metadata().num_rows() as usize;
        u.clear();
        t.clear();
        c.clear();
        let mut d = Vec::new();
        if let ColumnReader::Int32ColumnReader(mut r) = group.get_column_reader(0).unwrap() {
            r.read_records(n, Some(&mut d), None, &mut u).unwrap();
        }
        if let ColumnReader::Int64ColumnReader(mut r) = group.get_column_reader(1).unwrap() {
            d.clear();
            r.read_records(n, Some(&mut d), None, &mut t).unwrap();
        }
        if let ColumnReader::Int32ColumnReader(mut r) = group.get_column_reader(2).unwrap() {
            d.clear();
            r.read_records(n, Some(&mut d), None, &mut c).unwrap();
        }
        let rows = (0..n).map(|i| (u[i] as u64, t[i], CellIx(c[i] as u32)));
        gathering.add(rows).unwrap();
    }
    eprintln!("read {:.3}", start.elapsed().as_secs_f64());
    let all = gathering.finish();
    eprintln!("gathered {:.3}", start.elapsed().as_secs_f64());
    let zones = Arc::new(Zoning::cells(&cells));
    let mut set: Vec<Box<dyn AnyReducer>> = Vec::new();
    let which = args
        .get(3)
        .map_or("home,work,presence,od,rg", |s| s.as_str());
    for w in which.split(',') {
        match w {
            "home" => set.push(Box::new(Rows(ModalCell {
                name: "home",
                hours: HourSet::of(&[(19, 24), (0, 7)], false),
                day_starts_h: 7,
            }))),
            "work" => set.push(Box::new(Rows(ModalCell {
                name: "work",
                hours: HourSet::of(&[(9, 12), (14, 17)], true),
                day_starts_h: 0,
            }))),
            "presence" => set.push(Box::new(Table(HourlyPresence {
                zones: Arc::clone(&zones),
            }))),
            "od" => set.push(Box::new(Table(DailyFlows {
                zones: Arc::clone(&zones),
            }))),
            "rg" => set.push(Box::new(Rows(Space))),
            _ => {}
        }
    }
    let mut rows = vec![0; set.len()];
    run(&all.parts(), &public, &set, &mut |place, batch| {
        rows[place] += batch.num_rows();
        Ok(())
    })
    .unwrap();
    eprintln!("run {:.3} rows {rows:?}", start.elapsed().as_secs_f64());
}
