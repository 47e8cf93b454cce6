//! The classical techniques of anonymisation, as baselines that the risk lab attacks.
//!
//! Each is what the literature describes, made to run on a hundred thousand subscribers and more, and
//! none is a mechanism of this product: what they make is real people's records, changed. It stays
//! inside, claims nothing, and is there to be seen to fail (`docs/anonymise.md` says how each does).
//! This crate refuses to open a store and to write a file, and draws no noise that anybody may count as
//! protection.
//!
//! ```text
//! EventSource ──▶ Disclosed, a second and a cell a record
//!                     │ generalise ─▶ suppress
//!                     │ swap · perturb · k_anonymity · blur
//!                     ▼
//!                 Anonymised: Disclosed + Effect (what was lost)
//! ```
//!
//! ```
//! use erewhon_anonymise::{Coarseness, Technique, anonymise};
//! use erewhon_events::{Event, EventKind, EventTable};
//! use erewhon_geo::CellTable;
//! use erewhon_types::{Calendar, CellIx, Subscriber, Window};
//!
//! let cells = CellTable::schematic(vec!["a".into(), "b".into()])?;
//! let calendar = Calendar::new(&Window::parse("2026-03-02", 7, "UTC")?)?;
//! let call = Event::at(calendar.start_utc_ms() + 5_000, CellIx(1), EventKind::CallOut);
//! let records = EventTable::from_rows(vec![(Subscriber::new(1), call)]);
//!
//! let coarseness = Coarseness { place: "site".parse()?, time: "hours-6".parse()? };
//! let made = anonymise(&Technique::Generalise(coarseness), &records, &cells, &calendar, [0; 32])?;
//! let (_, samples) = made.disclosed.rows().next().unwrap();
//! assert_eq!((samples[0].from_s, samples[0].until_s), (0, 6 * 3600));
//! assert_eq!(made.effect.stretch_min.mean.round(), 360.0);
//! # Ok::<(), erewhon_types::Error>(())
//! ```
//!
//! Start reading at [`Technique`] and [`anonymise`].

mod bins;
mod blur;
mod effect;
mod generalise;
mod k_anonymity;
mod near;
mod perturb;
mod presence;
mod suppress;
mod swap;
mod technique;

pub use bins::Grain;
pub use blur::Blur;
pub use effect::{Effect, Spread};
pub use generalise::{Coarseness, Extent};
pub use k_anonymity::{Groups, KAnonymity};
pub use perturb::Perturb;
pub use suppress::Suppress;
pub use swap::Swap;
pub use technique::{Anonymised, Technique, anonymise};
