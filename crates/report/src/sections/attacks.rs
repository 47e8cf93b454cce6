use erewhon_risk::{Attack, AttackRow, Judgement, Rate, RiskReport, Verdict};

use super::matrix::matrix;
use crate::{
    html::{Section, Td, banner, escape, list, note, num, p, raw, table, text},
    number::{count, percent, sig3},
    svg::{nice, range_bar},
};

/// The attacks at a glance; each of them in full is on the risk page.
pub(crate) fn glance(risk: &RiskReport) -> Section {
    let body = if risk.attacks.is_empty() {
        none()
    } else {
        p(FRAME) + &judged(&risk.judgement) + &matrix(risk) + &note("In full: risk.html.")
    };
    Section::new("attacks", "Attacks", body)
}

/// Every attack in full.
pub(crate) fn section(risk: &RiskReport) -> Section {
    let body = if risk.attacks.is_empty() {
        none()
    } else {
        p(
            "Bars are 95 % intervals, each for its own row; they count people, however many tries at each.",
        ) + &judged(&risk.judgement)
            + "<p class=\"key\"><i class=\"members\"></i>members <i class=\"control\"></i>control \
               <i class=\"guess\"></i>random guess</p>\n"
            + &risk.attacks.iter().map(attack).collect::<String>()
    };
    Section::new("attacks", "Attacks", body)
}

const FRAME: &str = "Each attack is played against people in the release (members), against people who \
                     never entered it (control), and compared with a guess at random. Only what hits \
                     members more than the control group is a leak of this release.";

fn none() -> String {
    p("Not available: no attack was run.")
}

/// Every attack against every release, what exceeds the policy, and what changed.
pub(crate) fn overview(risk: &RiskReport) -> Section {
    let body = p(FRAME) + &matrix(risk) + &verdict(risk) + &changes(risk);
    Section::new("matrix", "At a glance", body)
}

fn verdict(risk: &RiskReport) -> String {
    let Some(verdict) = &risk.verdict else {
        return note("No risk policy was given, so nothing is allowed or exceeded.");
    };
    let limits = verdict.policy.limit.len();
    if verdict.is_kept() {
        return p(&format!(
            "Risk policy: all of {limits} limits were tested and none is exceeded."
        ));
    }
    let gaps = untested(verdict);
    if verdict.breaches.is_empty() {
        return gaps;
    }
    let rows = verdict.breaches.iter().map(|breach| {
        [
            text(&breach.attack),
            text(&breach.release),
            text(&breach.row),
            text(&breach.what),
        ]
    });
    banner(
        "Risk policy exceeded.",
        "A person decides what follows: a release chosen by these figures is chosen by people's records.",
    ) + &table(
        "Beyond the policy",
        &["Attack", "Release", "Row", "What"],
        rows.collect(),
    ) + &gaps
}

/// Limits that nothing was held to.
fn untested(verdict: &Verdict) -> String {
    if verdict.untested.is_empty() {
        return String::new();
    }
    let rows = verdict
        .untested
        .iter()
        .map(|gap| [num(gap.limit.to_string()), text(&gap.key), text(&gap.lacks)]);
    banner(
        "Risk policy not tested in full.",
        "No attack had a row that these limits could be held to, so nothing is known of them.",
    ) + &table(
        "Limits without a test",
        &["Limit#", "Asks", "No row had"],
        rows.collect(),
    )
}

fn changes(risk: &RiskReport) -> String {
    let Some(changes) = &risk.changes else {
        return note("There is no earlier run of these attacks on these releases to compare with.");
    };
    if changes.is_empty() {
        return p("Since the run before, no rate has moved by more than its interval.");
    }
    let share = |rate: Option<Rate>| num(rate.map_or("–".to_owned(), |r| percent(r.share())));
    let rows = changes.iter().map(|change| {
        [
            text(&change.attack),
            text(&change.release),
            text(&change.row),
            share(change.before),
            share(change.now),
        ]
    });
    table(
        "What changed since the run before",
        &["Attack", "Release", "Row", "Before#", "Now#"],
        rows.collect(),
    )
}

/// Why a row may have an interval above zero and not be called so.
fn judged(judgement: &Judgement) -> String {
    let rows = judgement.rows_judged;
    if rows == 0 {
        return String::new();
    }
    p(&format!(
        "This page judges {rows} rows, those on synthetic records and tables with a control group, and with so \
         many an interval above zero turns up by chance. So a row is called above zero when, and only \
         when, its members would be so far ahead by chance in at most {} of cases ({} shared by \
         {rows} rows, Bonferroni; Fisher's test, one-sided). Without any leak {} of such pages at most call a row above \
         zero.",
        percent(judgement.false_alarm / f64::from(rows)),
        percent(judgement.false_alarm),
        percent(judgement.false_alarm)
    ))
}

fn attack(attack: &Attack) -> String {
    let release = format!(" <small>on {}</small>", escape(&attack.release));
    let head = format!("<h3>{}{release}</h3>\n", escape(&attack.title));
    if let Some(reason) = &attack.not_applicable {
        return head + &note(&format!("Not applicable: {reason}"));
    }
    let head = head + &p(&attack.question);
    let most = attack.rows.iter().map(highest).fold(0.001, f64::max);
    let max = nice(most).min(1.0);
    let rows = attack.rows.iter().map(|r| row(r, max)).collect();
    let scale = format!("Intervals, 0 to {}", percent(max));
    let headings = [
        "Attacker",
        "Members#",
        "Control#",
        "Random guess#",
        "Excess risk#",
        &scale,
    ];
    let figures = attack.figures.iter();
    let figures: Vec<String> = figures
        .map(|figure| format!("{}: {}", figure.label, sig3(figure.value)))
        .collect();
    format!(
        "{head}{}<p class=\"verdict\">{}</p>\n{}",
        table(
            "Success of the attacker, with 95 % intervals",
            &headings,
            rows
        ),
        escape(&attack.verdict),
        list(&figures)
    )
}

fn highest(row: &AttackRow) -> f64 {
    let control = row.control.map_or(0.0, |c| c.high);
    row.members.high.max(control).max(row.random_guess)
}

fn row(row: &AttackRow, max: f64) -> [Td; 6] {
    let control = row
        .control
        .as_ref()
        .map_or_else(|| cell("not available", "no control group"), rate);
    [
        text(&row.label),
        rate(&row.members),
        control,
        num(percent(row.random_guess)),
        excess(row),
        raw(bars(row, max)),
    ]
}

fn excess(row: &AttackRow) -> Td {
    let (value, fine) = match (row.excess, row.control) {
        (Some(e), _) => (percent(e.value), interval(e.low, e.high)),
        (None, Some(_)) => (
            "no ratio".to_owned(),
            "over nine in ten of the control group are hit".to_owned(),
        ),
        (None, None) => return cell("not available", "no control group"),
    };
    let verdict = match row.above_zero {
        Some(true) => "<small class=\"grade poor\">above zero</small>",
        Some(false) => "<small>not above zero</small>",
        None => "",
    };
    raw(format!(
        "<span class=\"v\">{value}<small>{fine}</small>{verdict}{}</span>",
        beyond(row)
    ))
}

/// Whether members are hit more than the claim of the release allows.
pub(super) fn beyond(row: &AttackRow) -> String {
    match (row.within_bound, row.bound) {
        (Some(false), Some(bound)) => format!(
            "<small class=\"grade poor\">beyond its claim: {} at most</small>",
            percent(bound)
        ),
        _ => String::new(),
    }
}

fn rate(rate: &Rate) -> Td {
    let fine = format!(
        "{}; {} of {}",
        interval(rate.low, rate.high),
        count(rate.hits),
        count(rate.tries)
    );
    if rate.tries == 0 {
        return cell("not available", "no tries");
    }
    cell(&percent(share(rate)), &fine)
}

fn share(rate: &Rate) -> f64 {
    rate.hits as f64 / rate.tries.max(1) as f64
}

fn interval(low: f64, high: f64) -> String {
    format!("{} to {}", percent(low), percent(high))
}

fn cell(value: &str, fine: &str) -> Td {
    raw(format!(
        "<span class=\"v\">{}<small>{}</small></span>",
        escape(value),
        escape(fine)
    ))
}

fn bars(row: &AttackRow, max: f64) -> String {
    let guess = (row.random_guess / max).clamp(0.0, 1.0) * 96.0 + 2.0;
    let m = row.members;
    let control = row.control.map_or_else(String::new, |c| {
        range_bar("control", 24.0, c.low, share(&c), c.high, max)
    });
    format!(
        "<svg class=\"ranges\" role=\"img\" aria-label=\"intervals of the row\">\
         <line class=\"axis\" x1=\"2%\" x2=\"98%\" y1=\"33\" y2=\"33\"/>\
         <line class=\"guess\" x1=\"{guess:.2}%\" x2=\"{guess:.2}%\" y1=\"2\" y2=\"33\"/>{}{control}\
         </svg>",
        range_bar("members", 11.0, m.low, share(&m), m.high, max)
    )
}
