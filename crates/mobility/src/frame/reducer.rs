use std::any::Any;

use arrow_array::RecordBatch;
use erewhon_types::{Error, Result};

use crate::{Public, Track};

/// One family of numbers, as one pass over the subscribers makes it.
///
/// A worker starts a partial result, shows it each of its subscribers' tracks once, and merges it
/// with those of other workers; which subscribers a worker sees is chance, so the result must not
/// depend on it. What a family says about one subscriber is a row; what adds up is a table.
pub trait Reducer: Sync {
    /// What a worker holds.
    type Partial: Send + 'static;

    /// The name of what comes out, for files and logs.
    fn name(&self) -> &str;

    /// Whether time and cell of the events are all it looks at: then nothing else of them is read.
    fn places_alone(&self) -> bool;

    /// Nothing seen yet.
    fn start(&self, public: &Public<'_>) -> Self::Partial;

    /// Takes in one subscriber.
    fn subscriber(&self, track: &Track<'_>, partial: &mut Self::Partial);

    /// Hands over the rows of the subscribers seen so far and forgets them.
    ///
    /// # Errors
    /// Internal, when columns do not fit together.
    fn rows(
        &self,
        public: &Public<'_>,
        partial: &mut Self::Partial,
    ) -> Result<Option<RecordBatch>> {
        let _ = (public, partial);
        Ok(None)
    }

    /// Whether it has rows, which leave part by part.
    fn has_rows(&self) -> bool {
        false
    }

    /// What was seen, so that another machine can [`unpack`](Self::unpack) it.
    ///
    /// # Errors
    /// Internal, when columns do not fit together, or for a reducer that works on one machine alone.
    fn pack(&self, partial: Self::Partial) -> Result<RecordBatch> {
        let _ = partial;
        Err(on_one_machine(self.name()))
    }

    /// What [`pack`](Self::pack) was given elsewhere.
    ///
    /// # Errors
    /// Data, when the batch is not one that this reducer packed over the same public knowledge; internal,
    /// for one that works on one machine alone.
    fn unpack(&self, public: &Public<'_>, packed: &RecordBatch) -> Result<Self::Partial> {
        let _ = (public, packed);
        Err(on_one_machine(self.name()))
    }

    /// Adds what another worker has seen.
    fn merge(&self, into: &mut Self::Partial, from: Self::Partial);

    /// The table over everybody, where there is one.
    ///
    /// # Errors
    /// Internal, when columns do not fit together.
    fn finish(&self, public: &Public<'_>, partial: Self::Partial) -> Result<Option<RecordBatch>> {
        let _ = (public, partial);
        Ok(None)
    }
}

/// A [`Reducer`] of any kind, so that a run can take a mixed list of them.
pub trait AnyReducer: Sync {
    /// The name of what comes out.
    fn name(&self) -> &str;

    /// See [`Reducer::places_alone`].
    fn places_alone(&self) -> bool;

    /// See [`Reducer::has_rows`].
    fn has_rows(&self) -> bool;

    #[doc(hidden)]
    fn start_any(&self, public: &Public<'_>) -> AnyPartial;
    #[doc(hidden)]
    fn subscriber_any(&self, track: &Track<'_>, partial: &mut AnyPartial) -> Result<()>;
    #[doc(hidden)]
    fn rows_any(
        &self,
        public: &Public<'_>,
        partial: &mut AnyPartial,
    ) -> Result<Option<RecordBatch>>;
    #[doc(hidden)]
    fn pack_any(&self, partial: AnyPartial) -> Result<RecordBatch>;
    #[doc(hidden)]
    fn unpack_any(&self, public: &Public<'_>, packed: &RecordBatch) -> Result<AnyPartial>;
    #[doc(hidden)]
    fn merge_any(&self, into: &mut AnyPartial, from: AnyPartial) -> Result<()>;
    #[doc(hidden)]
    fn finish_any(&self, public: &Public<'_>, partial: AnyPartial) -> Result<Option<RecordBatch>>;
}

/// Some reducer's partial result.
#[doc(hidden)]
pub struct AnyPartial(Box<dyn Any + Send>);

impl AnyPartial {
    fn open<T: 'static>(&mut self) -> Result<&mut T> {
        self.0.downcast_mut().ok_or_else(mixed_up)
    }

    fn into<T: 'static>(self) -> Result<T> {
        self.0.downcast().map(|own| *own).map_err(|_| mixed_up())
    }
}

fn on_one_machine(name: &str) -> Error {
    Error::internal(format!("`{name}` is for one machine alone"))
}

fn mixed_up() -> Error {
    Error::internal("a reducer was handed another's partial result")
}

impl<R: Reducer> AnyReducer for R {
    fn name(&self) -> &str {
        Reducer::name(self)
    }

    fn places_alone(&self) -> bool {
        Reducer::places_alone(self)
    }

    fn has_rows(&self) -> bool {
        Reducer::has_rows(self)
    }

    fn start_any(&self, public: &Public<'_>) -> AnyPartial {
        AnyPartial(Box::new(self.start(public)))
    }

    fn subscriber_any(&self, track: &Track<'_>, partial: &mut AnyPartial) -> Result<()> {
        self.subscriber(track, partial.open()?);
        Ok(())
    }

    fn rows_any(
        &self,
        public: &Public<'_>,
        partial: &mut AnyPartial,
    ) -> Result<Option<RecordBatch>> {
        self.rows(public, partial.open()?)
    }

    fn pack_any(&self, partial: AnyPartial) -> Result<RecordBatch> {
        self.pack(partial.into()?)
    }

    fn unpack_any(&self, public: &Public<'_>, packed: &RecordBatch) -> Result<AnyPartial> {
        Ok(AnyPartial(Box::new(self.unpack(public, packed)?)))
    }

    fn merge_any(&self, into: &mut AnyPartial, from: AnyPartial) -> Result<()> {
        self.merge(into.open()?, from.into()?);
        Ok(())
    }

    fn finish_any(&self, public: &Public<'_>, partial: AnyPartial) -> Result<Option<RecordBatch>> {
        self.finish(public, partial.into()?)
    }
}
