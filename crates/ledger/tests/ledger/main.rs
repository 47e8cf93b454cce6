//! The ledger as its callers see it: real files, several processes, kills and restores.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests may fail loudly"
)]

mod budget;
mod concentrated;
mod fitted;
mod processes;
mod purse;
mod tamper;

use std::path::{Path, PathBuf};

use erewhon_ledger::{ChargeRequest, Ledger};
use erewhon_types::{Epsilon, Result, Window};
use tempfile::TempDir;

/// A directory for a ledger and another one for its anchors.
struct Place {
    root: TempDir,
}

impl Place {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("ledger")).unwrap();
        Self { root }
    }

    fn file(&self) -> PathBuf {
        self.root.path().join("ledger/budget.sqlite")
    }

    fn anchors(&self) -> PathBuf {
        self.root.path().join("anchors")
    }

    fn create(&self, total: &str) -> Ledger {
        self.create_at(&self.anchors(), total, "steward").unwrap()
    }

    fn create_at(&self, anchors: &Path, total: &str, who: &str) -> Result<Ledger> {
        let budget = (total.parse().unwrap(), None);
        Ledger::create(&self.file(), anchors, "a population", budget, who)
    }

    /// A ledger in rho, at a delta of 1e-6.
    fn create_in_rho(&self, total: &str) -> Ledger {
        let budget = (total.parse().unwrap(), Some("1e-6".parse().unwrap()));
        let (file, anchors) = (self.file(), self.anchors());
        Ledger::create(&file, &anchors, "a population", budget, "steward").unwrap()
    }

    fn open(&self) -> Result<Ledger> {
        Ledger::open(&self.file(), &self.anchors())
    }

    /// Copies the ledger as it would be backed up while no one writes, WAL and all.
    fn copy_to(&self, name: &str) -> PathBuf {
        let to = self.root.path().join(name);
        std::fs::create_dir(&to).unwrap();
        for file in std::fs::read_dir(self.root.path().join("ledger")).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
        to.join("budget.sqlite")
    }

    fn anchor_file(&self) -> PathBuf {
        std::fs::read_dir(self.anchors())
            .unwrap()
            .map(|file| file.unwrap().path())
            .find(|path| path.extension().is_some_and(|ext| ext == "json"))
            .unwrap()
    }
}

fn request(micros: u64) -> ChargeRequest {
    ChargeRequest {
        release: "spring".into(),
        query_name: "home".into(),
        query_digest: [7; 32],
        epsilon: Epsilon::from_micros(micros).unwrap(),
        who: "analyst".into(),
        purpose: "statistics".into(),
        window: Window::parse("2026-03-02", 28, "Europe/Berlin").unwrap(),
    }
}
