use std::sync::Arc;

use ballista_core::{JobId, execution_plans::ShuffleWriterExec};
use ballista_executor::execution_engine::{
    DefaultExecutionEngine, ExecutionEngine, QueryStageExecutor,
};
use datafusion::{
    common::{
        plan_err,
        tree_node::{TreeNode as _, TreeNodeRecursion},
    },
    datasource::source::DataSourceExec,
    error::Result as Answer,
    physical_plan::{
        ExecutionPlan, placeholder_row::PlaceholderRowExec, projection::ProjectionExec,
        union::UnionExec,
    },
    prelude::SessionConfig,
};

/// Runs units and nothing else: the engine would read and write any file as the worker's account, for
/// whoever reaches its scheduler.
pub(crate) struct UnitsAlone(pub(crate) DefaultExecutionEngine);

impl ExecutionEngine for UnitsAlone {
    fn create_query_stage_exec(
        &self,
        job: JobId,
        stage: usize,
        task: usize,
        partitions: Vec<usize>,
        plan: Arc<dyn ExecutionPlan>,
        work_dir: &str,
        config: &SessionConfig,
    ) -> Answer<Arc<dyn QueryStageExecutor>> {
        check(&plan)?;
        self.0
            .create_query_stage_exec(job, stage, task, partitions, plan, work_dir, config)
    }
}

/// Constants, the functions of them, and words about them handed back.
///
/// The scheduler puts a source of no partitions in the place of each unit that is another task's.
fn check(plan: &Arc<dyn ExecutionPlan>) -> Answer<()> {
    plan.apply(|node| {
        let of_none = || node.properties().output_partitioning().partition_count() == 0;
        let ours = node.is::<ShuffleWriterExec>()
            || node.is::<UnionExec>()
            || node.is::<ProjectionExec>()
            || node.is::<PlaceholderRowExec>()
            || node.is::<DataSourceExec>() && of_none();
        if !ours {
            return plan_err!(
                "a worker of erewhon runs units alone, and no `{}`",
                node.name()
            );
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use datafusion::{
        arrow::datatypes::Schema,
        physical_plan::{empty::EmptyExec, union::UnionExec},
    };

    use super::*;

    #[test]
    fn a_plan_of_anything_else_is_refused_wherever_it_is() {
        let schema = Arc::new(Schema::empty());
        let one = || Arc::new(PlaceholderRowExec::new(Arc::clone(&schema))) as _;
        let other = || Arc::new(EmptyExec::new(Arc::clone(&schema))) as _;
        assert!(check(&UnionExec::try_new(vec![one(), one()]).unwrap()).is_ok());
        let error = check(&UnionExec::try_new(vec![one(), other()]).unwrap()).unwrap_err();
        assert!(error.to_string().contains("no `EmptyExec`"), "{error}");
    }
}
