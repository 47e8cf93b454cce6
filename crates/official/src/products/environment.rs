use std::{collections::BTreeMap, sync::Arc};

use arrow_array::RecordBatch;
use erewhon_mobility::{Public, Reducer, Track};
use erewhon_types::Result;
use jiff::civil::Date;

use super::{
    Inputs,
    month::{PERIODS, Scores, id_of, months},
    rows::{Rows, Value},
    term::Term,
};
use crate::{
    LabelScores, Labelled, LabelledTiles, Permanence, Reach, ScoresBySpot, Seen, labels, long_term,
    seen_of,
};

/// A subscriber's labels, from the months of a long term.
pub(super) fn labelled(
    inputs: &Inputs,
    term: &Term<'_>,
    seen: &[Seen],
    reach: &mut Reach,
) -> Vec<Labelled> {
    let months = months(inputs, term, seen, reach);
    let of = |at: usize| -> ScoresBySpot {
        let of_period = |month: &(Date, Scores)| {
            let wanted = month.1.iter().find(|(period, _)| *period == PERIODS[at]);
            wanted.map(|(_, spots)| spots.clone()).unwrap_or_default()
        };
        let months: Vec<BTreeMap<_, Permanence>> = months.iter().map(of_period).collect();
        long_term(&months)
            .into_iter()
            .map(|(spot, term)| (spot, term.all))
            .collect()
    };
    let (all, night, working) = (of(0), of(1), of(2));
    labels(
        LabelScores {
            all: &all,
            night: &night,
            working: &working,
        },
        &inputs.labels,
    )
}

/// The first and the last day of a run, and its season: all of the year, as far as the run reaches.
fn term_parts(term: &Term<'_>, rows: &mut Rows) {
    let (first, last) = term.ends();
    rows.push("start_date", Value::Date(first));
    rows.push("end_date", Value::Date(last));
    rows.push("season", Value::Text("all"));
}

/// Labels: `user_id`, `grid_id`, `label`, `label_rule`, `id_type`.
pub(super) struct Labels(pub(super) Arc<Inputs>);

impl Reducer for Labels {
    type Partial = (Rows, Reach);

    fn name(&self) -> &str {
        "usual_environment_labels"
    }

    fn places_alone(&self) -> bool {
        true
    }

    fn start(&self, _: &Public<'_>) -> (Rows, Reach) {
        (Rows::default(), self.0.network.reach().clone())
    }

    fn subscriber(&self, track: &Track<'_>, (rows, reach): &mut (Rows, Reach)) {
        let term = Term::whole(&self.0.days);
        for Labelled { label, spot, rule } in labelled(&self.0, &term, &seen_of(track), reach) {
            let (id, id_type) = id_of(spot);
            rows.person(track.subscriber());
            rows.push("grid_id", Value::Whole(id));
            rows.push("label", Value::Text(label.name()));
            rows.push("label_rule", Value::Text(rule));
            rows.push("id_type", Value::Text(id_type));
            term_parts(&term, rows);
            rows.person_part(track.subscriber());
            rows.end_row();
        }
    }

    fn rows(&self, _: &Public<'_>, partial: &mut (Rows, Reach)) -> Result<Option<RecordBatch>> {
        partial.0.take(self.name())
    }

    fn merge(&self, into: &mut (Rows, Reach), from: (Rows, Reach)) {
        // Both were emptied at the end of their last part.
        debug_assert!(into.0.len() == 0 && from.0.len() == 0);
    }
}

/// Weighted devices by tile and label: `grid_id`, `weighted_device_count`.
///
/// Sums of many small weights depend on their order by less than single precision shows.
pub(super) struct Aggregated(pub(super) Arc<Inputs>);

impl Reducer for Aggregated {
    type Partial = (LabelledTiles, Reach);

    fn name(&self) -> &str {
        "aggregated_usual_environments"
    }

    fn places_alone(&self) -> bool {
        true
    }

    fn start(&self, _: &Public<'_>) -> (LabelledTiles, Reach) {
        (LabelledTiles::default(), self.0.network.reach().clone())
    }

    fn subscriber(&self, track: &Track<'_>, (tiles, reach): &mut (LabelledTiles, Reach)) {
        let term = Term::whole(&self.0.days);
        tiles.add(&labelled(&self.0, &term, &seen_of(track), reach));
    }

    fn merge(&self, into: &mut (LabelledTiles, Reach), from: (LabelledTiles, Reach)) {
        into.0.merge(&from.0);
    }

    fn finish(
        &self,
        _: &Public<'_>,
        (tiles, _): (LabelledTiles, Reach),
    ) -> Result<Option<RecordBatch>> {
        let mut rows = Rows::default();
        for ((label, tile), devices) in tiles.devices() {
            rows.push("grid_id", Value::Whole(tile.grid_id()));
            rows.push("weighted_device_count", Value::Real(*devices));
            rows.push("label", Value::Text(label.name()));
            term_parts(&Term::whole(&self.0.days), &mut rows);
            rows.end_row();
        }
        rows.take(self.name())
    }
}
