//! Objects of S3, Google Cloud Storage, Azure and what speaks like them, read by ranges.

use std::{
    collections::HashMap,
    env,
    fs::File,
    future::Future,
    io::{self, ErrorKind, Read, Seek as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use bytes::{Buf as _, Bytes};
use erewhon_types::{Error, Kind, Result};
use futures::TryStreamExt as _;
use glob::{MatchOptions, Pattern};
use object_store::{
    Error as StoreError, GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt as _, parse_url_opts,
    path::Path as Key,
};
use tokio::runtime::{Builder, Runtime};
use url::Url;

/// Bytes of the first range, enough to tell a format and to show some rows.
const FIRST_BYTES: u64 = 1 << 16;
/// Bytes of every other range: long enough that its latency does not count.
const RANGE_BYTES: u64 = 8 << 20;

/// What a URL may begin with.
const SCHEMES: [&str; 4] = ["s3", "gs", "az", "file"];

/// An object on its way, one range at a time.
pub(crate) struct Object {
    store: Arc<dyn ObjectStore>,
    meta: ObjectMeta,
    next: u64,
    range: Bytes,
}

impl Object {
    pub(crate) fn open(url: &str) -> Result<Self> {
        let (store, key) = locate(&parse(url)?)?;
        let meta = wait(store.head(&key))?.map_err(|error| explain(url, &error))?;
        Ok(Self {
            store,
            meta,
            next: 0,
            range: Bytes::new(),
        })
    }

    pub(crate) const fn size_bytes(&self) -> u64 {
        self.meta.size
    }

    /// A copy on the disk, in a file without a name that nobody else can open: raw records must not
    /// outlive the process.
    pub(crate) fn copy(mut self, path: &Path) -> Result<File> {
        let failed = |error: io::Error| Error::io("copy", path, &error);
        let mut file = tempfile::tempfile().map_err(failed)?;
        io::copy(&mut self, &mut file).map_err(failed)?;
        file.rewind().map_err(failed)?;
        Ok(file)
    }

    fn fetch(&self) -> io::Result<Bytes> {
        let bytes = if self.next == 0 {
            FIRST_BYTES
        } else {
            RANGE_BYTES
        };
        let end = self.meta.size.min(self.next + bytes);
        let options = GetOptions {
            range: Some((self.next..end).into()),
            // Ranges of two versions would make a file that never was.
            if_match: self.meta.e_tag.clone(),
            ..GetOptions::default()
        };
        let get = async {
            self.store
                .get_opts(&self.meta.location, options)
                .await?
                .bytes()
                .await
        };
        let got = wait(get).map_err(io::Error::other)?;
        got.map_err(|error| io::Error::new(kind(&error), first_line(&error)))
    }
}

impl Read for Object {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.range.is_empty() && self.next < self.meta.size {
            self.range = self.fetch()?;
            self.next += self.range.len() as u64;
        }
        let read = buffer.len().min(self.range.len());
        self.range.copy_to_slice(&mut buffer[..read]);
        Ok(read)
    }
}

/// The objects that a URL means: an object itself, all below a prefix at any depth, or what a pattern
/// with `*`, `?` or `**` finds. Below a prefix, what begins with `.` or `_` is left out.
pub(crate) fn list(text: &str) -> Result<Vec<PathBuf>> {
    let found = match text.find(['*', '?', '[']) {
        Some(first) => {
            let (base, pattern) = text.split_at(text[..first].rfind('/').map_or(0, |at| at + 1));
            let pattern = Pattern::new(pattern).map_err(|error| {
                Error::input(format!("`{text}` is no pattern: {}", error.msg))
                    .with_hint("write for example `s3://bucket/records/*.csv.gz`")
            })?;
            below(base, text, &|rest| pattern.matches_with(rest, MATCHING))?
        }
        None => {
            let url = parse(text)?;
            let (store, key) = locate(&url)?;
            let is_object = !key.as_ref().is_empty() && !text.ends_with('/');
            match is_object.then(|| wait(store.head(&key))).transpose()? {
                Some(Ok(meta)) => vec![name(&url, &meta.location)?],
                Some(Err(error)) if !matches!(error, StoreError::NotFound { .. }) => {
                    return Err(explain(text, &error));
                }
                _ => below(text, text, &|rest| !rest.split('/').any(is_hidden))?,
            }
        }
    };
    Ok(found)
}

const MATCHING: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

fn is_hidden(part: &str) -> bool {
    part.starts_with(['.', '_'])
}

/// The objects below a prefix whose keys, from there on, are wanted.
fn below(base: &str, text: &str, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<PathBuf>> {
    let url = parse(base)?;
    let (store, prefix) = locate(&url)?;
    let listed = wait(store.list(Some(&prefix)).try_collect::<Vec<_>>())?;
    let listed = listed.map_err(|error| explain(text, &error))?;
    let mut found = Vec::new();
    for meta in listed {
        let rest = meta.location.as_ref().strip_prefix(prefix.as_ref());
        if rest.is_some_and(|rest| wanted(rest.trim_start_matches('/'))) {
            found.push(name(&url, &meta.location)?);
        }
    }
    Ok(found)
}

/// The URL of another key of the same store.
fn name(url: &Url, key: &Key) -> Result<PathBuf> {
    let mut url = url.clone();
    url.set_query(None);
    url.path_segments_mut()
        .map_err(|()| Error::internal("a URL that was listed has no path"))?
        .clear()
        .extend(key.as_ref().split('/'));
    Ok(PathBuf::from(String::from(url)))
}

fn parse(text: &str) -> Result<Url> {
    let url = Url::parse(text)
        .ok()
        .filter(|url| SCHEMES.contains(&url.scheme()));
    url.ok_or_else(|| {
        Error::usage(format!("`{text}` is no URL that records are read from"))
            .with_hint("write s3://BUCKET/KEY, gs://BUCKET/KEY, az://CONTAINER/KEY or file:///PATH")
    })
}

/// The store of a URL, and the key in it. A store is connected to once.
fn locate(url: &Url) -> Result<(Arc<dyn ObjectStore>, Key)> {
    let failed = |error: &StoreError| explain(url.as_str(), error);
    let key = Key::from_url_path(url.path()).map_err(|error| failed(&error.into()))?;
    let root = format!("{}://{}", url.scheme(), url.authority());
    let mut stores = stores().lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(store) = stores.get(&root) {
        return Ok((Arc::clone(store), key));
    }
    let settings = env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?.to_ascii_lowercase();
        let is_ours = ["aws_", "google_", "azure_"]
            .iter()
            .any(|own| name.starts_with(own));
        is_ours.then_some((name, value.into_string().ok()?))
    });
    let (store, _) = parse_url_opts(url, settings).map_err(|error| failed(&error))?;
    let store: Arc<dyn ObjectStore> = Arc::from(store);
    stores.insert(root, Arc::clone(&store));
    Ok((store, key))
}

type Stores = Mutex<HashMap<String, Arc<dyn ObjectStore>>>;

fn stores() -> &'static Stores {
    static STORES: OnceLock<Stores> = OnceLock::new();
    STORES.get_or_init(Stores::default)
}

/// Runs what talks to a store, on one thread for the whole process, where its connections live.
fn wait<F: Future>(work: F) -> Result<F::Output> {
    static RUNTIME: OnceLock<io::Result<Runtime>> = OnceLock::new();
    let start = || {
        Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
    };
    match RUNTIME.get_or_init(start) {
        Ok(runtime) => Ok(runtime.block_on(work)),
        Err(error) => Err(Error::new(
            Kind::Resource,
            format!("can't start a thread: {error}"),
        )),
    }
}

/// What a store says, without what it may quote of a request.
fn explain(url: &str, error: &StoreError) -> Error {
    let say = |kind, what: &str| Error::new(kind, format!("can't read `{url}`: {what}"));
    match error {
        StoreError::NotFound { .. } => say(Kind::Input, "no such object").with_hint(NOT_FOUND),
        _ if first_line(error).contains(NO_BUCKET) => {
            say(Kind::Input, "no such bucket").with_hint(NOT_FOUND)
        }
        StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. } => {
            say(Kind::Resource, "permission denied").with_hint(CREDENTIALS)
        }
        _ => say(Kind::Resource, &first_line(error)).with_hint(CREDENTIALS),
    }
}

const NOT_FOUND: &str = "check bucket and key; a prefix needs objects below it";

/// What the client says of a listing that was answered with 404, for which it has no kind of its own. No
/// URL holds it, since a URL has no spaces.
const NO_BUCKET: &str = "status code: 404 ";

const CREDENTIALS: &str = "credentials, region and endpoint come from the environment: AWS_…, \
                           GOOGLE_…, AZURE_… (docs/formats.md)";

fn first_line(error: &StoreError) -> String {
    let text = match error {
        StoreError::Precondition { .. } => "it was changed while it was read".to_owned(),
        _ => error.to_string(),
    };
    text.lines().next().unwrap_or_default().to_owned()
}

const fn kind(error: &StoreError) -> ErrorKind {
    match error {
        StoreError::NotFound { .. } => ErrorKind::NotFound,
        StoreError::PermissionDenied { .. } => ErrorKind::PermissionDenied,
        // Not `Other`, which a damaged archive has.
        _ => ErrorKind::ConnectionAborted,
    }
}

#[cfg(test)]
mod tests;
