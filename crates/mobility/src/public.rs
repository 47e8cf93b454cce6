use erewhon_events::Event;
use erewhon_geo::CellTable;
use erewhon_types::{Calendar, Local};

/// The public knowledge that every kernel may use beside one subscriber's own events.
#[derive(Clone, Copy, Debug)]
pub struct Public<'a> {
    /// The cells of the network.
    pub cells: &'a CellTable,
    /// The declared window.
    pub calendar: &'a Calendar,
}

impl Public<'_> {
    /// The events inside the window with their local time, in the order given.
    pub(crate) fn inside<'e>(
        &self,
        events: &'e [Event],
    ) -> impl Iterator<Item = (Local, &'e Event)> {
        events.iter().filter_map(|event| {
            self.calendar
                .local(event.time_utc_ms)
                .map(|local| (local, event))
        })
    }
}
