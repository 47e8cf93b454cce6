use crate::{Anchor, Column, Feature, Row, Track};

/// Home, work and the next place ([`Track::anchors`]): for each its cell, days of evidence and share of
/// the evidence, all three missing where there is none, the share also where the hours of a fallback have
/// none; and how many places follow.
pub struct AnchorPlaces;

impl Feature for AnchorPlaces {
    fn name(&self) -> &'static str {
        "anchors"
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::Cell("home_cell"),
            Column::Count("home_days"),
            Column::Real("home_evidence_share"),
            Column::Cell("work_cell"),
            Column::Count("work_days"),
            Column::Real("work_evidence_share"),
            Column::Cell("other_cell"),
            Column::Count("other_days"),
            Column::Real("other_evidence_share"),
            Column::Count("further_places"),
        ]
    }

    fn row(&self, track: &Track<'_>, out: &mut Row<'_>) {
        let found = track.anchors();
        for anchor in [found.home, found.work, found.other] {
            out.cell(anchor.map(|a: Anchor| a.cell));
            out.count(anchor.map(|a| u32::from(a.days)));
            // Without evidence in its hours, as for a fallback, there is no share of it.
            let told = anchor.filter(|a| a.days > 0);
            out.real(told.map(|a| f64::from(a.share)));
        }
        out.count(found.further.len() as u32);
    }
}
