use std::path::Path;

use erewhon_session::{CellIssues, CellSummary, Frame, SetAside, read_cells};
use erewhon_types::Result;
use serde::Serialize;

use crate::ui::Ui;

/// Rows named for each rule; JSON has them all.
const NAMED: usize = 8;

#[derive(Serialize)]
struct Shown {
    summary: CellSummary,
    issues: CellIssues,
}

/// What a cell list holds and what its rules set aside. Cells are public, so they are named.
pub(crate) fn show(path: &Path, ui: &Ui) -> Result<()> {
    let (cells, issues) = read_cells(path)?;
    let shown = Shown {
        summary: cells.summary(),
        issues,
    };
    ui.result("erewhon.cells.v1", &shown, &text(&shown))
}

fn text(shown: &Shown) -> String {
    let Shown { summary, issues } = shown;
    let mut lines = vec![
        format!(
            "rows     {} read, {} kept, {} merged",
            issues.read, issues.kept, issues.merged
        ),
        format!("cells    {} at {} sites", summary.cells, summary.sites),
    ];
    let [west, south, east, north] = summary.bounds;
    match summary.frame {
        Frame::Geographic => {
            lines.push(format!(
                "extent   latitude {south} to {north}, longitude {west} to {east}"
            ));
        }
        Frame::Planar => {
            lines.push(format!(
                "extent   {west} to {east} m east, {south} to {north} m north"
            ));
        }
        Frame::Schematic => {}
    }
    if summary.frame != Frame::Schematic {
        let spacing = summary.median_spacing_m;
        let spacing = spacing.map_or_else(|| "-".to_owned(), |m| format!("{m:.0} m"));
        lines.push(format!(
            "spacing  {spacing} to the nearest other position, the median"
        ));
    }
    let radios = summary.by_radio.iter();
    let mut told: Vec<String> = radios
        .map(|(radio, rows)| format!("{rows} {}", radio.name()))
        .collect();
    let more = [
        (summary.with_azimuth, "with an azimuth"),
        (summary.with_period, "with a period"),
    ];
    told.extend(
        more.iter()
            .filter(|(rows, _)| *rows > 0)
            .map(|(rows, what)| format!("{rows} {what}")),
    );
    if !told.is_empty() {
        lines.push(format!("told     {}", told.join(", ")));
    }
    for rule in &issues.rules {
        let named: Vec<String> = rule.cells.iter().take(NAMED).map(place).collect();
        let rest = rule.cells.len().saturating_sub(NAMED);
        let rest = if rest > 0 {
            format!(", and {rest} more (--json has all)")
        } else {
            String::new()
        };
        lines.push(format!(
            "aside    {} by {}: {}",
            rule.cells.len(),
            rule.rule,
            rule.description
        ));
        lines.push(format!("         {}{rest}", named.join(", ")));
        lines.push(format!("         hint: {}", rule.hint));
    }
    lines.extend(issues.note.as_ref().map(|note| format!("note     {note}")));
    lines.join("\n")
}

fn place(row: &SetAside) -> String {
    let file = row
        .file
        .as_ref()
        .map_or_else(String::new, |file| format!("{file} "));
    let column = row
        .column
        .as_ref()
        .map_or_else(String::new, |column| format!(" column `{column}`"));
    format!("`{}` ({file}line {}{column})", row.id, row.line)
}
