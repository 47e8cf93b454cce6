use erewhon_events::EventSource;
use erewhon_mobility::{AnchorRule, Public, Track, anchors};
use erewhon_types::{CellIx, Result, Subscriber};

/// One event, as the attacks see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Seconds since the start of the window.
    pub(crate) time_s: u32,
    /// Hour of the local clock, counted from midnight of the first day, 24 a day.
    pub(crate) hour: u32,
    pub(crate) cell: CellIx,
}

/// Records of a group in memory, 12 bytes an event, and the anchors found in them.
#[derive(Default)]
pub struct People {
    subscribers: Vec<Subscriber>,
    /// `starts[i]..starts[i + 1]` are the events of `subscribers[i]`.
    starts: Vec<usize>,
    seen: Vec<Seen>,
    /// The other party of each event, 0 where there is none; empty where no event has one.
    peers: Vec<u64>,
    anchors: Vec<Home>,
}

/// Where the public rule puts somebody's home and work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Home {
    pub(crate) home: Option<CellIx>,
    pub(crate) work: Option<CellIx>,
}

impl People {
    /// Reads a source, whole. Events outside the window are left out, and whoever has no others too.
    ///
    /// # Errors
    /// What reading the source fails with.
    pub fn read(source: &dyn EventSource, public: &Public<'_>) -> Result<Self> {
        let rule = AnchorRule::signalling();
        let start = public.calendar.start_utc_ms();
        let mut people = Self {
            starts: vec![0],
            ..Self::default()
        };
        source.visit(&mut |history| {
            let track = Track::new(*public, history);
            if track.events().is_empty() {
                return Ok(());
            }
            for (event, local) in track.events().iter().zip(track.locals()) {
                people.seen.push(Seen {
                    time_s: ((event.time_utc_ms - start) / 1000) as u32,
                    hour: u32::from(local.day) * 24 + u32::from(local.hour()),
                    cell: event.cell,
                });
                people.peers.push(event.peer.map_or(0, u64::from));
            }
            let found = anchors(&track, &rule);
            people.anchors.push(Home {
                home: found.home.map(|anchor| anchor.cell),
                work: found.work.map(|anchor| anchor.cell),
            });
            people.subscribers.push(history.subscriber);
            people.starts.push(people.seen.len());
            Ok(())
        })?;
        if people.peers.iter().all(|&peer| peer == 0) {
            people.peers = Vec::new();
        }
        Ok(people)
    }

    /// Some of the people, by row, ascending.
    pub(crate) fn only(&self, rows: &[usize]) -> Self {
        let mut some = Self {
            starts: vec![0],
            ..Self::default()
        };
        for &row in rows {
            some.subscribers.push(self.subscribers[row]);
            some.seen.extend_from_slice(self.of(row));
            some.peers.extend_from_slice(self.peers_of(row));
            some.anchors.push(self.anchors[row]);
            some.starts.push(some.seen.len());
        }
        some
    }

    /// Number of people.
    pub const fn len(&self) -> usize {
        self.subscribers.len()
    }

    /// Whether there is nobody.
    pub const fn is_empty(&self) -> bool {
        self.subscribers.is_empty()
    }

    /// The events of a row, ascending in time.
    pub(crate) fn of(&self, row: usize) -> &[Seen] {
        &self.seen[self.starts[row]..self.starts[row + 1]]
    }

    /// The other parties of a row's events, 0 for none; nothing where no record of the group has one.
    pub(crate) fn peers_of(&self, row: usize) -> &[u64] {
        self.peers
            .get(self.starts[row]..self.starts[row + 1])
            .unwrap_or_default()
    }

    pub(crate) fn subscriber(&self, row: usize) -> Subscriber {
        self.subscribers[row]
    }

    /// The row of a pseudonym.
    pub(crate) fn find(&self, subscriber: Subscriber) -> Option<usize> {
        self.subscribers.binary_search(&subscriber).ok()
    }

    pub(crate) fn anchors(&self, row: usize) -> Home {
        self.anchors[row]
    }
}
