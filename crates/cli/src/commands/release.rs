use erewhon_session::{
    Policy, PublicKey, ReleaseRequest, Vault, approve as approve_files, make_release, verify,
};
use erewhon_types::{Error, Result};

use crate::{args::ReleaseCommand, dirs::RunDir, ui::Ui};

pub(crate) fn run(command: ReleaseCommand, ui: &Ui) -> Result<()> {
    match command {
        ReleaseCommand::Make {
            at,
            purpose,
            recipient,
        } => {
            let (run, vault) = (RunDir::open(&at.dir)?, at.vault.open()?);
            request(&run, &vault, &purpose, &recipient)?;
            let path = run.release();
            ui.result(
                "erewhon.release_make.v1",
                &path,
                &format!("requested: {}", path.display()),
            )
        }
        ReleaseCommand::Approve { at } => {
            let (run, vault) = (RunDir::open(&at.dir)?, at.vault.open()?);
            approve(&run, &vault)?;
            let path = run.release();
            ui.result(
                "erewhon.release_approve.v1",
                &path,
                &format!("approved: {}", path.display()),
            )
        }
        ReleaseCommand::Verify { release, trust } => {
            let keys = trust
                .iter()
                .map(|path| PublicKey::load(path))
                .collect::<Result<Vec<_>>>()?;
            if keys.is_empty() {
                return Err(Error::usage("no trusted key was named")
                    .with_hint("name the two public keys: --trust requester.pub approver.pub"));
            }
            let verified = verify(&release, &keys)?;
            let privacy = &verified.manifest.privacy;
            let text = format!(
                "ok: {} files, purpose {}, epsilon {}, {} days from {}\nrequested by {}, approved by {}",
                verified.manifest.files.len(),
                verified.manifest.purpose,
                privacy.epsilon,
                privacy.window.days,
                privacy.window.first_day,
                verified.requester.fingerprint(),
                verified.approver.fingerprint()
            );
            ui.result("erewhon.release_verify.v1", &verified.manifest, &text)
        }
    }
}

/// Signs the run's release files with the requester's key.
pub(crate) fn request(run: &RunDir, vault: &Vault, purpose: &str, recipient: &str) -> Result<()> {
    let name = run.run_file()?.release.filter(|_| run.has_model());
    let name = name.ok_or_else(|| {
        Error::input("the run has no fitted model yet").with_hint("make it with `erewhon fit`")
    })?;
    run.refuse_signed()?;
    let request = ReleaseRequest {
        release: name,
        purpose: purpose.to_owned(),
        recipient: recipient.to_owned(),
    };
    make_release(
        &run.release(),
        &request,
        "privacy.json",
        &vault.ledger()?.summary()?,
        &Policy::default(),
        &vault.signing_key("requester")?,
    )?;
    Ok(())
}

/// Signs a request with the approver's key.
pub(crate) fn approve(run: &RunDir, vault: &Vault) -> Result<()> {
    approve_files(
        &run.release(),
        &Policy::default(),
        &vault.signing_key("approver")?,
    )?;
    Ok(())
}
