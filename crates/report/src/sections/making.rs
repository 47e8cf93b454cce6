use crate::{
    html::{Section, escape, num, table, text},
    input::{Provenance, Run},
    number::seconds,
};

pub(crate) fn internal(provenance: &Provenance, run: &Run) -> Section {
    let stages = run
        .stages
        .iter()
        .map(|(name, wall_s)| [text(name), num(seconds(*wall_s))]);
    let commands: String = run
        .commands
        .iter()
        .map(|c| {
            format!(
                "<pre class=\"scroll\" tabindex=\"0\"><code>{}</code></pre>\n",
                escape(c)
            )
        })
        .collect();
    let body =
        made(provenance) + &table("Stages", &["Stage", "Wall time#"], stages.collect()) + &commands;
    Section::new("making", "How it was made", body)
}

/// Without run times and command lines: the first grow with the records, the second hold paths.
pub(crate) fn public(provenance: &Provenance) -> Section {
    Section::new("making", "How it was made", made(provenance))
}

fn made(provenance: &Provenance) -> String {
    let version = format!("Erewhon {}", provenance.version);
    let fixed = [
        ("Made (UTC)".to_owned(), provenance.made_utc.clone()),
        ("Program".to_owned(), version),
    ];
    let rows = fixed
        .iter()
        .chain(&provenance.parameters)
        .map(|(name, value)| [text(name), text(value)]);
    table("Parameters", &["Name", "Value"], rows.collect())
}
