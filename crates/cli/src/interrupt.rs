//! Ctrl-C while records are read: the load ends in order, as if it had never begun.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use erewhon_types::Result;

/// Until this is dropped, the first Ctrl-C, or request to end, asks for a stop; a second one, and
/// those that come later, end the program as they ever do.
pub(crate) struct Watch(Arc<AtomicBool>);

impl Watch {
    /// Sets `stop` when it is time to stop, and when this is dropped.
    pub(crate) fn start(stop: &Arc<AtomicBool>) -> Result<Self> {
        #[cfg(unix)]
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            use signal_hook::flag;

            // In this order: the first signal finds it unset, and sets it.
            flag::register_conditional_default(signal, Arc::clone(stop))
                .and_then(|_| flag::register(signal, Arc::clone(stop)))
                .map_err(|_| erewhon_types::Error::internal("a signal that can't be waited for"))?;
        }
        Ok(Self(Arc::clone(stop)))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
