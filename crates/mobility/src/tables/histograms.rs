use crate::{
    Activity, Axis, Bound, Column, Contribution, Feature, FromHome, Kernel, Public, Rhythm, Slot,
    Social, Space, Track, Traffic, VisitRates, frame::numbers,
};

/// Histograms of numbers about subscribers: distinct subscribers by column of a family of rows and bin.
///
/// A bin is named by its lower end: `0` holds what is 0 or below, and each other one reaches from a power of
/// two up to the next; the first also holds what is smaller, the last what is larger. What is missing is in
/// none. FlowKit's `histogram_aggregate` and `joined_spatial_aggregate` with `distr`, with bins that are
/// public.
pub struct Histograms {
    features: Vec<Measured>,
}

/// A family, and for each of its columns which measure it is.
type Measured = (Box<dyn Feature>, Vec<Option<u32>>);

/// The columns, by their names.
const MEASURES: &[&str] = &[
    "events",
    "visits",
    "distinct_cells",
    "active_days",
    "radius_of_gyration_m",
    "events_per_day",
    "inter_event_median_s",
    "night_share",
    "interactions",
    "contacts",
    "sessions",
    "volume_bytes",
    "home_distance_mean_m",
    "home_distance_max_m",
    "topup_amount_minor",
];

/// The lower ends of the bins.
const BINS: &[&str] = &[
    "0", "2^-10", "2^-9", "2^-8", "2^-7", "2^-6", "2^-5", "2^-4", "2^-3", "2^-2", "2^-1", "2^0",
    "2^1", "2^2", "2^3", "2^4", "2^5", "2^6", "2^7", "2^8", "2^9", "2^10", "2^11", "2^12", "2^13",
    "2^14", "2^15", "2^16", "2^17", "2^18", "2^19", "2^20", "2^21", "2^22", "2^23", "2^24", "2^25",
    "2^26", "2^27", "2^28", "2^29", "2^30", "2^31", "2^32", "2^33", "2^34", "2^35", "2^36", "2^37",
    "2^38", "2^39", "2^40",
];

/// The exponent of the second bin.
const SMALLEST: i32 = -10;

/// Which bin a number falls into.
fn bin(value: f64) -> u32 {
    if value <= 0.0 {
        return 0;
    }
    // The exponent as it stands in the number: no rounding, unlike a logarithm.
    let exponent = ((value.to_bits() >> 52) & 0x7FF) as i32 - 1023;
    (exponent - SMALLEST + 1).clamp(1, BINS.len() as i32 - 1) as u32
}

impl Histograms {
    /// Of events and visits, space, rhythm, contacts, traffic, distances from home and credit bought.
    pub fn usual() -> Self {
        let mut features: Vec<Measured> = Vec::new();
        let all: [Box<dyn Feature>; 7] = [
            Box::new(VisitRates),
            Box::new(Space::two()),
            Box::new(Rhythm),
            Box::new(Social::thousand()),
            Box::new(Traffic::by(Slot::HALF_HOUR)),
            Box::new(FromHome),
            Box::new(Activity),
        ];
        // Two families may have a column of one name; the first counts.
        let mut left: Vec<Option<&str>> = MEASURES.iter().copied().map(Some).collect();
        for feature in all {
            let place = |column: &Column| {
                let place = left.iter().position(|name| *name == Some(column.name()))?;
                left[place] = None;
                Some(place as u32)
            };
            let places = feature.columns().iter().map(place).collect();
            features.push((feature, places));
        }
        Self { features }
    }
}

impl Kernel for Histograms {
    fn name(&self) -> &'static str {
        "histograms"
    }

    fn axes(&self) -> Vec<Axis> {
        vec![Axis::Word("measure", MEASURES), Axis::Word("from", BINS)]
    }

    /// One bin of each measure.
    fn bound(&self, _public: &Public<'_>) -> Bound {
        Bound {
            entries: MEASURES.len() as u64,
            amount: 1,
        }
    }

    fn places_alone(&self) -> bool {
        false
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        if track.events().is_empty() {
            return;
        }
        let mut said = Vec::new();
        for (feature, places) in &self.features {
            numbers(feature.as_ref(), track, &mut said);
            for (value, place) in said.iter().zip(places) {
                if let (Some(value), Some(place)) = (value, place) {
                    out.add([*place, bin(*value)], 1);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_begin_at_powers_of_two() {
        for (value, from) in [
            (-1.0, "0"),
            (0.0, "0"),
            (1e-9, "2^-10"),
            (0.25, "2^-2"),
            (1.0, "2^0"),
            (1.999, "2^0"),
            (2.0, "2^1"),
            (1_000.0, "2^9"),
            (1e300, "2^40"),
        ] {
            assert_eq!(BINS[bin(value) as usize], from, "{value}");
        }
        for (place, from) in BINS.iter().enumerate().skip(1) {
            let exponent: i32 = from[2..].parse().unwrap();
            assert_eq!(bin(2f64.powi(exponent)), place as u32);
        }
    }

    #[test]
    fn every_measure_is_a_column() {
        let places = Histograms::usual().features.into_iter().flat_map(|f| f.1);
        let mut found: Vec<u32> = places.flatten().collect();
        found.sort_unstable();
        // Each of one column alone: more would pass the bound.
        assert!(found.into_iter().eq(0..MEASURES.len() as u32));
    }
}
