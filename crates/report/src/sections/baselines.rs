use crate::{
    html::{Section, escape, note, num, p, raw, table, text},
    input::Baseline,
    number::maybe,
};

/// What is known of a generator: its place in the table, what it is, whether it is private.
struct Known {
    name: &'static str,
    what: &'static str,
    private: &'static str,
}

/// In the order of the literature, from the plainest to this release.
const KNOWN: [Known; 6] = [
    Known {
        name: "RWP",
        what: "Random waypoint: straight lines between points drawn evenly from the region, with \
               rests (Johnson and Maltz 1996). Knows no place of anybody.",
        private: "no",
    },
    Known {
        name: "WRWP",
        what: "Weighted random waypoint: straight lines between cells drawn by how many people \
               are there.",
        private: "no",
    },
    Known {
        name: "WHERE2",
        what: "Home and work: everybody has two places, drawn from exact tables of homes, \
               workplaces and the distance between them, and is at one of them by the hour \
               (Isaacman and others 2012).",
        private: "no",
    },
    Known {
        name: "WHERE3",
        what: "WHERE2 with a third place for each person.",
        private: "no",
    },
    Known {
        name: "routine",
        what: "Home, work, what is near them, and places elsewhere, with moves between them by part \
               of the day. This release's model without privacy.",
        private: "no",
    },
    Known {
        name: "release",
        what: "Routines on tables with noise: this release.",
        private: "yes",
    },
];

pub(crate) fn section(baselines: &[Baseline]) -> Section {
    let title = "Baselines";
    if baselines.is_empty() {
        let body = p("Not available: the baselines were not run.");
        return Section::new("baselines", title, body);
    }
    let known = |b: &Baseline| KNOWN.iter().position(|known| known.name == b.name);
    let mut sorted: Vec<&Baseline> = baselines.iter().collect();
    sorted.sort_by_key(|b| known(b).unwrap_or(KNOWN.len()));
    let rows = sorted.into_iter().map(|b| {
        let known = known(b).and_then(|at| KNOWN.get(at));
        let name = escape(&b.name);
        let name = known.map_or_else(
            || name.clone(),
            |k| {
                format!(
                    "<details><summary>{name}</summary><p>{}</p></details>",
                    escape(k.what)
                )
            },
        );
        [
            raw(name),
            num(maybe(b.hourly_emd_km, "km")),
            num(maybe(b.daily_range_error_km, "km")),
            text(known.map_or("", |k| k.private)),
        ]
    });
    let body = p(
        "Two of the measures on the mobility models that the literature compares with. Smaller is \
         better. Open a name for what it is.",
    ) + &table(
        "Against the baselines of the field",
        &[
            "Model",
            "Presence, hour by hour#",
            "Daily range, worst of 3#",
            "Private",
        ],
        rows.collect(),
    ) + &note(
        "Only `release` is differentially private and may leave. The others are drawn from exact \
         tables of these records and stay inside; they differ from one another in movement alone.",
    );
    Section::new("baselines", title, body)
}
