use erewhon_types::{Result, Subscriber};
use parquet::{
    basic::{LogicalType, Repetition, TimeUnit, Type as Physical},
    data_type::ByteArray,
    errors::ParquetError,
    schema::types::{Type, TypePtr},
};

use super::{Encoder, Source};
use crate::{Event, EventKind, History, time::TimeCodec};

/// What a column of a Parquet file holds. The layout alone decides, so all row groups agree.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Signed,
    Unsigned,
    /// Milliseconds since 1970 UTC.
    Instant,
    Degrees,
    Text,
}

/// One column of some rows.
pub(super) struct Column<'a> {
    encoder: &'a Encoder<'a>,
    source: &'a Source,
    pub(super) values: Values,
    /// For each row 1 or 0; absent where every row has a value.
    pub(super) there: Option<Vec<i16>>,
    /// Texts that come again, by what they depend on.
    texts: Vec<Option<ByteArray>>,
}

/// The values that are there.
pub(super) enum Values {
    Whole(Vec<i64>),
    Degrees(Vec<f64>),
    Text(Vec<ByteArray>),
}

impl<'a> Column<'a> {
    pub(super) fn new(encoder: &'a Encoder<'a>, source: &'a Source) -> Self {
        Self {
            encoder,
            source,
            values: match encoder.form(source) {
                Form::Signed | Form::Unsigned | Form::Instant => Values::Whole(Vec::new()),
                Form::Degrees => Values::Degrees(Vec::new()),
                Form::Text => Values::Text(Vec::new()),
            },
            there: encoder.has_gaps(source).then(Vec::new),
            texts: Vec::new(),
        }
    }

    /// Appends one subscriber's events.
    pub(super) fn extend(&mut self, history: History<'_>) -> Result<()> {
        for event in history.events {
            let there = match &mut self.values {
                Values::Whole(values) => {
                    let whole = self.encoder.whole(self.source, history.subscriber, event)?;
                    values.extend(whole);
                    whole.is_some()
                }
                Values::Degrees(values) => {
                    let cell = self.encoder.cells.cell(event.cell);
                    let is_lat = matches!(self.source, Source::Lat(_));
                    values.push(if is_lat { cell.y } else { cell.x });
                    true
                }
                Values::Text(values) => {
                    let text = self
                        .encoder
                        .shared(self.source, event, &mut self.texts)?
                        .filter(|text| !text.is_empty());
                    let there = text.is_some();
                    values.extend(text);
                    there
                }
            };
            if let Some(all) = &mut self.there {
                all.push(i16::from(there));
            }
        }
        Ok(())
    }
}

impl Encoder<'_> {
    /// The columns of a layout.
    pub(super) fn schema(&self) -> std::result::Result<TypePtr, ParquetError> {
        let column = |(name, source): (&String, &Source)| {
            let (physical, logical) = match self.form(source) {
                Form::Signed => (Physical::INT64, Some(LogicalType::integer(64, true))),
                Form::Unsigned => (Physical::INT64, Some(LogicalType::integer(64, false))),
                Form::Instant => {
                    let stamp = LogicalType::timestamp(true, TimeUnit::MILLIS);
                    (Physical::INT64, Some(stamp))
                }
                Form::Degrees => (Physical::DOUBLE, None),
                Form::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            };
            let repetition = match self.has_gaps(source) {
                true => Repetition::OPTIONAL,
                false => Repetition::REQUIRED,
            };
            let made = Type::primitive_type_builder(name, physical)
                .with_repetition(repetition)
                .with_logical_type(logical);
            made.build().map(TypePtr::new)
        };
        let columns = self.mapping.columns.iter().zip(&self.fields).map(column);
        Type::group_type_builder("events")
            .with_fields(columns.collect::<std::result::Result<_, _>>()?)
            .build()
            .map(TypePtr::new)
    }

    fn form(&self, source: &Source) -> Form {
        match source {
            Source::Subscriber
            | Source::Peer
            | Source::CellRow
            | Source::DurationS((1, _))
            | Source::AmountMinor((1, _))
            | Source::BytesUp((1, _))
            | Source::BytesDown((1, _)) => Form::Unsigned,
            Source::Time | Source::End => match self.time {
                TimeCodec::Rfc3339(_) => Form::Instant,
                TimeCodec::Count { .. } => Form::Signed,
                TimeCodec::Offset(_) | TimeCodec::Local(..) => Form::Text,
            },
            Source::Kind(word) => {
                let number = |kind: EventKind| {
                    let word = self.kind_word(kind, *word).unwrap_or_default();
                    let number = word.parse::<u32>();
                    number.is_ok_and(|number| number.to_string() == word)
                };
                match self.mapping.kinds().into_iter().all(number) {
                    true => Form::Unsigned,
                    false => Form::Text,
                }
            }
            Source::Lat('.') | Source::Lon('.') if self.positions => Form::Degrees,
            _ => Form::Text,
        }
    }

    /// Whether a row may have nothing in a column.
    fn has_gaps(&self, source: &Source) -> bool {
        match self.form(source) {
            Form::Text => !matches!(source, Source::Time | Source::End | Source::Cell),
            _ => matches!(source, Source::Peer | Source::AmountMinor(_)),
        }
    }

    fn whole(&self, source: &Source, subscriber: Subscriber, event: &Event) -> Result<Option<i64>> {
        let scaled = |value: u64, per: u64| value.saturating_mul(per).cast_signed();
        let time = |utc_ms: i64| match self.time {
            TimeCodec::Count {
                unit_ms,
                origin_utc_ms,
            } => (utc_ms - origin_utc_ms).div_euclid(unit_ms),
            _ => utc_ms,
        };
        Ok(Some(match source {
            Source::Subscriber => subscriber.bits().cast_signed(),
            Source::Peer => return Ok(event.peer.map(|peer| peer.get().cast_signed())),
            Source::Time => time(event.time_utc_ms),
            Source::End => time(end_utc_ms(event)),
            Source::CellRow => event.cell.0.into(),
            Source::DurationS((_, per)) => scaled(event.duration_s.into(), *per),
            Source::AmountMinor((_, per)) => {
                let amount = u64::from(event.amount_minor);
                return Ok((amount > 0).then(|| scaled(amount, *per)));
            }
            Source::BytesUp((_, per)) => scaled(event.bytes_up, *per),
            Source::BytesDown((_, per)) => scaled(event.bytes_down, *per),
            Source::Kind(word) => {
                let word = self.kind_word(event.kind, *word)?;
                return Ok(word.parse().ok());
            }
            _ => return Ok(None),
        }))
    }

    /// The text of a column; one that came before is shared.
    fn shared(
        &self,
        source: &Source,
        event: &Event,
        texts: &mut Vec<Option<ByteArray>>,
    ) -> Result<Option<ByteArray>> {
        let at = match source {
            Source::Nothing | Source::Machine | Source::Imsi => return Ok(None),
            Source::Constant(_) => 0,
            Source::Kind(_) => event.kind.code().into(),
            Source::Device => event.device.code().into(),
            Source::Cell | Source::CellPart { .. } | Source::Lat(_) | Source::Lon(_) => {
                event.cell.index()
            }
            _ => return self.text(source, event).map(Some),
        };
        if texts.len() <= at {
            texts.resize(at + 1, None);
        }
        if texts[at].is_none() {
            texts[at] = Some(self.text(source, event)?);
        }
        Ok(texts[at].clone())
    }

    fn text(&self, source: &Source, event: &Event) -> Result<ByteArray> {
        let mut text = Vec::new();
        // Subscribers and peers are numbers here, so nobody's name is asked for.
        self.field(source, "", event, &|_| String::new(), &mut text)?;
        Ok(text.into())
    }
}

/// When an event ends.
pub(super) const fn end_utc_ms(event: &Event) -> i64 {
    let spent_ms = event.duration_s as i64 * 1_000;
    event.time_utc_ms.saturating_add(spent_ms)
}
