use std::{fs, path::Path};

use erewhon_types::{Error, Kind, Result};
use serde::{Deserialize, Serialize};

/// What releases may be made for: the purposes that the privacy officer declared.
///
/// ```
/// let policy: erewhon_govern::Policy = r#"
///     [[purpose]]
///     name = "transport-planning"
///     description = "Planning of bus lines by the city"
/// "#.parse()?;
/// assert!(policy.allow("transport-planning").is_ok());
/// assert_eq!(policy.allow("advertising").unwrap_err().kind().exit_code(), 3);
/// # Ok::<(), erewhon_types::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The allowed purposes.
    #[serde(rename = "purpose")]
    pub purposes: Vec<Purpose>,
}

/// One allowed purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// Short name, as it is asked for.
    pub name: String,
    /// What it covers, in a sentence.
    pub description: String,
}

impl Default for Policy {
    /// `demo`, `statistics` and `research`.
    fn default() -> Self {
        let purpose = |name: &str, description: &str| Purpose {
            name: name.to_owned(),
            description: description.to_owned(),
        };
        Self {
            purposes: vec![
                purpose("demo", "A demonstration on invented records"),
                purpose(
                    "statistics",
                    "Official or public statistics of presence and movement",
                ),
                purpose(
                    "research",
                    "Research in the public interest, published openly",
                ),
            ],
        }
    }
}

impl std::str::FromStr for Policy {
    type Err = Error;

    /// # Errors
    /// Input, when `text` is not a policy in TOML.
    fn from_str(text: &str) -> Result<Self> {
        toml::from_str(text).map_err(|error| {
            Error::input(format!("the policy can't be read: {}", error.message()))
                .with_hint("write `[[purpose]]` tables with a `name` and a `description`")
        })
    }
}

impl Policy {
    /// Reads a policy file (TOML).
    ///
    /// # Errors
    /// Input, when the file is missing or no policy.
    pub fn load(path: &Path) -> Result<Self> {
        fs::read_to_string(path)
            .map_err(|error| Error::io("read", path, &error))?
            .parse()
    }

    /// The declared purpose of that name.
    ///
    /// # Errors
    /// Refused, when the policy does not name it.
    pub fn allow(&self, purpose: &str) -> Result<&Purpose> {
        self.purposes
            .iter()
            .find(|known| known.name == purpose)
            .ok_or_else(|| {
                let names: Vec<_> = self
                    .purposes
                    .iter()
                    .map(|known| known.name.as_str())
                    .collect();
                Error::new(
                    Kind::Refused,
                    format!("the purpose `{purpose}` is not in the policy"),
                )
                .with_hint(format!("allowed: `{}`", names.join("`, `")))
            })
    }
}
