use std::{collections::BTreeMap, fs, path::Path};

use erewhon_events::toml_message;
use erewhon_types::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::{AnchorRule, Corridor, Hub, PlaceRule, PopulationRule, StayRule, travel::check_names};

/// What a stay, a place and an anchor are, and which corridors and hubs there are: the rules by which
/// everything is derived from a track.
///
/// Public: chosen by a person, never tuned on the data. A [`Track`](crate::Track) holds them, so that
/// whatever builds on stays, places or anchors builds on the same ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Definitions {
    /// Mobile country codes of the network's own country: subscribers of others are from abroad.
    pub own_mcc: Vec<u32>,
    /// When somebody stays.
    pub stays: StayRule,
    /// Which cells are one place.
    pub places: PlaceRule,
    /// Which places are home and work.
    pub anchors: AnchorRule,
    /// Who is what in a zone.
    pub population: PopulationRule,
    /// Lines along which trips are told by sequence and speed; none unless declared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub corridors: Vec<Corridor>,
    /// Places whose visitors are told by dwell; none unless declared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hubs: Vec<Hub>,
}

impl Definitions {
    /// [`StayRule::usual`], [`PlaceRule::usual`], [`AnchorRule::signalling`] and [`PopulationRule::usual`]; no
    /// corridors and no hubs.
    pub const DEFAULT: Self = Self {
        own_mcc: Vec::new(),
        stays: StayRule::usual(),
        places: PlaceRule::usual(),
        anchors: AnchorRule::signalling(),
        population: PopulationRule::usual(),
        corridors: Vec::new(),
        hubs: Vec::new(),
    };

    /// The default as TOML, with a comment on each value: what to start from.
    pub const TOML: &str = include_str!("definitions.toml");

    /// Reads definitions from a TOML file; what is left out keeps its default.
    ///
    /// # Errors
    /// Input, when the file is missing, no TOML or has unknown keys; as [`Self::check`].
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path);
        let text = text.map_err(|error| Error::io("read the definitions", path, &error))?;
        Self::parse(&text, &path.display().to_string())
    }

    fn parse(text: &str, name: &str) -> Result<Self> {
        let wrong =
            |what: &str| Error::input(format!("the definitions `{name}` are not valid: {what}"));
        let parsed: Self = toml::from_str(text)
            .map_err(|error| wrong(&toml_message(text, &error)).with_hint(HINT))?;
        parsed.check().map_err(|error| {
            let hint = error.hint().unwrap_or(HINT);
            wrong(error.message()).with_hint(hint)
        })?;
        Ok(parsed)
    }

    /// The definitions as TOML, to be read again.
    ///
    /// # Errors
    /// Internal, when they can't be written.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string(self).map_err(|_| Error::internal("definitions can't be written as TOML"))
    }

    /// What all [`AnchorRule::PRESETS`] were computed by, as TOML: stays, places, and each rule by its name.
    ///
    /// # Errors
    /// Internal, when it can't be written.
    pub fn presets_to_toml(&self) -> Result<String> {
        #[derive(Serialize)]
        struct Presets<'a> {
            stays: &'a StayRule,
            places: &'a PlaceRule,
            presets: BTreeMap<&'static str, AnchorRule>,
        }
        let presets = Presets {
            stays: &self.stays,
            places: &self.places,
            presets: AnchorRule::PRESETS.into_iter().collect(),
        };
        toml::to_string(&presets).map_err(|_| Error::internal("rules can't be written as TOML"))
    }

    /// Refuses thresholds that mean nothing.
    ///
    /// # Errors
    /// Input, when a value is outside its range, or no hours tell home.
    pub fn check(&self) -> Result<()> {
        let (stays, anchors) = (&self.stays, &self.anchors);
        let radius = (0.0, 1e6, "0 to 1,000,000 metres");
        let time = (0.0, WINDOW_S, "0 to 34,560,000 seconds");
        // A silence of 0 would end every stay.
        let silence = (1.0, WINDOW_S, "1 to 34,560,000 seconds");
        // No share exceeds 1.
        let share = (0.0, 1.0 - f64::EPSILON, "0 to below 1");
        for (key, value, (least, most, allowed)) in [
            ("stays.radius_m", stays.radius_m, radius),
            ("stays.min_s", stays.min_s.into(), time),
            ("stays.max_gap_s", stays.max_gap_s.into(), silence),
            ("stays.max_excursion_s", stays.max_excursion_s.into(), time),
            ("places.radius_m", self.places.radius_m, radius),
            ("anchors.radius_m", anchors.radius_m, radius),
            (
                "anchors.min_days",
                anchors.min_days.into(),
                (0.0, 400.0, "0 to 400 days"),
            ),
            (
                "population.regular_weeks",
                self.population.regular_weeks.into(),
                (1.0, 60.0, "1 to 60 weeks"),
            ),
            ("anchors.more_than_share", anchors.more_than_share, share),
        ] {
            if !(least..=most).contains(&value) {
                let wrong = format!("`{key}` is `{value}`; allowed is {allowed}");
                return Err(Error::input(wrong).with_hint(HINT));
            }
        }
        if let Some(code) = self
            .own_mcc
            .iter()
            .find(|code| !(100..=999).contains(*code))
        {
            let wrong = format!("`own_mcc` has `{code}`; allowed are country codes, 100 to 999");
            return Err(Error::input(wrong).with_hint("for example own_mcc = [262]"));
        }
        check_names(
            "corridor",
            self.corridors.iter().map(|corridor| corridor.name.as_str()),
        )?;
        check_names("hub", self.hubs.iter().map(|hub| hub.name.as_str()))?;
        self.corridors.iter().try_for_each(Corridor::check)?;
        self.hubs.iter().try_for_each(Hub::check)?;
        if anchors.home.hours == 0 {
            return Err(
                Error::input("`anchors.home` holds no hours, so nobody would have a home")
                    .with_hint("name hours, for example [[0, 6]]"),
            );
        }
        Ok(())
    }
}

/// The longest window.
const WINDOW_S: f64 = 400.0 * 86_400.0;

const HINT: &str = "`erewhon mobility definitions` prints all values; docs/anchors.md and docs/mobility.md#travel explain them";

impl Default for Definitions {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HourSet;

    fn refusal(text: &str) -> String {
        Definitions::parse(text, "mine").unwrap_err().to_string()
    }

    #[test]
    fn thresholds_out_of_range_are_refused_with_value_and_range() {
        for (text, key, value) in [
            ("[stays]\nradius_m = nan", "stays.radius_m", "NaN"),
            ("[stays]\nradius_m = -1", "stays.radius_m", "-1"),
            ("[stays]\nmin_s = 34560001", "stays.min_s", "34560001"),
            ("[stays]\nmax_gap_s = 0", "stays.max_gap_s", "0"),
            (
                "[stays]\nmax_excursion_s = 4000000000",
                "stays.max_excursion_s",
                "4000000000",
            ),
            ("[places]\nradius_m = inf", "places.radius_m", "inf"),
            ("[anchors]\nradius_m = 2e6", "anchors.radius_m", "2000000"),
            ("[anchors]\nmin_days = 401", "anchors.min_days", "401"),
            (
                "[anchors]\nmore_than_share = 1",
                "anchors.more_than_share",
                "1",
            ),
        ] {
            let said = refusal(text);
            let wrong = format!("`{key}` is `{value}`; allowed is ");
            assert!(said.contains(&wrong), "{said}");
        }
    }

    #[test]
    fn what_is_no_definition_is_refused() {
        for (text, word) in [
            (
                "[stays]\nradius = 300.0",
                "unknown field `radius`, expected one of `radius_m`",
            ),
            ("[stay]\nradius_m = 300.0", "unknown field `stay`"),
            (
                "[anchors]\nevidence = \"nights\"",
                "unknown variant `nights`",
            ),
            (
                "[anchors.home]\nhours = [[19, 7]]\nworkdays_only = false",
                "from `19` up to `7`",
            ),
            (
                "[anchors.home]\nhours = [[0, 25]]\nworkdays_only = false",
                "up to `25`",
            ),
            (
                "[anchors.home]\nhours = []\nworkdays_only = true",
                "nobody would have a home",
            ),
            ("[stays]\nmin_s = -1", "invalid value"),
        ] {
            let said = refusal(text);
            assert!(said.contains(word), "{said}");
        }
    }

    #[test]
    fn the_printed_default_is_the_default_and_all_of_it() {
        assert_eq!(
            Definitions::parse(Definitions::TOML, "default").unwrap(),
            Definitions::DEFAULT
        );
        let printed: toml::Table = Definitions::TOML.parse().unwrap();
        let all: toml::Table = Definitions::DEFAULT.to_toml().unwrap().parse().unwrap();
        assert_eq!(printed, all);
    }

    #[test]
    fn every_preset_reads_back_as_it_was_written() {
        for (_, anchors) in AnchorRule::PRESETS {
            let rule = Definitions {
                anchors,
                ..Definitions::DEFAULT
            };
            rule.check().unwrap();
            assert_eq!(
                Definitions::parse(&rule.to_toml().unwrap(), "again").unwrap(),
                rule
            );
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_file_and_line() {
        let said = refusal("[stays]\n\nradius = 300.0");
        assert!(
            said.starts_with("the definitions `mine` are not valid: "),
            "{said}"
        );
        assert!(said.ends_with(" (line 3)"), "{said}");
        let said = refusal("[places]\nradius_m = -1");
        let begin = "the definitions `mine` are not valid: `places.radius_m` is `-1`";
        assert!(said.starts_with(begin), "{said}");
    }

    #[test]
    fn what_is_left_out_of_hours_keeps_its_default() {
        let usual = Definitions::DEFAULT.anchors;
        for (text, home, work) in [
            (
                "[anchors.home]\nhours = [[1, 5]]",
                HourSet::of(&[(1, 5)], usual.home.workdays_only),
                usual.work,
            ),
            (
                "[anchors.home]\nworkdays_only = true",
                HourSet {
                    workdays_only: true,
                    ..usual.home
                },
                usual.work,
            ),
            (
                "[anchors.work]\nhours = [[8, 17]]",
                usual.home,
                HourSet::of(&[(8, 17)], usual.work.workdays_only),
            ),
        ] {
            let read = Definitions::parse(text, "mine").unwrap().anchors;
            assert_eq!((read.home, read.work), (home, work), "{text}");
        }
    }

    #[test]
    fn what_is_left_out_keeps_its_default() {
        let mut far = Definitions::DEFAULT;
        far.stays.radius_m = 1_000.0;
        assert_eq!(
            Definitions::parse("[stays]\nradius_m = 1000", "far").unwrap(),
            far
        );
    }
}
