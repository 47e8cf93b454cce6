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
const TOP: f64 = 20.0;
const BOTTOM: f64 = HEIGHT - 44.0;
/// Room for names to the right of the last point.
const RIGHT: f64 = WIDTH - 150.0;
/// Height of a name, and about the width of one of its letters.
const LINE: f64 = 13.0;
const LETTER: f64 = 7.0;
const RADIUS: f64 = 5.0;

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
    let placed = |point: &Point<'_>| Some((x.at(point.error_km?), y.at(point.risk?.1)));
    let dots: Vec<(f64, f64)> = points.iter().filter_map(placed).collect();
    let mut taken: Vec<Room> = dots.iter().copied().map(Room::around).collect();
    let drawn: String = points
        .iter()
        .filter_map(|point| {
            let ((low, _, high), at) = (point.risk?, placed(point)?);
            let class = match point.kind {
                Some(ReleaseKind::Records) => "real",
                _ => "synthetic",
            };
            let (name, leader) = name(point.name, at, &mut taken);
            let range = line(
                &format!("range {class}"),
                (at.0, y.at(low)),
                (at.0, y.at(high)),
            );
            let (cx, cy) = (c(at.0), c(at.1));
            Some(format!(
                "{leader}{range}<circle class=\"dot {class}\" cx=\"{cx}\" cy=\"{cy}\" r=\"{RADIUS}\"/>{name}"
            ))
        })
        .collect();
    let name = escape("Risk against utility, a point a release");
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{name}\">{axes}{drawn}</svg>\n\
         <p class=\"key\"><i class=\"real\"></i>a row for each person \
         <i class=\"synthetic\"></i>synthetic records</p>\n"
    )
}

/// What lies on the picture already.
#[derive(Clone, Copy)]
struct Room {
    west: f64,
    north: f64,
    east: f64,
    south: f64,
}

impl Room {
    fn around((x, y): (f64, f64)) -> Self {
        Self {
            west: x - RADIUS,
            north: y - RADIUS,
            east: x + RADIUS,
            south: y + RADIUS,
        }
    }

    fn meets(&self, other: &Self) -> bool {
        let across = self.west < other.east && other.west < self.east;
        across && self.north < other.south && other.north < self.south
    }
}

/// A point's name beside it, and a line to it where it had to go further off: at the first place, line by line
/// outwards, on which nothing lies.
fn name(name: &str, (x, y): (f64, f64), taken: &mut Vec<Room>) -> (String, String) {
    let wide = name.chars().count() as f64 * LETTER;
    let gap = RADIUS + 4.0;
    let rows = (0..40).flat_map(|n| [f64::from(n), -f64::from(n)]);
    let places = rows.flat_map(|row| [(x + gap, row), (x - gap - wide, row)]);
    let place = |(west, row): (f64, f64)| {
        let middle = y + row * LINE;
        Room {
            west,
            north: middle - LINE / 2.0,
            east: west + wide,
            south: middle + LINE / 2.0,
        }
    };
    let fits = |it: &Room| {
        let inside = it.west >= LEFT && it.east <= WIDTH && it.north >= 0.0 && it.south <= BOTTOM;
        inside && !taken.iter().any(|other| other.meets(it))
    };
    let free = places.map(place).find(fits);
    let it = free.unwrap_or_else(|| place((x + gap, 0.0)));
    taken.push(it);
    let middle = (it.north + it.south) / 2.0;
    let near_x = if it.west > x { it.west } else { it.east };
    let leader = if (middle - y).abs() > LINE {
        line("leader", (x, y), (near_x, middle))
    } else {
        String::new()
    };
    (label(it.west, middle + 4.0, "start", name), leader)
}
