use erewhon_types::{Error, Result};

/// The presets: name and TOML text.
pub(crate) const ALL: [(&str, &str); 5] = [
    ("bandicoot", include_str!("../../presets/bandicoot.toml")),
    ("cdr", include_str!("../../presets/cdr.toml")),
    ("checkin", include_str!("../../presets/checkin.toml")),
    ("minutes", include_str!("../../presets/minutes.toml")),
    ("vast2008", include_str!("../../presets/vast2008.toml")),
];

/// The text of a preset.
pub(crate) fn find(name: &str) -> Result<&'static str> {
    if let Some((_, text)) = ALL.iter().find(|(preset, _)| *preset == name) {
        return Ok(text);
    }
    let all = ALL.map(|(preset, _)| format!("`{preset}`")).join(", ");
    let near = ALL
        .iter()
        .map(|(preset, _)| (distance(preset, name), *preset))
        .min()
        .filter(|(steps, _)| *steps <= 2);
    let meant = near.map_or_else(String::new, |(_, preset)| {
        format!("did you mean `{preset}`? ")
    });
    Err(
        Error::usage(format!("there is no mapping preset `{name}`")).with_hint(format!(
            "{meant}presets are {all}; a mapping file's name ends in `.toml`"
        )),
    )
}

/// Levenshtein distance, by the textbook.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, &to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
