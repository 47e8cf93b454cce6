use erewhon_events::{HistoryCount, QualityReport, RuleCount, RuleState, Warning};
use erewhon_types::{Calendar, Window};

use crate::{
    html::{Section, Td, escape, note, num, p, raw, table, text},
    number::{bytes, count, percent, sig3},
};

mod bars;
mod contents;
mod network;

use bars::{Bar, bars};

/// What a reader of the whole report wants to know of the load.
pub(crate) fn section(q: &QualityReport, window: &Window) -> Section {
    let body = lead(q)
        + &by_day(&q.events_by_day, window)
        + &warnings(&q.warnings)
        + &by_kind(q)
        + &all_rules(q)
        + &inputs(q)
        + &note("More of what the records are is in `quality.html`.");
    Section::new("quality", "What went in", body)
}

/// Everything the quality report holds.
pub(crate) fn sections(q: &QualityReport, window: &Window) -> Vec<Section> {
    vec![
        Section::new(
            "quality",
            "What went in",
            lead(q) + &by_day(&q.events_by_day, window) + &inputs(q) + &contents::files(q),
        ),
        Section::new("warnings", "What to look at", warnings(&q.warnings)),
        Section::new("rules", "What cleaning did", all_rules(q)),
        Section::new("contents", "What the events are", contents::body(q, window)),
        Section::new("network", "Cells", network::body(&q.network, &q.contents)),
    ]
}

fn lead(q: &QualityReport) -> String {
    p(&format!(
        "{} rows were read from {} and {} kept ({}), from {} subscribers. Of {} cells in the cell \
         list, {} are used.",
        count(q.rows_read),
        files(q.inputs.len()),
        count(q.rows_kept),
        share(q.rows_kept, q.rows_read),
        count(q.subscribers),
        count(q.cells_read),
        count(q.cells_kept)
    ))
}

fn by_day(days: &[u64], window: &Window) -> String {
    let caption = "Events kept by local day";
    if days.iter().all(|n| *n == 0) {
        return p("Events by day are not available: no event was kept.");
    }
    bars(caption, "events", &daily(days, window))
}

/// A bar for each local day; weekends are quiet.
fn daily(days: &[u64], window: &Window) -> Vec<Bar> {
    let Ok(calendar) = Calendar::new(window) else {
        return Vec::new();
    };
    let mut date = window.first_day;
    let days = (0..window.days).zip(days).map(|(day, &n)| {
        let name = date.to_string();
        date = date.tomorrow().unwrap_or(date);
        Bar {
            name,
            n,
            quiet: !calendar.is_workday(day),
        }
    });
    days.collect()
}

fn all_rules(q: &QualityReport) -> String {
    rules("Rows set aside, by rule", &q.rules, q.rows_read)
        + &history_rules(q)
        + &rules("Cells set aside, by rule", &q.cell_rules, q.cells_read)
}

/// What rules of one history found; says of each whether it changed rows.
fn history_rules(q: &QualityReport) -> String {
    if q.history_rules.is_empty() {
        return String::new();
    }
    let row = |r: &HistoryCount| {
        let state = match r.state {
            RuleState::Off => "off",
            RuleState::Counted => "counted only",
            RuleState::Applied => "applied",
            RuleState::NoPositions => "off: no positions",
        };
        [
            code(&r.rule),
            text(&r.description),
            text(state),
            num(count(r.rows)),
            num(share(r.rows, q.rows_read)),
            num(count(r.subscribers)),
        ]
    };
    let notes = format!(
        "A rule that is counted only left all rows as they were. {} rows became equal to another one \
         by a change of cell, and the other one was kept. {} moves are too fast without one row to \
         blame; their rows were kept.",
        count(q.rows_made_equal),
        count(q.unresolved_speeds)
    );
    table(
        "What rules of one subscriber's history found",
        &[
            "Rule",
            "What it finds, and does where it is applied",
            "State",
            "Rows#",
            "Share#",
            "Subscribers#",
        ],
        q.history_rules.iter().map(row).collect(),
    ) + &note(&notes)
}

fn warnings(warnings: &[Warning]) -> String {
    const SHOWN: usize = 50;
    if warnings.is_empty() {
        return p("No warnings: no number is far from its like.");
    }
    let row = |w: &Warning| {
        let day = w.day.map_or_else(String::new, |day| day.to_string());
        let [value, limit] = [w.value, w.limit].map(|number| num(sig3(number)));
        [
            code(&w.measure),
            text(&w.subject),
            text(&day),
            value,
            limit,
            text(&w.text),
        ]
    };
    let more = match warnings.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => note(&format!(
            "{} more are in `quality.json`.",
            count(more as u64)
        )),
    };
    table(
        "Warnings: look at these; no row was changed for them",
        &[
            "Measure",
            "Where",
            "Day",
            "Found#",
            "Limit#",
            "What it means",
        ],
        warnings.iter().take(SHOWN).map(row).collect(),
    ) + &more
}

fn code(word: &str) -> Td {
    raw(format!("<code>{}</code>", escape(word)))
}

fn files(n: usize) -> String {
    if n == 1 {
        "1 file".to_owned()
    } else {
        format!("{n} files")
    }
}

fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        "no rows".to_owned()
    } else {
        percent(part as f64 / whole as f64)
    }
}

fn rules(caption: &str, rules: &[RuleCount], whole: u64) -> String {
    if rules.is_empty() {
        return String::new();
    }
    let rows = rules.iter().map(|r| {
        let (rows, of) = (num(count(r.rows)), num(share(r.rows, whole)));
        [code(&r.rule), text(&r.description), rows, of]
    });
    table(
        caption,
        &["Rule", "What it says", "Set aside#", "Share#"],
        rows.collect(),
    )
}

fn inputs(q: &QualityReport) -> String {
    let rows = q.inputs.iter().map(|f| {
        let hash = format!("<code class=\"hash\">{}</code>", escape(&f.blake3));
        let (rows, size) = (num(count(f.rows)), num(bytes(f.size_bytes)));
        [text(&f.name), rows, size, raw(hash)]
    });
    table(
        "Input files",
        &["File", "Rows#", "Size#", "BLAKE3"],
        rows.collect(),
    )
}

fn by_kind(q: &QualityReport) -> String {
    let total: u64 = q.events_by_kind.iter().map(|k| k.1).sum();
    let most = q
        .events_by_kind
        .iter()
        .map(|k| k.1)
        .max()
        .unwrap_or(0)
        .max(1);
    let rows = q.events_by_kind.iter().filter(|k| k.1 > 0).map(|(kind, n)| {
        let width = *n as f64 / most as f64 * 100.0;
        let bar = format!(
            "<svg class=\"meter\" aria-hidden=\"true\"><rect class=\"bar\" width=\"{width:.1}%\" \
             height=\"10\"/></svg>"
        );
        let (n, of) = (num(count(*n)), num(share(*n, total)));
        [code(kind), n, of, raw(bar)]
    });
    table(
        "Events kept, by kind",
        &["Kind", "Events#", "Share#", ""],
        rows.collect(),
    )
}
