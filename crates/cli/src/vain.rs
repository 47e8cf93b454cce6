//! What is left of a run directory after a load in vain.

use std::{fs, path::Path};

use crate::dirs::{MARKER, RunDir, is_empty};

/// Takes away a run directory in which no load ever came to anything, but for rows set aside.
///
/// It was new or empty when it was claimed, so all that is there is ours; an empty directory that was
/// there before stays, with its owner and mode.
pub(crate) fn leave_nothing(run: &RunDir) {
    let kept = |path: &Path| is_empty(path).is_ok_and(|empty| !empty);
    let loaded = [run.store().join("manifest.json"), run.internal("run.json")];
    if kept(&run.quarantine()) || kept(&run.release()) || loaded.iter().any(|path| path.exists()) {
        return;
    }
    // What can't be removed is no worse than the error that is told.
    // The marker goes last, so that what is left is still known as ours.
    let _ = fs::remove_dir_all(run.internal(""));
    let _ = fs::remove_dir(run.release());
    if !run.internal("").exists() && !run.release().exists() {
        let _ = fs::remove_file(run.root().join(MARKER));
        for dir in run.made() {
            let _ = fs::remove_dir(dir);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_load_left_of_worth_stays() {
        for kept in [
            "internal/store/manifest.json",
            "internal/quarantine/until-2026-01-01-0.tsv.age",
            "internal/run.json",
            "release/model.json",
        ] {
            let dir = tempfile::tempdir().unwrap();
            let run = RunDir::claim(&dir.path().join("out")).unwrap();
            fs::create_dir_all(run.store()).unwrap();
            let path = run.root().join(kept);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "x").unwrap();
            leave_nothing(&run);
            assert!(path.exists(), "{kept}");
            fs::remove_file(&path).unwrap();
            leave_nothing(&run);
            assert!(!run.root().exists(), "{kept}");
        }
    }

    #[test]
    fn an_empty_directory_that_was_there_stays() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunDir::claim(dir.path()).unwrap();
        fs::create_dir_all(run.store()).unwrap();
        leave_nothing(&run);
        assert!(is_empty(dir.path()).unwrap());
    }
}
