use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use datafusion::{
    error::DataFusionError,
    execution::{
        disk_manager::{DiskManagerBuilder, DiskManagerMode},
        memory_pool::FairSpillPool,
        runtime_env::RuntimeEnvBuilder,
    },
    logical_expr::LogicalPlan,
    physical_plan::{ExecutionPlan, execute_stream},
    prelude::{SQLOptions, SessionConfig, SessionContext},
};
use erewhon_geo::CellTable;
use erewhon_types::{Calendar, Error, Kind, Result};
use futures::StreamExt as _;
use tempfile::NamedTempFile;
use tokio::runtime::{Builder, Runtime};

use crate::{
    Records, cells,
    column::Words,
    error,
    events::Events,
    output::{Format, Output},
};

/// Memory that sorts and groups may take before they spill.
const MEMORY_BYTES: usize = 2 << 30;

/// Plans are trees that are walked by recursion, unoptimised builds above all.
const STACK_BYTES: usize = 16 << 20;

/// What a query can be about.
pub struct Tables<'a> {
    /// The records behind `events`.
    pub records: Arc<dyn Records>,
    /// The public cell table.
    pub cells: &'a CellTable,
    /// The local clock.
    pub calendar: &'a Calendar,
}

/// A query that was understood and looked at no record yet.
pub struct Answer {
    runtime: Runtime,
    context: SessionContext,
    plan: Arc<dyn ExecutionPlan>,
    file: PathBuf,
    format: Format,
    scratch: PathBuf,
}

impl Answer {
    /// Plans a query whose answer is for a file, CSV or Parquet by its ending.
    ///
    /// `scratch` is an internal directory on the file's disk: for the file until it is whole, and for
    /// work that does not fit into memory.
    ///
    /// # Errors
    /// Usage, when the text is no query of the two tables, the file ends otherwise, or CSV can't hold
    /// the columns; resource, when the machine gives no threads or `scratch` can't be written; what
    /// [`Records::parts`] fails with.
    pub fn plan(query: &str, file: &Path, tables: &Tables<'_>, scratch: &Path) -> Result<Self> {
        let format = Format::of(file)?;
        let runtime = Builder::new_multi_thread()
            .thread_stack_size(STACK_BYTES)
            .build()
            .map_err(|error| Error::new(Kind::Resource, format!("can't start threads: {error}")))?;
        let context = context(tables, scratch).map_err(|error| error::of_answer(&error))?;
        let planned = runtime.block_on(runtime.spawn(plan(context.clone(), query.to_owned())));
        let plan = planned.map_err(|_| Error::internal("planning a query panicked"))??;
        format.check(&plan.schema())?;
        Ok(Self {
            runtime,
            context,
            plan,
            file: file.to_owned(),
            format,
            scratch: scratch.to_owned(),
        })
    }

    /// Computes the answer and writes it, mode 600, under another name; the first column, `handling`,
    /// says how to handle it in every row.
    ///
    /// # Privacy
    /// The file holds exact values. Nothing of them is in an error.
    ///
    /// # Errors
    /// Input, when the query fails on a value; resource, when memory or disk don't suffice; what
    /// reading the records fails with.
    pub fn write(self, handling: &str) -> Result<Whole> {
        let mut output = Output::new(self.format, &self.plan.schema(), &self.scratch, handling)?;
        let (plan, task) = (Arc::clone(&self.plan), self.context.task_ctx());
        let written = self.runtime.block_on(self.runtime.spawn(async move {
            let failed = |error: DataFusionError| error::of_answer(&error);
            let mut batches = execute_stream(plan, task).map_err(failed)?;
            while let Some(batch) = batches.next().await {
                output.write(&batch.map_err(failed)?)?;
            }
            Ok::<_, Error>(output)
        }));
        let output = written.map_err(|_| Error::internal("answering a query panicked"))??;
        let written = output.finish(&self.file)?;
        Ok(Whole {
            written,
            file: self.file,
        })
    }
}

/// An answer that is written, and not yet in its place; dropped, it is gone.
pub struct Whole {
    written: NamedTempFile,
    file: PathBuf,
}

impl Whole {
    /// Puts the answer in its place; a file that is there is replaced.
    ///
    /// # Errors
    /// Resource, when the disk refuses.
    pub fn put(self) -> Result<()> {
        let put = self.written.persist(&self.file);
        put.map(drop)
            .map_err(|error| Error::io("write", &self.file, &error.error))
    }
}

fn context(tables: &Tables<'_>, scratch: &Path) -> datafusion::error::Result<SessionContext> {
    let spills = DiskManagerMode::Directories(vec![scratch.to_owned()]);
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(FairSpillPool::new(MEMORY_BYTES)))
        .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(spills))
        .build_arc()?;
    let config = SessionConfig::new().with_information_schema(true);
    let context = SessionContext::new_with_config_rt(config, runtime);
    let words = Words::new(tables.cells, tables.calendar);
    let events = Events::new(Arc::clone(&tables.records), words);
    context.register_table("events", Arc::new(events))?;
    context.register_table("cells", Arc::new(cells::table(tables.cells)?))?;
    Ok(context)
}

async fn plan(context: SessionContext, query: String) -> Result<Arc<dyn ExecutionPlan>> {
    let wrong = |error: DataFusionError| error::of_query(&error);
    let state = context.state();
    let logical = state.create_logical_plan(&query).await.map_err(wrong)?;
    refuse_changes(&logical)?;
    state.create_physical_plan(&logical).await.map_err(wrong)
}

/// Refuses whatever is no query: it would change or write something.
fn refuse_changes(plan: &LogicalPlan) -> Result<()> {
    let queries = SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false);
    queries.verify_plan(plan).map_err(|_| {
        Error::usage("the statement is no query: it would write or change something")
            .with_hint("write `SELECT …`; the answer goes to the file of --out")
    })
}
