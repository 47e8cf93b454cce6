use erewhon_types::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::{AnchorRule, PlaceRule, StayRule};

/// What a stay, a place and an anchor are: the rules by which everything is derived from a track.
///
/// Public: chosen by a person, never tuned on the data. A [`Track`](crate::Track) holds them, so that
/// whatever builds on stays, places or anchors builds on the same ones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Definitions {
    /// When somebody stays.
    pub stays: StayRule,
    /// Which cells are one place.
    pub places: PlaceRule,
    /// Which places are home and work.
    pub anchors: AnchorRule,
}

impl Definitions {
    /// [`StayRule::usual`], [`PlaceRule::usual`] and [`AnchorRule::signalling`].
    pub const DEFAULT: Self = Self {
        stays: StayRule::usual(),
        places: PlaceRule::usual(),
        anchors: AnchorRule::signalling(),
    };

    /// Refuses thresholds that mean nothing.
    ///
    /// # Errors
    /// Usage, when a radius is not finite or below 0, a silence of 0 would end every stay, or a share
    /// is outside 0 to 1.
    pub fn check(&self) -> Result<()> {
        let radius = (0.0..=1e6, "0 to 1,000,000 metres");
        let share = (0.0..=1.0, "0 to 1");
        let silence = (1.0..=f64::from(400 * 86_400), "1 to 34,560,000 seconds");
        let anchors = &self.anchors;
        for (key, value, (range, allowed)) in [
            ("stays.radius_m", self.stays.radius_m, radius.clone()),
            ("stays.max_gap_s", self.stays.max_gap_s.into(), silence),
            ("places.radius_m", self.places.radius_m, radius.clone()),
            ("anchors.radius_m", anchors.radius_m, radius),
            ("anchors.more_than_share", anchors.more_than_share, share),
        ] {
            if !range.contains(&value) {
                return Err(Error::usage(format!("`{key}` is `{value}`"))
                    .with_hint(format!("allowed is {allowed}")));
            }
        }
        Ok(())
    }
}

impl Default for Definitions {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_out_of_range_are_refused() {
        assert!(Definitions::default().check().is_ok());
        let mut far = Definitions::default();
        far.stays.radius_m = f64::NAN;
        let mut silent = Definitions::default();
        silent.stays.max_gap_s = 0;
        let mut sure = Definitions::default();
        sure.anchors.more_than_share = 1.5;
        for (wrong, key) in [
            (far, "stays.radius_m"),
            (silent, "max_gap_s"),
            (sure, "share"),
        ] {
            let error = wrong.check().unwrap_err();
            assert!(error.message().contains(key), "{error}");
        }
    }
}
