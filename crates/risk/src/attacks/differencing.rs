use std::collections::BTreeMap;

use erewhon_types::{Result, percent};

use crate::{Attack, AttackRow, Counts, Rate, scene::MIN_TARGETS, stage::Stage, sums::Sums};

/// A17: are counts that were left out as too small given away by the sums beside them?
///
/// The attacker has the table with its gaps, the sums of lines and columns, and the threshold: a missing
/// count is a whole number from nought to one less. Each sum less its shown counts is an equation of the
/// missing ones; he narrows them one by the other until nothing moves ([`Sums`]).
///
/// Success is one value left, and a true one. Rates count missing counts, not people. Linear programming
/// might narrow further, so these rates are the least that is given away.
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let Some(tables) = release.published() else {
        return Ok(Attack::not_applicable("records have no sums beside counts"));
    };
    let parts = [
        ("presence", &tables.presence),
        ("home and work", &tables.pairs),
    ];
    let gaps = |counts: &Counts| counts.entries.iter().any(Option::is_none);
    let gappy = |(_, counts): &(_, &Option<Counts>)| counts.as_ref().is_some_and(gaps);
    if !parts.iter().any(gappy) {
        return Ok(Attack::not_applicable(
            "no count was left out of the tables",
        ));
    }
    let truth = tables.truth(scene, &scene.members);
    let truths = [&truth.presence, &truth.pairs];
    let mut rows = Vec::new();
    let mut within_one = Vec::new();
    for ((label, counts), truth) in parts.into_iter().zip(truths) {
        let (Some(counts), Some(truth)) = (counts, truth) else {
            continue;
        };
        if !gaps(counts) || counts.noise_sd > 0.0 || counts.line_sums.is_empty() {
            continue;
        }
        if counts.noise_over(truth).is_none() {
            return Ok(Attack::not_applicable(
                "the counts are not the members': what was left out can't be compared",
            ));
        }
        let Some(found) = Found::of(counts, truth) else {
            continue;
        };
        rows.push(AttackRow::new(
            label.to_owned(),
            found.exactly,
            None,
            found.guess,
        ));
        within_one.push((label, found.within_one));
    }
    if rows.is_empty() {
        return Ok(Attack::not_applicable(format!(
            "fewer than {MIN_TARGETS} counts were left out of a table with sums and without noise"
        )));
    }
    let clearest = rows
        .iter()
        .max_by(|a, b| a.members.share().total_cmp(&b.members.share()));
    let verdict = clearest.map_or_else(String::new, |row| {
        format!(
            "Of the counts left out as too small, {} are given away exactly by the sums beside them \
             ({}); the best single guess for all would be right in {}.",
            percent(row.members.share()),
            row.label,
            percent(row.random_guess)
        )
    });
    let mut attack = Attack {
        verdict,
        ..Attack::played(
            "The attacker has a table without its small counts, and sums of lines and columns; success \
             is a missing count that can have one value only. Rates count missing counts, not people.",
            "",
            rows,
        )
    };
    for (label, share) in within_one {
        attack = attack.with_figure(
            format!("missing counts of {label} known to within 1, %"),
            100.0 * share,
        );
    }
    Ok(attack)
}

struct Found {
    exactly: Rate,
    within_one: f64,
    guess: f64,
}

impl Found {
    fn of(counts: &Counts, truth: &Counts) -> Option<Self> {
        let missing: Vec<usize> = (counts.entries.iter().enumerate())
            .filter_map(|(entry, count)| count.is_none().then_some(entry))
            .collect();
        if missing.len() < MIN_TARGETS {
            return None;
        }
        let mut sums = Sums::new(missing.len(), i64::from(counts.suppressed_below) - 1);
        let columns = counts.columns;
        let (mut by_line, mut by_column) =
            (vec![Vec::new(); counts.lines()], vec![Vec::new(); columns]);
        for (unknown, &entry) in missing.iter().enumerate() {
            by_line[entry / columns].push(unknown);
            by_column[entry % columns].push(unknown);
        }
        let (mut lines, mut downs) = (counts.line_sums.clone(), counts.column_sums.clone());
        for (entry, count) in counts.entries.iter().enumerate() {
            lines[entry / columns] -= count.unwrap_or(0.0);
            downs[entry % columns] -= count.unwrap_or(0.0);
        }
        for (unknowns, left) in by_line
            .into_iter()
            .zip(lines)
            .chain(by_column.into_iter().zip(downs))
        {
            sums.add(unknowns, left.round() as i64);
        }
        sums.narrow();
        let (mut exactly, mut within_one) = (0, 0);
        let mut values: BTreeMap<i64, u64> = BTreeMap::new();
        for (&entry, &(low, high)) in missing.iter().zip(&sums.bounds) {
            let value = truth.entries[entry].unwrap_or(0.0).round() as i64;
            *values.entry(value).or_default() += 1;
            exactly += u64::from(low == high && low == value);
            within_one += u64::from(high - low <= 2 && (low..=high).contains(&value));
        }
        let tries = missing.len() as u64;
        let most = values.values().copied().max().unwrap_or(0);
        Some(Self {
            exactly: Rate::of(exactly, tries)?,
            within_one: within_one as f64 / tries as f64,
            guess: most as f64 / tries as f64,
        })
    }
}
