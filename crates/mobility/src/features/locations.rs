use crate::{AnchorRule, Column, Feature, Row, Track, anchors};

/// One cell for each subscriber, by every rule that is in use elsewhere; missing where a rule finds none.
///
/// - `first_cell`, `last_cell`: of the first and of the last event (FlowKit's `first_location`,
///   `last_location`).
/// - `most_events_cell`: [`AnchorRule::most_events`] (`most_frequent_location`).
/// - `most_days_cell`: [`AnchorRule::visited_most_days`].
/// - `modal_first_cell`, `modal_most_cell`, `modal_last_cell`: the first, most frequent or last cell of most
///   days: [`AnchorRule::first_of_day`], [`AnchorRule::modal_location`], [`AnchorRule::last_of_day`]
///   (`modal_location`).
/// - `majority_cell`: [`AnchorRule::majority_location`].
pub struct Locations;

/// The rules by their columns, the last of them also that of the majority.
const RULES: [(&str, AnchorRule); 5] = [
    ("most_events_cell", AnchorRule::most_events()),
    ("most_days_cell", AnchorRule::visited_most_days()),
    ("modal_first_cell", AnchorRule::first_of_day()),
    ("modal_most_cell", AnchorRule::modal_location()),
    ("modal_last_cell", AnchorRule::last_of_day()),
];

/// A majority has more of the days than this share, that of [`AnchorRule::majority_location`].
const MAJORITY: f32 = AnchorRule::majority_location().more_than_share as f32;

impl Feature for Locations {
    fn name(&self) -> &'static str {
        "locations"
    }

    fn columns(&self) -> Vec<Column> {
        let ends = ["first_cell", "last_cell"].map(Column::Cell);
        let ruled = RULES.map(|(name, _)| Column::Cell(name));
        let majority = Column::Cell("majority_cell");
        ends.into_iter().chain(ruled).chain([majority]).collect()
    }

    fn row(&self, track: &Track<'_>, out: &mut Row<'_>) {
        out.cell(track.events().first().map(|event| event.cell));
        out.cell(track.events().last().map(|event| event.cell));
        let mut found = None;
        for (_, rule) in &RULES {
            found = anchors(track, rule).home;
            out.cell(found.map(|home| home.cell));
        }
        // The last rule counts the same days.
        let majority = found.filter(|home| home.share > MAJORITY);
        out.cell(majority.map(|home| home.cell));
    }
}
