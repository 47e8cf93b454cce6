use std::sync::Arc;

use erewhon_geo::CellTable;
use erewhon_types::Result;

use crate::{Corridors, Definitions, Hubs, Zoning};

/// Where families count: the zones, and the corridors and hubs of the definitions, over the cells of one
/// network. Public.
#[derive(Clone, Debug)]
pub struct Ground {
    zones: Arc<Zoning>,
    corridors: Arc<Corridors>,
    hubs: Arc<Hubs>,
}

impl Ground {
    /// The ground of a run.
    ///
    /// # Errors
    /// As [`Corridors::new`] and [`Hubs::new`].
    pub fn new(zones: Arc<Zoning>, cells: &CellTable, definitions: &Definitions) -> Result<Self> {
        Ok(Self {
            zones,
            corridors: Arc::new(Corridors::new(&definitions.corridors, cells)?),
            hubs: Arc::new(Hubs::new(&definitions.hubs, cells)?),
        })
    }

    /// The zones that tables by zone count by.
    pub const fn zones(&self) -> &Arc<Zoning> {
        &self.zones
    }

    /// The lines that trips are told along.
    pub const fn corridors(&self) -> &Arc<Corridors> {
        &self.corridors
    }

    /// The places whose visitors are told.
    pub const fn hubs(&self) -> &Arc<Hubs> {
        &self.hubs
    }
}

impl From<Arc<Zoning>> for Ground {
    /// Zones alone: no corridors and no hubs.
    fn from(zones: Arc<Zoning>) -> Self {
        Self {
            zones,
            corridors: Arc::default(),
            hubs: Arc::default(),
        }
    }
}
