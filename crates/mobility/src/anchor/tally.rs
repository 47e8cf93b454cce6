use std::cmp::Reverse;

use erewhon_geo::CellTable;
use erewhon_types::{Calendar, CellIx};

use super::{AnchorRule, Evidence};
use crate::{Track, place::leaders, track::event};

/// Which hours a count is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Home,
    Work,
    OutsideWork,
    Any,
}

impl When {
    pub(super) const ALL: [Self; 4] = [Self::Home, Self::Work, Self::OutsideWork, Self::Any];

    /// Whether bits of [`Hours`] name it.
    const fn is_in(self, whens: u8) -> bool {
        whens >> self as u8 & 1 == 1
    }
}

/// For each hour of the local clock, bit `when as u8` for each [`When`] that it counts for.
struct Hours {
    workday: [u8; 24],
    weekend: [u8; 24],
}

impl Hours {
    fn of(rule: &AnchorRule) -> Self {
        let on = |workday: bool, hour: usize| {
            let has =
                |set: crate::HourSet| set.hours >> hour & 1 == 1 && (workday || !set.workdays_only);
            let (home, work) = (has(rule.home), has(rule.work));
            let bit = |when: When, holds: bool| u8::from(holds) << when as u8;
            bit(When::Home, home)
                | bit(When::Work, work)
                | bit(When::OutsideWork, !work)
                | bit(When::Any, true)
        };
        Self {
            workday: std::array::from_fn(|hour| on(true, hour)),
            weekend: std::array::from_fn(|hour| on(false, hour)),
        }
    }

    const fn on(&self, calendar: &Calendar, day: u16) -> &[u8; 24] {
        if calendar.is_workday(day) {
            &self.workday
        } else {
            &self.weekend
        }
    }
}

/// Evidence of one subscriber by cell, or by place once cells are joined, for each [`When`].
pub(super) struct Tally {
    cells: Vec<CellIx>,
    /// Events, milliseconds or votes.
    weights: Vec<[u64; 4]>,
    /// For each cell and when, a bit for each day of the window, in so many words.
    days: Vec<u64>,
    words: usize,
}

impl Tally {
    pub(super) fn of(track: &Track<'_>, rule: &AnchorRule) -> Self {
        let cells = track.visits().iter().map(|visits| visits.cell).collect();
        let mut tally = Self::over(
            cells,
            usize::from(track.public().calendar.days()).div_ceil(64),
        );
        let hours = Hours::of(rule);
        match rule.evidence {
            Evidence::Days | Evidence::Events => tally.add_events(track, &hours),
            Evidence::Dwell => tally.add_stays(track, &hours),
            Evidence::FirstOfDay => tally.add_votes(track, &hours, |_, first, _| (0, !first)),
            Evidence::LastOfDay => tally.add_votes(track, &hours, |_, _, last| (0, last)),
            Evidence::MostOfDay => tally.add_votes(track, &hours, |events, _, last| (events, last)),
        }
        tally
    }

    fn over(cells: Vec<CellIx>, words: usize) -> Self {
        Self {
            weights: vec![[0; 4]; cells.len()],
            days: vec![0; 4 * words * cells.len()],
            cells,
            words,
        }
    }

    /// The cells that lead the places, and what falls on each place.
    pub(super) fn join(self, cells: &CellTable, rule: &AnchorRule) -> Self {
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by_cached_key(|&row| Reverse(self.rank(row, When::Any, rule.evidence)));
        let ranked: Vec<CellIx> = order.iter().map(|&row| self.cells[row]).collect();
        let led = leaders(cells, &ranked, rule.radius_m);
        let mut places = Self::over(led.leads, self.words);
        for (row, place) in order.into_iter().zip(led.of) {
            let place = place as usize;
            for (sum, weight) in places.weights[place].iter_mut().zip(self.weights[row]) {
                *sum += weight;
            }
            let size = 4 * self.words;
            let of_place = &mut places.days[place * size..][..size];
            for (sum, days) in of_place.iter_mut().zip(&self.days[row * size..][..size]) {
                *sum |= days;
            }
        }
        places
    }

    fn add_events(&mut self, track: &Track<'_>, hours: &Hours) {
        let (calendar, locals) = (track.public().calendar, track.locals());
        for (row, of_cell) in track.of_cells().enumerate() {
            // By the bits of the hour.
            let mut events = [0_u64; 16];
            for of_day in of_cell.chunk_by(|&a, &b| locals[event(a)].day == locals[event(b)].day) {
                let day = locals[event(of_day[0])].day;
                let whens_of = hours.on(calendar, day);
                let mut seen = 0;
                for &key in of_day {
                    let whens = whens_of[usize::from(locals[event(key)].hour())];
                    events[usize::from(whens)] += 1;
                    seen |= whens;
                }
                self.add_day(row, seen, day);
            }
            for (whens, events) in (0..).zip(events) {
                self.add_weight(row, whens, events);
            }
        }
    }

    /// Cuts each stay at the full hours of the local clock, which are also where clocks change.
    fn add_stays(&mut self, track: &Track<'_>, hours: &Hours) {
        let calendar = track.public().calendar;
        for stay in track.stays() {
            let Ok(row) = self.cells.binary_search(&stay.cell) else {
                continue;
            };
            let mut from = stay.arrive_utc_ms;
            while from < stay.leave_utc_ms {
                let Some(local) = calendar.local(from) else {
                    break;
                };
                let hour_starts = from.div_euclid(60_000) - i64::from(local.minute % 60);
                let until = stay.leave_utc_ms.min((hour_starts + 60) * 60_000);
                let whens = hours.on(calendar, local.day)[usize::from(local.hour())];
                self.add_day(row, whens, local.day);
                self.add_weight(row, whens, until.abs_diff(from));
                from = until;
            }
        }
    }

    /// One vote a day and when: for the cell whose events, first and last event make the largest key.
    fn add_votes<K: Ord + Copy>(
        &mut self,
        track: &Track<'_>,
        hours: &Hours,
        key: impl Fn(u32, usize, usize) -> K,
    ) {
        let (calendar, locals) = (track.public().calendar, track.locals());
        let mut best: Vec<[Option<(K, usize)>; 4]> = vec![[None; 4]; usize::from(calendar.days())];
        for (row, of_cell) in track.of_cells().enumerate() {
            for of_day in of_cell.chunk_by(|&a, &b| locals[event(a)].day == locals[event(b)].day) {
                let day = locals[event(of_day[0])].day;
                let whens_of = hours.on(calendar, day);
                let mut seen = [(0, 0, 0); 4];
                for &key in of_day {
                    let whens = whens_of[usize::from(locals[event(key)].hour())];
                    for when in When::ALL.into_iter().filter(|when| when.is_in(whens)) {
                        let (events, first, last) = &mut seen[when as usize];
                        if *events == 0 {
                            *first = event(key);
                        }
                        *events += 1;
                        *last = event(key);
                    }
                }
                for ((events, first, last), best) in
                    seen.into_iter().zip(&mut best[usize::from(day)])
                {
                    if events > 0 {
                        *best = (*best).max(Some((key(events, first, last), row)));
                    }
                }
            }
        }
        for (day, best) in (0..).zip(best) {
            for (when, (_, row)) in (0..)
                .zip(best)
                .filter_map(|(when, best)| Some((when, best?)))
            {
                self.add_day(row, 1 << when, day);
                self.add_weight(row, 1 << when, 1);
            }
        }
    }

    fn add_day(&mut self, row: usize, whens: u8, day: u16) {
        let (word, bit) = (usize::from(day / 64), 1 << (day % 64));
        for when in When::ALL.into_iter().filter(|when| when.is_in(whens)) {
            self.days[(4 * row + when as usize) * self.words + word] |= bit;
        }
    }

    fn add_weight(&mut self, row: usize, whens: u8, weight: u64) {
        for when in When::ALL.into_iter().filter(|when| when.is_in(whens)) {
            self.weights[row][when as usize] += weight;
        }
    }

    /// Number of places.
    pub(super) const fn len(&self) -> usize {
        self.cells.len()
    }

    pub(super) fn lead(&self, place: usize) -> CellIx {
        self.cells[place]
    }

    pub(super) fn weight(&self, place: usize, when: When) -> u64 {
        self.weights[place][when as usize]
    }

    pub(super) fn total(&self, when: When) -> u64 {
        self.weights.iter().map(|of| of[when as usize]).sum()
    }

    pub(super) fn days(&self, place: usize, when: When) -> u16 {
        let days = self.days_of(place, when);
        days.iter().map(|word| word.count_ones() as u16).sum()
    }

    fn days_of(&self, place: usize, when: When) -> &[u64] {
        &self.days[(4 * place + when as usize) * self.words..][..self.words]
    }

    /// Larger is better.
    pub(super) fn rank(&self, place: usize, when: When, evidence: Evidence) -> impl Ord + use<> {
        let (days, weight) = (u64::from(self.days(place, when)), self.weight(place, when));
        let better = match evidence {
            Evidence::Days | Evidence::Dwell => (days, weight),
            Evidence::Events => (weight, days),
            Evidence::FirstOfDay | Evidence::LastOfDay | Evidence::MostOfDay => {
                (days, self.latest_day(place, when))
            }
        };
        (better, Reverse(self.cells[place]))
    }

    /// One more than the latest day; 0 without any.
    fn latest_day(&self, place: usize, when: When) -> u64 {
        let words = self.days_of(place, when).iter().enumerate().rev();
        let latest = words
            .filter(|(_, word)| **word != 0)
            .map(|(at, word)| 64 * (at as u64 + 1) - u64::from(word.leading_zeros()));
        latest.max().unwrap_or(0)
    }
}
