use erewhon_types::{CellIx, Local};
use serde::{Deserialize, Serialize};

use crate::{Public, Track};

/// A place in which one subscriber is found again and again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Anchor {
    /// The cell that stands for the place: of its cells the one seen on most days.
    pub cell: CellIx,
    /// Days of evidence: local days with an event at the place in the anchor's own hours. Below
    /// [`AnchorRule::min_days`] the anchor is a fallback.
    pub days: u16,
    /// Share, 0 to 1, of the subscriber's events in the anchor's own hours that fall on the place;
    /// 0 where there are none.
    pub share: f32,
}

/// The anchors of one subscriber.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Anchors {
    /// Where nights are spent; there whenever there is an event inside the window.
    pub home: Option<Anchor>,
    /// Where working hours are spent; equal to home for somebody seen nowhere else then.
    pub work: Option<Anchor>,
    /// The next most frequent place at any hour that is neither home nor work.
    pub other: Option<Anchor>,
}

/// Hours of the local clock, on every day or on Monday to Friday only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HourSet {
    /// Bit `h` stands for `h:00` to `h + 1:00`.
    pub hours: u32,
    /// Whether Saturdays and Sundays are left out. Public holidays are ordinary days.
    pub workdays_only: bool,
}

impl HourSet {
    /// The hours from `start` up to `end` of each pair.
    pub const fn of(ranges: &[(u8, u8)], workdays_only: bool) -> Self {
        let (mut hours, mut i) = (0, 0);
        while i < ranges.len() {
            let (start, end) = ranges[i];
            hours |= (1 << end) - (1 << start);
            i += 1;
        }
        Self {
            hours,
            workdays_only,
        }
    }

    pub(crate) fn contains(self, public: &Public<'_>, local: Local) -> bool {
        self.hours >> local.hour() & 1 == 1
            && (!self.workdays_only || public.calendar.is_workday(local.day))
    }
}

/// How anchors are read from events. Public: chosen by a person, never tuned on the data.
///
/// 1. *Places.* Cells in the order of most days, most events, lowest row; each joins the first place
///    whose leading cell is at most [`radius_m`](Self::radius_m) away, or leads a new one (Hartigan's
///    leader algorithm, as in Isaacman and others, "Identifying Important Places", 2011).
/// 2. *Home* is the place with most days in [`home`](Self::home). If even that has fewer than
///    [`min_days`](Self::min_days): the place with most days outside the work hours; if that has
///    fewer too: the place with most days at any hour. Call records are rare at night, so the two
///    fallbacks matter; both show as `days < min_days`.
/// 3. *Work* is the place other than home with most days in [`work`](Self::work), at least
///    `min_days`; without one, home itself if it has `min_days` in those hours; else absent.
/// 4. *Other* is the place with most days at any hour that is neither.
///
/// Days are local days; a night counts for both days it touches. Ties: most events in the same
/// hours, then the lowest row of the leading cell.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnchorRule {
    /// Cells this near to a place's leading cell, in metres, belong to the place.
    pub radius_m: f64,
    /// The hours that tell home.
    pub home: HourSet,
    /// The hours that tell work.
    pub work: HourSet,
    /// Fewest days of evidence. 2 in both presets: one visit proves nothing, and call records of a
    /// week often hold no more than two nights.
    pub min_days: u16,
}

impl AnchorRule {
    /// For dense records: home 0 to 6 every day, work 9 to 12 and 14 to 17 on weekdays, places of
    /// 500 m.
    pub const fn signalling() -> Self {
        Self {
            radius_m: 500.0,
            home: HourSet::of(&[(0, 6)], false),
            work: HourSet::of(&[(9, 12), (14, 17)], true),
            min_days: 2,
        }
    }

    /// For call records: home 19 to 7 every day, work 13 to 17 on weekdays, places of one mile
    /// (Isaacman and others 2011).
    pub const fn nights() -> Self {
        Self {
            radius_m: 1_609.344,
            home: HourSet::of(&[(19, 24), (0, 7)], false),
            work: HourSet::of(&[(13, 17)], true),
            min_days: 2,
        }
    }
}

/// Which hours a count is about.
#[derive(Clone, Copy)]
enum When {
    Home,
    Work,
    OutsideWork,
    Any,
}

const WHENS: [When; 4] = [When::Home, When::Work, When::OutsideWork, When::Any];

/// One event: where, on which day, and bit `when as u8` for each [`When`] it counts for.
struct Sighting {
    cell: CellIx,
    day: u16,
    whens: u8,
}

/// Days and events of a cell or place, by [`When`].
struct Place {
    lead: CellIx,
    days: [u16; 4],
    events: [u32; 4],
}

impl Place {
    /// Counts sightings of one place, sorted by day.
    fn count(lead: CellIx, sightings: &[Sighting]) -> Self {
        let (mut days, mut events) = ([0; 4], [0; 4]);
        for of_day in sightings.chunk_by(|a, b| a.day == b.day) {
            for when in WHENS {
                let seen = of_day.iter().filter(|s| s.whens >> when as u8 & 1 == 1);
                let seen = seen.count() as u32;
                events[when as usize] += seen;
                days[when as usize] += u16::from(seen > 0);
            }
        }
        Self { lead, days, events }
    }

    /// Larger is better: most days, most events, lowest row.
    fn rank(&self, when: When) -> impl Ord + use<> {
        let when = when as usize;
        (
            self.days[when],
            self.events[when],
            std::cmp::Reverse(self.lead),
        )
    }
}

/// The anchors of one subscriber under a rule; all absent without an event inside the window.
pub fn anchors(track: &Track<'_>, rule: &AnchorRule) -> Anchors {
    let places = places(track.public(), rule, sightings(track, rule));
    let best = |when: When, min_days: u16, taken: [Option<&Place>; 2]| {
        let taken = taken.map(|place| place.map(|p| p.lead));
        places
            .iter()
            .filter(|p| p.days[when as usize] >= min_days.max(1) && !taken.contains(&Some(p.lead)))
            .max_by_key(|p| p.rank(when))
    };
    let min_days = rule.min_days;
    let home = best(When::Home, min_days, [None; 2])
        .or_else(|| best(When::OutsideWork, min_days, [None; 2]))
        .or_else(|| best(When::Any, 1, [None; 2]));
    let work =
        best(When::Work, min_days, [home, None]).or_else(|| best(When::Work, min_days, [None; 2]));
    let other = best(When::Any, 1, [home, work]);

    let anchor = |place: Option<&Place>, when: When| {
        let when = when as usize;
        let all: u32 = places.iter().map(|p| p.events[when]).sum();
        place.map(|p| Anchor {
            cell: p.lead,
            days: p.days[when],
            share: p.events[when] as f32 / all.max(1) as f32,
        })
    };
    Anchors {
        home: anchor(home, When::Home),
        work: anchor(work, When::Work),
        other: anchor(other, When::Any),
    }
}

fn sightings(track: &Track<'_>, rule: &AnchorRule) -> Vec<Sighting> {
    let public = track.public();
    let mut sightings = Vec::with_capacity(track.events().len());
    sightings.extend(track.iter().map(|(local, event)| {
        let at_work = rule.work.contains(public, local);
        let at_home = rule.home.contains(public, local);
        let bit = |when: When, holds: bool| u8::from(holds) << when as u8;
        Sighting {
            cell: event.cell,
            day: local.day,
            whens: bit(When::Home, at_home)
                | bit(When::Work, at_work)
                | bit(When::OutsideWork, !at_work)
                | bit(When::Any, true),
        }
    }));
    sightings
}

/// Groups sightings into places, counted over all their cells.
fn places(public: &Public<'_>, rule: &AnchorRule, mut sightings: Vec<Sighting>) -> Vec<Place> {
    sightings.sort_unstable_by_key(|s| (s.cell, s.day));
    let mut cells: Vec<Place> = sightings
        .chunk_by(|a, b| a.cell == b.cell)
        .map(|of_cell| Place::count(of_cell[0].cell, of_cell))
        .collect();
    cells.sort_unstable_by_key(|cell| std::cmp::Reverse(cell.rank(When::Any)));

    let mut leads: Vec<CellIx> = Vec::new();
    // (cell, its lead), ascending in cell.
    let mut lead_of: Vec<(CellIx, CellIx)> = Vec::with_capacity(cells.len());
    for cell in cells.iter().map(|cell| cell.lead) {
        let near = |lead: &&CellIx| public.cells.are_within_m(**lead, cell, rule.radius_m);
        let lead = leads.iter().find(near).copied().unwrap_or(cell);
        if lead == cell {
            leads.push(cell);
        }
        lead_of.push((cell, lead));
    }
    lead_of.sort_unstable();

    for sighting in &mut sightings {
        let row = lead_of.partition_point(|&(cell, _)| cell < sighting.cell);
        sighting.cell = lead_of[row].1;
    }
    sightings.sort_unstable_by_key(|s| (s.cell, s.day));
    sightings
        .chunk_by(|a, b| a.cell == b.cell)
        .map(|of_place| Place::count(of_place[0].cell, of_place))
        .collect()
}

#[cfg(test)]
mod tests;
