//! The `erewhon` command: parse, call the session, print.
//!
//! Data goes to standard output, talk to standard error. Exit codes: 0 done, 1 failed, 2 wrong
//! usage, 3 refused, 4 budget, 5 data failed checks, 6 risk threshold or failed audit, 70 defect, 75 try
//! again.

mod args;
mod commands;
mod dirs;
mod inputs;
mod interrupt;
mod out;
mod pages;
mod stages;
mod ui;
mod vain;
mod words;

use std::{error::Error as _, process::ExitCode};

use clap::Parser;
use erewhon_types::{Error, Kind, Result};

fn main() -> ExitCode {
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(wrong) => match usage_error(&wrong) {
            Some(error) => return failed(&error, &ui::Ui::new(std::env::args().any(is_json))),
            None => return help(&wrong),
        },
    };
    let ui = ui::Ui::new(args.json);
    finished(commands::run(args.command, &ui), &ui)
}

fn finished(ended: Result<()>, ui: &ui::Ui) -> ExitCode {
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error, ui),
    }
}

/// Prints help or version; nothing asked for is a wrong command line all the same.
fn help(asked: &clap::Error) -> ExitCode {
    match ui::written(asked.print()) {
        Ok(()) if asked.use_stderr() => ExitCode::from(Kind::Usage.exit_code()),
        printed => finished(printed, &ui::Ui::new(false)),
    }
}

/// A wrong command line as one line and a hint; `None` for help and version, which are no errors.
fn usage_error(wrong: &clap::Error) -> Option<Error> {
    // A value that one of our own types refused is said in our words.
    let own = wrong.source().and_then(|source| source.downcast_ref());
    if let Some(own) = own {
        return Some(Error::clone(own));
    }
    let text = wrong.to_string().replace('\'', "`");
    let mut lines = text.strip_prefix("error: ")?.lines().map(str::trim);
    let message: Vec<&str> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
    let hint = lines.find(|line| !line.is_empty());
    let hint = hint.map(|line| line.trim_start_matches("tip: ").to_owned());
    let error = Error::usage(message.join(" "));
    Some(match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    })
}

fn is_json(argument: String) -> bool {
    argument == "--json"
}

fn failed(error: &Error, ui: &ui::Ui) -> ExitCode {
    ui.error(error);
    ExitCode::from(error.kind().exit_code())
}
