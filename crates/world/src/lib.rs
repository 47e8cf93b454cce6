//! The reference country: agents with households, jobs, schedules and friends, and the records that
//! their phones leave. For the demo and the tests, with the truth beside it.
//!
//! It shares no code and no modelling assumption with the generator that is tested on it: behaviour
//! comes from people and places alone, and no table of calls by hour or place is drawn from. It is
//! not calibrated to any real country, takes no real records, and refuses to tune a generator.
//! All numbers and people are made up; numbers start with 999, a prefix that no country has.
//!
//! ```text
//! seed ─▶ Country ─▶ Places ─▶ Society (households, ties) ─▶ Diary ─▶ phones ─▶ Record ─▶ flaws ─▶ files
//!           ▲                        │                                  ▲
//! CommutingTable (optional)          └────────────▶ Network ────────────┘
//! ```
//!
//! ```
//! use erewhon_world::{World, WorldSpec};
//!
//! let spec = WorldSpec { subscribers: 100, days: 2, cells: 20, ..WorldSpec::default() };
//! let world = World::make(&spec)?;
//! let mut rows = 0;
//! world.records(&mut |_| rows += 1);
//! assert!(rows > 0 && world.cells().len() == 20);
//! # Ok::<(), erewhon_types::Error>(())
//! ```
//!
//! Start reading at [`World`]; how people spend their days is in `day.rs`, what their phones do
//! meanwhile in `phone.rs`.

mod absence;
mod attention;
mod commuting;
mod contacts;
mod country;
mod day;
mod diary;
mod dice;
mod flaws;
mod habits;
mod idle;
mod life;
mod network;
mod npy;
mod people;
mod phone;
mod places;
mod plane;
mod record;
mod roads;
mod roaming;
mod rush;
mod society;
mod spec;
mod tour;
mod truth;
mod world;
mod write;

pub use commuting::{CommutingTable, Zone};
pub use diary::Purpose;
pub use flaws::{Flaw, Planted};
pub use network::Antenna;
pub use people::{Anchor, Contact, Person, Role, Tie};
pub use record::Record;
pub use spec::WorldSpec;
pub use world::World;
pub use write::Written;

#[cfg(test)]
mod tests;
