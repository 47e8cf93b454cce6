use erewhon_model::PrivacyStatement;
use erewhon_types::{Guarantee, Loss, days};

use crate::{
    html::{Section, banner, escape, list, note, num, raw, table, text},
    number::{count, sig3},
};

/// The privacy statement; every number in it was paid for, so both pages print it.
pub(crate) fn section(statement: &PrivacyStatement) -> Section {
    let s = statement;
    let facts = [
        ("Who is protected", s.unit.to_string()),
        (
            "What is hidden",
            "whether that subscriber's records were used at all: the guarantee compares the data \
             with and without them (add or remove one)"
                .to_owned(),
        ),
        (
            "Window",
            format!(
                "{} from {}, {}",
                days(s.window.days),
                s.window.first_day,
                s.window.time_zone
            ),
        ),
        (
            "Total privacy loss",
            match s.guarantee.loss() {
                Loss::Epsilon(_) => {
                    format!("{} (pure differential privacy)", symbols(s.guarantee))
                }
                Loss::Rho(rho) => format!(
                    "{}, from ρ = {rho} (zero-concentrated differential privacy)",
                    symbols(s.guarantee)
                ),
            },
        ),
        (
            "In words",
            format!(
                "whatever someone concludes about a person from this release, the odds differ by {} from \
                 what they would be without that person's records",
                factor(s.guarantee)
            ),
        ),
        (
            "Subscribers, noisy",
            format!("about {}", count(s.subscribers_noisy)),
        ),
    ];
    let facts: String = facts
        .iter()
        .map(|(name, value)| format!("<div><dt>{name}</dt><dd>{}</dd></div>\n", escape(value)))
        .collect();
    let body = format!("<dl class=\"facts\">\n{facts}</dl>\n")
        + &queries(s)
        + &resolution(s)
        + &not_covered(s);
    Section::new("privacy", "Privacy statement", body)
}

/// The loss in short.
pub(crate) fn symbols(guarantee: Guarantee) -> String {
    let epsilon = format!("ε = {}", guarantee.epsilon);
    match guarantee.delta() {
        None => epsilon,
        Some(delta) => format!("{epsilon}, δ = {delta}"),
    }
}

/// By how much odds shift, in words.
pub(crate) fn factor(guarantee: Guarantee) -> String {
    let factor = sig3(guarantee.epsilon.value().exp());
    match guarantee.delta() {
        None => format!("a factor of {factor} at most"),
        Some(delta) => format!("a factor of {factor} at most, and {delta} added to it"),
    }
}

fn queries(s: &PrivacyStatement) -> String {
    let mut rows: Vec<_> = s
        .queries
        .iter()
        .map(|q| {
            [
                raw(format!("<code>{}</code>", escape(&q.name))),
                text(&q.contribution),
                num(count(q.entries)),
                num(sig3(q.sensitivity_people)),
                num(q.loss.value().to_string()),
                num(sig3(q.noise_sd_people)),
            ]
        })
        .collect();
    let total = raw("<b>Total</b>".to_owned());
    let blank = || num("");
    rows.push([
        total,
        text(""),
        blank(),
        blank(),
        num(s.guarantee.loss().value().to_string()),
        blank(),
    ]);
    table(
        "What was asked of the records",
        &[
            "Query",
            "What one subscriber adds",
            "Entries#",
            "Sensitivity, people#",
            match s.guarantee.loss() {
                Loss::Epsilon(_) => "Charge, ε#",
                Loss::Rho(_) => "Charge, ρ#",
            },
            "Noise sd, people#",
        ],
        rows,
    ) + &note(
        "Sensitivity: the most one subscriber can change the whole table. Noise sd: the standard \
         deviation of the noise added to each entry.",
    )
}

fn resolution(s: &PrivacyStatement) -> String {
    if s.resolution.is_empty() {
        return String::new();
    }
    "<h3>What it can resolve</h3>\n".to_owned() + &list(&s.resolution)
}

fn not_covered(s: &PrivacyStatement) -> String {
    let heading = "<h3>What the guarantee does not cover</h3>\n".to_owned();
    if s.not_covered.is_empty() {
        return heading
            + &banner(
                "Not stated.",
                "The statement names no limits of the guarantee.",
            );
    }
    heading + &list(&s.not_covered)
}
