//! Continuous time segments: a subscriber's time, cut into stays, moves and what is not known.

use erewhon_types::{CellIx, Error, Result};

use crate::{Day, Mcc, Overlaps, Place, Seen};

/// Where the borders of segments lie, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentRule {
    /// What lasts longer at overlapping cells is a stay.
    pub stay_ms: i64,
    /// Silence up to this long is part of a stay.
    pub stay_silence_ms: i64,
    /// Silence up to this long is part of a move.
    pub move_silence_ms: i64,
    /// Silence up to this long is part of being abroad.
    pub abroad_silence_ms: i64,
    /// Events speak for so much of a longer silence before and after it.
    pub pad_ms: i64,
    /// Whoever has not been seen for longer is forgotten.
    pub forgotten_ms: i64,
}

impl SegmentRule {
    /// multimno's: 15 minutes, 12 hours, 2 hours, 3 days, 5 minutes, 7 days.
    pub const MULTIMNO: Self = Self {
        stay_ms: 900_000,
        stay_silence_ms: 43_200_000,
        move_silence_ms: 7_200_000,
        abroad_silence_ms: 259_200_000,
        pad_ms: 300_000,
        forgotten_ms: 604_800_000,
    };

    /// Checks the numbers.
    ///
    /// # Errors
    /// Usage, when a time is negative or twice the pad is longer than the silence of a move.
    pub fn check(&self) -> Result<()> {
        let all = [
            self.stay_ms,
            self.stay_silence_ms,
            self.move_silence_ms,
            self.abroad_silence_ms,
            self.pad_ms,
            self.forgotten_ms,
        ];
        let shortest = self.move_silence_ms.min(self.stay_silence_ms);
        if all.iter().any(|ms| *ms < 0) || 2 * self.pad_ms > shortest {
            return Err(
                Error::usage("a rule of segments is out of range").with_hint(
                    "allowed: times from 0 ms, and pads that fit into the shortest silence",
                ),
            );
        }
        Ok(())
    }
}

/// What a segment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum State {
    /// At cells that overlap, for longer than the rule's shortest stay.
    Stay = 1,
    /// Between cells that do not overlap.
    Move = 2,
    /// At cells that overlap, for less.
    Undetermined = 3,
    /// Nothing is known.
    Unknown = 4,
    /// On networks of another country.
    Abroad = 5,
}

/// A piece of a subscriber's time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// From when, in milliseconds of UTC.
    pub from_ms: i64,
    /// Until when.
    pub to_ms: i64,
    /// The last event that it rests on; `None` before the first one.
    pub last_event_ms: Option<i64>,
    /// What it is.
    pub state: State,
    /// The cells it was spent at, ascending; none where it is unknown or abroad.
    pub cells: Vec<CellIx>,
    /// The country it was spent in, abroad.
    pub country: Option<Mcc>,
    /// Whether it is the last of its day, which the next day goes on from.
    pub is_last: bool,
}

/// The segments of one day of a subscriber: those of the day, ascending and without a gap, and after them what
/// the first event of the day after makes of its first hours.
///
/// `before` is the last segment of the day before, or the last of what that day has said of this one: it goes on, and is
/// the first that is given back. `seen` ascends in time: the events of the day, and the first of the day after. `None`:
/// there is nothing before and no event.
///
/// As in multimno a day ends at 23:59:59 and the next begins at 0:00, and a segment across midnight
/// is cut into one that ends with the day and one that begins with the next.
pub fn segments(
    before: Option<&Segment>,
    seen: &[Seen],
    day: &Day,
    overlaps: &Overlaps,
    rule: &SegmentRule,
) -> Option<Vec<Segment>> {
    let (start_ms, last_ms) = (day.start_ms(), day.end_ms() - 1_000);
    let before = before.filter(|b| {
        let forgotten = |ms: i64| start_ms - ms > rule.forgotten_ms;
        b.state != State::Unknown || !b.last_event_ms.is_some_and(forgotten)
    });
    if seen.first().is_none_or(|first| first.at_ms >= day.end_ms()) {
        return before.map(|before| vec![silent_day(before, start_ms, last_ms, rule)]);
    }
    let mut cut = Cut {
        now: first_segment(before, seen[0].at_ms, start_ms, rule),
        done: Vec::new(),
        overlaps,
        rule,
    };
    // The day before may have looked at this day's first event already.
    let known = before.is_some_and(|b| b.last_event_ms == Some(seen[0].at_ms));
    for seen in &seen[usize::from(known)..] {
        match seen.place {
            Place::Cell(cell) => cut.at_cell(seen.at_ms, cell),
            Place::Abroad(country) => cut.abroad(seen.at_ms, country),
        }
    }
    let mut all = cut.done;
    all.push(cut.now);
    end_day(&mut all, last_ms);
    Some(all)
}

/// A day without an event.
fn silent_day(before: &Segment, start_ms: i64, last_ms: i64, rule: &SegmentRule) -> Segment {
    let recent = |ms: i64| last_ms - ms <= rule.abroad_silence_ms;
    let abroad = before.state == State::Abroad && before.last_event_ms.is_some_and(recent);
    let (state, country) = if abroad {
        (State::Abroad, before.country)
    } else {
        (State::Unknown, None)
    };
    Segment {
        from_ms: start_ms,
        to_ms: last_ms,
        last_event_ms: before.last_event_ms,
        state,
        cells: Vec::new(),
        country,
        is_last: true,
    }
}

/// From midnight to the first event.
fn first_segment(
    before: Option<&Segment>,
    first_ms: i64,
    start_ms: i64,
    rule: &SegmentRule,
) -> Segment {
    let pad_ms = rule.pad_ms.min((first_ms - start_ms) / 2);
    let unknown = |last_event_ms| Segment {
        from_ms: start_ms,
        to_ms: first_ms - pad_ms,
        last_event_ms,
        state: State::Unknown,
        cells: Vec::new(),
        country: None,
        is_last: false,
    };
    let Some(before) = before else {
        return unknown(None);
    };
    if before.to_ms >= start_ms {
        return Segment {
            from_ms: before.from_ms.max(start_ms),
            is_last: false,
            ..before.clone()
        };
    }
    let silence_ms = before.last_event_ms.map_or(i64::MAX, |ms| first_ms - ms);
    let goes_on = match before.state {
        State::Stay => silence_ms <= rule.stay_silence_ms,
        State::Move => silence_ms <= rule.move_silence_ms,
        State::Abroad => silence_ms <= rule.abroad_silence_ms,
        State::Undetermined | State::Unknown => false,
    };
    if !goes_on {
        return unknown(before.last_event_ms);
    }
    Segment {
        from_ms: start_ms,
        to_ms: first_ms,
        is_last: false,
        ..before.clone()
    }
}

/// The cutting of a day, event by event.
struct Cut<'a> {
    now: Segment,
    done: Vec<Segment>,
    overlaps: &'a Overlaps,
    rule: &'a SegmentRule,
}

impl Cut<'_> {
    fn begin(&mut self, next: Segment) {
        self.done.push(std::mem::replace(&mut self.now, next));
    }

    /// An undetermined segment that an event ends.
    fn begin_at(&mut self, from_ms: i64, at_ms: i64, cell: CellIx, state: State) {
        self.begin(Segment {
            from_ms,
            to_ms: at_ms,
            last_event_ms: Some(at_ms),
            state,
            cells: vec![cell],
            country: None,
            is_last: false,
        });
    }

    fn at_cell(&mut self, at_ms: i64, cell: CellIx) {
        let (end_ms, silence_ms) = (self.now.to_ms, at_ms - self.now.to_ms);
        let near = self.overlaps.all_overlap(&self.now.cells, cell);
        match self.now.state {
            State::Unknown | State::Abroad => {
                self.begin_at(end_ms, at_ms, cell, State::Undetermined);
            }
            State::Move if near && silence_ms <= self.rule.stay_silence_ms => {
                self.begin_at(end_ms, at_ms, cell, State::Undetermined);
            }
            _ if near && silence_ms <= self.rule.stay_silence_ms => {
                self.now.to_ms = at_ms;
                self.now.last_event_ms = Some(at_ms);
                if let Err(place) = self.now.cells.binary_search(&cell) {
                    self.now.cells.insert(place, cell);
                }
                if at_ms - self.now.from_ms > self.rule.stay_ms {
                    self.now.state = State::Stay;
                }
            }
            _ if !near && silence_ms <= self.rule.move_silence_ms => {
                let middle_ms = end_ms + silence_ms / 2;
                self.begin(Segment {
                    from_ms: end_ms,
                    to_ms: middle_ms,
                    state: State::Move,
                    ..self.now.clone()
                });
                self.begin_at(middle_ms, at_ms, cell, State::Move);
            }
            _ => {
                let pad_ms = self.rule.pad_ms;
                self.now.to_ms += pad_ms;
                self.begin(Segment {
                    from_ms: end_ms + pad_ms,
                    to_ms: at_ms - pad_ms,
                    last_event_ms: self.now.last_event_ms,
                    state: State::Unknown,
                    cells: Vec::new(),
                    country: None,
                    is_last: false,
                });
                self.begin_at(at_ms - pad_ms, at_ms, cell, State::Undetermined);
            }
        }
    }

    fn abroad(&mut self, at_ms: i64, country: Mcc) {
        let (end_ms, silence_ms) = (self.now.to_ms, at_ms - self.now.to_ms);
        let is_abroad = self.now.state == State::Abroad;
        let near = !is_abroad || silence_ms <= self.rule.abroad_silence_ms;
        if is_abroad && near && self.now.country == Some(country) {
            self.now.to_ms = at_ms;
            self.now.last_event_ms = Some(at_ms);
            return;
        }
        let (state, country) = if near {
            (State::Abroad, Some(country))
        } else {
            (State::Unknown, None)
        };
        self.begin(Segment {
            from_ms: end_ms,
            to_ms: at_ms,
            last_event_ms: Some(at_ms),
            state,
            cells: Vec::new(),
            country,
            is_last: false,
        });
    }
}

/// Marks the last segment of the day, cuts the one across midnight, and fills the day up where nothing
/// reaches its end.
fn end_day(all: &mut Vec<Segment>, last_ms: i64) {
    let Some(end) = all.last() else {
        return;
    };
    if end.to_ms <= last_ms {
        let rest = Segment {
            from_ms: end.to_ms,
            to_ms: last_ms,
            last_event_ms: end.last_event_ms,
            state: State::Unknown,
            cells: Vec::new(),
            country: None,
            is_last: true,
        };
        all.push(rest);
        return;
    }
    // The last that begins within the day.
    let Some(at) = all.iter().rposition(|segment| segment.from_ms <= last_ms) else {
        return;
    };
    if all[at].to_ms > last_ms {
        let next = Segment {
            from_ms: last_ms + 1_000,
            ..all[at].clone()
        };
        all[at].to_ms = last_ms;
        all.insert(at + 1, next);
    }
    // Whatever begins in the last second begins with the next day.
    for next in &mut all[at + 1..] {
        next.from_ms = next.from_ms.max(last_ms + 1_000);
    }
    all[at].is_last = true;
}

#[cfg(test)]
mod tests;
