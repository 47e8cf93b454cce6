//! The plain sentences of a report.

use crate::{AttackRow, Rate};

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
    let measured = || rows.iter().filter_map(|row| Some((row, row.excess?)));
    let above = measured().filter(|(_, excess)| excess.low > 0.0).count();
    let Some((row, excess)) = measured().max_by(|a, b| a.1.low.total_cmp(&b.1.low)) else {
        return if rows.is_empty() {
            String::new()
        } else {
            format!("Every control person's {secret} are hit too, so no excess can be measured.")
        };
    };
    let number = format!(
        "excess {} (95 % interval {} to {}, {})",
        percent(excess.value),
        percent(excess.low),
        percent(excess.high),
        row.label
    );
    let rows = measured().count();
    if above == 0 {
        format!(
            "Members' {secret} are hit no more than those of people who were left out of the fit: \
             the largest sign of a difference is an {number}, which contains 0."
        )
    } else {
        format!(
            "Members' {secret} are hit more than those of people who were left out of the fit in \
             {above} of {rows} rows, most clearly with an {number}: the synthetic records say \
             something about the very people they were made from. Without any leak a row shows \
             this in 1 report of 40."
        )
    }
}
