//! `layers`: the crate graph is what the table says, and privacy-bearing parts stay in their rooms.

mod graph;
mod picture;
mod table;
mod unsafe_code;

use std::path::Path;

pub(crate) use graph::Graph;
pub(crate) use picture::Picture;

use crate::Outcome;
use table::{HEAVY, OPENDP_FORBIDDEN, OPENDP_REQUIRED, OPTIONAL, OUTSIDE, ROOMS};

/// Runs every check of the crate graph and says what is wrong, one sentence a line.
pub(crate) fn run(root: &Path, picture: Picture) -> Outcome<String> {
    let graph = Graph::load(root)?;
    let mut faults = edge_faults(&graph);
    faults.extend(testkit_faults(&graph));
    faults.extend(outside_faults(&graph));
    faults.extend(heavy_faults(&graph));
    faults.extend(opendp_faults(&graph.opendp_features));
    faults.extend(unsafe_code::faults(root)?);
    faults.extend(picture::check(root, picture)?);
    if faults.is_empty() {
        Ok(format!(
            "layers: {} crates, {} edges, all allowed; opendp has {}",
            graph.crates.len(),
            graph.edges.len(),
            OPENDP_REQUIRED.join(", ")
        ))
    } else {
        Err(format!(
            "{} fault(s) in the layers\n- {}",
            faults.len(),
            faults.join("\n- ")
        ))
    }
}

/// Edges between our crates that the table does not have, and rows without a crate.
fn edge_faults(graph: &Graph) -> Vec<String> {
    let mut faults = Vec::new();
    for name in &graph.crates {
        if !ROOMS.iter().any(|room| room.name == *name) {
            faults.push(format!(
                "crate `{name}` has no row: add it to xtask/src/layers/table.rs with its reason"
            ));
        }
    }
    for room in ROOMS {
        if !graph.crates.contains(room.name) {
            faults.push(format!(
                "the table names a crate `{}` that does not exist",
                room.name
            ));
        }
    }
    for (from, to) in &graph.edges {
        let Some(room) = ROOMS.iter().find(|room| room.name == from) else {
            continue;
        };
        if !room.may_use.contains(&to.as_str()) {
            faults.push(format!(
                "`{from}` must not use `{to}`: {}; move the code to the crate that may see both, \
                 or change the table in xtask/src/layers/table.rs and say why in docs/adr/",
                room.never
            ));
        }
    }
    faults
}

/// The planted faults of `testkit` must never reach the product.
fn testkit_faults(graph: &Graph) -> Vec<String> {
    match graph.path("cli", "testkit") {
        Some(path) => vec![format!(
            "`testkit` reaches the product by {}; make it a dev-dependency",
            path.join(" -> ")
        )],
        None => Vec::new(),
    }
}

/// Outside crates that only some of ours may name.
fn outside_faults(graph: &Graph) -> Vec<String> {
    let mut faults = Vec::new();
    for rule in OUTSIDE {
        for (from, to, in_tests) in &graph.outside {
            let allowed = rule.product.contains(&from.as_str())
                || *in_tests && (rule.tests.contains(&"*") || rule.tests.contains(&from.as_str()));
            if rule.names.contains(&to.as_str()) && !allowed {
                let place = if *in_tests { "in its tests" } else { "" };
                faults.push(format!(
                    "`{from}` must not use `{to}` {place}: {}",
                    rule.why
                ));
            }
        }
    }
    faults
}

/// Heavy parts that would come without being asked for by name, and crates that a plain `cargo test`
/// would miss.
fn heavy_faults(graph: &Graph) -> Vec<String> {
    let is_optional = |name: &str| OPTIONAL.contains(&name);
    let mut faults = Vec::new();
    let inside = graph.edges.iter().filter(|(_, to)| is_optional(to));
    let outside = graph.outside.iter().filter(|(from, to, in_tests)| {
        HEAVY.contains(&to.as_str()) && !is_optional(from) && !in_tests
    });
    let inside = inside.cloned();
    let outside = outside.map(|(from, to, _)| (from.clone(), to.clone()));
    for edge in inside
        .chain(outside)
        .filter(|edge| !graph.optional.contains(edge))
    {
        let (from, to) = edge;
        faults.push(format!(
            "`{from}` uses `{to}` in the default build: make it an optional dependency behind a feature"
        ));
    }
    for name in &graph.with_defaults {
        faults.push(format!(
            "`{name}` has default features: what the default build has is no feature"
        ));
    }
    for name in &graph.crates {
        match (is_optional(name), graph.default_members.contains(name)) {
            (false, false) => faults.push(format!(
                "`{name}` is missing in `default-members` of Cargo.toml: no plain `cargo test` has it"
            )),
            (true, true) => faults.push(format!(
                "`{name}` is heavy: take it out of `default-members` of Cargo.toml"
            )),
            _ => {}
        }
    }
    faults
}

/// Without the right features the noise is not secure, and nothing else would tell.
fn opendp_faults(features: &[String]) -> Vec<String> {
    let has = |feature: &str| features.iter().any(|f| f == feature);
    let missing = OPENDP_REQUIRED.iter().filter(|f| !has(f)).map(|f| {
        format!("opendp is built without `{f}`: its noise would not come from a secure generator")
    });
    let weak = OPENDP_FORBIDDEN.iter().filter(|f| has(f)).map(|f| {
        format!("opendp is built with `{f}`, which admits weaker mechanisms: take the feature out")
    });
    missing.chain(weak).collect()
}

#[cfg(test)]
mod tests;
