use erewhon_utility::{Better, Measure, UtilityReport};

use crate::{
    html::{Section, escape, note, num, p, raw, table},
    number::maybe,
};

/// How a measure compares with what sampling alone does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grade {
    /// No worse than a second sample of the same people would be.
    Sampling,
    /// Within three sampling errors.
    Close,
    /// Within ten sampling errors.
    Off,
    /// Beyond.
    Far,
    /// The value or its yardstick is missing.
    Unknown,
}

impl Grade {
    pub(crate) fn of(measure: &Measure) -> Self {
        let (Some(value), Some(yardstick)) = (measure.value, measure.sampling_error) else {
            return Self::Unknown;
        };
        let (distance, sampling) = match measure.better {
            Better::Lower => (value.abs(), yardstick.abs()),
            // Shares of agreement: the distance to full agreement is what can be compared.
            Better::Higher => (1.0 - value, 1.0 - yardstick),
        };
        if !distance.is_finite() || !sampling.is_finite() {
            Self::Unknown
        } else if distance <= 1.5 * sampling {
            Self::Sampling
        } else if distance <= 3.0 * sampling {
            Self::Close
        } else if distance <= 10.0 * sampling {
            Self::Off
        } else {
            Self::Far
        }
    }

    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Sampling => "within sampling error",
            Self::Close => "close",
            Self::Off => "visibly off",
            Self::Far => "far off",
            Self::Unknown => "can't be judged",
        }
    }

    pub(crate) const fn mood(self) -> &'static str {
        match self {
            Self::Sampling => "good",
            Self::Close => "fair",
            Self::Off | Self::Far => "poor",
            Self::Unknown => "",
        }
    }
}

pub(crate) fn section(report: &UtilityReport) -> Section {
    if report.measures.is_empty() {
        return Section::new(
            "measures",
            "Measures",
            p("Not available: no measure was computed."),
        );
    }
    let rows = report.measures.iter().map(|m| {
        let name = format!(
            "<details><summary>{}</summary><p>{}</p><p><code>{}</code></p></details>",
            escape(&m.title),
            escape(&m.definition),
            escape(&m.id)
        );
        let grade = Grade::of(m);
        let verdict = format!(
            "<span class=\"grade {}\">{}</span>",
            grade.mood(),
            grade.words()
        );
        let better = match m.better {
            Better::Lower => "smaller is better",
            Better::Higher => "larger is better",
        };
        let value = num(maybe(m.value, &m.unit));
        let sampling = num(maybe(m.sampling_error, &m.unit));
        vec![
            raw(name),
            value,
            sampling,
            raw(verdict),
            raw(better.to_owned()),
        ]
    });
    let body = p(
        "Each measure compares real with synthetic. The yardstick is the same measure \
                  between two random halves of the real subscribers: what sampling alone does.",
    ) + &table(
        "Real against synthetic",
        &[
            "Measure",
            "Value#",
            "Sampling alone#",
            "Verdict",
            "Direction",
        ],
        rows.collect(),
    ) + &note(
        "Within sampling error: at most 1.5 times the distance that sampling alone \
             causes. Close: at most 3 times. Visibly off: at most 10 times. Open a measure's name \
             for its definition.",
    );
    Section::new("measures", "Measures", body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grade(value: f64, sampling: f64, better: Better) -> Grade {
        Grade::of(&Measure {
            id: String::new(),
            title: String::new(),
            unit: String::new(),
            definition: String::new(),
            value: Some(value),
            sampling_error: Some(sampling),
            better,
        })
    }

    #[test]
    fn the_yardstick_works_in_both_directions() {
        assert_eq!(grade(1.0, 1.0, Better::Lower), Grade::Sampling);
        assert_eq!(grade(2.0, 1.0, Better::Lower), Grade::Close);
        assert_eq!(grade(11.0, 1.0, Better::Lower), Grade::Far);
        assert_eq!(grade(0.95, 0.9, Better::Higher), Grade::Sampling);
        assert_eq!(grade(0.5, 0.9, Better::Higher), Grade::Off);
        assert_eq!(grade(0.0, 0.0, Better::Lower), Grade::Sampling);
        assert_eq!(grade(f64::NAN, 1.0, Better::Lower), Grade::Unknown);
    }
}
