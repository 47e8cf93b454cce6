use std::sync::Arc;

use arrow_array::{
    ArrayRef, RecordBatch,
    builder::{
        BinaryBuilder, BooleanBuilder, Date32Builder, Float32Builder, Int8Builder, Int16Builder,
        Int32Builder, Int64Builder, ListBuilder, StringBuilder, TimestampMicrosecondBuilder,
    },
};
use arrow_schema::{Field, Schema};
use erewhon_types::{Error, Result, Subscriber};
use jiff::civil::Date;

/// Into how many parts people are spread by their pseudonym; multimno's number.
const PERSON_PARTS: u64 = 8;

/// The columns of a table while they are filled in.
#[derive(Default)]
pub(super) struct Rows {
    columns: Vec<(&'static str, Column)>,
    next: usize,
    rows: usize,
}

enum Column {
    Bytes(BinaryBuilder),
    Text(StringBuilder),
    Texts(ListBuilder<StringBuilder>),
    Flag(BooleanBuilder),
    Instant(TimestampMicrosecondBuilder),
    Date(Date32Builder),
    Byte(Int8Builder),
    Short(Int16Builder),
    Whole(Int32Builder),
    Long(Int64Builder),
    Real(Float32Builder),
}

/// A value of a row.
pub(super) enum Value<'a> {
    Person(Subscriber),
    Text(&'a str),
    Texts(Vec<&'a str>),
    Flag(bool),
    InstantMs(Option<i64>),
    Date(Date),
    Byte(i8),
    Short(i16),
    Whole(i32),
    Long(u64),
    Real(f64),
    NoReal,
}

impl Rows {
    pub(super) const fn len(&self) -> usize {
        self.rows
    }

    /// Ends a row: the next value is of the first column again.
    pub(super) fn end_row(&mut self) {
        self.next = 0;
        self.rows += 1;
    }

    /// The next column's value; the first row says which columns there are.
    pub(super) fn push(&mut self, name: &'static str, value: Value<'_>) {
        if self.next == self.columns.len() {
            self.columns.push((name, Column::of(&value)));
        }
        if let Some((known, column)) = self.columns.get_mut(self.next) {
            debug_assert_eq!(*known, name);
            column.push(value);
        }
        self.next += 1;
    }

    /// A subscriber, by multimno's name of the column.
    pub(super) fn person(&mut self, who: Subscriber) {
        self.push("user_id", Value::Person(who));
    }

    /// The part of the people that a subscriber belongs to: the first 14 hexadecimal digits of the pseudonym by the number of
    /// parts, as multimno reckons it.
    pub(super) fn person_part(&mut self, who: Subscriber) {
        let part = (who.bits() >> 8) % PERSON_PARTS;
        self.push("user_id_modulo", Value::Whole(part as i32));
    }

    /// Year, month and day.
    pub(super) fn date_parts(&mut self, date: Date) {
        self.push("year", Value::Short(date.year()));
        self.push("month", Value::Byte(date.month()));
        self.push("day", Value::Byte(date.day()));
    }

    /// The rows so far, which are forgotten; `None` where there is none.
    pub(super) fn take(&mut self, name: &str) -> Result<Option<RecordBatch>> {
        if self.rows == 0 {
            return Ok(None);
        }
        let (mut fields, mut arrays) = (Vec::new(), Vec::new());
        for (name, mut column) in std::mem::take(self).columns {
            let array = column.finish();
            fields.push(Field::new(
                name,
                array.data_type().clone(),
                array.null_count() > 0,
            ));
            arrays.push(array);
        }
        // Whether there is a gap must not differ from batch to batch.
        let fields = fields.into_iter().map(|field| {
            let may_lack = matches!(
                field.name().as_str(),
                "last_event_timestamp" | "plmn" | "frequency_std"
            ) || field.name().starts_with("regularity");
            field.with_nullable(may_lack)
        });
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        RecordBatch::try_new(schema, arrays)
            .map(Some)
            .map_err(|error| {
                Error::internal(format!("the columns of `{name}` do not fit: {error}"))
            })
    }
}

impl Column {
    fn of(value: &Value<'_>) -> Self {
        match value {
            Value::Person(_) => Self::Bytes(BinaryBuilder::new()),
            Value::Text(_) => Self::Text(StringBuilder::new()),
            Value::Texts(_) => {
                let field = Field::new_list_field(arrow_schema::DataType::Utf8, false);
                Self::Texts(ListBuilder::new(StringBuilder::new()).with_field(field))
            }
            Value::Flag(_) => Self::Flag(BooleanBuilder::new()),
            Value::InstantMs(_) => {
                Self::Instant(TimestampMicrosecondBuilder::new().with_timezone("UTC"))
            }
            Value::Date(_) => Self::Date(Date32Builder::new()),
            Value::Byte(_) => Self::Byte(Int8Builder::new()),
            Value::Short(_) => Self::Short(Int16Builder::new()),
            Value::Whole(_) => Self::Whole(Int32Builder::new()),
            Value::Long(_) => Self::Long(Int64Builder::new()),
            Value::Real(_) | Value::NoReal => Self::Real(Float32Builder::new()),
        }
    }

    fn push(&mut self, value: Value<'_>) {
        match (self, value) {
            (Self::Bytes(column), Value::Person(who)) => {
                column.append_value(who.bits().to_be_bytes());
            }
            (Self::Text(column), Value::Text(text)) => column.append_value(text),
            (Self::Texts(column), Value::Texts(texts)) => {
                column.values().extend(texts.into_iter().map(Some));
                column.append(true);
            }
            (Self::Flag(column), Value::Flag(flag)) => column.append_value(flag),
            (Self::Instant(column), Value::InstantMs(ms)) => {
                column.append_option(ms.map(|ms| ms * 1_000));
            }
            (Self::Date(column), Value::Date(date)) => column.append_value(days_since_1970(date)),
            (Self::Byte(column), Value::Byte(value)) => column.append_value(value),
            (Self::Short(column), Value::Short(value)) => column.append_value(value),
            (Self::Whole(column), Value::Whole(value)) => column.append_value(value),
            (Self::Long(column), Value::Long(value)) => column.append_value(value.cast_signed()),
            (Self::Real(column), Value::Real(value)) => column.append_value(value as f32),
            (Self::Real(column), Value::NoReal) => column.append_null(),
            // A column has values of one kind: each product pushes the same list of them.
            _ => debug_assert!(false, "a value of another column"),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Bytes(column) => Arc::new(column.finish()),
            Self::Text(column) => Arc::new(column.finish()),
            Self::Texts(column) => Arc::new(column.finish()),
            Self::Flag(column) => Arc::new(column.finish()),
            Self::Instant(column) => Arc::new(column.finish()),
            Self::Date(column) => Arc::new(column.finish()),
            Self::Byte(column) => Arc::new(column.finish()),
            Self::Short(column) => Arc::new(column.finish()),
            Self::Whole(column) => Arc::new(column.finish()),
            Self::Long(column) => Arc::new(column.finish()),
            Self::Real(column) => Arc::new(column.finish()),
        }
    }
}

fn days_since_1970(date: Date) -> i32 {
    let epoch = jiff::civil::date(1970, 1, 1);
    (date.duration_since(epoch).as_hours() / 24) as i32
}
