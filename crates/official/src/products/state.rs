use std::{collections::BTreeMap, path::Path, sync::Arc};

use arrow_array::{Array as _, RecordBatch};
use erewhon_mobility::{Public, Reducer, Track};
use erewhon_types::{Error, Result, Subscriber};
use jiff::civil::Date;

use super::{
    Inputs,
    rows::{Rows, Value},
};
use crate::{
    Tile, between,
    longitudinal::{DayParts, LEAST_DAYS, PART_SHARE, State, Values, day_footprint},
    multimno::Table,
    seen_of,
};

/// The longitudinal states of subscribers as an earlier run left them, and the last day in them.
#[derive(Clone, Debug, Default)]
pub struct States {
    of: BTreeMap<u64, State>,
    until: Option<Date>,
}

impl States {
    /// The last day that is in the states; `None` of no states.
    pub const fn until(&self) -> Option<Date> {
        self.until
    }

    /// How many subscribers have one.
    pub fn len(&self) -> usize {
        self.of.len()
    }

    /// Whether nobody has one.
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }
}

const COLUMNS: [&str; 7] = [
    "user_id",
    "grid_id",
    "whole_day",
    "part_1",
    "part_2",
    "part_3",
    "until",
];

/// Reads the states that the product `longitudinal_state` wrote.
///
/// # Errors
/// Input, when the table can't be read, is damaged, or is of several last days.
pub fn read_states(table: &Path) -> Result<States> {
    let mut rows: BTreeMap<u64, Vec<(Tile, Values)>> = BTreeMap::new();
    let mut until = None;
    Table::open(table)?.each(&COLUMNS, &mut |path, columns| {
        let (who, tiles) = (columns.bytes("user_id")?, columns.whole("grid_id")?);
        let ends = columns.dates("until")?;
        let values = [2, 3, 4, 5].map(|at| columns.numbers(COLUMNS[at]));
        for row in 0..columns.rows() {
            let bytes = columns.there("user_id", who.is_valid(row).then(|| who.value(row)))?;
            let bytes: [u8; 8] = bytes.try_into().map_err(|_| {
                Error::input(format!(
                    "`{}` names people by other pseudonyms",
                    path.display()
                ))
                .with_hint("give the longitudinal state that this program has written")
            })?;
            let tile = Tile::of_grid_id(columns.there("grid_id", tiles(row))? as i32);
            let mut sums = Values::default();
            for (sum, values) in sums.iter_mut().zip(&values) {
                let values = values.as_ref().map_err(Clone::clone)?;
                *sum = columns.there("whole_day", values(row))? as f32;
            }
            let end = columns.there("until", ends(row))?;
            if *until.get_or_insert(end) != end {
                return Err(
                    Error::input(format!("`{}` has states of two days", path.display()))
                        .with_hint("give the state of one run"),
                );
            }
            rows.entry(u64::from_be_bytes(bytes))
                .or_default()
                .push((tile, sums));
        }
        Ok(())
    })?;
    let restore = |(who, mut tiles): (u64, Vec<(Tile, Values)>)| {
        tiles.sort_by_key(|row| row.0);
        State::restore(tiles).map(|state| (who, state))
    };
    let of = rows.into_iter().map(restore).collect::<Result<_>>()?;
    Ok(States { of, until })
}

/// A subscriber's state with the days of a run that are not in it yet.
fn merged(inputs: &Inputs, track: &Track<'_>) -> State {
    let known = inputs.states.of.get(&track.subscriber().bits());
    let mut state = known.cloned().unwrap_or_default();
    let seen = seen_of(track);
    let new = inputs
        .days
        .iter()
        .filter(|day| inputs.states.until.is_none_or(|until| day.date() > until));
    for day in new {
        let of_day = between(&seen, day.start_ms(), day.end_ms());
        let footprint = day_footprint(of_day, day, &DayParts::DEFAULT, inputs.network.footprints());
        state.merge(footprint);
    }
    state
}

/// Eurostat's longitudinal state: `user_id`, `grid_id`, `whole_day`, `part_1`, `part_2`, `part_3`, `until`.
///
/// Whoever has a state and no event in this run keeps it.
pub(super) struct LongitudinalState(pub(super) Arc<Inputs>);

/// What a worker holds: rows, and whose state it has taken up.
pub(super) struct Partial {
    rows: Rows,
    met: Vec<u64>,
}

impl LongitudinalState {
    fn rows_of(&self, rows: &mut Rows, who: Subscriber, state: &State) {
        let last = self.0.days.iter().map(|day| day.date()).next_back();
        let until = last.max(self.0.states.until).unwrap_or(Date::ZERO);
        for (tile, values) in state.tiles() {
            rows.person(who);
            rows.push("grid_id", Value::Whole(tile.grid_id()));
            for (name, value) in COLUMNS[2..6].iter().zip(values) {
                rows.push(name, Value::Real((*value).into()));
            }
            rows.push("until", Value::Date(until));
            rows.person_part(who);
            rows.end_row();
        }
    }
}

impl Reducer for LongitudinalState {
    type Partial = Partial;

    fn name(&self) -> &str {
        "longitudinal_state"
    }

    fn places_alone(&self) -> bool {
        true
    }

    fn start(&self, _: &Public<'_>) -> Partial {
        Partial {
            rows: Rows::default(),
            met: Vec::new(),
        }
    }

    fn subscriber(&self, track: &Track<'_>, partial: &mut Partial) {
        let who = track.subscriber();
        self.rows_of(&mut partial.rows, who, &merged(&self.0, track));
        if self.0.states.of.contains_key(&who.bits()) {
            partial.met.push(who.bits());
        }
    }

    fn rows(&self, _: &Public<'_>, partial: &mut Partial) -> Result<Option<RecordBatch>> {
        partial.rows.take(self.name())
    }

    fn merge(&self, into: &mut Partial, from: Partial) {
        into.met.extend(from.met);
    }

    fn finish(&self, _: &Public<'_>, partial: Partial) -> Result<Option<RecordBatch>> {
        let met: std::collections::BTreeSet<u64> = partial.met.into_iter().collect();
        let mut rows = Rows::default();
        for (who, state) in &self.0.states.of {
            if !met.contains(who) {
                self.rows_of(&mut rows, Subscriber::new(*who), state);
            }
        }
        rows.take(self.name())
    }
}

/// The usual environment by the state: `user_id`, `grid_id`, `rank` from 0, `part_1`, `part_2`, `part_3`; of whoever has an
/// event in this run.
pub(super) struct LongitudinalEnvironment(pub(super) Arc<Inputs>);

impl Reducer for LongitudinalEnvironment {
    type Partial = Rows;

    fn name(&self) -> &str {
        "longitudinal_environment"
    }

    fn places_alone(&self) -> bool {
        true
    }

    fn start(&self, _: &Public<'_>) -> Rows {
        Rows::default()
    }

    fn subscriber(&self, track: &Track<'_>, rows: &mut Rows) {
        let found = merged(&self.0, track).quantised(LEAST_DAYS, PART_SHARE);
        for (rank, quantised) in (0..).zip(found) {
            rows.person(track.subscriber());
            rows.push("grid_id", Value::Whole(quantised.tile.grid_id()));
            rows.push("rank", Value::Whole(rank));
            for (name, used) in COLUMNS[3..6].iter().zip(quantised.parts) {
                rows.push(name, Value::Flag(used));
            }
            rows.person_part(track.subscriber());
            rows.end_row();
        }
    }

    fn rows(&self, _: &Public<'_>, rows: &mut Rows) -> Result<Option<RecordBatch>> {
        rows.take(self.name())
    }

    fn merge(&self, into: &mut Rows, from: Rows) {
        // Both were emptied at the end of their last part.
        debug_assert!(into.len() == 0 && from.len() == 0);
    }
}
