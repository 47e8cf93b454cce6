//! The `erewhon` command: parse, call the session, print.
//!
//! Data goes to standard output, talk to standard error. Exit codes: 0 done, 1 failed, 2 wrong
//! usage, 3 refused, 4 budget, 5 data failed checks, 6 risk threshold, 70 defect, 75 try again.

mod args;
mod commands;
mod dirs;
mod pages;
mod stages;
mod ui;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let args = args::Args::parse();
    let ui = ui::Ui::new(args.json);
    match commands::run(args.command, &ui) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            ui.error(&error);
            ExitCode::from(error.kind().exit_code())
        }
    }
}
