use std::sync::Arc;

use arrow_array::RecordBatch;
use erewhon_mobility::{Public, Reducer, Track};
use erewhon_types::Result;

use super::{
    Inputs,
    environment::labelled,
    rows::{Rows, Value},
    term::Term,
};
use crate::{Label, Migration, Reach, TileZones, seen_of, tiles_of};

/// A table of who moved between the two terms of a run.
///
/// multimno's `result_timestamp` is in none: a file has its own.
pub(super) struct MigrationTable {
    pub(super) inputs: Arc<Inputs>,
    pub(super) name: &'static str,
    pub(super) write: fn(&mut Rows, &Inputs, &TileZones, &Migration),
}

/// Internal migration: `previous_zone`, `new_zone`, `migration` in devices; within a zone nobody moves.
pub(super) fn moves(rows: &mut Rows, inputs: &Inputs, zones: &TileZones, migration: &Migration) {
    for ((from, to), devices) in migration.moves() {
        rows.push("previous_zone", Value::Text(zones.name(*from)));
        rows.push("new_zone", Value::Text(zones.name(*to)));
        rows.push("migration", Value::Real(devices.get()));
        parts(rows, inputs, zones);
        rows.end_row();
    }
}

/// What the moves are a part of: `previous_home_users`, `new_home_users`, `common_home_users`, and
/// ours beside them: `moved_users`, and `users_outside_zones`, who have moved and are in no row of the moves since no
/// zone holds a tile of one of their homes.
pub(super) fn metrics(rows: &mut Rows, inputs: &Inputs, zones: &TileZones, migration: &Migration) {
    rows.push("previous_home_users", Value::Long(migration.homes.0));
    rows.push("new_home_users", Value::Long(migration.homes.1));
    rows.push("common_home_users", Value::Long(migration.homes.2));
    rows.push("moved_users", Value::Long(migration.moved));
    rows.push("users_outside_zones", Value::Long(migration.outside));
    parts(rows, inputs, zones);
    rows.end_row();
}

/// Adds one subscriber, by the homes of both terms.
fn add(inputs: &Inputs, track: &Track<'_>, (migration, reach): &mut (Migration, Reach)) {
    let (Some([first, second]), Some(zones)) = (inputs.terms(), &inputs.zones) else {
        return;
    };
    let seen = seen_of(track);
    let mut homes = |term: &Term<'_>| tiles_of(&labelled(inputs, term, &seen, reach), Label::Home);
    let (before, now) = (homes(&first), homes(&second));
    migration.add(&before, &now, &|tile| zones.zone(tile));
}

/// The columns of multimno's directories.
fn parts(rows: &mut Rows, inputs: &Inputs, zones: &TileZones) {
    rows.push("dataset_id", Value::Text(zones.dataset()));
    rows.push("level", Value::Byte(1));
    let Some([first, second]) = inputs.terms() else {
        return;
    };
    rows.push("start_date_previous", Value::Date(first.ends().0));
    rows.push("end_date_previous", Value::Date(first.ends().1));
    rows.push("season_previous", Value::Text("all"));
    rows.push("start_date_new", Value::Date(second.ends().0));
    rows.push("end_date_new", Value::Date(second.ends().1));
    rows.push("season_new", Value::Text("all"));
}

impl Reducer for MigrationTable {
    type Partial = (Migration, Reach);

    fn name(&self) -> &str {
        self.name
    }

    fn places_alone(&self) -> bool {
        true
    }

    fn start(&self, _: &Public<'_>) -> (Migration, Reach) {
        let migration = Migration::new(self.inputs.migration);
        (migration, self.inputs.network.reach().clone())
    }

    fn subscriber(&self, track: &Track<'_>, partial: &mut (Migration, Reach)) {
        add(&self.inputs, track, partial);
    }

    fn merge(&self, into: &mut (Migration, Reach), from: (Migration, Reach)) {
        into.0.merge(&from.0);
    }

    fn finish(
        &self,
        _: &Public<'_>,
        (migration, _): (Migration, Reach),
    ) -> Result<Option<RecordBatch>> {
        let mut rows = Rows::default();
        if let Some(zones) = &self.inputs.zones {
            (self.write)(&mut rows, &self.inputs, zones, &migration);
        }
        rows.take(self.name)
    }
}
