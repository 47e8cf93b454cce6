use erewhon_types::{Guarantee, Loss, PrivacyUnit, Window};
use serde::{Deserialize, Serialize};

/// What a release cost and what it protects, in words and numbers that may be published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PrivacyStatement {
    /// Whose records the guarantee covers.
    pub unit: PrivacyUnit,
    /// The public window.
    pub window: Window,
    /// Total privacy loss of the release (sequential composition): `epsilon`, and where the population is
    /// kept in rho `delta` and `rho`.
    #[serde(flatten)]
    pub guarantee: Guarantee,
    /// Each query that touched records, in the order it was asked.
    pub queries: Vec<QueryStatement>,
    /// The noisy number of all subscribers, a control group among them, rounded, at least 1.
    pub subscribers_noisy: u64,
    /// Who entered and what this population and budget can resolve, in sentences computed from public
    /// facts and noisy values alone.
    pub resolution: Vec<String>,
    /// What the guarantee does not cover, in sentences.
    pub not_covered: Vec<String>,
}

/// One query of a release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueryStatement {
    /// Short name, for example `home`.
    pub name: String,
    /// What one subscriber adds to it, in a sentence.
    pub contribution: String,
    /// Number of table entries.
    pub entries: u64,
    /// The most one subscriber can change the table, in people: in L1 where `epsilon` was charged, in L2
    /// where `rho` was.
    pub sensitivity_people: f64,
    /// What was charged for it: `epsilon` or `rho`; of all queries the same.
    #[serde(flatten)]
    pub loss: Loss,
    /// Standard deviation of the noise on one entry, in people who entered.
    pub noise_sd_people: f64,
    /// The noise on one entry is at most this, up or down, 95 times in 100, in people who entered.
    pub noise_95_people: f64,
}

#[cfg(test)]
mod tests {
    use erewhon_types::Guarantee;

    #[test]
    fn delta_and_rho_are_stated_together_or_not_at_all() {
        for (text, good) in [
            (r#"{"epsilon":1.0}"#, true),
            (r#"{"epsilon":1.0,"delta":1e-6,"rho":0.024}"#, true),
            (r#"{"epsilon":1.0,"delta":1e-6}"#, false),
            (r#"{"epsilon":1.0,"rho":0.024}"#, false),
            (r#"{"epsilon":1.0,"delta":0.5,"rho":0.024}"#, false),
        ] {
            let read = serde_json::from_str::<Guarantee>(text);
            assert_eq!(read.is_ok(), good, "{text}");
            if let Ok(read) = read {
                assert_eq!(serde_json::to_string(&read).unwrap(), text);
            }
        }
    }
}
