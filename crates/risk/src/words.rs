//! The plain sentences of a report.

use erewhon_types::percent;

use crate::{AttackRow, Judgement, Rate};

/// A rate with its interval.
pub(crate) fn share(rate: &Rate) -> String {
    let (low, high) = (percent(rate.low), percent(rate.high));
    format!("{} (95 % interval {low} to {high})", percent(rate.share()))
}

/// So many points.
pub(crate) fn points(known: usize) -> String {
    format!("{known} point{}", if known == 1 { "" } else { "s" })
}

/// Why an attack has no rows. The number of the few is not said.
pub(crate) fn too_few(none: bool, able_to: &str) -> Option<String> {
    none.then(|| {
        format!(
            "fewer than {} subscribers {able_to} in a group that the game needs",
            crate::scene::MIN_TARGETS
        )
    })
}

/// What an attack on synthetic records or tables found: are members hit more than people left out?
pub(crate) fn members_against_control(
    rows: &[AttackRow],
    secret: &str,
    judgement: &Judgement,
) -> String {
    let Some(clearest) = rows.iter().max_by(|a, b| a.clarity(b)) else {
        return String::new();
    };
    let (finding, judged) = (finding(clearest), judgement.rows_judged);
    let above = rows.iter().filter(|r| r.above_zero == Some(true)).count();
    if above > 0 {
        return format!(
            "Members' {secret} are hit more than those of people who were left out in \
             {above} of {} rows; {finding}: the release says something about the very \
             people it was made from. Judged together with all {judged} rows of the report: \
             without any leak {} of reports at most say this of a row.",
            rows.len(),
            percent(judgement.false_alarm),
        );
    }
    let measured = || rows.iter().filter_map(|row| Some((row, row.excess?)));
    let by_chance = if measured().any(|(_, excess)| excess.low > 0.0) {
        format!(" An interval above zero is not too rare for chance alone among {judged} rows.")
    } else {
        String::new()
    };
    let widest = measured().max_by(|a, b| a.1.high.total_cmp(&b.1.high));
    let most = widest.map_or_else(String::new, |(row, excess)| {
        format!(
            " What can't be excluded is an excess of up to {} ({}).",
            percent(excess.high),
            row.label
        )
    });
    format!(
        "No sign that members' {secret} are hit more than those of people who were left out: \
         {finding}, and no other row speaks more clearly.{by_chance}{most}"
    )
}

/// What a row shows: its excess, or both rates where the control group leaves no ratio.
fn finding(row: &AttackRow) -> String {
    let AttackRow { label, members, .. } = row;
    if let Some(excess) = row.excess {
        let (value, low, high) = (excess.value, excess.low, excess.high);
        let [value, low, high] = [value, low, high].map(percent);
        return format!("{label} has an excess of {value} (95 % interval {low} to {high})");
    }
    let control = row.control.map_or_else(String::new, |control| {
        let control = percent(control.share());
        format!(" and {control} of the control group, too many for a ratio of the two")
    });
    format!(
        "{label} hits {} of members{control}",
        percent(members.share())
    )
}
