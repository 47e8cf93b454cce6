use crate::clean::Rules;

/// A rule of one subscriber's history, in the order they run.
///
/// Each sees that subscriber's events and public tables, and nothing else; [`Rules`] has the
/// parameters and says what each does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "`description` says what each rule means, once")]
pub enum HistoryRule {
    NearDuplicate,
    TooManyEvents,
    Machine,
    ImpossibleSpeed,
    PingPong,
    SpatialDeviation,
}

impl HistoryRule {
    /// All rules, in the order they run.
    pub const ALL: [Self; 6] = [
        Self::NearDuplicate,
        Self::TooManyEvents,
        Self::Machine,
        Self::ImpossibleSpeed,
        Self::PingPong,
        Self::SpatialDeviation,
    ];

    /// The rule's name in reports and in the file of rules.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NearDuplicate => "near_duplicate",
            Self::TooManyEvents => "too_many_events",
            Self::Machine => "machine",
            Self::ImpossibleSpeed => "impossible_speed",
            Self::PingPong => "ping_pong",
            Self::SpatialDeviation => "spatial_deviation",
        }
    }

    /// What the rule finds and what becomes of it, with its parameters.
    pub fn description(self, rules: &Rules) -> String {
        let Rules {
            near_duplicate: near,
            too_many_events: many,
            machine,
            impossible_speed: speed,
            ping_pong: swing,
            spatial_deviation: off,
            ..
        } = rules;
        match self {
            Self::NearDuplicate => format!(
                "the same kind, cell and other party again within {} s; the later row is dropped",
                near.within_s
            ),
            Self::TooManyEvents => format!(
                "more than {} events within 24 hours; the subscriber's rows are dropped",
                many.per_day
            ),
            Self::Machine => format!(
                "a device that is no person's, or {} % of the events in one cell, {} a day over {} \
                 days, without calls; the subscriber's rows are dropped",
                machine.cell_share * 100.0,
                machine.per_day,
                machine.days
            ),
            Self::ImpossibleSpeed => format!(
                "a cell over {} m away, reached and left at more than {} km/h; its rows are dropped",
                speed.farther_m, speed.over_kmh
            ),
            Self::PingPong => format!(
                "off to a cell within {} m and back within {} s; the row gets the cell around it",
                swing.closer_m, swing.within_s
            ),
            Self::SpatialDeviation => format!(
                "a visit of at most {} s over {} m from the middle of the events within {} s of it; \
                 the row gets the cell before or after it",
                off.lasting_s, off.farther_m, off.within_s
            ),
        }
    }

    /// Whether the rule is looked for, and whether rows change for it.
    pub(crate) const fn switches(self, rules: &Rules) -> (bool, bool) {
        let Rules {
            near_duplicate: near,
            too_many_events: many,
            machine,
            impossible_speed: speed,
            ping_pong: swing,
            spatial_deviation: off,
            ..
        } = rules;
        match self {
            Self::NearDuplicate => (near.on, near.apply),
            Self::TooManyEvents => (many.on, many.apply),
            Self::Machine => (machine.on, machine.apply),
            Self::ImpossibleSpeed => (speed.on, speed.apply),
            Self::PingPong => (swing.on, swing.apply),
            Self::SpatialDeviation => (off.on, off.apply),
        }
    }

    /// Whether rows go; the other rules change them.
    pub(crate) const fn drops(self) -> bool {
        !matches!(self, Self::PingPong | Self::SpatialDeviation)
    }

    /// Whether it needs to know where cells are.
    pub(crate) const fn needs_positions(self) -> bool {
        matches!(
            self,
            Self::ImpossibleSpeed | Self::PingPong | Self::SpatialDeviation
        )
    }
}
