use std::io::Write as _;

use erewhon_session::{expire_quarantine, show_quarantine};
use erewhon_types::{Error, Kind, Result};

use crate::{args::QuarantineCommand, dirs::RunDir, ui::Ui};

pub(crate) fn run(command: QuarantineCommand, ui: &Ui) -> Result<()> {
    match command {
        QuarantineCommand::Show { path, why, vault } => {
            let path = if path.is_dir() {
                RunDir::new(&path).quarantine()
            } else {
                path
            };
            // Rows as they stood in their files, which may be no text: never wrapped in JSON.
            let mut out = std::io::stdout().lock();
            show_quarantine(&vault.open()?, &vault.asker(&why), &path, &mut out)?;
            out.flush()
                .map_err(|error| Error::new(Kind::Resource, format!("can't write: {error}")))
        }
        QuarantineCommand::Expire { dir } => {
            let run = RunDir::open(&dir)?;
            expire_quarantine(&run.quarantine())?;
            let value = serde_json::json!({ "expired": true });
            let text = "rows that have had their days are gone";
            ui.result("erewhon.quarantine_expire.v1", &value, text)
        }
    }
}
