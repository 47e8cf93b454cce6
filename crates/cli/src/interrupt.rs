//! Ctrl-C while records are read: the load ends in order, as if it had never begun.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use erewhon_types::Result;

/// Until this is dropped, the first Ctrl-C, or request to end, asks for a stop; one that comes half a
/// second later ends the program, as all do once this is dropped. Those close together are one: `timeout`
/// sends two. A signal that whoever started the program has it ignore, as
/// `nohup` does or a shell for what it runs behind, is ignored still.
pub(crate) struct Watch {
    #[cfg(unix)]
    asks: Vec<signal_hook::SigId>,
    #[cfg(unix)]
    patience: Option<std::thread::JoinHandle<()>>,
    #[cfg(unix)]
    over: Arc<AtomicBool>,
}

impl Watch {
    /// Sets `stop` when it is time to stop.
    pub(crate) fn start(stop: &Arc<AtomicBool>) -> Result<Self> {
        #[cfg(unix)]
        return unix::start(stop);
        #[cfg(not(unix))]
        Ok(Self {})
    }
}

#[cfg(unix)]
mod unix {
    use std::{
        fs, io,
        sync::OnceLock,
        thread,
        time::{Duration, Instant},
    };

    use signal_hook::{
        consts::{SIGINT, SIGTERM},
        flag,
        low_level::unregister,
    };

    use super::*;

    /// How long after the first signal a second one ends the program.
    const PATIENCE: Duration = Duration::from_millis(500);
    /// How often it is looked whether there was a first one.
    const LOOK: Duration = Duration::from_millis(50);

    /// The signals that are not ignored, and whether they end the program.
    ///
    /// What is registered here stays: a signal of which the last action was taken back is ignored from
    /// then on.
    struct Signals {
        /// Whether a signal ends the program.
        ends: Arc<AtomicBool>,
        heard: Vec<i32>,
    }

    impl Signals {
        fn hear() -> io::Result<Self> {
            let ends = Arc::new(AtomicBool::new(true));
            let mut heard = vec![SIGINT, SIGTERM];
            heard.retain(|&signal| !is_ignored(signal));
            for &signal in &heard {
                flag::register_conditional_default(signal, Arc::clone(&ends))?;
            }
            Ok(Self { ends, heard })
        }
    }

    static SIGNALS: OnceLock<io::Result<Signals>> = OnceLock::new();

    pub(super) fn start(stop: &Arc<AtomicBool>) -> Result<Watch> {
        let failed = || erewhon_types::Error::internal("a signal that can't be waited for");
        let signals = SIGNALS.get_or_init(Signals::hear);
        let signals = signals.as_ref().map_err(|_| failed())?;
        let mut watch = Watch {
            asks: Vec::new(),
            patience: None,
            over: Arc::default(),
        };
        for &signal in &signals.heard {
            let asks = flag::register(signal, Arc::clone(stop)).map_err(|_| failed())?;
            watch.asks.push(asks);
        }
        signals.ends.store(false, Ordering::SeqCst);
        let (stop, over) = (Arc::clone(stop), Arc::clone(&watch.over));
        watch.patience = Some(thread::spawn(move || {
            let mut asked = None;
            while !over.load(Ordering::SeqCst) {
                if stop.load(Ordering::SeqCst) {
                    let asked: Instant = *asked.get_or_insert_with(Instant::now);
                    if asked.elapsed() >= PATIENCE {
                        signals.ends.store(true, Ordering::SeqCst);
                    }
                }
                thread::park_timeout(LOOK);
            }
        }));
        Ok(watch)
    }

    impl Drop for Watch {
        fn drop(&mut self) {
            self.over.store(true, Ordering::SeqCst);
            if let Some(patience) = self.patience.take() {
                patience.thread().unpark();
                // It does not panic, and nothing hangs on it.
                let _ = patience.join();
            }
            if let Some(Ok(signals)) = SIGNALS.get() {
                signals.ends.store(true, Ordering::SeqCst);
            }
            for asks in self.asks.drain(..) {
                unregister(asks);
            }
        }
    }

    /// Whether a signal was ignored when the program started; not known but on Linux.
    fn is_ignored(signal: i32) -> bool {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
    }
}
