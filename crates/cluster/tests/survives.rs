//! A cluster of processes on this machine: what dies in it, what it says, what it refuses.
//!
//! The parts are this test's own binary, started again with words in its environment.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may fail loudly, and a part of it is told to"
)]

use std::{
    env, fs, io,
    net::{Shutdown, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use ballista::prelude::SessionContextExt as _;
use datafusion::prelude::SessionContext;
use erewhon_cluster::{Job, Limits, Listen, WorkerSpec, run_job, serve_scheduler, serve_worker};
use erewhon_types::{Error, Kind, Result};
use tempfile::TempDir;

const PART: &str = "EREWHON_TEST_PART";
const SCHEDULER: &str = "EREWHON_TEST_SCHEDULER";
/// The file in which a scheduler says where it listens.
const SAYS: &str = "EREWHON_TEST_SAYS";

/// A part of a cluster, when this binary is started as one; else nothing.
#[test]
fn part() {
    let (Ok(part), Ok(at)) = (env::var(PART), env::var(SCHEDULER)) else {
        return;
    };
    let listen = |address: &str| Listen::at(address.parse().unwrap(), false).unwrap();
    if part == "scheduler" {
        let say = env::var(SAYS).unwrap();
        serve_scheduler(listen(&at), &mut |address| {
            fs::write(format!("{say}.new"), address.to_string()).unwrap();
            fs::rename(format!("{say}.new"), &say).unwrap();
        })
        .unwrap();
    } else {
        let spec = WorkerSpec {
            scheduler: format!("http://{at}").parse().unwrap(),
            listen: listen("127.0.0.1:0"),
            cores: 1.try_into().unwrap(),
        };
        let work = move |job: &str, unit: u32, _: &AtomicBool| work(&part, job, unit);
        serve_worker(&spec, Arc::new(work), &mut |_| {}).unwrap();
    }
}

/// A job is a directory, milliseconds and what to do; a unit leaves a file in it, and each beginning a line.
fn work(worker: &str, job: &str, unit: u32) -> Result<String> {
    let words: Vec<&str> = job.split('|').collect();
    let [dir, sleep_ms, what] = words.as_slice() else {
        return Err(Error::internal("a job of another test"));
    };
    let dir = Path::new(dir);
    let file = dir.join(format!("unit-{unit}"));
    if file.exists() {
        return Ok("before".to_owned());
    }
    let begun = dir.join(format!("begun-{unit}-{worker}-{:?}", Instant::now()));
    fs::write(begun, "").unwrap();
    thread::sleep(Duration::from_millis(sleep_ms.parse().unwrap()));
    match *what {
        "refuse" if unit == 1 => {
            return Err(Error::usage("this is not version 7").with_hint("take version 7"));
        }
        "full" => return Err(Error::new(Kind::Resource, "no space left")),
        "panic" => panic!("it fell over"),
        "elsewhere" => return Ok("somewhere".to_owned()),
        _ => {}
    }
    let part = dir.join(format!("part-{unit}-{worker}"));
    fs::write(&part, unit.to_string()).unwrap();
    fs::rename(part, file).unwrap();
    Ok(unit.to_string())
}

/// A process that ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Cluster {
    at: String,
    dir: TempDir,
    parts: Vec<(&'static str, Process)>,
}

impl Cluster {
    fn new(workers: &[&'static str]) -> Self {
        let mut cluster = Self {
            at: "127.0.0.1:0".to_owned(),
            dir: TempDir::new().unwrap(),
            parts: Vec::new(),
        };
        cluster.start("scheduler");
        for worker in workers {
            cluster.start(worker);
        }
        cluster
    }

    fn start(&mut self, part: &'static str) {
        let at = self.at.clone();
        self.start_at(part, &at);
    }

    fn start_at(&mut self, part: &'static str, at: &str) {
        let says = self.dir.path().join("says");
        let process = Command::new(env::current_exe().unwrap())
            .args(["--exact", "part", "--nocapture"])
            .env(PART, part)
            .env(SCHEDULER, at)
            .env(SAYS, &says)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.parts.push((part, Process(process)));
        if part == "scheduler" {
            wait("the scheduler listens", || says.exists());
            self.at = fs::read_to_string(&says).unwrap();
            fs::remove_file(says).unwrap();
        }
    }

    /// As a power cut would.
    fn kill(&mut self, part: &str) {
        self.parts.retain(|(name, _)| *name != part);
    }

    fn file(&self, unit: u32) -> PathBuf {
        self.dir.path().join(format!("unit-{unit}"))
    }

    fn text(&self, sleep_ms: u64, what: &str) -> String {
        format!("{}|{sleep_ms}|{what}", self.dir.path().display())
    }

    fn run(&self, text: &str, units: u32, limits: Limits) -> Result<()> {
        run(&self.at, self.dir.path(), text, (units, limits))
    }

    /// A job that goes on while the cluster is meddled with.
    fn begin(&self, text: &str, units: u32) -> thread::JoinHandle<Result<()>> {
        let (at, dir) = (self.at.clone(), self.dir.path().to_owned());
        let text = text.to_owned();
        thread::spawn(move || run(&at, &dir, &text, (units, LIMITS)))
    }

    /// How often units were begun, by the start of the name.
    fn begun(&self, start: &str) -> usize {
        let names = fs::read_dir(self.dir.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with(start)).count()
    }

    fn begun_by(&self, worker: &str) -> usize {
        let names = fs::read_dir(self.dir.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .filter(|name| name.starts_with("begun-") && name.contains(worker))
            .count()
    }
}

fn run(at: &str, dir: &Path, text: &str, (units, limits): (u32, Limits)) -> Result<()> {
    let scheduler = format!("http://{at}").parse().unwrap();
    let job = Job {
        scheduler: &scheduler,
        text,
        limits,
    };
    let units: Vec<u32> = (0..units).collect();
    run_job(&job, &units, &|unit| {
        Ok(dir.join(format!("unit-{unit}")).exists())
    })
}

fn wait(what: &str, is: impl Fn() -> bool) {
    let since = Instant::now();
    while !is() {
        assert!(
            since.elapsed() < Duration::from_secs(120),
            "waited for: {what}"
        );
        thread::sleep(Duration::from_millis(20));
    }
}

const LIMITS: Limits = Limits {
    whole: Duration::from_secs(300),
    quiet: Duration::from_secs(200),
    failing: Duration::from_secs(20),
    shared: Duration::from_secs(5),
};

#[test]
fn two_workers_share_the_units_and_do_each_once() {
    let cluster = Cluster::new(&["ann", "bob"]);
    let text = cluster.text(150, "write");
    cluster.run(&text, 12, LIMITS).unwrap();
    assert!(
        (0..12).all(|unit| fs::read_to_string(cluster.file(unit)).unwrap() == unit.to_string())
    );
    assert_eq!(cluster.begun("begun-"), 12);
    assert!(cluster.begun_by("ann") > 1 && cluster.begun_by("bob") > 1);
    // What is there is not asked for again, whoever asks.
    fs::remove_file(cluster.file(3)).unwrap();
    cluster.run(&text, 12, LIMITS).unwrap();
    assert_eq!(cluster.begun("begun-"), 13);
    assert_eq!(cluster.begun("begun-3-"), 2);
}

#[test]
fn as_many_units_as_a_job_has_at_the_most() {
    let cluster = Cluster::new(&["ann"]);
    cluster.run(&cluster.text(0, "write"), 256, LIMITS).unwrap();
    assert_eq!(cluster.begun("begun-"), 256);
}

#[test]
fn a_worker_that_is_killed_costs_the_unit_that_it_was_at() {
    let mut cluster = Cluster::new(&["ann", "bob"]);
    let job = cluster.begin(&cluster.text(700, "write"), 10);
    wait("a result", || cluster.begun("unit-") > 0);
    wait("ann is at a unit", || cluster.begun_by("ann") > 0);
    cluster.kill("ann");
    let since = Instant::now();
    job.join().unwrap().unwrap();
    // Found out by the scheduler, and not by asking again.
    assert!(since.elapsed() < LIMITS.quiet);
    assert_eq!(cluster.begun("unit-"), 10);
    assert!(cluster.begun("begun-") <= 11, "{}", cluster.begun("begun-"));
}

#[test]
fn a_scheduler_that_is_restarted_loses_no_result() {
    let mut cluster = Cluster::new(&["ann", "bob"]);
    let job = cluster.begin(&cluster.text(500, "write"), 8);
    wait("two results", || cluster.begun("unit-") >= 2);
    cluster.kill("scheduler");
    thread::sleep(Duration::from_secs(2));
    cluster.start("scheduler");
    job.join().unwrap().unwrap();
    assert_eq!(cluster.begun("unit-"), 8);
    // What workers were at when it went, they finished; nothing was lost, so nothing was done twice.
    assert_eq!(cluster.begun("begun-"), 8);
}

/// The wire between a worker and the scheduler.
struct Wire {
    at: String,
    is_cut: Arc<AtomicBool>,
    ends: Arc<Mutex<Vec<TcpStream>>>,
}

impl Wire {
    fn to(scheduler: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let wire = Self {
            at: listener.local_addr().unwrap().to_string(),
            is_cut: Arc::default(),
            ends: Arc::default(),
        };
        let (is_cut, ends) = (Arc::clone(&wire.is_cut), Arc::clone(&wire.ends));
        let scheduler = scheduler.to_owned();
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let far = TcpStream::connect(&scheduler);
                let Some(far) = far.ok().filter(|_| !is_cut.load(Ordering::SeqCst)) else {
                    continue;
                };
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let [mut from, mut to] = [from, to].map(|end| end.try_clone().unwrap());
                    thread::spawn(move || io::copy(&mut from, &mut to));
                }
                ends.lock().unwrap().extend([near, far]);
            }
        });
        wire
    }

    fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
        for end in self.ends.lock().unwrap().drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    fn mend(&self) {
        self.is_cut.store(false, Ordering::SeqCst);
    }
}

#[test]
fn a_worker_whose_network_drops_keeps_its_unit_and_comes_back() {
    let mut cluster = Cluster::new(&["ann"]);
    let wire = Wire::to(&cluster.at);
    cluster.start_at("bob", &wire.at);
    let job = cluster.begin(&cluster.text(700, "write"), 10);
    wait("bob is at a unit", || cluster.begun_by("bob") > 0);
    wire.cut();
    job.join().unwrap().unwrap();
    assert_eq!(cluster.begun("unit-"), 10);
    assert_eq!(cluster.begun("begun-"), 10, "bob's unit was not done again");
    wire.mend();
    cluster.kill("ann");
    let alone = cluster.begun_by("bob");
    fs::remove_file(cluster.file(0)).unwrap();
    cluster.run(&cluster.text(0, "write"), 10, LIMITS).unwrap();
    assert_eq!(cluster.begun_by("bob"), alone + 1);
}

#[test]
fn what_a_worker_refuses_a_unit_for_is_said_and_the_rest_is_kept() {
    let cluster = Cluster::new(&["ann"]);
    let error = cluster
        .run(&cluster.text(10, "refuse"), 4, LIMITS)
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
    assert!(error.message().contains("this is not version 7"), "{error}");
    assert!(error.message().starts_with("worker 127.0.0.1:"), "{error}");
    assert_eq!(error.hint(), Some("take version 7"));
    assert_eq!(cluster.begun("unit-"), 3);
    let error = cluster
        .run(&cluster.text(10, "panic"), 4, LIMITS)
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Internal);
}

#[test]
fn a_want_of_room_is_tried_again_and_then_said() {
    let cluster = Cluster::new(&["ann"]);
    let failing = Duration::from_secs(3);
    let limits = Limits { failing, ..LIMITS };
    let error = cluster
        .run(&cluster.text(10, "full"), 1, limits)
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Resource);
    assert!(error.message().contains("no space left"), "{error}");
    assert!(cluster.begun("begun-") > 1);
}

#[test]
fn a_result_that_is_not_seen_is_said() {
    let cluster = Cluster::new(&["ann"]);
    let shared = Duration::from_secs(1);
    let limits = Limits { shared, ..LIMITS };
    let error = cluster
        .run(&cluster.text(0, "elsewhere"), 2, limits)
        .unwrap_err();
    assert!(error.message().contains("not seen from here"), "{error}");
}

#[test]
fn nobody_waits_for_ever() {
    let cluster = Cluster::new(&[]);
    let whole = Duration::from_secs(3);
    let limits = Limits { whole, ..LIMITS };
    let since = Instant::now();
    let error = cluster
        .run(&cluster.text(0, "write"), 2, limits)
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Resource);
    assert!(
        error.message().contains("did not do the job within"),
        "{error}"
    );
    assert!(since.elapsed() < LIMITS.quiet);

    let mut cluster = cluster;
    cluster.kill("scheduler");
    let error = cluster
        .run(&cluster.text(0, "write"), 2, LIMITS)
        .unwrap_err();
    assert!(
        error.message().contains("no scheduler answers at"),
        "{error}"
    );
}

/// The engine would read any file that the worker's account may read.
#[test]
fn a_worker_runs_units_and_no_other_plan() {
    let cluster = Cluster::new(&["ann"]);
    let secret = cluster.dir.path().join("secret.csv");
    fs::write(&secret, "a\n1\n").unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let answer = runtime.block_on(async {
        let context = SessionContext::remote(&format!("df://{}", cluster.at))
            .await
            .unwrap();
        let options = datafusion::prelude::CsvReadOptions::default();
        let table = context
            .read_csv(secret.to_str().unwrap(), options)
            .await
            .unwrap();
        table.collect().await
    });
    let error = answer.unwrap_err().to_string();
    assert!(
        error.contains("rejected") || error.contains("units alone"),
        "{error}"
    );
}
