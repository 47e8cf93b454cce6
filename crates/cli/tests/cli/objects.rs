//! Records named by URL give what files give.

use crate::{Place, world};

#[cfg(not(feature = "object-store"))]
#[test]
fn a_build_without_object_stores_says_how_to_build_them_in() {
    let place = Place::new();
    place.open_budget();
    let said = place.reads(
        "ingest",
        "s3://bucket/cdr.csv".as_ref(),
        &world().cells(),
        "--out out",
    );
    let said = said.failed(2, "`s3://bucket/cdr.csv` is a URL");
    assert!(said.err.contains("--features object-store"), "{}", said.err);
}

#[cfg(feature = "object-store")]
mod with {
    use std::{
        fs,
        io::Write as _,
        net::{TcpListener, TcpStream},
        path::Path,
        process::{Child, Command, Stdio},
        thread,
        time::Duration,
    };

    use serde_json::Value;

    use super::*;

    /// What ingest says of its input, but for the name of what it set aside.
    fn quality(place: &Place, out: &str) -> Value {
        let bytes = fs::read(place.path(&format!("{out}/internal/quality.json"))).unwrap();
        let mut value: Value = serde_json::from_slice(&bytes).unwrap();
        // Its name has random digits.
        value["content"]["quarantine"].take();
        value["content"].take()
    }

    fn manifest(place: &Place, out: &str) -> Value {
        let bytes = fs::read(place.path(&format!("{out}/internal/store/manifest.json"))).unwrap();
        let manifest: Value = serde_json::from_slice(&bytes).unwrap();
        manifest["periods"][0]["segments"].clone()
    }

    #[test]
    fn a_file_by_its_url_is_the_same_load() {
        let place = Place::new();
        place.open_budget();
        let url = format!("file://{}", world().cdr().display());
        let read = |events: &Path, out: &str| {
            place.reads("ingest", events, &world().cells(), &format!("--out {out}"))
        };
        read(&world().cdr(), "plain").done();
        read(url.as_ref(), "by-url").done();
        assert_eq!(quality(&place, "plain"), quality(&place, "by-url"));
        assert_eq!(manifest(&place, "plain"), manifest(&place, "by-url"));
        // The same source, however it is named: nothing changes.
        read(url.as_ref(), "plain").done();
        assert_eq!(manifest(&place, "plain"), manifest(&place, "by-url"));
        read(format!("{url}.gone").as_ref(), "gone").failed(1, "holds no file");
        read("https://example.org/a.csv".as_ref(), "gone").failed(2, "no URL that records");
    }

    /// A server that speaks S3, on this machine alone.
    struct Server {
        process: Child,
        port: u16,
    }

    impl Drop for Server {
        fn drop(&mut self) {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }

    /// Starts moto's server by the Python of `EREWHON_MOTO_PYTHON`; `None` where there is none.
    fn server(python: &str) -> Server {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let process = Command::new(python)
            .args([
                "-m",
                "moto.server",
                "-H",
                "127.0.0.1",
                "-p",
                &port.to_string(),
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Server { process, port };
        let answers = (0..300).any(|_| {
            thread::sleep(Duration::from_millis(100));
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        assert!(answers, "the server does not answer");
        server
    }

    const FILL: &str = "
import boto3, sys
port, *files = sys.argv[1:]
s3 = boto3.client('s3', endpoint_url=f'http://127.0.0.1:{port}', region_name='us-east-1',
                  aws_access_key_id='a', aws_secret_access_key='b')
s3.create_bucket(Bucket='records')
for file in files:
    s3.upload_file(file, 'records', 'march/' + file.rsplit('/', 1)[1])
";

    #[test]
    fn a_bucket_is_the_same_load() {
        let Ok(python) = std::env::var("EREWHON_MOTO_PYTHON") else {
            eprintln!("skipped: EREWHON_MOTO_PYTHON names no Python that has moto");
            return;
        };
        let place = Place::new();
        place.open_budget();
        // Two packed halves, so that there is something to list.
        let lines = world().lines();
        let (header, rows) = lines.split_first().unwrap();
        let (first, second) = rows.split_at(rows.len() / 2);
        let half = |name: &str, rows: &[String]| {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            write!(packed, "{header}\n{}\n", rows.join("\n")).unwrap();
            place.write(name, packed.finish().unwrap())
        };
        let files = [half("a.csv.gz", first), half("b.csv.gz", second)];
        let server = server(&python);
        let filled = Command::new(&python)
            .args(["-c", FILL, &server.port.to_string()])
            .args(&files)
            .output()
            .unwrap();
        assert!(
            filled.status.success(),
            "{}",
            String::from_utf8_lossy(&filled.stderr)
        );

        let read = |events: &str, out: &str| {
            let mut command = place.erewhon();
            command
                .env("AWS_ENDPOINT", format!("http://127.0.0.1:{}", server.port))
                .env("AWS_ALLOW_HTTP", "true")
                .env("AWS_REGION", "us-east-1")
                .env("AWS_ACCESS_KEY_ID", "a")
                .env("AWS_SECRET_ACCESS_KEY", "b")
                .args(["ingest", "--events", events, "--out", out, "--cells"])
                .arg(world().cells())
                .args(crate::place::WINDOW);
            crate::Said::of(events, &mut command)
        };
        read("*.csv.gz", "plain").done();
        for (url, out) in [
            ("s3://records/march", "prefix"),
            ("s3://records/march/*.csv.gz", "pattern"),
        ] {
            read(url, out).done();
            assert_eq!(quality(&place, out), quality(&place, "plain"), "{url}");
            assert_eq!(manifest(&place, out), manifest(&place, "plain"), "{url}");
        }
        read("s3://records/april", "gone").failed(1, "holds no file");
        read("s3://other/march", "gone").failed(1, "no such bucket");
    }
}
