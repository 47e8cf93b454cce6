//! `erewhon anonymise`: the classical techniques, as baselines for the risk lab.

use std::path::Path;

use erewhon_session::Session;
use erewhon_types::{Error, Result};

use crate::{
    args::AnonymiseCommand,
    dirs::{RunDir, is_free_name},
    ui::Ui,
};

pub(crate) fn run(command: &AnonymiseCommand, ui: &Ui) -> Result<()> {
    let (technique, to) = command.resolve();
    technique.check()?;
    let name = to.out.as_deref().unwrap_or(Path::new(technique.name()));
    if !is_free_name(name) {
        return Err(
            Error::usage(format!("`{}` is no name of a directory", name.display())).with_hint(
                "anonymised records stay in internal/anonymised/: write for example --out coarse",
            ),
        );
    }
    let (run, vault) = (RunDir::open(&to.at.dir)?, to.at.vault.open()?);
    let path = run.internal("anonymised").join(name);
    let session = Session::open(&run.store())?;
    let stage = ui.stage("anonymise");
    session.export_anonymised((&vault, &to.at.vault.asker(&to.why)), &technique, &path)?;
    stage.finish();
    ui.result(
        "erewhon.anonymise.v1",
        &path,
        &format!("INTERNAL: {}", path.display()),
    )
}
