//! The products as families of the mobility frame, in multimno's own columns: any set of them in one pass over the
//! subscribers.

mod cells;
mod environment;
mod inbound;
mod inputs;
mod longterm;
mod migration;
mod month;
mod need;
mod permanence;
mod population;
mod rows;
mod segments;
mod state;
mod term;

use std::sync::Arc;

use erewhon_mobility::AnyReducer;
use erewhon_types::{Error, Result};

pub use inputs::Inputs;
pub use need::Need;
pub use state::{States, read_states};

/// A product that a run can be asked for by name.
#[derive(Clone, Copy)]
pub struct Product {
    /// Its name, also that of its table, which is multimno's where it has one.
    pub name: &'static str,
    /// What it says, in a few words.
    pub about: &'static str,
    /// The columns by which multimno's table is spread over directories, in order.
    pub partitions: &'static [&'static str],
    /// What it needs that not every run has.
    pub needs: &'static [Need],
    make: fn(&Arc<Inputs>) -> Box<dyn AnyReducer>,
}

impl Product {
    /// The reducer.
    ///
    /// # Errors
    /// Usage, when the inputs lack what it needs.
    pub fn reducer(&self, inputs: &Arc<Inputs>) -> Result<Box<dyn AnyReducer>> {
        match self.lacks(inputs).next() {
            None => Ok((self.make)(inputs)),
            Some(need) => {
                Err(Error::usage(format!("`{}` needs {need}", self.name)).with_hint(need.hint()))
            }
        }
    }

    /// What it needs and the inputs lack.
    pub fn lacks(&self, inputs: &Inputs) -> impl Iterator<Item = Need> {
        let needs = self.needs.iter().copied();
        needs.filter(|need| !inputs.has(*need))
    }
}

/// All products, tables first.
pub const fn products() -> &'static [Product] {
    PRODUCTS
}

const BY_DAY: &[&str] = &["year", "month", "day"];
const BY_DAY_AND_PERSON: &[&str] = &["year", "month", "day", "user_id_modulo"];

const BY_MONTH_AND_ZONES: &[&str] = &["year", "month", "level", "dataset_id"];
const BY_TERMS: &[&str] = &[
    "dataset_id",
    "level",
    "start_date_previous",
    "end_date_previous",
    "season_previous",
    "start_date_new",
    "end_date_new",
    "season_new",
];

const PRODUCTS: &[Product] = &[
    Product {
        name: "present_population",
        about: "phones by tile at some moments, from the nearest event of each subscriber",
        partitions: BY_DAY,
        needs: &[],
        make: |inputs| Box::new(population::PresentPopulation(Arc::clone(inputs))),
    },
    Product {
        name: "cells_without_footprint",
        about: "cells that reach no tile, with the events and subscribers whose place is not known by tile",
        partitions: &[],
        needs: &[],
        make: |inputs| Box::new(cells::WithoutFootprint(Arc::clone(inputs))),
    },
    Product {
        name: "aggregated_usual_environments",
        about: "weighted devices by tile whose usual environment, home or work it is",
        partitions: &["label", "start_date", "end_date", "season"],
        needs: &[],
        make: |inputs| Box::new(environment::Aggregated(Arc::clone(inputs))),
    },
    Product {
        name: "internal_migration",
        about: "devices whose home tiles changed between two terms, by zone; finds movers where nobody moved",
        partitions: BY_TERMS,
        needs: &[Need::Zones, Need::TwoTerms],
        make: |inputs| {
            Box::new(migration::MigrationTable {
                inputs: Arc::clone(inputs),
                name: "internal_migration",
                write: migration::moves,
            })
        },
    },
    Product {
        name: "internal_migration_quality_metrics",
        about: "subscribers with a home in either term and in both, and who of them have moved",
        partitions: BY_TERMS,
        needs: &[Need::Zones, Need::TwoTerms],
        make: |inputs| {
            Box::new(migration::MigrationTable {
                inputs: Arc::clone(inputs),
                name: "internal_migration_quality_metrics",
                write: migration::metrics,
            })
        },
    },
    Product {
        name: "tourism_geozone_aggregations",
        about: "inbound tourism: nights and departures by month, zone and country of origin",
        partitions: BY_MONTH_AND_ZONES,
        needs: &[Need::Zones, Need::OwnCodes],
        make: |inputs| {
            Box::new(inbound::Inbound {
                inputs: Arc::clone(inputs),
                table: inbound::InboundTable::ByZone,
            })
        },
    },
    Product {
        name: "tourism_trip_aggregations",
        about: "inbound tourism: zones and nights of the mean trip by month and country of origin",
        partitions: BY_MONTH_AND_ZONES,
        needs: &[Need::Zones, Need::OwnCodes],
        make: |inputs| {
            Box::new(inbound::Inbound {
                inputs: Arc::clone(inputs),
                table: inbound::InboundTable::ByCountry,
            })
        },
    },
    Product {
        name: "codes_without_country",
        about: "codes of home networks that no table of countries knows, with their subscribers",
        partitions: &[],
        needs: &[Need::OwnCodes],
        make: |inputs| Box::new(inbound::CodesWithoutCountry(Arc::clone(inputs))),
    },
    Product {
        name: "daily_permanence_score",
        about: "for each subscriber and slot of a day the tiles of at least half of it, by group",
        partitions: &["year", "month", "day", "user_id_modulo", "id_type"],
        needs: &[],
        make: |inputs| Box::new(permanence::DailyPermanence::over(inputs)),
    },
    Product {
        name: "group_to_tile",
        about: "which tiles the groups of the scores are",
        partitions: &[],
        needs: &[],
        make: |inputs| Box::new(permanence::GroupTiles(Arc::clone(inputs))),
    },
    Product {
        name: "time_segments",
        about: "for each subscriber stays, moves and what is not known, day by day",
        partitions: BY_DAY_AND_PERSON,
        needs: &[],
        make: |inputs| {
            Box::new(segments::TimeSegments {
                inputs: Arc::clone(inputs),
            })
        },
    },
    Product {
        name: "midterm_permanence_score",
        about: "for each subscriber slots and days by tile and month, of all hours, nights and working hours",
        partitions: &[
            "year",
            "month",
            "day_type",
            "time_interval",
            "id_type",
            "user_id_modulo",
        ],
        needs: &[],
        make: |inputs| Box::new(month::MidtermPermanence(Arc::clone(inputs))),
    },
    Product {
        name: "usual_environment_labels",
        about: "for each subscriber the tiles of usual environment, home and work, over the window",
        partitions: &["start_date", "end_date", "season", "user_id_modulo"],
        needs: &[],
        make: |inputs| Box::new(environment::Labels(Arc::clone(inputs))),
    },
    Product {
        name: "longterm_permanence_score",
        about: "for each subscriber slots and days by tile over the months of the window, by season where there are several",
        partitions: &[
            "season",
            "start_date",
            "end_date",
            "day_type",
            "time_interval",
            "id_type",
            "user_id_modulo",
        ],
        needs: &[],
        make: |inputs| Box::new(longterm::LongtermPermanence(Arc::clone(inputs))),
    },
    Product {
        name: "longitudinal_state",
        about: "for each subscriber and tile Eurostat's running sums by part of the day",
        partitions: &["user_id_modulo"],
        needs: &[],
        make: |inputs| Box::new(state::LongitudinalState(Arc::clone(inputs))),
    },
    Product {
        name: "longitudinal_environment",
        about: "for each subscriber the tiles of ten days and more, by part of the day, most used first",
        partitions: &["user_id_modulo"],
        needs: &[],
        make: |inputs| Box::new(state::LongitudinalEnvironment(Arc::clone(inputs))),
    },
];

#[cfg(test)]
mod tests;
