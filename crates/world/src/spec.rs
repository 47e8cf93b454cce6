use erewhon_types::{Error, Result, Window};

/// How large a world to make, and of which seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorldSpec {
    /// Subscriber numbers, 50 to 2,000,000: residents, second phones, visitors and machines.
    pub subscribers: u32,
    /// Local days, 1 to 400.
    pub days: u16,
    /// Cells with a position, 6 to 20,000. One more in the written list has none.
    pub cells: u32,
    /// Minutes after which a phone tells its cell whether it is used or not, 5 to 1,440; none: it does not.
    pub location_update_min: Option<u16>,
    /// Rush hours that slow travel down, and visitors from abroad whose records name their network.
    pub travel: bool,
    /// The same seed makes the same world.
    pub seed: u64,
    /// First local day, YYYY-MM-DD.
    pub first_day: String,
    /// IANA time zone name.
    pub time_zone: String,
}

impl Default for WorldSpec {
    fn default() -> Self {
        Self {
            subscribers: 20_000,
            days: 28,
            cells: 250,
            location_update_min: None,
            travel: false,
            seed: 1,
            first_day: "2026-03-02".into(),
            time_zone: "Europe/Berlin".into(),
        }
    }
}

impl WorldSpec {
    /// The mapping preset that reads the world's records.
    pub const fn format(&self) -> &'static str {
        if self.travel { "cdr_roaming" } else { "cdr" }
    }

    /// The window of the world's records.
    ///
    /// # Errors
    /// Usage, when a number, the day or the zone name is outside its allowed range.
    pub fn window(&self) -> Result<Window> {
        for (name, value, low, high) in [
            ("subscribers", self.subscribers, 50, 2_000_000),
            ("cells", self.cells, 6, 20_000),
        ] {
            if !(low..=high).contains(&value) {
                return Err(Error::usage(format!(
                    "a world of `{value}` {name} is outside the allowed range {low} to {high}"
                )));
            }
        }
        if let Some(every_min) = self.location_update_min
            && !(5..=1_440).contains(&every_min)
        {
            return Err(Error::usage(format!(
                "location updates every `{every_min}` minutes are outside the allowed range 5 to 1440"
            )));
        }
        Window::parse(&self.first_day, self.days, &self.time_zone)
    }
}
