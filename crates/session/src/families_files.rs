use std::{fmt::Write as _, path::Path};

use erewhon_mobility::Definitions;
use erewhon_types::{Error, Guarantee, Loss, PrivacyUnit, Result, Window};
use serde::Serialize;

use crate::{
    families_plan::{FamiliesPlan, NumberStatement, PlannedNumber},
    split::CONTROL_ONE_IN,
    tables::field,
};

/// The privacy statement of a release of families, the file `privacy.json`.
#[derive(Serialize)]
struct Statement<'a> {
    unit: PrivacyUnit,
    window: &'a Window,
    #[serde(flatten)]
    guarantee: Guarantee,
    queries: Vec<NumberStatement>,
    zones: toml::Table,
    definitions: &'a Definitions,
    entered: String,
    bias: &'static str,
    not_covered: Vec<String>,
}

/// What a cap does, for statement and preview.
pub const BIAS: &str = "Of somebody who is in more entries than count, or has more in one, the rest is left \
                        out: the entries that count are drawn by the keyed pseudonym. How much that takes \
                        away can't be known without spending. A higher cap takes less, and has more noise.";

/// What zones are, of a file its name alone: where it lies is nobody's business outside.
pub(crate) fn without_path(zones: &str) -> Result<toml::Table> {
    let mut zones: toml::Table =
        toml::from_str(zones).map_err(|_| Error::internal("the zones of a release are no TOML"))?;
    if let Some(toml::Value::String(file)) = zones.get_mut("zones")
        && let Some(name) = Path::new(&*file).file_name()
    {
        *file = name.to_string_lossy().into_owned();
    }
    Ok(zones)
}

/// What is stated of a release beside its numbers; all of it was declared.
pub(crate) struct Declared<'a> {
    pub(crate) window: &'a Window,
    pub(crate) definitions: &'a Definitions,
    /// As TOML.
    pub(crate) zones: &'a str,
    pub(crate) joins_persons: bool,
}

pub(crate) fn statement(plan: &FamiliesPlan, declared: &Declared<'_>) -> Result<Vec<u8>> {
    let statement = Statement {
        unit: PrivacyUnit::SubscriberWholePeriod,
        window: declared.window,
        guarantee: plan.guarantee,
        queries: plan.statements(),
        zones: without_path(declared.zones)?,
        definitions: declared.definitions,
        entered: format!(
            "one subscriber in {CONTROL_ONE_IN}, chosen by keyed pseudonym, never entered: the numbers \
             are those of the others, and {CONTROL_ONE_IN}/{} of them are everybody's",
            CONTROL_ONE_IN - 1
        ),
        bias: BIAS,
        not_covered: not_covered(plan.guarantee, declared.joins_persons),
    };
    serde_json::to_vec_pretty(&statement)
        .map_err(|_| Error::internal("the privacy statement can't be written as JSON"))
}

/// Short enough to be read to the end.
fn not_covered(guarantee: Guarantee, persons: bool) -> Vec<String> {
    let which = match persons {
        true => " that the operator's table does not join",
        false => "",
    };
    let measure = match guarantee.loss() {
        Loss::Epsilon(_) => "epsilon",
        Loss::Rho(_) => "rho",
    };
    vec![
        "Being the other party in somebody else's records: the call or message counts for the \
         subscriber it was recorded for."
            .to_owned(),
        format!(
            "Several numbers of one person{which}: each counts as a subscriber, so k numbers cost {}.",
            guarantee.of_several()
        ),
        "What is true of many: the guarantee hides what one subscriber adds, not a pattern that would \
         show without them."
            .to_owned(),
        format!(
            "Other releases about the same people: each adds its own {measure}, and the budget ledger \
             holds the sum."
        ),
        "What was declared and not measured: window, cells, zones, definitions, families and caps. \
         Whoever declares them from the records tells what those show."
            .to_owned(),
        "Whether there is a release at all, how long it took and how much it read.".to_owned(),
    ]
}

/// The noisy entries, as the file `families.csv`: a line for each entry that is shown, whose axes are
/// columns; those that its number is not by are empty. `low_95` and `high_95` hold what capped subscribers add
/// up to 95 times in 100.
pub(crate) fn csv(plan: &FamiliesPlan, answers: &[Vec<i64>]) -> String {
    let mut axes: Vec<&str> = Vec::new();
    for (axis, _) in plan.numbers.iter().flat_map(|number| &number.by) {
        if !axes.contains(axis) {
            axes.push(axis);
        }
    }
    let mut text = format!("number,{},value,low_95,high_95\n", axes.join(","));
    for (number, answer) in plan.numbers.iter().zip(answers) {
        lines(number, answer, &axes, &mut text);
    }
    text
}

fn lines(number: &PlannedNumber, answer: &[i64], axes: &[&str], text: &mut String) {
    let sizes: Vec<usize> = number.by.iter().map(|(_, values)| values.len()).collect();
    let places: Vec<Option<usize>> = axes
        .iter()
        .map(|axis| number.by.iter().position(|(name, _)| name == axis))
        .collect();
    let reach = number.statement().measures;
    let shown = |units: i64| number.shown_from.is_none_or(|from| units >= from);
    let mut at = vec![0; sizes.len()];
    for (entry, &units) in (0_u64..).zip(answer) {
        if shown(units) {
            let mut rest = entry as usize;
            for (at, size) in at.iter_mut().zip(&sizes).rev() {
                (*at, rest) = (rest % size, rest / size);
            }
            text.push_str(&number.number.name);
            for place in &places {
                let value = place.and_then(|place| number.by.get(place)?.1.get(*at.get(place)?));
                text.push(',');
                text.push_str(&field(value.map_or("", String::as_str)));
            }
            let value = units as f64 / number.units_of_one(entry);
            let measure = reach.get(entry as usize % reach.len().max(1));
            let reach = measure.map_or(f64::INFINITY, |measure| measure.noise_95);
            for value in [value, value - reach, value + reach] {
                // Writing to a string can't fail. What rounds to nothing has no sign.
                let _ = write!(text, ",{}", (value * 1000.0).round() / 1000.0 + 0.0);
            }
            text.push('\n');
        }
    }
}
