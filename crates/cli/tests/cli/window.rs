//! Records that are read before the question, and a window that does not fit them.

use std::{io::Write as _, process::Stdio};

use crate::{Place, Said, world};

impl Place {
    /// `run` with a window that starts two days before the records, without an answer; more words follow.
    fn early_run(&self, more: &str) -> std::process::Command {
        let mut command = self.erewhon();
        command.args("run --format cdr --time-zone Europe/Berlin --epsilon 1".split(' '));
        command.args("--first-day 2026-02-28 --days 9 --out out".split(' '));
        command.args(more.split_whitespace());
        command.arg("--events").arg(world().cdr());
        command.arg("--cells").arg(world().cells());
        command
    }

    /// The same, answered on a terminal; `None` where this machine can't make one.
    fn answered(&self, answer: &str) -> Option<Said> {
        let run = self.early_run("");
        let words = std::iter::once(run.get_program()).chain(run.get_args());
        let words: Vec<_> = words
            .map(|w| format!("'{}'", w.to_string_lossy()))
            .collect();
        let mut terminal = self.command("script");
        terminal.args(["-qec", &words.join(" "), "/dev/null"]);
        let streams = terminal.stdin(Stdio::piped()).stdout(Stdio::piped());
        let Ok(mut child) = streams.spawn() else {
            eprintln!("skipped: no `script` to make a terminal with");
            return None;
        };
        child.stdin.take()?.write_all(answer.as_bytes()).ok()?;
        Some(Said::output(
            "run, answered",
            child.wait_with_output().ok()?,
        ))
    }
}

#[test]
fn days_without_events_are_said_before_the_question() {
    let place = Place::new();
    let said = "no event on 2 of 9 days of the window from 2026-02-28";
    let Some(no) = place.answered("n\n") else {
        return;
    };
    assert_eq!(no.code, Some(3), "{}", no.out);
    let (seen, asked) = (
        no.out.find(said).unwrap(),
        no.out.find("Spend it?").unwrap(),
    );
    assert!(seen < asked, "{}", no.out);
    assert!(no.out.contains("nothing was spent"), "{}", no.out);
    let shown = place.run("budget show");
    shown.failed(1, "holds no budget");

    // Hung up at the question: the same command asks again, and goes on.
    assert_ne!(place.answered("").unwrap().code, Some(0));
    let yes = place.answered("y\n").unwrap();
    assert_eq!(yes.code, Some(0), "{}", yes.out);
    assert_eq!(place.spent_micros(), 1_000_000);
    for file in ["privacy.json", "report.html", "model.json"] {
        let text = std::fs::read_to_string(place.path("out/release").join(file)).unwrap();
        assert!(!text.contains("no event on"), "{file}");
    }
    place.approve().done();
}

#[test]
fn a_fitting_window_is_no_word_worth() {
    let place = Place::new();
    place.open_budget();
    let ingest = |more: &str| place.reads("ingest", &world().cdr(), &world().cells(), more);
    let said = ingest("--out out").done();
    assert!(!said.err.contains("no event on"), "{}", said.err);
    let mut early = place.early_run("--yes --json");
    let said = Said::of("run early", &mut early).failed(2, "another window");
    assert!(!said.err.contains("no event on"), "{}", said.err);
}

/// What needs no record to be refused is refused before one is read.
#[test]
fn a_refusal_comes_before_the_records() {
    let place = Place::new();
    let refused = |more: &str, code: i32, words: &str| {
        let said = Said::of(more, &mut place.early_run(more)).failed(code, words);
        assert!(!said.err.contains("ingest"), "{}", said.err);
        assert!(!place.path("out").exists(), "{more}");
    };
    refused("", 2, "needs a yes");
    refused("--yes --purpose advertising", 3, "not in the policy");
    let dry = Said::of("dry", &mut place.early_run("--dry-run")).done();
    assert!(dry.err.contains("No record was read"), "{}", dry.err);
    assert!(!place.path("out").exists() && !place.path("data").exists());
    place.run("budget open --population p --epsilon 0.5").done();
    refused("--yes", 4, "is left of");
}
