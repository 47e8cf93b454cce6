use std::{fmt, ops::Range, sync::Arc};

use async_trait::async_trait;
use datafusion::{
    arrow::{
        datatypes::{Schema, SchemaRef},
        record_batch::{RecordBatch, RecordBatchOptions},
    },
    catalog::{Session, TableProvider},
    error::{DataFusionError, Result},
    execution::{SendableRecordBatchStream, TaskContext},
    logical_expr::{Expr, TableProviderFilterPushDown, TableType},
    physical_plan::{
        ExecutionPlan,
        stream::RecordBatchReceiverStreamBuilder,
        streaming::{PartitionStream, StreamingTableExec},
    },
};
use erewhon_events::EventSource;
use erewhon_types::Error;
use tokio::sync::mpsc::Sender;

use crate::{
    column::{Column, Row, Words},
    span,
};

/// Records, to be handed out when a query is answered.
pub trait Records: Send + Sync {
    /// The records in parts that hold different subscribers, each subscriber's history whole.
    ///
    /// # Errors
    /// What keeps them from being handed out.
    fn parts(&self, wanted: &Wanted) -> erewhon_types::Result<Vec<Part>>;
}

/// Some subscribers' histories.
pub type Part = Arc<dyn EventSource + Send + Sync>;

/// What a query looks at. More may be handed out; it is passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Whether time and cell of an event are enough.
    pub places_only: bool,
    /// From the first to before the second millisecond of UTC.
    pub span_utc_ms: Range<i64>,
}

/// Rows of a batch.
const BATCH_ROWS: usize = 8192;

/// Batches that wait for the engine, for each reader.
const BATCHES_WAITING: usize = 2;

/// The table `events`.
pub(crate) struct Events {
    records: Arc<dyn Records>,
    words: Arc<Words>,
    schema: SchemaRef,
}

impl Events {
    pub(crate) fn new(records: Arc<dyn Records>, words: Words) -> Self {
        Self {
            records,
            words: Arc::new(words),
            schema: Column::schema(),
        }
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events(..)")
    }
}

#[async_trait]
impl TableProvider for Events {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        let pushed = |filter: &&Expr| match span::of(filter) {
            span::ALWAYS => TableProviderFilterPushDown::Unsupported,
            _ => TableProviderFilterPushDown::Inexact,
        };
        Ok(filters.iter().map(pushed).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let columns: Vec<Column> = match projection {
            Some(wanted) => wanted
                .iter()
                .filter_map(|&at| Column::ALL.get(at).copied())
                .collect(),
            None => Column::ALL.to_vec(),
        };
        let fields = columns.iter().map(|column| column.field());
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let spans = filters.iter().map(span::of);
        let wanted = Wanted {
            places_only: columns.iter().all(|column| column.is_of_places()),
            span_utc_ms: spans.fold(span::ALWAYS, span::meet),
        };
        let parts = self.records.parts(&wanted);
        let parts = parts.map_err(|error| DataFusionError::External(Box::new(error)))?;
        // Each reader takes every n-th part, one after another: no more are open than cores can read.
        let readers = state.config().target_partitions().min(parts.len()).max(1);
        let reader = |first: usize| {
            let parts = parts.iter().skip(first).step_by(readers);
            let reader = Reader {
                parts: parts.cloned().collect(),
                columns: columns.clone(),
                span_utc_ms: wanted.span_utc_ms.clone(),
                words: Arc::clone(&self.words),
                schema: Arc::clone(&schema),
            };
            Arc::new(reader) as Arc<dyn PartitionStream>
        };
        let readers = (0..readers).map(reader).collect();
        let exec =
            StreamingTableExec::try_new(Arc::clone(&schema), readers, None, [], false, limit)?;
        Ok(Arc::new(exec))
    }
}

/// A part of the table, with the wanted columns alone.
#[derive(Clone)]
struct Reader {
    parts: Vec<Part>,
    columns: Vec<Column>,
    span_utc_ms: Range<i64>,
    words: Arc<Words>,
    schema: SchemaRef,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}

impl PartitionStream for Reader {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let schema = Arc::clone(&self.schema);
        let mut builder = RecordBatchReceiverStreamBuilder::new(schema, BATCHES_WAITING);
        let (reader, send) = (self.clone(), builder.tx());
        builder.spawn_blocking(move || reader.read(&send));
        builder.build()
    }
}

type Batches = Sender<Result<RecordBatch>>;

impl Reader {
    fn read(&self, send: &Batches) -> Result<()> {
        let mut rows = Vec::with_capacity(BATCH_ROWS);
        let mut stopped = None;
        for part in &self.parts {
            let visited = part.visit(&mut |history| {
                for event in history.events {
                    if !self.span_utc_ms.contains(&event.time_utc_ms) {
                        continue;
                    }
                    rows.push((history.subscriber, *event));
                    if rows.len() == BATCH_ROWS {
                        self.hand_on(&mut rows, send).map_err(|stop| {
                            stopped = Some(stop);
                            Error::internal("the query wants no more rows")
                        })?;
                    }
                }
                Ok(())
            });
            match (stopped.take(), visited) {
                (Some(stop), _) => return stop.into(),
                (None, Err(error)) => return Err(DataFusionError::External(Box::new(error))),
                (None, Ok(())) => {}
            }
        }
        self.hand_on(&mut rows, send).or_else(Into::into)
    }

    fn hand_on(&self, rows: &mut Vec<Row>, send: &Batches) -> std::result::Result<(), Stop> {
        let arrays = self
            .columns
            .iter()
            .map(|&column| self.words.array(column, rows));
        let arrays = arrays.collect::<std::result::Result<Vec<_>, _>>();
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        let batch = arrays.and_then(|arrays| {
            RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
        });
        rows.clear();
        let batch = batch.map_err(|error| Stop::Failed(error.into()))?;
        send.blocking_send(Ok(batch)).map_err(|_| Stop::Enough)
    }
}

/// Why a reader stops before the end.
enum Stop {
    /// Nobody takes the rows any more: a limit was met, or another part failed.
    Enough,
    Failed(DataFusionError),
}

impl From<Stop> for Result<()> {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Enough => Ok(()),
            Stop::Failed(error) => Err(error),
        }
    }
}
