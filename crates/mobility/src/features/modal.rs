use crate::{Column, Feature, HourSet, Row, Track, modal_cell};

/// The cell of most days in given hours ([`modal_cell`]).
pub struct ModalCell {
    /// The name of the family.
    pub name: &'static str,
    /// The hours that count.
    pub hours: HourSet,
    /// The local hour at which a day begins.
    pub day_starts_h: u8,
}

impl Feature for ModalCell {
    fn name(&self) -> &'static str {
        self.name
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::Cell("cell"),
            Column::Count("days"),
            Column::Count("events"),
        ]
    }

    fn row(&self, track: &Track<'_>, out: &mut Row<'_>) {
        let found = modal_cell(track, self.hours, self.day_starts_h);
        out.cell(found.map(|m| m.cell));
        out.count(found.map(|m| u32::from(m.days)));
        out.count(found.map(|m| m.events));
    }
}
