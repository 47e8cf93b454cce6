//! The products as families of the mobility frame, in multimno's own columns: any set of them in one pass over the
//! subscribers.

mod cells;
mod environment;
mod month;
mod permanence;
mod population;
mod rows;
mod segments;
mod state;

use std::sync::Arc;

use erewhon_mobility::AnyReducer;
use erewhon_types::{Error, Result};

use crate::{Day, LabelRule, MidtermRule, Network, PermanenceRule, PresentRule, SegmentRule};

pub use state::{States, read_states};

/// What the products of a run have in common.
pub struct Inputs {
    /// The network by tile.
    pub network: Network,
    /// The days of the window, ascending without a gap.
    pub days: Vec<Day>,
    /// When the population is counted, in milliseconds of UTC.
    pub moments_ms: Vec<i64>,
    /// How the population is counted.
    pub present: PresentRule,
    /// What a slot is spent at.
    pub permanence: PermanenceRule,
    /// What a stay is.
    pub segments: SegmentRule,
    /// What a night and a workday are.
    pub midterm: MidtermRule,
    /// What home and work are.
    pub labels: LabelRule,
    /// The longitudinal states that the days are added to.
    pub states: States,
}

impl Inputs {
    /// multimno's rules over some days: the population at 0:00 and 12:00, from no state.
    ///
    /// # Errors
    /// Usage, when there is no day.
    pub fn multimno(network: Network, days: Vec<Day>) -> Result<Self> {
        if days.is_empty() {
            return Err(Error::usage("official products need a day at least"));
        }
        let moments_ms = days
            .iter()
            .flat_map(|day| [day.hour_ms(0), day.hour_ms(12)])
            .collect();
        Ok(Self {
            network,
            days,
            moments_ms,
            present: PresentRule::MULTIMNO,
            permanence: PermanenceRule::MULTIMNO,
            segments: SegmentRule::MULTIMNO,
            midterm: MidtermRule::multimno(),
            labels: LabelRule::MULTIMNO,
            states: States::default(),
        })
    }

    /// Checks all rules.
    ///
    /// # Errors
    /// Usage, when one is out of range.
    pub fn check(&self) -> Result<()> {
        self.present.check()?;
        self.permanence.check()?;
        self.segments.check()?;
        self.midterm.check()?;
        self.labels.check()
    }
}

impl Inputs {
    /// The rules as TOML, to lie beside the tables that they made.
    pub fn to_toml(&self) -> String {
        let Self {
            present,
            permanence,
            segments,
            midterm,
            labels,
            ..
        } = self;
        let pair = |(from, to): (u16, u16)| format!("[{from}, {to}]");
        format!(
            "[present_population]\ntolerance_ms = {}\nmax_rounds = {}\nmin_change = {:?}\n\n\
             [daily_permanence]\nslots = {}\nother_place_ms = {}\nsame_place_ms = {}\nnight_ms = {}\n\
             abroad_ms = {}\nmax_speed_m_s = {:?}\n\n\
             [time_segments]\nstay_ms = {}\nstay_silence_ms = {}\nmove_silence_ms = {}\n\
             abroad_silence_ms = {}\npad_ms = {}\nforgotten_ms = {}\n\n\
             [midterm]\nday_starts_min = {}\nnight_min = {}\nworking_min = {}\nevening_min = {}\n\n\
             [labels]\nleast_slots = {}\nleast_days = {}\nue_fall_share = {:?}\nue_share = {:?}\n\
             anchor_fall_slots = {}\nanchor_share = {:?}\n",
            present.tolerance_ms,
            present.max_rounds,
            present.min_change,
            permanence.slots.count(),
            permanence.other_place_ms,
            permanence.same_place_ms,
            permanence.night_ms,
            permanence.abroad_ms,
            permanence.max_speed_m_s,
            segments.stay_ms,
            segments.stay_silence_ms,
            segments.move_silence_ms,
            segments.abroad_silence_ms,
            segments.pad_ms,
            segments.forgotten_ms,
            midterm.day_starts_min,
            pair(midterm.night_min),
            pair(midterm.working_min),
            pair(midterm.evening_min),
            labels.least.slots,
            labels.least.days,
            labels.ue_fall_share,
            labels.ue_share,
            labels.anchor_fall_slots,
            labels.anchor_share,
        )
    }
}

/// A product that a run can be asked for by name.
#[derive(Clone, Copy)]
pub struct Product {
    /// Its name, also that of its table, which is multimno's where it has one.
    pub name: &'static str,
    /// What it says, in a few words.
    pub about: &'static str,
    /// The columns by which multimno's table is spread over directories, in order.
    pub partitions: &'static [&'static str],
    make: fn(&Arc<Inputs>) -> Box<dyn AnyReducer>,
}

impl Product {
    /// The reducer.
    pub fn reducer(&self, inputs: &Arc<Inputs>) -> Box<dyn AnyReducer> {
        (self.make)(inputs)
    }
}

/// All products, tables first.
pub const fn products() -> &'static [Product] {
    PRODUCTS
}

const BY_DAY: &[&str] = &["year", "month", "day"];
const BY_DAY_AND_PERSON: &[&str] = &["year", "month", "day", "user_id_modulo"];

const PRODUCTS: &[Product] = &[
    Product {
        name: "present_population",
        about: "phones by tile at some moments, from the nearest event of each subscriber",
        partitions: BY_DAY,
        make: |inputs| Box::new(population::PresentPopulation(Arc::clone(inputs))),
    },
    Product {
        name: "cells_without_footprint",
        about: "cells that reach no tile, with the events and subscribers whose place is not known by tile",
        partitions: &[],
        make: |inputs| Box::new(cells::WithoutFootprint(Arc::clone(inputs))),
    },
    Product {
        name: "aggregated_usual_environments",
        about: "weighted devices by tile whose usual environment, home or work it is",
        partitions: &["label", "start_date", "end_date", "season"],
        make: |inputs| Box::new(environment::Aggregated(Arc::clone(inputs))),
    },
    Product {
        name: "daily_permanence_score",
        about: "for each subscriber and slot of a day the tiles of at least half of it, by group",
        partitions: &["year", "month", "day", "user_id_modulo", "id_type"],
        make: |inputs| Box::new(permanence::DailyPermanence::over(inputs)),
    },
    Product {
        name: "group_to_tile",
        about: "which tiles the groups of the scores are",
        partitions: &[],
        make: |inputs| Box::new(permanence::GroupTiles(Arc::clone(inputs))),
    },
    Product {
        name: "time_segments",
        about: "for each subscriber stays, moves and what is not known, day by day",
        partitions: BY_DAY_AND_PERSON,
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
        make: |inputs| Box::new(month::MidtermPermanence(Arc::clone(inputs))),
    },
    Product {
        name: "usual_environment_labels",
        about: "for each subscriber the tiles of usual environment, home and work, over the window",
        partitions: &["start_date", "end_date", "season", "user_id_modulo"],
        make: |inputs| Box::new(environment::Labels(Arc::clone(inputs))),
    },
    Product {
        name: "longitudinal_state",
        about: "for each subscriber and tile Eurostat's running sums by part of the day",
        partitions: &["user_id_modulo"],
        make: |inputs| Box::new(state::LongitudinalState(Arc::clone(inputs))),
    },
    Product {
        name: "longitudinal_environment",
        about: "for each subscriber the tiles of ten days and more, by part of the day, most used first",
        partitions: &["user_id_modulo"],
        make: |inputs| Box::new(state::LongitudinalEnvironment(Arc::clone(inputs))),
    },
];

#[cfg(test)]
mod tests;
