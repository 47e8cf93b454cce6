use serde::{Deserialize, Serialize};

use crate::{AttackRow, Rate, RiskReport};

/// A row whose success is not what it was in the run before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The attack's name.
    pub attack: String,
    /// The release's name.
    pub release: String,
    /// The row's label.
    pub row: String,
    /// Members hit in the run before; absent for a new row.
    pub before: Option<Rate>,
    /// Members hit now; absent for a row that is gone.
    pub now: Option<Rate>,
}

/// What is new since an earlier report, what is gone, and what has moved: rates whose intervals do not
/// meet. Told of attacks on releases that both reports have; none where they have no such in common.
pub(crate) fn changes(before: &RiskReport, now: &RiskReport) -> Option<Vec<Change>> {
    let (mut before, mut now) = (rows(before), rows(now));
    let attacks = |rows: &[Named]| -> Vec<(String, String)> {
        let names = rows
            .iter()
            .map(|((attack, release, _), _)| (attack, release));
        names
            .map(|(a, r)| ((*a).to_owned(), (*r).to_owned()))
            .collect()
    };
    let (then, here) = (attacks(&before), attacks(&now));
    let in_both = |(attack, release, _): &Name| {
        let is_it = |(a, r): &(String, String)| a == attack && r == release;
        then.iter().any(is_it) && here.iter().any(is_it)
    };
    before.retain(|(name, _)| in_both(name));
    now.retain(|(name, _)| in_both(name));
    if now.is_empty() {
        return None;
    }
    let find = |rows: &[Named], name: &Name| {
        rows.iter()
            .find(|(other, _)| other == name)
            .map(|(_, row)| row.members)
    };
    let change = |(attack, release, row): &Name, before, now| Change {
        attack: (*attack).to_owned(),
        release: (*release).to_owned(),
        row: (*row).to_owned(),
        before,
        now,
    };
    let mut found = Vec::new();
    for (name, row) in &now {
        let earlier = find(&before, name);
        if earlier.is_none_or(|earlier| apart(&earlier, &row.members)) {
            found.push(change(name, earlier, Some(row.members)));
        }
    }
    for (name, row) in &before {
        if find(&now, name).is_none() {
            found.push(change(name, Some(row.members), None));
        }
    }
    Some(found)
}

type Name<'a> = (&'a str, &'a str, &'a str);
type Named<'a> = (Name<'a>, &'a AttackRow);

fn rows(report: &RiskReport) -> Vec<Named<'_>> {
    let attacks = report.attacks.iter();
    let rows = attacks.flat_map(|a| a.rows.iter().map(move |row| (a, row)));
    let named = rows.map(|(a, row)| ((&*a.id, &*a.release, &*row.label), row));
    named.collect()
}

fn apart(a: &Rate, b: &Rate) -> bool {
    a.high < b.low || b.high < a.low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Attack, Judgement};

    fn report(rows: &[(&str, u64)]) -> RiskReport {
        let row = |&(label, hits): &(&str, u64)| {
            AttackRow::new(label.to_owned(), Rate::of(hits, 100).unwrap(), None, 0.0)
        };
        RiskReport {
            attacks: vec![Attack::played("", "", rows.iter().map(row).collect())],
            judgement: Judgement::default(),
            ..RiskReport::default()
        }
    }

    #[test]
    fn only_what_moved_came_or_went_is_told() {
        let before = report(&[("same", 50), ("near", 50), ("moved", 10), ("gone", 5)]);
        let now = report(&[("same", 50), ("near", 55), ("moved", 60), ("new", 1)]);
        let found = changes(&before, &now).unwrap();
        let labels: Vec<&str> = found.iter().map(|change| &*change.row).collect();
        assert_eq!(labels, ["moved", "new", "gone"]);
        let there: Vec<_> = found
            .iter()
            .map(|c| (c.before.is_some(), c.now.is_some()))
            .collect();
        assert_eq!(there, [(true, true), (false, true), (true, false)]);
        assert_eq!(changes(&now, &now), Some(Vec::new()));
        let mut other = now;
        other.attacks[0].id = "other".to_owned();
        assert_eq!(changes(&before, &other), None);
    }
}
