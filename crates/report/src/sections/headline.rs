use erewhon_risk::RiskReport;
use erewhon_types::days;

use super::privacy::{factor, symbols};
use crate::{
    html::{Section, figure, p},
    input::InternalPage,
    number::{count, maybe, percent},
    verdict::{Judged, Verdict, judge},
};

pub(crate) fn section(input: &InternalPage<'_>) -> Section {
    let (utility, statement) = (input.utility, input.statement);
    let judged = judge(utility, input.without_privacy);
    let guarantee = statement.guarantee;
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
            &symbols(guarantee),
            &format!(
                "for one subscriber over {}; odds about anyone shift by {}",
                days(statement.window.days),
                factor(guarantee)
            ),
            "",
        )
        + &fidelity(&judged)
        + &distance(&judged)
        + &attack(input.risk)
        + "</dl>\n";
    Section::new("headline", "In short", body)
}

/// How many errors noise is not to blame for.
fn fidelity(judged: &[Judged<'_>]) -> String {
    let count = |wanted: fn(&Verdict) -> bool| {
        let verdicts = judged.iter().map(|j| j.verdict);
        verdicts.filter(wanted).count()
    };
    let sampling = count(|v| *v == Verdict::Sampling);
    let model = count(|v| *v == Verdict::Model);
    let noise = count(|v| matches!(v, Verdict::Noise { .. }));
    let all = sampling + model + noise;
    if all == 0 {
        let meaning = "no measure could be held against the model without privacy";
        return figure("Cost of privacy", "not available", meaning, "");
    }
    let mood = match noise as f64 / all as f64 {
        share if share <= 0.25 => "good",
        share if share <= 0.6 => "fair",
        _ => "poor",
    };
    let meaning = format!(
        "measures that noise made worse; {model} more are at the model's own limit, {sampling} \
         within sampling error"
    );
    figure(
        "Cost of privacy",
        &format!("{noise} of {all}"),
        &meaning,
        mood,
    )
}

fn distance(judged: &[Judged<'_>]) -> String {
    let Some(judged) = judged.iter().find(|j| j.measure.id == "hourly_emd_km") else {
        return String::new();
    };
    let Judged {
        measure: m,
        without_privacy,
        verdict,
    } = judged;
    let meaning = format!(
        "mean distance that presence is off; {}; the model without privacy: {}; sampling alone: {}",
        verdict.words(&m.unit),
        maybe(*without_privacy, &m.unit),
        maybe(m.sampling_error, &m.unit)
    );
    figure(&m.title, &maybe(m.value, &m.unit), &meaning, verdict.mood())
}

/// How many of the judged rows on synthetic records are above zero, and the clearest of them.
fn attack(risk: &RiskReport) -> String {
    let judged = || {
        let attacks = risk.attacks.iter();
        attacks
            .flat_map(|attack| attack.rows.iter().map(move |row| (attack, row)))
            .filter(|(_, row)| row.above_zero.is_some())
    };
    let clearest = judged().max_by(|(_, a), (_, b)| a.clarity(b));
    let Some((attack, row)) = clearest else {
        let meaning = "no attack with a control group was run on the synthetic records";
        return figure("Attacks", "not available", meaning, "");
    };
    let what = match (row.excess, row.control) {
        (Some(excess), _) => format!(
            "excess risk {}, 95 % interval {} to {}",
            percent(excess.value),
            percent(excess.low),
            percent(excess.high)
        ),
        (None, Some(control)) => format!(
            "{} of members are hit, and {} of the control group, too many for a ratio",
            percent(row.members.share()),
            percent(control.share())
        ),
        (None, None) => return String::new(),
    };
    let above = judged().filter(|(_, row)| row.above_zero == Some(true));
    let (above, all) = (above.count(), judged().count());
    let mood = if above == 0 { "good" } else { "poor" };
    let meaning = format!(
        "rows of attacks on the synthetic records hit members more than chance explains, judged together; the \
         clearest, {}, {}: {what}",
        attack.title, row.label
    );
    figure("Attacks", &format!("{above} of {all}"), &meaning, mood)
}
