//! Units without a cluster: what they leave, what they refuse.

use std::{collections::BTreeMap, sync::atomic::AtomicBool};

use erewhon_events::{Mapping, Rules};
use erewhon_geo::{Cell, CellTable};
use erewhon_mobility::{Corridor, Hub, families};
use erewhon_types::Window;
use tempfile::TempDir;

use super::{bench::Workshop, *};
use crate::{IngestJob, TableFormat, ingest};

/// A place with a store, a vault and room for a cluster.
struct Place {
    dir: TempDir,
    vault: Vault,
}

static GO_ON: AtomicBool = AtomicBool::new(false);

impl Place {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let vault = Vault::open(&dir.path().join("vault"), &dir.path().join("anchors")).unwrap();
        let place = Self { dir, vault };
        place
            .vault
            .open_ledger("everybody", ("4".parse().unwrap(), None), "test")
            .unwrap();
        place.load(2);
        place
    }

    /// Loads a day of March.
    fn load(&self, day: u32) {
        let mut records =
            "subscriber,time_utc,cell,kind,duration_s,peer,bytes_up,bytes_down\n".to_owned();
        for who in 0..40 {
            for hour in 0..24 {
                let cell = (who + hour / 7) % 5;
                records += &format!(
                    "a{who},2026-03-0{day}T{hour:02}:10:00Z,c{cell},call_out,60,a{hour},,\n"
                );
            }
        }
        fs::write(self.path("cdr.csv"), records).unwrap();
        let cells: String = (0..5)
            .map(|i| format!("c{i},{},{}\n", i * 900, i % 2 * 700))
            .collect();
        fs::write(self.path("cells.csv"), format!("cell,x_m,y_m\n{cells}")).unwrap();
        let job = IngestJob {
            files: vec![self.path("cdr.csv")],
            mapping: Mapping::load("cdr").unwrap(),
            cells: self.path("cells.csv"),
            hide: None,
            window: Window::parse(&format!("2026-03-0{day}"), 1, "UTC").unwrap(),
            max_quarantined_share: 0.9,
            rules: Rules::off(),
            alone: false,
            stop: Default::default(),
            numbering: None,
            persons: None,
            subjects: None,
            quarantine: None,
        };
        let _quality = ingest(&self.vault, &self.path("store"), &job, &mut |_, _| {}).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn session(&self) -> Session {
        Session::open(&self.path("store")).unwrap()
    }

    fn pass(&self) -> ClusterPass {
        let session = self.session();
        let zones = Arc::new(Zoning::cells(session.cells()));
        let all: Vec<&Family> = families().iter().collect();
        let wanted = ClusterFamilies {
            families: &all,
            zones: &zones,
        };
        ClusterPass {
            spec: ClusterSpec {
                // Nothing listens there: a job that needs no unit asks nobody.
                scheduler: "http://127.0.0.1:1".parse().unwrap(),
                limits: Limits::minutes(1),
                dir: self.path("run/cluster"),
            },
            order: Order::new(&session, &wanted, &travel(session.cells())).unwrap(),
        }
    }

    /// The tables of a directory, by name.
    fn tables(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        let files = fs::read_dir(self.path(name)).unwrap();
        let file = |entry: std::io::Result<fs::DirEntry>| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(path).unwrap())
        };
        files.map(file).collect()
    }
}

/// A line from the first cell to the last, and a hub at the first.
fn travel(cells: &CellTable) -> Definitions {
    let at = |cell: Option<&Cell>| cell.map_or((0.0, 0.0), |cell| (cell.x, cell.y));
    let (first, last) = (at(cells.cells().first()), at(cells.cells().last()));
    Definitions {
        corridors: vec![Corridor {
            name: "road".into(),
            line: vec![first, last],
            min_m: 100.0,
            min_km_h: 0.1,
            max_silence_s: 86_400,
            max_stop_s: 86_400,
            ..Corridor::default()
        }],
        hubs: vec![Hub {
            name: "station".into(),
            at: first,
            ..Hub::default()
        }],
        ..Definitions::default()
    }
}

fn asker() -> Asker {
    Asker {
        who: "test".into(),
        why: "test".into(),
    }
}

#[test]
fn units_merge_to_the_files_of_one_pass_and_leave_nothing() {
    let place = Place::new();
    let session = place.session();
    let zones = Arc::new(Zoning::cells(session.cells()));
    let all: Vec<&Family> = families().iter().collect();
    let asker = asker();
    for format in [TableFormat::Csv, TableFormat::Parquet] {
        let dirs = [format!("one-{format:?}"), format!("units-{format:?}")];
        let paths = dirs.each_ref().map(|dir| place.path(dir));
        let set = |dir| TableSet {
            dir,
            format,
            overwrite: false,
            definitions: "",
            zones: "",
        };
        let rules = travel(session.cells());
        let ground = Ground::new(Arc::clone(&zones), session.cells(), &rules).unwrap();
        let families = all.iter().map(|family| family.reducer(&ground)).collect();
        let asked = (&place.vault, &asker, "all");
        session
            .export_mobility(asked, families, &rules, &set(&paths[0]))
            .unwrap();

        let pass = place.pass();
        let dir = pass.begin().unwrap();
        let workshop = Workshop::default();
        for unit in 0..pass.order.units().count() {
            workshop.reduce(&dir, unit, &GO_ON).unwrap();
        }
        let wanted = ClusterFamilies {
            families: &all,
            zones: &zones,
        };
        session
            .export_mobility_by(&pass.spec, asked, &wanted, &rules, &set(&paths[1]))
            .unwrap();
        let [one, units] = dirs.each_ref().map(|dir| place.tables(dir));
        assert!(one.len() > 20);
        assert_eq!(one, units);
        assert!(
            fs::read_dir(place.path("run/cluster"))
                .unwrap()
                .next()
                .is_none()
        );
    }
}

#[test]
fn a_unit_that_is_there_is_not_done_again_and_a_damaged_one_is() {
    let place = Place::new();
    let pass = place.pass();
    let dir = pass.begin().unwrap();
    let workshop = Workshop::default();
    let first = workshop.reduce(&dir, 0, &GO_ON).unwrap();
    let file = pass.order.units().file(&dir, 0);
    let written = |file: &Path| fs::metadata(file).unwrap().modified().unwrap();
    let before = written(&file);
    assert_eq!(workshop.reduce(&dir, 0, &GO_ON).unwrap(), first);
    assert_eq!(Workshop::default().reduce(&dir, 0, &GO_ON).unwrap(), first);
    assert_eq!(written(&file), before);

    let whole = fs::read(&file).unwrap();
    for length in [0, 10, whole.len() / 2, whole.len() - 1] {
        fs::write(&file, &whole[..length]).unwrap();
        assert!(!partial::is_whole(&file).unwrap(), "{length}");
    }
    for at in [0, whole.len() / 2, whole.len() - 60] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(&file, bytes).unwrap();
        let read = Partial::open(&file).and_then(|partial| {
            (0..families().len()).try_for_each(|family| {
                partial
                    .of_family(family)
                    .try_for_each(|batch| batch.map(drop))
            })
        });
        assert_eq!(read.unwrap_err().kind(), Kind::Resource, "{at}");
        assert!(!file.exists(), "it is computed anew");
    }
    workshop.reduce(&dir, 0, &GO_ON).unwrap();
    assert_eq!(fs::read(&file).unwrap(), whole);
}

/// A job as another version would have ordered it.
fn ordered_by(pass: &ClusterPass, from: &str, to: &str) -> PathBuf {
    let text = pass.order.text().replacen(from, to, 1);
    assert_ne!(text, pass.order.text());
    let name = format!(
        "{:.32}",
        erewhon_ledger::Digest::of(text.as_bytes()).to_string()
    );
    let dir = pass.spec.dir.join(name);
    fs::create_dir_all(&dir).unwrap();
    fs::write(order::file(&dir), text).unwrap();
    dir
}

#[test]
fn a_worker_refuses_the_job_of_another_version() {
    let place = Place::new();
    let pass = place.pass();
    let own = format!("\"version\":\"{}\"", env!("CARGO_PKG_VERSION"));
    let dir = ordered_by(&pass, &own, "\"version\":\"9.9.9\",\"more\":1");
    let error = Workshop::default().reduce(&dir, 0, &GO_ON).unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
    for version in ["9.9.9", env!("CARGO_PKG_VERSION")] {
        assert!(error.message().contains(version), "{error}");
    }
}

#[test]
fn a_worker_refuses_what_nobody_ordered() {
    let place = Place::new();
    let pass = place.pass();
    let refused = |dir: &Path, kind| {
        let error = Workshop::default().reduce(dir, 0, &GO_ON).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    };
    refused(&place.path("nowhere"), Kind::Input);
    // Its name is its digest, so that it can't be changed under a worker.
    let dir = pass.begin().unwrap();
    let text = pass.order.text().replacen("footfall", "visitors", 1);
    fs::write(order::file(&dir), text).unwrap();
    refused(&dir, Kind::Data);
    fs::write(order::file(&dir), "{}").unwrap();
    refused(&dir, Kind::Data);
    let dir = ordered_by(&pass, "\"zone_of_cell\":[0", "\"zone_of_cell\":[99");
    refused(&dir, Kind::Data);
}

#[test]
fn a_store_that_changed_since_is_refused() {
    let place = Place::new();
    let pass = place.pass();
    let dir = pass.begin().unwrap();
    place.load(3);
    let error = Workshop::default().reduce(&dir, 0, &GO_ON).unwrap_err();
    assert_eq!(error.kind(), Kind::Data);
    assert!(
        error.message().contains("changed since the job began"),
        "{error}"
    );
}

#[test]
fn a_damaged_store_leaves_no_result() {
    let place = Place::new();
    let pass = place.pass();
    let dir = pass.begin().unwrap();
    let mut left = vec![place.path("store")];
    let mut segments = Vec::new();
    while let Some(dir) = left.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else if path.extension().is_some_and(|ending| ending == "parquet") {
                segments.push(path);
            }
        }
    }
    let mut bytes = fs::read(&segments[0]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&segments[0], bytes).unwrap();
    let error = Workshop::default().reduce(&dir, 0, &GO_ON).unwrap_err();
    assert_eq!(error.kind(), Kind::Data, "{error}");
    assert!(!partial::is_whole(&pass.order.units().file(&dir, 0)).unwrap());
}

#[test]
fn where_a_worker_may_not_write_it_says_so() {
    let place = Place::new();
    let pass = place.pass();
    let dir = pass.begin().unwrap();
    // A directory of that name is in the way: the superuser, whom tests run as, may write anywhere else.
    let file = pass.order.units().file(&dir, 0);
    fs::create_dir(&file).unwrap();
    let error = Workshop::default().reduce(&dir, 0, &GO_ON).unwrap_err();
    assert_eq!(error.kind(), Kind::Resource);
    assert!(error.message().contains(file.to_str().unwrap()), "{error}");
    assert!(error.hint().unwrap().contains("has room there"));
    assert_eq!(
        fs::read_dir(&dir).unwrap().count(),
        2,
        "no temporary file stays"
    );
}

#[test]
fn a_worker_that_is_to_end_leaves_the_unit() {
    let place = Place::new();
    let pass = place.pass();
    let dir = pass.begin().unwrap();
    let error = Workshop::default()
        .reduce(&dir, 0, &AtomicBool::new(true))
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Resource);
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
}

#[test]
fn a_job_removes_what_others_left() {
    let place = Place::new();
    let pass = place.pass();
    let own = pass.begin().unwrap();
    Workshop::default().reduce(&own, 0, &GO_ON).unwrap();
    let left = place.path("run/cluster/0123");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("parts-0000-0000"), "personal").unwrap();
    assert_eq!(pass.begin().unwrap(), own);
    assert!(!left.exists());
    assert!(partial::is_whole(&pass.order.units().file(&own, 0)).unwrap());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        for (path, mode) in [
            (place.path("run/cluster"), 0o700),
            (own.clone(), 0o700),
            (order::file(&own), 0o600),
            (pass.order.units().file(&own, 0), 0o600),
        ] {
            let found = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(found, mode, "{}", path.display());
        }
    }
}
