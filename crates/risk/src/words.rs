//! The plain sentences of a report.

use crate::{AttackRow, Excess, Rate};

/// A share of 0 to 1 as a percentage with one decimal.
pub(crate) fn percent(share: f64) -> String {
    // Adding zero turns a rounded -0.0 into 0.0.
    format!("{:.1} %", (share * 1000.0).round() / 10.0 + 0.0)
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
pub(crate) fn members_against_control(rows: &[AttackRow], secret: &str) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let measured: Vec<(&AttackRow, Excess)> = rows
        .iter()
        .filter_map(|row| Some((row, row.excess?)))
        .collect();
    let Some(&(row, excess)) = measured.iter().max_by(|a, b| a.1.low.total_cmp(&b.1.low)) else {
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
    let above = measured.iter().filter(|(_, e)| e.low > 0.0).count();
    if above == 0 {
        let widest = measured.iter().max_by(|a, b| a.1.high.total_cmp(&b.1.high));
        let (widest, most) = widest.copied().unwrap_or((row, excess));
        format!(
            "No sign that members' {secret} are hit more than those of people who were left out of \
             the fit: {clearest}, and no other row speaks more clearly. What can't be excluded is \
             an excess of up to {} ({}).",
            percent(most.high),
            widest.label
        )
    } else {
        format!(
            "Members' {secret} are hit more than those of people who were left out of the fit in \
             {above} of {} rows; {clearest}: the synthetic records say something about the very \
             people they were made from. Without any leak a row shows this in about 1 report of 40.",
            measured.len()
        )
    }
}
