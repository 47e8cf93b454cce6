use std::sync::OnceLock;

use erewhon_types::{Error, Result};

use crate::{Mapping, mapping::near};

/// The presets: name and TOML text.
pub(crate) const ALL: [(&str, &str); 18] = [
    ("bandicoot", include_str!("../../presets/bandicoot.toml")),
    (
        "bandicoot_no_place",
        include_str!("../../presets/bandicoot_no_place.toml"),
    ),
    (
        "bandicoot_orange",
        include_str!("../../presets/bandicoot_orange.toml"),
    ),
    (
        "bandicoot_position",
        include_str!("../../presets/bandicoot_position.toml"),
    ),
    ("cdr", include_str!("../../presets/cdr.toml")),
    (
        "cdr_roaming",
        include_str!("../../presets/cdr_roaming.toml"),
    ),
    ("checkin", include_str!("../../presets/checkin.toml")),
    ("d4d", include_str!("../../presets/d4d.toml")),
    (
        "flowkit_topups",
        include_str!("../../presets/flowkit_topups.toml"),
    ),
    ("gen_cdr", include_str!("../../presets/gen_cdr.toml")),
    ("minutes", include_str!("../../presets/minutes.toml")),
    ("multimno", include_str!("../../presets/multimno.toml")),
    ("segment", include_str!("../../presets/segment.toml")),
    ("signalling", include_str!("../../presets/signalling.toml")),
    ("swisscom", include_str!("../../presets/swisscom.toml")),
    ("vast2008", include_str!("../../presets/vast2008.toml")),
    ("worldbank", include_str!("../../presets/worldbank.toml")),
    ("xdr", include_str!("../../presets/xdr.toml")),
];

/// The presets, read once.
pub(crate) fn all() -> &'static [(&'static str, Mapping)] {
    static READ: OnceLock<Vec<(&str, Mapping)>> = OnceLock::new();
    READ.get_or_init(|| {
        let read = |(name, text)| Some((name, Mapping::parse(text, name).ok()?));
        ALL.into_iter().filter_map(read).collect()
    })
}

/// The text of a preset.
pub(crate) fn find(name: &str) -> Result<&'static str> {
    if let Some((_, text)) = ALL.iter().find(|(preset, _)| *preset == name) {
        return Ok(text);
    }
    let all = ALL.map(|(preset, _)| format!("`{preset}`")).join(", ");
    let near = near::name(name, ALL.iter().map(|(preset, _)| *preset));
    let meant = near.map_or_else(String::new, |preset| format!("did you mean `{preset}`? "));
    Err(
        Error::usage(format!("there is no mapping preset `{name}`")).with_hint(format!(
            "{meant}presets are {all}; a mapping file's name ends in `.toml`"
        )),
    )
}
