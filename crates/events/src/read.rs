use std::{
    path::Path,
    sync::{Mutex, PoisonError, mpsc},
    thread,
};

use erewhon_geo::{CellIssues, CellTable};
use erewhon_types::{Calendar, Error, Result, Subscriber};
use rayon::prelude::*;

use crate::{Event, InputFile, Mapping, Rule, input::Input};

mod blocks;
mod extras;
mod fields;
mod group;
mod ids;
mod kinds;
mod lately;
mod layout;
mod lines;
mod marks;
mod parquet;
mod places;
mod preview;
mod rules;
mod snap;
mod source;
mod text;

pub use ids::Identify;
pub use preview::{Preview, PreviewField, PreviewRow};

use blocks::BLOCK_BYTES;
use layout::Layout;
use lines::{Parsed, parse, parse_rows};
use parquet::Table;
use rules::{Rules, Scratch};
use source::{Block, Source, Spent};

/// Where a row broke a rule; says nothing of what stood there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The rule.
    pub rule: Rule,
    /// The line, from 1; in a Parquet file the row.
    pub line: u64,
    /// The field, from 1, where the rule concerns one.
    pub column: Option<usize>,
}

/// Takes rows that obey all rules, some lines' at a time, from any core and in no order of these.
pub type OnRows<'a> = &'a (dyn Fn(&[(Subscriber, Event)]) -> Result<()> + Sync);

/// What some lines of a file came to besides their rows, in the order of the file.
///
/// # Privacy
/// Holds raw identifiers in what was set aside; there is no `Debug`.
#[derive(Default)]
pub struct Batch {
    /// How many rows obey all rules.
    pub rows_good: u64,
    /// First and last time of these.
    pub span_utc_ms: Option<(i64, i64)>,
    /// What was set aside, with the bytes of its line (of a line that is too long, the first 64 KiB).
    pub faults: Vec<(Fault, Vec<u8>)>,
    /// Rows of subscribers who have opted out: nothing of them is kept, not even where they stood.
    pub opted_out: u64,
    /// Rows that the mapping passes over.
    pub not_wanted: u64,
}

impl Batch {
    /// Data rows read.
    pub fn rows_read(&self) -> u64 {
        self.rows_good + self.faults.len() as u64 + self.opted_out + self.not_wanted
    }
}

/// The rule that a row breaks first, and the field, from 0, where it concerns one.
type Found<T> = std::result::Result<T, (Rule, Option<usize>)>;

/// Reads files of one layout, a row being one line, on all cores and in bounded memory.
///
/// The result depends neither on the number of cores nor on how a file is cut into blocks.
pub struct RowReader<'a> {
    mapping: &'a Mapping,
    cells: &'a CellTable,
    rules: Rules<'a>,
    block_bytes: usize,
    spent: Spent,
}

impl<'a> RowReader<'a> {
    /// A reader of rows in a mapping's layout, over a cell table and a window.
    ///
    /// # Errors
    /// Input, when the rows have positions and the cell table has no latitudes and longitudes, or
    /// the list of devices can't be read.
    pub fn new(
        mapping: &'a Mapping,
        cells: &'a CellTable,
        issues: &'a CellIssues,
        calendar: &'a Calendar,
    ) -> Result<Self> {
        Ok(Self {
            mapping,
            cells,
            rules: Rules::new(mapping, cells, issues, calendar)?,
            block_bytes: BLOCK_BYTES,
            spent: Spent::default(),
        })
    }

    /// Reads one file: text, plain or packed by gzip or zstd, or Parquet.
    ///
    /// `identify` gives each subscriber's and peer's pseudonym, `on_bytes` gets the stored bytes read
    /// so far, `on_rows` the rows, and `sink` the rest, batch by batch in the order of the file.
    ///
    /// # Errors
    /// Input, when the file as a whole can't be right: missing, empty, cut short, another
    /// delimiter, a column missing or unmapped, or of a type that no field has. What `on_rows` or
    /// `sink` fails with.
    pub fn read(
        &self,
        path: &Path,
        identify: Identify<'_>,
        on_bytes: &mut dyn FnMut(u64),
        on_rows: OnRows<'_>,
        sink: &mut dyn FnMut(Batch) -> Result<()>,
    ) -> Result<InputFile> {
        let (source, layout) = self.open(path)?;
        let workers = rayon::current_num_threads();
        let (send, blocks) = mpsc::sync_channel(workers);
        let (rows, (blake3, size_bytes)) = thread::scope(|scope| {
            let reading =
                scope.spawn(move || source.cut(path, self.block_bytes, &self.spent, &send));
            let mut parsing = Parsing {
                reader: self,
                path,
                layout,
                scratches: Mutex::new(Vec::new()),
                identify,
                on_rows,
                line: 1,
                rows: 0,
            };
            let parsed = parsing.all(&blocks, workers, on_bytes, sink);
            drop(blocks);
            let read = reading
                .join()
                .unwrap_or_else(|_| Err(source::damaged(path)));
            // When both fail, it is the file that was cut.
            read.and_then(|file| Ok((parsed?, file)))
        })?;
        Ok(InputFile {
            name: self.name(path, &blake3),
            blake3,
            size_bytes,
            rows,
        })
    }

    /// Opens a file; its layout, where that is known before its first line.
    fn open(&self, path: &Path) -> Result<(Source, Option<Layout>)> {
        if parquet::is_parquet(path) {
            let (table, layout) = Table::open(path, self.mapping)?;
            return Ok((Source::Parquet(Box::new(table)), Some(layout)));
        }
        let layout = (!self.mapping.header).then(|| Layout::by_position(self.mapping));
        Ok((Source::Text(Box::new(Input::open(path)?)), layout))
    }

    /// A file named after its subscriber must not carry that name into a report.
    fn name(&self, path: &Path, blake3: &str) -> String {
        if self.mapping.subscriber_from_file_name {
            return format!("file {}", &blake3[..8]);
        }
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    fn layout(&self, header: &[u8], path: &Path) -> Result<Layout> {
        let (mut unquoted, mut spans) = (Vec::new(), Vec::new());
        let delimiter = self.mapping.delimiter as u8;
        let names = match header {
            [] => None,
            line if line.len() > fields::MAX_ROW_BYTES => None,
            line => fields::Fields::split(line, delimiter, &mut unquoted, &mut spans),
        };
        match names {
            Some(names) => Layout::from_header(self.mapping, names, path),
            None => Err(layout::no_header(path)),
        }
    }
}

/// Whom a file is named after, where a layout says so: its name without the endings of its format.
pub(crate) fn file_subject(path: &Path) -> &str {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.unwrap_or_default();
    let unpacked = [".gz", ".zst"]
        .iter()
        .find_map(|end| name.strip_suffix(end));
    let name = unpacked.unwrap_or(name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// A file on its way through the rules.
struct Parsing<'a, 'r> {
    reader: &'a RowReader<'r>,
    path: &'a Path,
    layout: Option<Layout>,
    /// One for each thread that parses.
    scratches: Mutex<Vec<Scratch<'a>>>,
    identify: Identify<'a>,
    on_rows: OnRows<'a>,
    /// The next line, from 1.
    line: u64,
    rows: u64,
}

impl<'a> Parsing<'a, '_> {
    /// Parses blocks, as many at a time as there are cores; the number of rows.
    fn all(
        &mut self,
        blocks: &mpsc::Receiver<(Block, u64)>,
        workers: usize,
        on_bytes: &mut dyn FnMut(u64),
        sink: &mut dyn FnMut(Batch) -> Result<()>,
    ) -> Result<u64> {
        while let Ok((first, mut read_bytes)) = blocks.recv() {
            let mut round = vec![first];
            for (block, read) in blocks.try_iter().take(workers - 1) {
                round.push(block);
                read_bytes = read;
            }
            on_bytes(read_bytes);
            let parsed = self.round(&round)?;
            round
                .into_iter()
                .for_each(|block| self.reader.spent.give(block));
            for parsed in parsed {
                self.give(parsed, sink)?;
            }
        }
        match self.layout {
            Some(_) => Ok(self.rows),
            None => Err(layout::no_header(self.path)),
        }
    }

    fn round(&mut self, blocks: &[Block]) -> Result<Vec<Parsed>> {
        let mut skipped_bytes = 0;
        if let (Some(Block::Lines(first)), 1) = (blocks.first(), self.line) {
            let text = first.strip_prefix(fields::BYTE_ORDER_MARK).unwrap_or(first);
            let mut rest = text;
            if self.layout.is_none() {
                let (header, lines) = lines::first_line(text);
                self.layout = Some(self.reader.layout(header, self.path)?);
                self.line += 1;
                rest = lines;
            }
            skipped_bytes = first.len() - rest.len();
        }
        let Some(layout) = &self.layout else {
            return Err(layout::no_header(self.path));
        };
        let parsed = blocks.par_iter().enumerate().map(|(at, block)| {
            let skipped_bytes = if at == 0 { skipped_bytes } else { 0 };
            self.block(layout, block, skipped_bytes)
        });
        parsed.collect()
    }

    fn block(&self, layout: &Layout, block: &Block, skipped_bytes: usize) -> Result<Parsed> {
        let held = || {
            self.scratches
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        let taken = held().pop();
        let mut scratch = taken.unwrap_or_else(|| Scratch::new(self.identify));
        let RowReader { mapping, rules, .. } = self.reader;
        let stem = file_subject(self.path);
        let parsed = match block {
            Block::Lines(text) => {
                let text = &text[skipped_bytes..];
                parse(rules, layout, stem, mapping, text, &mut scratch)
            }
            Block::Rows(rows) => parse_rows(rules, layout, stem, mapping, rows, &mut scratch),
        };
        (self.on_rows)(&scratch.rows)?;
        scratch.rows.clear();
        held().push(scratch);
        Ok(parsed)
    }

    fn give(
        &mut self,
        mut parsed: Parsed,
        sink: &mut dyn FnMut(Batch) -> Result<()>,
    ) -> Result<()> {
        if let Some(cut) = parsed.cut_line {
            return Err(Error::input(format!(
                "`{}` is cut short: it ends inside line {}",
                self.path.display(),
                self.line + cut
            ))
            .with_hint("copy it again from its source; nothing of it was kept"));
        }
        for (fault, _) in &mut parsed.batch.faults {
            fault.line += self.line;
        }
        self.line += parsed.lines;
        self.rows += parsed.batch.rows_read();
        sink(parsed.batch)
    }
}

#[cfg(test)]
mod tests;
