//! Daily permanence: the tiles that a subscriber was at for at least half of a slot of the day.

use erewhon_types::{Error, Result};

use crate::{Day, GroupIx, Groups, Mcc, Place, Reach, Seen, Slots};

/// How long an event speaks for its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PermanenceRule {
    /// Slots of a day.
    pub slots: Slots,
    /// Silence up to this long is bridged where the next event is at another place, in milliseconds; an event
    /// next to a longer one speaks for half of this on that side.
    pub other_place_ms: i64,
    /// Silence up to this long is bridged between two events at one place.
    pub same_place_ms: i64,
    /// The same in the night, from 23:00 of the evening before to 9:00.
    pub night_ms: i64,
    /// An event abroad speaks for this long where there is no event before it, or after it.
    pub abroad_ms: i64,
    /// Who is faster than this many metres a second is on the move, and the event speaks for no place.
    pub max_speed_m_s: f64,
}

impl PermanenceRule {
    /// multimno's: 24 slots, a quarter of an hour, 2 hours, 8 hours at night, 2 hours abroad, 50 km/h.
    pub const MULTIMNO: Self = Self {
        slots: Slots::Hours,
        other_place_ms: 900_000,
        same_place_ms: 7_200_000,
        night_ms: 28_800_000,
        abroad_ms: 7_200_000,
        max_speed_m_s: 13.89,
    };

    /// Checks the numbers.
    ///
    /// # Errors
    /// Usage, when a time is negative or the speed is not above 0.
    pub fn check(&self) -> Result<()> {
        let times = [
            self.other_place_ms,
            self.same_place_ms,
            self.night_ms,
            self.abroad_ms,
        ];
        if times.iter().any(|ms| *ms < 0)
            || self.max_speed_m_s.is_nan()
            || self.max_speed_m_s <= 0.0
        {
            return Err(Error::usage("a rule of permanence is out of range")
                .with_hint("allowed: times from 0 ms, a speed above 0 m/s"));
        }
        Ok(())
    }
}

/// When the night begins, before midnight, and ends, on the clock of the day.
const NIGHT_BEFORE_MS: i64 = 3_600_000;
const NIGHT_END_H: u8 = 9;

/// How long an event speaks for its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// From when, in milliseconds of UTC.
    pub from_ms: i64,
    /// Until when.
    pub to_ms: i64,
    /// The event's place among those given.
    pub event: usize,
}

/// What is said of a slot; a slot of which nothing is said was spent at places for less than half of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Score {
    /// There for at least half of the slot: groups of tiles, ascending.
    Tiles(Vec<GroupIx>),
    /// At cells without a footprint for at least half of it, and at no tile for so long: somewhere in the
    /// country.
    NoFootprint,
    /// In another country for at least half of the slot.
    Abroad(Mcc),
    /// No event speaks for any moment of it.
    Unknown,
}

/// One slot's score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotScore {
    /// The slot of the day, from 0.
    pub slot: u8,
    /// What is said of it; of a slot there may be one for tiles and one for each country.
    pub score: Score,
}

/// What each event of a subscriber speaks for: those on the move for nothing.
///
/// `seen` ascends in time: the last event of the day before, those of the day, and the first of the day
/// after. An event is on the move when the way from the event before to the event after, by it or straight,
/// is faster than the rule allows; of a place without a footprint no distance is known, and it counts as 0.
pub fn held(seen: &[Seen], day: &Day, rule: &PermanenceRule, reach: &mut Reach) -> Vec<Held> {
    let mut way_m = |a: usize, b: usize| match (seen[a].place, seen[b].place) {
        (Place::Cell(a), Place::Cell(b)) => reach.distance_m(a, b).unwrap_or(0.0),
        _ => 0.0,
    };
    let night = day.start_ms() - NIGHT_BEFORE_MS..=day.hour_ms(NIGHT_END_H);
    let mut before_m = 0.0;
    let mut held = Vec::with_capacity(seen.len());
    for (event, now) in seen.iter().enumerate() {
        let before = event.checked_sub(1).map(|at| &seen[at]);
        let after = seen.get(event + 1);
        let after_m = after.map_or(0.0, |_| way_m(event, event + 1));
        let is_move = before.zip(after).is_some_and(|(before, after)| {
            let seconds = whole_s(after.at_ms) - whole_s(before.at_ms);
            // Where by-way and straight way are short enough together, the third distance is not needed.
            let limit_m = rule.max_speed_m_s * seconds as f64;
            let by_m: f64 = before_m + after_m;
            seconds > 0 && (by_m > limit_m || way_m(event - 1, event + 1) > limit_m)
        });
        before_m = after_m;
        if is_move {
            continue;
        }
        // The silence on one side, and how much of it the event speaks for.
        let side_ms = |other: Option<&Seen>| {
            let Some(other) = other else {
                let abroad = matches!(now.place, Place::Abroad(_));
                return if abroad {
                    rule.abroad_ms
                } else {
                    rule.other_place_ms / 2
                };
            };
            let bridged_ms = if other.place != now.place {
                rule.other_place_ms
            } else if now.at_ms >= *night.start() && other.at_ms <= *night.end() {
                rule.night_ms
            } else {
                rule.same_place_ms
            };
            let silence_ms = (other.at_ms - now.at_ms).abs();
            let bridged = silence_ms <= bridged_ms;
            (if bridged {
                silence_ms
            } else {
                rule.other_place_ms
            }) / 2
        };
        held.push(Held {
            from_ms: now.at_ms - side_ms(before),
            to_ms: now.at_ms + side_ms(after),
            event,
        });
    }
    held
}

/// The scores of a subscriber's day, ascending in slot, from what the events speak for.
///
/// Seconds are whole ones, as multimno counts them.
pub fn scores(
    seen: &[Seen],
    held: &[Held],
    day: &Day,
    rule: &PermanenceRule,
    groups: &Groups,
) -> Vec<SlotScore> {
    let mut found = Vec::new();
    if held.is_empty() {
        return found;
    }
    let borders: Vec<i64> = day.slots_ms(rule.slots).collect();
    let mut by_place: Vec<(Place, i64)> = Vec::new();
    let mut by_group: Vec<(GroupIx, i64)> = Vec::new();
    let mut first = 0;
    for (slot, border) in (0..).zip(borders.windows(2)) {
        let (from_ms, to_ms) = (border[0], border[1]);
        if from_ms == to_ms {
            continue;
        }
        // Both ends of what events speak for ascend.
        while held.get(first).is_some_and(|h| h.to_ms <= from_ms) {
            first += 1;
        }
        by_place.clear();
        for held in held[first..].iter().take_while(|h| h.from_ms < to_ms) {
            if held.to_ms <= from_ms {
                continue;
            }
            let seconds = whole_s(held.to_ms.min(to_ms)) - whole_s(held.from_ms.max(from_ms));
            add(&mut by_place, seen[held.event].place, seconds);
        }
        let half_s = (to_ms - from_ms) / 2_000;
        let mut say = |score| found.push(SlotScore { slot, score });
        if by_place.is_empty() {
            say(Score::Unknown);
            continue;
        }
        if by_place.iter().map(|(_, seconds)| seconds).sum::<i64>() < half_s {
            continue;
        }
        by_group.clear();
        by_place.sort_unstable();
        let mut nowhere_s = 0;
        for (place, seconds) in &by_place {
            match *place {
                Place::Cell(cell) if groups.of_cell(cell).is_empty() => nowhere_s += seconds,
                Place::Cell(cell) => {
                    for group in groups.of_cell(cell) {
                        add(&mut by_group, *group, *seconds);
                    }
                }
                Place::Abroad(country) if *seconds >= half_s => say(Score::Abroad(country)),
                Place::Abroad(_) => {}
            }
        }
        by_group.retain(|(_, seconds)| *seconds >= half_s);
        by_group.sort_unstable();
        if !by_group.is_empty() {
            say(Score::Tiles(
                by_group.iter().map(|(group, _)| *group).collect(),
            ));
        } else if nowhere_s >= half_s {
            say(Score::NoFootprint);
        }
    }
    found
}

/// Adds to the one of few sums that has a key.
fn add<K: PartialEq>(sums: &mut Vec<(K, i64)>, key: K, amount: i64) {
    match sums.iter_mut().find(|(known, _)| *known == key) {
        Some((_, sum)) => *sum += amount,
        None => sums.push((key, amount)),
    }
}

const fn whole_s(ms: i64) -> i64 {
    ms.div_euclid(1_000)
}

#[cfg(test)]
mod tests;
