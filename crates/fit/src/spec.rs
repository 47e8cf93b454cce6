use erewhon_mobility::AnchorRule;
use erewhon_types::Epsilon;

/// How many places a synthetic subscriber has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Places {
    /// Home and work (WHERE2).
    #[default]
    Two,
    /// Home, work and one more (WHERE3), which costs one more query.
    Three,
}

/// What is asked of a fit. Every field is public.
#[derive(Clone, Debug)]
pub struct FitSpec {
    /// Total privacy loss, split over all queries.
    pub epsilon: Epsilon,
    /// Two-place or three-place model.
    pub places: Places,
    /// How a subscriber's own events name their home and work.
    pub anchors: AnchorRule,
}
