//! One function per command.

mod anonymise;
mod audit;
mod bench;
mod budget;
mod cells;
mod chosen;
mod cluster;
mod families;
mod geo;
mod judge;
mod key;
mod mobility;
mod official;
mod pipeline;
mod preview;
mod quarantine;
mod release;
mod risk;
mod show;
mod spend;
mod sql;
mod store;
mod world;

use erewhon_types::Result;

use crate::{
    args::{CellsCommand, Command, GeoCommand, MobilityCommand, OfficialCommand, WorldCommand},
    ui::Ui,
};

pub(crate) fn run(command: Command, ui: &Ui) -> Result<()> {
    match command {
        Command::Demo(args) => pipeline::demo(&args, ui),
        Command::Run(args) => pipeline::run(&args, ui),
        Command::World(WorldCommand::Make(args)) => world::make(&args, ui),
        Command::Cells(CellsCommand::Show { cells }) => cells::show(&cells, ui),
        Command::Geo(GeoCommand::Zones(args)) => geo::zones(&args, ui),
        Command::Ingest(args) => match &args.out {
            Some(out) if !args.preview => pipeline::ingest(&args.ingest, out, ui),
            _ => preview::preview(&args.ingest, ui),
        },
        Command::Store(command) => store::run(command, ui),
        Command::Mobility(MobilityCommand::Anchors(args)) => mobility::anchors(&args, ui),
        Command::Mobility(MobilityCommand::Definitions) => mobility::definitions(ui),
        Command::Mobility(MobilityCommand::List) => mobility::list(ui),
        Command::Mobility(MobilityCommand::Compute(args)) => mobility::compute(&args, ui),
        Command::Mobility(MobilityCommand::Release(args)) => families::release(&args, ui),
        Command::Cluster(command) => cluster::run(&command, ui),
        Command::Official(OfficialCommand::List) => official::list(ui),
        Command::Official(OfficialCommand::Compute(args)) => official::compute(&args, ui),
        Command::Sql(args) => sql::sql(&args, ui),
        Command::Fit(args) => pipeline::fit(&args, ui),
        Command::Generate(args) => pipeline::generate(&args, ui),
        Command::Anonymise(command) => anonymise::run(&command, ui),
        Command::Utility(args) => judge::utility(&args, ui),
        Command::Risk(command) => risk::run(command, ui),
        Command::Budget(command) => budget::run(command, ui),
        Command::AuditPrivacy { epsilon } => audit::audit(epsilon, ui),
        Command::Report(args) => judge::report(&args, ui),
        Command::Key(command) => key::run(command, ui),
        Command::Quarantine(command) => quarantine::run(command, ui),
        Command::Release(command) => release::run(command, ui),
        Command::Bench(command) => bench::run(command, ui),
    }
}
