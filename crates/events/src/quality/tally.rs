use erewhon_types::{Calendar, CellIx};

use crate::{
    Cleaner, DeviceClass, Event, EventKind, HistoryRule,
    quality::{
        Contents, Crowd, DoubtfulCell, HistoryCount, KindContents, QualityReport, RuleState, holes,
        homes::HomesTally, spread::Spread,
    },
};

/// Names listed in a report, for example of busiest cells; the numbers beside them count all.
pub(crate) const LISTED: usize = 100;
const BUSIEST: usize = 20;
const HOURS: usize = 24;

/// What one thread counted; any two merge, in any order.
///
/// Bounded by cells × hours of the days met, rules × days, countries and the logarithm of the largest counts,
/// never by subscribers: 4 bytes a cell and hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    cells: usize,
    found: [Found; HistoryRule::ALL.len()],
    /// Moves that were too fast and could not be mended.
    unresolved: u64,
    /// Rows that a change of cell made equal to another one.
    pub(crate) doubled: u64,
    strays_by_cell: Vec<u64>,
    /// Events kept by cell and local hour, for each day; empty for a day without events.
    by_day: Vec<Vec<u32>>,
    subscribers: u64,
    subscribers_by_day: Vec<u64>,
    events_per_subscriber: Spread,
    kinds: [KindTally; EventKind::ALL.len()],
    devices: [u64; DeviceClass::ALL.len()],
    homes: HomesTally,
    /// First and last millisecond of UTC.
    span_utc_ms: Option<(i64, i64)>,
}

/// What one rule found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Found {
    rows_by_day: Vec<u64>,
    subscribers: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct KindTally {
    events: u64,
    without_peer: u64,
    without_bytes: u64,
    without_amount: u64,
    bytes_up: u64,
    bytes_down: u64,
    durations_s: Spread,
}

impl Tally {
    pub(crate) fn new(cells: usize, days: u16) -> Self {
        let days = usize::from(days);
        Self {
            cells,
            found: std::array::from_fn(|_| Found {
                rows_by_day: vec![0; days],
                subscribers: 0,
            }),
            unresolved: 0,
            doubled: 0,
            strays_by_cell: vec![0; cells],
            by_day: vec![Vec::new(); days],
            subscribers: 0,
            subscribers_by_day: vec![0; days],
            events_per_subscriber: Spread::default(),
            kinds: Default::default(),
            devices: Default::default(),
            homes: HomesTally::default(),
            span_utc_ms: None,
        }
    }

    /// Rows of one subscriber that a rule found, by local day; said once for a subscriber and rule.
    pub(crate) fn found(&mut self, rule: HistoryRule, days: impl Iterator<Item = u16>) {
        let found = &mut self.found[rule as usize];
        let mut any = false;
        for day in days {
            found.rows_by_day[usize::from(day)] += 1;
            any = true;
        }
        found.subscribers += u64::from(any);
    }

    /// Rows of bad fixes, and moves that stay too fast.
    pub(crate) fn strayed(&mut self, rows: &[usize], unresolved: u64, events: &[Event]) {
        self.unresolved += unresolved;
        for &row in rows {
            self.strays_by_cell[events[row].cell.index()] += 1;
        }
    }

    /// The events of one subscriber that stay.
    pub(crate) fn keep(&mut self, calendar: &Calendar, events: &[Event]) {
        let (Some(first), Some(last)) = (events.first(), events.last()) else {
            return;
        };
        self.span_utc_ms = widest(
            self.span_utc_ms,
            Some((first.time_utc_ms, last.time_utc_ms)),
        );
        self.subscribers += 1;
        self.events_per_subscriber.add(events.len() as u64);
        self.homes.add(events);
        for event in events {
            self.kinds[event.kind as usize].add(event);
            self.devices[event.device as usize] += 1;
        }
        // Counters lie far apart. Where all of them are known before the first is touched, the
        // processor waits for many at once.
        let place = |event: &Event| {
            let local = calendar.local(event.time_utc_ms)?;
            Some((local.day, slot(event.cell, local.hour())))
        };
        let places: Vec<(u16, usize)> = events.iter().filter_map(place).collect();
        for places in places.chunk_by(|a, b| a.0 == b.0) {
            let day = usize::from(places[0].0);
            self.subscribers_by_day[day] += 1;
            let counters = &mut self.by_day[day];
            counters.resize(self.cells * HOURS, 0);
            for (_, slot) in places {
                counters[*slot] = counters[*slot].saturating_add(1);
            }
        }
    }

    /// Adds what another tally over the same tables counted.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.found.iter_mut().zip(&other.found) {
            add(&mut mine.rows_by_day, &theirs.rows_by_day);
            mine.subscribers += theirs.subscribers;
        }
        self.unresolved += other.unresolved;
        self.doubled += other.doubled;
        add(&mut self.strays_by_cell, &other.strays_by_cell);
        for (mine, theirs) in self.by_day.iter_mut().zip(&other.by_day) {
            mine.resize(mine.len().max(theirs.len()), 0);
            for (mine, theirs) in mine.iter_mut().zip(theirs) {
                *mine = mine.saturating_add(*theirs);
            }
        }
        self.subscribers += other.subscribers;
        add(&mut self.subscribers_by_day, &other.subscribers_by_day);
        self.events_per_subscriber
            .merge(&other.events_per_subscriber);
        for (mine, theirs) in self.kinds.iter_mut().zip(&other.kinds) {
            mine.merge(theirs);
        }
        add_all(&mut self.devices, &other.devices);
        self.homes.merge(&other.homes);
        self.span_utc_ms = widest(self.span_utc_ms, other.span_utc_ms);
    }

    /// Subscribers with at least one event that stayed.
    pub const fn subscribers(&self) -> u64 {
        self.subscribers
    }

    /// Rows that a rule found.
    pub(crate) fn rows(&self, rule: HistoryRule) -> u64 {
        self.found[rule as usize].rows_by_day.iter().sum()
    }

    fn by_cell(&self) -> Vec<u64> {
        let of_day = |day: &[u32], cell: usize| -> u64 {
            let hours = day.iter().skip(cell * HOURS).take(HOURS);
            hours.map(|&n| u64::from(n)).sum()
        };
        (0..self.cells)
            .map(|cell| self.by_day.iter().map(|day| of_day(day, cell)).sum())
            .collect()
    }

    pub(crate) fn describe(&self, cleaner: &Cleaner<'_>, quality: &mut QualityReport) {
        let by_cell = self.by_cell();
        quality.rows_kept = by_cell.iter().sum();
        quality.subscribers = self.subscribers;
        let of_day = |day: &Vec<u32>| day.iter().map(|&n| u64::from(n)).sum();
        quality.events_by_day = self.by_day.iter().map(of_day).collect();
        let kinds = EventKind::ALL.into_iter().zip(&self.kinds);
        let met: Vec<_> = kinds.filter(|(_, tally)| tally.events > 0).collect();
        quality.events_by_kind = met
            .iter()
            .map(|(kind, tally)| (kind.name().to_owned(), tally.events))
            .collect();
        quality.history_rules = HistoryRule::ALL
            .map(|rule| self.history_count(cleaner, rule))
            .to_vec();
        quality.rows_made_equal = self.doubled;
        quality.unresolved_speeds = self.unresolved;
        quality.contents = self.contents(cleaner, &by_cell);
        quality.contents.kinds = met.iter().map(|(kind, t)| t.describe(*kind)).collect();
        quality.crowd = self.crowd();
        quality.network = holes::network(cleaner, &self.by_day, &by_cell);
        quality.network.doubtful_cells = self.doubtful(cleaner, &by_cell);
    }

    fn history_count(&self, cleaner: &Cleaner<'_>, rule: HistoryRule) -> HistoryCount {
        let found = &self.found[rule as usize];
        HistoryCount {
            rule: rule.name().to_owned(),
            description: rule.description(cleaner.rules),
            state: cleaner.state(rule),
            rows: self.rows(rule),
            subscribers: found.subscribers,
            rows_by_day: found.rows_by_day.clone(),
        }
    }

    fn contents(&self, cleaner: &Cleaner<'_>, by_cell: &[u64]) -> Contents {
        let mut events_by_hour = vec![0; HOURS];
        for day in &self.by_day {
            for cell in day.chunks(HOURS) {
                for (hour, events) in cell.iter().enumerate() {
                    events_by_hour[hour] += u64::from(*events);
                }
            }
        }
        let mut events_per_cell = Spread::default();
        by_cell
            .iter()
            .for_each(|&events| events_per_cell.add(events));
        let mut busiest: Vec<(usize, u64)> = by_cell.iter().copied().enumerate().collect();
        busiest.sort_by_key(|(cell, events)| (std::cmp::Reverse(*events), *cell));
        busiest.truncate(BUSIEST);
        busiest.retain(|(_, events)| *events > 0);
        let utc = |ms: i64| jiff::Timestamp::from_millisecond(ms).ok();
        let devices = DeviceClass::ALL.into_iter().zip(self.devices);
        Contents {
            first_utc: self.span_utc_ms.and_then(|(first, _)| utc(first)),
            last_utc: self.span_utc_ms.and_then(|(_, last)| utc(last)),
            cells_met: by_cell.iter().filter(|events| **events > 0).count() as u64,
            subscribers_by_day: self.subscribers_by_day.clone(),
            events_by_hour,
            events_by_device: devices
                .filter(|(_, events)| *events > 0)
                .map(|(device, events)| (device.name().to_owned(), events))
                .collect(),
            homes: self.homes.describe(cleaner.cells),
            events_per_cell: events_per_cell.quantiles(),
            busiest_cells: busiest
                .into_iter()
                .map(|(cell, events)| (cleaner.cells.cells()[cell].id.clone(), events))
                .collect(),
            kinds: Vec::new(),
        }
    }

    /// Subscribers beyond Tukey's outer fence of the logarithm: three times the quartiles' ratio
    /// above the upper quartile.
    fn crowd(&self) -> Crowd {
        let events_per_subscriber = self.events_per_subscriber.quantiles();
        let (p25, p75) = (events_per_subscriber.p25, events_per_subscriber.p75);
        let ratio = p75 as f64 / p25.max(1) as f64;
        let fence = (p75 as f64 * ratio.powi(3)).ceil() as u64;
        Crowd {
            events_per_subscriber,
            fence,
            beyond_fence: self.events_per_subscriber.above(fence),
        }
    }

    /// Cells most of whose rows are bad fixes: their position in the cell list may be wrong.
    fn doubtful(&self, cleaner: &Cleaner<'_>, by_cell: &[u64]) -> Vec<DoubtfulCell> {
        const LEAST_STRAYS: u64 = 20;
        let dropped = cleaner.state(HistoryRule::ImpossibleSpeed) == RuleState::Applied;
        let cells = self.strays_by_cell.iter().zip(by_cell).enumerate();
        let doubtful = cells.filter(|(_, (strays, kept))| {
            let met = if dropped { **strays + **kept } else { **kept };
            **strays >= LEAST_STRAYS && 2 * **strays > met
        });
        doubtful
            .take(LISTED)
            .map(|(cell, (&strays, &kept))| DoubtfulCell {
                cell: cleaner.cells.cells()[cell].id.clone(),
                strays,
                kept,
            })
            .collect()
    }
}

impl KindTally {
    fn add(&mut self, event: &Event) {
        self.events += 1;
        self.without_peer += u64::from(event.peer.is_none());
        self.without_bytes += u64::from(event.bytes_up == 0 && event.bytes_down == 0);
        self.without_amount += u64::from(event.amount_minor == 0);
        self.bytes_up = self.bytes_up.saturating_add(event.bytes_up);
        self.bytes_down = self.bytes_down.saturating_add(event.bytes_down);
        self.durations_s.add(event.duration_s.into());
    }

    fn merge(&mut self, other: &Self) {
        self.events += other.events;
        self.without_peer += other.without_peer;
        self.without_bytes += other.without_bytes;
        self.without_amount += other.without_amount;
        self.bytes_up = self.bytes_up.saturating_add(other.bytes_up);
        self.bytes_down = self.bytes_down.saturating_add(other.bytes_down);
        self.durations_s.merge(&other.durations_s);
    }

    fn describe(&self, kind: EventKind) -> KindContents {
        KindContents {
            kind: kind.name().to_owned(),
            events: self.events,
            without_peer: self.without_peer,
            without_duration: self.durations_s.zeros(),
            without_bytes: self.without_bytes,
            without_amount: self.without_amount,
            bytes_up: self.bytes_up,
            bytes_down: self.bytes_down,
            duration_s: self.durations_s.quantiles_above_zero(),
        }
    }
}

/// Where a cell's hour stands within a day.
pub(crate) const fn slot(cell: CellIx, hour: u8) -> usize {
    cell.index() * HOURS + hour as usize
}

/// Adds counts place by place; the longer list decides how many there are.
pub(crate) fn add(mine: &mut Vec<u64>, theirs: &[u64]) {
    mine.resize(mine.len().max(theirs.len()), 0);
    add_all(mine, theirs);
}

fn add_all(mine: &mut [u64], theirs: &[u64]) {
    for (mine, theirs) in mine.iter_mut().zip(theirs) {
        *mine += theirs;
    }
}

fn widest(a: Option<(i64, i64)>, b: Option<(i64, i64)>) -> Option<(i64, i64)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (a, b) => a.or(b),
    }
}
