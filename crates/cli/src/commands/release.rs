use std::path::Path;

use erewhon_session::{
    Policy, PrivateKey, PublicKey, ReleaseJob, ReleaseRequest, Vault, approve, request_release,
    verify,
};
use erewhon_types::{Error, Result};

use super::key::public_path;
use crate::{
    args::ReleaseCommand,
    dirs::{RunDir, missing},
    ui::Ui,
};

pub(crate) fn run(command: ReleaseCommand, ui: &Ui) -> Result<()> {
    match command {
        ReleaseCommand::Make {
            at,
            purpose,
            recipient,
        } => {
            let (run, vault) = (RunDir::open(&at.dir)?, at.vault.open()?);
            request(
                &run,
                &vault,
                &at.vault.who(),
                purpose.as_deref(),
                &recipient,
            )?;
            let path = run.release();
            let text = format!(
                "requested: {}\n{}",
                path.display(),
                next_step(&path, &vault)
            );
            ui.result("erewhon.release_make.v1", &path, &text)
        }
        ReleaseCommand::Approve { release, key } => {
            let loaded = PrivateKey::load(&key).map_err(|error| {
                if key.exists() {
                    return error;
                }
                error.with_hint("make a key of your own: `erewhon key new --out FILE`")
            })?;
            approve(&release, &Policy::default(), &loaded)?;
            let text = format!(
                "approved: {0}\nsend {0}/approval.sig back to whoever requested it\nyour public key, for \
                 those who verify: {1}",
                release.display(),
                public_path(&key)
            );
            ui.result("erewhon.release_approve.v1", &release, &text)
        }
        ReleaseCommand::Verify { release, trust } => {
            let keys = trust
                .iter()
                .map(|path| public_half(path))
                .collect::<Result<Vec<_>>>()?;
            if keys.is_empty() {
                return Err(Error::usage("no trusted key was named").with_hint(
                    "name the two public keys: --trust requester.key.pub approver.key.pub",
                ));
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

/// Reads a trusted key, which must be a public half: a private one is nobody else's to hold.
fn public_half(path: &Path) -> Result<PublicKey> {
    if path.extension().is_none_or(|ending| ending != "pub") {
        return Err(Error::usage(format!(
            "`{}` is not the public half of a key",
            path.display()
        ))
        .with_hint("name the two files that end in `.pub`; private keys stay with their owners"));
    }
    PublicKey::load(path)
}

/// Signs the run's release files with the requester's key.
pub(crate) fn request(
    run: &RunDir,
    vault: &Vault,
    who: &str,
    purpose: Option<&str>,
    recipient: &str,
) -> Result<()> {
    let file = run.run_file()?;
    let release = file.release.filter(|_| run.has_model());
    let release = release.ok_or_else(|| missing("fitted model", "erewhon fit"))?;
    let drawn = file.drawn.filter(|_| run.synthetic().is_file());
    let drawn = drawn.ok_or_else(|| missing("synthetic file", "erewhon generate"))?;
    run.refuse_signed()?;
    let purpose = purpose.map(str::to_owned).or(file.purpose);
    let request = ReleaseRequest {
        release,
        purpose: purpose.unwrap_or_default(),
        recipient: recipient.to_owned(),
    };
    let job = ReleaseJob {
        directory: &run.release(),
        request: &request,
        mapping: &file.mapping,
        drawn: &drawn.spec(),
        who,
    };
    request_release(vault, &Policy::default(), &job)
}

/// Plays the second person of the demo, with a key that no real run would have at hand.
pub(crate) fn approve_demo(run: &RunDir, vault: &Vault, ui: &Ui) -> Result<()> {
    let dir = run.root().join("approver");
    std::fs::create_dir_all(&dir).map_err(|error| Error::io("make", &dir, &error))?;
    let path = dir.join("approver.key");
    approve(
        &run.release(),
        &Policy::default(),
        &PrivateKey::create(&path)?,
    )?;
    ui.say(&format!(
        "The demo played both people of a release; in earnest, another person approves.\n\
         Check it: erewhon release verify {} --trust {} {}",
        run.release().display(),
        public_path(&vault.requester_key_path()),
        public_path(&path)
    ));
    Ok(())
}

/// What has to be done with a request.
pub(crate) fn next_step(release: &Path, vault: &Vault) -> String {
    format!(
        "A second person takes a copy of {0}, looks at its files and approves the copy with a key \
         of their own, which `erewhon key new --out FILE` makes:\n  erewhon release approve COPY \
         --key FILE\nThat writes `approval.sig` into the copy: get that file back and put it into \
         {0}.\nWhoever receives it checks it with both public keys:\n  erewhon release verify \
         {0} --trust {1}.pub FILE.pub\n",
        release.display(),
        vault.requester_key_path().display()
    )
}
