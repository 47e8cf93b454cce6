use crate::{
    input::InternalPage,
    number::{maybe, percent},
    sections::measures::Grade,
};

/// Columns of the narrowest terminal that is served.
const WIDTH: usize = 80;

/// The short table at the end of a run: measures, attacks, epsilon, and where the report is.
///
/// At most 80 columns, except that the path is never cut. Exact values, so for the operator's own
/// screen.
pub fn terminal_summary(input: &InternalPage<'_>, report_path: &str) -> String {
    let mut out = line("measure", ["value", "sampling", "verdict"]);
    out += &rule();
    for m in &input.utility.measures {
        let (value, sampling) = (maybe(m.value, &m.unit), maybe(m.sampling_error, &m.unit));
        let verdict = Grade::of(m).words();
        out += &line(&m.title, [&value, &sampling, verdict]);
    }
    out += "\n";
    out += &line("attack", ["members", "control", "random guess"]);
    out += &rule();
    for attack in &input.risk.attacks {
        if let Some(reason) = &attack.not_applicable {
            out += &clip(
                &format!("{}: not applicable: {reason}", attack.title),
                WIDTH,
            );
            out += "\n";
        }
        for row in &attack.rows {
            let hit = |r: erewhon_risk::Rate| percent(r.hits as f64 / r.tries.max(1) as f64);
            let name = format!("{}, {}", attack.title, row.label);
            let control = row.control.map_or_else(|| "none".to_owned(), hit);
            let guess = percent(row.random_guess);
            out += &line(&name, [&hit(row.members), &control, &guess]);
        }
        if !attack.rows.is_empty() {
            out += &clip(&format!("  on {}", attack.release), WIDTH);
            out += "\n";
        }
    }
    let epsilon = input.statement.epsilon;
    let days = input.statement.window.days;
    out += &format!("\nepsilon {epsilon} for one subscriber over {days} days\n");
    out += &format!("report  {report_path}\n");
    out
}

/// A name and three cells, the last one flush left.
fn line(name: &str, cells: [&str; 3]) -> String {
    let name = clip(name, 28);
    let [a, b, last] = cells;
    let a = clip(a, 13);
    let b = clip(b, 13);
    let text = format!("{name:<28} {a:>13} {b:>13}  {last}");
    clip(text.trim_end(), WIDTH) + "\n"
}

fn rule() -> String {
    "─".repeat(WIDTH - 2) + "\n"
}

fn clip(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width - 1).collect();
    kept.trim_end().to_owned() + "…"
}
