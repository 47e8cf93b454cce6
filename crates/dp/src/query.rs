use erewhon_types::{Error, Result};
use sha2::{Digest, Sha256};

/// A table of counts to which each subscriber adds a bounded, non-negative integer vector.
///
/// Fractions of a person are written in `units_per_person`: a subscriber spread evenly over four
/// entries at 1,000 units a person adds 250 to each. `bound_units` is the largest norm that the
/// vector of one subscriber may have; the accumulator enforces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    name: String,
    entries: usize,
    units_per_person: u32,
    bound_units: u32,
    norm: Norm,
}

/// How the vector of one subscriber is measured against the bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Norm {
    /// The sum of the entries: what discrete Laplace noise needs.
    L1,
    /// The root of the sum of their squares, which is never more: enough for discrete Gaussian
    /// noise.
    L2,
}

impl Query {
    /// A query over `entries` counters whose bound is on the sum of a subscriber's entries.
    ///
    /// # Errors
    /// Internal, when a number is zero or a table has over 2^28 entries.
    pub fn new(
        name: impl Into<String>,
        entries: usize,
        units_per_person: u32,
        bound_units: u32,
    ) -> Result<Self> {
        let name = name.into();
        if entries == 0 || entries > 1 << 28 || units_per_person == 0 || bound_units == 0 {
            return Err(Error::internal(format!(
                "query `{name}` has {entries} entries, {units_per_person} units a person and a \
                 bound of {bound_units} units; each must be positive"
            )));
        }
        Ok(Self {
            name,
            entries,
            units_per_person,
            bound_units,
            norm: Norm::L1,
        })
    }

    /// The same with its bound on another norm.
    #[must_use]
    pub fn bounded_in(self, norm: Norm) -> Self {
        Self { norm, ..self }
    }

    /// The query's name, for the ledger and the privacy statement.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of counters.
    pub const fn entries(&self) -> usize {
        self.entries
    }

    /// How many units stand for one whole person.
    pub const fn units_per_person(&self) -> u32 {
        self.units_per_person
    }

    /// The largest norm that one subscriber's vector may have: the sensitivity in [`Query::norm`],
    /// in units.
    pub const fn bound_units(&self) -> u32 {
        self.bound_units
    }

    /// What the bound is on.
    pub const fn norm(&self) -> Norm {
        self.norm
    }

    /// The sensitivity in [`Query::norm`], in people.
    pub fn sensitivity_people(&self) -> f64 {
        f64::from(self.bound_units) / f64::from(self.units_per_person)
    }

    /// SHA-256 of name, shape, norm and bound: what a charge must have been paid for.
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new_with_prefix(match self.norm {
            Norm::L1 => b"erewhon query v1\0".as_slice(),
            Norm::L2 => b"erewhon query in l2 v1\0",
        });
        hash.update((self.name.len() as u64).to_le_bytes());
        hash.update(self.name.as_bytes());
        hash.update((self.entries as u64).to_le_bytes());
        hash.update(self.units_per_person.to_le_bytes());
        hash.update(self.bound_units.to_le_bytes());
        hash.finalize().into()
    }
}
