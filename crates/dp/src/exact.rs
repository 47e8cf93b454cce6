use crate::Permit;

/// A value computed from subscribers without noise: not printable, not serialisable, not clonable.
///
/// It stays inside through [`Exact::map`] and [`Exact::zip`]; it leaves only through
/// [`Exact::open`], which needs the record of an audited internal export.
#[must_use]
pub struct Exact<T> {
    value: T,
}

impl<T> Exact<T> {
    /// Closes the fence around a value.
    pub const fn new(value: T) -> Self {
        Self { value }
    }

    /// Computes on the value; the result stays exact.
    pub fn map<U>(self, compute: impl FnOnce(T) -> U) -> Exact<U> {
        Exact {
            value: compute(self.value),
        }
    }

    /// Computes on a borrowed value; the result stays exact.
    pub fn map_ref<U>(&self, compute: impl FnOnce(&T) -> U) -> Exact<U> {
        Exact {
            value: compute(&self.value),
        }
    }

    /// Puts two exact values side by side.
    pub fn zip<U>(self, other: Exact<U>) -> Exact<(T, U)> {
        Exact {
            value: (self.value, other.value),
        }
    }

    /// Opens the fence, once, for an export that the audit log already holds.
    pub fn open(self, _permit: Permit) -> T {
        self.value
    }
}
