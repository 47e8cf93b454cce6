use erewhon_types::{Error, Result, Subscriber};

use super::{Axis, Kernel, Period};
use crate::Public;

/// How much of one subscriber counts in a number of a table that is released: in how many entries, and
/// how large an amount in each.
///
/// Public: chosen by a person or by the usual rule, which looks at axes and window alone.
///
/// Proof: cap.proof.md
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cap {
    entries: u32,
    /// For each value of the axis `measure`, which is the last one; for the whole table where there is none.
    amounts: Vec<u32>,
}

impl Cap {
    /// So many entries, and in each so much of an amount.
    ///
    /// # Errors
    /// Usage, when one of them is 0 or there is no amount.
    pub fn new(entries: u32, amounts: Vec<u32>) -> Result<Self> {
        if entries == 0 || amounts.is_empty() || amounts.contains(&0) {
            return Err(
                Error::usage("a cap of `0` counts nobody; allowed are 1 and more").with_hint(
                    "name how many entries of one subscriber count, and how much in each: for \
                     example footfall.events:40:20",
                ),
            );
        }
        Ok(Self { entries, amounts })
    }

    /// What is usual for the distinct subscribers of a table: 4 entries a day by hour, else 2 a day, week
    /// or month; 40 of the hours of a week; else 20 pairs of zones, or 10 zones or hubs; so many for each value
    /// of an axis `measure`; never more than [`Kernel::bound`] has, and just that without time and zones.
    pub fn of_subscribers(kernel: &dyn Kernel, public: &Public<'_>) -> Self {
        Self {
            entries: usual_entries(kernel, public),
            amounts: vec![1],
        }
    }

    /// What is usual for the amounts of a table; `None` where they are distinct subscribers.
    pub fn of_amounts(kernel: &dyn Kernel, public: &Public<'_>) -> Option<Self> {
        let amount = kernel.amount()?;
        let axes = kernel.axes();
        let entry = Span::of(&axes, public);
        let most = u32::try_from(kernel.bound(public).amount).unwrap_or(u32::MAX);
        let usual = |word: &str| usual_amount(word, entry).min(most).max(1);
        let amounts = match measures(&axes) {
            Some(words) => words.iter().map(|word| usual(word)).collect(),
            None => vec![usual(amount)],
        };
        Some(Self {
            entries: usual_entries(kernel, public),
            amounts,
        })
    }

    /// In how many entries a subscriber counts at most.
    pub const fn entries(&self) -> u32 {
        self.entries
    }

    /// The most of an amount that counts in an entry, for each value of the axis `measure` or for all.
    pub fn amounts(&self) -> &[u32] {
        &self.amounts
    }

    /// The most units that [`Cap::units`] gives an entry.
    pub fn most_units(&self) -> u32 {
        self.amounts.iter().copied().max().unwrap_or(1)
    }

    /// How many units stand for 1 in an entry: more where less of the amount counts, so that measures in
    /// people and in square metres bear noise in proportion.
    pub fn units_of_one(&self, entry: u64) -> u32 {
        self.most_units() / self.amount_of(entry)
    }

    fn amount_of(&self, entry: u64) -> u32 {
        let measure = (entry % self.amounts.len().max(1) as u64) as usize;
        self.amounts.get(measure).copied().unwrap_or(1)
    }

    /// What counts of a subscriber's vector, as `(number of the entry, units)`: at most [`Cap::entries`]
    /// entries of at most [`Cap::most_units`] each.
    ///
    /// `entries` names each entry once. Which of too many count is drawn by the pseudonym, and so by chance to
    /// everybody without its key: no hour, day or zone is preferred, and a second release takes the same.
    ///
    /// # Privacy
    /// A function of one subscriber's own vector and of public values.
    pub fn units(&self, subscriber: Subscriber, entries: &[(u64, u32)]) -> Vec<(u64, u32)> {
        let mut kept = entries.to_vec();
        let most = self.entries as usize;
        if kept.len() > most {
            let rank = |&(entry, _): &(u64, u32)| (mix(subscriber.bits() ^ mix(entry)), entry);
            kept.select_nth_unstable_by_key(most, rank);
            kept.truncate(most);
        }
        for (entry, amount) in &mut kept {
            *amount = self.amount_of(*entry).min(*amount) * self.units_of_one(*entry);
        }
        kept
    }
}

/// The words of an axis `measure`: amounts of different kinds, each to be capped by itself.
fn measures(axes: &[Axis]) -> Option<&'static [&'static str]> {
    match axes.last() {
        Some(Axis::Word("measure", words)) => Some(words),
        _ => None,
    }
}

fn usual_entries(kernel: &dyn Kernel, public: &Public<'_>) -> u32 {
    let axes = kernel.axes();
    let has = |wanted: fn(&Axis) -> bool| axes.iter().any(wanted);
    let twice_each = |period: Period| 2 * u64::from(period.number(public.calendar));
    let visited = |axis: &&Axis| match axis {
        Axis::Zone(name, _) => *name != "home_zone",
        axis => matches!(axis, Axis::Name(..)),
    };
    let usual = if has(|axis| matches!(axis, Axis::Day)) {
        let by_hour = has(|axis| matches!(axis, Axis::Hour));
        twice_each(Period::Day) * if by_hour { 2 } else { 1 }
    } else if has(|axis| matches!(axis, Axis::Week)) {
        twice_each(Period::Week)
    } else if has(|axis| matches!(axis, Axis::Month)) {
        twice_each(Period::Month)
    } else if has(|axis| matches!(axis, Axis::HourOfWeek)) {
        40
    } else {
        match axes.iter().filter(visited).count() {
            0 => u64::from(u32::MAX),
            1 => 10,
            _ => 20,
        }
    };
    let measures = measures(&axes).map_or(1, |words| words.len() as u64);
    let most = kernel.bound(public).entries;
    u32::try_from(usual.saturating_mul(measures).min(most).max(1)).unwrap_or(u32::MAX)
}

/// The time that an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Span {
    Day,
    /// An hour of so many weeks.
    Hours(u32),
    /// The window, or hours of all its days.
    Window,
}

impl Span {
    fn of(axes: &[Axis], public: &Public<'_>) -> Self {
        if axes.iter().any(|axis| matches!(axis, Axis::Day)) {
            Self::Day
        } else if axes.iter().any(|axis| matches!(axis, Axis::HourOfWeek)) {
            Self::Hours(Period::Week.number(public.calendar))
        } else {
            Self::Window
        }
    }
}

/// How much of an amount counts, by its name, which has its unit.
fn usual_amount(name: &str, entry: Span) -> u32 {
    let by_day = |a_day: u32, in_all: u32| match entry {
        Span::Day => a_day,
        Span::Hours(_) | Span::Window => in_all,
    };
    match (name, entry) {
        // One along a line in an hour, an hour long.
        ("trips", Span::Hours(weeks)) => weeks,
        ("travel_s" | "free_flow_s", Span::Hours(weeks)) => 3_600 * weeks,
        ("travel_s" | "free_flow_s", _) => 7_200,
        (name, _) => usual_of(name, by_day),
    }
}

fn usual_of(name: &str, by_day: impl Fn(u32, u32) -> u32) -> u32 {
    match name {
        "events" => by_day(10, 100),
        "jumps" | "trips" | "journeys" | "visits" => by_day(5, 50),
        "dwell_s" => 43_200,
        "days" => 31,
        "zones" => 10,
        "subscribers_ppm" => 1_000_000,
        // 100 events of one subscriber in a zone: 100 log2(100) bits.
        "bits_milli" => 664_386,
        "origin_min" | "destination_min" | "stay_min" => 1_440,
        "origin_square_min2" | "destination_square_min2" | "square_min2" => 1_440 * 1_440,
        "distance_m" => by_day(50_000, 200_000),
        // Of 50 km, and of 200 km.
        "square_hm2" => by_day(250_000, 4_000_000),
        // People.
        _ => 1,
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
const fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests;
