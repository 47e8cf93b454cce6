//! What others' programs score, read from a file.

use std::{collections::BTreeMap, fs, path::Path};

use erewhon_session::{TrajectoryQueries, TrajectoryScore};
use erewhon_types::{Error, Result};
use serde::de::DeserializeOwned;

use super::spread::Spread;

/// Figures by program and by the metric's name here.
pub(super) type Rivals = BTreeMap<String, BTreeMap<&'static str, Spread>>;

const RIVALS_HINT: &str = "the file maps programs to metrics to `median`, `min` and `max`; a metric has \
    its name from docs/measures.md or from the peers' script, for example `trip_jsd_nat_6`";

/// Reads programs and their metrics, which may go by the names of the peers' script.
pub(super) fn read_rivals(path: &Path) -> Result<Rivals> {
    type Told = BTreeMap<String, BTreeMap<String, Spread>>;
    let told: Told = read(path, RIVALS_HINT)?;
    told.into_iter()
        .map(|(program, metrics)| {
            let named = named(metrics).map_err(|what| {
                Error::input(format!("`{program}` in `{}` {what}", path.display()))
                    .with_hint(RIVALS_HINT)
            })?;
            Ok((program, named))
        })
        .collect()
}

/// The metrics by our names, or what is wrong with them.
fn named(
    metrics: BTreeMap<String, Spread>,
) -> std::result::Result<BTreeMap<&'static str, Spread>, String> {
    let mut named = BTreeMap::new();
    for (name, spread) in metrics {
        let id = TrajectoryScore::id_of(&name);
        let id = id.ok_or_else(|| format!("has a metric `{name}`, which is unknown"))?;
        if !spread.is_ordered() {
            return Err(format!(
                "has a median of `{name}` that is not between min and max"
            ));
        }
        if named.insert(id, spread).is_some() {
            return Err(format!("has the metric `{name}` under two names"));
        }
    }
    Ok(named)
}

/// Reads the queries that trajectories are counted by.
pub(super) fn read_queries(path: &Path) -> Result<TrajectoryQueries> {
    read(
        path,
        "the file has lists `circles`, `small_circles` and `squares` of `[x, y, size]`, in metres",
    )
}

fn read<T: DeserializeOwned>(path: &Path, hint: &str) -> Result<T> {
    let bytes = fs::read(path).map_err(|error| Error::io("read", path, &error))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Error::input(format!("`{}`: {error}", path.display())).with_hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> std::result::Result<BTreeMap<&'static str, Spread>, String> {
        let spread = Spread::of([0.1, 0.3, 0.2]).unwrap();
        named(
            names
                .iter()
                .map(|name| ((*name).to_owned(), spread))
                .collect(),
        )
    }

    #[test]
    fn a_metric_is_known_by_either_name_and_told_once() {
        let found = of(&["ada_query_avre", "trip_jsd_nat_6", "kendall_tau_15"]).unwrap();
        let ids: Vec<_> = found.into_keys().collect();
        assert_eq!(ids, ["disc_query_avre", "kendall_tau_15", "trip_jsd_nat_6"]);
        assert!(
            of(&["trip_jsd"])
                .unwrap_err()
                .contains("`trip_jsd`, which is unknown")
        );
        let twice = of(&["trip_jsd_6", "trip_jsd_nat_6"]).unwrap_err();
        assert!(twice.contains("two names"), "{twice}");
    }
}
