use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use erewhon_geo::{CellIssues, CellTable};
use erewhon_types::{Calendar, Error, Kind, Result};

use crate::{
    Cleaner, Consent, Fault, FileTally, Identifying, Key, LeftOut, Mapping, OnRows, QualityReport,
    Quarantine, RowReader, Rule, RuleCount, Rules, Subjects, Tally, quality::rule_counts,
    read::file_subject, stored,
};

/// The share of rows that may be set aside before a load fails, unless told otherwise.
pub const MAX_QUARANTINED_SHARE: f64 = 0.2;
const EXAMPLES_PER_RULE: usize = 5;

/// Everything one load is made of.
#[derive(Clone, Copy)]
pub struct Load<'a> {
    /// The record files, in any order; see [`crate::record_files`].
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
    /// The pseudonyms of who has withdrawn from the store, ascending: their records are not taken.
    pub withdrawn: &'a [u64],
    /// The share of rows that may be set aside, 0 to 1; see [`MAX_QUARANTINED_SHARE`].
    pub max_quarantined_share: f64,
    /// The rules of one history.
    pub rules: &'a Rules,
}

/// One place where a rule set a row aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The file, as in [`QualityReport::inputs`].
    pub file: String,
    /// What happened where.
    pub fault: Fault,
}

/// What reading the files of a load came to, besides its rows.
#[derive(Default)]
pub struct Intake {
    counts: [u64; Rule::ALL.len()],
    examples: Vec<Example>,
    quality: QualityReport,
    met_list: bool,
}

impl Intake {
    /// Reads the files of a load in their order and hands the rows on as they come from the cores, in
    /// memory that does not grow with the files.
    ///
    /// # Privacy
    /// A row is one line, kept or set aside by what stands on it alone; so one subscriber's rows,
    /// whatever bytes they are made of, never change which rows of another are kept. They can only
    /// have the load refused as a whole: by the share set aside, by a last line that is cut short, by
    /// the first bytes of a packed format or of Parquet in a file without a header, and by being all
    /// that tells two files apart. Whether a load is refused is thus not private.
    ///
    /// Consent comes first: whoever has opted out, or not in, is left out before a rule looks at the
    /// row, as a peer too, and counted in one number. A row that breaks a rule is kept in quarantine
    /// only when none of its fields, wherever it stands, names somebody who is left out.
    ///
    /// Raw ids are held only in memory while reading, and in the encrypted `quarantine`.
    ///
    /// # Errors
    /// Input, when a file as a whole can't be right, is given twice, or no rows are there, or a list of
    /// who has opted out can't be held against national numbers of no declared country; usage,
    /// when the share is not within 0 to 1; data, when more than that share of the rows was set
    /// aside. What `on_rows` fails with.
    pub fn read(
        load: Load<'_>,
        mut quarantine: Option<&mut Quarantine>,
        progress: &mut dyn FnMut(u64, u64),
        on_rows: OnRows<'_>,
    ) -> Result<Self> {
        check_share(load.max_quarantined_share)?;
        let reader = RowReader::new(load.mapping, load.cells, load.cell_issues, load.calendar)?;
        let mut sizes = Vec::with_capacity(load.files.len());
        let nameless = |error, path: &Path, at: usize| load.mapping.nameless(error, path, at + 1);
        for (at, path) in load.files.iter().enumerate() {
            sizes.push(stored::size_bytes(path).map_err(|error| nameless(error, path, at))?);
        }
        let total: u64 = sizes.iter().sum();
        let identifying = Identifying {
            key: load.key,
            subjects: load.subjects,
            withdrawn: load.withdrawn,
        };
        let opt_out = load.subjects.map(Subjects::consent) == Some(Consent::OptOut);
        let (unlisted, met_list) = (AtomicBool::new(false), AtomicBool::new(false));
        let identify = |id: &[u8]| {
            if opt_out && load.key.lacks_country(id) {
                unlisted.store(true, Relaxed);
            }
            let judged = identifying.judge(id);
            if judged == Err(LeftOut::Listed) {
                met_list.store(true, Relaxed);
            }
            judged.ok()
        };
        let mut intake = Self::default();
        let mut done = 0;
        for (at, (path, size)) in load.files.iter().zip(sizes).enumerate() {
            let mut faults = Vec::new();
            let mut contents = FileTally::default();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let mut on_bytes = |bytes: u64| progress(done + bytes, total);
            let read = reader.read(path, &identify, &mut on_bytes, on_rows, &mut |batch| {
                intake.counts[Rule::NotWanted.index()] += batch.not_wanted;
                intake.counts[Rule::OptedOut.index()] += batch.opted_out;
                contents.good(batch.rows_good, batch.span_utc_ms);
                for (fault, bytes) in batch.faults {
                    contents.bad(fault.rule, 1);
                    if let Some(quarantine) = &mut quarantine
                        && may_be_kept(&identifying, load.mapping, path, &bytes)
                    {
                        quarantine.push(&name, &fault, &bytes)?;
                    }
                    intake.count(fault, &mut faults);
                }
                Ok(())
            });
            let file = read.map_err(|error| nameless(reader.with_preset(error, path), path, at))?;
            if unlisted.load(Relaxed) {
                return Err(no_country());
            }
            let example = |fault| Example {
                file: file.name.clone(),
                fault,
            };
            intake.examples.extend(faults.into_iter().map(example));
            let mut inputs = intake.quality.inputs.iter();
            if inputs.any(|other| other.blake3 == file.blake3) {
                return Err(Error::input(format!(
                    "`{}` has the same content as another file of this load",
                    load.mapping.name_of(path, at + 1)
                ))
                .with_hint("give each file once"));
            }
            intake.quality.files.push(contents.describe(&file.name));
            intake.quality.inputs.push(file);
            done += size;
        }
        intake.judge(load.max_quarantined_share)?;
        intake.met_list = met_list.into_inner();
        Ok(intake)
    }

    /// Whether the list of subjects left out anybody, be it as a peer.
    pub const fn met_list(&self) -> bool {
        self.met_list
    }

    /// Makes the report, once the load is sorted and cleaned: `duplicates` rows were there before,
    /// and `tally` is what the cleaner counted.
    ///
    /// # Errors
    /// Data, when with these too much was set aside.
    pub fn finish(
        mut self,
        load: Load<'_>,
        cleaner: &Cleaner<'_>,
        tally: &Tally,
        duplicates: u64,
    ) -> Result<(QualityReport, Vec<Example>)> {
        self.counts[Rule::ExactDuplicate.index()] += duplicates;
        self.judge(load.max_quarantined_share)?;
        let rows_read = self.rows_read();
        let Self {
            counts,
            examples,
            mut quality,
            ..
        } = self;
        quality.rows_read = rows_read;
        quality.rules = rule_counts(&counts);
        describe_cells(load.cell_issues, &mut quality);
        cleaner.judge(tally, rows_read, load.max_quarantined_share)?;
        cleaner.describe(tally, &mut quality);
        Ok((quality, examples))
    }

    fn rows_read(&self) -> u64 {
        self.quality.inputs.iter().map(|file| file.rows).sum()
    }
}

/// Whether the bytes of a faulty row name nobody who is left out, in whatever field.
fn may_be_kept(who: &Identifying<'_>, mapping: &Mapping, path: &Path, row: &[u8]) -> bool {
    let admits = |field: &[u8]| who.identify(field.trim_ascii()).is_some();
    let delimiter = mapping.delimiter as u8;
    let mut fields = row.split(|&byte| byte == delimiter || byte == b'"');
    who.is_open()
        || fields.all(|field| field.is_empty() || admits(field))
            && (!mapping.subscriber_from_file_name || admits(file_subject(path).as_bytes()))
}

/// No list can hold such numbers, so those who have opted out would be taken in.
fn no_country() -> Error {
    Error::input(
        "the records hold national numbers and no country is declared, so nobody can say which of \
         them have opted out",
    )
    .with_hint(
        "declare it with `--country-code`, which a vault's first load decides; or export the \
         records with country codes",
    )
}

fn check_share(share: f64) -> Result<()> {
    if (0.0..=1.0).contains(&share) {
        return Ok(());
    }
    Err(Error::usage(format!(
        "the largest quarantined share `{share}` is outside the allowed range 0 to 1"
    ))
    .with_hint("0.2 is the default"))
}

impl Intake {
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
        let read = self.rows_read();
        if read == 0 {
            return Err(Error::input("the record files have no rows")
                .with_hint("a header alone is no data; check the export"));
        }
        // Neither broke a rule.
        let [not_wanted, opted_out] =
            [Rule::NotWanted, Rule::OptedOut].map(|rule| self.counts[rule.index()]);
        let admitted = read - opted_out;
        if opted_out > 0 && self.counts.iter().sum::<u64>() == read {
            return Err(
                Error::input("no row is of a subscriber whose records may be taken").with_hint(
                    "check that the list writes numbers as the records do; national numbers \
                         need `--country-code`",
                ),
            );
        }
        let aside = self.counts.iter().sum::<u64>() - not_wanted - opted_out;
        if aside as f64 / admitted as f64 <= max_share {
            return Ok(());
        }
        let mut worst: Vec<(u64, Rule)> = self.counts.into_iter().zip(Rule::ALL).collect();
        worst.retain(|(_, rule)| !matches!(rule, Rule::NotWanted | Rule::OptedOut));
        worst.sort_by_key(|(rows, rule)| (std::cmp::Reverse(*rows), *rule));
        let named = worst.iter().filter(|(rows, _)| *rows > 0).take(3);
        let named: Vec<String> = named
            .map(|(rows, rule)| {
                let (name, share) = (rule.name(), coarse(*rows, admitted));
                format!("`{name}`{share} ({})", rule.description())
            })
            .collect();
        Err(Error::new(
            Kind::Data,
            format!(
                "a larger share of the rows was set aside than the allowed {max_share}{}: {}{}",
                coarse(aside, admitted),
                named.join("; "),
                worst
                    .first()
                    .map_or_else(String::new, |(_, rule)| self.first(*rule))
            ),
        )
        .with_hint(hint_for(worst.first().map(|(_, rule)| *rule))))
    }
}

impl Intake {
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

/// Rows from which on a share is told: then a step of its precision is ten rows at least.
const TOLD_FROM_ROWS: u64 = 1_000;

/// A share in whole per cent, from which nobody gets back to a count of few; of a small load nothing.
fn coarse(part: u64, whole: u64) -> String {
    if whole < TOLD_FROM_ROWS {
        return String::new();
    }
    match (part as f64 * 100.0 / whole as f64).round() as u64 {
        0 => ", under 1 %".to_owned(),
        100 if part < whole => ", over 99 %".to_owned(),
        percent => format!(", {percent} %"),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_leads_back_to_no_count_of_few() {
        for (part, whole, text) in [
            (1, 3, ""),
            (998, 999, ""),
            (1, 1_000, ", under 1 %"),
            (4, 1_000, ", under 1 %"),
            (5, 1_000, ", 1 %"),
            (14, 1_000, ", 1 %"),
            (1_999, 2_000, ", over 99 %"),
            (2_000, 2_000, ", 100 %"),
        ] {
            assert_eq!(coarse(part, whole), text);
        }
    }
}
