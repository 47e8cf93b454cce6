use erewhon_ledger::{Digest, Head};
use erewhon_types::{Error, Result};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{FileEntry, PrivacyClaim, inventory::refused};

/// What is released, to whom, what for and at which privacy loss: the content of `release.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `erewhon.release.v1`, or `v2` where the privacy loss has a delta, which readers of the first would
    /// pass over.
    pub schema: String,
    /// The release, as the ledger knows it.
    pub release: String,
    /// Purpose, from the policy.
    pub purpose: String,
    /// Who receives it.
    pub recipient: String,
    /// The day it was put together: a time would tell how long the work on the records took.
    pub created_utc: Date,
    /// The privacy loss, copied from the statement.
    pub privacy: PrivacyClaim,
    /// The budget it was paid from.
    pub ledger: LedgerClaim,
    /// Every file of the release but the manifest and the signatures, by name.
    pub files: Vec<FileEntry>,
}

/// The state of the ledger when the release was put together: a witness of its history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerClaim {
    /// The ledger's identity.
    pub ledger: Digest,
    /// The declared population.
    pub population: String,
    /// The entry of this request, the newest then.
    pub head: Head,
}

impl Manifest {
    /// The schema of a manifest that claims this.
    pub(crate) const fn schema_of(privacy: &PrivacyClaim) -> &'static str {
        match privacy.guarantee.concentrated {
            None => "erewhon.release.v1",
            Some(_) => "erewhon.release.v2",
        }
    }

    /// The bytes that are stored and signed: indented JSON in the order of the fields.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(self)
            .map_err(|error| Error::internal(format!("can't write a manifest: {error}")))?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads a manifest; any spelling but the one [`Manifest::to_bytes`] writes is refused.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let refuse = |what: &str| Err(refused(format!("`release.json` {what}")));
        let Ok(manifest) = serde_json::from_slice::<Self>(bytes) else {
            return refuse("is not a release manifest");
        };
        let schema = Self::schema_of(&manifest.privacy);
        if manifest.schema != schema {
            return refuse(&format!("has another schema than `{schema}`"));
        }
        if manifest.to_bytes()? != bytes {
            return refuse("was changed after it was written");
        }
        Ok(manifest)
    }
}
