use erewhon_events::{EventKind, HomeNetwork};
use erewhon_types::CellIx;

/// One raw record, as an operator's switch would write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    /// When, in seconds of UTC since 1970.
    pub time_utc_s: i64,
    /// The served subscriber's number.
    pub subscriber: u64,
    /// Which kind: calls, messages, data, or location updates.
    pub kind: EventKind,
    /// Row of the serving cell in [`crate::World::cells`].
    pub cell: CellIx,
    /// Length of a call or a data session in seconds; 0 for all else.
    pub duration_s: u32,
    /// The other party's number; `None` for all but calls and messages. Numbers abroad start with 998.
    pub peer: Option<u64>,
    /// Bytes sent; 0 but for data.
    pub bytes_up: u64,
    /// Bytes received; 0 but for data.
    pub bytes_down: u64,
    /// The subscriber's own network, where that is abroad; written in a world of travel only.
    pub home_network: Option<HomeNetwork>,
}
