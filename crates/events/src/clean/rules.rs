use std::path::Path;

use erewhon_types::{Error, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    DeviceClass, EventKind, Mapping,
    mapping::{hex, near},
};

/// The rules of one history, their parameters, and when the quality report warns.
///
/// Written in TOML, a table for each rule; what is left out keeps its default, unknown keys are
/// refused. A rule that is `on` is looked for and counted; rows change only where it is also told
/// to `apply`. By default that is [`ImpossibleSpeed`] alone: every other rule also meets rows of
/// real people, and taking those away changes what the records say of mobility.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// The same thing recorded twice, a moment apart.
    pub near_duplicate: NearDuplicate,
    /// A number no person can have caused the events of.
    pub too_many_events: TooManyEvents,
    /// A machine, not a person.
    pub machine: Machine,
    /// A place that could not have been reached and left again.
    pub impossible_speed: ImpossibleSpeed,
    /// A phone that swings between neighbouring cells.
    pub ping_pong: PingPong,
    /// A short visit far from where the events around it are.
    pub spatial_deviation: SpatialDeviation,
    /// From when on the quality report warns.
    pub warnings: Limits,
}

/// Events of one kind, cell and other party within `within_s` of the last one that was kept.
///
/// P-GW and S-GSN both write a data session, seconds apart, with volumes that differ a little.
/// Applied, the first row stays as it is and the others go. Not applied by default: a burst of
/// short messages looks the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NearDuplicate {
    /// Whether it is looked for and counted.
    pub on: bool,
    /// Whether the later rows are dropped.
    pub apply: bool,
    /// Seconds, 1 to 3,600.
    pub within_s: u32,
    /// The kinds it concerns; all unless told.
    pub kinds: Vec<EventKind>,
}

/// More than `per_day` events within some 24 hours.
///
/// Applied, all rows of the subscriber are dropped. Not applied by default: a busy modem is no
/// error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TooManyEvents {
    /// Whether it is looked for and counted.
    pub on: bool,
    /// Whether all rows of such a subscriber are dropped.
    pub apply: bool,
    /// Events in any 24 hours, at least 1.
    pub per_day: u32,
}

/// Most events come from a device of `classes`; or the number has neither call nor top-up, at least
/// `cell_share` of its events in one cell, and `per_day` events a day over `days` or more.
///
/// Device classes are how the field tells machines (Shafiq et al., A First Look at Cellular
/// Machine-to-Machine Traffic, SIGMETRICS 2012, by type allocation code); rate and immobility are a
/// rule of thumb for records without them, and a phone that stays at home with data on can meet it.
/// Applied, all rows of the subscriber are dropped. Not applied by default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Machine {
    /// Whether it is looked for and counted.
    pub on: bool,
    /// Whether all rows of such a subscriber are dropped.
    pub apply: bool,
    /// Classes of devices that are no person's.
    pub classes: Vec<DeviceClass>,
    /// Share of events in the one cell, above 0.5, at most 1.
    pub cell_share: f64,
    /// Events a day, from the first event to the last.
    pub per_day: f64,
    /// Days from the first event to the last, at least 1.
    pub days: u16,
}

/// A cell more than `farther_m` from the cell before and from the cell after, reached and left at
/// more than `over_kmh`, while going straight from the cell before to the cell after was possible.
///
/// Speed is distance on the public plane over the time between the last event here and the first
/// event there. What is found are all events of that stay, at most `lasting_s` long: a fix that is
/// bad on one side only, or stays, can't be told from a good one and is counted as unresolved.
/// The two-sided test is that of Eurostat's multimno (incorrect location, 10 km and 55 m/s =
/// 198 km/h); ours is 500 km/h, as trains run at 320. Applied by default: nobody was there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImpossibleSpeed {
    /// Whether it is looked for and counted.
    pub on: bool,
    /// Whether the rows are dropped.
    pub apply: bool,
    /// Kilometres per hour.
    pub over_kmh: f64,
    /// Metres, so that a handover between large cells is no journey.
    pub farther_m: f64,
    /// Seconds that a bad fix lasts at the most.
    pub lasting_s: u32,
}

/// An excursion of at most `within_s` from a cell to one closer than `closer_m`, and back.
///
/// Applied, the rows in between get the cell around them: no event is lost, the number of moves
/// is. Replacing the cell is what the field does (Wu et al., Oscillation Resolution for Mobile
/// Phone Cellular Tower Data, MDM 2014; Wang and Chen, On Data Processing Required to Derive
/// Mobility Patterns, Transportation Research C 87, 2018, with 5 minutes). Not applied by default:
/// short trips that were real go too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PingPong {
    /// Whether it is looked for and counted.
    pub on: bool,
    /// Whether the rows get the cell around them.
    pub apply: bool,
    /// Seconds from the last event before to the first event after.
    pub within_s: u32,
    /// Metres between the two cells.
    pub closer_m: f64,
}

/// A visit of at most `lasting_s` whose cell is more than `farther_m` from the middle of the events
/// within `within_s` before and after it.
///
/// The middle is a running medoid, which is a place that is there, unlike a mean: of the cells of the
/// visit and of those before and after it, the one with the smallest sum of distances, of the visit and
/// of the mean event of each side (the vector median of Astola et al., Proceedings of the IEEE 78(4),
/// 1990, over time). Both sides count alike, so that many events before a journey do not hold it back,
/// and one without events tells nothing. Applied, the rows get the cell of the middle: no event is
/// lost. Not applied by default: an errand of half an hour looks the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpatialDeviation {
    /// Whether it is looked for and counted.
    pub on: bool,
    /// Whether the rows get the cell before or after them.
    pub apply: bool,
    /// Seconds before the visit and after it, 1 to 86,400; of more than 16 events on a side, the
    /// nearest 16 are asked.
    pub within_s: u32,
    /// Seconds from the first event of the visit to its last, at most 86,400.
    pub lasting_s: u32,
    /// Metres from the middle.
    pub farther_m: f64,
}

/// From when on the quality report warns; nothing here changes a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Share of a file's or a day's rows that one rule may meet, 0 to 1.
    pub rule_share: f64,
    /// How far a day may be from the median of its like, in robust standard deviations (1.4826
    /// times the median absolute deviation).
    pub day_deviations: f64,
    /// How far it may be in any case, as a share of that median.
    pub day_share: f64,
    /// Events that were to be expected in a hole before it is reported.
    pub hole_events: f64,
    /// Share of what is expected in an hour at or below which the hour is part of a hole, 0 to 1.
    pub hole_share: f64,
}

impl Default for NearDuplicate {
    fn default() -> Self {
        Self {
            on: true,
            apply: false,
            within_s: 5,
            kinds: EventKind::ALL.to_vec(),
        }
    }
}

impl Default for TooManyEvents {
    fn default() -> Self {
        Self {
            on: true,
            apply: false,
            per_day: 10_000,
        }
    }
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            on: true,
            apply: false,
            classes: vec![DeviceClass::Machine],
            cell_share: 0.99,
            per_day: 24.0,
            days: 7,
        }
    }
}

impl Default for ImpossibleSpeed {
    fn default() -> Self {
        Self {
            on: true,
            apply: true,
            over_kmh: 500.0,
            farther_m: 10_000.0,
            lasting_s: 600,
        }
    }
}

impl Default for PingPong {
    fn default() -> Self {
        Self {
            on: true,
            apply: false,
            within_s: 300,
            closer_m: 5_000.0,
        }
    }
}

impl Default for SpatialDeviation {
    fn default() -> Self {
        Self {
            on: true,
            apply: false,
            within_s: 900,
            lasting_s: 300,
            farther_m: 5_000.0,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rule_share: 0.05,
            day_deviations: 3.5,
            day_share: 0.25,
            hole_events: 30.0,
            hole_share: 0.1,
        }
    }
}

impl Rules {
    /// Rules that look for nothing and change nothing.
    pub fn off() -> Self {
        let mut rules = Self::default();
        rules.near_duplicate.on = false;
        rules.too_many_events.on = false;
        rules.machine.on = false;
        rules.impossible_speed.on = false;
        rules.ping_pong.on = false;
        rules.spatial_deviation.on = false;
        rules
    }

    /// Reads rules from a TOML file.
    ///
    /// # Errors
    /// Input, when the file is missing, no TOML, has unknown keys or a value outside its range.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::io("read the rules", path, &error))?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Reads rules from TOML; `name` is for messages.
    ///
    /// # Errors
    /// Input, when the text is no TOML, has unknown keys or a value outside its range.
    pub fn parse(text: &str, name: &str) -> Result<Self> {
        let rules: Self = toml::from_str(text).map_err(|error| {
            let said = near::toml_message(text, &error);
            let said = Error::input(format!("the rules `{name}` are not valid: {said}"));
            said.with_hint(near::key(error.message()).unwrap_or_else(|| HINT.to_owned()))
        })?;
        rules.check().map_err(|error| {
            let said = Error::input(format!("the rules `{name}` are not valid: {error}"));
            said.with_hint(error.hint().unwrap_or(HINT))
        })?;
        Ok(rules)
    }

    /// Checks that every parameter is within its range.
    ///
    /// # Errors
    /// Input, naming the parameter, its value and what is allowed.
    pub fn check(&self) -> Result<()> {
        let above_0 = (f64::MIN_POSITIVE, f64::MAX, "a number above 0");
        let share = (0.0, 1.0, "0 to 1");
        let (near, many, machine) = (&self.near_duplicate, &self.too_many_events, &self.machine);
        let (speed, swing, warn) = (&self.impossible_speed, &self.ping_pong, &self.warnings);
        let off = &self.spatial_deviation;
        for (key, value, (least, most, allowed)) in [
            (
                "near_duplicate.within_s",
                near.within_s.into(),
                (1.0, 3600.0, "1 to 3600"),
            ),
            ("too_many_events.per_day", many.per_day.into(), above_0),
            (
                "machine.cell_share",
                machine.cell_share,
                (0.5 + f64::EPSILON, 1.0, "above 0.5, at most 1"),
            ),
            ("machine.per_day", machine.per_day, above_0),
            ("machine.days", machine.days.into(), above_0),
            ("impossible_speed.over_kmh", speed.over_kmh, above_0),
            ("impossible_speed.farther_m", speed.farther_m, above_0),
            ("ping_pong.within_s", swing.within_s.into(), above_0),
            ("ping_pong.closer_m", swing.closer_m, above_0),
            (
                "spatial_deviation.within_s",
                off.within_s.into(),
                (1.0, 86_400.0, "1 to 86400"),
            ),
            (
                "spatial_deviation.lasting_s",
                off.lasting_s.into(),
                (0.0, 86_400.0, "0 to 86400"),
            ),
            ("spatial_deviation.farther_m", off.farther_m, above_0),
            ("warnings.rule_share", warn.rule_share, share),
            ("warnings.day_deviations", warn.day_deviations, above_0),
            ("warnings.day_share", warn.day_share, share),
            ("warnings.hole_events", warn.hole_events, above_0),
            ("warnings.hole_share", warn.hole_share, share),
        ] {
            if !(least..=most).contains(&value) {
                return Err(Error::input(format!(
                    "`{key}` is `{value}`, which is outside the allowed range: {allowed}"
                ))
                .with_hint(HINT));
            }
        }
        Ok(())
    }

    /// SHA-256 of a mapping and these rules, hexadecimal: under other rules the same files are
    /// another load.
    ///
    /// # Errors
    /// Internal, when they can't be written as JSON.
    pub fn sha256(&self, mapping: &Mapping) -> Result<String> {
        let json = serde_json::to_vec(&(mapping.sha256()?, self))
            .map_err(|_| Error::internal("mapping and rules can't be written as JSON"))?;
        Ok(hex(&Sha256::digest(json)))
    }
}

const HINT: &str = "the rules and their parameters are in docs/quality.md";
