//! The real binary on small files: what it writes, what it refuses, and with which words.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

mod bad_files;
mod bad_rows;
mod bench;
mod budget;
mod cluster;
mod concentrated;
mod consent;
mod demo;
mod disk;
mod families;
mod full_disk;
mod generate;
mod hidden;
mod hints;
mod lab;
mod mobility;
mod objects;
mod official;
mod official_zones;
mod output;
mod persons;
mod place;
mod preview;
mod release;
mod resume;
mod sql;
mod stop;
mod surface;
mod travel;
mod upkeep;
mod window;
mod zones;

use place::{Place, Said, world};
