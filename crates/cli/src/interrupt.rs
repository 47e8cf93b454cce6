//! Ctrl-C while records are read: the load ends in order, as if it had never begun.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use erewhon_types::Result;

/// Until this is dropped, the first Ctrl-C, or request to end, asks for a stop; a second one ends the
/// program, as all do that come later. A signal that whoever started the program has it ignore, as
/// `nohup` does or a shell for what it runs behind, is ignored still.
pub(crate) struct Watch {
    #[cfg(unix)]
    asks: Vec<signal_hook::SigId>,
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
    use std::{fs, io, sync::OnceLock};

    use signal_hook::{
        consts::{SIGINT, SIGTERM},
        flag,
        low_level::unregister,
    };

    use super::*;

    /// The signals that are not ignored, and whether they end the program.
    ///
    /// What is registered here stays: a signal of which the last action was taken back is ignored from
    /// then on.
    struct Signals {
        ends: Arc<AtomicBool>,
        heard: Vec<i32>,
    }

    impl Signals {
        fn hear() -> io::Result<Self> {
            let ends = Arc::new(AtomicBool::new(true));
            let mut heard = vec![SIGINT, SIGTERM];
            heard.retain(|&signal| !is_ignored(signal));
            for &signal in &heard {
                // In this order: a signal that finds it unset, sets it.
                flag::register_conditional_default(signal, Arc::clone(&ends))?;
                flag::register(signal, Arc::clone(&ends))?;
            }
            Ok(Self { ends, heard })
        }
    }

    static SIGNALS: OnceLock<io::Result<Signals>> = OnceLock::new();

    pub(super) fn start(stop: &Arc<AtomicBool>) -> Result<Watch> {
        let failed = || erewhon_types::Error::internal("a signal that can't be waited for");
        let signals = SIGNALS.get_or_init(Signals::hear);
        let signals = signals.as_ref().map_err(|_| failed())?;
        let mut watch = Watch { asks: Vec::new() };
        for &signal in &signals.heard {
            let asks = flag::register(signal, Arc::clone(stop)).map_err(|_| failed())?;
            watch.asks.push(asks);
        }
        signals.ends.store(false, Ordering::SeqCst);
        Ok(watch)
    }

    impl Drop for Watch {
        fn drop(&mut self) {
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
