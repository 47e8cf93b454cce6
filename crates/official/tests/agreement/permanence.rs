//! Daily and mid-term permanence: seconds by slot, and who stays where for how long.

use super::*;

/// Person and slot, with the groups at least half of it was spent in; `None` where it says nothing of tiles.
type Said = BTreeMap<(Vec<u8>, u8), Vec<Option<BTreeSet<String>>>>;

#[test]
fn daily_permanence_is_multimnos() {
    let Some(mut data) = data() else { return };
    let footprints = data.footprints("cell_footprint", "signal_dominance");
    let groups = Groups::of(&footprints);
    let (day, rule) = (day(), PermanenceRule::MULTIMNO);
    let mut theirs = Said::new();
    let mut unknown = 0;
    let columns = ["user_id", "time_slot_initial_time", "dps"];
    rows(
        silver("UE/daily_permanence_score").unwrap(),
        &columns,
        &mut |c, row| {
            let from_ms = c.instants_ms("time_slot_initial_time").unwrap()(row).unwrap();
            let slot = ((from_ms - DAY_START_MS) / 3_600_000) as u8;
            let id = c.bytes("user_id").unwrap().value(row).to_vec();
            let dps = c.text_lists("dps").unwrap()(row);
            let said = match dps {
                Some(groups) if groups == ["-99"] => {
                    unknown += 1;
                    Some(BTreeSet::new())
                }
                Some(groups) if groups.is_empty() => None,
                groups => groups.map(|groups| groups.into_iter().map(str::to_owned).collect()),
            };
            theirs.entry((id, slot)).or_default().push(said);
        },
    );
    assert_eq!(
        (theirs.values().map(Vec::len).sum::<usize>(), unknown),
        (14_088, 368)
    );

    let names: Vec<String> = (0..groups.len() as u32)
        .map(|g| groups.name(GroupIx(g)))
        .collect();
    let named = |groups: &[GroupIx]| groups.iter().map(|g| names[g.index()].clone()).collect();
    let mut reach = Reach::over(&Arc::new(footprints));
    let (mut ours, mut by_date, mut at_the_edges) = (Said::new(), Said::new(), HashSet::new());
    for (id, seen) in data.people.all() {
        let seen = around(seen);
        let held = held(seen, &day, &rule, &mut reach);
        for SlotScore { slot, score } in scores(seen, &held, &day, &rule, &groups) {
            let said = match score {
                Score::Tiles(groups) => Some(named(&groups)),
                Score::NoFootprint => None,
                Score::Unknown => Some(BTreeSet::new()),
                Score::Abroad(_) => unreachable!("nobody is abroad in these data"),
            };
            ours.entry((id.to_vec(), slot)).or_default().push(said);
        }
        for (slot, said) in scores_by_date(seen, &held, &groups) {
            let said = said.map(|groups| named(&groups));
            by_date.entry((id.to_vec(), slot)).or_default().push(said);
        }
        for held in &held {
            let at_ms = seen[held.event].at_ms;
            if !(DAY_START_MS..MIDNIGHT_AFTER_MS).contains(&at_ms) {
                let first = (held.from_ms.max(DAY_START_MS) - DAY_START_MS) / 3_600_000;
                let last = (held.to_ms.min(MIDNIGHT_AFTER_MS) - DAY_START_MS) / 3_600_000;
                at_the_edges.extend((first..=last).map(|slot| (id.to_vec(), slot as u8)));
            }
        }
    }
    for said in [&mut theirs, &mut by_date] {
        said.values_mut().for_each(|rows| rows.sort());
    }
    // Summed by date as multimno does, every row is the same.
    assert_eq!(by_date.values().map(Vec::len).sum::<usize>(), 14_088);
    assert!(
        by_date == theirs,
        "summed by date, not all rows are multimno's"
    );
    // Summed by place, which is what the score means, only slots that an event of another day reaches into differ.
    let slots: BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
    let differ: Vec<_> = slots
        .iter()
        .filter(|s| ours.get(**s) != theirs.get(**s))
        .collect();
    eprintln!(
        "daily permanence: {} slots of ours, {} of theirs, {} differ",
        ours.len(),
        theirs.len(),
        differ.len()
    );
    assert!(differ.iter().all(|slot| at_the_edges.contains(**slot)));
    assert!(differ.len() < 300, "{}", differ.len());
}

/// By slot, and whether nothing is known of it, the groups.
type DayGroups = BTreeMap<(u8, bool), Option<BTreeSet<GroupIx>>>;

/// multimno wrote 6,650,235 rows of mid-term scores from that day; the table itself is too large to be kept.
#[test]
fn midterm_permanence_has_multimnos_rows() {
    let Some(mut data) = data() else { return };
    let groups = Groups::of(&data.footprints("cell_footprint", "signal_dominance"));
    let known: HashMap<String, GroupIx> = (0..groups.len() as u32)
        .map(|g| (groups.name(GroupIx(g)), GroupIx(g)))
        .collect();
    let mut days: BTreeMap<Vec<u8>, DayGroups> = BTreeMap::new();
    let columns = ["user_id", "time_slot_initial_time", "dps"];
    rows(
        silver("UE/daily_permanence_score").unwrap(),
        &columns,
        &mut |c, row| {
            let from_ms = c.instants_ms("time_slot_initial_time").unwrap()(row).unwrap();
            let slot = ((from_ms - DAY_START_MS) / 3_600_000) as u8;
            let day = days
                .entry(c.bytes("user_id").unwrap().value(row).to_vec())
                .or_default();
            let dps = c.text_lists("dps").unwrap()(row).unwrap_or_default();
            if dps == ["-99"] {
                day.insert((slot, true), None);
            } else {
                let said = day.entry((slot, false)).or_insert(Some(BTreeSet::new()));
                said.as_mut()
                    .unwrap()
                    .extend(dps.iter().map(|name| known[*name]));
            }
        },
    );
    let (rule, month) = (
        MidtermRule::multimno(),
        (date(2023, 1, 1), date(2023, 1, 31)),
    );
    let of = |days, intervals: &[Interval]| -> Vec<Period> {
        intervals
            .iter()
            .map(|interval| Period {
                days,
                interval: *interval,
            })
            .collect()
    };
    use Interval::{All, Evening, Night, Working};
    let periods = [
        of(Days::All, &[All, Night, Evening, Working]),
        of(Days::Workdays, &[Night, Working]),
        of(Days::Holidays, &[All, Night]),
        of(Days::Weekends, &[All, Night]),
        of(Days::Mondays, &[All]),
    ]
    .concat();
    let mut found = 0;
    for day in days.into_values() {
        let score = |((slot, _), groups): ((u8, bool), Option<BTreeSet<GroupIx>>)| {
            let score = match groups {
                None => Score::Unknown,
                Some(groups) if groups.is_empty() => Score::NoFootprint,
                Some(groups) => Score::Tiles(groups.into_iter().collect()),
            };
            SlotScore { slot, score }
        };
        let scores: Vec<SlotScore> = day.into_iter().map(score).collect();
        let mut midterm = Midterm::new(&rule, month, &periods);
        midterm.add(DAY, Slots::Hours, &scores);
        found += midterm
            .finish(&groups)
            .iter()
            .map(|(_, spots)| spots.len())
            .sum::<usize>();
    }
    eprintln!("mid-term permanence: {found} rows");
    assert_eq!(found, 6_650_235);
}

/// multimno's way: seconds of a cell on each date for themselves, so that the evening and the night of one
/// place do not add up, and a place that fills a slot on two dates is said twice.
fn scores_by_date(
    seen: &[Seen],
    held: &[Held],
    groups: &Groups,
) -> Vec<(u8, Option<Vec<GroupIx>>)> {
    let mut found = Vec::new();
    for slot in 0..24 {
        let from_ms = DAY_START_MS + i64::from(slot) * 3_600_000;
        let to_ms = from_ms + 3_600_000;
        let mut sums: HashMap<(CellIx, i64), i64> = HashMap::new();
        for h in held
            .iter()
            .filter(|h| h.from_ms < to_ms && h.to_ms > from_ms)
        {
            let Place::Cell(cell) = seen[h.event].place else {
                unreachable!()
            };
            let date = seen[h.event].at_ms.div_euclid(86_400_000);
            let seconds =
                h.to_ms.min(to_ms).div_euclid(1_000) - h.from_ms.max(from_ms).div_euclid(1_000);
            *sums.entry((cell, date)).or_default() += seconds;
        }
        if sums.is_empty() {
            found.push((slot, Some(Vec::new())));
        } else if sums.values().sum::<i64>() >= 1_800 {
            let cells: HashSet<CellIx> = sums.keys().map(|key| key.0).collect();
            if cells.len() == 1 {
                for (cell, _) in sums.keys() {
                    let of_cell = groups.of_cell(*cell);
                    found.push((slot, (!of_cell.is_empty()).then(|| of_cell.to_vec())));
                }
                continue;
            }
            let mut by_group: HashMap<(Option<GroupIx>, i64), i64> = HashMap::new();
            for ((cell, date), seconds) in sums {
                let of_cell = groups.of_cell(cell);
                let known = of_cell.iter().copied().map(Some);
                let all: Vec<_> = if of_cell.is_empty() {
                    vec![None]
                } else {
                    known.collect()
                };
                for group in all {
                    *by_group.entry((group, date)).or_default() += seconds;
                }
            }
            let long = by_group
                .into_iter()
                .filter(|(_, seconds)| *seconds >= 1_800);
            let long: BTreeSet<Option<GroupIx>> = long.map(|((group, _), _)| group).collect();
            if !long.is_empty() {
                let groups: Vec<GroupIx> = long.into_iter().flatten().collect();
                found.push((slot, (!groups.is_empty()).then_some(groups)));
            }
        }
    }
    found
}
