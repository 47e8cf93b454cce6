use erewhon_geo::{Frame, ZoneTree};
use erewhon_mobility::Public;
use erewhon_model::{CellShares, PrivacyStatement, QueryStatement};
use erewhon_types::{Guarantee, Loss, PrivacyUnit};

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
        loss: planned.loss,
        noise_sd_people: planned.noise_sd_people,
        noise_95_people: planned.noise_95_people,
    });
    PrivacyStatement {
        unit: PrivacyUnit::SubscriberWholePeriod,
        window: public.calendar.window().clone(),
        guarantee: layout.guarantee,
        queries: queries.collect(),
        subscribers_noisy: subscribers,
        resolution: resolution(public, tree, spec, layout, subscribers, home),
        not_covered: not_covered(spec, layout.guarantee),
    }
}

fn resolution(
    public: &Public<'_>,
    tree: &ZoneTree,
    spec: &FitSpec,
    layout: &Layout,
    subscribers: u64,
    home: &CellShares,
) -> Vec<String> {
    let mut sentences = vec![home_sentence(public, tree, spec, layout, subscribers, home)];
    if spec.places.has_presence() {
        sentences.push(presence_sentence(layout));
    }
    sentences.extend(noise_sentence(spec, layout, subscribers));
    if public.cells.frame() == Frame::Schematic {
        sentences.push(
            "the cell list gives no positions: cells stand on a lattice in file order, and every \
             distance is in lattice steps, not in metres"
                .to_owned(),
        );
    }
    if let Some(n) = spec.control_one_in {
        sentences.push(format!(
            "one subscriber in {n}, chosen by keyed pseudonym, never entered: the queries count \
             the others, and the number of subscribers is scaled up to everybody"
        ));
    }
    sentences
}

/// Short enough to be read to the end.
fn not_covered(spec: &FitSpec, guarantee: Guarantee) -> Vec<String> {
    let which = match spec.persons {
        true => " that the operator's table does not join",
        false => "",
    };
    let several = format!(
        "Several numbers of one person{which}: each counts as a subscriber, so k numbers cost \
         {}.",
        guarantee.of_several()
    );
    let others = match guarantee.loss() {
        Loss::Epsilon(_) => {
            "Other releases about the same people: each adds its own epsilon, and the budget ledger \
             holds the sum."
        }
        Loss::Rho(_) => {
            "Other releases about the same people: each adds its own rho, and the budget ledger holds \
             the sum."
        }
    };
    [
        "Being the other party in somebody else's records: who that was is never read, but the \
         call or message counts for the subscriber it was recorded for.",
        several.as_str(),
        "What is true of many: the guarantee hides what one subscriber adds, not a pattern that \
         would show without them.",
        others,
        "What was declared and not measured: window, cells, kinds of event, anchor rule, bins, \
         control group, and how often each of somebody's places elsewhere is chosen. Whoever declares \
         them from the records tells what those show.",
        "Durations and byte counts of synthetic records are drawn from a declared prior, and the \
         other party and what a top-up bought are left empty: they say nothing about these records.",
        "Whether there is a release at all: a load that fails its checks, or a person who decides \
         after looking at the records, ends without one.",
        "How long the run took and how much it read: neither is in the release, but whoever can \
         watch the machine learns it.",
    ]
    .map(str::to_owned)
    .to_vec()
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
        "at about {} {} and {}",
        thousands(two_digits(subscribers)),
        counted(subscribers, "subscriber", "subscribers"),
        layout.guarantee
    );
    let found = match zones {
        _ if zones == cells => return format!("{here} the home map resolves all {cells} cells"),
        0 | 1 => format!("{here} the home map shows nothing: no zone stands clear of the noise"),
        _ => format!("{here} the home map resolves {zones} zones of {cells} cells"),
    };
    let sd = layout.query(Step::Home).map_or(0.0, |q| q.noise_sd_people);
    let larger = LARGER.into_iter().find(|n| *n >= 2.0 * subscribers as f64);
    let Some(everybody) = larger else {
        return found;
    };
    let then = resolved_at(tree, &home.share, sd, everybody * spec.members_share());
    let about = two_digits(then as u64);
    let then = match then {
        _ if then == cells => format!("all {cells}"),
        _ if about as usize <= zones => "hardly more".to_owned(),
        _ => format!("up to about {}", thousands(about)),
    };
    let everybody = thousands(everybody as u64);
    format!("{found}; {everybody} could resolve {then}")
}

fn presence_sentence(layout: &Layout) -> String {
    let zones = layout.presence.zones();
    match zones {
        1 => "where people are by time of day is not told apart inside the region".to_owned(),
        _ => format!("where people are by time of day is measured in {zones} zones"),
    }
}

/// Names the tables of which an entry is on average less than its noise, if there are any.
fn noise_sentence(spec: &FitSpec, layout: &Layout, subscribers: u64) -> Option<String> {
    let members = subscribers as f64 * spec.members_share();
    let drowned = layout.planned.iter().filter(|(step, planned)| {
        let query = &planned.query;
        let mean = members * step.people() / query.entries() as f64;
        *step != Step::Subscribers && mean < planned.noise_sd_people
    });
    let drowned: Vec<_> = drowned.collect();
    let names: Vec<&str> = drowned.iter().map(|(_, q)| q.query.name()).collect();
    (!names.is_empty()).then(|| {
        format!(
            "more noise than people in an average entry: {}; what synthetic records show \
             there{}, is mostly chance",
            names.join(", "),
            shown(drowned.iter().map(|(step, _)| *step))
        )
    })
}

/// What everybody looks at first, of what comes from these tables.
fn shown(steps: impl Iterator<Item = Step>) -> String {
    let (mut hours, mut numbers, mut kinds) = (None, None, None);
    for step in steps {
        match step {
            Step::ClassRound(_) => hours = Some("hours"),
            Step::Activity => numbers = Some("numbers"),
            Step::Kinds => kinds = Some("kinds"),
            _ => {}
        }
    }
    let words: Vec<&str> = [hours, numbers, kinds].into_iter().flatten().collect();
    match words.as_slice() {
        [] => String::new(),
        [one] => format!(", the {one} of events among it"),
        [more @ .., last] => format!(", the {} and {last} of events among it", more.join(", ")),
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
    fn what_is_chance_is_named_by_what_drowned() {
        use Step::{Activity, ClassRound, Kinds, Moves};
        let say = |steps: &[Step]| shown(steps.iter().copied());
        assert_eq!(say(&[Moves]), "");
        assert_eq!(say(&[Kinds, Moves]), ", the kinds of events among it");
        let all = [Activity, ClassRound(1), ClassRound(2), Kinds];
        let words = ", the hours, numbers and kinds of events among it";
        assert_eq!(say(&all), words);
    }

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
