use erewhon_events::{QualityReport, Roaming, RuleState};
use erewhon_types::{Window, days};

use crate::number::{count, sig3};

/// Warnings that a terminal shows; all are on the page and in the JSON.
const SHOWN: usize = 10;

/// The quality report as a table for the operator's own terminal, at most 80 columns wide but for
/// names of files and cells.
///
/// Rows first, then whom they are of, then the cell list.
///
/// # Privacy
/// Exact counts; the first line says so.
pub fn quality_table(quality: &QualityReport, window: &Window) -> String {
    let line = |name: &str, n: u64| format!("{name:<28} {:>12}\n", count(n));
    let mut out = "INTERNAL\n".to_owned();
    out += &format!(
        "window: {} from {}, time zone {}\n\n",
        days(window.days),
        window.first_day,
        window.time_zone
    );
    out += &line("rows read", quality.rows_read);
    out += &line("rows kept", quality.rows_kept);
    out += "rows by rule\n";
    for rule in quality.rules.iter().filter(|rule| rule.rows > 0) {
        out += &line(&format!("  {}", rule.rule), rule.rows);
    }
    for rule in &quality.history_rules {
        let state = match rule.state {
            RuleState::Applied if rule.rows > 0 => "",
            RuleState::Counted if rule.rows > 0 => "  counted only, rows as they were",
            _ => continue,
        };
        out += line(&format!("  {}", rule.rule), rule.rows).trim_end();
        out += state;
        out.push('\n');
    }
    if quality.rows_made_equal > 0 {
        out += &line("  made equal by cleaning", quality.rows_made_equal);
    }
    out += "\n";
    out += &line("subscribers", quality.subscribers);
    for (name, roaming) in [
        ("  domestic", Roaming::Domestic),
        ("  inbound roamers", Roaming::Inbound),
    ] {
        let (_, subscribers) = quality.contents.homes.of(roaming);
        if subscribers > 0 {
            out += &line(name, subscribers);
        }
    }
    out += "\n";
    out += &line("cells in the list", quality.cells_read);
    out += &line("cells kept", quality.cells_kept);
    out += &line("cells with events", quality.contents.cells_met);
    out += "cells set aside, by rule\n";
    for rule in quality.cell_rules.iter().filter(|rule| rule.rows > 0) {
        out += &line(&format!("  {}", rule.rule), rule.rows);
    }
    out += "\n";
    out += &line("warnings", quality.warnings.len() as u64);
    for warning in quality.warnings.iter().take(SHOWN) {
        let day = warning
            .day
            .map_or_else(String::new, |day| format!(" {day}"));
        let (measure, subject) = (&warning.measure, &warning.subject);
        out += &format!(
            "  {measure}, {subject}{day}: {} (limit {})\n",
            sig3(warning.value),
            sig3(warning.limit)
        );
        out += &format!("    {}\n", warning.text);
    }
    let more = quality.warnings.len().saturating_sub(SHOWN);
    if more > 0 {
        out += &format!("  and {more} more, which the quality report lists\n");
    }
    out
}
