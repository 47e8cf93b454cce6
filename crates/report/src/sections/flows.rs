use erewhon_utility::Flow;

use crate::{
    html::{Section, banner, escape, num, p, table, text},
    input::InternalPage,
    map::{Map, geometry},
    number::percent,
    svg::{c, label},
};

/// How many flows are drawn and listed.
const FLOWS: usize = 30;

pub(crate) fn section(input: &InternalPage<'_>) -> Section {
    let all = &input.utility.flows;
    if all.is_empty() {
        let body = p("Not available: no subscriber has both a home and a work anchor.");
        return Section::new("flows", "From home to work", body);
    }
    let zones = &input.utility.flow_zones_m;
    // Most people stay in their zone; drawn to scale they would hide those who don't.
    let within = |pick: fn(&Flow) -> f64| {
        let stay = all.iter().filter(|f| f.home_zone == f.work_zone);
        percent(stay.map(pick).sum())
    };
    let crossing = all.iter().filter(|f| f.home_zone != f.work_zone);
    let flows: &[Flow] = &crossing.take(FLOWS).cloned().collect::<Vec<_>>();
    let lead = p(&format!(
        "Shares of all people who have both a home and a work anchor. {} of them live and work in \
         one zone (synthetic: {}). The lines are the largest real flows between zones; a line bends \
         to the right of its way to work. Numbers name zones; where they would cover one another, \
         the larger flow has them.",
        within(|f| f.real),
        within(|f| f.synthetic)
    ));
    let drawn = match geometry(input.cells) {
        Err(reason) => banner("No map.", &reason),
        Ok(_) if flows.is_empty() => p("Nobody lives in one zone and works in another."),
        Ok(map) => {
            let widest = flows
                .iter()
                .flat_map(|f| [f.real, f.synthetic])
                .fold(0.0, f64::max);
            let draw =
                |title, pick: fn(&Flow) -> f64| drawing(&map, zones, flows, title, widest, pick);
            let key = format!(
                "<p class=\"note key\"><svg class=\"sample\" aria-hidden=\"true\">\
                 <line class=\"flow\" x1=\"2\" y1=\"8\" x2=\"38\" y2=\"8\" \
                 style=\"stroke-width:7px\"/></svg>widest line: {}</p>\n",
                percent(widest)
            );
            let maps = draw("Real", |f| f.real) + &draw("Synthetic", |f| f.synthetic);
            format!("<div class=\"maps two\">\n{maps}</div>\n{key}")
        }
    };
    Section::new(
        "flows",
        "From home to work",
        lead + &drawn + &listing(flows),
    )
}

fn drawing(
    map: &Map,
    zones: &[(f64, f64)],
    flows: &[Flow],
    title: &str,
    widest: f64,
    pick: fn(&Flow) -> f64,
) -> String {
    let place = |zone: u32| zones.get(zone as usize).map(|&at| map.plane().at(at));
    let dots: String = zones
        .iter()
        .map(|&at| map.plane().at(at))
        .map(|(x, y)| {
            format!(
                "<circle class=\"zone\" cx=\"{}\" cy=\"{}\" r=\"6\"/>",
                c(x),
                c(y)
            )
        })
        .collect();
    let curves: String = flows
        .iter()
        .rev()
        .filter_map(|f| {
            let (a, b) = (place(f.home_zone)?, place(f.work_zone)?);
            let width = pick(f) / widest.max(f64::MIN_POSITIVE) * 7.0;
            let tip = format!(
                "zone {} to {}: real {}, synthetic {}",
                f.home_zone,
                f.work_zone,
                percent(f.real),
                percent(f.synthetic)
            );
            let (dx, dy) = (b.0 - a.0, b.1 - a.1);
            let bend = ((a.0 + b.0) / 2.0 - dy * 0.18, (a.1 + b.1) / 2.0 + dx * 0.18);
            let [x1, y1, x, y, x2, y2] = [a.0, a.1, bend.0, bend.1, b.0, b.1].map(c);
            let d = format!("M{x1} {y1}Q{x} {y} {x2} {y2}");
            (width >= 0.02).then(|| {
                format!(
                    "<path class=\"flow\" d=\"{d}\" style=\"stroke-width:{width:.2}px\" \
                     data-tip=\"{}\"/>",
                    escape(&tip)
                )
            })
        })
        .collect();
    format!(
        "<figure class=\"map\"><figcaption>{title}</figcaption>\n<svg viewBox=\"{}\" role=\"img\" \
         aria-label=\"Home to work flows: {title}; the table below has the numbers\"><use class=\"ground\" href=\"#areas\"/>{curves}{dots}\
         <g class=\"names\">{names}</g>{}</svg></figure>\n",
        map.plane().view_box(),
        map.plane().scale_bar(),
        names = names(flows, place, map.plane().width())
    )
}

/// Zone numbers beside their places, the larger flows' first; one that would cover another number is
/// left out, and the tips still name every flow.
fn names(flows: &[Flow], place: impl Fn(u32) -> Option<(f64, f64)>, width: f64) -> String {
    // Of the map's text: half a digit's width and a line's height, in drawing units.
    const HALF_DIGIT: f64 = 12.0;
    const LINE: f64 = 40.0;
    let mut taken: Vec<(f64, f64, f64)> = Vec::new();
    let mut out = String::new();
    for zone in flows.iter().flat_map(|f| [f.home_zone, f.work_zone]) {
        let Some((x, y)) = place(zone) else { continue };
        let name = zone.to_string();
        let half = HALF_DIGIT * name.len() as f64;
        let middle = (x + 10.0 + half).min(width - half);
        let clear = |&(at, line, other): &(f64, f64, f64)| {
            (middle - at).abs() > half + other + HALF_DIGIT || (y - line).abs() > LINE
        };
        if taken.iter().all(clear) {
            taken.push((middle, y, half));
            out += &label(middle, y - 10.0, "middle", &name);
        }
    }
    out
}

fn listing(flows: &[Flow]) -> String {
    if flows.is_empty() {
        return String::new();
    }
    let rows = flows.iter().map(|f| {
        // Adding zero turns a rounded -0.0 into 0.0.
        let points = ((f.synthetic - f.real) * 1e4).round() / 100.0 + 0.0;
        [
            text(&format!("zone {}", f.home_zone)),
            text(&format!("zone {}", f.work_zone)),
            num(percent(f.real)),
            num(percent(f.synthetic)),
            num(format!("{points:+.2}").replace('-', "−")),
        ]
    });
    let caption = format!("The {} largest real flows between zones", flows.len());
    let headings = ["Home", "Work", "Real#", "Synthetic#", "Difference, points#"];
    format!(
        "<details><summary>{caption} in numbers</summary>\n{}</details>\n",
        table(&caption, &headings, rows.collect())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_clear_of_each_other_and_of_the_edge() {
        let flow = |home_zone, work_zone| Flow {
            home_zone,
            work_zone,
            real: 0.1,
            synthetic: 0.1,
        };
        let at = |zone| match zone {
            7 => Some((500.0, 500.0)),
            8 => Some((520.0, 510.0)),
            9 => Some((998.0, 500.0)),
            _ => None,
        };
        let names = names(&[flow(7, 8), flow(9, 3)], at, 1000.0);
        assert!(
            names.contains(">7<") && names.contains("x=\"988\""),
            "{names}"
        );
        assert!(!names.contains(">8<") && !names.contains(">3<"), "{names}");
    }
}
