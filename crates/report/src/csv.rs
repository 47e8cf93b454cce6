use erewhon_risk::{Rate, RiskReport};
use erewhon_utility::{Better, UtilityReport};

use crate::verdict::judge;

/// The measures as a table that opens in Excel: UTF-8 with a mark, commas, one row a measure, then one
/// a kind of record that can't be, with its share in the synthetic records as the value.
///
/// Every row says INTERNAL, because the values compare with real data.
pub fn measures_csv(private: &UtilityReport, without_privacy: &UtilityReport) -> String {
    let head = "handling,group,id,title,unit,value,without_privacy,sampling_error,trivial,better,\
                verdict,definition,synthetic_found,synthetic_of,real_found,real_of";
    let judged = judge(private, without_privacy);
    let measures = judged.iter().map(|judged| {
        let m = judged.measure;
        let better = match m.better {
            Better::Lower => "lower",
            Better::Higher => "higher",
        };
        row(&[
            m.group.name(),
            &m.id,
            &m.title,
            &m.unit,
            &number(m.value),
            &number(judged.without_privacy),
            &number(m.sampling_error),
            &number(m.trivial),
            better,
            &judged.verdict.words(&m.unit),
            &m.definition,
            "",
            "",
            "",
            "",
        ])
    });
    let impossible = private.impossible.iter().map(|kind| {
        let without_privacy = without_privacy.impossible.iter().find(|k| k.id == kind.id);
        let counts = [kind.synthetic, kind.real].map(|c| [c.found, c.of].map(|n| n.to_string()));
        row(&[
            "impossible",
            &kind.id,
            &kind.title,
            "share",
            &number(kind.synthetic.share()),
            &number(without_privacy.and_then(|kind| kind.synthetic.share())),
            "",
            "",
            "lower",
            "",
            &kind.definition,
            &counts[0][0],
            &counts[0][1],
            &counts[1][0],
            &counts[1][1],
        ])
    });
    document(head, measures.chain(impossible))
}

/// The attacks as a table that opens in Excel, one row a strength of the attacker.
///
/// Every row says INTERNAL, because the values compare with real data.
pub fn attacks_csv(report: &RiskReport) -> String {
    let head = "handling,attack,title,release,strength,members_hits,members_tries,members_low,\
                members_high,control_hits,control_tries,control_low,control_high,random_guess,\
                excess,excess_low,excess_high,not_applicable,members_people,control_people,chance,\
                above_zero,bound,within_bound";
    let mut rows = Vec::new();
    for a in &report.attacks {
        let names = [&a.id, &a.title, &a.release].map(String::as_str);
        if let Some(reason) = &a.not_applicable {
            let mut fields = names.to_vec();
            fields.extend([""; 13]);
            fields.push(reason);
            fields.extend([""; 6]);
            rows.push(row(&fields));
        }
        for r in &a.rows {
            let excess = r
                .excess
                .map_or([None; 3], |e| [e.value, e.low, e.high].map(Some));
            let numbers: Vec<String> = rate(Some(&r.members))
                .into_iter()
                .chain(rate(r.control.as_ref()))
                .chain([number(Some(r.random_guess))])
                .chain(excess.map(number))
                .collect();
            let judged = [
                r.members.people.to_string(),
                r.control.map_or_else(String::new, |c| c.people.to_string()),
                number(r.chance),
                r.above_zero
                    .map_or_else(String::new, |above| above.to_string()),
                number(r.bound),
                r.within_bound
                    .map_or_else(String::new, |within| within.to_string()),
            ];
            let mut fields = names.to_vec();
            fields.push(&r.label);
            fields.extend(numbers.iter().map(String::as_str));
            fields.push("");
            fields.extend(judged.iter().map(String::as_str));
            rows.push(row(&fields));
        }
    }
    document(head, rows.into_iter())
}

fn rate(rate: Option<&Rate>) -> [String; 4] {
    rate.map_or_else(Default::default, |r| {
        [
            r.hits.to_string(),
            r.tries.to_string(),
            number(Some(r.low)),
            number(Some(r.high)),
        ]
    })
}

fn number(value: Option<f64>) -> String {
    value
        .filter(|v| v.is_finite())
        .map_or_else(String::new, |v| v.to_string())
}

fn document(head: &str, rows: impl Iterator<Item = String>) -> String {
    format!("\u{feff}{head}\r\n{}", rows.collect::<String>())
}

fn row(fields: &[&str]) -> String {
    let fields: Vec<String> = fields.iter().map(|f| field(f)).collect();
    format!("INTERNAL,{}\r\n", fields.join(","))
}

/// Quotes what needs quotes, and disarms text that a spreadsheet would run as a formula.
fn field(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '@', '-', '\t']) && text.parse::<f64>().is_err();
    let text = if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_and_formulas_disarmed() {
        assert_eq!(field("plain"), "plain");
        assert_eq!(field("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(field("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(field("-1.5"), "-1.5");
    }
}
