//! What a command is given, checked before it claims or opens anything.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

use erewhon_events::{check_readable, record_files};
use erewhon_session::{
    CellTable, Consent, IngestJob, Mapping, Numbering, QuarantineSpec, Rules, read_cells,
};
use erewhon_types::{Error, Result, Window};

use crate::{
    args::{IngestArgs, PublicArgs},
    dirs::RunDir,
    words,
};

/// Inputs that are there and can be what they are said to be.
pub(crate) struct Inputs {
    pub(crate) job: IngestJob,
    pub(crate) cells: CellTable,
}

impl Inputs {
    /// Looks at everything but the records themselves; rows set aside are kept in the run `out`.
    pub(crate) fn check(args: &IngestArgs, out: Option<&Path>) -> Result<Self> {
        let (mapping, cells, window) = public(&args.public)?;
        let files = record_files(&args.events).map_err(|error| {
            let given = (1..).zip(&args.events);
            given.fold(error, |error, (number, path)| {
                mapping.nameless(error, path, number)
            })
        })?;
        for (number, path) in (1..).zip(&files) {
            check_readable(path).map_err(|error| mapping.nameless(error, path, number))?;
        }
        let people = &args.people;
        let numbering = people.country_code.as_deref();
        let numbering = numbering.map(|code| Numbering::new(code, &people.trunk_prefix));
        let subjects = match (&people.opt_out, &people.opt_in) {
            (Some(path), _) => Some((Consent::OptOut, path.clone())),
            (_, Some(path)) => Some((Consent::OptIn, path.clone())),
            _ => None,
        };
        if let Some((_, path)) = &subjects {
            readable(path)?;
        }
        if let Some(path) = &people.persons {
            readable(path)?;
        }
        let job = IngestJob {
            files,
            mapping,
            cells: args.public.cells.clone(),
            hide: args.hide.clone(),
            window,
            max_quarantined_share: args.max_quarantined_share,
            rules: match &args.rules {
                Some(path) => Rules::read(path)?,
                None => Rules::default(),
            },
            alone: false,
            stop: Arc::default(),
            numbering: numbering.transpose()?,
            persons: people.persons.clone(),
            subjects,
            quarantine: out.map(|out| QuarantineSpec {
                dir: RunDir::new(out).quarantine(),
                days: people.quarantine_days,
            }),
        };
        let cells = match job.hide {
            Some(_) => job.read_cells()?.0,
            None => cells,
        };
        Ok(Self { job, cells })
    }

    /// The words of the command that gave `events`, which name no subscriber.
    pub(crate) fn words(&self, events: &[PathBuf]) -> Vec<String> {
        words::nameless(words::words(), &self.job.mapping, events, &self.job.files)
    }
}

/// The layout, the cells and the window.
pub(crate) fn public(args: &PublicArgs) -> Result<(Mapping, CellTable, Window)> {
    let mapping = Mapping::load(&args.format)?;
    let zone = args.time_zone.as_deref().or(mapping.zone());
    let window = Window::parse(&args.first_day, args.days, zone.unwrap_or("UTC"));
    let window = window.map_err(|error| match error.hint() {
        Some(_) => error,
        None => error.with_hint("--days says how many local days from --first-day are covered"),
    })?;
    let mapping = mapping.in_zone(&window.time_zone);
    Ok((mapping, read_cells(&args.cells)?.0, window))
}

/// Refuses a file that can't be opened.
pub(crate) fn readable(path: &Path) -> Result<()> {
    File::open(path)
        .map(drop)
        .map_err(|error| Error::io("read", path, &error))
}
