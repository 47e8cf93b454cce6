//! Writes both pages from made-up numbers: `cargo run -p erewhon-report --example sample_pages DIR`.

#![expect(
    clippy::unwrap_used,
    reason = "an example may stop at the first surprise"
)]

use std::{env, fs, path::PathBuf};

#[path = "../tests/fixture/mod.rs"]
mod fixture;

fn main() {
    let dir = PathBuf::from(
        env::args()
            .nth(1)
            .unwrap_or_else(|| "sample_pages".to_owned()),
    );
    fs::create_dir_all(&dir).unwrap();
    let rich = fixture::Fixture::new(250, 60);
    let mut poor = fixture::Fixture::new(250, 4);
    poor.cells = fixture::schematic(250);
    for (name, fixture) in [("many", &rich), ("few", &poor)] {
        let internal = erewhon_report::internal_page(&fixture.internal());
        let release = erewhon_report::release_page(&fixture.release());
        fs::write(dir.join(format!("{name}-internal.html")), internal).unwrap();
        fs::write(dir.join(format!("{name}-release.html")), release).unwrap();
    }
    let summary = erewhon_report::terminal_summary(
        &rich.internal(),
        "internal/report.html",
        "release/report.html",
    );
    fs::write(dir.join("summary.txt"), summary).unwrap();
}
