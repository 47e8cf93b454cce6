//! The crate graph as cargo sees it.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    path::Path,
    process::Command,
};

use serde_json::Value;

use crate::Outcome;

const PREFIX: &str = "erewhon-";

/// The workspace's crates without `xtask`, named without their prefix.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    /// Our crates.
    pub(crate) crates: BTreeSet<String>,
    /// Normal dependencies between them: `(from, to)`.
    pub(crate) edges: BTreeSet<(String, String)>,
    /// Dependencies on others' crates: `(from, to, in tests only)`.
    pub(crate) outside: BTreeSet<(String, String, bool)>,
    /// Those of both that only a feature asks for: `(from, to)`.
    pub(crate) optional: BTreeSet<(String, String)>,
    /// Our crates that a plain `cargo test` builds.
    pub(crate) default_members: BTreeSet<String>,
    /// Our crates that have features unless they are told not to.
    pub(crate) with_defaults: BTreeSet<String>,
    /// The features opendp is built with.
    pub(crate) opendp_features: Vec<String>,
}

impl Graph {
    /// Asks cargo.
    pub(crate) fn load(root: &Path) -> Outcome<Self> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["metadata", "--format-version", "1", "--locked"])
            .current_dir(root)
            .output()
            .map_err(|error| format!("can't run `cargo metadata`: {error}"))?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            return Err(format!("`cargo metadata` failed: {}", text.trim()));
        }
        let metadata = serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("`cargo metadata` printed no JSON: {error}"))?;
        Ok(Self::from_metadata(&metadata))
    }

    /// Reads what `cargo metadata --format-version 1` prints.
    pub(crate) fn from_metadata(metadata: &Value) -> Self {
        let mut graph = Self::default();
        let ids = |of| array(metadata, of).filter_map(Value::as_str);
        let members: BTreeSet<&str> = ids("workspace_members").collect();
        let default_members: BTreeSet<&str> = ids("workspace_default_members").collect();
        let ours = array(metadata, "packages")
            .filter(|package| members.contains(text(package, "id")))
            .filter_map(|package| Some((short(text(package, "name"))?, package)));
        for (from, package) in ours {
            graph.crates.insert(from.to_owned());
            if default_members.contains(text(package, "id")) {
                graph.default_members.insert(from.to_owned());
            }
            if array(&package["features"], "default").next().is_some() {
                graph.with_defaults.insert(from.to_owned());
            }
            for dependency in array(package, "dependencies") {
                let in_tests = text(dependency, "kind") == "dev";
                let to = text(dependency, "name");
                if dependency["optional"] == true {
                    let to = short(to).unwrap_or(to).to_owned();
                    graph.optional.insert((from.to_owned(), to));
                }
                match short(to) {
                    Some(_) if in_tests => {}
                    Some(to) => drop(graph.edges.insert((from.to_owned(), to.to_owned()))),
                    None => {
                        graph
                            .outside
                            .insert((from.to_owned(), to.to_owned(), in_tests));
                    }
                }
            }
        }
        let nodes = array(&metadata["resolve"], "nodes");
        graph.opendp_features = nodes
            .filter(|node| is_opendp(text(node, "id")))
            .flat_map(|node| array(node, "features"))
            .filter_map(|feature| feature.as_str().map(str::to_owned))
            .collect();
        graph
    }

    /// A way from one crate to another along normal dependencies.
    pub(crate) fn path(&self, from: &str, to: &str) -> Option<Vec<String>> {
        let mut came_from = BTreeMap::from([(from.to_owned(), String::new())]);
        let mut waiting = vec![from.to_owned()];
        while let Some(at) = waiting.pop() {
            for (_, next) in self.edges.iter().filter(|(edge_from, _)| *edge_from == at) {
                if !came_from.contains_key(next) {
                    came_from.insert(next.clone(), at.clone());
                    waiting.push(next.clone());
                }
            }
        }
        let mut path = Vec::new();
        let mut at = to.to_owned();
        while !at.is_empty() {
            let before = came_from.get(&at)?.clone();
            path.insert(0, at);
            at = before;
        }
        Some(path)
    }
}

/// The name without its prefix, when it is a crate of the product or its tests.
fn short(name: &str) -> Option<&str> {
    name.strip_prefix(PREFIX).filter(|name| *name != "xtask")
}

/// Package ids look like `registry+https://…#opendp@0.16.0`.
fn is_opendp(id: &str) -> bool {
    id.rsplit('#')
        .next()
        .is_some_and(|tail| tail.starts_with("opendp@"))
}

fn array<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}
