//! `erewhon cluster` and `--cluster`: the same tables, whatever dies.

#[cfg(not(feature = "cluster"))]
#[test]
fn a_build_without_it_says_how_to_build_it_in() {
    let place = crate::Place::new();
    for line in [
        "cluster scheduler",
        "cluster worker --scheduler http://127.0.0.1:1",
    ] {
        let said = place.run(line).failed(2, "knows no cluster");
        assert!(said.err.contains("--features cluster"), "{}", said.err);
    }
}

#[cfg(feature = "cluster")]
mod parts {
    use std::{
        collections::BTreeMap,
        fs,
        io::{BufRead as _, BufReader},
        path::PathBuf,
        process::{Child, Stdio},
        sync::OnceLock,
        thread,
        time::{Duration, Instant},
    };

    use crate::{Place, world};

    /// A process that ends with the test.
    struct Process(Child);

    impl Drop for Process {
        fn drop(&mut self) {
            // It may be gone already.
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    fn scheduler(place: &Place) -> (Process, String) {
        let mut command = place.erewhon();
        command.args(["cluster", "scheduler", "--listen", "127.0.0.1:0"]);
        let process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut process = process.unwrap();
        let mut line = String::new();
        let out = process.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let url = line.trim().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        (Process(process), url)
    }

    fn worker(place: &Place, url: &str) -> Process {
        let mut command = place.erewhon();
        command.args(["cluster", "worker", "--cores", "1", "--scheduler", url]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Process(command.spawn().unwrap())
    }

    /// A run directory of more than two million records, which are read in four parts: the made-up
    /// country's, over and over, each time of other people.
    fn large() -> &'static Place {
        static LARGE: OnceLock<Place> = OnceLock::new();
        LARGE.get_or_init(|| {
            let place = Place::new();
            place.open_budget();
            let lines = world().lines();
            let mut text = lines[0].clone();
            text.push('\n');
            for copy in 0..2_300_000 / (lines.len() - 1) {
                for line in &lines[1..] {
                    let (id, rest) = line.split_once(',').unwrap();
                    text += &format!("{id}{copy:03},{rest}\n");
                }
            }
            let events = place.write("many.csv", text);
            place
                .reads(
                    "ingest",
                    &events,
                    &world().cells(),
                    "--out out --max-quarantined-share 0.9",
                )
                .done();
            fs::remove_file(events).unwrap();
            place
        })
    }

    fn tables(place: &Place, name: &str) -> BTreeMap<String, Vec<u8>> {
        let dir = place.path("out/internal/mobility").join(name);
        let file = |path: PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(path).unwrap())
        };
        let files = fs::read_dir(dir).unwrap();
        files.map(|entry| file(entry.unwrap().path())).collect()
    }

    /// Whether any partial result is there.
    fn any_result(place: &Place) -> bool {
        let jobs = fs::read_dir(place.path("out/internal/cluster"));
        let jobs = jobs.into_iter().flatten().flatten();
        let files = jobs.filter_map(|job| fs::read_dir(job.path()).ok());
        files
            .flatten()
            .flatten()
            .any(|file| file.file_name().to_string_lossy().starts_with("parts-"))
    }

    #[test]
    fn a_cluster_writes_the_same_tables_though_a_worker_dies() {
        let place = large();
        let all = "mobility compute out --why cluster";
        for format in ["csv", "parquet"] {
            place
                .run(&format!("{all} --format {format} --out one-{format}"))
                .done();
        }
        let (_scheduler, url) = scheduler(place);
        let mut workers = vec![worker(place, &url), worker(place, &url)];
        place
            .run(&format!("{all} --format csv --out two-csv --cluster {url}"))
            .done();
        assert_eq!(tables(place, "one-csv"), tables(place, "two-csv"));

        // Of four workers one dies in the middle, without a word.
        workers.extend([worker(place, &url), worker(place, &url)]);
        thread::scope(|scope| {
            let job = scope.spawn(|| {
                let line = format!("{all} --format parquet --out four-parquet --cluster {url}");
                place.run(&line).done();
            });
            let since = Instant::now();
            while !any_result(place) {
                assert!(since.elapsed() < Duration::from_secs(120), "no result");
                thread::sleep(Duration::from_millis(5));
            }
            drop(workers.pop());
            job.join().unwrap();
        });
        assert_eq!(tables(place, "one-parquet"), tables(place, "four-parquet"));
        // Partial results are records of people: none stays.
        let left = fs::read_dir(place.path("out/internal/cluster")).unwrap();
        assert_eq!(left.count(), 0);
        // Each export is on record once, and by the same words.
        let entries = place.run("budget show --entries").done().out;
        assert_eq!(
            entries
                .matches("exact mobility by cells: all families")
                .count(),
            4
        );
    }

    #[test]
    fn parts_end_when_they_are_asked_to() {
        let place = Place::new();
        let (mut scheduler, url) = scheduler(&place);
        let mut worker = worker(&place, &url);
        thread::sleep(Duration::from_secs(2));
        for part in [&mut worker, &mut scheduler] {
            let pid = part.0.id().to_string();
            let asked = std::process::Command::new("kill")
                .args(["-TERM", &pid])
                .status();
            assert!(asked.unwrap().success());
            let since = Instant::now();
            let ended = loop {
                if let Some(ended) = part.0.try_wait().unwrap() {
                    break ended;
                }
                assert!(since.elapsed() < Duration::from_secs(20), "it goes on");
                thread::sleep(Duration::from_millis(20));
            };
            assert!(ended.success(), "{ended}");
        }
    }

    #[test]
    fn what_can_not_be_is_said_at_once() {
        let place = Place::new();
        place.open_budget();
        place
            .reads("ingest", &world().cdr(), &world().cells(), "--out out")
            .done();
        let compute = "mobility compute out --families footfall --cluster";
        place
            .run(&format!("{compute} http://127.0.0.1:1"))
            .failed(75, "no scheduler answers at http://127.0.0.1:1");
        place
            .run(&format!("{compute} 127.0.0.1"))
            .failed(2, "no address of a scheduler");
        place
            .run("cluster scheduler --listen 0.0.0.0:0")
            .failed(2, "asks nobody for a password");
        place
            .run("cluster worker --scheduler http://127.0.0.1:1")
            .failed(75, "no scheduler answers");
        let (_scheduler, url) = scheduler(&place);
        place
            .run(&format!(
                "cluster worker --scheduler {url} --listen 0.0.0.0:0"
            ))
            .failed(2, "--private-network");
    }
}
