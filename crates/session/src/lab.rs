use std::{fs, path::Path};

use erewhon_anonymise::{
    Blur, Coarseness, KAnonymity, Perturb, Suppress, Swap, Technique, anonymise,
};
use erewhon_dp::Exact;
use erewhon_events::{Disclosed, EventKind, EventSource, EventTable};
use erewhon_fit::Places;
use erewhon_generate::{GenerateSpec, Variant, generate};
use erewhon_geo::Partition;
use erewhon_mobility::Public;
use erewhon_model::Model;
use erewhon_risk::{
    Counts, Game, People, Release, RiskPolicy, RiskReport, RiskSpec, Scene, Span, Tables, run,
};
use erewhon_types::{CellIx, Error, Guarantee, Result};
use erewhon_utility::Truth;

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
    /// What a classical technique makes of them.
    Anonymised(Technique),
    /// Records that an anonymisation left of the members'.
    Disclosed {
        /// The records.
        disclosed: &'a Disclosed,
        /// Whether they claim to be nobody's.
        synthetic: bool,
    },
    /// Records that claim to be nobody's.
    Synthetic(&'a dyn EventSource),
    /// Records drawn from the members' exact tables: synthetic without privacy.
    WithoutPrivacy(Vec<EventKind>),
    /// Exact counts of the members by hour, zone, home and work; those under a number left out.
    Counts {
        /// The least count that is shown; 0 leaves none out.
        from: u32,
    },
    /// Such counts of records that claim to be nobody's.
    CountsOf(&'a dyn EventSource),
    /// The noisy tables of a private model, as they were released.
    Measured(&'a Model),
}

/// What the lab found.
pub struct Lab {
    /// The attacks.
    pub risk: RiskReport,
    /// For each release its name and by how much its hourly presence is off, in km; absent where it
    /// has no records.
    pub presence_error_km: Vec<(String, Option<f64>)>,
}

/// Counts are told by at most 2^8 zones, the finest that a map of a region shows.
const COUNTS_LEVEL: u8 = 8;
/// The threshold of FlowKit: counts of fifteen and less are left out.
const FEWEST_SHOWN: u32 = 16;

impl<'a> Held<'a> {
    fn new(name: &str, what: What<'a>) -> Self {
        Self {
            name: name.to_owned(),
            claim: None,
            what,
        }
    }

    /// The members' own records.
    pub fn raw() -> Self {
        Self::new("pseudonymised records", What::Raw)
    }

    /// Exact counts of the members.
    pub fn counts() -> Self {
        Self::new("counts", What::Counts { from: 0 })
    }

    /// A run's synthetic records.
    pub fn synthetic(records: &'a dyn EventSource, claim: Option<Guarantee>) -> Self {
        Self {
            claim,
            ..Self::new("synthetic records", What::Synthetic(records))
        }
    }

    /// Counts of a run's synthetic records.
    pub fn synthetic_counts(records: &'a dyn EventSource, claim: Option<Guarantee>) -> Self {
        Self {
            claim,
            ..Self::new("synthetic counts", What::CountsOf(records))
        }
    }

    /// The noisy tables of a run's model.
    pub fn measured(model: &'a Model) -> Self {
        Self {
            claim: model.statement().map(|statement| statement.guarantee),
            ..Self::new("private tables", What::Measured(model))
        }
    }

    /// Everything that the lab knows to make of a run, and the run's own release.
    ///
    /// # Errors
    /// Internal, when a technique's usual parameters are refused.
    pub fn all(
        records: &'a dyn EventSource,
        model: &'a Model,
        kinds: Vec<EventKind>,
    ) -> Result<Vec<Self>> {
        let claim = model.statement().map(|statement| statement.guarantee);
        let coarse = |place: &str, time: &str| -> Result<Coarseness> {
            Ok(Coarseness {
                place: place.parse()?,
                time: time.parse()?,
            })
        };
        let zones = coarse("zones-64", "daypart")?;
        let made = |name, technique| Self::new(name, What::Anonymised(technique));
        Ok(vec![
            Self::raw(),
            made(
                "sites and hours",
                Technique::Generalise(coarse("site", "hours-1")?),
            ),
            made("zones and dayparts", Technique::Generalise(zones)),
            made(
                "small counts left out",
                Technique::Suppress(Suppress {
                    coarseness: zones,
                    fewest: 10,
                }),
            ),
            made("swapped", Technique::Swap(Swap::default())),
            made(
                "perturbed",
                Technique::Perturb(Perturb {
                    epsilon_per_m: 0.005,
                }),
            ),
            made("k-anonymous", Technique::KAnonymity(KAnonymity::default())),
            made("blurred copies", Technique::Blur(Blur::default())),
            Self::new("synthetic without privacy", What::WithoutPrivacy(kinds)),
            Self::synthetic(records, claim),
            Self::counts(),
            Self::new("counts of 16 and more", What::Counts { from: FEWEST_SHOWN }),
            Self::synthetic_counts(records, claim),
            Self::measured(model),
        ])
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
        self.play(held, games, spec, false, progress)
            .map(|lab| Exact::new(lab.risk))
    }

    /// The same, and how useful each release is.
    ///
    /// # Errors
    /// As [`Session::attack`].
    pub fn lab(
        &self,
        held: Vec<Held<'_>>,
        games: &[&Game],
        spec: &RiskSpec,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Exact<Lab>> {
        self.play(held, games, spec, true, progress).map(Exact::new)
    }

    fn play(
        &self,
        held: Vec<Held<'_>>,
        games: &[&Game],
        spec: &RiskSpec,
        useful: bool,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Lab> {
        let (public, records) = (self.public(), self.records()?);
        let members = Side::members(&records);
        progress("reading the records");
        let scene = Scene::read(public, &members, &Side::control(&records), *spec)?;
        let truth = useful
            .then(|| Truth::read(public, &members, &|_| false))
            .transpose()?;
        let (mut releases, mut presence_error_km) = (Vec::new(), Vec::new());
        for held in held {
            progress(&format!("making {}", held.name));
            let (mut release, events) = self.release_of(&held, &members, &public, spec.seed)?;
            release.claim = held.claim;
            if let Some(truth) = &truth {
                let error = |events: &dyn EventSource| -> Result<Option<f64>> {
                    let compared = truth.compare(events)?;
                    Ok(compared.measure("hourly_emd_km").and_then(|m| m.value))
                };
                let error_km = match (&held.what, &events) {
                    (What::Raw, _) => Some(0.0),
                    (What::Synthetic(source), _) => error(*source)?,
                    (_, Some(events)) => error(events)?,
                    (_, None) => None,
                };
                presence_error_km.push((held.name, error_km));
            }
            releases.push(release);
        }
        Ok(Lab {
            risk: run(&scene, &releases, games, progress)?,
            presence_error_km,
        })
    }

    /// A release, and its events where it was made here and has any.
    fn release_of(
        &self,
        held: &Held<'_>,
        members: &dyn EventSource,
        public: &Public<'_>,
        seed: u64,
    ) -> Result<(Release, Option<EventTable>)> {
        let name = held.name.as_str();
        let of_disclosed = |disclosed: &Disclosed, synthetic| -> Result<_> {
            let events = disclosed.events(public.calendar, public.cells);
            let release = if synthetic {
                Release::synthetic(name, &events, public)?
            } else {
                Release::disclosed(name, disclosed.clone(), public)?
            };
            Ok((release, Some(events)))
        };
        let counts = |source: &dyn EventSource, from| -> Result<_> {
            let people = People::read(source, public)?;
            let zones = self.zones().partition(COUNTS_LEVEL);
            let tables = Tables::exact(&people, public, zones, 1)?;
            let tables = if from > 0 {
                tables.suppress(from)
            } else {
                tables
            };
            Ok((Release::tables(name, tables), None))
        };
        match &held.what {
            What::Raw => Ok((Release::records(name, members, public)?, None)),
            What::Disclosed {
                disclosed,
                synthetic,
            } => of_disclosed(disclosed, *synthetic),
            What::Synthetic(source) => Ok((Release::synthetic(name, *source, public)?, None)),
            What::Counts { from } => counts(members, *from),
            What::CountsOf(source) => counts(*source, 0),
            What::Measured(model) => {
                let tables = self.measured_tables(model)?;
                Ok((Release::tables(name, tables), None))
            }
            What::Anonymised(technique) => {
                let mut random = [0; 32];
                getrandom::fill(&mut random).map_err(|error| {
                    Error::internal(format!("no randomness for a technique: {error}"))
                })?;
                let (cells, calendar) = (public.cells, public.calendar);
                let made = anonymise(technique, members, cells, calendar, random)?;
                of_disclosed(&made.disclosed, technique.claims_synthetic())
            }
            What::WithoutPrivacy(kinds) => {
                let model = self.exact_model(members, kinds, Places::Routine)?;
                let spec = GenerateSpec {
                    subscribers: None,
                    seed,
                    variant: Variant::default(),
                };
                let made = generate(&model, public.cells, public.calendar, &spec)?;
                let events = EventTable::read(&made)?;
                Ok((Release::synthetic(name, &events, public)?, Some(events)))
            }
        }
    }
}

impl Session {
    /// What a model's noisy tables publish of people by home zone and work zone.
    fn measured_tables(&self, model: &Model) -> Result<Tables> {
        let pairs = model.measured.iter().find(|table| {
            let by: Vec<&str> = table.by.iter().map(|axis| axis.name.as_str()).collect();
            by == ["home_zone", "work_zone"]
        });
        let statement = model.statement();
        let query = pairs.zip(statement).and_then(|(table, statement)| {
            statement
                .queries
                .iter()
                .find(|query| query.name == table.query)
        });
        let zone_of = pairs.and_then(|table| table.zone_of_cell.as_deref());
        let zones = zone_of.and_then(|of| self.partition_of(of));
        let (Some(pairs), Some(query), Some(zones)) = (pairs, query, zones) else {
            return Err(Error::input(
                "the model publishes no people by home zone and work zone of this store's zones",
            ));
        };
        let counts = Counts::noisy(
            zones.zones(),
            pairs.people().collect(),
            query.noise_sd_people,
        );
        Tables::noisy(&self.public(), zones, 1, Span::Window, None, Some(counts))
    }

    /// The level of the public zones that puts each cell in such a zone.
    fn partition_of(&self, zone_of_cell: &[u32]) -> Option<Partition> {
        let tree = self.zones();
        let cells = self.cells().len();
        let is_that = |zones: &Partition| {
            zone_of_cell.len() == cells
                && (zone_of_cell.iter().zip(0..))
                    .all(|(zone, cell)| zones.zone_of(CellIx(cell)).0 == *zone)
        };
        (0..=tree.depth())
            .map(|level| tree.partition(level))
            .find(is_that)
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
