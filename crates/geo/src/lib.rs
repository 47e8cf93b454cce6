//! Public geography: cells, their positions, and the zone tree over them.
//!
//! Everything here is public knowledge about the network; nothing knows of subscribers, so nothing
//! here costs budget. Distances are in metres on a local plane.
//!
//! ```text
//! cell list ──▶ CellTable ──▶ ZoneTree ──▶ Partition (cell ─▶ zone) at 1, 2, 4, … zones
//! GeoJSON, shapefile ──▶ Areas ──▶ the named area at a point
//! ```
//!
//! ```
//! use erewhon_geo::{Cell, CellTable, Frame, ZoneTree};
//!
//! let cell = |id: &str, east_m, north_m| Cell::planar(id, east_m, north_m);
//! let cells = CellTable::new(
//!     Frame::Planar,
//!     vec![cell("a", 0.0, 0.0), cell("b", 0.0, 900.0), cell("c", 5_000.0, 0.0)],
//! )?;
//! assert_eq!(cells.distance_m(cells.find("a").unwrap(), cells.find("b").unwrap()), 900.0);
//! assert_eq!(ZoneTree::build(&cells).partition(1).zones(), 2);
//! # Ok::<(), erewhon_types::Error>(())
//! ```
//!
//! Start reading at [`CellTable`]; files become one with [`read_cells`], and named areas with
//! [`read_areas`].

mod antenna;
mod areas;
mod cell;
mod flat;
mod h3;
mod inspire;
mod plane;
mod read;
mod sites;
mod sphere;
mod tessellation;
mod voronoi;
mod weights;
mod zones;

pub use antenna::Antenna;
pub use areas::{Area, AreaIssues, AreaRule, Areas, read_areas};
pub use cell::{Cell, CellTable, Frame};
pub use h3::H3Resolution;
pub use inspire::{GridSize, GridSquare, InspireGrid};
pub use plane::Plane;
pub use read::{CellIssues, CellRule, read_cells};
pub use sites::Sites;
pub use sphere::great_circle_m;
pub use tessellation::{Tessellation, Zone};
pub use voronoi::Voronoi;
pub use weights::Weights;
pub use zones::{Partition, ZoneTree};
