use erewhon_geo::ZoneTree;
use erewhon_mobility::Public;
use erewhon_model::{CellShares, PrivacyStatement, QueryStatement};
use erewhon_types::PrivacyUnit;

use crate::{
    FitSpec,
    plan::{Layout, Step},
    zones::resolved_at,
};

/// Populations to compare with: the first that is at least twice the noisy count.
const LARGER: [f64; 4] = [20_000.0, 200_000.0, 2_000_000.0, 20_000_000.0];

/// The privacy statement of a fit, from public knowledge and noisy values alone.
pub(crate) fn write(
    public: &Public<'_>,
    tree: &ZoneTree,
    spec: &FitSpec,
    layout: &Layout,
    subscribers: u64,
    home: &CellShares,
) -> PrivacyStatement {
    let queries = layout.planned.iter().map(|(_, planned)| QueryStatement {
        name: planned.query.name().to_owned(),
        contribution: planned.contribution.to_owned(),
        entries: planned.query.entries() as u64,
        sensitivity_people: planned.query.sensitivity_people(),
        epsilon: planned.epsilon,
        noise_sd_people: planned.noise_sd_people,
    });
    PrivacyStatement {
        unit: PrivacyUnit::SubscriberWholePeriod,
        window: public.calendar.window().clone(),
        epsilon: spec.epsilon,
        queries: queries.collect(),
        subscribers_noisy: subscribers,
        resolution: vec![
            home_sentence(public, tree, spec, layout, subscribers, home),
            presence_sentence(layout),
        ],
        not_covered: [
            "That a subscriber appears as the other party in somebody else's records: peers are \
             not read, but the other subscriber's own events are.",
            "A person with k numbers: each number is a subscriber of its own, so all of them \
             together are protected at k times epsilon.",
            "The choice of window, cells, anchor rule and bins: they are declared, not measured.",
            "Durations and byte counts of synthetic events: they are drawn from a declared prior \
             and say nothing about these records.",
        ]
        .map(str::to_owned)
        .to_vec(),
    }
}

fn home_sentence(
    public: &Public<'_>,
    tree: &ZoneTree,
    spec: &FitSpec,
    layout: &Layout,
    subscribers: u64,
    home: &CellShares,
) -> String {
    let (cells, zones) = (public.cells.len(), home.resolved_zones as usize);
    let here = format!(
        "at about {} {} and epsilon {}",
        thousands(two_digits(subscribers)),
        counted(subscribers, "subscriber", "subscribers"),
        spec.epsilon
    );
    let found = match zones {
        _ if zones == cells => return format!("{here} the home map resolves all {cells} cells"),
        0 | 1 => format!("{here} the home map shows nothing: no zone stands clear of the noise"),
        _ => format!("{here} the home map resolves {zones} zones of {cells} cells"),
    };
    let sd = layout.query(Step::Home).map_or(0.0, |q| q.noise_sd_people);
    let larger = LARGER.into_iter().find(|n| *n >= 2.0 * subscribers as f64);
    match larger {
        None => found,
        Some(people) => {
            let then = resolved_at(tree, &home.share, sd, people).max(zones);
            let then = match then {
                _ if then == cells => "all of them".to_owned(),
                1 => "no more than that".to_owned(),
                _ => format!("up to about {then}"),
            };
            format!("{found}; {} could resolve {then}", thousands(people as u64))
        }
    }
}

fn presence_sentence(layout: &Layout) -> String {
    let zones = layout.presence.zones();
    match zones {
        1 => "where people are by time of day is not told apart inside the region".to_owned(),
        _ => format!("where people are by time of day is measured in {zones} zones"),
    }
}

/// Rounded to two digits: more would suggest a sharper number than the noise leaves.
fn two_digits(n: u64) -> u64 {
    let step = 10u64.pow(n.max(1).ilog10().saturating_sub(1));
    n.div_euclid(step) * step + u64::from(n % step * 2 >= step && step > 1) * step
}

fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

const fn counted(n: u64, one: &'static str, many: &'static str) -> &'static str {
    if n == 1 { one } else { many }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_grouped() {
        let say = |n| thousands(two_digits(n));
        assert_eq!(
            [say(1), say(42), say(417), say(415)],
            ["1", "42", "420", "420"]
        );
        assert_eq!([say(19_803), say(1_083)], ["20,000", "1,100"]);
    }
}
