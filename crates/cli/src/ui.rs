use std::{
    io::{self, IsTerminal, Write},
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError, Sender},
    },
    time::{Duration, Instant},
};

use erewhon_session::INTERNAL_MARK;
use erewhon_types::{Error, Kind, Result};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

/// How the command talks: data on standard output, progress and words on standard error.
pub(crate) struct Ui {
    json: bool,
    /// Whether standard output has its one object already.
    told: AtomicBool,
    stages: Mutex<Vec<(String, f64)>>,
}

/// One stage of work with its bar.
pub(crate) struct Stage<'a> {
    ui: &'a Ui,
    name: &'static str,
    bar: ProgressBar,
    started: Instant,
    /// What is being done, for the lines below.
    words: Arc<Mutex<String>>,
    /// Where there is no terminal, a thread says a line now and then until this is dropped.
    _speaker: Option<Sender<()>>,
}

/// How often a stage speaks where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

impl Ui {
    pub(crate) const fn new(json: bool) -> Self {
        Self {
            json,
            told: AtomicBool::new(false),
            stages: Mutex::new(Vec::new()),
        }
    }

    /// Whether results are JSON.
    pub(crate) const fn is_json(&self) -> bool {
        self.json
    }

    /// Starts a stage; `finish` ends it.
    pub(crate) fn stage(&self, name: &'static str) -> Stage<'_> {
        let bar = ProgressBar::no_length();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix:<10} {wide_bar} {msg}") {
            bar.set_style(style);
        }
        bar.set_prefix(name);
        bar.enable_steady_tick(Duration::from_millis(120));
        let words = Arc::new(Mutex::new(String::new()));
        Stage {
            ui: self,
            name,
            _speaker: bar.is_hidden().then(|| speaker(name, Arc::clone(&words))),
            bar,
            started: Instant::now(),
            words,
        }
    }

    /// The stages so far with their wall seconds.
    pub(crate) fn stages(&self) -> Vec<(String, f64)> {
        self.stages
            .lock()
            .map(|stages| stages.clone())
            .unwrap_or_default()
    }

    /// Words for people, on standard error.
    pub(crate) fn say(&self, words: &str) {
        say(words);
    }

    /// The result: text for people, or one JSON object with its schema.
    pub(crate) fn result<T: Serialize>(&self, schema: &str, value: &T, text: &str) -> Result<()> {
        self.object(
            serde_json::json!({ "schema": schema, "result": value }),
            text,
        )
    }

    /// A result that is exact and must stay inside, which says so.
    pub(crate) fn internal<T: Serialize>(&self, schema: &str, value: &T, text: &str) -> Result<()> {
        let object = serde_json::json!({
            "classification": INTERNAL_MARK,
            "schema": schema,
            "result": value,
        });
        self.object(object, text)
    }

    fn object(&self, object: serde_json::Value, text: &str) -> Result<()> {
        let out = if self.json {
            serde_json::to_string_pretty(&object)
                .map_err(|_| Error::internal("a result can't be written as JSON"))?
        } else {
            text.trim_end().to_owned()
        };
        self.tells();
        let mut stdout = io::stdout();
        written(writeln!(stdout, "{out}").and_then(|()| stdout.flush()))
    }

    /// Standard output has its one object from now on: an error that follows is said in words alone.
    pub(crate) fn tells(&self) {
        self.told.store(true, Ordering::Relaxed);
    }

    /// An error with its hint.
    pub(crate) fn error(&self, error: &Error) {
        let hint = error.hint().unwrap_or(match error.kind() {
            Kind::Internal => "this is a defect of the program: please report it",
            Kind::Resource => "check disk, memory and permissions, then try again",
            _ => "`--help` after a command says what it takes",
        });
        if let Some(object) = self.error_object(error, hint) {
            let _ = writeln!(io::stdout(), "{object}");
        }
        self.say(&format!("error: {error}"));
        self.say(&format!("hint: {hint}"));
    }

    /// An error as the one object of standard output, where that has none yet.
    fn error_object(&self, error: &Error, hint: &str) -> Option<serde_json::Value> {
        let wanted = self.json && !self.told.load(Ordering::Relaxed);
        wanted.then(|| {
            serde_json::json!({
                "schema": "erewhon.error.v1",
                "kind": error.kind().name(),
                "message": error.message(),
                "hint": hint,
            })
        })
    }

    /// Refuses to go on to a question that nobody would see; `what` needs the answer.
    pub(crate) fn check_terminal(&self, what: &str) -> Result<()> {
        if io::stdin().is_terminal() {
            return Ok(());
        }
        Err(Error::usage(format!(
            "{what} needs a yes, and there is no terminal to ask"
        ))
        .with_hint("add --yes, if it is meant"))
    }

    /// Asks before what can't be undone; `otherwise` is what an answer but yes leaves.
    pub(crate) fn confirm(&self, question: &str, otherwise: &str) -> Result<()> {
        let _ = write!(io::stderr(), "{question} [y/N] ");
        let mut answer = String::new();
        let read = io::stdin().read_line(&mut answer);
        match answer.trim() {
            "y" | "Y" | "yes" if read.is_ok() => Ok(()),
            _ => Err(
                Error::new(Kind::Refused, format!("{otherwise}: not confirmed"))
                    .with_hint("the same command asks again; only `y` or `yes` is a yes"),
            ),
        }
    }
}

/// A result that could not be written is a failure, unless its reader went away (`| head`): that one
/// has all it wanted.
pub(crate) fn written(written: io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::io("write", Path::new("standard output"), &error))
        }
        _ => Ok(()),
    }
}

fn say(words: &str) {
    // A closed standard error is no reason to fail.
    let _ = writeln!(io::stderr(), "{words}");
}

fn speaker(name: &'static str, words: Arc<Mutex<String>>) -> Sender<()> {
    let (sender, ended) = mpsc::channel::<()>();
    std::thread::spawn(move || {
        let started = Instant::now();
        while ended.recv_timeout(LINE_EVERY) == Err(RecvTimeoutError::Timeout) {
            let words = words.lock().map(|words| words.clone()).unwrap_or_default();
            let words = match words.as_str() {
                // A stage that does one long thing.
                "" => format!("{} s", started.elapsed().as_secs()),
                _ => words,
            };
            say(&format!("{name:<10} ... {words}"));
        }
    });
    sender
}

impl Stage<'_> {
    /// Work done out of work in all.
    pub(crate) fn at(&mut self, done: u64, total: u64) {
        self.bar.set_length(total);
        self.bar.set_position(done);
        self.speak(format!("{} %", 100 * done / total.max(1)));
    }

    /// What is being done.
    pub(crate) fn note(&mut self, what: &str) {
        self.bar.set_message(what.to_owned());
        self.speak(what.to_owned());
    }

    fn speak(&self, words: String) {
        if let Ok(mut now) = self.words.lock() {
            *now = words;
        }
    }

    /// Ends the stage and says how long it took.
    pub(crate) fn finish(self) {
        let seconds = self.started.elapsed().as_secs_f64();
        self.bar.finish_and_clear();
        self.ui.say(&format!("{:<10} {seconds:6.1} s", self.name));
        if let Ok(mut stages) = self.ui.stages.lock() {
            stages.push((self.name.to_owned(), seconds));
        }
    }
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        // A stage that failed leaves no half-drawn bar behind the error.
        if !self.bar.is_finished() {
            self.bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_output_has_one_object() {
        let error = Error::new(Kind::Risk, "the guarantee does not hold");
        let ui = Ui::new(true);
        let object = ui.error_object(&error, "").unwrap();
        assert_eq!(object["schema"], "erewhon.error.v1");
        // As `audit-privacy` does: its table is told, and then it fails.
        ui.result("erewhon.audit_privacy.v1", &[1], "").unwrap();
        assert_eq!(ui.error_object(&error, ""), None);
        assert_eq!(Ui::new(false).error_object(&error, ""), None);
    }
}
