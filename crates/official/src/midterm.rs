//! Mid-term and long-term permanence: how many slots, and on how many days, a subscriber was at a tile.

use std::collections::{BTreeMap, BTreeSet};

use erewhon_types::{Error, MINUTES_PER_DAY, Result};
use jiff::civil::{Date, Weekday};

use crate::{GroupIx, Groups, Mcc, Score, SlotScore, Slots, Tile};

/// A part of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Interval {
    /// All of it.
    All,
    /// From evening to morning; the morning belongs to the day before.
    Night,
    /// Working hours.
    Working,
    /// The evening.
    Evening,
}

/// Which days count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Days {
    /// All.
    All,
    /// Those outside the weekend that are no holidays; who is abroad has no holiday of this country.
    Workdays,
    /// Those of the weekend.
    Weekends,
    /// Public holidays of this country.
    Holidays,
    /// Mondays.
    Mondays,
}

/// Days and a part of them: what one score is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    /// Which days.
    pub days: Days,
    /// Which part.
    pub interval: Interval,
}

impl Period {
    /// All of all days.
    pub const ALL: Self = Self {
        days: Days::All,
        interval: Interval::All,
    };
    /// The night of all days.
    pub const NIGHT: Self = Self {
        days: Days::All,
        interval: Interval::Night,
    };
    /// The working hours of workdays.
    pub const WORKING: Self = Self {
        days: Days::Workdays,
        interval: Interval::Working,
    };
}

/// When the parts of a day begin and end on the local clock, in minutes after midnight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MidtermRule {
    /// When a day begins: what is before belongs to the day before.
    pub day_starts_min: u16,
    /// The night's begin and end.
    pub night_min: (u16, u16),
    /// The working hours' begin and end.
    pub working_min: (u16, u16),
    /// The evening's begin and end.
    pub evening_min: (u16, u16),
    /// The days of the weekend.
    pub weekend: Vec<Weekday>,
    /// Public holidays.
    pub holidays: BTreeSet<Date>,
}

impl MidtermRule {
    /// multimno's: days from 4:00, nights 18 to 8, working hours 8 to 17, evenings 16 to 22, Saturday and
    /// Sunday; no holidays.
    pub fn multimno() -> Self {
        Self {
            day_starts_min: 4 * 60,
            night_min: (18 * 60, 8 * 60),
            working_min: (8 * 60, 17 * 60),
            evening_min: (16 * 60, 22 * 60),
            weekend: vec![Weekday::Saturday, Weekday::Sunday],
            holidays: BTreeSet::new(),
        }
    }

    /// Checks the borders.
    ///
    /// # Errors
    /// Usage, when one is no quarter of an hour, a part is empty, or one but the night holds the hour at which the
    /// day begins.
    pub fn check(&self) -> Result<()> {
        let parts = [self.night_min, self.working_min, self.evening_min];
        let refused = |what: String| {
            Err(Error::usage(what).with_hint(
                "allowed: quarters of an hour, 0:00 to 23:45, and parts that end before the next day begins",
            ))
        };
        for minute in parts
            .iter()
            .flat_map(|p| [p.0, p.1])
            .chain([self.day_starts_min])
        {
            if minute >= MINUTES_PER_DAY || minute % 15 != 0 {
                return refused(format!(
                    "minute `{minute}` of a day is no border of a part of it"
                ));
            }
        }
        for (at, (begin, end)) in parts.into_iter().enumerate() {
            let end = if end == 0 { MINUTES_PER_DAY } else { end };
            let early = begin < self.day_starts_min;
            let holds_the_start = early && end > self.day_starts_min;
            if begin == end || early && end < begin || at > 0 && holds_the_start {
                return refused(format!(
                    "a part of the day from minute {begin} to {end} has no day"
                ));
            }
        }
        Ok(())
    }

    /// The day that a slot counts for, when it counts: `Some` of the date within the part of the day.
    fn day_of(&self, interval: Interval, date: Date, slots: Slots, slot: u8) -> Option<Date> {
        let from = u16::from(slot) * slots.minutes();
        let to = from + slots.minutes();
        let before = || date.yesterday().ok();
        let (begin, end) = match interval {
            Interval::All => {
                return if from >= self.day_starts_min {
                    Some(date)
                } else {
                    before()
                };
            }
            Interval::Night => self.night_min,
            Interval::Working => self.working_min,
            Interval::Evening => self.evening_min,
        };
        let end = if end == 0 { MINUTES_PER_DAY } else { end };
        let inside = if begin < end {
            from >= begin && to <= end
        } else {
            from >= begin || to <= end
        };
        if !inside {
            return None;
        }
        // A part that lies before the day begins is of the day before, and so is the end of one across midnight.
        if from >= begin && begin >= self.day_starts_min {
            Some(date)
        } else {
            before()
        }
    }

    fn counts(&self, days: Days, date: Date, abroad: bool) -> bool {
        let weekend = || self.weekend.contains(&date.weekday());
        let holiday = || self.holidays.contains(&date);
        match days {
            Days::All => true,
            Days::Workdays => !weekend() && (abroad || !holiday()),
            Days::Weekends => weekend(),
            Days::Holidays => holiday(),
            Days::Mondays => date.weekday() == Weekday::Monday,
        }
    }
}

/// What a score is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Spot {
    /// Some tile.
    Tile(Tile),
    /// Another country.
    Abroad(Mcc),
    /// Slots of which nothing is known.
    Unknown,
    /// All slots of which something is known: how much there is of the subscriber.
    Device,
}

/// Slots and days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permanence {
    /// Slots spent there.
    pub slots: u32,
    /// Days on which there was one.
    pub days: u32,
}

#[derive(Clone, Copy, Debug)]
struct Tally {
    count: Permanence,
    first: Date,
    last: Date,
}

impl Tally {
    const fn new(date: Date) -> Self {
        let count = Permanence { slots: 1, days: 1 };
        Self {
            count,
            first: date,
            last: date,
        }
    }

    fn add(&mut self, date: Date) {
        self.count.slots += 1;
        self.count.days += u32::from(self.last != date);
        self.last = date;
    }

    /// Adds what came after it.
    fn append(&mut self, later: &Self) {
        self.count.slots += later.count.slots;
        self.count.days += later.count.days - u32::from(self.last == later.first);
        self.last = later.last;
    }
}

/// One subscriber's scores of a month, as the days come.
///
/// A day's groups are counted as groups, and spread to tiles once the groups change or the month ends: tiles
/// of a group have one score.
#[derive(Clone, Debug)]
pub struct Midterm<'a> {
    rule: &'a MidtermRule,
    month: (Date, Date),
    periods: Vec<(Period, Scores)>,
}

#[derive(Clone, Debug, Default)]
struct Scores {
    groups: BTreeMap<GroupIx, Tally>,
    spots: BTreeMap<Spot, Tally>,
}

impl<'a> Midterm<'a> {
    /// Nothing yet, for some periods of a month from its first to its last day.
    pub fn new(rule: &'a MidtermRule, month: (Date, Date), periods: &[Period]) -> Self {
        let periods = periods.iter().map(|period| (*period, Scores::default()));
        Self {
            rule,
            month,
            periods: periods.collect(),
        }
    }

    /// Takes in the scores of a date; dates ascend. The day before and after the month belong to it with some
    /// of their hours.
    pub fn add(&mut self, date: Date, slots: Slots, scores: &[SlotScore]) {
        for (period, counted) in &mut self.periods {
            let mut observed = None;
            for SlotScore { slot, score } in scores {
                let Some(day) = self.rule.day_of(period.interval, date, slots, *slot) else {
                    continue;
                };
                let abroad = matches!(score, Score::Abroad(_));
                let inside = (self.month.0..=self.month.1).contains(&day);
                if !inside || !self.rule.counts(period.days, day, abroad) {
                    continue;
                }
                let mut add = |spot: Spot| {
                    let count = counted.spots.entry(spot);
                    count
                        .and_modify(|tally| tally.add(day))
                        .or_insert(Tally::new(day));
                };
                match score {
                    Score::Tiles(_) | Score::NoFootprint => {}
                    Score::Abroad(country) => add(Spot::Abroad(*country)),
                    Score::Unknown => add(Spot::Unknown),
                }
                // A slot may have two scores, and was observed once.
                if *score != Score::Unknown && observed.replace(*slot) != Some(*slot) {
                    add(Spot::Device);
                }
                if let Score::Tiles(groups) = score {
                    for group in groups {
                        let count = counted.groups.entry(*group);
                        count
                            .and_modify(|tally| tally.add(day))
                            .or_insert(Tally::new(day));
                    }
                }
            }
        }
    }

    /// Spreads what was counted by group to tiles: before days whose groups are other ones.
    pub fn spread(&mut self, groups: &Groups) {
        for (_, counted) in &mut self.periods {
            for (group, later) in std::mem::take(&mut counted.groups) {
                for tile in groups.tiles(group) {
                    let tally = counted.spots.entry(Spot::Tile(*tile));
                    tally
                        .and_modify(|tally| tally.append(&later))
                        .or_insert(later);
                }
            }
        }
    }

    /// The scores, by period and spot.
    pub fn finish(mut self, groups: &Groups) -> Vec<(Period, BTreeMap<Spot, Permanence>)> {
        self.spread(groups);
        let counts = |counted: Scores| {
            counted
                .spots
                .into_iter()
                .map(|(spot, tally)| (spot, tally.count))
                .collect()
        };
        self.periods
            .into_iter()
            .map(|(period, counted)| (period, counts(counted)))
            .collect()
    }
}

/// What some months say together of a spot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LongTerm {
    /// Slots and days of all months.
    pub all: Permanence,
    /// Days a month, in the mean over the months with at least one.
    pub days_mean: f64,
    /// Their standard deviation, of a sample; `None` of a single month.
    pub days_std: Option<f64>,
}

/// Puts the months of a season together, for one subscriber and period.
pub fn long_term<'m>(
    months: impl IntoIterator<Item = &'m BTreeMap<Spot, Permanence>>,
) -> BTreeMap<Spot, LongTerm> {
    let mut of_spot: BTreeMap<Spot, Vec<Permanence>> = BTreeMap::new();
    for (spot, count) in months.into_iter().flatten() {
        of_spot.entry(*spot).or_default().push(*count);
    }
    let put_together = |months: Vec<Permanence>| {
        let sum = |part: fn(&Permanence) -> u32| months.iter().map(part).sum();
        let all = Permanence {
            slots: sum(|m| m.slots),
            days: sum(|m| m.days),
        };
        let count = months.len() as f64;
        let days_mean = f64::from(all.days) / count;
        let squares = months
            .iter()
            .map(|m| (f64::from(m.days) - days_mean).powi(2));
        let squares: f64 = squares.sum();
        let days_std = (months.len() > 1).then(|| (squares / (count - 1.0)).sqrt());
        LongTerm {
            all,
            days_mean,
            days_std,
        }
    };
    of_spot
        .into_iter()
        .map(|(spot, months)| (spot, put_together(months)))
        .collect()
}

#[cfg(test)]
mod tests;
