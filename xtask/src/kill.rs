//! `kill`: stop the program at random moments, then see that no spent budget was lost and nothing
//! is broken.
//!
//! Each round starts a run, kills it (SIGKILL) after a random share of the time a whole run takes,
//! and then asks the program itself for its ledger and its store. Every third killed run is repeated
//! in its own directory, where it must end well and charge only what was not charged for a model
//! before. At the end one run is left alone.

mod commands;
mod tally;

use std::{
    collections::hash_map::RandomState,
    fs,
    hash::{BuildHasher as _, Hasher as _},
    path::PathBuf,
    process::{Child, ExitStatus},
    thread,
    time::{Duration, Instant},
};

use crate::Outcome;
use commands::{Commands, EPSILON_MICROS, EXIT_BUDGET};
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
    commands.prepare()?;
    let started = Instant::now();
    let first = ended(commands.start_run(0)?)?;
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
        let delay = typical.mul_f64(share);
        if let Some(status) = killed_after(commands.start_run(round)?, delay)? {
            typical = delay;
            finished_run(status, commands, &mut tally)?;
        } else {
            let budget = commands.budget()?;
            let has_model = commands.has_model(round);
            let moment = Moment::of(
                tally.spent_before(),
                &budget,
                has_model,
                commands.has_request(round),
            );
            tally.add(moment, share, &budget, commands.store(round)?)?;
            if tally.kills().is_multiple_of(3) {
                resumed_run(round, has_model, commands, &mut tally)?;
            }
        }
    }
    if tally.kills() < times {
        return Err(format!(
            "only {} of {times} runs could be killed, the others ended before:\n{tally}",
            tally.kills()
        ));
    }
    let last = ended(commands.start_run(round + 1)?)?;
    finished_run(last, commands, &mut tally)?;
    Ok(format!("{tally}\nlast run, not killed: {last}"))
}

/// A run that nobody killed succeeds, or is refused because the budget is really used up.
fn finished_run(status: ExitStatus, commands: &Commands, tally: &mut Tally) -> Outcome<()> {
    let budget = commands.budget()?;
    let used_up = budget.total_micros.saturating_sub(budget.spent_micros) < EPSILON_MICROS;
    if status.success() || status.code() == Some(EXIT_BUDGET) && used_up {
        tally.add_finished(&budget)
    } else {
        Err(format!(
            "after {} kills, a run that nobody killed ended with {status}",
            tally.kills()
        ))
    }
}

/// A killed run that is repeated in its directory goes on; only a missing model is paid for.
fn resumed_run(round: u32, has_model: bool, commands: &Commands, tally: &mut Tally) -> Outcome<()> {
    let status = ended(commands.start_run(round)?)?;
    let budget = commands.budget()?;
    let used_up = budget.total_micros.saturating_sub(tally.spent_before()) < EPSILON_MICROS;
    if status.code() == Some(EXIT_BUDGET) && used_up && !has_model {
        return tally.add_resumed(0, &budget);
    }
    if !status.success() || !commands.has_request(round) {
        return Err(format!(
            "run {round}, repeated in its directory after a kill, ended with {status}"
        ));
    }
    let cost_micros = if has_model { 0 } else { EPSILON_MICROS };
    tally.add_resumed(cost_micros, &budget)
}

/// Kills the child after `delay`, or says how it had ended before.
fn killed_after(mut child: Child, delay: Duration) -> Outcome<Option<ExitStatus>> {
    thread::sleep(delay);
    let asked = child.try_wait();
    let status = asked.map_err(|error| format!("can't ask for the run: {error}"))?;
    if status.is_none() {
        let killed = child.kill().and_then(|()| child.wait());
        killed.map_err(|error| format!("can't kill the run: {error}"))?;
    }
    Ok(status)
}

fn ended(mut child: Child) -> Outcome<ExitStatus> {
    let status = child.wait();
    status.map_err(|error| format!("can't wait for the run: {error}"))
}

/// A number in 0..1, from the hasher's random keys.
fn random_share() -> f64 {
    let bits = RandomState::new().build_hasher().finish();
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests;
