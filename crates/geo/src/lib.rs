//! Public geography: cells and their sites, tessellations, zone trees and distances.
//!
//! Everything here is public knowledge about the network; nothing knows of subscribers, so nothing
//! here costs budget. Definitions, sources and borderline cases are in `docs/geography.md`.
//!
//! ```text
//! cell list ──▶ CellTable ──▶ Sites ──▶ Voronoi ──┐
//!                  │  Plane   grid, H3, Areas ────┴▶ Tessellation ──▶ cell ─▶ zone, Weights
//!                  └──────────────────────────────────────────────▶ ZoneTree ──▶ Partition
//! ```
//!
//! ```
//! use erewhon_geo::{Cell, CellTable, Frame, GridSize, Sites, Tessellation, Weights, ZoneTree};
//!
//! let cells = CellTable::new(
//!     Frame::Geographic,
//!     vec![
//!         Cell::geographic("a1", 58.378, 26.729),
//!         Cell::geographic("a2", 58.378, 26.729),
//!         Cell::geographic("b", 58.386, 26.745),
//!     ],
//! )?;
//! let sites = Sites::build(&cells, |_| None);
//! assert_eq!(sites.len(), 2);
//! let squares = Tessellation::inspire(&cells, GridSize::Km1)?;
//! let square = squares.zones_of(&cells)[0].unwrap();
//! assert!(squares.zones()[square.index()].name.starts_with("1kmN"));
//! let weights = Weights::build(&cells, &sites, &squares, |_| None)?;
//! let sum: f64 = weights.rows()[0].iter().map(|(_, weight)| weight).sum();
//! assert!((sum - 1.0).abs() < 1e-12);
//! assert_eq!(ZoneTree::nested(&cells, &[squares]).partition(0).zones(), 1);
//! # Ok::<(), erewhon_types::Error>(())
//! ```
//!
//! Start reading at [`CellTable`] and [`Tessellation`]; files become them with [`read_cells`] and
//! [`read_areas`].

mod antenna;
mod areas;
mod cell;
mod cell_id;
mod flat;
mod h3;
mod hidden;
mod index;
mod inspire;
mod nearness;
mod plane;
mod radio;
mod read;
mod sites;
mod sphere;
mod summary;
mod tessellation;
pub mod untrusted;
mod voronoi;
mod weights;
mod write;
mod zones;

pub use antenna::Antenna;
pub use areas::{Area, AreaIssues, AreaRule, Areas, read_areas};
pub use cell::{Cell, CellTable, Frame};
pub use cell_id::canonical_cell_id;
pub use h3::H3Resolution;
pub use hidden::HiddenPlaces;
pub use inspire::{GridSize, GridSquare, InspireGrid};
pub use nearness::Nearness;
pub use plane::Plane;
pub use radio::Radio;
pub use read::{CellIssues, CellRule, SetAside, read_cells};
pub use sites::Sites;
pub use sphere::great_circle_m;
pub use summary::CellSummary;
pub use tessellation::{Tessellation, Zone};
pub use voronoi::Voronoi;
pub use weights::Weights;
pub use write::{weights_csv, zones_geojson};
pub use zones::{Partition, ZoneTree};
