//! Chores that keep the house in order, run as `cargo xtask NAME`.
//!
//! Start reading at [`layers`] (who may use whom), then [`proofs`] and [`kill`].

mod kill;
mod layers;
mod proofs;
mod rust_tokens;
mod tree;

use std::{env, io::Write as _, path::PathBuf, process::ExitCode};

/// A chore fails with the sentences to print.
type Outcome<T> = Result<T, String>;

const USAGE: &str = "\
cargo xtask layers [--write]           compare the crate graph with the table of allowed edges;
                                       --write renews the picture in docs/architecture.md
cargo xtask proofs [--stamp NAME]      check every mechanism's proof against its code;
                                       --stamp records that NAME was read again
cargo xtask kill [--times N] [--binary PATH]
                                       kill runs at random moments, then check ledger and store";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(text) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Err(text) => {
            say(&format!("error: {text}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Outcome<String> {
    let root = tree::root();
    match arguments {
        ["layers"] => layers::run(&root, layers::Picture::Compare),
        ["layers", "--write"] => layers::run(&root, layers::Picture::Write),
        ["proofs"] => proofs::check(&root),
        ["proofs", "--stamp", name] => proofs::stamp(&root, name),
        ["kill", rest @ ..] => kill_options(rest).and_then(|options| kill::run(&options)),
        _ => Err(format!("unknown chore\n{USAGE}")),
    }
}

fn kill_options(mut arguments: &[&str]) -> Outcome<kill::Options> {
    let mut options = kill::Options {
        times: 100,
        binary: tree::target_dir().join("release/erewhon"),
        scratch: env::temp_dir().join(format!("erewhon-kill-{}", std::process::id())),
    };
    while let [flag, value, rest @ ..] = arguments {
        match *flag {
            "--times" => {
                options.times = value.parse().map_err(|_| {
                    format!("`--times {value}` is not a whole number of at least 1")
                })?;
            }
            "--binary" => options.binary = PathBuf::from(value),
            _ => return Err(format!("unknown option `{flag}`\n{USAGE}")),
        }
        arguments = rest;
    }
    match arguments {
        [] if options.times > 0 => Ok(options),
        _ => Err(USAGE.to_owned()),
    }
}

/// Prints a line; a closed pipe is no reason to fail a chore.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
