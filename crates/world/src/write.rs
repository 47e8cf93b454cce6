use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

use erewhon_types::{Error, Result};
use rayon::prelude::*;

use crate::{
    Flaw, Planted, World,
    diary::Diary,
    flaws::{self, BLOCK, CELL_WITHOUT_POSITION},
};

/// What [`World::write`] wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Lines of `cdr.csv` below its header, flawed and added ones included.
    pub rows: u64,
    /// Records without flaws that they were made of.
    pub clean_rows: u64,
    /// Subscriber numbers that exist; some may have no record.
    pub subscribers: u64,
    /// Rows with each flaw.
    pub planted: Planted,
}

const HEADER: &str = "subscriber,time_utc,cell,kind,duration_s,peer,bytes_up,bytes_down";

impl World {
    /// Writes `cells.csv` and `cdr.csv`, the latter with the flaws of a real export, the truth
    /// beneath `truth/`, and `flaws.csv`. Files of these names are replaced.
    ///
    /// `progress` is called after each day with the days done and their total.
    ///
    /// # Errors
    /// Resource or input, when a file can't be written.
    pub fn write(&self, dir: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<Written> {
        let truth = dir.join("truth");
        fs::create_dir_all(&truth).map_err(|e| Error::io("create", &truth, &e))?;
        let diaries = self.diaries();
        let mut written = None;
        save(&dir.join("cells.csv"), |file| self.write_cells(file))?;
        save(&dir.join("cdr.csv"), |file| {
            written = Some(self.write_records(&diaries, file, progress)?);
            Ok(())
        })?;
        save(&truth.join("people.csv"), |file| self.write_people(file))?;
        save(&truth.join("contacts.csv"), |file| {
            self.write_contacts(file)
        })?;
        save(&truth.join("roads.csv"), |file| self.write_roads(file))?;
        save(&truth.join("trips.csv"), |file| {
            self.write_trips(&diaries, file)
        })?;
        let written = written.ok_or_else(|| Error::internal("no records were written"))?;
        save(&dir.join("flaws.csv"), |file| {
            writeln!(file, "flaw,rows,rows_share")?;
            for flaw in Flaw::ALL {
                let rows = written.planted.rows(flaw);
                let share = rows as f64 / written.clean_rows.max(1) as f64;
                writeln!(file, "{},{rows},{share:.6}", flaw.name())?;
            }
            Ok(())
        })?;
        Ok(written)
    }

    fn write_cells(&self, file: &mut impl Write) -> io::Result<()> {
        writeln!(file, "cell,site,lat,lon,azimuth_deg")?;
        for (cell, antenna) in self.cells().cells().iter().zip(self.antennas()) {
            let azimuth = antenna.azimuth_deg.map_or(String::new(), |a| a.to_string());
            let (id, site) = (&cell.id, antenna.site);
            writeln!(
                file,
                "{id},S{site:03},{:.6},{:.6},{azimuth}",
                cell.y, cell.x
            )?;
        }
        writeln!(file, "{CELL_WITHOUT_POSITION},IN,,,")
    }

    fn write_records(
        &self,
        diaries: &[Diary],
        file: &mut impl Write,
        progress: &mut dyn FnMut(u64, u64),
    ) -> io::Result<Written> {
        let more = if self.spec.travel {
            ",home_network"
        } else {
            ""
        };
        writeln!(file, "{HEADER}{more}")?;
        let clocks = flaws::wrong_clocks(self);
        let mut written = Written {
            rows: 0,
            clean_rows: 0,
            subscribers: self.people.iter().map(|p| p.numbers.len() as u64).sum(),
            planted: Planted::default(),
        };
        let days = self.calendar.days();
        for day in 0..days {
            let records = self.day(diaries, day);
            let mut blocks: Vec<flaws::Block> = records
                .par_chunks(BLOCK)
                .enumerate()
                .map(|(block, records)| flaws::spoil(self, &clocks, (day, block), records))
                .collect();
            written.clean_rows += records.len() as u64;
            written.planted += flaws::shuffle(self, day, &mut blocks);
            for block in &blocks {
                written.rows += block.rows;
                file.write_all(&block.lines)?;
            }
            progress(u64::from(day) + 1, u64::from(days));
        }
        Ok(written)
    }
}

/// Writes a file under a temporary name and renames it once it is whole.
fn save(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<()> {
    let part = path.with_extension("csv.part");
    let attempt = || {
        let mut file = BufWriter::with_capacity(1 << 20, File::create(&part)?);
        write(&mut file)?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?;
        fs::rename(&part, path)
    };
    attempt().map_err(|e| Error::io("write", path, &e))
}
