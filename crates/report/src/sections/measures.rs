use erewhon_utility::Better;

use crate::{
    html::{Section, escape, note, num, p, raw, table},
    input::InternalPage,
    number::maybe,
    verdict::{Judged, LEGEND, judge},
};

pub(crate) fn section(input: &InternalPage<'_>) -> Section {
    let title = "Measures";
    let judged = judge(input.utility, input.without_privacy);
    if judged.is_empty() {
        return Section::new(
            "measures",
            title,
            p("Not available: no measure was computed."),
        );
    }
    let rows = judged.iter().map(|judged| {
        let Judged {
            measure: m,
            without_privacy,
            verdict,
        } = judged;
        let higher = match m.better {
            Better::Lower => "",
            Better::Higher => ", higher is better",
        };
        let name = format!(
            "<details><summary>{}{higher}</summary><p>{}</p><p><code>{}</code></p></details>",
            escape(&m.title),
            escape(&m.definition),
            escape(&m.id)
        );
        let verdict = format!(
            "<span class=\"grade {}\">{}</span>",
            verdict.mood(),
            escape(&verdict.words(&m.unit))
        );
        [
            raw(name),
            num(maybe(m.value, &m.unit)),
            num(maybe(*without_privacy, &m.unit)),
            num(maybe(m.sampling_error, &m.unit)),
            raw(verdict),
        ]
    });
    let body = p(
        "Each measure compares real people with others: with this release, with what the same \
         model would give without privacy, and, as the yardstick, one half of the real people with \
         the other half, which is what sampling alone does. Lower is better unless it says otherwise. \
         Open a measure's name for its definition.",
    ) + &table(
        "Against the real people",
        &[
            "Measure",
            "This release#",
            "Without privacy#",
            "Sampling alone#",
            "Verdict",
        ],
        rows.collect(),
    ) + &note(LEGEND);
    Section::new("measures", title, body)
}
