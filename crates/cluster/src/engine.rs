use std::sync::Arc;

use ballista_core::JobId;
use ballista_executor::execution_engine::{
    DefaultExecutionEngine, ExecutionEngine, QueryStageExecutor,
};
use datafusion::{
    common::{plan_err, tree_node::{TreeNode as _, TreeNodeRecursion}},
    error::Result as Answer,
    physical_plan::{ExecutionPlan, placeholder_row::PlaceholderRowExec, projection::ProjectionExec, union::UnionExec},
    prelude::SessionConfig,
};
use ballista_core::execution_plans::ShuffleWriterExec;

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
fn check(plan: &Arc<dyn ExecutionPlan>) -> Answer<()> {
    plan.apply(|node| {
        let ours = node.is::<ShuffleWriterExec>()
            || node.is::<UnionExec>()
            || node.is::<ProjectionExec>()
            || node.is::<PlaceholderRowExec>();
        if !ours {
            return plan_err!("a worker of erewhon runs units alone, and no `{}`", node.name());
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(())
}
