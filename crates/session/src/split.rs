use erewhon_events::{EventSource, History};
use erewhon_types::{Result, Subscriber};

/// One subscriber in this many never enters a fit: the control group of every attack.
///
/// Which one is decided by the keyed pseudonym alone, so the choice tells nothing about anyone.
pub(crate) const CONTROL_ONE_IN: u64 = 10;

/// The subscribers of a source on one side of the split.
pub(crate) struct Side<'a> {
    inner: &'a dyn EventSource,
    control: bool,
}

impl<'a> Side<'a> {
    /// Those who enter the fit.
    pub(crate) fn members(inner: &'a dyn EventSource) -> Self {
        Self {
            inner,
            control: false,
        }
    }

    /// Those who never do.
    pub(crate) fn control(inner: &'a dyn EventSource) -> Self {
        Self {
            inner,
            control: true,
        }
    }
}

pub(crate) fn is_control(subscriber: Subscriber) -> bool {
    subscriber.bits().is_multiple_of(CONTROL_ONE_IN)
}

impl EventSource for Side<'_> {
    fn visit(&self, each: &mut dyn FnMut(History<'_>) -> Result<()>) -> Result<()> {
        self.inner.visit(&mut |history| {
            if is_control(history.subscriber) == self.control {
                each(history)
            } else {
                Ok(())
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use erewhon_events::{Event, EventKind, EventTable};
    use erewhon_types::CellIx;

    #[test]
    fn everyone_is_on_exactly_one_side() {
        let event = Event::at(0, CellIx(0), EventKind::Data);
        let all = EventTable::from_rows((0..1000).map(|i| (Subscriber::new(i), event)).collect());
        let count = |side: &Side<'_>| {
            let mut seen = Vec::new();
            side.visit(&mut |h| {
                seen.push(h.subscriber);
                Ok(())
            })
            .unwrap();
            seen
        };
        let (members, control) = (count(&Side::members(&all)), count(&Side::control(&all)));
        assert_eq!((members.len(), control.len()), (900, 100));
        assert!(members.iter().all(|s| !control.contains(s)));
    }
}
