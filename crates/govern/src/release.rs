use std::{fs, io::ErrorKind, path::Path};

use erewhon_ledger::{Concentrated, LedgerSummary, ReleaseSummary, fit_digest};
use erewhon_types::{Error, Result};
use jiff::{Timestamp, tz::TimeZone};

use crate::{
    FileEntry, LedgerClaim, Manifest, Policy, PrivacyClaim, PrivateKey, PublicKey,
    inventory::{self, APPROVAL_SIGNATURE, CHANGED, FAMILIES, MANIFEST, MODEL, STATEMENT, refused},
    key::write_new,
    signature::{Role, Signed, approval_message, request_message},
};

/// What a requester asks to release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseRequest {
    /// The release, as it was charged in the ledger.
    pub release: String,
    /// Purpose, one of the policy's and the one it was charged for.
    pub purpose: String,
    /// Who receives it.
    pub recipient: String,
}

/// Longest name of a release, in bytes: the ledger's lines have to hold it among other words.
const MOST_NAME_BYTES: usize = 200;

impl ReleaseRequest {
    /// Looks at its words, as [`make_release`] does.
    ///
    /// # Errors
    /// Refused, when the purpose is not in the policy; usage, when a word is empty, unprintable or too long.
    pub fn check(&self, policy: &Policy) -> Result<()> {
        policy.allow(&self.purpose)?;
        for (name, text) in [("release", &self.release), ("recipient", &self.recipient)] {
            let printable = !text.trim().is_empty() && !text.chars().any(char::is_control);
            if !printable || text.len() > MOST_NAME_BYTES {
                return Err(Error::usage(format!(
                    "`{name}` must be 1 to {MOST_NAME_BYTES} bytes of printable text on one line"
                )));
            }
        }
        Ok(())
    }
}

/// A request whose files and signatures agree with each other. Whose keys they are is not checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Requested {
    /// The signed manifest.
    pub manifest: Manifest,
    /// Whose signature the request carries.
    pub requester: PublicKey,
    /// Whose approval it carries, if any.
    pub approver: Option<PublicKey>,
}

/// A release that passed every check.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// The signed manifest.
    pub manifest: Manifest,
    /// Who requested it.
    pub requester: PublicKey,
    /// Who approved it.
    pub approver: PublicKey,
}

/// Turns a directory of files into a signed request: writes `release.json` and `release.sig`.
///
/// Epsilon, unit and window are copied from the privacy statement. What it claims must be what the
/// ledger charged for this release and purpose, and the model, or the tables of families, what was written
/// on record.
///
/// # Errors
/// Refused, when the purpose is not in the policy, a file may not be released, or the files and the
/// ledger disagree; input, when there is a manifest already; usage, when a word is empty.
pub fn make_release(
    directory: &Path,
    request: &ReleaseRequest,
    ledger: &LedgerSummary,
    policy: &Policy,
    requester: &PrivateKey,
) -> Result<Manifest> {
    request.check(policy)?;
    let files = inventory::list(directory)?;
    let privacy = PrivacyClaim::read(directory)?;
    let charged = ledger.release(&request.release).ok_or_else(|| {
        refused(format!(
            "the ledger charged nothing for release `{}`",
            request.release
        ))
    })?;
    check_charge(request, charged, &privacy, &files)?;
    let manifest = Manifest {
        schema: Manifest::schema_of(&privacy).to_owned(),
        release: request.release.clone(),
        purpose: request.purpose.clone(),
        recipient: request.recipient.clone(),
        created_utc: Timestamp::now().to_zoned(TimeZone::UTC).date(),
        privacy,
        ledger: LedgerClaim {
            ledger: ledger.ledger,
            population: ledger.population.clone(),
            head: ledger.head,
        },
        files,
    };
    let bytes = manifest.to_bytes()?;
    write_new(&directory.join(MANIFEST), &bytes, 0o644)?;
    Signed::create(
        directory,
        Role::Requester,
        requester,
        &request_message(&bytes),
    )?;
    Ok(manifest)
}

/// Looks at a request as whoever made it or is to approve it: are its files and signatures as signed?
///
/// # Errors
/// Refused, when anything changed since the request or its approval.
pub fn requested(directory: &Path) -> Result<Requested> {
    let (bytes, manifest, request) = check_request(directory)?;
    let approver = if directory.join(APPROVAL_SIGNATURE).exists() {
        Some(check_approval(directory, &bytes, &request)?)
    } else {
        None
    };
    Ok(Requested {
        manifest,
        requester: request.key,
        approver,
    })
}

/// Adds the second person's signature, `approval.sig`, to an unchanged request.
///
/// `agree` is shown what would be approved, and just that is signed; its error ends it.
///
/// # Errors
/// Refused, when the approver is the requester, the purpose is not in the policy, or anything
/// changed since the request; input, when it is approved already; what `agree` says.
pub fn approve(
    directory: &Path,
    policy: &Policy,
    approver: &PrivateKey,
    agree: impl FnOnce(&Requested) -> Result<()>,
) -> Result<Manifest> {
    let (bytes, manifest, request) = check_request(directory)?;
    policy.allow(&manifest.purpose)?;
    check_two(request.key, approver.public())?;
    if directory.join(APPROVAL_SIGNATURE).exists() {
        return Err(
            Error::input(format!("`{}` is approved already", directory.display()))
                .with_hint("`erewhon release verify` says by which key"),
        );
    }
    let shown = Requested {
        manifest,
        requester: request.key,
        approver: None,
    };
    agree(&shown)?;
    let message = approval_message(&bytes, &request);
    Signed::create(directory, Role::Approver, approver, &message)?;
    Ok(shown.manifest)
}

/// Checks a release as an outsider: no ledger, no network, only keys that are already trusted.
///
/// # Errors
/// Refused, with a sentence that says which file, signature or key does not hold.
pub fn verify(directory: &Path, trusted: &[PublicKey]) -> Result<Verified> {
    let (bytes, manifest, request) = check_request(directory)?;
    let approver = check_approval(directory, &bytes, &request)?;
    for (role, key) in [("requester", request.key), ("approver", approver)] {
        if !trusted.contains(&key) {
            return Err(refused(format!(
                "the {role}'s key `{}` is not among the trusted keys",
                key.fingerprint()
            ))
            .with_hint("get the public key from its owner and compare the fingerprint"));
        }
    }
    Ok(Verified {
        manifest,
        requester: request.key,
        approver,
    })
}

fn check_approval(directory: &Path, manifest: &[u8], request: &Signed) -> Result<PublicKey> {
    let approval = Signed::load(directory, Role::Approver)?;
    approval.check(Role::Approver, &approval_message(manifest, request))?;
    check_two(request.key, approval.key)?;
    Ok(approval.key)
}

/// Looks at one file of a request, whatever else lies in the directory.
///
/// # Errors
/// Refused, when the file, the list of files or its signature changed since the request.
pub fn check_signed_file(directory: &Path, name: &str) -> Result<()> {
    let (_, manifest, _) = signed_list(directory)?;
    let there = inventory::file(&directory.join(name), name)?;
    let signed: Vec<_> = (manifest.files.into_iter())
        .filter(|file| file.path == name)
        .collect();
    compare(&signed, &[there])
}

fn check_request(directory: &Path) -> Result<(Vec<u8>, Manifest, Signed)> {
    let (bytes, manifest, request) = signed_list(directory)?;
    let files = inventory::list(directory)?;
    compare(&manifest.files, &files)?;
    if PrivacyClaim::read(directory)? != manifest.privacy {
        return Err(changed(
            "the manifest's privacy loss is not that of its statement".to_owned(),
        ));
    }
    Ok((bytes, manifest, request))
}

/// The list of files as it was signed.
fn signed_list(directory: &Path) -> Result<(Vec<u8>, Manifest, Signed)> {
    let path = directory.join(MANIFEST);
    let bytes = fs::read(&path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => no_release(directory),
        _ => Error::io("read", &path, &error),
    })?;
    let request = Signed::load(directory, Role::Requester)?;
    request.check(Role::Requester, &request_message(&bytes))?;
    let manifest = Manifest::from_bytes(&bytes)?;
    Ok((bytes, manifest, request))
}

fn no_release(directory: &Path) -> Error {
    let inside = directory.join("release");
    let error = refused(format!(
        "`{}` is not a release: `{MANIFEST}` is missing",
        directory.display()
    ));
    if inside.join(MANIFEST).is_file() {
        return error.with_hint(format!("did you mean `{}`?", inside.display()));
    }
    error.with_hint("name the `release` of a run that `erewhon release make` or `run` has signed")
}

/// Says the first difference between the signed list of files and what is there.
fn compare(signed: &[FileEntry], there: &[FileEntry]) -> Result<()> {
    for file in signed {
        match there.iter().find(|other| other.path == file.path) {
            None => return Err(changed(format!("`{}` is missing", file.path))),
            Some(other) if other != file => {
                return Err(changed(format!("`{}` was changed", file.path)));
            }
            Some(_) => {}
        }
    }
    let extra = there
        .iter()
        .find(|file| !signed.iter().any(|other| other.path == file.path));
    match extra {
        Some(file) => Err(changed(format!("`{}` was added", file.path))),
        // The same files in another order or twice: not a list this program signed.
        None if signed != there => Err(changed("the list of files is not in order".to_owned())),
        None => Ok(()),
    }
}

fn changed(message: String) -> Error {
    refused(message).with_hint(CHANGED)
}

fn check_two(requester: PublicKey, approver: PublicKey) -> Result<()> {
    if requester == approver {
        return Err(
            refused("requester and approver are the same key".to_owned())
                .with_hint("a second person approves, with a key of their own"),
        );
    }
    Ok(())
}

/// Holds a request and its files against what the ledger knows of the release.
fn check_charge(
    request: &ReleaseRequest,
    charged: &ReleaseSummary,
    privacy: &PrivacyClaim,
    files: &[FileEntry],
) -> Result<()> {
    if charged.purposes != [request.purpose.as_str()] {
        return Err(refused(format!(
            "release `{}` was not charged for the purpose `{}`",
            request.release, request.purpose
        ))
        .with_hint(format!(
            "it was charged for `{}`; another purpose needs a charge of its own",
            charged.purposes.join("`, `")
        )));
    }
    let stated = privacy.guarantee;
    let rho = stated.concentrated.map(|(delta, rho)| Concentrated {
        delta,
        rho_nanos: rho.nanos(),
    });
    if charged.epsilon_micros != stated.epsilon.micros() || charged.concentrated != rho {
        return Err(refused(format!(
            "the privacy statement's {stated} is not what the ledger charged for release `{}`",
            request.release
        ))
        .with_hint(
            "state everything that the ledger charged under this name, no more and no less",
        ));
    }
    let of = |names: &[&str]| {
        files
            .iter()
            .find(|file| names.contains(&file.path.as_str()))
    };
    let answers = of(&[MODEL, FAMILIES]);
    let fitted = answers
        .zip(of(&[STATEMENT]))
        .map(|(answers, statement)| fit_digest(&answers.sha256, &statement.sha256));
    if fitted.is_none() || charged.fitted != fitted {
        let answers = answers.map_or(MODEL, |answers| &answers.path);
        return Err(refused(format!(
            "`{answers}` and `{STATEMENT}` are not what the ledger's fit of release `{}` wrote",
            request.release
        ))
        .with_hint("release the files of that fit, unchanged"));
    }
    Ok(())
}
