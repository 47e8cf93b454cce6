use erewhon_risk::{Attack, AttackRow, RiskReport};

use super::attacks::beyond;
use crate::{
    html::{escape, note},
    number::percent,
};

/// Every attack against every release at a glance: a row an attack, a column a release.
pub(crate) fn matrix(risk: &RiskReport) -> String {
    let releases = distinct(risk.attacks.iter().map(|attack| attack.release.as_str()));
    let games = distinct(risk.attacks.iter().map(|attack| attack.id.as_str()));
    let head: String = releases
        .iter()
        .map(|name| format!("<th scope=\"col\" class=\"n\">{}</th>", escape(name)))
        .collect();
    let find = |id: &str, release: &str| {
        let mut attacks = risk.attacks.iter();
        attacks.find(|attack| attack.id == id && attack.release == release)
    };
    let body: String = games
        .iter()
        .map(|id| {
            let named = risk.attacks.iter().find(|attack| attack.id == *id);
            let (code, title) = named.map_or(("", *id), |a| (&a.code, &a.title));
            let cells: String = releases
                .iter()
                .map(|release| {
                    let label = escape(release);
                    let content = find(id, release).map_or_else(|| quiet("not run", ""), cell);
                    format!("<td data-label=\"{label}\">{content}</td>")
                })
                .collect();
            format!(
                "<tr><th scope=\"row\">{} <small>{}</small></th>{cells}</tr>\n",
                escape(title),
                escape(code)
            )
        })
        .collect();
    let caption = "Every attack against every release";
    format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\">\n\
         <table class=\"stack\"><caption>{caption}</caption>\n<thead><tr><th scope=\"col\">Attack</th>\
         {head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>\n"
    ) + &note(
        "Each field shows the row that speaks most clearly against the release: by how much members are hit \
         more than people outside it (excess), or, without a control group, how many members are hit. \
         Below: members and control group. A star marks an excess above zero, all rows judged together.",
    )
}

/// The names in the order in which they first come.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}

fn cell(attack: &Attack) -> String {
    if let Some(why) = &attack.not_applicable {
        return quiet("not applicable", why);
    }
    let Some(row) = attack.rows.iter().max_by(|a, b| a.clarity(b)) else {
        return quiet("no rows", "");
    };
    let members = percent(row.members.share());
    let (value, fine) = match (row.excess, row.control) {
        (Some(excess), Some(control)) => (
            percent(excess.value),
            format!("{members}, control {}", percent(control.share())),
        ),
        (None, Some(control)) => (
            members,
            format!("control {}, no ratio", percent(control.share())),
        ),
        (_, None) => (members, "no control group".to_owned()),
    };
    let star = if row.above_zero == Some(true) {
        " *"
    } else {
        ""
    };
    let outside = (attack.rows.iter())
        .find(|row| row.within_bound == Some(false))
        .map_or_else(String::new, beyond);
    format!(
        "<span class=\"v {}\" title=\"{}\">{}{star}<small>{}</small>{outside}</span>",
        mood(row),
        escape(&row.label),
        escape(&value),
        escape(&fine)
    )
}

fn quiet(word: &str, why: &str) -> String {
    format!(
        "<span class=\"v\" title=\"{}\"><small>{}</small></span>",
        escape(why),
        escape(word)
    )
}

/// Poor where the row speaks against the release, good where it does not.
fn mood(row: &AttackRow) -> &'static str {
    let excess = row
        .excess
        .map_or(row.members.share(), |excess| excess.value);
    match row.above_zero {
        Some(true) => "grade poor",
        Some(false) => "grade good",
        None if excess >= 0.2 => "grade poor",
        None if excess >= 0.05 => "grade fair",
        None => "grade good",
    }
}
