//! What is said of a run that is there: also of one where nothing may be written.

use erewhon_types::Result;

use super::pipeline::outcome;
use crate::{
    args::{DirArgs, TestArgs},
    dirs::RunDir,
    pages,
    stages::{self, Found},
    ui::Ui,
    words::words,
};

pub(crate) fn utility(args: &TestArgs, ui: &Ui) -> Result<()> {
    let (run, vault) = (RunDir::open_to_read(&args.at.dir)?, args.at.vault.open()?);
    let who = args.at.vault.asker("utility");
    let found = stages::measure_utility(&run, &vault, &who, args.seed, ui)?;
    run.log(&words(), ui.stages())?;
    let text = found_text(&run, "measures.csv", &found, ui);
    ui.internal("erewhon.utility.v2", &found.value, &text)
}

/// Where the table of a test is, or the table itself where no file could be written.
pub(crate) fn found_text(run: &RunDir, name: &str, found: &Found, ui: &Ui) -> String {
    let path = run.internal(name);
    if run.can_write() {
        return format!("INTERNAL: {}", path.display());
    }
    ui.say(&format!(
        "No file may be written in `{}`: printed in place of `{}`.",
        run.root().display(),
        path.display()
    ));
    found.csv.clone()
}

pub(crate) fn report(args: &DirArgs, ui: &Ui) -> Result<()> {
    let run = RunDir::open_to_read(&args.dir)?;
    run.check_model()?;
    let summary = pages::write_pages(&run)?;
    if !run.can_write() {
        ui.say(&format!(
            "No file may be written in `{}`: its pages stay as they are.",
            run.root().display()
        ));
    } else if let Some(why) = run.keeps_release() {
        ui.say(&format!(
            "The files of release/ are {why} and stay as they are: only the internal page is new."
        ));
    }
    ui.result("erewhon.report.v1", &outcome(&run), &summary)
}
