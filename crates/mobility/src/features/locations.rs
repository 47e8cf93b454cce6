use crate::{AnchorRule, Column, Feature, Row, Track, anchors};

/// One cell for each subscriber, by every rule that is in use elsewhere; missing where a rule finds none.
///
/// - `first_cell`, `last_cell`: of the first and of the last event (FlowKit's `first_location`,
///   `last_location`).
/// - `most_events_cell`: [`AnchorRule::most_events`] (`most_frequent_location`).
/// - `most_days_cell`: [`AnchorRule::visited_most_days`].
/// - `modal_first_cell`, `modal_last_cell`, `modal_most_cell`: the first, last or most frequent cell of most
///   days: [`AnchorRule::first_of_day`], [`AnchorRule::last_of_day`], [`AnchorRule::modal_location`]
///   (`modal_location`).
/// - `majority_cell`: [`AnchorRule::majority_location`].
pub struct Locations;

/// The rules by their columns.
const RULES: [(&str, AnchorRule); 6] = [
    ("most_events_cell", AnchorRule::most_events()),
    ("most_days_cell", AnchorRule::visited_most_days()),
    ("modal_first_cell", AnchorRule::first_of_day()),
    ("modal_last_cell", AnchorRule::last_of_day()),
    ("modal_most_cell", AnchorRule::modal_location()),
    ("majority_cell", AnchorRule::majority_location()),
];

impl Feature for Locations {
    fn name(&self) -> &'static str {
        "locations"
    }

    fn columns(&self) -> Vec<Column> {
        let ends = ["first_cell", "last_cell"].map(Column::Cell);
        let ruled = RULES.map(|(name, _)| Column::Cell(name));
        ends.into_iter().chain(ruled).collect()
    }

    fn row(&self, track: &Track<'_>, out: &mut Row<'_>) {
        out.cell(track.events().first().map(|event| event.cell));
        out.cell(track.events().last().map(|event| event.cell));
        for (_, rule) in &RULES {
            out.cell(anchors(track, rule).home.map(|home| home.cell));
        }
    }
}
