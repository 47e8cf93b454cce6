use super::{
    maps::{EDGES, too_few},
    privacy::{factor, symbols},
};
use crate::{
    html::{Section, banner, figure, note, p},
    input::{MAP_LEAST_ZONES, ReleasePage},
    map::{Layer, geometry},
    number::count,
};

pub(crate) fn about(input: &ReleasePage<'_>) -> Section {
    let s = input.statement;
    let body = p(
        "These are invented people who move and call like real ones. A model was fitted to \
                  a mobile operator's records under differential privacy, and the synthetic records \
                  were drawn from the model alone. No row describes a real person, and nothing on \
                  this page was computed from real records except through noise that was paid for.",
    ) + "<dl class=\"figures\">\n"
        + &figure(
            "Privacy",
            &symbols(s.guarantee),
            &format!("odds about anyone shift by {}", factor(s.guarantee)),
            "",
        )
        + &figure(
            "Subscribers",
            &format!("about {}", count(s.subscribers_noisy)),
            "noisy",
            "",
        )
        + &figure(
            "Window",
            &format!("{} days", s.window.days),
            &s.window.time_zone,
            "",
        )
        + &figure(
            "Home map",
            &zones(input.resolved_home_zones),
            "told apart through the noise",
            "",
        )
        + "</dl>\n";
    Section::new("about", "What this is", body)
}

fn zones(n: u32) -> String {
    if n == 1 {
        "1 zone".to_owned()
    } else {
        format!("{n} zones")
    }
}

pub(crate) fn maps(input: &ReleasePage<'_>) -> Section {
    let title = "Where synthetic people are";
    let map = match geometry(input.cells) {
        _ if input.resolved_home_zones < MAP_LEAST_ZONES => {
            return Section::new("maps", title, too_few(input.resolved_home_zones));
        }
        Err(reason) => return Section::new("maps", title, banner("No map.", &reason)),
        Ok(map) => map,
    };
    let home = [input.home_share.to_vec()];
    let home = Layer {
        title: "Homes",
        by_hour: &home,
        zones: Some(input.home_zone_of_cell),
    };
    let presence = Layer {
        title: "Presence by hour",
        by_hour: input.presence,
        zones: Some(input.home_zone_of_cell),
    };
    let body = p(
        "Share of all synthetic people per square kilometre; each step of the colour scale \
                  is the same ratio. Neighbouring areas that were measured as one zone have one \
                  colour.",
    ) + map.shapes()
        + "<div class=\"pair\">\n"
        + &map.set(&[home], false)
        + &map.set(&[presence], false)
        + "</div>\n"
        + &note(&format!(
            "The model tells about {} home zones apart. {EDGES}",
            input.resolved_home_zones
        ));
    Section::new("maps", title, body)
}

pub(crate) fn verify() -> Section {
    let body = p(
        "Anyone who has the release can check that its files are the ones that were requested \
                  and approved with two keys, that the charges of the queries add up to the total \
                  above, and that the model carries this statement. It needs no network and no \
                  access to records:",
    ) + "<pre class=\"scroll\" tabindex=\"0\"><code>erewhon release verify DIR --trust \
           requester.key.pub approver.key.pub</code></pre>\n"
        + &note(
            "DIR is the directory that holds this page. Get the two public keys from the people \
             who signed, not with the release.",
        );
    Section::new("verify", "How to verify it", body)
}
