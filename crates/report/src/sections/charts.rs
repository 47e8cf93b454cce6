use erewhon_geo::Frame;
use erewhon_utility::{Chart, UtilityReport};

use crate::{
    html::{Section, escape, note, p},
    number::{percent, sig3},
    svg::{Axis, band, c, label, line, steps, tick, value_axis},
};

pub(crate) fn section(report: &UtilityReport, frame: Frame) -> Section {
    if report.charts.is_empty() {
        let body = p("Not available: no distribution was computed.");
        return Section::new("charts", "How people move and call", body);
    }
    let schematic = frame == Frame::Schematic;
    let charts: String = report
        .charts
        .iter()
        .map(|drawn| {
            let mut drawn = drawn.clone();
            if schematic {
                drawn.x_label = drawn.x_label.replace("(km)", "(steps)");
            }
            chart(&drawn)
        })
        .collect();
    let lattice = if schematic {
        note(
            "The cell list gives no positions: distances are steps on a lattice in file order, not km.",
        )
    } else {
        String::new()
    };
    let body = p(
        "The band around the real line is what sampling alone would move it by (two \
                  standard errors). A synthetic line inside the band can't be told from a second \
                  sample of the same people.",
    ) + "<p class=\"key\"><i class=\"real\"></i>real, with sampling error \
           <i class=\"synthetic\"></i>synthetic</p>\n"
        + &lattice
        + &format!("<div class=\"charts\">\n{charts}</div>\n");
    Section::new("charts", "How people move and call", body)
}

const LEFT: f64 = 44.0;
const RIGHT: f64 = 348.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 164.0;

fn chart(chart: &Chart) -> String {
    let chart = &without_empty_start(chart);
    let (title, unit) = (escape(&chart.title), escape(&chart.y_label));
    let head = format!("<figcaption>{title}<small>{unit}</small></figcaption>");
    let bins = chart.real.len().min(chart.synthetic.len());
    let edges = edges(chart);
    if bins == 0 || edges.len() <= bins {
        let reason = "Not available: there was nothing to count.";
        return format!("<figure class=\"chart\">{head}<p class=\"note\">{reason}</p></figure>\n");
    }
    let error = |i: usize| {
        chart
            .real_error
            .get(i)
            .copied()
            .filter(|e| e.is_finite())
            .unwrap_or(0.0)
    };
    let high: Vec<f64> = (0..bins).map(|i| chart.real[i] + 2.0 * error(i)).collect();
    let low: Vec<f64> = (0..bins).map(|i| chart.real[i] - 2.0 * error(i)).collect();
    let most = high
        .iter()
        .chain(&chart.synthetic)
        .copied()
        .fold(0.0, f64::max);
    let y = Axis::new(0.0, most, false, BOTTOM, TOP);
    let x = Axis::new(edges[0], edges[bins], chart.log_x, LEFT, RIGHT);
    let at =
        |axis: &Axis, values: &[f64]| -> Vec<f64> { values.iter().map(|&v| axis.at(v)).collect() };
    let xs = at(&x, &edges[..=bins]);
    let drawing = value_axis(&y, LEFT, RIGHT, percent)
        + &x_axis(&x, chart)
        + &format!(
            "<path class=\"band\" d=\"{}\"/>",
            band(&xs, &at(&y, &low), &at(&y, &high))
        )
        + &format!(
            "<path class=\"real\" d=\"{}\"/>",
            steps(&xs, &at(&y, &chart.real[..bins]))
        )
        + &format!(
            "<path class=\"synthetic\" d=\"{}\"/>",
            steps(&xs, &at(&y, &chart.synthetic[..bins]))
        )
        + &tips(chart, &xs, error);
    format!(
        "<figure class=\"chart\">{head}\n<svg viewBox=\"0 0 360 204\" role=\"img\" \
         aria-label=\"{title}: share by {}, real and synthetic\">{drawing}</svg></figure>\n",
        escape(&chart.x_label)
    )
}

/// A logarithmic axis would give an empty first bin the room of a full one.
fn without_empty_start(chart: &Chart) -> Chart {
    let mut chart = chart.clone();
    let empty = chart.real.first() == Some(&0.0) && chart.synthetic.first() == Some(&0.0);
    if chart.log_x && empty && chart.bin_edges.len() > 3 {
        chart.bin_edges.remove(0);
        for shares in [&mut chart.real, &mut chart.synthetic, &mut chart.real_error] {
            if !shares.is_empty() {
                shares.remove(0);
            }
        }
    }
    chart
}

/// Bin edges that can be drawn: an open end, or a zero on a logarithmic axis, becomes a bin as wide
/// as its neighbour.
fn edges(chart: &Chart) -> Vec<f64> {
    let mut e = chart.bin_edges.clone();
    let n = e.len();
    if n >= 3 && !e[n - 1].is_finite() {
        e[n - 1] = if chart.log_x {
            e[n - 2] * e[n - 2] / e[n - 3].max(e[n - 2] / 10.0)
        } else {
            2.0 * e[n - 2] - e[n - 3]
        };
    }
    if chart.log_x && n >= 3 && e[0] <= 0.0 {
        e[0] = e[1] * (e[1] / e[2]).max(0.1);
    }
    if e.iter()
        .any(|v| !v.is_finite() || (chart.log_x && *v <= 0.0))
    {
        e.clear();
    }
    e
}

fn x_axis(x: &Axis, chart: &Chart) -> String {
    let week = chart.id.contains("week") && chart.bin_edges.last() == Some(&168.0);
    let marks: Vec<(f64, String)> = if week {
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        (0..7)
            .map(|d| (f64::from(d) * 24.0, days[d as usize].to_owned()))
            .collect()
    } else {
        x.ticks().into_iter().map(|v| (v, tick(v))).collect()
    };
    let ticks: String = marks
        .iter()
        .map(|(v, name)| {
            let at = x.at(*v);
            let middle = if week { x.at(v + 12.0) } else { at };
            line("tick", (at, BOTTOM), (at, BOTTOM + 4.0))
                + &label(middle, BOTTOM + 16.0, "middle", name)
        })
        .collect();
    let title = label(
        (LEFT + RIGHT) / 2.0,
        BOTTOM + 35.0,
        "middle",
        &chart.x_label,
    );
    line("axis", (LEFT, BOTTOM), (RIGHT, BOTTOM)) + &ticks + &title
}

/// Invisible columns that tell a bin's numbers on hover or tap.
fn tips(chart: &Chart, xs: &[f64], error: impl Fn(usize) -> f64) -> String {
    let column = |(i, span): (usize, &[f64])| {
        let tip = format!(
            "{} to {}: real {} ± {}, synthetic {}",
            sig3(chart.bin_edges[i]),
            edge_name(chart.bin_edges[i + 1]),
            percent(chart.real[i]),
            percent(2.0 * error(i)),
            percent(chart.synthetic[i])
        );
        format!(
            "<rect class=\"hit\" x=\"{}\" y=\"{TOP}\" width=\"{}\" height=\"{}\" data-tip=\"{tip}\"/>",
            c(span[0]),
            c(span[1] - span[0]),
            BOTTOM - TOP
        )
    };
    xs.windows(2).enumerate().map(column).collect()
}

fn edge_name(edge: f64) -> String {
    if edge.is_finite() {
        sig3(edge)
    } else {
        "more".to_owned()
    }
}
