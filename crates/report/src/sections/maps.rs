use crate::{
    html::{Section, banner, escape, note, num, p, raw, table},
    input::{InternalPage, MAP_LEAST_ZONES},
    map::{Layer, geometry},
    number::percent,
};

pub(crate) fn section(input: &InternalPage<'_>) -> Section {
    let presence = &input.utility.presence;
    let busiest = busiest(input);
    let layers = [
        Layer {
            title: "Real",
            by_hour: &presence.real,
            zones: None,
        },
        Layer {
            title: "Synthetic",
            by_hour: &presence.synthetic,
            zones: None,
        },
    ];
    let body = match geometry(input.cells) {
        Err(reason) => banner("No map.", &reason),
        Ok(map) if input.resolved_home_zones < MAP_LEAST_ZONES => {
            too_few(input.resolved_home_zones)
                + "<details><summary>Show the maps anyway; the synthetic side follows the cell \
                   list, not the people</summary>\n"
                + map.shapes()
                + &map.set(&layers, true)
                + "</details>\n"
        }
        Ok(map) => {
            p(
                "Share of all people present in each cell's area per square kilometre, hour by hour. \
               The maps share one colour scale; each step of it is the same ratio.",
            ) + map.shapes()
                + &map.set(&layers, true)
                + &note(&detail(input.resolved_home_zones))
        }
    };
    Section::new("maps", "Where people are", body + &busiest)
}

/// Why there is no confident map.
pub(crate) fn too_few(zones: u32) -> String {
    let zones = match zones {
        0 | 1 => "the whole area as one zone only".to_owned(),
        n => format!("only {n} zones"),
    };
    banner(
        "Too few people for a map.",
        &format!(
            "At this number of subscribers and this privacy budget the home map resolves {zones}; \
             anything finer would be noise or follow the public cell list."
        ),
    )
}

/// What a map's fine print may be trusted for.
fn detail(zones: u32) -> String {
    format!(
        "The model tells about {zones} home zones apart. Finer differences between neighbouring \
         cells on the synthetic map come from the public cell list, not from people. {EDGES}"
    )
}

/// What the borders on a map mean.
pub(crate) const EDGES: &str = "An area ends half way to the next site, or at the edge of the box: \
    it is a convention, not coverage.";

fn busiest(input: &InternalPage<'_>) -> String {
    let mean = |by_hour: &[Vec<f64>], cell: usize| {
        let total: f64 = by_hour.iter().filter_map(|h| h.get(cell)).sum();
        total / by_hour.len().max(1) as f64
    };
    let presence = &input.utility.presence;
    let mut cells: Vec<(f64, f64, &str)> = input
        .cells
        .cells()
        .iter()
        .enumerate()
        .map(|(i, cell)| {
            (
                mean(&presence.real, i),
                mean(&presence.synthetic, i),
                cell.id.as_str(),
            )
        })
        .collect();
    cells.sort_by(|a, b| b.0.total_cmp(&a.0));
    let rows = cells
        .iter()
        .take(20)
        .map(|(real, synthetic, id)| {
            let id = raw(format!("<code>{}</code>", escape(id)));
            [id, num(percent(*real)), num(percent(*synthetic))]
        })
        .collect();
    format!(
        "<details><summary>The busiest cells in numbers</summary>\n{}</details>\n",
        table(
            "Busiest cells: share of presence, mean over the hours of the day",
            &["Cell", "Real#", "Synthetic#"],
            rows
        )
    )
}
