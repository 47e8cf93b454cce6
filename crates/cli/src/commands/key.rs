use std::path::Path;

use erewhon_session::PrivateKey;
use erewhon_types::Result;

use crate::{args::KeyCommand, ui::Ui};

pub(crate) fn run(command: KeyCommand, ui: &Ui) -> Result<()> {
    match command {
        KeyCommand::New { out } => new(&out, ui),
        KeyCommand::Rotate { why, vault } => {
            let (former, key) = vault.open()?.rotate_key(&vault.asker(&why))?;
            let text = format!(
                "key     {key}: new stores take it\nformer  {former}: the stores that it made keep \
                 it; `erewhon key destroy {former}` ends that"
            );
            let value = serde_json::json!({ "key": key, "former": former });
            ui.result("erewhon.key_rotate.v1", &value, &text)
        }
        KeyCommand::Destroy {
            key,
            why,
            yes,
            vault,
        } => {
            if !yes {
                ui.check_terminal("destroying a key")?;
                ui.say(&format!(
                    "Without key `{key}` nobody can be added to its stores or withdrawn from them, \
                     ever. Their records stay personal data: behaviour tells who people are."
                ));
                ui.confirm("Destroy it?", "nothing was destroyed")?;
            }
            vault.open()?.destroy_key(&key, &vault.asker(&why))?;
            let text = format!("key `{key}` is gone; copies in backups are not");
            let value = serde_json::json!({ "destroyed": key });
            ui.result("erewhon.key_destroy.v1", &value, &text)
        }
    }
}

fn new(out: &Path, ui: &Ui) -> Result<()> {
    let public = PrivateKey::create(out)?.public();
    let path = public_path(out);
    let text = format!(
        "fingerprint {}\npublic key  {path}: give it to those who verify",
        public.fingerprint()
    );
    let value = serde_json::json!({ "fingerprint": public.fingerprint(), "public_key": path });
    ui.result("erewhon.key_new.v1", &value, &text)
}

/// Where the public half of a private key lies.
pub(super) fn public_path(key: &Path) -> String {
    format!("{}.pub", key.display())
}
