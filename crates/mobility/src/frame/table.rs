use std::sync::Arc;

use arrow_array::{
    ArrayRef, RecordBatch, UInt32Array, UInt64Array,
    types::{UInt32Type, UInt64Type},
};
use arrow_schema::{DataType, Field, Schema};
use erewhon_types::{Error, Result};

use super::{
    Axis, Reducer,
    packed::{column, not_packed},
    sums::{Sum, Sums},
};
use crate::{Public, Track};

/// What one subscriber adds to a table: a sparse vector of whole amounts.
///
/// One kernel makes both the exact table, by plain addition, and the private one, where a [`Cap`](crate::Cap)
/// says how much of the vector counts and `dp` clips it before it adds it.
pub trait Kernel: Sync {
    /// The name of the table.
    fn name(&self) -> &'static str;

    /// By what the table counts, the slowest axis first.
    fn axes(&self) -> Vec<Axis>;

    /// What an amount is, with its unit, for example `events` or `dwell_s`; `None` where it is 1 for each
    /// distinct subscriber, so that these say all.
    fn amount(&self) -> Option<&'static str> {
        None
    }

    /// The most that one subscriber can add.
    fn bound(&self, public: &Public<'_>) -> Bound;

    /// Whether time and cell of the events are all it looks at: then nothing else of them is read.
    fn places_alone(&self) -> bool {
        true
    }

    /// Adds what the subscriber contributes.
    fn contribution(&self, track: &Track<'_>, out: &mut Contribution);
}

impl Kernel for Box<dyn Kernel> {
    fn name(&self) -> &'static str {
        self.as_ref().name()
    }

    fn axes(&self) -> Vec<Axis> {
        self.as_ref().axes()
    }

    fn amount(&self) -> Option<&'static str> {
        self.as_ref().amount()
    }

    fn bound(&self, public: &Public<'_>) -> Bound {
        self.as_ref().bound(public)
    }

    fn places_alone(&self) -> bool {
        self.as_ref().places_alone()
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        self.as_ref().contribution(track, out);
    }
}

/// The most that one subscriber can add to a table, whatever the records say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Entries above zero.
    pub entries: u64,
    /// Amount of one entry.
    pub amount: u64,
}

impl Bound {
    /// Every entry of the table, and as much in each as can be counted: what holds for a kernel that
    /// counts events, of which nobody has a most.
    pub fn every_entry(kernel: &dyn Kernel, public: &Public<'_>) -> Self {
        let sizes = kernel
            .axes()
            .into_iter()
            .map(|axis| u64::from(axis.size(public)));
        Self {
            entries: sizes.fold(1, u64::saturating_mul),
            amount: u64::from(u32::MAX),
        }
    }
}

/// A sparse vector over the entries of a table.
#[derive(Debug)]
pub struct Contribution {
    sizes: Vec<u32>,
    /// What was added, an entry once or more often: its number above `amount_bits` bits of amount.
    /// Words sort quicker than pairs.
    added: Vec<u64>,
    amount_bits: u32,
    summed: Vec<(u64, u32)>,
}

impl Contribution {
    /// An empty vector over the entries of a kernel's table, of which there may be 2^63.
    pub fn over(kernel: &dyn Kernel, public: &Public<'_>) -> Self {
        let sizes: Vec<u32> = kernel.axes().iter().map(|axis| axis.size(public)).collect();
        let entries = sizes.iter().map(|&size| u64::from(size));
        let entries = entries.fold(1, u64::saturating_mul);
        Self {
            sizes,
            added: Vec::new(),
            amount_bits: entries.leading_zeros().clamp(1, 32),
            summed: Vec::new(),
        }
    }

    /// Adds an amount to the entry at these values of the axes.
    ///
    /// Nothing is added where a value is not below its axis' size.
    #[inline]
    pub fn add<const N: usize>(&mut self, at: [u32; N], mut amount: u32) {
        let mut key = 0;
        for (value, &size) in at.into_iter().zip(&self.sizes) {
            if value >= size {
                return;
            }
            key = key * u64::from(size) + u64::from(value);
        }
        let bits = self.amount_bits;
        let most = ((1_u64 << bits) - 1) as u32;
        if let Some(last) = self.added.last_mut().filter(|last| **last >> bits == key) {
            let part = amount.min(most - (*last as u32 & most));
            *last += u64::from(part);
            amount -= part;
        }
        while amount > 0 {
            let part = amount.min(most);
            self.added.push(key << bits | u64::from(part));
            amount -= part;
        }
    }

    /// The parts as they were added, an entry once or more often: `(number of the entry, amount)`.
    fn parts(&self) -> impl Iterator<Item = (u64, u32)> {
        let bits = self.amount_bits;
        let amount = move |word: u64| (word & ((1 << bits) - 1)) as u32;
        self.added
            .iter()
            .map(move |&word| (word >> bits, amount(word)))
    }

    /// The entries above zero, ascending, each once: `(number of the entry, amount)`.
    pub fn entries(&mut self) -> &[(u64, u32)] {
        let mut summed = std::mem::take(&mut self.summed);
        summed.clear();
        self.added.sort_unstable();
        for (key, amount) in self.parts() {
            match summed.last_mut() {
                Some((last, sum)) if *last == key => *sum = u32::saturating_add(*sum, amount),
                _ => summed.push((key, amount)),
            }
        }
        self.summed = summed;
        &self.summed
    }

    /// Forgets the entries, for the next subscriber.
    pub fn clear(&mut self) {
        self.added.clear();
    }
}

/// The exact table of a kernel: for each entry above zero the amount and the number of distinct
/// subscribers, ascending in the axes.
pub struct Table<K>(pub K);

/// What a worker holds of a [`Table`].
pub struct TablePartial {
    one: Contribution,
    sums: Sums,
}

impl<K: Kernel> Reducer for Table<K> {
    type Partial = TablePartial;

    fn name(&self) -> &str {
        self.0.name()
    }

    fn places_alone(&self) -> bool {
        self.0.places_alone()
    }

    fn start(&self, public: &Public<'_>) -> TablePartial {
        let one = Contribution::over(&self.0, public);
        let entries = one.sizes.iter().map(|&size| u64::from(size)).product();
        TablePartial {
            one,
            sums: Sums::new(entries),
        }
    }

    fn subscriber(&self, track: &Track<'_>, partial: &mut TablePartial) {
        partial.one.clear();
        self.0.contribution(track, &mut partial.one);
        partial.sums.add(partial.one.parts());
    }

    /// Columns `entry`, ascending, `amount` and `subscribers`.
    fn pack(&self, partial: TablePartial) -> Result<RecordBatch> {
        let rows = partial.sums.len();
        let (mut entries, mut amounts) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        let mut subscribers = Vec::with_capacity(rows);
        partial.sums.each(|sum| {
            entries.push(sum.key);
            amounts.push(sum.amount);
            subscribers.push(sum.subscribers);
        });
        let fields = vec![
            Field::new("entry", DataType::UInt64, false),
            Field::new("amount", DataType::UInt64, false),
            Field::new("subscribers", DataType::UInt32, false),
        ];
        let columns: Vec<ArrayRef> = vec![
            Arc::new(UInt64Array::from(entries)),
            Arc::new(UInt64Array::from(amounts)),
            Arc::new(UInt32Array::from(subscribers)),
        ];
        batch(self.0.name(), fields, columns)
    }

    fn unpack(&self, public: &Public<'_>, packed: &RecordBatch) -> Result<TablePartial> {
        let bad = || not_packed(self.0.name());
        let entries = column::<UInt64Type>(packed, 0).ok_or_else(bad)?;
        let amounts = column::<UInt64Type>(packed, 1).ok_or_else(bad)?;
        let subscribers = column::<UInt32Type>(packed, 2).ok_or_else(bad)?;
        let one = Contribution::over(&self.0, public);
        let size: u64 = one.sizes.iter().map(|&size| u64::from(size)).product();
        let entries = entries.values();
        if !entries.is_sorted_by(|a, b| a < b) || entries.last().is_some_and(|&last| last >= size) {
            return Err(bad());
        }
        let sums = entries
            .iter()
            .zip(amounts.values())
            .zip(subscribers.values());
        let sum = |((&key, &amount), &subscribers)| Sum {
            key,
            amount,
            subscribers,
        };
        Ok(TablePartial {
            one,
            sums: Sums::summed(sums.map(sum).collect()),
        })
    }

    fn merge(&self, into: &mut TablePartial, from: TablePartial) {
        into.sums.merge(from.sums);
    }

    fn finish(&self, public: &Public<'_>, partial: TablePartial) -> Result<Option<RecordBatch>> {
        let axes = self.0.axes();
        let rows = partial.sums.len();
        let mut values: Vec<_> = axes.iter().map(|_| Vec::with_capacity(rows)).collect();
        let mut amounts = Vec::with_capacity(rows);
        let mut subscribers = Vec::with_capacity(rows);
        let sizes = &partial.one.sizes;
        let mut at = vec![0_u64; axes.len()];
        let mut before = 0;
        partial.sums.each(|sum| {
            // Entries ascend, so that most are a step on the last axis away from the one before.
            let mut step = sum.key - std::mem::replace(&mut before, sum.key);
            for (at, &size) in at.iter_mut().zip(sizes).rev() {
                let size = u64::from(size);
                step += *at;
                (step, *at) = if step < size {
                    (0, step)
                } else {
                    (step / size, step % size)
                };
            }
            for (value, &at) in values.iter_mut().zip(&at) {
                value.push(at as u32);
            }
            amounts.push(sum.amount);
            subscribers.push(sum.subscribers);
        });
        let mut fields = Vec::new();
        let mut columns: Vec<ArrayRef> = Vec::new();
        for (axis, values) in axes.iter().zip(values) {
            fields.push(Field::new(axis.name(), axis.data_type(), false));
            columns.push(axis.column(public, values));
        }
        if let Some(amount) = self.0.amount() {
            fields.push(Field::new(amount, DataType::UInt64, false));
            columns.push(Arc::new(UInt64Array::from(amounts)));
        }
        fields.push(Field::new("subscribers", DataType::UInt32, false));
        columns.push(Arc::new(UInt32Array::from(subscribers)));
        batch(self.0.name(), fields, columns).map(Some)
    }
}

pub(crate) fn batch(name: &str, fields: Vec<Field>, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
        .map_err(|error| Error::internal(format!("the columns of `{name}` do not fit: {error}")))
}
