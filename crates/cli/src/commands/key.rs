use std::path::Path;

use erewhon_session::PrivateKey;
use erewhon_types::Result;

use crate::{args::KeyCommand, ui::Ui};

pub(crate) fn run(command: KeyCommand, ui: &Ui) -> Result<()> {
    let KeyCommand::New { out } = command;
    let public = PrivateKey::create(&out)?.public();
    let path = public_path(&out);
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
