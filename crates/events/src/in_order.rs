use std::{
    collections::VecDeque,
    sync::mpsc::{Receiver, TryRecvError, sync_channel},
    thread,
};

use erewhon_types::{Error, Result};

/// Makes something of each item on all cores, and hands it on in the order of the items.
///
/// Two things a core are alive at once, however many items there are. The first error, in the order
/// of the items, ends it.
///
/// # Errors
/// What `make` or `each` fails with.
pub fn in_order<I: Send, T: Send>(
    mut items: impl Iterator<Item = I>,
    make: impl Fn(I) -> Result<T> + Sync,
    mut each: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let most = 2 * rayon::current_num_threads();
    let make = &make;
    // The calling thread takes things over, so that `each` need not be `Send`.
    rayon::in_place_scope(|scope| {
        let mut making = VecDeque::with_capacity(most);
        loop {
            while making.len() < most
                && let Some(item) = items.next()
            {
                let (made, wait) = sync_channel(1);
                // Nobody listens any more once something has failed.
                scope.spawn(move |_| drop(made.send(make(item))));
                making.push_back(wait);
            }
            let Some(next) = making.pop_front() else {
                return Ok(());
            };
            each(take(&next)?)?;
        }
    })
}

/// Waits for a thing; a thread that makes things itself makes others meanwhile.
fn take<T>(made: &Receiver<Result<T>>) -> Result<T> {
    let lost = || Error::internal("a part was begun and never made");
    loop {
        match made.try_recv() {
            Ok(made) => return made,
            Err(TryRecvError::Disconnected) => return Err(lost()),
            Err(TryRecvError::Empty) => {}
        }
        match rayon::yield_now() {
            None => return made.recv().map_err(|_| lost())?,
            Some(rayon::Yield::Executed) => {}
            Some(rayon::Yield::Idle) => thread::yield_now(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn pool(threads: usize) -> rayon::ThreadPool {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap()
    }

    #[test]
    fn things_come_in_order_and_few_are_alive() {
        for threads in [1, 2, 5] {
            let (alive, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let mut seen = Vec::new();
            let make = |item: usize| {
                let now = alive.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(now, Ordering::SeqCst);
                // The earlier of two neighbours is often made later.
                thread::sleep(std::time::Duration::from_micros((item as u64 % 2) * 300));
                Ok(item)
            };
            let each = |item| {
                seen.push(item);
                alive.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            };
            let outcome = pool(threads).install(|| in_order(0..500, make, each));
            outcome.unwrap();
            assert!(seen.iter().copied().eq(0..500));
            assert!(most.into_inner() <= 2 * threads);
        }
    }

    #[test]
    fn the_first_error_ends_it() {
        let refuse = |item: usize| Error::input(format!("{item}"));
        let make = |item| match item {
            7 => Err(refuse(item)),
            _ => Ok(item),
        };
        let made = in_order(0.., make, |_| Ok(()));
        assert_eq!(made.unwrap_err().message(), "7");
        let each = |item| match item {
            3 => Err(refuse(item)),
            _ => Ok(()),
        };
        assert_eq!(in_order(0.., make, each).unwrap_err().message(), "3");
    }
}
