use erewhon_events::{QualityReport, RuleCount};
use erewhon_types::{Calendar, Window};

use crate::{
    html::{Section, escape, num, p, raw, table, text},
    input::InternalPage,
    number::{bytes, count, percent},
    svg::{Axis, c, tick},
};

pub(crate) fn section(input: &InternalPage<'_>) -> Section {
    let q = input.quality;
    let lead = format!(
        "{} rows were read from {} and {} kept ({}), from {} subscribers. Of {} cells in the cell \
         list, {} are used.",
        count(q.rows_read),
        files(q.inputs.len()),
        count(q.rows_kept),
        share(q.rows_kept, q.rows_read),
        count(q.subscribers),
        count(q.cells_read),
        count(q.cells_kept)
    );
    let body = p(&lead)
        + &by_day(&q.events_by_day, &input.statement.window)
        + &by_kind(q)
        + &rules("Rows set aside, by rule", &q.rules, q.rows_read)
        + &rules("Cells set aside, by rule", &q.cell_rules, q.cells_read)
        + &inputs(q);
    Section::new("quality", "What went in", body)
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
        let rule = format!("<code>{}</code>", escape(&r.rule));
        let (rows, of) = (num(count(r.rows)), num(share(r.rows, whole)));
        [raw(rule), text(&r.description), rows, of]
    });
    table(
        caption,
        &["Rule", "What it says", "Set aside#", "Share#"],
        rows.collect(),
    )
}

fn inputs(q: &QualityReport) -> String {
    let rows = q.inputs.iter().map(|f| {
        let hash = format!("<code class=\"hash\">{}</code>", escape(&f.sha256));
        let (rows, size) = (num(count(f.rows)), num(bytes(f.size_bytes)));
        [text(&f.name), rows, size, raw(hash)]
    });
    table(
        "Input files",
        &["File", "Rows#", "Size#", "SHA-256"],
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
        [raw(format!("<code>{}</code>", escape(kind))), n, of, raw(bar)]
    });
    table(
        "Events kept, by kind",
        &["Kind", "Events#", "Share#", ""],
        rows.collect(),
    )
}

/// Bars, one a local day; weekends in a quieter colour.
fn by_day(days: &[u64], window: &Window) -> String {
    let Ok(calendar) = Calendar::new(window) else {
        return String::new();
    };
    let most = days.iter().copied().max().unwrap_or(0);
    if most == 0 {
        return p("Events by day are not available: no event was kept.");
    }
    // Across in per cent, so that the letters keep their size at every width.
    let (left, top, bottom) = (11.0, 8.0, 120.0);
    let y = Axis::new(0.0, most as f64, false, bottom, top);
    let width = (100.0 - left) / days.len() as f64;
    let mut marks: String = y
        .ticks()
        .into_iter()
        .map(|n| grid(left, y.at(n), n))
        .collect();
    // Whole weeks apart, and few enough for a phone.
    let every = 7 * days.len().div_ceil(7 * 4).max(1);
    let mut date = window.first_day;
    for (i, &n) in days.iter().enumerate() {
        let x = left + i as f64 * width;
        let rest = if calendar.is_workday(i as u16) {
            ""
        } else {
            " rest"
        };
        let height = y.at(0.0) - y.at(n as f64);
        marks += &format!(
            "<rect class=\"bar{rest}\" x=\"{:.2}%\" y=\"{}\" width=\"{:.2}%\" height=\"{}\" \
             data-tip=\"{date}: {} events\"/>",
            x + width * 0.1,
            c(y.at(n as f64)),
            width * 0.8,
            c(height),
            count(n)
        );
        if i.is_multiple_of(every) {
            marks += &format!(
                "<text x=\"{:.2}%\" y=\"{}\">{date}</text>",
                x + width * 0.1,
                bottom + 17.0
            );
        }
        date = date.tomorrow().unwrap_or(date);
    }
    format!(
        "<figure class=\"wide\"><figcaption>Events kept by local day <span class=\"key\">\
         <i class=\"bar\"></i>workday <i class=\"bar rest\"></i>weekend</span></figcaption>\n\
         <svg class=\"days\" role=\"img\" \
         aria-label=\"Events kept on each of {} days, at most {}\">{marks}</svg></figure>\n",
        days.len(),
        count(most)
    )
}

fn grid(left: f64, y: f64, events: f64) -> String {
    format!(
        "<line class=\"grid\" x1=\"{left}%\" x2=\"100%\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
         <text x=\"{:.1}%\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
        left - 1.0,
        y + 3.5,
        tick(events)
    )
}
