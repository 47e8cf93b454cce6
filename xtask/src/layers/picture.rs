//! The picture and the table of crates in the docs, drawn from the rule.

use std::{collections::BTreeSet, fmt::Write as _, path::Path};

use super::table::{ROOMS, Room};
use crate::{Outcome, tree};

const FILE: &str = "docs/architecture.md";
const BEGIN: &str = "<!-- layers: begin (written by `cargo xtask layers --write`) -->";
const END: &str = "<!-- layers: end -->";

/// What to do with the picture in the docs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Picture {
    /// Fail when it is stale.
    Compare,
    /// Renew it.
    Write,
}

/// Compares or renews the picture.
pub(super) fn check(root: &Path, picture: Picture) -> Outcome<Vec<String>> {
    let path = root.join(FILE);
    let old = tree::read(&path)?;
    let Some(new) = renewed(&old) else {
        return Ok(vec![format!("{FILE} lacks the line `{BEGIN}` or `{END}`")]);
    };
    if new == old {
        return Ok(Vec::new());
    }
    match picture {
        Picture::Write => tree::write(&path, &new).map(|()| Vec::new()),
        Picture::Compare => Ok(vec![format!(
            "the picture in {FILE} is stale; run `cargo xtask layers --write`"
        )]),
    }
}

/// `text` with what stands between the markers drawn anew.
pub(super) fn renewed(text: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{}{END}{after}", drawn()))
}

fn drawn() -> String {
    let mut text = String::from("```mermaid\ngraph TD\n");
    for room in ROOMS {
        for to in direct(room) {
            let _ = writeln!(text, "  {} --> {to}", room.name);
        }
    }
    text.push_str("```\n\n| crate | for | may use | why nothing else |\n|---|---|---|---|\n");
    for room in ROOMS {
        let uses = match room.may_use {
            [] => "-".to_owned(),
            names => names.join(", "),
        };
        let _ = writeln!(
            text,
            "| `{}` | {} | {uses} | {} |",
            room.name, room.purpose, room.never
        );
    }
    text
}

/// The arrows worth drawing: those that no longer way stands for.
fn direct(room: &Room) -> Vec<&'static str> {
    let indirect: BTreeSet<&str> = room.may_use.iter().flat_map(|name| below(name)).collect();
    room.may_use
        .iter()
        .copied()
        .filter(|name| !indirect.contains(name))
        .collect()
}

fn below(name: &str) -> BTreeSet<&'static str> {
    let uses = ROOMS
        .iter()
        .find(|room| room.name == name)
        .map_or(&[][..], |room| room.may_use);
    let mut found: BTreeSet<&str> = uses.iter().copied().collect();
    for name in uses {
        found.extend(below(name));
    }
    found
}
