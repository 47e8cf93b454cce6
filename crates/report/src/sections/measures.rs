use erewhon_utility::{Better, Count, Group, Impossible, Measure};

use crate::{
    html::{Section, Td, escape, note, num, p, raw, table},
    input::InternalPage,
    number::{MISSING, count, maybe},
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
    let mut body = p(
        "Each measure compares real people with others: with this release, with what the same \
         model would give without privacy, and, as the yardstick, one half of the real people with \
         the other half, which is what sampling alone does. Lower is better unless it says otherwise. \
         Open a measure's name for its definition.",
    );
    for of_group in judged.chunk_by(|a, b| a.measure.group == b.measure.group) {
        let group = of_group[0].measure.group;
        body += &match group {
            Group::Tasks => tasks(of_group),
            _ => {
                let headings = [
                    "Measure",
                    "This release#",
                    "Without privacy#",
                    "Sampling alone#",
                    "Verdict",
                ];
                let rows = of_group.iter().map(|judged| {
                    let [release, without, sampling] = values(judged);
                    [
                        name(judged.measure),
                        release,
                        without,
                        sampling,
                        verdict(judged),
                    ]
                });
                table(group.title(), &headings, rows.collect())
            }
        };
    }
    body += &note(LEGEND);
    Section::new(
        "measures",
        title,
        body + &impossible(&input.utility.impossible),
    )
}

/// What is learnt from this release and examined on real people, beside who learnt from real people.
fn tasks(judged: &[Judged<'_>]) -> String {
    let rows = judged.iter().map(|judged| {
        let m = judged.measure;
        let [release, without, half] = values(judged);
        let trivial = num(maybe(m.trivial, &m.unit));
        [name(m), release, without, half, trivial, verdict(judged)]
    });
    let headings = [
        "Measure",
        "This release#",
        "Without privacy#",
        "Real half#",
        "Trivial#",
        "Verdict",
    ];
    p(
        "A task is learnt from this release, from the same model without privacy, or from one half of the \
       real people, and always examined on the other half. Trivial is who has learnt next to nothing.",
    ) + &table(Group::Tasks.title(), &headings, rows.collect())
}

fn name(m: &Measure) -> Td {
    let higher = match m.better {
        Better::Lower => "",
        Better::Higher => ", higher is better",
    };
    raw(opened(&(m.title.clone() + higher), &m.definition, &m.id))
}

/// A name that opens to its definition.
fn opened(title: &str, definition: &str, id: &str) -> String {
    format!(
        "<details><summary>{}</summary><p>{}</p><p><code>{}</code></p></details>",
        escape(title),
        escape(definition),
        escape(id)
    )
}

fn values(judged: &Judged<'_>) -> [Td; 3] {
    let m = judged.measure;
    [m.value, judged.without_privacy, m.sampling_error].map(|value| num(maybe(value, &m.unit)))
}

fn verdict(judged: &Judged<'_>) -> Td {
    let Judged {
        measure, verdict, ..
    } = judged;
    raw(format!(
        "<span class=\"grade {}\">{}</span>",
        verdict.mood(),
        escape(&verdict.words(&measure.unit))
    ))
}

/// Records that can't be, or hardly, here and there.
fn impossible(kinds: &[Impossible]) -> String {
    if kinds.is_empty() {
        return String::new();
    }
    let rows = kinds.iter().map(|kind| {
        let found = |of: Count| {
            num(if of.of == 0 {
                MISSING.to_owned()
            } else {
                count(of.found)
            })
        };
        let share = |of: Count| num(maybe(of.share(), "share"));
        [
            raw(opened(&kind.title, &kind.definition, &kind.id)),
            found(kind.synthetic),
            share(kind.synthetic),
            found(kind.real),
            share(kind.real),
        ]
    });
    table(
        "Records that can't be, or hardly",
        &["Records", "Synthetic#", "Share#", "Real#", "Share of real#"],
        rows.collect(),
    )
}
