use crate::number::{percent, sig3};

/// Decades below the densest area that the colours tell apart.
const DECADES: f64 = 3.0;

/// One colour scale for every map and hour of a set. The page's script follows it by the hour.
pub(crate) struct Shade {
    /// Share of people per km² in the densest area of all.
    pub(crate) most_per_km2: f64,
    /// Largest change of an area's share from the first layer to the second.
    pub(crate) most_change: f64,
}

impl Shade {
    /// Over shares by layer, hour and area.
    pub(crate) fn of(layers: &[Vec<Vec<f64>>], areas_km2: &[f64]) -> Self {
        let hours = layers.iter().flatten();
        let densities = hours.flat_map(|shares| shares.iter().zip(areas_km2).map(|(s, a)| s / a));
        let most_per_km2 = densities.fold(f64::MIN_POSITIVE, f64::max);
        let most_change = match layers {
            [first, second, ..] => first
                .iter()
                .flatten()
                .zip(second.iter().flatten())
                .map(|(a, b)| (b - a).abs())
                .fold(0.0, f64::max),
            _ => 0.0,
        };
        Self {
            most_per_km2,
            most_change,
        }
    }

    /// Style of an area by its density: equal steps are equal ratios; nobody is no colour.
    pub(crate) fn density(&self, per_km2: f64) -> String {
        if per_km2 <= 0.0 {
            return "fill:var(--none)".to_owned();
        }
        let level = 1.0 + (per_km2 / self.most_per_km2).log10() / DECADES;
        format!("--t:{:.3}", level.max(0.0))
    }

    /// Style of an area by its change, 0 where nothing changes at all.
    pub(crate) fn change(&self, by: f64) -> String {
        let part = (by.abs() / self.most_change.max(f64::MIN_POSITIVE)).sqrt();
        format!("--t:{:.3}", part.copysign(by))
    }

    pub(crate) fn density_legend(&self) -> String {
        let ends = [0.001, 0.032, 1.0].map(|part| percent(self.most_per_km2 * part));
        let [low, middle, high] = ends;
        let ends = [format!("≤ {low}"), middle, high];
        legend("", 0, &ends, "share of people per km²; grey: nobody")
    }

    pub(crate) fn change_legend(&self) -> String {
        let most = sig3(self.most_change * 100.0);
        let ends = [
            format!("−{most} points"),
            "same".to_owned(),
            format!("+{most} points"),
        ];
        legend(" difference", -12, &ends, "share of people in an area")
    }
}

fn legend(class: &str, first: i32, ends: &[String; 3], unit: &str) -> String {
    let steps: String = (first..=12)
        .map(|k| format!("<i style=\"--t:{:.3}\"></i>", f64::from(k) / 12.0))
        .collect();
    let ends: String = ends.iter().map(|e| format!("<span>{e}</span>")).collect();
    format!(
        "<div class=\"legend{class}\"><div class=\"ramp\" aria-hidden=\"true\">{steps}</div>\
         <div class=\"ends\">{ends}</div><div>{unit}</div></div>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_densest_area_has_the_last_colour_and_three_decades_below_the_first() {
        let shade = Shade::of(&[vec![vec![0.5, 0.0]], vec![vec![0.3, 0.2]]], &[2.0, 4.0]);
        assert_eq!(shade.density(0.25), "--t:1.000");
        assert_eq!(shade.density(0.25e-3), "--t:0.000");
        assert_eq!(shade.density(0.25e-6), "--t:0.000");
        assert_eq!(shade.density(0.0), "fill:var(--none)");
        assert_eq!(shade.change(-0.2), "--t:-1.000");
        assert_eq!(shade.change(0.05), "--t:0.500");
        assert_eq!(Shade::of(&[], &[]).change(0.0), "--t:0.000");
    }
}
