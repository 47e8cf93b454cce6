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
    values: &'a mut [Values],
    next: usize,
}

impl Row<'_> {
    /// The next column's value: a real number; one that is not finite counts as missing.
    pub fn real(&mut self, value: impl Into<Option<f64>>) {
        if let Some(Values::Real(values)) = self.values.get_mut(self.next) {
            // An empty sum is minus zero.
            values.append_option(value.into().filter(|v| v.is_finite()).map(|v| v + 0.0));
        }
        self.next += 1;
    }

    /// The next column's value: a whole number, or the place of a word.
    pub fn count(&mut self, value: impl Into<Option<u32>>) {
        if let Some(Values::Whole(values)) = self.values.get_mut(self.next) {
            values.append_option(value.into());
        }
        self.next += 1;
    }

    /// The next column's value: a cell.
    pub fn cell(&mut self, value: impl Into<Option<CellIx>>) {
        self.count(value.into().map(|cell| cell.0));
    }
}

/// The rows of a feature: column `subscriber` with the pseudonym, and the feature's own.
///
/// Subscribers without an event inside the window have no row.
pub struct Rows<F>(pub F);

/// What a worker holds of [`Rows`].
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
        let values = |column: Column| match column {
            Column::Real(_) => Values::Real(Float64Builder::new()),
            Column::Count(_) | Column::Cell(_) | Column::Word(..) => {
                Values::Whole(UInt32Builder::new())
            }
        };
        RowsPartial {
            subscribers: Vec::new(),
            values: self.0.columns().into_iter().map(values).collect(),
        }
    }

    fn subscriber(&self, track: &Track<'_>, partial: &mut RowsPartial) {
        if track.events().is_empty() {
            return;
        }
        partial.subscribers.push(track.subscriber().bits());
        let mut row = Row {
            values: &mut partial.values,
            next: 0,
        };
        self.0.row(track, &mut row);
    }

    fn rows(&self, public: &Public<'_>, partial: &mut RowsPartial) -> Result<Option<RecordBatch>> {
        if partial.subscribers.is_empty() {
            return Ok(None);
        }
        let subscribers = std::mem::take(&mut partial.subscribers);
        let mut fields = vec![Field::new("subscriber", DataType::UInt64, false)];
        let mut columns: Vec<ArrayRef> = vec![Arc::new(UInt64Array::from(subscribers))];
        for (column, values) in self.0.columns().into_iter().zip(&mut partial.values) {
            let array = array(public, column, values);
            fields.push(Field::new(column.name(), array.data_type().clone(), true));
            columns.push(array);
        }
        batch(self.0.name(), fields, columns).map(Some)
    }

    fn has_rows(&self) -> bool {
        true
    }

    /// Column `subscriber` and the feature's own, as numbers: cells and words by their places.
    fn pack(&self, partial: RowsPartial) -> Result<RecordBatch> {
        let mut fields = vec![Field::new("subscriber", DataType::UInt64, false)];
        let mut columns: Vec<ArrayRef> = vec![Arc::new(UInt64Array::from(partial.subscribers))];
        for (column, values) in self.0.columns().into_iter().zip(partial.values) {
            let array: ArrayRef = match values {
                Values::Real(mut values) => Arc::new(values.finish()),
                Values::Whole(mut values) => Arc::new(values.finish()),
            };
            fields.push(Field::new(column.name(), array.data_type().clone(), true));
            columns.push(array);
        }
        batch(self.0.name(), fields, columns)
    }

    fn unpack(&self, public: &Public<'_>, packed: &RecordBatch) -> Result<RowsPartial> {
        let bad = || not_packed(self.0.name());
        let mut partial = self.start(public);
        if packed.num_columns() != 1 + partial.values.len() {
            return Err(bad());
        }
        let subscribers = column::<UInt64Type>(packed, 0).ok_or_else(bad)?;
        partial.subscribers = subscribers.values().to_vec();
        let kinds = self.0.columns();
        let columns = kinds.iter().zip(packed.columns().iter().skip(1));
        for (values, (kind, column)) in partial.values.iter_mut().zip(columns) {
            match values {
                Values::Real(values) => {
                    values.append_array(column.as_primitive_opt().ok_or_else(bad)?);
                }
                Values::Whole(values) => {
                    let column = column.as_primitive_opt::<UInt32Type>().ok_or_else(bad)?;
                    let most = kind.most(public);
                    if column.iter().flatten().any(|place| place > most) {
                        return Err(bad());
                    }
                    values.append_array(column);
                }
            }
        }
        Ok(partial)
    }

    fn merge(&self, into: &mut RowsPartial, from: RowsPartial) {
        // Both were emptied at the end of their last part.
        debug_assert!(into.subscribers.is_empty() && from.subscribers.is_empty());
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
