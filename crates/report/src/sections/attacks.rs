use erewhon_risk::{Attack, AttackRow, Judgement, Rate, RiskReport};

use crate::{
    html::{Section, Td, escape, note, num, p, raw, table, text},
    number::{count, percent},
    svg::{nice, range_bar},
};

pub(crate) fn section(risk: &RiskReport) -> Section {
    let title = "Attacks";
    if risk.attacks.is_empty() {
        return Section::new("attacks", title, p("Not available: no attack was run."));
    }
    let attacks: String = risk.attacks.iter().map(attack).collect();
    let body = p(
        "Each attack is played against people in the release (members), against people who \
                  never entered it (control), and compared with a guess at random. Only what hits \
                  members more than the control group is a leak of this release. Bars are 95 % \
                  intervals, each for its own row; they count people, however many tries at each.",
    ) + &judged(&risk.judgement)
        + "<p class=\"key\"><i class=\"members\"></i>members <i class=\"control\"></i>control \
           <i class=\"guess\"></i>random guess</p>\n"
        + &attacks;
    Section::new("attacks", title, body)
}

/// Why a row may have an interval above zero and not be called so.
fn judged(judgement: &Judgement) -> String {
    let rows = judgement.rows_judged;
    if rows == 0 {
        return String::new();
    }
    p(&format!(
        "This page judges {rows} rows, those on synthetic records with a control group, and with so \
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
    let head = format!(
        "<h3>{}{release}</h3>\n{}",
        escape(&attack.title),
        p(&attack.question)
    );
    if let Some(reason) = &attack.not_applicable {
        return head + &note(&format!("Not applicable: {reason}"));
    }
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
    format!(
        "{head}{}<p class=\"verdict\">{}</p>\n",
        table(
            "Success of the attacker, with 95 % intervals",
            &headings,
            rows
        ),
        escape(&attack.verdict)
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
        "<span class=\"v\">{value}<small>{fine}</small>{verdict}</span>"
    ))
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
