use erewhon_geo::CellTable;
use erewhon_types::Calendar;

/// The public knowledge that every kernel may use beside one subscriber's own events.
#[derive(Clone, Copy, Debug)]
pub struct Public<'a> {
    /// The cells of the network.
    pub cells: &'a CellTable,
    /// The declared window.
    pub calendar: &'a Calendar,
}
