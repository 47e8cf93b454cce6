//! Nothing unpaid leaves: with the answers of a fit held fixed, what is released does not depend on
//! any one subscriber.

use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc};

use erewhon_events::{EventSource, Mapping, Rules};
use erewhon_report::{Provenance, ReleasePage, release_page};
use erewhon_testkit::Replay;
use tempfile::TempDir;

use super::*;
use crate::{
    AskedFamily, Definitions, FamiliesJob, GenerateSpec, IngestJob, ReleaseRequest, Variant,
    Zoning, generate, ingest, presence_by_hour, write_synthetic,
};

const DRAWN: GenerateSpec = GenerateSpec {
    subscribers: None,
    seed: 7,
    variant: Variant::Routine,
};

/// A place for stores that share one pseudonym key.
struct Bench {
    dir: TempDir,
    vault: Vault,
    mapping: Mapping,
    delta: Option<Delta>,
}

impl Bench {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let vault = Vault::open(&dir.path().join("vault"), &dir.path().join("anchors")).unwrap();
        Self {
            dir,
            vault,
            mapping: Mapping::load("cdr").unwrap(),
            delta: None,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A store of twelve ordinary subscribers and of what `rows` add.
    fn session(&self, store: &str, rows: &str) -> Session {
        let mut records =
            "subscriber,time_utc,cell,kind,duration_s,peer,bytes_up,bytes_down\n".to_owned();
        for who in 0..12 {
            let (home, work) = (who % 6, (who + 3) % 6);
            for day in 2..9 {
                records += &format!(
                    "a{who},2026-03-0{day}T02:10:00Z,c{home},call_out,60,a{work},,\n\
                     a{who},2026-03-0{day}T10:20:00Z,c{work},sms_in,,a{home},,\n"
                );
            }
        }
        fs::write(self.path("cdr.csv"), records + rows).unwrap();
        let cells: String = (0..9)
            .map(|i| format!("c{i},{},{}\n", i * 900, i % 2 * 700))
            .collect();
        fs::write(self.path("cells.csv"), format!("cell,x_m,y_m\n{cells}")).unwrap();
        let job = IngestJob {
            files: vec![self.path("cdr.csv")],
            mapping: self.mapping.clone(),
            cells: self.path("cells.csv"),
            hide: None,
            window: Window::parse("2026-03-02", 7, "UTC").unwrap(),
            max_quarantined_share: 0.9,
            rules: Rules::off(),
            alone: false,
            stop: Default::default(),
            numbering: None,
            persons: None,
            subjects: None,
            quarantine: None,
        };
        let _quality = ingest(&self.vault, &self.path(store), &job, &mut |_, _| {}).unwrap();
        Session::open(&self.path(store)).unwrap()
    }

    /// Somebody unlike the others, with good, bad and far rows: a member, or one of the controls.
    fn stranger(&self, control: bool) -> String {
        let key = self.vault.pseudonym_key().unwrap();
        let on_side = |name: &String| {
            let bits = key.pseudonym(name.as_bytes()).bits();
            bits.is_multiple_of(CONTROL_ONE_IN) == control
        };
        let name = (0..).map(|i| format!("b{i}")).find(on_side).unwrap();
        let mut rows = String::new();
        for hour in 0..24 {
            rows += &format!(
                "{name},2026-03-04T{hour:02}:00:00Z,c5,data,9,a1,5000000000,7\n\
                 {name},2026-03-08T{hour:02}:30:00Z,c0,topup,,{name},,\n\
                 {name},2026-03-08T{hour:02}:40:00Z,c8,topup,,{name},,\n\
                 {name},2026-03-07T{hour:02}:00:00Z,nowhere,data,,,,\n\
                 {name},2031-01-01T{hour:02}:00:00Z,c1,data,,,,\n\
                 {name},noon,c1,data,,,,\n"
            );
        }
        rows
    }

    /// Everything that a release holds, by file name.
    fn release(&self, session: &Session, answers: &mut Replay) -> BTreeMap<&'static str, Vec<u8>> {
        let spec = fit_spec(("1".parse().unwrap(), self.delta), &self.mapping.kinds());
        let records = session.records().unwrap();
        let model = fit_members(&session.public(), &records, &spec, answers, &mut |_| {}).unwrap();
        model.write(&self.path("model.json")).unwrap();
        let cells = model.cell_table().unwrap();
        let calendar = model.calendar().unwrap();
        let events = generate(&model, &cells, &calendar, &DRAWN).unwrap();
        let synthetic = self.path("synthetic.csv");
        write_synthetic(&synthetic, &self.mapping, &cells, events.parts()).unwrap();
        let statement = model.statement().unwrap();
        let presence = presence_by_hour(&model, &DRAWN).unwrap();
        let page = release_page(&ReleasePage {
            provenance: &Provenance::default(),
            cells: &cells,
            statement,
            resolved_home_zones: model.home.resolved_zones,
            home_share: &model.home.share,
            home_zone_of_cell: &model.home.zone_of_cell,
            presence: &presence,
        });
        let mut files = BTreeMap::from(crate::model_files(&model).unwrap());
        files.extend([
            ("model.json", fs::read(self.path("model.json")).unwrap()),
            ("synthetic.csv", fs::read(synthetic).unwrap()),
            ("report.html", page.into_bytes()),
        ]);
        files
    }
}

fn subscribers(session: &Session) -> u32 {
    let mut count = 0;
    let source = session.records().unwrap();
    let counted = source.visit(&mut |_| {
        count += 1;
        Ok(())
    });
    counted.unwrap();
    count
}

/// The rows of `tables.csv`, in its order: what was measured, and what 95 in 100 sums lie between.
#[test]
fn published_tables_hold_the_exact_sums_as_often_as_they_say() {
    let bench = Bench::new();
    let mut answers = Replay::record();
    let session = bench.session("few", "");
    let files = bench.release(&session, &mut answers);
    let text = String::from_utf8(files["tables.csv"].clone()).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column = |name: &str| header.iter().position(|h| *h == name).unwrap();
    let [low, high, people] = ["low_95_people", "high_95_people", "people"].map(column);
    let exact = answers.asked().iter().zip(answers.sums());
    let mut exact = exact.flat_map(|((query, _), sums)| {
        let entry = move |sum| {
            (
                query.name(),
                sum as f64 / f64::from(query.units_per_person()),
            )
        };
        sums.into_iter().map(entry)
    });
    let (mut rows, mut inside) = (0, 0);
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(fields.len(), header.len(), "{line}");
        let number = |at: usize| fields[at].parse::<f64>().unwrap();
        let (name, sum) = exact.next().unwrap();
        assert_eq!(fields[0], name);
        let middle = f64::midpoint(number(low), number(high));
        assert!((middle - number(people)).abs() < 0.002, "{line}");
        rows += 1;
        inside += i32::from(number(low) - 0.001 <= sum && sum <= number(high) + 0.001);
    }
    assert!(exact.next().is_none(), "each entry is a row");
    assert!(rows > 500, "{rows}");
    let share = f64::from(inside) / f64::from(rows);
    // The share of 500 rows is off by less than .05 but once in 10^6.
    assert!((0.9..0.99).contains(&share), "{share} of {rows}");
    let zones = String::from_utf8(files["zones.csv"].clone()).unwrap();
    assert_eq!(zones.lines().next(), Some("cell,home,work,commute,pairs"));
    assert_eq!(zones.lines().count(), 1 + session.cells().len());
}

/// Counted one event at a time.
#[test]
fn the_map_by_hour_is_of_the_records_that_are_drawn() {
    let bench = Bench::new();
    let session = bench.session("few", "");
    let files = bench.release(&session, &mut Replay::record());
    let model: Model = serde_json::from_slice(&files["model.json"]).unwrap();
    let drawn = generate(&model, session.cells(), session.calendar(), &DRAWN);
    let mut seen: BTreeMap<(u8, u64), Vec<usize>> = BTreeMap::new();
    let read = drawn.unwrap().visit(&mut |history| {
        for event in history.events {
            let hour = session.calendar().local(event.time_utc_ms).unwrap().hour();
            let of = seen.entry((hour, history.subscriber.bits())).or_default();
            of.push(event.cell.index());
        }
        Ok(())
    });
    read.unwrap();
    let shown = presence_by_hour(&model, &DRAWN).unwrap();
    for (hour, shown) in (0..).zip(shown) {
        let people: Vec<_> = seen.iter().filter(|((at, _), _)| *at == hour).collect();
        for (cell, shown) in shown.iter().enumerate() {
            let share = |cells: &Vec<usize>| {
                cells.iter().filter(|at| **at == cell).count() as f64 / cells.len() as f64
            };
            let sum: f64 = people.iter().map(|(_, cells)| share(cells)).sum();
            assert!((shown - sum / people.len().max(1) as f64).abs() < 1e-6);
        }
    }
    assert!(!seen.is_empty());
}

#[test]
fn the_same_answers_release_the_same_bytes_with_and_without_a_subscriber() {
    for delta in [None, Some("1e-6".parse().unwrap())] {
        let bench = Bench {
            delta,
            ..Bench::new()
        };
        let mut first = Replay::record();
        let few = bench.session("few", "");
        let released = bench.release(&few, &mut first);
        for (store, control) in [("member", false), ("control", true)] {
            let more = bench.session(store, &bench.stranger(control));
            let mut again = first.again();
            let with = bench.release(&more, &mut again);
            assert_eq!(first.asked(), again.asked());
            for (name, bytes) in &released {
                assert!(with[name] == *bytes, "`{name}` tells of a {store}");
            }
            // The stranger was there to be noticed: a member in the tables, a control nowhere.
            assert_eq!(first.sums() == again.sums(), control);
            assert_eq!((subscribers(&few), subscribers(&more)), (12, 13));
        }
    }
}

#[test]
fn the_same_answers_write_the_same_release_with_and_without_a_subscriber() {
    let bench = Bench::new();
    let asked = ["footfall", "home_work", "journeys_daily.amount:9"];
    let asked = asked.map(|text| text.parse::<AskedFamily>().unwrap());
    let files = |session: &Session, delta: Option<Delta>| {
        let zones = Arc::new(Zoning::cells(session.cells()));
        let request = request("spring");
        let job = families_job(&asked, &zones, &request);
        let plan = session.plan_families(
            &asked,
            (&zones, &Definitions::DEFAULT),
            (job.epsilon, delta),
        );
        let plan = plan.unwrap();
        // Any answers will do, as long as they are the same.
        let entries = plan.statements().into_iter().map(|number| number.entries);
        let answers = entries.map(|n| (0..n as i64).map(|i| i * 7 % 13 - 3).collect());
        let answers: Vec<Vec<i64>> = answers.collect();
        session.family_files(&job, &plan, &answers).unwrap()
    };
    for delta in [None, Some("1e-6".parse().unwrap())] {
        let name = |store: &str| format!("{store}-{}", delta.is_some());
        let few = files(&bench.session(&name("few"), ""), delta);
        for (store, control) in [("member", false), ("control", true)] {
            let more = bench.session(&name(store), &bench.stranger(control));
            assert!(files(&more, delta) == few, "the files tell of a {store}");
        }
    }
}

/// Nobody else is first seen on the third day. At epsilon 100 a bound of one has noise with chance of 10^-43.
#[test]
fn a_member_is_in_a_family_and_a_control_is_in_none() {
    for (control, value) in [(false, "1"), (true, "0")] {
        let bench = Bench::new();
        let budget = ("100".parse().unwrap(), None);
        bench.vault.open_ledger("p", budget, "steward").unwrap();
        let session = bench.session("store", &bench.stranger(control));
        let asked = ["first_seen".parse::<AskedFamily>().unwrap()];
        let zones = Arc::new(Zoning::cells(session.cells()));
        let request = request("spring");
        let job = FamiliesJob {
            epsilon: "100".parse().unwrap(),
            ..families_job(&asked, &zones, &request)
        };
        let dir = bench.path("families");
        let release =
            |dir: &Path| session.release_families(&bench.vault, &Policy::default(), &job, dir);
        let manifest = release(&dir).unwrap();
        assert_eq!(manifest.files.len(), 2);
        let text = fs::read_to_string(dir.join("families.csv")).unwrap();
        let line = text.lines().find(|line| line.contains(",2026-03-04,c5,"));
        let fields: Vec<&str> = line.unwrap().split(',').collect();
        assert_eq!(fields[3], value, "{line:?}");
        // It is spent, and its name is taken.
        let again = release(&bench.path("again")).unwrap_err();
        assert!(
            again.message().contains("`spring` was charged before"),
            "{again}"
        );
        let summary = bench.vault.ledger().unwrap().summary().unwrap();
        assert_eq!((summary.left_micros, summary.exports), (0, 1));
    }
}

fn request(release: &str) -> ReleaseRequest {
    ReleaseRequest {
        release: release.to_owned(),
        purpose: "statistics".to_owned(),
        recipient: "the public".to_owned(),
    }
}

fn families_job<'a>(
    asked: &'a [AskedFamily],
    zones: &'a Arc<Zoning>,
    request: &'a ReleaseRequest,
) -> FamiliesJob<'a> {
    static DEFAULT: Definitions = Definitions::DEFAULT;
    FamiliesJob {
        asked,
        zones,
        zones_toml: "zones = \"cells\"\n",
        definitions: &DEFAULT,
        epsilon: "1".parse().unwrap(),
        request,
        who: "analyst",
    }
}

#[test]
fn each_question_moves_by_its_bound_at_most() {
    let bench = Bench::new();
    let mut without = Replay::record();
    bench.release(&bench.session("few", ""), &mut without);
    let mut with = without.again();
    bench.release(&bench.session("more", &bench.stranger(false)), &mut with);
    for (i, (query, _)) in without.asked().iter().enumerate() {
        let (a, b) = (&without.sums()[i], &with.sums()[i]);
        let moved: u64 = a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).sum();
        assert!(moved <= u64::from(query.bound_units()), "{}", query.name());
        assert!(moved > 0, "{} never saw the stranger", query.name());
    }
}
