use std::{net::SocketAddr, num::NonZeroUsize};

use clap::{Args as ClapArgs, Subcommand};

pub(super) const EXAMPLES: &str = "\
Example, on one machine:
  erewhon cluster scheduler &
  erewhon cluster worker --scheduler http://127.0.0.1:50050 &
  erewhon mobility compute march --cluster http://127.0.0.1:50050";

#[derive(Debug, Subcommand)]
pub(crate) enum ClusterCommand {
    /// Give ranges to workers, until Ctrl-C.
    ///
    /// It sees no records and keeps nothing: restarted, it goes on with what whoever sent the work sends
    /// again by itself.
    Scheduler(SchedulerArgs),
    /// Reduce ranges for a scheduler, until Ctrl-C.
    ///
    /// It reads stores and writes partial results into the run directory of whoever sent the work; it has
    /// neither vault nor ledger. Ranges that it is at when it is stopped go to others.
    Worker(WorkerArgs),
}

/// Who may reach a part.
#[derive(Debug, ClapArgs)]
pub(crate) struct NetworkArgs {
    /// Listen where other machines reach it: there is no stranger in that network.
    #[arg(long)]
    pub(crate) private_network: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct SchedulerArgs {
    /// Where to listen; port 0 is any free one.
    #[arg(long, default_value = "127.0.0.1:50050", value_name = "IP:PORT")]
    pub(crate) listen: SocketAddr,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct WorkerArgs {
    /// Address of the scheduler.
    #[arg(long, value_name = "URL")]
    pub(crate) scheduler: String,
    /// Where to listen; port 0 is any free one.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "IP:PORT")]
    pub(crate) listen: SocketAddr,
    /// Ranges to reduce at once [default: one a core].
    #[arg(long, value_name = "NUMBER")]
    pub(crate) cores: Option<NonZeroUsize>,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}
