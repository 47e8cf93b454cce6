//! Changes to what is there: compaction, withdrawal, expiry. Each ends in one new manifest.

use std::sync::Arc;

use erewhon_events::{Event, EventSource};
use erewhon_types::{Result, Subscriber, Window};
use jiff::civil;
use rayon::prelude::*;

use crate::{
    Expired, Loader, Manifest, Period, Store, StoreSource, loader::Target, store::span_utc_ms,
    sweep, withdrawn,
};

/// Rows that go to the loader at once.
const BATCH_ROWS: usize = 1 << 12;

impl Store {
    /// Writes the loads of each period as one, without those who withdrew; periods that are so
    /// already stay as they are.
    ///
    /// `init` and `each` are as in [`Loader::land`]; `each` meets the whole history of a period. The
    /// windows of the periods that were written come back with their states.
    ///
    /// A reader that has the old files open goes on with them; one that comes to open them later is
    /// told to try again.
    ///
    /// # Errors
    /// As [`Loader::land`]; the periods before the one that failed stay compacted.
    pub fn compact<S: Send>(
        &mut self,
        init: impl Fn() -> S + Sync,
        each: impl Fn(&mut S, Subscriber, &mut Vec<Event>) -> Result<()> + Sync,
    ) -> Result<Vec<(Window, Vec<S>)>> {
        self.filled()?;
        let mut done = Vec::new();
        loop {
            let lock = self.lock()?;
            self.refresh()?;
            let manifest = self.filled()?.clone();
            sweep::sweep(&self.dir, &manifest)?;
            let Some(period) = manifest.periods.iter().find(|p| is_loose(p, &manifest)) else {
                return Ok(done);
            };
            let window = period.window.clone();
            let loader = Loader::new(Target {
                dir: self.dir.clone(),
                window: window.clone(),
                window_utc_ms: span_utc_ms(&window)?,
                mapping_sha256: String::new(),
                cells: self.cells()?.len(),
                withdrawn: Arc::clone(&self.withdrawn),
                _lock: lock,
                manifest: manifest.clone(),
            });
            push_period(&self.source_of(&manifest, period), &loader)?;
            let (landed, states) = loader.land(&init, &each)?;
            let mut manifest = manifest;
            for period in &mut manifest.periods {
                if period.window == window {
                    period.compacted = Some(landed.counts);
                    period.segments = landed.segments.written().to_vec();
                }
            }
            // Kept first: a manifest that was renamed and could not be made durable names them.
            landed.segments.keep();
            self.replace_manifest(manifest)?;
            self.sweep()?;
            done.push((window, states));
        }
    }

    /// Hides subscribers from every reader from now on, also in loads to come; the next compaction
    /// erases them. Gives how many were not on the list before.
    ///
    /// As the other party of somebody else's events their pseudonyms stay.
    ///
    /// # Errors
    /// Data, when the store is empty; resource, when the disk is full.
    pub fn withdraw(&mut self, subscribers: &[Subscriber]) -> Result<u64> {
        let _lock = self.lock()?;
        self.refresh()?;
        let mut manifest = self.filled()?.clone();
        sweep::sweep(&self.dir, &manifest)?;
        let mut bits = self.withdrawn.to_vec();
        bits.extend(subscribers.iter().map(|subscriber| subscriber.bits()));
        bits.sort_unstable();
        bits.dedup();
        let added = (bits.len() - self.withdrawn.len()) as u64;
        if added > 0 {
            let list = withdrawn::write(&self.dir, manifest.next_change, &bits)?;
            manifest.withdrawn = Some(list);
            self.replace_manifest(manifest)?;
            self.withdrawn = bits.into();
            self.sweep()?;
        }
        Ok(added)
    }

    /// Deletes the periods that ended before a day, gives them back, and notes `today` and their
    /// windows.
    ///
    /// # Errors
    /// Data, when the store is empty; resource, when a file can't be removed: the period is gone for
    /// every reader all the same, and the next change removes the file.
    pub fn expire(&mut self, older_than: civil::Date, today: civil::Date) -> Result<Vec<Period>> {
        let _lock = self.lock()?;
        self.refresh()?;
        let mut manifest = self.filled()?.clone();
        // What a crash kept from being removed goes now, also where nothing else does.
        sweep::sweep(&self.dir, &manifest)?;
        let border = Window {
            first_day: older_than,
            days: 1,
            time_zone: manifest.time_zone.clone(),
        };
        let border_utc_ms = span_utc_ms(&border)?.start;
        let (mut gone, mut kept) = (Vec::new(), Vec::new());
        for period in std::mem::take(&mut manifest.periods) {
            let ended = span_utc_ms(&period.window)?.end <= border_utc_ms;
            if ended { &mut gone } else { &mut kept }.push(period);
        }
        if gone.is_empty() {
            return Ok(gone);
        }
        manifest.periods = kept;
        manifest.expired.extend(gone.iter().map(|period| Expired {
            on: today,
            window: period.window.clone(),
        }));
        self.replace_manifest(manifest)?;
        self.sweep()?;
        Ok(gone)
    }

    fn sweep(&self) -> Result<()> {
        sweep::sweep(&self.dir, self.filled()?)
    }

    /// One period alone.
    fn source_of(&self, manifest: &Manifest, period: &Period) -> StoreSource {
        let manifest = Manifest {
            periods: vec![period.clone()],
            ..manifest.clone()
        };
        let withdrawn = Arc::clone(&self.withdrawn);
        StoreSource::new(self.dir.clone(), manifest, withdrawn)
    }
}

/// Whether compaction has something to do in a period.
fn is_loose(period: &Period, manifest: &Manifest) -> bool {
    let list = manifest.withdrawn.as_ref();
    let older = |list: &crate::Withdrawn| period.segments.iter().any(|s| s.change < list.change);
    period.overlaps() || list.is_some_and(older)
}

fn push_period(source: &StoreSource, loader: &Loader) -> Result<()> {
    source.ranges().par_iter().try_for_each(|part| {
        let mut rows = Vec::new();
        part.visit(&mut |history| {
            for &event in history.events {
                rows.push((history.subscriber, event));
                if rows.len() == BATCH_ROWS {
                    loader.push(&rows)?;
                    rows.clear();
                }
            }
            Ok(())
        })?;
        loader.push(&rows)
    })
}

#[cfg(test)]
mod tests;
