//! The program beside its peers.

mod fidelity;
mod ingest;
mod mobility;
mod rivals;
mod spread;
mod timed;

use erewhon_types::Result;

use crate::{args::BenchCommand, ui::Ui};

pub(crate) fn run(command: BenchCommand, ui: &Ui) -> Result<()> {
    match command {
        BenchCommand::Ingest(args) => ingest::run(&args, ui),
        BenchCommand::Mobility(args) => mobility::run(&args, ui),
        BenchCommand::Fidelity(args) => fidelity::run(&args, ui),
        BenchCommand::Pass(args) => mobility::pass(&args),
    }
}
