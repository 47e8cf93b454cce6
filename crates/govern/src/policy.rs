use erewhon_types::{Error, Kind, Result};

/// What releases may be made for: the purposes that the privacy officer declared.
///
/// ```
/// use erewhon_govern::{Policy, Purpose};
///
/// let policy = Policy {
///     purposes: vec![Purpose {
///         name: "transport-planning".into(),
///         description: "Planning of bus lines by the city".into(),
///     }],
/// };
/// assert!(policy.allow("transport-planning").is_ok());
/// assert_eq!(policy.allow("advertising").unwrap_err().kind().exit_code(), 3);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The allowed purposes.
    pub purposes: Vec<Purpose>,
}

/// One allowed purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
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

impl Policy {
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
