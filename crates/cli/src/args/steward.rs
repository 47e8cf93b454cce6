//! What a steward does: budgets, keys, quarantine, releases.

use std::path::PathBuf;

use clap::Subcommand;
use erewhon_types::{Delta, Epsilon};

use super::{DirArgs, PublicArgs, VaultArgs, on_record};

#[derive(Debug, Subcommand)]
pub(crate) enum BudgetCommand {
    /// Declare a population and its whole budget: one vault, one population.
    Open {
        /// Name of the population, for example the operator and region.
        #[arg(long, value_parser = on_record)]
        population: String,
        /// Total privacy loss that any one subscriber may ever suffer.
        #[arg(long, allow_negative_numbers = true)]
        epsilon: Epsilon,
        /// Keep this population in zero-concentrated privacy: the total holds with this delta, such as
        /// 1e-6, and many releases fit into it [default: pure epsilon].
        #[arg(long, allow_negative_numbers = true)]
        delta: Option<Delta>,
        #[command(flatten)]
        vault: VaultArgs,
    },
    /// Print what was granted, spent and is left, after checking the whole ledger.
    Show {
        /// Print every entry.
        #[arg(long)]
        entries: bool,
        #[command(flatten)]
        vault: VaultArgs,
    },
    /// Print what a fit would ask and the noise it would get, without touching a record.
    Preview {
        #[command(flatten)]
        public: PublicArgs,
        /// Privacy loss of the release.
        #[arg(long, allow_negative_numbers = true)]
        epsilon: Epsilon,
        /// The delta of the population, where it has one.
        #[arg(long, allow_negative_numbers = true)]
        delta: Option<Delta>,
        /// Rough number of subscribers, from public knowledge.
        #[arg(long, default_value_t = 10_000)]
        subscribers: u64,
    },
    /// Add to the budget, with a reason that stays on record.
    Grant {
        /// What to add.
        #[arg(long, allow_negative_numbers = true)]
        epsilon: Epsilon,
        /// Why; goes into the ledger.
        #[arg(long, value_parser = on_record)]
        why: String,
        #[command(flatten)]
        vault: VaultArgs,
    },
    /// Take a ledger into use again whose anchor was lost: what is left of it is written off.
    Adopt {
        /// Why; goes into the ledger.
        #[arg(long, value_parser = on_record)]
        why: String,
        #[command(flatten)]
        vault: VaultArgs,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a signing key and its public half, FILE.pub; nothing is ever overwritten.
    New {
        /// Where the private key goes, readable by its owner alone.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Make a new pseudonym key for new stores; the former one stays for the stores that it made.
    ///
    /// Periods under different keys can't be joined by pseudonym; what people do still tells who they
    /// are. The ledger and what was spent stay the same, for the people do. Recorded in the ledger.
    Rotate {
        /// Why.
        #[arg(long, value_parser = on_record)]
        why: String,
        #[command(flatten)]
        vault: VaultArgs,
    },
    /// Destroy a former pseudonym key for good; recorded in the ledger.
    ///
    /// Nobody can then be added to its stores, or looked up there by number, be it to withdraw them.
    /// That is no anonymisation. Backups and the disk itself may still hold the key.
    Destroy {
        /// The key's id, which `key rotate` printed.
        #[arg(value_name = "ID")]
        key: String,
        /// Why.
        #[arg(long, value_parser = on_record)]
        why: String,
        /// Destroy it without asking.
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        vault: VaultArgs,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineCommand {
    /// Decrypt rows to standard output; recorded in the ledger with your reason.
    ///
    /// Columns: file, line, column, rule, and the row as it stood in the file; a line break within a
    /// field of Parquet is a space. INTERNAL: raw records.
    Show {
        /// A run directory, or one file of its internal/quarantine.
        #[arg(value_name = "FILE|DIR")]
        path: PathBuf,
        /// Why you need to see raw records; goes into the ledger.
        #[arg(long, default_value = "inspect rows set aside", value_name = "REASON", value_parser = on_record)]
        why: String,
        #[command(flatten)]
        vault: VaultArgs,
    },
    /// Remove the rows that have had their days; the next ingest does so too.
    Expire {
        /// Run directory.
        dir: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReleaseCommand {
    /// Sign the files of a run's release/ as a request for a purpose.
    Make {
        #[command(flatten)]
        at: DirArgs,
        /// What it is for [default: what it was charged for; nothing else is granted].
        #[arg(long)]
        purpose: Option<String>,
        /// Who receives it.
        #[arg(long, value_parser = on_record, default_value = "unnamed recipient")]
        recipient: String,
    },
    /// Approve a request as a second person, with that person's own key.
    ///
    /// Shows what the request is for, what it costs and which files it holds, and asks.
    Approve {
        /// Directory of the release.
        release: PathBuf,
        /// The approver's private key; `erewhon key new` makes one.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Approve what is shown without asking.
        #[arg(long)]
        yes: bool,
    },
    /// Check a release without the ledger and without a network.
    Verify {
        /// Directory of the release.
        release: PathBuf,
        /// The two public keys that you trust (files ending in .pub).
        #[arg(long, num_args = 2, value_names = ["REQUESTER.pub", "APPROVER.pub"])]
        trust: Vec<PathBuf>,
    },
}
