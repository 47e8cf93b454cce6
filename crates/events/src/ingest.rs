use std::{collections::HashMap, num::NonZeroU64, path::PathBuf};

use erewhon_geo::{CellIssues, CellTable};
use erewhon_types::{Calendar, Error, Kind, Result, Subscriber};
use rayon::prelude::*;

use crate::{
    Cleaner, Event, EventTable, Fault, FileTally, Identifying, Key, Mapping, Outcome,
    QualityReport, Quarantine, RawEvent, RowReader, Rule, RuleCount, Rules, Subjects,
    quality::rule_counts,
};

/// The share of rows that may be set aside before a load fails, unless told otherwise.
pub const MAX_QUARANTINED_SHARE: f64 = 0.2;
const EXAMPLES_PER_RULE: usize = 5;

/// Everything one load is made of.
#[derive(Clone, Copy)]
pub struct Load<'a> {
    /// The record files, plain or gzip, in any order.
    pub files: &'a [PathBuf],
    /// Their layout.
    pub mapping: &'a Mapping,
    /// The usable cells.
    pub cells: &'a CellTable,
    /// What reading the cell list set aside.
    pub cell_issues: &'a CellIssues,
    /// The declared window; rows outside it are set aside.
    pub calendar: &'a Calendar,
    /// The key of the pseudonyms.
    pub key: &'a Key,
    /// Whose records may be taken; `None` takes everybody's.
    pub subjects: Option<&'a Subjects>,
    /// The share of rows that may be set aside, 0 to 1; see [`MAX_QUARANTINED_SHARE`].
    pub max_quarantined_share: f64,
    /// The rules of one history.
    pub rules: &'a Rules,
}

/// A finished load.
pub struct Loaded {
    /// The events, sorted, each once.
    pub events: EventTable,
    /// What was read, kept and set aside; internal.
    pub quality: QualityReport,
    /// Up to five places per rule where a row was set aside.
    pub examples: Vec<Example>,
}

/// One place where a rule set a row aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The file, as in [`QualityReport::inputs`].
    pub file: String,
    /// What happened where.
    pub fault: Fault,
}

/// Reads files into sorted, pseudonymous events without duplicates, and says what it set aside.
///
/// The result does not depend on the order of files or rows. Events of a subscriber that are equal in
/// every field are kept once. The rows are sorted in memory: about 120
/// bytes a row at the peak, so 100 million rows want 12 GB. What rules of one history do to each
/// subscriber's rows is in [`Rules`].
///
/// # Privacy
/// A row is one line, kept or set aside by what stands on it alone, and duplicates are sought within
/// a subscriber; so one subscriber's rows, whatever bytes they are made of, never change which rows
/// of another are kept. They can only have the load refused as a whole: by the share set aside, by
/// a last line that is cut short, by the first bytes of gzip in a file without a header, and by being
/// all that tells two files apart. Whether a load is refused is thus not private.
///
/// Consent comes first: whoever has opted out, or not in, is left out before a rule looks at the row,
/// as a peer too, and counted in one number. Of a row that names nobody readable (too long, no UTF-8,
/// another number of fields) nobody can tell whose it is.
///
/// Raw ids are held only in memory while reading, and in the encrypted `quarantine`. The events are pseudonymous, which is not
/// anonymous: they are for the store, and the report's exact counts are internal.
///
/// # Errors
/// Input, when a file as a whole can't be right, is given twice, or no rows are there; usage, when
/// the share is not within 0 to 1; data, when more than that share of the rows was set aside.
pub fn ingest(
    load: Load<'_>,
    quarantine: Option<&mut Quarantine>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Loaded> {
    if !(0.0..=1.0).contains(&load.max_quarantined_share) {
        return Err(Error::usage(format!(
            "the largest quarantined share `{}` is outside the allowed range 0 to 1",
            load.max_quarantined_share
        ))
        .with_hint("0.2 is the default"));
    }
    let cleaner = Cleaner::new(load.rules, load.cells, load.calendar)?;
    let mut tally = Tally::default();
    let mut rows = read_files(load, &mut tally, quarantine, progress)?;
    sort_and_deduplicate(&mut rows, &mut tally);
    let read: u64 = tally.quality.inputs.iter().map(|file| file.rows).sum();
    tally.quality.rows_read = read;
    tally.judge(load.max_quarantined_share)?;
    let Tally {
        mut quality,
        examples,
        counts,
    } = tally;
    quality.rules = rule_counts(&counts);
    describe_cells(load.cell_issues, &mut quality);
    let cleaned = clean(&cleaner, &mut rows);
    cleaner.judge(&cleaned, read, load.max_quarantined_share)?;
    cleaner.describe(&cleaned, &mut quality);
    let events = EventTable::from_rows(rows);
    Ok(Loaded {
        events,
        quality,
        examples,
    })
}

type Rows = Vec<(Subscriber, Event)>;

fn read_files(
    load: Load<'_>,
    tally: &mut Tally,
    mut quarantine: Option<&mut Quarantine>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Rows> {
    let reader = RowReader::new(load.mapping, load.cells, load.cell_issues, load.calendar)?;
    let mut sizes = Vec::with_capacity(load.files.len());
    for path in load.files {
        let size = std::fs::metadata(path).map_err(|error| Error::io("read", path, &error))?;
        sizes.push(size.len());
    }
    let total: u64 = sizes.iter().sum();
    let mut pseudonyms = Pseudonyms {
        identifying: Identifying {
            key: load.key,
            subjects: load.subjects,
        },
        known: HashMap::new(),
    };
    let mut rows = Rows::new();
    let mut done = 0;
    for (path, size) in load.files.iter().zip(sizes) {
        let mut faults = Vec::new();
        let mut contents = FileTally::default();
        let mut on_bytes = |bytes: u64| progress(done + bytes, total);
        let file = reader.read(path, &mut on_bytes, &mut |outcome| {
            match outcome {
                Outcome::Good(raw) => {
                    let event = raw.event;
                    match pseudonyms.row(raw) {
                        Some(row) => {
                            contents.good(&event);
                            rows.push(row);
                        }
                        None => tally.counts[Rule::OptedOut.index()] += 1,
                    }
                }
                Outcome::Bad(_, Some(id), _) if pseudonyms.of(id).is_none() => {
                    tally.counts[Rule::OptedOut.index()] += 1;
                }
                Outcome::Bad(fault, _, bytes) => {
                    contents.bad(fault.rule, 1);
                    tally.count(fault, &mut faults);
                    if let Some(quarantine) = &mut quarantine {
                        let name = path.file_name().unwrap_or_default();
                        quarantine.push(&name.to_string_lossy(), &fault, bytes)?;
                    }
                }
            }
            Ok(())
        })?;
        tally.examples.extend(faults.into_iter().map(|fault| {
            let file = file.name.clone();
            Example { file, fault }
        }));
        if tally
            .quality
            .inputs
            .iter()
            .any(|other| other.sha256 == file.sha256)
        {
            return Err(Error::input(format!(
                "`{}` has the same content as another file of this load",
                path.display()
            ))
            .with_hint("give each file once"));
        }
        tally.quality.files.push(contents.describe(&file.name));
        tally.quality.inputs.push(file);
        done += size;
    }
    Ok(rows)
}

/// Pseudonyms met so far: people write many rows, and a map is quicker than a keyed digest.
struct Pseudonyms<'a> {
    identifying: Identifying<'a>,
    known: HashMap<Box<str>, Subscriber>,
}

impl Pseudonyms<'_> {
    fn of(&mut self, id: &str) -> Option<Subscriber> {
        if let Some(&known) = self.known.get(id) {
            return Some(known);
        }
        let pseudonym = self.identifying.identify(id.as_bytes())?;
        self.known.insert(id.into(), pseudonym);
        Some(pseudonym)
    }

    /// The event of a row; `None` where its subscriber has opted out.
    fn row(&mut self, raw: RawEvent<'_>) -> Option<(Subscriber, Event)> {
        let subscriber = self.of(raw.subscriber)?;
        let mut event = raw.event;
        let peer = raw.peer.and_then(|id| self.of(id));
        event.peer = peer.and_then(|peer| NonZeroU64::new(peer.bits()));
        Some((subscriber, event))
    }
}

/// A total order, so that the result does not depend on the order of rows or files.
fn sort_and_deduplicate(rows: &mut Rows, tally: &mut Tally) {
    rows.par_sort_unstable_by_key(|(subscriber, e)| {
        let rest = (
            e.cell,
            e.kind,
            e.duration_s,
            e.bytes_up,
            e.bytes_down,
            e.peer,
        );
        (*subscriber, e.time_utc_ms, rest)
    });
    let before = rows.len();
    rows.dedup();
    tally.counts[Rule::ExactDuplicate.index()] += (before - rows.len()) as u64;
}

#[derive(Default)]
struct Tally {
    counts: [u64; Rule::ALL.len()],
    examples: Vec<Example>,
    quality: QualityReport,
}

impl Tally {
    fn count(&mut self, fault: Fault, faults: &mut Vec<Fault>) {
        self.counts[fault.rule.index()] += 1;
        let held = self
            .examples
            .iter()
            .map(|e| e.fault.rule)
            .chain(faults.iter().map(|f| f.rule));
        if faults.len() < EXAMPLES_PER_RULE * Rule::ALL.len()
            && held.filter(|rule| *rule == fault.rule).count() < EXAMPLES_PER_RULE
        {
            faults.push(fault);
        }
    }

    /// Fails when too much was set aside, naming the rules that took most.
    fn judge(&self, max_share: f64) -> Result<()> {
        let read = self.quality.rows_read;
        if read == 0 {
            return Err(Error::input("the record files have no rows")
                .with_hint("a header alone is no data; check the export"));
        }
        let opted_out = self.counts[Rule::OptedOut.index()];
        let admitted = read - opted_out;
        if admitted == 0 {
            return Err(
                Error::input("no row is of a subscriber whose records may be taken")
                    .with_hint("check that the list writes numbers as the records do"),
            );
        }
        let share = |rows: u64| rows as f64 / admitted as f64;
        let aside = self.counts.iter().sum::<u64>() - opted_out;
        if share(aside) <= max_share {
            return Ok(());
        }
        let mut worst: Vec<(u64, Rule)> = self.counts.into_iter().zip(Rule::ALL).collect();
        worst.retain(|(_, rule)| *rule != Rule::OptedOut);
        worst.sort_by_key(|(rows, rule)| (std::cmp::Reverse(*rows), *rule));
        let named = worst.iter().filter(|(rows, _)| *rows > 0).take(3);
        let named: Vec<String> = named
            .map(|(rows, rule)| {
                let (name, share) = (rule.name(), three_digits(share(*rows)));
                format!("`{name}` {share} ({})", rule.description())
            })
            .collect();
        Err(Error::new(
            Kind::Data,
            format!(
                "a share of {} of the rows was set aside, more than the allowed {max_share}: {}{}",
                three_digits(share(aside)),
                named.join("; "),
                worst
                    .first()
                    .map_or_else(String::new, |(_, rule)| self.first(*rule))
            ),
        )
        .with_hint(hint_for(worst.first().map(|(_, rule)| *rule))))
    }
}

impl Tally {
    /// Where a rule was first broken.
    fn first(&self, rule: Rule) -> String {
        let met = self.examples.iter().find(|e| e.fault.rule == rule);
        met.map_or_else(String::new, |Example { file, fault }| {
            let column = fault.column.map(|c| format!(", column {c}"));
            let column = column.unwrap_or_default();
            format!("; first in `{file}`, line {}{column}", fault.line)
        })
    }
}

/// A share above 0 to three digits, rounded up, so that what exceeds a limit is seen to exceed it.
fn three_digits(share: f64) -> String {
    let scale = 10_f64.powi(2 - share.log10().floor() as i32);
    // Less a little, for 0.07 times 10,000 is 700.0000000000001.
    let rounded = (share * scale - 1e-6).ceil() / scale;
    rounded.to_string()
}

const fn hint_for(rule: Option<Rule>) -> &'static str {
    match rule {
        Some(Rule::TimeOutsideWindow) => "check the window's first day, length and time zone",
        Some(Rule::TimeWithoutZone) => {
            "add `zone = \"Europe/Berlin\"` (or the right one) to `time` in the mapping"
        }
        Some(
            Rule::UnknownCell
            | Rule::CellQuarantined
            | Rule::CellOutOfService
            | Rule::PositionFarFromCells,
        ) => "check that the cell list belongs to these records",
        Some(Rule::ExactDuplicate) => "check whether files of the load overlap",
        _ => "check the mapping against the files, or allow a larger share",
    }
}

fn describe_cells(issues: &CellIssues, quality: &mut QualityReport) {
    quality.cells_read = issues.read as u64;
    quality.cells_kept = issues.kept as u64;
    let rules = issues.rules.iter().map(|rule| RuleCount {
        rule: rule.rule.clone(),
        description: rule.description.clone(),
        rows: rule.cells.len() as u64,
    });
    quality.cell_rules = rules.collect();
}

/// Has each subscriber's sorted rows cleaned, in place, and counted.
fn clean(cleaner: &Cleaner<'_>, rows: &mut Rows) -> crate::Tally {
    let mut tally = cleaner.tally();
    let mut events = Vec::new();
    let (mut from, mut kept) = (0, 0);
    while let Some(&(subscriber, _)) = rows.get(from) {
        let history = rows[from..].iter().take_while(|row| row.0 == subscriber);
        events.clear();
        events.extend(history.map(|(_, event)| *event));
        from += events.len();
        cleaner.clean(&mut events, &mut tally);
        for &event in &events {
            rows[kept] = (subscriber, event);
            kept += 1;
        }
    }
    rows.truncate(kept);
    tally
}

#[cfg(test)]
mod tests;
