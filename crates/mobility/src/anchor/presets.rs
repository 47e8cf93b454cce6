use super::{AnchorRule, Evidence};
use crate::HourSet;

const WORK: HourSet = HourSet::of(&[(9, 12), (14, 17)], true);

impl AnchorRule {
    /// The presets with their names, as the command line and reports have them.
    pub const PRESETS: [(&str, Self); 10] = [
        ("signalling", Self::signalling()),
        ("nights", Self::nights()),
        ("stable_points", Self::stable_points()),
        ("night_events", Self::night_events()),
        ("modal_location", Self::modal_location()),
        ("majority_location", Self::majority_location()),
        ("last_of_day", Self::last_of_day()),
        ("first_of_day", Self::first_of_day()),
        ("most_events", Self::most_events()),
        ("visited_most_days", Self::visited_most_days()),
    ];

    /// For dense records, and robust on sparse ones: home 0 to 6 every day, work 9 to 12 and 14 to 17
    /// on weekdays, places of 500 m, most days. 2 days of evidence: one visit proves nothing, and call
    /// records of a week often hold no more than two nights.
    pub const fn signalling() -> Self {
        Self {
            radius_m: 500.0,
            evidence: Evidence::Days,
            home: HourSet::of(&[(0, 6)], false),
            work: WORK,
            min_days: 2,
            more_than_share: 0.0,
            falls_back: true,
        }
    }

    /// For call records: home 19 to 7 every day, work 13 to 17 on weekdays, places of one mile, as in
    /// Isaacman and others, "Identifying Important Places in People's Lives from Cellular Network
    /// Data", 2011. Places are ranked by days and events; the regressions of that paper, fitted to
    /// its volunteers, are not used.
    pub const fn nights() -> Self {
        Self {
            radius_m: 1_609.344,
            home: HourSet::of(&[(19, 24), (0, 7)], false),
            work: HourSet::of(&[(13, 17)], true),
            ..Self::signalling()
        }
    }

    /// For signalling records: the stable point with most active times at night (0 to 6) and at work
    /// (9 to 12 and 14 to 17 on weekdays). A stable point is a place of 500 m with a stay, which by
    /// [`StayRule::usual`](crate::StayRule::usual) is one of 30 minutes or more; most active is most
    /// days, then the longest dwell; at least 5 days, so that weeks with fewer days in the hours have
    /// no anchors. Nothing falls back: where stays are rarely seen, many have no home.
    pub const fn stable_points() -> Self {
        Self {
            evidence: Evidence::Dwell,
            min_days: 5,
            falls_back: false,
            ..Self::signalling()
        }
    }

    /// `home_location` of scikit-mobility 1.3: the position with most events from 22 to 7; without one,
    /// with most events at any hour. No work.
    ///
    /// There an event at 7:00 sharp is one of the night and ties are open; here hours are half open
    /// and ties go to most days, then the lowest row.
    pub const fn night_events() -> Self {
        Self {
            radius_m: 0.0,
            evidence: Evidence::Events,
            home: HourSet::of(&[(22, 24), (0, 7)], false),
            work: HourSet::NONE,
            min_days: 1,
            more_than_share: 0.0,
            falls_back: true,
        }
    }

    /// `ModalLocation` of FlowKit over daily locations of the method `most-common`: the position that
    /// is each day's most frequent on most days, ties to the latest day. No work.
    ///
    /// With the method `last`, FlowKit's default, it is [`last_of_day`](Self::last_of_day).
    pub const fn modal_location() -> Self {
        Self {
            evidence: Evidence::MostOfDay,
            ..Self::last_of_day()
        }
    }

    /// `MajorityLocation` of FlowKit over daily locations of the method `last`: the position that is
    /// the last of more than half of the days with an event; else none. No work.
    pub const fn majority_location() -> Self {
        Self {
            more_than_share: 0.5,
            ..Self::last_of_day()
        }
    }

    /// Residents in the World Bank's COVID-19 mobility indicators (2020): the position that is the last
    /// of most days, ties to the latest day. No work.
    pub const fn last_of_day() -> Self {
        Self {
            radius_m: 0.0,
            evidence: Evidence::LastOfDay,
            home: HourSet::ALL,
            work: HourSet::NONE,
            min_days: 1,
            more_than_share: 0.0,
            falls_back: false,
        }
    }

    /// `ModalLocation` of FlowKit over daily locations of the method `first`: the position that is the first
    /// of most days, ties to the latest day. No work.
    pub const fn first_of_day() -> Self {
        Self {
            evidence: Evidence::FirstOfDay,
            ..Self::last_of_day()
        }
    }

    /// `MostFrequentLocation` of FlowKit: the position with most events at any hour; ties to most days. No
    /// work.
    pub const fn most_events() -> Self {
        Self {
            evidence: Evidence::Events,
            ..Self::last_of_day()
        }
    }

    /// `VisitedMostDays` of FlowKit: the position with most days with an event, ties to most events. No work.
    pub const fn visited_most_days() -> Self {
        Self {
            evidence: Evidence::Days,
            ..Self::last_of_day()
        }
    }
}
