use erewhon_types::{Delta, Epsilon, Loss, Result, Rho, Window};
use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::Digest;

/// What an entry of the ledger records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// The ledger was opened for a population with a first budget: always entry 0.
    Opened,
    /// The steward added budget.
    Granted,
    /// A query was paid for.
    Charged,
    /// A release's model was made: which queries were asked, and the digest of what may leave.
    Fitted,
    /// Exact values were opened into an internal file, or something else was asked that costs nothing
    /// and is to be on record: a look into the quarantine, a release.
    Exported,
    /// A store or a key was changed; nothing was opened.
    Changed,
    /// A ledger without a matching anchor was taken into use; its epsilon is what was written off.
    Adopted,
}

impl EntryKind {
    pub(crate) const ALL: [Self; 7] = [
        Self::Opened,
        Self::Granted,
        Self::Charged,
        Self::Fitted,
        Self::Exported,
        Self::Changed,
        Self::Adopted,
    ];

    /// The kind's name on disk and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Granted => "granted",
            Self::Charged => "charged",
            Self::Fitted => "fitted",
            Self::Exported => "exported",
            Self::Changed => "changed",
            Self::Adopted => "adopted",
        }
    }
}

/// The content of an entry: who did what and why, and what it cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Record {
    /// What happened.
    pub kind: EntryKind,
    /// Who asked; an opening may lack it.
    pub who: String,
    /// The purpose or reason; empty for the opening.
    pub why: String,
    /// The release that a charge or a fit belongs to, else empty.
    pub release: String,
    /// The population (opened), the query's name (charged), the queries (fitted) or what was
    /// exported or changed, else empty.
    pub what: String,
    /// The query's digest (charged), that of the fit's files (fitted, see [`crate::fit_digest`]), or
    /// 32 random bytes: they make a ledger unique (opened), and keep the hash from telling times
    /// (exported, changed; older ones have none).
    pub digest: Option<Digest>,
    /// Micro-epsilons granted, charged or written off; 0 for a fit, an export or a change.
    pub epsilon_micros: u64,
    /// What counts in their place, where the population is kept in rho.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concentrated: Option<Concentrated>,
    /// The public window of the charged query or of the fit.
    pub window: Option<Window>,
}

/// What a population that is kept in rho was granted, charged or written off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Concentrated {
    /// The delta at which its epsilons are named; that of the opening, in every entry.
    pub delta: Delta,
    /// Nano-rhos; sums are exact.
    pub rho_nanos: u64,
}

impl Record {
    pub(crate) fn new(kind: EntryKind, who: &str, why: &str) -> Self {
        Self {
            kind,
            who: who.to_owned(),
            why: why.to_owned(),
            release: String::new(),
            what: String::new(),
            digest: None,
            epsilon_micros: 0,
            concentrated: None,
            window: None,
        }
    }
}

impl Record {
    /// Whether it is of a kind that says what was granted, charged or written off.
    pub(crate) const fn counts(&self) -> bool {
        matches!(
            self.kind,
            EntryKind::Opened | EntryKind::Granted | EntryKind::Charged | EntryKind::Adopted
        )
    }

    /// What counts, in the units of its population.
    pub(crate) fn units(&self) -> u64 {
        self.concentrated
            .map_or(self.epsilon_micros, |concentrated| concentrated.rho_nanos)
    }

    /// What was charged, in the measure of the population.
    pub(crate) fn loss(&self) -> Result<Loss> {
        match self.concentrated {
            None => Epsilon::from_micros(self.epsilon_micros).map(Loss::Epsilon),
            Some(concentrated) => Rho::from_nanos(concentrated.rho_nanos).map(Loss::Rho),
        }
    }
}

/// One entry of the ledger, chained to the one before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Position, from 0 without gaps.
    pub seq: u64,
    /// When it was written, to the millisecond (by the machine's clock; nothing depends on it).
    #[serde(rename = "time_utc", serialize_with = "as_time")]
    pub time_utc_ms: i64,
    /// What it records.
    #[serde(flatten)]
    pub record: Record,
    /// Hash of the entry before, all zero for the first.
    pub previous: Digest,
    /// Hash of this entry, see [`Entry::compute_hash`].
    pub hash: Digest,
}

impl Entry {
    /// The entry that follows `previous`.
    pub(crate) fn after(previous: Option<&Self>, record: Record) -> Self {
        let mut entry = Self {
            seq: previous.map_or(0, |entry| entry.seq + 1),
            time_utc_ms: Timestamp::now().as_millisecond(),
            record,
            previous: previous.map_or(Digest::new([0; 32]), |entry| entry.hash),
            hash: Digest::new([0; 32]),
        };
        entry.hash = entry.compute_hash();
        entry
    }

    /// SHA-256 over `erewhon.ledger.entry.v1` and every other field in the order of the struct; of an
    /// entry in rho over `erewhon.ledger.entry.v2`, these, its delta and its nano-rhos.
    ///
    /// Each field is written as its length in eight little-endian bytes and then its bytes, numbers
    /// as eight little-endian bytes, an absent value as nothing of length 0; so no two different
    /// entries share a serialisation.
    pub fn compute_hash(&self) -> Digest {
        let record = &self.record;
        let window = record.window.as_ref();
        let first_day = window.map_or(String::new(), |window| window.first_day.to_string());
        let days = window
            .map_or(0, |window| u64::from(window.days))
            .to_le_bytes();
        let concentrated = record.concentrated.map(|c| [c.delta.femtos(), c.rho_nanos]);
        let concentrated = concentrated.map(|numbers| numbers.map(u64::to_le_bytes));
        let schema: &[u8] = match concentrated {
            None => b"erewhon.ledger.entry.v1",
            Some(_) => b"erewhon.ledger.entry.v2",
        };
        let fields: [&[u8]; 14] = [
            schema,
            &self.seq.to_le_bytes(),
            &self.time_utc_ms.to_le_bytes(),
            record.kind.name().as_bytes(),
            record.who.as_bytes(),
            record.why.as_bytes(),
            record.release.as_bytes(),
            record.what.as_bytes(),
            record.digest.as_ref().map_or(&[], |digest| digest.bytes()),
            &record.epsilon_micros.to_le_bytes(),
            first_day.as_bytes(),
            &days,
            window.map_or(&[], |window| window.time_zone.as_bytes()),
            self.previous.bytes(),
        ];
        let mut bytes = Vec::with_capacity(512);
        let more = concentrated.iter().flatten().map(<[u8; 8]>::as_slice);
        for field in fields.into_iter().chain(more) {
            bytes.extend_from_slice(&(field.len() as u64).to_le_bytes());
            bytes.extend_from_slice(field);
        }
        Digest::of(&bytes)
    }
}

fn as_time<S: Serializer>(
    time_utc_ms: &i64,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    match Timestamp::from_millisecond(*time_utc_ms) {
        Ok(time) => serializer.collect_str(&time),
        Err(error) => Err(serde::ser::Error::custom(error)),
    }
}
