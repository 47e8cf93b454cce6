use erewhon_events::QualityReport;
use erewhon_risk::RiskReport;
use erewhon_types::Window;

use crate::{
    PetStatement,
    html::{Section, escape},
    input::{InternalPage, Provenance, ReleasePage, Usefulness},
    sections::{
        attacks, baselines, charts, flows, headline, making, maps, measures, privacy, public,
        quality, tradeoff,
    },
};

const CSS: &str = include_str!("../assets/page.css");
const JS: &str = include_str!("../assets/page.js");

/// What tells one kind of page from the other.
struct Kind {
    name: &'static str,
    class: &'static str,
    /// First line of the file.
    first: &'static str,
    /// First line of the page, and the edge of each printed one.
    stamp: &'static str,
}

const INTERNAL: Kind = Kind {
    name: "Internal report",
    class: "internal",
    first: "<!-- INTERNAL: compares with real subscribers. Do not publish, do not send. -->",
    stamp: "<p class=\"stamp\"><b>INTERNAL</b> This page compares with real subscribers. It must \
            stay inside.</p>\n",
};

const QUALITY: Kind = Kind {
    name: "Quality report",
    class: "internal",
    first: "<!-- INTERNAL: exact counts of real records. Do not publish, do not send. -->",
    stamp: "<p class=\"stamp\"><b>INTERNAL</b> This page counts real records. It must stay \
            inside.</p>\n",
};

const RISK: Kind = Kind {
    name: "Risk report",
    class: "internal",
    first: "<!-- INTERNAL: attacks on real subscribers. Do not publish, do not send. -->",
    stamp: "<p class=\"stamp\"><b>INTERNAL</b> This page attacks real subscribers. It must stay \
            inside.</p>\n",
};

const RELEASE: Kind = Kind {
    name: "Synthetic mobile-phone records",
    class: "release",
    first: "<!-- RELEASE: differentially private; holds no exact value about anyone. -->",
    stamp: "",
};

/// The internal report as one HTML file.
///
/// # Privacy
/// It holds exact values about real subscribers: write it to `internal/` and keep it there. Its
/// first line, a red stamp and the edge of each printed page say so.
pub fn internal_page(input: &InternalPage<'_>) -> String {
    let sections = [
        headline::section(input),
        quality::section(input.quality, &input.statement.window),
        privacy::section(input.statement),
        maps::section(input),
        flows::section(input),
        charts::section(input.utility, input.cells.frame()),
        measures::section(input),
        baselines::section(input.baselines),
        attacks::glance(input.risk),
        making::internal(input.provenance, input.run),
    ];
    shell(&INTERNAL, input.provenance, &sections)
}

/// The quality report as one HTML file.
///
/// # Privacy
/// It holds exact counts of real records: write it to `internal/` and keep it there. Its first line,
/// a red stamp and the head of each printed page say so.
pub fn quality_page(provenance: &Provenance, window: &Window, quality: &QualityReport) -> String {
    let mut sections = quality::sections(quality, window);
    sections.push(making::public(provenance));
    shell(&QUALITY, provenance, &sections)
}

/// The attacks as one HTML file: risk against utility where that is known, at a glance, each in full, and
/// what the run says of itself.
///
/// # Privacy
/// It holds exact values about real subscribers: keep it inside. Its first line, a red stamp and the head
/// of each printed page say so.
pub fn risk_page(
    provenance: &Provenance,
    risk: &RiskReport,
    useful: &[Usefulness],
    pet: Option<&PetStatement>,
) -> String {
    let mut sections = Vec::new();
    if !useful.is_empty() {
        let picture = tradeoff::tradeoff(risk, useful);
        sections.push(Section::new("tradeoff", "Risk against utility", picture));
    }
    sections.extend([attacks::overview(risk), attacks::section(risk)]);
    sections.extend(pet.map(PetStatement::section));
    sections.push(making::public(provenance));
    shell(&RISK, provenance, &sections)
}

/// The page that goes out with a release, as one HTML file.
///
/// # Privacy
/// It shows what its input holds: the statement, which was paid for, and sums over synthetic
/// records, which are post-processing.
pub fn release_page(input: &ReleasePage<'_>) -> String {
    let sections = [
        public::about(input),
        privacy::section(input.statement),
        public::maps(input),
        making::public(input.provenance),
        public::verify(),
    ];
    shell(&RELEASE, input.provenance, &sections)
}

fn shell(kind: &Kind, provenance: &Provenance, sections: &[Section]) -> String {
    let Kind {
        name,
        class,
        first,
        stamp,
    } = kind;
    let contents: String = sections
        .iter()
        .map(|s| format!("<a href=\"#{}\">{}</a>\n", s.id, s.title))
        .collect();
    let body: String = sections.iter().map(Section::render).collect();
    let title = escape(&provenance.title);
    let made = escape(&provenance.made_utc);
    let version = escape(&provenance.version);
    // The policy makes "no network" a fact that the browser enforces.
    format!(
        "{first}\n<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title} – {name}</title>\n<style>\n{CSS}</style>\n</head>\n<body class=\"{class}\">\n\
         {stamp}<header>\n<p class=\"kind\">{name}</p>\n<h1>{title}</h1>\n\
         <p class=\"note\">Made {made} UTC by Erewhon {version}</p>\n\
         <button id=\"theme\" type=\"button\" hidden>Dark</button>\n</header>\n\
         <nav aria-label=\"Contents\">\n{contents}</nav>\n<main>\n{body}</main>\n\
         <footer>\n<p class=\"note\">One file, no network: everything shown is inside it.</p>\n\
         </footer>\n<div id=\"tip\" role=\"status\" hidden></div>\n<script>\n{JS}</script>\n\
         </body>\n</html>\n"
    )
}
