use erewhon_risk::{AttackRow, Attacked, Rate, RiskReport};
use erewhon_types::days;
use erewhon_utility::{Better, Impossible};

use crate::{
    input::InternalPage,
    number::{count, percent, sig3},
    verdict::judge,
};

/// Columns of the narrowest terminal that is served.
const WIDTH: usize = 80;

/// The short table at the end of a run: measures, attacks, what was paid, and where the pages are.
///
/// At most 80 columns, except that paths are never cut. Exact values, so for the operator's own
/// screen; the first line says so.
pub fn terminal_summary(
    input: &InternalPage<'_>,
    internal_report: &str,
    release_report: &str,
) -> String {
    let mut out = "INTERNAL: compares with real subscribers; it must stay inside.\n\n".to_owned();
    out += &measures(input);
    out += "\n";
    out += &attacks(input.risk);
    out += "\n";
    let s = input.statement;
    out += &paragraph(
        0,
        &format!(
            "Privacy: {} for one subscriber over {} from {} ({}); about {} \
             subscribers.",
            s.guarantee,
            days(s.window.days),
            s.window.first_day,
            s.window.time_zone,
            count(s.subscribers_noisy)
        ),
    );
    for sentence in &s.resolution {
        out += &paragraph(0, &format!("- {sentence}"));
    }
    out + &format!("\ninternal report  {internal_report}\nrelease report   {release_report}\n")
}

fn measures(input: &InternalPage<'_>) -> String {
    let line = |name: &str, unit: &str, cells: [&str; 3], verdict: &str| {
        let [value, model, sampling] = cells.map(|cell| clip(cell, 8));
        let (name, unit) = (clip(name, 24), clip(unit, 5));
        let text = format!("{name:<24} {unit:<5} {value:>8} {model:>8} {sampling:>8}  {verdict}");
        clip(text.trim_end(), WIDTH) + "\n"
    };
    let mut out = line("", "", ["this", "without", "sampling"], "");
    out += &line(
        "measure",
        "unit",
        ["release", "privacy", "alone"],
        "verdict",
    );
    out += &rule();
    let mut group = None;
    for judged in judge(input.utility, input.without_privacy) {
        let m = judged.measure;
        if group.replace(m.group) != Some(m.group) {
            out += m.group.title();
            out += "\n";
        }
        let show = |value: Option<f64>| {
            let value = value.filter(|v| v.is_finite());
            value.map_or_else(|| "–".to_owned(), sig3)
        };
        let cells = [m.value, judged.without_privacy, m.sampling_error].map(show);
        let cells = cells.each_ref().map(String::as_str);
        let title = match m.better {
            Better::Lower => m.title.clone(),
            Better::Higher => clip(&m.title, 20) + " ↑",
        };
        out += &line(
            &format!(" {title}"),
            &m.unit,
            cells,
            &judged.verdict.words(""),
        );
    }
    out += &paragraph(
        0,
        "Lower is better, but where ↑ says higher. Presence is compared by earth mover's \
         distance: how far it would have to be carried. Tasks are learnt from the release and \
         examined on one half of the real people; sampling alone is who learnt from the other half.",
    );
    out + &impossible(&input.utility.impossible)
}

/// What can't be, or hardly, in the synthetic records and in the real ones.
fn impossible(kinds: &[Impossible]) -> String {
    if kinds.is_empty() {
        return String::new();
    }
    let line = |name: &str, [synthetic, real]: [&str; 2]| {
        let text = format!("{:<38} {synthetic:>16} {real:>16}", clip(name, 38));
        clip(text.trim_end(), WIDTH) + "\n"
    };
    let mut out = "\n".to_owned() + &line("can't be, or hardly", ["synthetic", "real"]) + &rule();
    for kind in kinds {
        let found = [kind.synthetic, kind.real].map(|found| match found.share() {
            None => "–".to_owned(),
            Some(_) if found.found == 0 => "0".to_owned(),
            Some(share) => percent(share),
        });
        out += &line(&kind.title, found.each_ref().map(String::as_str));
    }
    out
}

fn attacks(risk: &RiskReport) -> String {
    let mut out = attack_line(
        "attack",
        ["members", "control", "guess"],
        "excess risk, 95 %",
    );
    out += &rule();
    for release in &risk.releases {
        let name = &release.name;
        out += &clip(&format!("on {name}"), WIDTH);
        out += "\n";
        if let Some(why) = &release.not_made {
            out += &paragraph(2, &format!("not made: {why}"));
        }
        let attacks = || risk.attacks.iter().filter(|a| a.release == *name);
        for attack in attacks() {
            if let Some(row) = attack.rows.iter().max_by(|a, b| a.clarity(b)) {
                out += &attack_row(&attack.title, row);
            }
        }
        let declined = attacks().filter(|a| a.not_applicable.is_some()).count();
        if declined > 0 {
            out += &format!("  {declined} do not apply, or had too few people\n");
        }
    }
    out += &paragraph(
        0,
        "Of each attack the row that speaks most clearly against the release; all are in risk.html.",
    );
    let judged = |release: &&Attacked| release.judgement.rows_judged > 0;
    if let Some(release) = risk.releases.iter().find(judged) {
        let alarm = percent(release.judgement.false_alarm);
        out += &paragraph(
            0,
            &format!(
                "* above zero, all rows on a release of synthetic records or tables judged together: without a \
                 leak {alarm} of releases at most have such a row."
            ),
        );
    }
    out
}

fn attack_row(title: &str, row: &AttackRow) -> String {
    let hit = |rate: Rate| percent(rate.hits as f64 / rate.tries.max(1) as f64);
    let control = row.control.map_or_else(|| "–".to_owned(), hit);
    let cells = [hit(row.members), control, percent(row.random_guess)]
        .map(|cell| cell.replace("under ", "<"));
    let above = if row.above_zero == Some(true) {
        "* "
    } else {
        ""
    };
    let excess = match (row.excess, row.control) {
        (Some(e), _) => format!("{} to {}", sig3(e.low * 100.0), percent(e.high)),
        (None, Some(_)) => "no ratio".to_owned(),
        (None, None) => "–".to_owned(),
    };
    let excess = format!("{above}{excess}");
    let cells = cells.each_ref().map(String::as_str);
    attack_line(&format!("  {title}"), cells, &excess)
}

fn attack_line(name: &str, cells: [&str; 3], excess: &str) -> String {
    let [members, control, guess] = cells.map(|cell| clip(cell, 9));
    let name = clip(name, 27);
    let text = format!("{name:<27} {members:>9} {control:>9} {guess:>9}  {excess}");
    clip(text.trim_end(), WIDTH) + "\n"
}

fn rule() -> String {
    "─".repeat(WIDTH) + "\n"
}

/// Words broken at the terminal's edge; every line after the first is indented a little more.
fn paragraph(indent: usize, text: &str) -> String {
    let mut lines = vec![" ".repeat(indent)];
    for word in text.split_whitespace() {
        let word = clip(word, WIDTH - indent - 2);
        let Some(line) = lines.last_mut() else { break };
        let space = if line.trim().is_empty() { "" } else { " " };
        if line.chars().count() + space.len() + word.chars().count() <= WIDTH {
            *line += space;
            *line += &word;
        } else {
            lines.push(" ".repeat(indent + 2) + &word);
        }
    }
    lines.join("\n") + "\n"
}

fn clip(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width - 1).collect();
    kept.trim_end().to_owned() + "…"
}
