use erewhon_dp::epsilon_of;
use erewhon_types::{Delta, Epsilon, Result};
use serde::{Deserialize, Serialize};

use crate::{Concentrated, Digest, EntryKind, Record, chain::Chain};

/// The newest entry of a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its position.
    pub seq: u64,
    /// Its hash, which covers every entry before it.
    pub hash: Digest,
}

/// Where the budget of a population stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LedgerSummary {
    /// The ledger's identity: the hash of its opening.
    pub ledger: Digest,
    /// The declared population.
    pub population: String,
    /// First budget and all grants, in micro-epsilons.
    pub total_micros: u64,
    /// Charged or written off: what any one subscriber has lost at most over all periods.
    pub spent_micros: u64,
    /// What may still be charged.
    pub left_micros: u64,
    /// Where the population is kept in rho: the same, which add up, and the delta of the epsilons above,
    /// which don't.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub concentrated: Option<ConcentratedSummary>,
    /// Number of entries.
    pub entries: u64,
    /// Number of internal exports on record.
    pub exports: u64,
    /// The newest entry.
    pub head: Head,
    /// Releases in the order of their first charge.
    pub releases: Vec<ReleaseSummary>,
}

/// Where a budget in rho stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ConcentratedSummary {
    /// The delta at which epsilons are named.
    pub delta: Delta,
    /// First budget and all grants, in nano-rhos.
    pub total_rho_nanos: u64,
    /// Charged or written off.
    pub spent_rho_nanos: u64,
    /// What may still be charged.
    pub left_rho_nanos: u64,
}

/// What one release cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReleaseSummary {
    /// The release.
    pub release: String,
    /// Number of charges.
    pub charges: u64,
    /// Their sum in micro-epsilons; in rho, what one charge was asked at and several come to.
    pub epsilon_micros: u64,
    /// Their sum in rho, where that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concentrated: Option<Concentrated>,
    /// What they were charged for, each purpose once.
    pub purposes: Vec<String>,
    /// Digest of the files that the fit wrote, see [`crate::fit_digest`]; `None` before it ended.
    pub fitted: Option<Digest>,
}

impl ReleaseSummary {
    fn of(release: &str) -> Self {
        Self {
            release: release.to_owned(),
            charges: 0,
            epsilon_micros: 0,
            concentrated: None,
            purposes: Vec::new(),
            fitted: None,
        }
    }

    fn add(&mut self, charge: &Record, chain: &Chain) -> Result<()> {
        let known = self.concentrated.map_or(0, |known| known.rho_nanos);
        self.concentrated = charge.concentrated.map(|charge| Concentrated {
            rho_nanos: known + charge.rho_nanos,
            ..charge
        });
        self.charges += 1;
        self.epsilon_micros = match self.concentrated.filter(|_| self.charges > 1) {
            None => self.epsilon_micros + charge.epsilon_micros,
            Some(sum) => {
                chain.micros(sum.rho_nanos, |rho, delta| epsilon_of(rho, delta).map(Some))?
            }
        };
        if !self.purposes.contains(&charge.why) {
            self.purposes.push(charge.why.clone());
        }
        Ok(())
    }
}

impl LedgerSummary {
    pub(crate) fn of(chain: &Chain, ledger: Digest, head: Head) -> Result<Self> {
        let mut releases: Vec<ReleaseSummary> = Vec::new();
        let mut exports = 0;
        for record in chain.entries().iter().map(|entry| &entry.record) {
            match record.kind {
                EntryKind::Exported => exports += 1,
                EntryKind::Charged => {
                    if !releases.iter().any(|known| known.release == record.release) {
                        releases.push(ReleaseSummary::of(&record.release));
                    }
                    let known = releases
                        .iter_mut()
                        .find(|known| known.release == record.release);
                    known.map_or(Ok(()), |known| known.add(record, chain))?;
                }
                EntryKind::Fitted => {
                    if let Some(known) = releases
                        .iter_mut()
                        .rfind(|known| known.release == record.release)
                    {
                        known.fitted = record.digest;
                    }
                }
                EntryKind::Opened
                | EntryKind::Granted
                | EntryKind::Changed
                | EntryKind::Adopted => {}
            }
        }
        Ok(Self {
            ledger,
            population: chain
                .entries()
                .first()
                .map_or_else(String::new, |entry| entry.record.what.clone()),
            total_micros: chain.granted_micros(),
            spent_micros: chain.spent_micros()?,
            left_micros: chain.left_micros()?,
            concentrated: chain.delta().map(|delta| ConcentratedSummary {
                delta,
                total_rho_nanos: chain.granted(),
                spent_rho_nanos: chain.spent(),
                left_rho_nanos: chain.left(),
            }),
            entries: chain.entries().len() as u64,
            exports,
            head,
            releases,
        })
    }

    /// The delta of a population that is kept in rho.
    pub fn delta(&self) -> Option<Delta> {
        self.concentrated.map(|concentrated| concentrated.delta)
    }

    /// What is known of a release; `None` when nothing was charged for it.
    pub fn release(&self, name: &str) -> Option<&ReleaseSummary> {
        self.releases.iter().find(|known| known.release == name)
    }

    /// What was charged for a release; `None` when nothing was.
    pub fn charged_for(&self, release: &str) -> Option<Epsilon> {
        Epsilon::from_micros(self.release(release)?.epsilon_micros).ok()
    }
}

/// Micro-epsilons as the decimal number that people write: 750,000 is `0.75`.
pub fn epsilon_text(micros: u64) -> String {
    (micros as f64 / 1e6).to_string()
}
