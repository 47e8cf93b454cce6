use std::{io::Write as _, net::TcpListener};

use object_store::{PutPayload, aws::AmazonS3Builder, memory::InMemory};

use super::*;

/// Objects in memory, under a name that no other test uses.
fn memory(name: &str, objects: &[(&str, Vec<u8>)]) -> (Arc<dyn ObjectStore>, String) {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    for (key, bytes) in objects {
        put(&store, key, bytes.clone());
    }
    let root = format!("s3://{name}");
    stores()
        .lock()
        .unwrap()
        .insert(root.clone(), Arc::clone(&store));
    (store, root)
}

fn put(store: &Arc<dyn ObjectStore>, key: &str, bytes: Vec<u8>) {
    let key = Key::from(key);
    wait(store.put(&key, PutPayload::from(bytes)))
        .unwrap()
        .unwrap();
}

#[test]
fn urls_are_objects_prefixes_or_patterns() {
    let keys = [
        "d/b.csv",
        "d/a b%.csv",
        "d/_SUCCESS",
        "d/.crc/x",
        "d/y=1/c.parquet",
        "de/f.csv",
    ];
    let objects = keys.map(|key| (key, vec![1]));
    let (_, root) = memory("listing", &objects);
    let names = |path: &str| {
        let found = crate::record_files(&[PathBuf::from(format!("{root}/{path}"))]);
        let text = |path: &PathBuf| path.to_str().unwrap()[root.len() + 1..].to_owned();
        found
            .map(|found| found.iter().map(text).collect::<Vec<_>>())
            .map_err(|e| e.message().to_owned())
    };
    // The client of stores itself keeps `%` as `%25`.
    let below = ["d/a%20b%2525.csv", "d/b.csv", "d/y=1/c.parquet"]
        .map(str::to_owned)
        .to_vec();
    assert_eq!(names("d"), Ok(below.clone()));
    assert_eq!(names("d/"), Ok(below.clone()));
    assert_eq!(names("d/*.csv"), Ok(below[..2].to_vec()));
    assert_eq!(names("**/*.parquet"), Ok(below[2..].to_vec()));
    assert_eq!(names("d/b.csv"), Ok(below[1..2].to_vec()));
    assert_eq!(names(&below[0]), Ok(below[..1].to_vec()));
    assert!(names("d/*.tsv").unwrap_err().contains("holds no file"));
    assert!(names("gone").unwrap_err().contains("holds no file"));
    assert!(names("d/[.csv").unwrap_err().contains("is no pattern"));
    let other = crate::record_files(&["https://example.org/a.csv".into()]).unwrap_err();
    assert_eq!(other.kind(), Kind::Usage);
}

#[test]
fn a_long_object_is_read_whole_by_ranges_or_copied() {
    let bytes: Vec<u8> = (0..FIRST_BYTES + RANGE_BYTES + 5)
        .map(|at| (at % 251) as u8)
        .collect();
    let (_, root) = memory("ranges", &[("long", bytes.clone())]);
    let url = PathBuf::from(format!("{root}/long"));
    let mut read = Vec::new();
    crate::stored::open(&url)
        .unwrap()
        .read_to_end(&mut read)
        .unwrap();
    assert!(read == bytes);
    assert_eq!(crate::stored::size_bytes(&url).unwrap(), bytes.len() as u64);
    let mut copied = Vec::new();
    crate::stored::open_to_seek(&url)
        .unwrap()
        .read_to_end(&mut copied)
        .unwrap();
    assert!(copied == bytes);
}

#[test]
fn an_object_that_changes_or_goes_under_its_reader_is_noticed() {
    let long = |byte| vec![byte; FIRST_BYTES as usize + 1];
    let (store, root) = memory("changes", &[("a", long(1)), ("b", long(1))]);
    let begun = |key: &str| {
        let mut object = Object::open(&format!("{root}/{key}")).unwrap();
        object
            .read_exact(&mut vec![0; FIRST_BYTES as usize])
            .unwrap();
        object
    };
    let mut object = begun("a");
    put(&store, "a", long(2));
    let error = object.read(&mut [0]).unwrap_err();
    assert!(
        error.to_string().contains("changed while it was read"),
        "{error}"
    );
    let mut object = begun("b");
    wait(store.delete(&Key::from("b"))).unwrap().unwrap();
    assert_eq!(
        object.read(&mut [0]).unwrap_err().kind(),
        ErrorKind::NotFound
    );
    let gone = Object::open(&format!("{root}/b")).map(drop).unwrap_err();
    assert_eq!(gone.kind(), Kind::Input);
}

/// A store that answers one request after another with these words, on this machine alone.
fn answering(bucket: &str, status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
        }
    });
    let store = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_endpoint(endpoint)
        .with_allow_http(true)
        .with_region("us-east-1")
        .with_access_key_id("a")
        .with_secret_access_key("b")
        .with_retry(object_store::RetryConfig {
            max_retries: 0,
            ..object_store::RetryConfig::default()
        });
    let root = format!("s3://{bucket}");
    let store: Arc<dyn ObjectStore> = Arc::new(store.build().unwrap());
    stores().lock().unwrap().insert(root.clone(), store);
    root
}

#[test]
fn a_bucket_that_is_not_there_is_input_and_a_store_out_of_order_a_resource() {
    for (bucket, status, kind) in [
        ("missing", "404 Not Found", Kind::Input),
        ("busy", "500 Internal Server Error", Kind::Resource),
    ] {
        let root = answering(bucket, status);
        for path in [
            "",
            "march",
            "march/",
            "march/*.csv",
            "status code: 404 /*.csv",
        ] {
            let refused = list(&format!("{root}/{path}")).unwrap_err();
            assert_eq!(refused.kind(), kind, "{path} of {bucket}: {refused}");
        }
    }
}
