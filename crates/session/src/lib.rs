//! The only door: records, keys, budget and policy meet here and nowhere else.
//!
//! A [`Session`] opens a store and answers with what was declared (window, cells), or with values that
//! are either private (noise was paid for) or `Exact` (they leave only through [`Session::export`], on
//! record). Beside these there are refusals, the yes or no of [`Ingested`], and rows in quarantine,
//! shown on record. It refuses to fit without a charge, to open an exact value without a line in the
//! ledger that says who asked and why, and to ask for a release of anything but what the ledger's fit
//! wrote and what follows from it, save for its page, which it does not make.
//!
//! ```text
//!  files ── ingest ──▶ store ─┐
//!  vault: keys, ledger ───────┴─ Session ─┬─ fit ─────▶ Model (private) ─▶ generate ─▶ synthetic
//!                                         ├─ release_families ─▶ tables (private), signed
//!                                         ├─ compare ─▶ Exact<UtilityReport> ┐
//!                                         ├─ attack ──▶ Exact<RiskReport>    ├─ export ─▶ internal/
//!                                         ├─ anonymise ▶ Exact<Anonymised>   │
//!                                         └─ quality ─▶ Exact<QualityReport> ┘
//! ```
//!
//! ```no_run
//! use std::path::Path;
//! use erewhon_session::{
//!     Asker, FitJob, GenerateSpec, Mapping, Policy, Session, Variant, Vault, generate,
//! };
//!
//! let vault = Vault::open(Path::new("vault"), Path::new("elsewhere/anchors"))?;
//! vault.open_ledger("subscribers of region 1", ("4".parse()?, None), "steward")?;
//! let session = Session::open(Path::new("march/internal/store"))?;
//! let kinds = Mapping::load("cdr")?.kinds();
//!
//! let job = FitJob {
//!     kinds: kinds.clone(),
//!     epsilon: "1".parse()?,
//!     release: "2026-03".into(),
//!     purpose: "research".into(),
//!     who: "analyst".into(),
//! };
//! let model = session.fit(&vault, &Policy::default(), &job, &mut |_| {})?;
//! let spec = GenerateSpec { subscribers: None, seed: 1, variant: Variant::default() };
//! let synthetic = generate(&model, session.cells(), session.calendar(), &spec)?;
//!
//! // How near it came is exact, so it leaves with a name and a reason on record, or not at all.
//! let utility = session.utility(&synthetic, &kinds, 1, &mut |_| {})?;
//! let asker = Asker { who: "analyst".into(), why: "quality of 2026-03".into() };
//! let utility = session.export(&vault, &asker, "utility", utility)?;
//! println!("{} measures", utility.private.measures.len());
//! # Ok::<(), erewhon_types::Error>(())
//! ```
//!
//! Start reading at [`Session`] and [`Vault`].

mod anonymise;
mod audit;
#[cfg(feature = "cluster")]
mod cluster;
mod export;
mod families;
mod families_asked;
mod families_files;
mod families_plan;
mod fidelity;
mod hive;
mod ingest;
mod keys;
mod lab;
mod measure;
mod measured;
mod memory;
mod mobility;
mod official;
mod presence;
mod preview;
mod quarantine;
mod reference;
mod release;
mod session;
mod split;
#[cfg(feature = "sql")]
mod sql;
mod synthetic;
mod tables;
mod upkeep;
mod vault;

pub use anonymise::ReadAnonymised;
pub use audit::audit_privacy;
#[cfg(feature = "cluster")]
pub use cluster::{
    Address, ClusterFamilies, ClusterSpec, Limits, Listen, WorkerSpec, serve_scheduler,
    serve_worker,
};
pub use erewhon_anonymise::{
    Blur, Coarseness, Extent, Grain, KAnonymity, Perturb, Suppress, Swap, Technique,
};
pub use erewhon_audit::{
    AuditReport, Check, EPSILONS as AUDITED, Effort, Finding, Verdict, out_of_range as not_audited,
};
pub use erewhon_dp::Exact;
pub use erewhon_events::{
    Consent, EventTable, Listed, Mapping, Numbering, QUARANTINE_DAYS, QUARANTINE_HEADER,
    QualityReport, Rules, Written, read_subjects,
};
pub use erewhon_fit::{Ablation, FitSpec, PlannedQuery};
pub use erewhon_generate::{GenerateSpec, Synthetic, Variant, generate};
pub use erewhon_geo::{CellIssues, CellSummary, CellTable, Frame, SetAside, read_cells};
pub use erewhon_govern::{
    INTERNAL_MARK, Policy, PrivateKey, PublicKey, ReleaseRequest, Requested, Verified, approve,
    check_signed_file, requested, verify,
};
pub use erewhon_ledger::{Entry, LedgerSummary, epsilon_text};
pub use erewhon_mobility::{
    AnchorRule, AnyReducer, Definitions, Family, Ground, PresetChanges, Public, Zoning, families,
};
pub use erewhon_model::{Model, PrivacyStatement};
pub use erewhon_official::{
    Inputs as OfficialInputs, Mcc, Need, Network, Origin, Product, SignalRule, TileZones, ZoneMap,
    products, read_countries, read_states,
};
pub use erewhon_risk::{
    GAMES, Game, RiskPolicy, RiskReport, RiskSpec, Verdict as RiskVerdict, games,
};
pub use erewhon_store::{Committed, Manifest};
pub use erewhon_utility::{BaselineRow, Better, TrajectoryQueries, TrajectoryScore, UtilityReport};
pub use export::{Asker, write_atomically, write_internal, write_released};
pub use families::FamiliesJob;
pub use families_asked::AskedFamily;
pub use families_files::BIAS as FAMILIES_BIAS;
pub use families_plan::{FamiliesPlan, MeasureStatement, NumberStatement};
pub use fidelity::{Fidelity, Figure};
pub use ingest::{IngestJob, Ingested, ingest};
pub use lab::{Held, Matrix, What, read_risk_policy};
pub use mobility::{MobilityRun, TableFormat, TableSet, digest_of, zones_to_toml};
pub use official::{grid_of, official_inputs, table_to_toml};
pub use presence::presence_by_hour;
pub use preview::{Preview, preview};
pub use quarantine::{QuarantineSpec, expire_quarantine, show_quarantine};
pub use reference::Utility;
pub use release::{ReleaseJob, model_files, read_private_model, request_release};
pub use session::{FitJob, Session};
pub use synthetic::{read_synthetic, write_synthetic};
pub use tables::cells_csv;
pub use upkeep::{compact, expire, withdraw};
pub use vault::Vault;
