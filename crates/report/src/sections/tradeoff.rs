use erewhon_risk::{Attack, AttackRow, ReleaseKind, RiskReport};

use crate::{
    Usefulness,
    html::{escape, note, num, p, table, text},
    number::{percent, sig3},
    svg::{Axis, c, label, line, tick, value_axis},
};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 52.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = HEIGHT - 44.0;
/// Room for names to the right of the last point.
const RIGHT: f64 = WIDTH - 150.0;

/// Risk against utility: a point a release, and a table for whoever would rather read.
pub(crate) fn tradeoff(risk: &RiskReport, useful: &[Usefulness]) -> String {
    let points: Vec<Point<'_>> = useful.iter().map(|of| Point::of(risk, of)).collect();
    let rows = points.iter().map(|point| {
        [
            text(point.name),
            num(point
                .error_km
                .map_or("–".to_owned(), |km| format!("{} km", sig3(km)))),
            num(point
                .risk
                .map_or("–".to_owned(), |(_, value, _)| percent(value))),
            text(point.attack),
        ]
    });
    p(
        "Down and left is better: the closer the hourly presence to the real one, and the less the strongest \
       attack wins. The line through a point is the 95 % interval of that attack.",
    ) + &drawing(&points)
        + &table(
            "Risk against utility",
            &["Release", "Presence off by#", "Strongest attack#", "Which"],
            rows.collect(),
        )
        + &note(
            "Strongest is the row about people with the highest lower end; shown is its excess over the \
             control group, or without one its success. Rows whose control group is hit in over nine of ten \
             tries say little and are left out. The error of presence is the mean hourly earth \
             mover's distance. What has no records, as tables, has no such error.",
        )
}

/// One release: how far off it is, and what the clearest row against it reached (low, estimate, high).
struct Point<'a> {
    name: &'a str,
    error_km: Option<f64>,
    risk: Option<(f64, f64, f64)>,
    attack: &'a str,
    kind: Option<ReleaseKind>,
}

impl<'a> Point<'a> {
    fn of(risk: &'a RiskReport, useful: &'a Usefulness) -> Self {
        let attacks = risk
            .attacks
            .iter()
            .filter(|attack| attack.release == useful.release);
        let rows = attacks.flat_map(|attack| attack.rows.iter().map(move |row| (attack, row)));
        let clearest: Option<(&Attack, &AttackRow)> = rows
            .filter(|(attack, row)| tells_of_people(attack, row))
            .max_by(|a, b| reached(a.1).0.total_cmp(&reached(b.1).0));
        Self {
            name: &useful.release,
            error_km: useful.presence_error_km,
            risk: clearest.map(|(_, row)| reached(row)),
            attack: clearest.map_or("", |(attack, _)| &attack.title),
            kind: clearest.map(|(attack, _)| attack.kind),
        }
    }
}

/// Whether a row says how much people are hit by this release: rates of places or counts do not, nor
/// does a row whose control group is hit as a matter of course.
fn tells_of_people(attack: &Attack, row: &AttackRow) -> bool {
    let of_people = !["differencing", "sensitive_places"].contains(&&*attack.id);
    of_people && (row.excess.is_some() || row.control.is_none())
}

/// Low, estimate, high: the excess, or without a control group the success.
fn reached(row: &AttackRow) -> (f64, f64, f64) {
    let members = &row.members;
    row.excess
        .map_or((members.low, members.share(), members.high), |excess| {
            (excess.low, excess.value, excess.high)
        })
}

fn drawing(points: &[Point<'_>]) -> String {
    let errors = points.iter().filter_map(|point| point.error_km);
    let most = errors.fold(0.0, f64::max);
    let x = Axis::new(0.0, most * 1.05, false, LEFT, RIGHT);
    let y = Axis::new(0.0, 1.0, false, BOTTOM, TOP);
    let ticks: String = x
        .ticks()
        .into_iter()
        .map(|km| label(x.at(km), BOTTOM + 16.0, "middle", &tick(km)))
        .collect();
    let axes = value_axis(&y, LEFT, RIGHT, percent)
        + &ticks
        + &label(
            (LEFT + RIGHT) / 2.0,
            BOTTOM + 34.0,
            "middle",
            "presence off by (km)",
        );
    let mut taken: Vec<f64> = Vec::new();
    let dots: String = points
        .iter()
        .filter_map(|point| {
            let ((low, value, high), km) = (point.risk?, point.error_km?);
            let (at_x, at_y) = (x.at(km), y.at(value));
            // Names that would lie on each other are moved apart.
            let mut text_y = at_y + 4.0;
            while taken.iter().any(|other| (other - text_y).abs() < 12.0) {
                text_y -= 12.0;
            }
            taken.push(text_y);
            let class = match point.kind {
                Some(ReleaseKind::Records) => "synthetic",
                _ => "real",
            };
            Some(
                line(
                    &format!("range {class}"),
                    (at_x, y.at(low)),
                    (at_x, y.at(high)),
                ) + &format!(
                    "<circle class=\"dot {class}\" cx=\"{}\" cy=\"{}\" r=\"5\"/>",
                    c(at_x),
                    c(at_y)
                ) + &label(at_x + 9.0, text_y, "start", point.name),
            )
        })
        .collect();
    let name = escape("Risk against utility, a point a release");
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{name}\">{axes}{dots}</svg>\n\
         <p class=\"key\"><i class=\"synthetic\"></i>a row for each person \
         <i class=\"real\"></i>synthetic records, tables</p>\n"
    )
}
