use erewhon_risk::RiskReport;

use super::measures::Grade;
use crate::{
    html::{Section, figure, p},
    input::InternalPage,
    number::{count, maybe, percent, sig3},
};

pub(crate) fn section(input: &InternalPage<'_>) -> Section {
    let (utility, statement) = (input.utility, input.statement);
    let epsilon = statement.epsilon;
    let body = p(
        "Raw phone records went in; a differentially private model came out, and synthetic \
                  records were drawn from it. This page compares the synthetic records with the \
                  real ones, and reports attacks on them.",
    ) + "<dl class=\"figures\">\n"
        + &figure(
            "Subscribers",
            &format!(
                "{} → {}",
                count(utility.subscribers_real),
                count(utility.subscribers_synthetic)
            ),
            "real → synthetic",
            "",
        )
        + &figure(
            "Events",
            &format!(
                "{} → {}",
                count(utility.events_real),
                count(utility.events_synthetic)
            ),
            "real → synthetic, inside the window",
            "",
        )
        + &figure(
            "Privacy",
            &format!("ε = {epsilon}"),
            &format!(
                "for one subscriber over {} days; odds about anyone shift by a factor of {} at most",
                statement.window.days,
                sig3(epsilon.value().exp())
            ),
            "",
        )
        + &fidelity(input)
        + &distance(input)
        + &attack(input.risk)
        + "</dl>\n";
    Section::new("headline", "In short", body)
}

fn fidelity(input: &InternalPage<'_>) -> String {
    let grades: Vec<Grade> = input.utility.measures.iter().map(Grade::of).collect();
    let judged = grades.iter().filter(|g| **g != Grade::Unknown).count();
    let fine = |g: &&Grade| matches!(g, Grade::Sampling | Grade::Close);
    let good = grades.iter().filter(fine).count();
    if judged == 0 {
        return figure(
            "Fidelity",
            "not available",
            "no measure could be judged",
            "",
        );
    }
    let mood = match good as f64 / judged as f64 {
        share if share >= 0.75 => "good",
        share if share >= 0.4 => "fair",
        _ => "poor",
    };
    let value = format!("{good} of {judged}");
    figure(
        "Fidelity",
        &value,
        "measures within 3 times what sampling alone does",
        mood,
    )
}

fn distance(input: &InternalPage<'_>) -> String {
    let Some(m) = input
        .utility
        .measures
        .iter()
        .find(|m| m.id == "hourly_emd_km")
    else {
        return String::new();
    };
    let grade = Grade::of(m);
    let meaning = format!(
        "{}; sampling alone: {}",
        grade.words(),
        maybe(m.sampling_error, &m.unit)
    );
    figure(&m.title, &maybe(m.value, &m.unit), &meaning, grade.mood())
}

/// The attack that hits people in the synthetic records hardest, beyond the control group.
fn attack(risk: &RiskReport) -> String {
    let excess = risk
        .attacks
        .iter()
        .filter(|a| a.release.contains("synthetic"))
        .flat_map(|a| a.rows.iter().map(move |r| (a, r)))
        .filter_map(|(a, r)| r.excess.map(|e| (a, r, e)))
        .max_by(|x, y| x.2.value.total_cmp(&y.2.value));
    let Some((attack, row, excess)) = excess else {
        let meaning = "no attack with a control group was run on the synthetic records";
        return figure("Strongest attack", "not available", meaning, "");
    };
    let (verdict, mood) = if excess.low > 0.0 {
        ("members are hit more often than strangers", "poor")
    } else {
        ("no more than strangers, within the interval", "good")
    };
    let meaning = format!(
        "excess risk of the strongest attack on the synthetic records ({}, {}), {} to {}: {verdict}",
        attack.title,
        row.label,
        percent(excess.low),
        percent(excess.high)
    );
    figure("Strongest attack", &percent(excess.value), &meaning, mood)
}
