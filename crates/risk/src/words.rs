//! The plain sentences of a report.

use std::cmp::Ordering;

use crate::{AttackRow, Excess, Judgement, Rate};

/// A share of 0 to 1 as a percentage with one decimal and a true minus sign.
pub(crate) fn percent(share: f64) -> String {
    // Adding zero turns a rounded -0.0 into 0.0.
    format!("{:.1} %", (share * 1000.0).round() / 10.0 + 0.0).replace('-', "−")
}

/// A rate with its interval.
pub(crate) fn share(rate: &Rate) -> String {
    let (low, high) = (percent(rate.low), percent(rate.high));
    format!("{} (95 % interval {low} to {high})", percent(rate.share()))
}

/// Why an attack has no rows. The number of the few is not said.
pub(crate) fn too_few(none: bool, able_to: &str) -> Option<String> {
    none.then(|| {
        format!(
            "fewer than {} subscribers {able_to} in a group that the game needs",
            crate::MIN_TARGETS
        )
    })
}

/// What an attack on synthetic records found: are members hit more than people left out of the fit?
pub(crate) fn members_against_control(
    rows: &[AttackRow],
    secret: &str,
    judgement: &Judgement,
) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let measured = || rows.iter().filter_map(|row| Some((row, row.excess?)));
    let clearest = |&(row, excess): &(&AttackRow, Excess)| (row.above_zero, excess.low);
    let Some((row, excess)) = measured().max_by(|a, b| order(clearest(a), clearest(b))) else {
        return format!(
            "Everybody's {secret} are hit, in the control group too: no excess is left."
        );
    };
    let clearest = format!(
        "{} has an excess of {} (95 % interval {} to {})",
        row.label,
        percent(excess.value),
        percent(excess.low),
        percent(excess.high),
    );
    let above = rows.iter().filter(|r| r.above_zero == Some(true)).count();
    if above == 0 {
        let widest = measured().max_by(|a, b| a.1.high.total_cmp(&b.1.high));
        let (widest, most) = widest.unwrap_or((row, excess));
        let by_chance = if excess.low > 0.0 {
            let rows = judgement.rows_judged;
            format!(", which is not too rare for chance alone among {rows} rows")
        } else {
            String::new()
        };
        format!(
            "No sign that members' {secret} are hit more than those of people who were left out of \
             the fit: {clearest}{by_chance}, and no other row speaks more clearly. What can't be excluded is \
             an excess of up to {} ({}).",
            percent(most.high),
            widest.label
        )
    } else {
        format!(
            "Members' {secret} are hit more than those of people who were left out of the fit in \
             {above} of {} rows; {clearest}: the synthetic records say something about the very \
             people they were made from. Judged together with all {} rows of the report: without \
             any leak {} of reports at most say this of a row.",
            measured().count(),
            judgement.rows_judged,
            percent(judgement.false_alarm),
        )
    }
}

fn order(a: (Option<bool>, f64), b: (Option<bool>, f64)) -> Ordering {
    a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
}
