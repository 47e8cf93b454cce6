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
mod ids;
mod kinds;
mod layout;
mod lines;
mod places;
mod rules;
mod snap;

pub use ids::Identify;

use blocks::{BLOCK_BYTES, Blocks};
use layout::Layout;
use lines::{Parsed, parse};
use rules::{Rules, Scratch};

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

/// What some lines of a file came to, in the order of the file.
///
/// # Privacy
/// Holds raw identifiers in what was set aside; there is no `Debug`.
#[derive(Default)]
pub struct Batch {
    /// The rows that obey all rules.
    pub rows: Vec<(Subscriber, Event)>,
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
        (self.rows.len() + self.faults.len()) as u64 + self.opted_out + self.not_wanted
    }
}

/// The rule that a row breaks first, and the field, from 0, where it concerns one.
type Found<T> = std::result::Result<T, (Rule, Option<usize>)>;

/// Reads files of one layout, a row being one line, on all cores and in bounded memory.
///
/// The result depends neither on the number of cores nor on how a file is cut into blocks.
pub struct RowReader<'a> {
    mapping: &'a Mapping,
    rules: Rules<'a>,
    block_bytes: usize,
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
            rules: Rules::new(mapping, cells, issues, calendar)?,
            block_bytes: BLOCK_BYTES,
        })
    }

    /// Reads one file: text, plain or packed by gzip or zstd.
    ///
    /// `identify` gives each subscriber's and peer's pseudonym, `on_bytes` gets the stored bytes read
    /// so far, and `sink` the rows, batch by batch in the order of the file.
    ///
    /// # Errors
    /// Input, when the file as a whole can't be right: missing, empty, cut short, another
    /// delimiter, a column missing or unmapped. What `sink` fails with.
    pub fn read(
        &self,
        path: &Path,
        identify: Identify<'_>,
        on_bytes: &mut dyn FnMut(u64),
        sink: &mut dyn FnMut(Batch) -> Result<()>,
    ) -> Result<InputFile> {
        let input = Input::open(path)?;
        let workers = rayon::current_num_threads();
        let (send, blocks) = mpsc::sync_channel(workers);
        let (rows, (sha256, size_bytes)) = thread::scope(|scope| {
            let reading = scope.spawn(move || {
                let mut blocks = Blocks::new(input, self.block_bytes);
                loop {
                    let block = blocks.next();
                    let read_bytes = blocks.input().read_bytes();
                    match block {
                        Ok(Some(bytes)) => {
                            if send.send((bytes, read_bytes)).is_err() {
                                // Whoever took the blocks has failed and says so.
                                return Ok(<_>::default());
                            }
                        }
                        Ok(None) => return Ok(blocks.input().finish()),
                        Err(error) => return Err(blocks.input().explain(path, &error)),
                    }
                }
            });
            let parsing = self.parse_blocks(path, &blocks, workers, identify, on_bytes, sink);
            drop(blocks);
            let read = reading
                .join()
                .map_err(|_| Error::internal("a thread that reads a file has failed"))?;
            // When both fail, it is the file that was cut.
            read.and_then(|file| Ok((parsing?, file)))
        })?;
        Ok(InputFile {
            name: self.name(path, &sha256),
            sha256,
            size_bytes,
            rows,
        })
    }

    /// A file named after its subscriber must not carry that name into a report.
    fn name(&self, path: &Path, sha256: &str) -> String {
        if self.mapping.subscriber_from_file_name {
            return format!("file {}", &sha256[..8]);
        }
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Parses blocks as many at a time as there are cores; the number of rows.
    fn parse_blocks(
        &self,
        path: &Path,
        blocks: &mpsc::Receiver<(Vec<u8>, u64)>,
        workers: usize,
        identify: Identify<'_>,
        on_bytes: &mut dyn FnMut(u64),
        sink: &mut dyn FnMut(Batch) -> Result<()>,
    ) -> Result<u64> {
        let stem = path
            .file_stem()
            .and_then(|s| s.to_str())
            .unwrap_or_default();
        let scratches = Mutex::new(Vec::new());
        let held = || scratches.lock().unwrap_or_else(PoisonError::into_inner);
        let mut layout = (!self.mapping.header).then(|| Layout::by_position(self.mapping));
        let (mut rows, mut line) = (0, 1);
        loop {
            let mut round: Vec<_> = blocks.recv().into_iter().collect();
            round.extend(blocks.try_iter().take(workers - round.len().min(workers)));
            let Some((_, read_bytes)) = round.last() else {
                break;
            };
            on_bytes(*read_bytes);
            let mut blocks: Vec<&[u8]> = round.iter().map(|(block, _)| block.as_slice()).collect();
            if line == 1 {
                blocks[0] = blocks[0]
                    .strip_prefix(fields::BYTE_ORDER_MARK)
                    .unwrap_or(blocks[0]);
            }
            let layout = match &mut layout {
                Some(layout) => layout,
                None => {
                    line += 1;
                    let (header, rest) = lines::first_line(blocks[0]);
                    blocks[0] = rest;
                    layout.insert(self.layout(header, path)?)
                }
            };
            let parsed: Vec<Parsed> = blocks
                .into_par_iter()
                .map(|block| {
                    let mut scratch = held().pop().unwrap_or_else(|| Scratch::new(identify));
                    let parsed =
                        parse(&self.rules, layout, stem, self.mapping, block, &mut scratch);
                    held().push(scratch);
                    parsed
                })
                .collect();
            for mut parsed in parsed {
                if let Some(cut) = parsed.cut_line {
                    return Err(Error::input(format!(
                        "`{}` is cut short: it ends inside line {}",
                        path.display(),
                        line + cut
                    ))
                    .with_hint("copy it again from its source; nothing of it was kept"));
                }
                for (fault, _) in &mut parsed.batch.faults {
                    fault.line += line;
                }
                line += parsed.lines;
                rows += parsed.batch.rows_read();
                sink(parsed.batch)?;
            }
        }
        match layout {
            Some(_) => Ok(rows),
            None => Err(layout::no_header(path)),
        }
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

#[cfg(test)]
mod tests;
