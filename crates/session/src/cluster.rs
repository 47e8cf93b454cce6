//! The same pass on several machines: units of ranges, whose partial results are files that merge.

mod bench;
mod order;
mod partial;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow_array::RecordBatch;
pub use erewhon_cluster::{Address, Limits, Listen, WorkerSpec, serve_scheduler};
use erewhon_cluster::{Job, run_job};
use erewhon_dp::Exact;
use erewhon_mobility::{Definitions, Family, Ground, Public, Zoning, merge_packed};
use erewhon_types::{Error, Kind, Result};

use self::{order::Order, partial::Partial};
use crate::{
    Asker, Session, TableSet, Vault,
    mobility::{Source, names_on_record},
    write_atomically,
};

pub use bench::serve_worker;

/// A cluster that does a pass, and the room that its machines share.
#[derive(Clone, Debug)]
pub struct ClusterSpec {
    /// Who gives ranges to workers.
    pub scheduler: Address,
    /// How long what may take.
    pub limits: Limits,
    /// A directory that all machines know by the same path: each job has one of its own in it.
    pub dir: PathBuf,
}

/// What a pass over a store by a cluster computes: every family by its name.
pub struct ClusterFamilies<'a> {
    /// The families.
    pub families: &'a [&'a Family],
    /// The zones that tables by zone count by.
    pub zones: &'a Arc<Zoning>,
}

/// A pass that a cluster does.
pub(crate) struct ClusterPass {
    spec: ClusterSpec,
    order: Order,
}

impl Session {
    /// As [`Session::export_mobility`], with the ranges reduced by the workers of a cluster: the files are the
    /// same, byte for byte.
    ///
    /// Results of ranges are files in a directory of the job below `spec.dir`, for this account alone. They
    /// go when the tables are written; until then whatever dies, the same call goes on from them. Those
    /// of other jobs that never came to an end go when this one begins.
    ///
    /// # Privacy
    /// Nothing is private here, and nothing draws noise: workers write exact partial results to internal
    /// files, after who asked is on record, and have neither vault nor ledger.
    ///
    /// # Errors
    /// As [`Session::export_mobility`], and as [`run_job`]: what workers say is wrong with the store, their
    /// version or their disks.
    pub fn export_mobility_by(
        &self,
        spec: &ClusterSpec,
        (vault, asker, what): (&Vault, &Asker, &str),
        wanted: &ClusterFamilies<'_>,
        definitions: &Definitions,
        set: &TableSet<'_>,
    ) -> Result<Vec<PathBuf>> {
        definitions.check()?;
        set.check()?;
        let ground = Ground::new(Arc::clone(wanted.zones), self.cells(), definitions)?;
        let families = wanted.families.iter();
        let families = families.map(|family| family.reducer(&ground)).collect();
        // Workers check the files that they read, before they keep anything of them.
        let mut pass = self.pass(self.unchecked()?, families, definitions.clone());
        let order = Order::new(self, wanted, definitions)?;
        let spec = spec.clone();
        pass.source = Source::Cluster(Box::new(ClusterPass { spec, order }));
        let what = names_on_record(what, set);
        let pass = self.export(vault, asker, &what, Exact::new(pass))?;
        let written = pass.write(set)?;
        if let Source::Cluster(pass) = &pass.source {
            let dir = pass.dir();
            fs::remove_dir_all(&dir).map_err(|error| Error::io("remove", &dir, &error))?;
        }
        Ok(written)
    }
}

impl ClusterPass {
    fn dir(&self) -> PathBuf {
        self.spec.dir.join(self.order.name())
    }

    /// Has every range reduced, then merges, in the order of the ranges.
    pub(crate) fn each(
        &self,
        public: &Public<'_>,
        families: &[Box<dyn erewhon_mobility::AnyReducer>],
        each: &mut (dyn FnMut(usize, RecordBatch) -> Result<()> + Send),
    ) -> Result<()> {
        let dir = self.begin()?;
        let units = self.order.units();
        let text = dir.to_str().ok_or_else(|| {
            Error::usage(format!("`{}` is not a name in UTF-8", dir.display()))
                .with_hint("workers are told the directory by its name: rename it")
        })?;
        let job = Job {
            scheduler: &self.spec.scheduler,
            text,
            limits: self.spec.limits,
        };
        let all: Vec<u32> = (0..units.count()).collect();
        run_job(&job, &all, &|unit| {
            partial::is_whole(&units.file(&dir, unit))
        })?;
        let mut partials = Vec::new();
        for &unit in &all {
            partials.push(Partial::open(&units.file(&dir, unit))?);
        }
        for (place, family) in families.iter().enumerate() {
            let packed = partials.iter().flat_map(|partial| partial.of_family(place));
            let merged = merge_packed(family.as_ref(), public, packed, &mut |batch| {
                each(place, batch)
            });
            merged?;
        }
        Ok(())
    }

    /// Writes down what is wanted, where workers read it, and removes what other jobs left.
    fn begin(&self) -> Result<PathBuf> {
        let made = make_private(&self.spec.dir);
        made.map_err(|error| Error::io("make", &self.spec.dir, &error))?;
        let root = fs::canonicalize(&self.spec.dir);
        let root = root.map_err(|error| Error::io("read", &self.spec.dir, &error))?;
        let listed = fs::read_dir(&root).map_err(|error| Error::io("read", &root, &error))?;
        let dir = root.join(self.order.name());
        let is_other = |path: &Path| path != dir && path.is_dir();
        for entry in listed.flatten().filter(|entry| is_other(&entry.path())) {
            let removed = fs::remove_dir_all(entry.path());
            removed.map_err(|error| Error::io("remove", &entry.path(), &error))?;
        }
        make_private(&dir).map_err(|error| Error::io("make", &dir, &error))?;
        write_atomically(&order::file(&dir), self.order.text().as_bytes())?;
        Ok(dir)
    }
}

/// Makes a directory for this account alone.
fn make_private(dir: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// The error of a partial result that is not what was committed.
fn damaged(path: &Path) -> Error {
    Error::new(
        Kind::Resource,
        format!(
            "the partial result `{}` is not what was written",
            path.display()
        ),
    )
    .with_hint("run the same command again: it computes this one anew and keeps the others")
}

#[cfg(test)]
mod tests;
