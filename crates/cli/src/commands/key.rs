use std::path::Path;

use erewhon_session::{PrivateKey, PublicKey};
use erewhon_types::{Error, Result};

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

/// Reads the key of whoever signs.
pub(super) fn private_half(path: &Path) -> Result<PrivateKey> {
    if is_public(path) {
        return Err(Error::usage(format!(
            "`{}` is the public half of a key, and the private one signs",
            path.display()
        ))
        .with_hint(format!("name `{}`", path.with_extension("").display())));
    }
    PrivateKey::load(path).map_err(|error| {
        if path.exists() {
            return error;
        }
        error.with_hint("make a key of your own: `erewhon key new --out FILE`")
    })
}

/// Reads a trusted key: a private half is nobody else's to hold.
pub(super) fn public_half(path: &Path) -> Result<PublicKey> {
    if is_public(path) {
        return PublicKey::load(path);
    }
    let public = public_path(path);
    let (what, hint) = if Path::new(&public).is_file() {
        (
            "is the private half of a key, and the public one is wanted",
            format!("name `{public}`; private keys stay with their owners"),
        )
    } else {
        (
            "is not the public half of a key",
            "name the two files that end in `.pub`; private keys stay with their owners".to_owned(),
        )
    };
    Err(Error::usage(format!("`{}` {what}", path.display())).with_hint(hint))
}

fn is_public(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "pub")
}
