use erewhon_types::{Epsilon, Loss, Rho};

use crate::Query;

/// A value that has been paid for and may leave; it knows what it answers and what that cost.
///
/// The releases of this crate alone make one: [`crate::Bounded::release`],
/// [`crate::Bounded::release_gaussian`] and [`crate::BoundedKeys::release`].
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Private<T, L = Epsilon, Q = Query> {
    value: T,
    query: Q,
    loss: L,
}

impl<T, L: Copy, Q> Private<T, L, Q> {
    pub(crate) const fn new(value: T, query: Q, loss: L) -> Self {
        Self { value, query, loss }
    }

    /// The value.
    pub const fn value(&self) -> &T {
        &self.value
    }

    /// The value, by itself.
    pub fn into_value(self) -> T {
        self.value
    }

    /// The query that it answers.
    pub const fn query(&self) -> &Q {
        &self.query
    }

    /// What it cost.
    pub const fn loss(&self) -> L {
        self.loss
    }
}

impl<T, Q> From<Private<T, Epsilon, Q>> for Private<T, Loss, Q> {
    fn from(released: Private<T, Epsilon, Q>) -> Self {
        Self::new(released.value, released.query, released.loss.into())
    }
}

impl<T, Q> From<Private<T, Rho, Q>> for Private<T, Loss, Q> {
    fn from(released: Private<T, Rho, Q>) -> Self {
        Self::new(released.value, released.query, released.loss.into())
    }
}
