use erewhon_events::HomeNetwork;
use erewhon_types::CellIx;

/// What someone, or something, does with its days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Works by day, five days or so a week.
    Worker,
    /// Works some hours or some days.
    PartTime,
    /// Works early, late and night shifts by turns.
    Shift,
    /// Works at night.
    Night,
    /// Goes to the university.
    Student,
    /// Goes to school.
    Pupil,
    /// Neither works nor learns.
    AtHome,
    /// Is retired.
    Retired,
    /// Is here for some days only; has no home in the region.
    Visitor,
    /// A meter or another thing with a SIM that never moves.
    Machine,
}

impl Role {
    /// The role's name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::PartTime => "part_time",
            Self::Shift => "shift",
            Self::Night => "night",
            Self::Student => "student",
            Self::Pupil => "pupil",
            Self::AtHome => "at_home",
            Self::Retired => "retired",
            Self::Visitor => "visitor",
            Self::Machine => "machine",
        }
    }

    /// Whether the role has a place of paid work.
    pub const fn has_job(self) -> bool {
        matches!(
            self,
            Self::Worker | Self::PartTime | Self::Shift | Self::Night
        )
    }
}

/// A place that someone keeps returning to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anchor {
    /// The cell that serves the place best.
    pub cell: CellIx,
    /// Latitude in degrees.
    pub lat: f64,
    /// Longitude in degrees.
    pub lon: f64,
    /// The zone of the commuting table, in a world that was made from one.
    pub zone: Option<u32>,
}

/// Why two people call each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tie {
    /// They live together.
    Household,
    /// They work or learn at the same place.
    Colleague,
    /// They are friends.
    Friend,
}

impl Tie {
    /// The tie's name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Household => "household",
            Self::Colleague => "colleague",
            Self::Friend => "friend",
        }
    }
}

/// Someone known to someone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contact {
    /// Row of the other in [`crate::World::people`].
    pub person: u32,
    /// Why they call each other.
    pub tie: Tie,
    /// How often, as a weight; the same on both sides.
    pub strength: f64,
}

/// The truth about one person, or machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// Number of the household; people who live together share it.
    pub household: u32,
    /// What the person does with the days.
    pub role: Role,
    /// Age in years; 0 for a machine.
    pub age: u8,
    /// The subscriber numbers of the person's one or two phones.
    pub numbers: Vec<u64>,
    /// Where the person lives, or the machine stands; `None` for visitors.
    pub home: Option<Anchor>,
    /// Where the person works or learns.
    pub work: Option<Anchor>,
    /// Whom the person calls and is called by.
    pub contacts: Vec<Contact>,
    /// The network of a visitor from abroad; `None` in a world without travel.
    pub home_network: Option<HomeNetwork>,
}
