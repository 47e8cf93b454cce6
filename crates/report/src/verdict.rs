use erewhon_utility::{Better, Measure, UtilityReport};

use crate::number::with_unit;

/// Where a measure's error comes from, judged with the distance between two halves of the real
/// subscribers as the yardstick.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// No further from the real people than one half of them is from the other.
    Sampling,
    /// Further, but the same model without privacy is as far: noise is not to blame.
    Model,
    /// Further than the same model without privacy.
    Noise {
        /// By how much, in the measure's unit.
        costs: f64,
        /// Whether that is most of the error.
        most: bool,
    },
    /// Further than sampling explains; there is no model without privacy to tell why.
    Beyond,
    /// The value or its yardstick is missing.
    Unknown,
}

/// A measure of the release beside the same measure of the model without privacy.
pub(crate) struct Judged<'a> {
    pub(crate) measure: &'a Measure,
    /// The same model family, fitted to exact tables.
    pub(crate) without_privacy: Option<f64>,
    pub(crate) verdict: Verdict,
}

/// Every measure, judged.
pub(crate) fn judge<'a>(
    private: &'a UtilityReport,
    without_privacy: &UtilityReport,
) -> Vec<Judged<'a>> {
    let judged = |measure: &'a Measure| {
        let without_privacy = without_privacy.measure(&measure.id).and_then(|m| m.value);
        Judged {
            measure,
            without_privacy,
            verdict: Verdict::of(measure, without_privacy),
        }
    };
    private.measures.iter().map(judged).collect()
}

impl Verdict {
    fn of(measure: &Measure, without_privacy: Option<f64>) -> Self {
        let error = |value: Option<f64>| {
            let error = value.map(|value| match measure.better {
                Better::Lower => value.abs(),
                // Shares of agreement: what is missing to full agreement is the error.
                Better::Higher => 1.0 - value,
            });
            error.filter(|e| e.is_finite())
        };
        let (Some(ours), Some(sampling)) = (error(measure.value), error(measure.sampling_error))
        else {
            return Self::Unknown;
        };
        if ours <= sampling {
            return Self::Sampling;
        }
        let Some(model) = error(without_privacy) else {
            return Self::Beyond;
        };
        // Two draws of the same model differ too, by about half the yardstick at the most.
        if model > sampling && ours - model <= (sampling / 2.0).max(TOLERANCE * model) {
            Self::Model
        } else {
            let costs = ours - model;
            let most = costs > model;
            Self::Noise { costs, most }
        }
    }

    /// Short enough for a terminal's last column.
    pub(crate) fn words(self, unit: &str) -> String {
        match self {
            Self::Sampling => "within sampling error".to_owned(),
            Self::Model => "the model's own limit".to_owned(),
            Self::Noise { costs, .. } if unit == "share" => {
                format!("noise costs {}", with_unit(costs * 100.0, "points"))
            }
            Self::Noise { costs, .. } => format!("noise costs {}", with_unit(costs, unit)),
            Self::Beyond => "beyond sampling error".to_owned(),
            Self::Unknown => "can't be judged".to_owned(),
        }
    }

    pub(crate) const fn mood(self) -> &'static str {
        match self {
            Self::Sampling => "good",
            Self::Model | Self::Noise { most: false, .. } => "fair",
            Self::Noise { most: true, .. } | Self::Beyond => "poor",
            Self::Unknown => "",
        }
    }
}

/// An error that is larger than the model's own by less than this share counts as the model's.
const TOLERANCE: f64 = 0.1;

/// How the words are meant; the page prints it below the table.
pub(crate) const LEGEND: &str = "Within sampling error: no further from the real people than one \
    half of them is from the other. The model's own limit: further, but the same model fitted \
    without privacy is as far (to within half the sampling error or 10 %): less noise would not help, \
    a better model would. Noise costs: how much further than that the noise takes it; red where that is most of the error. With many \
    subscribers the sampling error is tiny, so nearly every error is beyond it; whether an error \
    matters depends on its size and on the use.";

#[cfg(test)]
mod tests {
    use super::*;
    use erewhon_utility::Group;

    fn verdict(value: f64, model: Option<f64>, sampling: f64, better: Better) -> Verdict {
        let measure = Measure {
            id: String::new(),
            group: Group::Presence,
            title: String::new(),
            unit: String::new(),
            definition: String::new(),
            value: Some(value),
            sampling_error: Some(sampling),
            trivial: None,
            better,
        };
        Verdict::of(&measure, model)
    }

    #[test]
    fn errors_are_put_down_to_what_causes_them() {
        use Better::{Higher, Lower};
        let noise = |costs| Verdict::Noise { costs, most: true };
        for (value, model, sampling, better, expected) in [
            (1.0, Some(0.2), 1.0, Lower, Verdict::Sampling),
            (9.0, Some(8.5), 1.0, Lower, Verdict::Model),
            (90.0, Some(85.0), 1.0, Lower, Verdict::Model),
            (5.0, Some(9.0), 1.0, Lower, Verdict::Model),
            (1.5, Some(0.5), 1.25, Lower, noise(1.0)),
            (9.0, Some(1.0), 1.0, Lower, noise(8.0)),
            (9.0, None, 1.0, Lower, Verdict::Beyond),
            (0.0, Some(0.0), 0.0, Lower, Verdict::Sampling),
            (0.875, Some(0.75), 0.75, Higher, Verdict::Sampling),
            (0.25, Some(0.75), 0.875, Higher, noise(0.5)),
            (0.25, Some(f64::NAN), 0.875, Higher, Verdict::Beyond),
            (f64::NAN, Some(0.75), 0.875, Higher, Verdict::Unknown),
        ] {
            assert_eq!(verdict(value, model, sampling, better), expected);
        }
    }

    #[test]
    fn a_cost_is_named_in_the_measures_unit() {
        let noise = |costs| Verdict::Noise { costs, most: false };
        assert_eq!(noise(0.5).words("km"), "noise costs 0.5 km");
        assert_eq!(noise(0.085).words("share"), "noise costs 8.5 points");
    }
}
