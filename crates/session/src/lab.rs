use std::{fs, path::Path};

use erewhon_dp::Exact;
use erewhon_events::{Disclosed, EventSource};
use erewhon_risk::{Game, Release, RiskPolicy, RiskReport, RiskSpec, Scene, run};
use erewhon_types::{Error, Guarantee, Result};

use crate::{Session, split::Side};

/// One thing that an outsider would hold, and that is attacked.
pub struct Held<'a> {
    /// Name for people.
    pub name: String,
    /// What it claims for a person over the whole period.
    pub claim: Option<Guarantee>,
    /// What it is.
    pub what: What<'a>,
}

/// What kind of thing is attacked.
pub enum What<'a> {
    /// The members' own records, under their pseudonyms.
    Raw,
    /// Records that an anonymisation left of the members'.
    Disclosed(Disclosed),
    /// Records that claim to be nobody's.
    Synthetic(&'a dyn EventSource),
}

impl Held<'_> {
    /// The members' own records.
    pub fn raw() -> Self {
        Self {
            name: "pseudonymised records".to_owned(),
            claim: None,
            what: What::Raw,
        }
    }
}

impl Session {
    /// Plays attacks against releases, with the store's own people as targets.
    ///
    /// # Errors
    /// Data, when a file of the store is not what was committed; what reading it fails with.
    pub fn attack(
        &self,
        held: Vec<Held<'_>>,
        games: &[&Game],
        spec: &RiskSpec,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Exact<RiskReport>> {
        let (public, records) = (self.public(), self.records()?);
        let members = Side::members(&records);
        progress("reading the records");
        let scene = Scene::read(public, &members, &Side::control(&records), *spec)?;
        let mut releases = Vec::with_capacity(held.len());
        for Held { name, claim, what } in held {
            progress(&format!("reading {name}"));
            let mut release = match what {
                What::Raw => Release::records(name, &members, &public)?,
                What::Disclosed(disclosed) => Release::disclosed(name, disclosed, &public)?,
                What::Synthetic(source) => Release::synthetic(name, source, &public)?,
            };
            release.claim = claim;
            releases.push(release);
        }
        run(&scene, &releases, games, progress).map(Exact::new)
    }
}

/// Reads how far attacks may get.
///
/// # Errors
/// Resource, when the file can't be read; usage, when it is no policy or allows everything.
pub fn read_risk_policy(path: &Path) -> Result<RiskPolicy> {
    let text = fs::read_to_string(path).map_err(|error| Error::io("read", path, &error))?;
    let of_file = |what: &str| Error::usage(format!("`{}`: {what}", path.display()));
    let policy: RiskPolicy = toml::from_str(&text).map_err(|error| {
        of_file(error.message()).with_hint("`erewhon risk run --help` shows a policy")
    })?;
    policy.check().map_err(|error| of_file(error.message()))?;
    Ok(policy)
}
