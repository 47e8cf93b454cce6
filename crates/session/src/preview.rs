use erewhon_dp::{epsilon_of, guarantee};
use erewhon_events::EventKind;
use erewhon_fit::PlannedQuery;
use erewhon_geo::{CellTable, ZoneTree};
use erewhon_mobility::Public;
use erewhon_types::{Calendar, Delta, Epsilon, Error, Guarantee, Result, Rho, Window};

use crate::session::fit_spec;

/// The delta that a plan in pure epsilon is held against: 1e-6.
const OTHER_DELTA_FEMTOS: u64 = 1_000_000_000;
/// Releases of a year, which is what the choice of a measure is made for.
const RELEASES: u64 = 12;

/// What a fit would ask, and the noise it would get, in the measure of a population and in the other one.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// The declared number of subscribers.
    pub subscribers: u64,
    /// What the release would claim.
    pub guarantee: Guarantee,
    /// Its queries.
    pub queries: Vec<PlannedQuery>,
    /// What it would claim in the other measure: pure epsilon, or a delta of 1e-6; `None` where that is too
    /// little to be split there.
    pub other: Option<Guarantee>,
    /// Its queries there, in the same order, or none.
    pub other_queries: Vec<PlannedQuery>,
    /// The epsilon that twelve such releases come to, here and there; `None` above 100.
    pub of_twelve: [Option<Epsilon>; 2],
}

/// Previews a fit from public knowledge alone: no store, no record, no charge.
///
/// # Errors
/// Usage, when the window is none or epsilon is too small to be split.
pub fn preview(
    cells: &CellTable,
    window: &Window,
    kinds: &[EventKind],
    (epsilon, delta): (Epsilon, Option<Delta>),
    subscribers: u64,
) -> Result<Preview> {
    let calendar = Calendar::new(window)?;
    let public = Public {
        cells,
        calendar: &calendar,
    };
    let tree = ZoneTree::build(cells);
    let plan = |delta| {
        let spec = fit_spec((epsilon, delta), kinds);
        erewhon_fit::plan(&public, &tree, &spec, subscribers)
    };
    let other = match delta {
        None => Some(Delta::from_femtos(OTHER_DELTA_FEMTOS)?),
        Some(_) => None,
    };
    let queries = plan(delta)?;
    let here = guarantee(epsilon, delta)?;
    // What is too little there is enough here, and no reason to refuse anything.
    let there = guarantee(epsilon, other).and_then(|there| Ok((there, plan(other)?)));
    let (other, other_queries) = there.ok().unzip();
    Ok(Preview {
        subscribers,
        queries,
        other_queries: other_queries.unwrap_or_default(),
        of_twelve: [of_twelve(here), other.and_then(of_twelve)],
        guarantee: here,
        other,
    })
}

fn of_twelve(release: Guarantee) -> Option<Epsilon> {
    let units = release.loss().units() * RELEASES;
    match release.delta() {
        None => Epsilon::from_micros(units).ok(),
        Some(delta) => epsilon_of(Rho::from_nanos(units).ok()?, delta).ok(),
    }
}

impl Preview {
    /// How many times larger the noise is in the other measure: the median over the queries.
    ///
    /// # Errors
    /// Internal, when there is no query.
    pub fn other_noise_times(&self) -> Result<f64> {
        let pairs = self.queries.iter().zip(&self.other_queries);
        let mut times: Vec<f64> = pairs
            .map(|(here, there)| there.noise_sd_people / here.noise_sd_people)
            .collect();
        times.sort_by(f64::total_cmp);
        let middle = times.get(times.len() / 2).copied();
        middle.ok_or_else(|| Error::internal("a plan asks nothing"))
    }
}
