use erewhon_geo::Partition;

/// Published counts of people, exact, suppressed or noisy.
///
/// Everything in it is what the outsider reads; what it was made from is not here.
#[derive(Clone, Debug)]
pub struct Tables {
    /// Which cells make a zone; public.
    pub zones: Partition,
    /// How many hours make a slot.
    pub slot_h: u16,
    /// People by slot and zone, `presence[slot * zones + zone]`, each person in one zone a slot: the one
    /// where they were seen last. Absent where a count was suppressed. Empty where it is not published.
    pub presence: Vec<Option<f64>>,
    /// People by home zone and work zone, `pairs[home * zones + work]`; as above.
    pub pairs: Vec<Option<f64>>,
    /// Counts under this were suppressed; 0 where none was.
    pub suppressed_below: u32,
    /// Standard deviation of the noise of a count of `presence`; 0 where it has none. Public, as part of
    /// a mechanism.
    pub noise_sd: f64,
}
