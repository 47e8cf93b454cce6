//! Small drawings. Colours come from CSS classes, sizes from the view box.

use crate::{html::escape, number::sig3};

/// One axis: data to drawing units.
pub(crate) struct Axis {
    low: f64,
    high: f64,
    log: bool,
    from: f64,
    to: f64,
}

impl Axis {
    /// An axis over `low` to `high` (positive when `log`) drawn between two positions.
    pub(crate) fn new(low: f64, high: f64, log: bool, from: f64, to: f64) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        Self {
            low,
            high,
            log,
            from,
            to,
        }
    }

    /// Position of a value, held inside the axis.
    pub(crate) fn at(&self, value: f64) -> f64 {
        let value = value.clamp(self.low, self.high);
        let share = if self.log {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.from + share * (self.to - self.from)
    }

    /// About four to six round values inside the axis.
    pub(crate) fn ticks(&self) -> Vec<f64> {
        if self.log {
            let decades = (self.high / self.low).log10();
            let every = (decades / 5.0).ceil().max(1.0) as i32;
            let (first, last) = (
                self.low.log10().floor() as i32,
                self.high.log10().ceil() as i32,
            );
            let steps: &[f64] = if decades < 2.0 {
                &[1.0, 2.0, 5.0]
            } else {
                &[1.0]
            };
            return (first..=last)
                .filter(|k| k.rem_euclid(every) == 0)
                .flat_map(|k| steps.iter().map(move |s| s * 10f64.powi(k)))
                .filter(|v| (self.low..=self.high).contains(v))
                .collect();
        }
        let step = nice(((self.high - self.low) / 4.0).max(f64::MIN_POSITIVE));
        let first = (self.low / step).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        (first..=last.min(first + 12))
            .map(|k| k as f64 * step)
            .collect()
    }
}

/// The next round number (1, 2 or 5 times a power of ten) that is not smaller.
pub(crate) fn nice(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    let lead = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|m| m * power >= value * 0.999_999);
    lead.unwrap_or(10.0) * power
}

/// A coordinate with one decimal.
pub(crate) fn c(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0")
        .map_or_else(|| text.clone(), str::to_owned)
}

/// Text at a place; `anchor` is start, middle or end.
pub(crate) fn label(x: f64, y: f64, anchor: &str, content: &str) -> String {
    let (x, y, content) = (c(x), c(y), escape(content));
    format!("<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{content}</text>")
}

/// A straight line of a class.
pub(crate) fn line(class: &str, a: (f64, f64), b: (f64, f64)) -> String {
    let (x1, y1, x2, y2) = (c(a.0), c(a.1), c(b.0), c(b.1));
    format!("<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>")
}

/// A step line over bins: `x` has one more entry than `y`.
pub(crate) fn steps(x: &[f64], y: &[f64]) -> String {
    let mut path = String::new();
    for (i, (span, &level)) in x.windows(2).zip(y).enumerate() {
        let verb = if i == 0 { 'M' } else { 'L' };
        path += &format!("{verb}{} {}H{}", c(span[0]), c(level), c(span[1]));
    }
    path
}

/// The area between two step lines.
pub(crate) fn band(x: &[f64], low: &[f64], high: &[f64]) -> String {
    let mut path = steps(x, high);
    for (span, &level) in x.windows(2).zip(low).rev() {
        path += &format!("L{} {}H{}", c(span[1]), c(level), c(span[0]));
    }
    path + "Z"
}

/// Frame and grid of a chart: horizontal lines with labels, axis titles.
pub(crate) fn value_axis(
    axis: &Axis,
    left: f64,
    right: f64,
    show: impl Fn(f64) -> String,
) -> String {
    axis.ticks()
        .into_iter()
        .map(|v| {
            let y = axis.at(v);
            line("grid", (left, y), (right, y)) + &label(left - 5.0, y + 3.5, "end", &show(v))
        })
        .collect()
}

/// Tick label of a plain number.
pub(crate) fn tick(value: f64) -> String {
    if value.abs() >= 1e6 {
        format!("{} M", sig3(value / 1e6))
    } else if value.abs() >= 1e4 {
        format!("{} k", sig3(value / 1e3))
    } else {
        sig3((value * 1e9).round() / 1e9)
    }
}

/// A range as a bar on a scale from 0 to `max`, with its estimate as a dot.
pub(crate) fn range_bar(class: &str, y: f64, low: f64, mid: f64, high: f64, max: f64) -> String {
    let at = |v: f64| format!("{:.2}%", (v / max).clamp(0.0, 1.0) * 96.0 + 2.0);
    format!(
        "<line class=\"range {class}\" x1=\"{}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\"/>\
         <circle class=\"dot {class}\" cx=\"{}\" cy=\"{y}\" r=\"3.5\"/>",
        at(low),
        at(high),
        at(mid)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(
            Axis::new(0.0, 10.0, false, 0.0, 1.0).ticks(),
            [0.0, 5.0, 10.0]
        );
        assert_eq!(
            Axis::new(0.1, 100.0, true, 0.0, 1.0).ticks(),
            [0.1, 1.0, 10.0, 100.0]
        );
        assert!(Axis::new(0.0, 0.0, false, 0.0, 1.0).at(0.0).is_finite());
    }

    #[test]
    fn a_band_closes_around_its_bins() {
        assert_eq!(steps(&[0.0, 1.0, 2.0], &[5.0, 6.0]), "M0 5H1L1 6H2");
        assert_eq!(band(&[0.0, 1.0], &[5.0], &[4.0]), "M0 4H1L1 5H0Z");
    }
}
