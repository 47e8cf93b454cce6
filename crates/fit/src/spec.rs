use erewhon_events::EventKind;
use erewhon_mobility::AnchorRule;
use erewhon_types::{Delta, Epsilon, Error, Result};

/// What a model knows of where a synthetic subscriber is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Places {
    /// Home and work, chosen at each event by how many are there at that hour (WHERE2).
    Two,
    /// Home, work and one more (WHERE3), which costs one more query.
    Three,
    /// Home, work, what is near them, and elsewhere, with moves between them by part of the day.
    #[default]
    Routine,
    /// All of these: for references that stay inside.
    All,
}

impl Places {
    pub(crate) const fn has_presence(self) -> bool {
        !matches!(self, Self::Routine)
    }

    pub(crate) const fn has_third(self) -> bool {
        matches!(self, Self::Three | Self::All)
    }

    pub(crate) const fn has_routine(self) -> bool {
        matches!(self, Self::Routine | Self::All)
    }
}

/// What is asked of a fit. Every field is public.
#[derive(Clone, Debug)]
pub struct FitSpec {
    /// Total privacy loss.
    pub epsilon: Epsilon,
    /// At which delta, where the population is kept in rho: what is split over all queries is then the
    /// rho that `epsilon` comes to there, and noise is Gaussian.
    pub delta: Option<Delta>,
    /// What it is to know of where people are.
    pub places: Places,
    /// How a subscriber's own events name their home and work.
    pub anchors: AnchorRule,
    /// The kinds of event that the model knows, each once; those of the layout, from its mapping.
    /// Events of other kinds count everywhere but in the mix of kinds.
    pub kinds: Vec<EventKind>,
    /// One subscriber in this many, by keyed pseudonym, was kept out of the source as the control
    /// group of attacks: numbers of people are scaled up to everybody. `None`: nobody was.
    pub control_one_in: Option<u64>,
    /// Whether a table said which numbers are one person's, so that they are one subscriber.
    pub persons: bool,
}

impl FitSpec {
    /// Refuses declarations that no model could keep.
    pub(crate) fn check(&self) -> Result<()> {
        let twice = |(i, kind): (usize, &EventKind)| self.kinds[..i].contains(kind);
        if self.kinds.is_empty() || self.kinds.iter().enumerate().any(twice) {
            return Err(Error::usage("a fit needs a list of kinds, each once")
                .with_hint("take the kinds of the layout, `Mapping::kinds`"));
        }
        if self.control_one_in.is_some_and(|n| n < 2) {
            return Err(
                Error::usage("a control group is one subscriber in 2 or more")
                    .with_hint("10 leaves nine in ten subscribers to the fit"),
            );
        }
        Ok(())
    }

    /// The share of all subscribers that enter the fit.
    pub(crate) fn members_share(&self) -> f64 {
        self.control_one_in.map_or(1.0, |n| 1.0 - 1.0 / n as f64)
    }
}
