use std::sync::Arc;

use arrow_array::{
    Array as _, ArrayRef, RecordBatch, StringArray, UInt64Array,
    builder::{ArrayBuilder as _, Float64Builder, UInt32Builder},
    cast::AsArray as _,
    new_null_array,
    types::{UInt32Type, UInt64Type},
};
use arrow_schema::{DataType, Field};
use erewhon_geo::Frame;
use erewhon_types::{CellIx, Result};

use super::{
    Reducer,
    axis::named,
    packed::{column, not_packed},
    table::batch,
};
use crate::{Public, Track};

/// What is said about one subscriber.
pub trait Feature: Sync {
    /// The name of the family.
    fn name(&self) -> &'static str;

    /// The columns, beside that of the subscriber.
    fn columns(&self) -> Vec<Column>;

    /// Whether time and cell of the events are all it looks at: then nothing else of them is read.
    fn places_alone(&self) -> bool {
        true
    }

    /// Fills in one value for each column, in their order, for a subscriber with at least one event
    /// inside the window.
    fn row(&self, track: &Track<'_>, out: &mut Row<'_>);
}

/// A column of values about subscribers; any of them may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Real numbers; the name says the unit. What ends in `_m` or `_km` is a distance, and missing where
    /// the cell list has no positions.
    Real(&'static str),
    /// Whole numbers.
    Count(&'static str),
    /// Names of cells.
    Cell(&'static str),
    /// Some words.
    Word(&'static str, &'static [&'static str]),
}

impl Column {
    /// The column's name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Real(name) | Self::Count(name) | Self::Cell(name) | Self::Word(name, _) => name,
        }
    }

    /// The largest number that can stand for a value.
    fn most(&self, public: &Public<'_>) -> u32 {
        let places = match self {
            Self::Real(_) | Self::Count(_) => return u32::MAX,
            Self::Cell(_) => public.cells.len(),
            Self::Word(_, words) => words.len(),
        };
        (places as u32).saturating_sub(1)
    }
}

/// One subscriber's row while it is filled in.
pub struct Row<'a> {
    sink: Sink<'a>,
    next: usize,
}

/// Where a row goes.
enum Sink<'a> {
    Columns(&'a mut [Values]),
    Numbers(&'a mut Vec<Option<f64>>),
}

impl<'a> Row<'a> {
    const fn of(columns: &'a mut [Values]) -> Self {
        Self {
            sink: Sink::Columns(columns),
            next: 0,
        }
    }

    /// The next column's value: a real number; one that is not finite counts as missing.
    pub fn real(&mut self, value: impl Into<Option<f64>>) {
        // An empty sum is minus zero.
        let value = value.into().filter(|v| v.is_finite()).map(|v| v + 0.0);
        match &mut self.sink {
            Sink::Columns(columns) => {
                if let Some(Values::Real(values)) = columns.get_mut(self.next) {
                    values.append_option(value);
                }
            }
            Sink::Numbers(numbers) => numbers.push(value),
        }
        self.next += 1;
    }

    /// The next column's value: a whole number, or the place of a word.
    pub fn count(&mut self, value: impl Into<Option<u32>>) {
        let value = value.into();
        match &mut self.sink {
            Sink::Columns(columns) => {
                if let Some(Values::Whole(values)) = columns.get_mut(self.next) {
                    values.append_option(value);
                }
            }
            Sink::Numbers(numbers) => numbers.push(value.map(f64::from)),
        }
        self.next += 1;
    }

    /// The next column's value: a cell.
    pub fn cell(&mut self, value: impl Into<Option<CellIx>>) {
        self.count(value.into().map(|cell| cell.0));
    }
}

/// What a feature says of a subscriber with at least one event, column by column; a distance is missing
/// where the cell list has no positions.
pub(crate) fn numbers(feature: &dyn Feature, track: &Track<'_>, out: &mut Vec<Option<f64>>) {
    out.clear();
    feature.row(
        track,
        &mut Row {
            sink: Sink::Numbers(out),
            next: 0,
        },
    );
    if track.public().cells.frame() == Frame::Schematic {
        for (value, column) in out.iter_mut().zip(feature.columns()) {
            if is_distance(column.name()) {
                *value = None;
            }
        }
    }
}

/// What is said about one subscriber in any number of rows.
pub trait Listing: Sync {
    /// The name of the family.
    fn name(&self) -> &'static str;

    /// The columns, beside that of the subscriber.
    fn columns(&self) -> Vec<Column>;

    /// Fills in rows, each with one value for each column, in their order. Time and cell of the events are
    /// all it looks at.
    fn list(&self, track: &Track<'_>, out: &mut List<'_>);
}

/// One subscriber's rows while they are filled in.
pub struct List<'a> {
    subscriber: u64,
    partial: &'a mut RowsPartial,
}

impl List<'_> {
    /// One more row.
    pub fn row(&mut self) -> Row<'_> {
        self.partial.subscribers.push(self.subscriber);
        Row::of(&mut self.partial.values)
    }
}

/// The rows of a feature: column `subscriber` with the pseudonym, and the feature's own.
///
/// Subscribers without an event inside the window have no row.
pub struct Rows<F>(pub F);

/// The rows of a listing: column `subscriber` with the pseudonym, and the listing's own.
pub struct Lists<L>(pub L);

/// What a worker holds of [`Rows`] or [`Lists`].
pub struct RowsPartial {
    subscribers: Vec<u64>,
    values: Vec<Values>,
}

enum Values {
    Real(Float64Builder),
    Whole(UInt32Builder),
}

impl<F: Feature> Reducer for Rows<F> {
    type Partial = RowsPartial;

    fn name(&self) -> &str {
        self.0.name()
    }

    fn places_alone(&self) -> bool {
        self.0.places_alone()
    }

    fn start(&self, _public: &Public<'_>) -> RowsPartial {
        RowsPartial::over(self.0.columns())
    }

    fn subscriber(&self, track: &Track<'_>, partial: &mut RowsPartial) {
        if track.events().is_empty() {
            return;
        }
        partial.subscribers.push(track.subscriber().bits());
        self.0.row(track, &mut Row::of(&mut partial.values));
    }

    fn rows(&self, public: &Public<'_>, partial: &mut RowsPartial) -> Result<Option<RecordBatch>> {
        partial.hand_over(public, self.0.name(), self.0.columns())
    }

    fn has_rows(&self) -> bool {
        true
    }

    fn pack(&self, partial: RowsPartial) -> Result<RecordBatch> {
        partial.pack(self.0.name(), &self.0.columns())
    }

    fn unpack(&self, public: &Public<'_>, packed: &RecordBatch) -> Result<RowsPartial> {
        RowsPartial::unpack(public, (self.0.name(), self.0.columns()), packed)
    }

    fn merge(&self, into: &mut RowsPartial, from: RowsPartial) {
        into.merge(&from);
    }
}

impl<L: Listing> Reducer for Lists<L> {
    type Partial = RowsPartial;

    fn name(&self) -> &str {
        self.0.name()
    }

    fn places_alone(&self) -> bool {
        true
    }

    fn start(&self, _public: &Public<'_>) -> RowsPartial {
        RowsPartial::over(self.0.columns())
    }

    fn subscriber(&self, track: &Track<'_>, partial: &mut RowsPartial) {
        let subscriber = track.subscriber().bits();
        self.0.list(
            track,
            &mut List {
                subscriber,
                partial,
            },
        );
    }

    fn rows(&self, public: &Public<'_>, partial: &mut RowsPartial) -> Result<Option<RecordBatch>> {
        partial.hand_over(public, self.0.name(), self.0.columns())
    }

    fn has_rows(&self) -> bool {
        true
    }

    fn pack(&self, partial: RowsPartial) -> Result<RecordBatch> {
        partial.pack(self.0.name(), &self.0.columns())
    }

    fn unpack(&self, public: &Public<'_>, packed: &RecordBatch) -> Result<RowsPartial> {
        RowsPartial::unpack(public, (self.0.name(), self.0.columns()), packed)
    }

    fn merge(&self, into: &mut RowsPartial, from: RowsPartial) {
        into.merge(&from);
    }
}

impl RowsPartial {
    fn over(columns: Vec<Column>) -> Self {
        let values = |column: Column| match column {
            Column::Real(_) => Values::Real(Float64Builder::new()),
            Column::Count(_) | Column::Cell(_) | Column::Word(..) => {
                Values::Whole(UInt32Builder::new())
            }
        };
        Self {
            subscribers: Vec::new(),
            values: columns.into_iter().map(values).collect(),
        }
    }

    /// The rows so far, which it forgets.
    fn hand_over(
        &mut self,
        public: &Public<'_>,
        name: &str,
        columns: Vec<Column>,
    ) -> Result<Option<RecordBatch>> {
        if self.subscribers.is_empty() {
            return Ok(None);
        }
        let subscribers = std::mem::take(&mut self.subscribers);
        let mut fields = vec![Field::new("subscriber", DataType::UInt64, false)];
        let mut arrays: Vec<ArrayRef> = vec![Arc::new(UInt64Array::from(subscribers))];
        for (column, values) in columns.into_iter().zip(&mut self.values) {
            let array = array(public, column, values);
            fields.push(Field::new(column.name(), array.data_type().clone(), true));
            arrays.push(array);
        }
        batch(name, fields, arrays).map(Some)
    }

    /// Column `subscriber` and the others as numbers: cells and words by their places.
    fn pack(self, name: &str, columns: &[Column]) -> Result<RecordBatch> {
        let mut fields = vec![Field::new("subscriber", DataType::UInt64, false)];
        let mut arrays: Vec<ArrayRef> = vec![Arc::new(UInt64Array::from(self.subscribers))];
        for (column, values) in columns.iter().zip(self.values) {
            let array: ArrayRef = match values {
                Values::Real(mut values) => Arc::new(values.finish()),
                Values::Whole(mut values) => Arc::new(values.finish()),
            };
            fields.push(Field::new(column.name(), array.data_type().clone(), true));
            arrays.push(array);
        }
        batch(name, fields, arrays)
    }

    fn unpack(
        public: &Public<'_>,
        (name, columns): (&str, Vec<Column>),
        packed: &RecordBatch,
    ) -> Result<Self> {
        let bad = || not_packed(name);
        let mut partial = Self::over(columns.clone());
        if packed.num_columns() != 1 + columns.len() {
            return Err(bad());
        }
        let subscribers = column::<UInt64Type>(packed, 0).ok_or_else(bad)?;
        partial.subscribers = subscribers.values().to_vec();
        let arrays = columns.iter().zip(packed.columns().iter().skip(1));
        for (values, (column, array)) in partial.values.iter_mut().zip(arrays) {
            match values {
                Values::Real(values) => {
                    values.append_array(array.as_primitive_opt().ok_or_else(bad)?);
                }
                Values::Whole(values) => {
                    let array = array.as_primitive_opt::<UInt32Type>().ok_or_else(bad)?;
                    let most = column.most(public);
                    if array.iter().flatten().any(|place| place > most) {
                        return Err(bad());
                    }
                    values.append_array(array);
                }
            }
        }
        Ok(partial)
    }

    fn merge(&self, from: &Self) {
        // Both were emptied at the end of their last part.
        debug_assert!(self.subscribers.is_empty() && from.subscribers.is_empty());
    }
}

/// Whether a column is in metres or kilometres, by the unit in its name.
fn is_distance(name: &str) -> bool {
    name.ends_with("_m") || name.ends_with("_km")
}

fn array(public: &Public<'_>, column: Column, values: &mut Values) -> ArrayRef {
    match (column, values) {
        // Without positions there is no distance.
        (Column::Real(name), Values::Real(values))
            if public.cells.frame() == Frame::Schematic && is_distance(name) =>
        {
            let missing = new_null_array(&DataType::Float64, values.len());
            values.finish();
            missing
        }
        (_, Values::Real(values)) => Arc::new(values.finish()),
        (Column::Cell(_), Values::Whole(values)) => {
            let ids = public.cells.cells().iter().map(|cell| &cell.id);
            named(values.finish(), StringArray::from_iter_values(ids))
        }
        (Column::Word(_, words), Values::Whole(values)) => {
            named(values.finish(), StringArray::from_iter_values(words.iter()))
        }
        (Column::Real(_) | Column::Count(_), Values::Whole(values)) => Arc::new(values.finish()),
    }
}
