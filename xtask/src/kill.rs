//! `kill`: stop the program at random moments, then see that no spent budget was lost and nothing
//! is broken.
//!
//! Each round starts a run, kills it (SIGKILL) after a random share of the time a whole run takes,
//! and then asks the program itself for its ledger and its store. At the end one run is left alone.

mod commands;
mod tally;

use std::{
    collections::hash_map::RandomState,
    fs,
    hash::{BuildHasher as _, Hasher as _},
    path::PathBuf,
    process::Child,
    thread,
    time::{Duration, Instant},
};

use crate::Outcome;
use commands::{Commands, EXIT_BUDGET};
use tally::{Moment, Tally};

/// What to kill, and how often.
pub(crate) struct Options {
    /// Number of kills.
    pub(crate) times: u32,
    /// The program.
    pub(crate) binary: PathBuf,
    /// Where the runs work; gone after a success.
    pub(crate) scratch: PathBuf,
}

/// Kills `times` runs and reports what was found. The scratch directory stays after a failure.
pub(crate) fn run(options: &Options) -> Outcome<String> {
    let dir = &options.scratch;
    fs::create_dir_all(dir).map_err(|error| format!("can't make `{}`: {error}", dir.display()))?;
    let commands = Commands::new(&options.binary, dir)?;
    let report = rounds(options.times, &commands)
        .map_err(|fault| format!("{fault}\nwhat the runs left is in {}", dir.display()))?;
    let _ = fs::remove_dir_all(dir);
    Ok(report)
}

fn rounds(times: u32, commands: &Commands) -> Outcome<String> {
    commands.make_world()?;
    let started = Instant::now();
    let first = commands
        .start_run(0)?
        .wait()
        .map_err(|error| error.to_string())?;
    if !first.success() {
        return Err(format!("a run that nobody killed ended with {first}"));
    }
    let mut typical = started.elapsed();
    let mut tally = Tally::new(commands.budget()?);
    let mut round = 0;
    // A run that ends before its kill is no kill: aim earlier then, and try again.
    while tally.kills() < times && round < 5 * times {
        round += 1;
        let share = random_share();
        let child = commands.start_run(round)?;
        let delay = typical.mul_f64(share);
        if killed_after(child, delay)? {
            let budget = commands.budget()?;
            let moment = Moment::of(tally.spent_before(), &budget, commands.has_release(round));
            tally.add(moment, share, &budget, commands.store(round)?)?;
        } else {
            typical = delay;
            tally.add_finished(&commands.budget()?)?;
        }
    }
    let last = commands
        .start_run(round + 1)?
        .wait()
        .map_err(|error| error.to_string())?;
    if !last.success() && last.code() != Some(EXIT_BUDGET) {
        return Err(format!(
            "after the kills, a run that nobody killed ended with {last}"
        ));
    }
    tally.add_finished(&commands.budget()?)?;
    Ok(format!(
        "{tally}\nlast run, not killed: {last}; a whole run takes {typical:.1?}"
    ))
}

/// Whether the child was still running, and so was killed, after `delay`.
fn killed_after(mut child: Child, delay: Duration) -> Outcome<bool> {
    thread::sleep(delay);
    let ended = child
        .try_wait()
        .map_err(|error| format!("can't ask for the run: {error}"))?;
    if ended.is_some() {
        return Ok(false);
    }
    child
        .kill()
        .and_then(|()| child.wait())
        .map_err(|error| format!("can't kill the run: {error}"))?;
    Ok(true)
}

/// A number in 0..1, from the hasher's random keys.
fn random_share() -> f64 {
    let bits = RandomState::new().build_hasher().finish();
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests;
