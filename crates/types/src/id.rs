use std::fmt;

use serde::{Deserialize, Serialize};

/// A pseudonymous subscriber: 64 bits of a keyed function of a phone number or IMSI.
///
/// # Privacy
/// A pseudonym still singles out a person, so `Debug` hides it and there is no `Display`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subscriber(u64);

impl Subscriber {
    /// Wraps the 64 bits of a pseudonym.
    pub const fn new(bits: u64) -> Self {
        Self(bits)
    }

    /// The 64 bits, for sorting, storing and hashing.
    pub const fn bits(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscriber(..)")
    }
}

/// Row number of a cell in the public cell table.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct CellIx(pub u32);

impl CellIx {
    /// The row number as an index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Number of a zone within one public partition of the cells.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct ZoneIx(pub u32);

impl ZoneIx {
    /// The zone number as an index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_is_not_printed() {
        assert_eq!(
            format!("{:?}", Subscriber::new(0xdead_beef)),
            "Subscriber(..)"
        );
    }
}
