use jiff::civil::Date;

use crate::Day;

/// A long term: days of a run in a row, and where what is counted of their months begins and ends.
pub(super) struct Term<'d> {
    /// With the day after the last one where the run has it: its first hours belong to the last one.
    days: &'d [Day],
    /// Its first and last day.
    ends: (Date, Date),
    /// What is counted: of the whole run also the hours before its first day that its events speak for.
    counted: (Date, Date),
}

impl<'d> Term<'d> {
    /// All of a run.
    pub(super) fn whole(days: &'d [Day]) -> Self {
        let first = days.first().map_or(Date::ZERO, Day::date);
        let last = days.last().map_or(Date::ZERO, Day::date);
        Self {
            days,
            ends: (first, last),
            counted: (first.first_of_month(), last.last_of_month()),
        }
    }

    /// The two terms of a run of which the second begins on a day; `None` where it is none, or the first.
    pub(super) fn two(days: &'d [Day], second: Date) -> Option<[Self; 2]> {
        let at = days.iter().position(|day| day.date() == second)?;
        let before = days.get(at.checked_sub(1)?)?.date();
        let whole = Self::whole(days);
        let first = Self {
            days: &days[..=at],
            ends: (whole.ends.0, before),
            counted: (whole.counted.0, before),
        };
        let second = Self {
            days: &days[at..],
            ends: (second, whole.ends.1),
            counted: (second, whole.counted.1),
        };
        Some([first, second])
    }

    /// The days whose slots are looked at.
    pub(super) const fn days(&self) -> &'d [Day] {
        self.days
    }

    /// The first and the last day.
    pub(super) const fn ends(&self) -> (Date, Date) {
        self.ends
    }

    /// The months that it reaches into, each by its first day, ascending.
    pub(super) fn months(&self) -> Vec<Date> {
        let inside = self
            .days
            .iter()
            .map(Day::date)
            .filter(|d| *d <= self.ends.1);
        let mut months: Vec<Date> = inside.map(Date::first_of_month).collect();
        months.dedup();
        months
    }

    /// What is counted of a month, from its first to its last day.
    pub(super) fn part_of(&self, month: Date) -> (Date, Date) {
        let last = month.last_of_month();
        (month.max(self.counted.0), last.min(self.counted.1))
    }

    /// The first and the last day of some of its months, as far as it reaches.
    pub(super) fn ends_of(&self, months: &[Date]) -> (Date, Date) {
        let first = months.first().map_or(self.ends.0, |m| *m);
        let last = months.last().map_or(self.ends.1, |m| m.last_of_month());
        (first.max(self.ends.0), last.min(self.ends.1))
    }
}

#[cfg(test)]
mod tests {
    use erewhon_types::{Calendar, Window};
    use jiff::civil::date;

    use super::*;

    fn days(first: &str, days: u16) -> Vec<Day> {
        let calendar = Calendar::new(&Window::parse(first, days, "UTC").unwrap()).unwrap();
        (0..days)
            .map(|day| Day::of(&calendar, day).unwrap())
            .collect()
    }

    #[test]
    fn two_terms_share_no_day_and_leave_none_out() {
        let days = days("2026-02-20", 20);
        let [first, second] = Term::two(&days, date(2026, 3, 3)).unwrap();
        assert_eq!(first.ends(), (date(2026, 2, 20), date(2026, 3, 2)));
        assert_eq!(second.ends(), (date(2026, 3, 3), date(2026, 3, 11)));
        // The hours before 4:00 of the second's first day are the first's.
        assert_eq!((first.days().len(), second.days().len()), (12, 9));
        assert_eq!(first.months(), [date(2026, 2, 1), date(2026, 3, 1)]);
        assert_eq!(
            first.part_of(date(2026, 3, 1)),
            (date(2026, 3, 1), date(2026, 3, 2))
        );
        assert_eq!(
            second.part_of(date(2026, 3, 1)),
            (date(2026, 3, 3), date(2026, 3, 31))
        );
        assert!(Term::two(&days, date(2026, 2, 20)).is_none());
        assert!(Term::two(&days, date(2026, 3, 12)).is_none());
        let whole = Term::whole(&days);
        assert_eq!(
            whole.ends_of(&whole.months()[1..]),
            (date(2026, 3, 1), date(2026, 3, 11))
        );
    }
}
