use std::path::Path;

use erewhon_session::{
    Policy, PrivateKey, PublicKey, ReleaseJob, ReleaseRequest, Requested, Vault, approve,
    request_release, requested, verify,
};
use erewhon_types::{Error, Kind, Result, days};

use super::key::{private_half, public_half, public_path};
use crate::{args::ReleaseCommand, dirs::RunDir, pages::page_to_release, ui::Ui};

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
        ReleaseCommand::Approve { release, key, yes } => {
            approve(
                &release,
                &Policy::default(),
                &private_half(&key)?,
                |shown| {
                    ui.say(&description(shown));
                    if yes {
                        return Ok(());
                    }
                    ui.check_terminal("approving a release")?;
                    ui.confirm("Approve it?", "nothing was approved")
                },
            )?;
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
            let text = description(&Requested {
                manifest: verified.manifest.clone(),
                requester: verified.requester,
                approver: Some(verified.approver),
            });
            let text = format!("ok: every file is as it was signed and approved\n{text}");
            ui.result("erewhon.release_verify.v1", &verified.manifest, &text)
        }
    }
}

/// What is asked or was granted: the signed manifest for people.
fn description(request: &Requested) -> String {
    let manifest = &request.manifest;
    let (privacy, window) = (&manifest.privacy, &manifest.privacy.window);
    let loss = privacy.guarantee.to_string();
    // A purpose that is no longer in the policy still has its name.
    let purpose = match Policy::default().allow(&manifest.purpose) {
        Ok(known) => format!("{}: {}", known.name, known.description),
        Err(_) => manifest.purpose.clone(),
    };
    let names: Vec<&str> = manifest.files.iter().map(|f| f.path.as_str()).collect();
    let by = |key: &PublicKey| format!("key {}", key.fingerprint());
    let lines = [
        ("release", manifest.release.clone()),
        ("purpose", purpose),
        ("recipient", manifest.recipient.clone()),
        ("population", manifest.ledger.population.clone()),
        (
            "epsilon",
            format!(
                "{}, of {}",
                loss.trim_start_matches("epsilon "),
                privacy.unit
            ),
        ),
        (
            "window",
            format!(
                "{} from {} ({})",
                days(window.days),
                window.first_day,
                window.time_zone
            ),
        ),
        (
            "files",
            format!("{} with their digests: {}", names.len(), names.join(", ")),
        ),
        ("made", manifest.created_utc.to_string()),
        ("requester", by(&request.requester)),
    ];
    let approver = request.approver.as_ref().map(|key| ("approver", by(key)));
    let lines = lines.into_iter().chain(approver);
    let lines: Vec<_> = lines
        .map(|(name, text)| format!("{name:<11} {text}"))
        .collect();
    lines.join("\n")
}

/// Refuses to call a run complete whose release is not as this vault's key signed it.
pub(super) fn check_signed(run: &RunDir) -> Result<Requested> {
    requested(&run.release()).map_err(|error| {
        let message = format!(
            "the release of `{}` is not as it was signed: {error}",
            run.root().display()
        );
        Error::new(error.kind(), message).with_hint(WITHDRAW)
    })
}

/// Refuses a request that another key than this vault's has signed.
pub(super) fn check_requester(request: &Requested, vault: &Vault) -> Result<()> {
    let ours = vault.requester_key()?.public();
    if request.requester == ours {
        return Ok(());
    }
    Err(Error::new(
        Kind::Refused,
        format!(
            "the request is signed with key {}, and not with that of this vault, {}",
            request.requester.fingerprint(),
            ours.fingerprint()
        ),
    )
    .with_hint(WITHDRAW))
}

const WITHDRAW: &str = "put back what was signed; or withdraw the request: remove `release.json` and \
                        the `.sig` files there, and the same command makes the rest anew";

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
    let release = release.ok_or_else(|| run.missing("fitted model", "erewhon fit"))?;
    let drawn = file.drawn.filter(|_| run.synthetic().is_file());
    let drawn = drawn.ok_or_else(|| run.missing("synthetic file", "erewhon generate"))?;
    run.refuse_signed()?;
    let purpose = purpose.map(str::to_owned).or(file.purpose);
    let request = ReleaseRequest {
        release,
        purpose: purpose.unwrap_or_default(),
        recipient: recipient.to_owned(),
    };
    let job = ReleaseJob {
        directory: &run.release(),
        page: &page_to_release(run)?,
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
        |_| Ok(()),
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
