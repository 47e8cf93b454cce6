use erewhon_geo::{Cell, CellTable, Frame};
use erewhon_types::{Calendar, Result, Window};
use serde::{Deserialize, Serialize};

use crate::{
    ActivityTable, CallClass, CellShares, DistanceTable, KindShare, MeasuredTable, PresenceBlock,
    PrivacyStatement, Routine,
};

/// The only version of the file format that this program reads and writes.
pub const VERSION: &str = "erewhon.model.v5";

/// A fitted model of where people live, work and go, and when they make events; after the WHERE family
/// (Isaacman et al., MobiSys 2012; Mir et al., IEEE BigData 2013), with routines beyond it.
///
/// All shares are probabilities; every table adds up to one. Vectors by cell are in the row order
/// of [`PublicFrame::cells`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// [`VERSION`].
    pub version: String,
    /// Where the tables come from, which decides whether the model may leave the house.
    pub provenance: Provenance,
    /// The public geography and window the tables stand on.
    pub frame: PublicFrame,
    /// Number of subscribers with at least one event, at least 1; noisy in a private model.
    pub subscribers: u64,
    /// Where people live.
    pub home: CellShares,
    /// Where people work, given that they have a work anchor.
    pub work: CellShares,
    /// How far from home people work, by coarse home zone.
    pub commute: DistanceTable,
    /// How far from home a third place lies; only in a three-place model.
    pub other: Option<DistanceTable>,
    /// Events a day: mean and dispersion over subscribers.
    pub activity: ActivityTable,
    /// Call-time classes, at least one.
    pub classes: Vec<CallClass>,
    /// Where people are by part of the day; the blocks cover the 24 hours in order. Empty where
    /// routines say it.
    pub presence: Vec<PresenceBlock>,
    /// How people move between places of their own, where that was measured.
    pub routine: Option<Routine>,
    /// Mix of event kinds.
    pub kinds: Vec<KindShare>,
    /// The tables that all of the above was made of, as they were released; none in a reference that
    /// stays inside.
    pub measured: Vec<MeasuredTable>,
}

/// Where a model's tables come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "statement")]
pub enum Provenance {
    /// Noisy tables, paid for: the model is post-processing and carries its statement.
    Private(Box<PrivacyStatement>),
    /// Exact tables of real subscribers: a reference for comparisons that must not be released.
    Internal,
}

/// The public part of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicFrame {
    /// How cell positions are to be read.
    pub frame: Frame,
    /// The cells of the network, in table order.
    pub cells: Vec<Cell>,
    /// The declared window of the records.
    pub window: Window,
}

impl Model {
    /// The privacy statement; `None` for an internal reference.
    pub fn statement(&self) -> Option<&PrivacyStatement> {
        match &self.provenance {
            Provenance::Private(statement) => Some(statement),
            Provenance::Internal => None,
        }
    }

    /// The cell table the model stands on.
    ///
    /// # Errors
    /// Input, when the model's cell list is not a valid table.
    pub fn cell_table(&self) -> Result<CellTable> {
        CellTable::new(self.frame.frame, self.frame.cells.clone())
    }

    /// The calendar of the model's window.
    ///
    /// # Errors
    /// Usage, when the window is not valid.
    pub fn calendar(&self) -> Result<Calendar> {
        Calendar::new(&self.frame.window)
    }
}
