//! What a build without object stores says of a URL.

use std::{
    convert::Infallible,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use erewhon_types::{Error, Result};

/// None: it can't be opened.
pub(crate) struct Object(Infallible);

impl Object {
    pub(crate) fn open(url: &str) -> Result<Self> {
        Err(refused(url))
    }

    pub(crate) fn copy(self, _path: &Path) -> Result<File> {
        match self.0 {}
    }

    pub(crate) fn size_bytes(&self) -> u64 {
        match self.0 {}
    }
}

impl Read for Object {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        match self.0 {}
    }
}

pub(crate) fn list(url: &str) -> Result<Vec<PathBuf>> {
    Err(refused(url))
}

fn refused(url: &str) -> Error {
    Error::usage(format!(
        "`{url}` is a URL, and this build reads files alone"
    ))
    .with_hint("build object stores in: `cargo install --path crates/cli --features object-store`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_refused_with_the_way_to_build_it_in() {
        let url = PathBuf::from("s3://bucket/cdr.csv");
        for refused in [
            crate::record_files(std::slice::from_ref(&url)).map(drop),
            crate::check_readable(&url),
        ] {
            let error = refused.unwrap_err();
            assert!(error.message().contains("`s3://bucket/cdr.csv` is a URL"));
            assert!(error.hint().unwrap().contains("--features object-store"));
        }
    }
}
