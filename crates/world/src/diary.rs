use crate::places::PlaceIx;

/// Why someone is at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Being at home, or at a visitor's lodging.
    Home,
    /// Paid work.
    Work,
    /// School or university.
    Learn,
    /// Bringing a child to school.
    Escort,
    /// A meal out.
    Meal,
    /// Shopping.
    Shop,
    /// Sports, culture, going out.
    Leisure,
    /// Seeing a friend at home.
    Friend,
    /// A doctor's appointment.
    Doctor,
    /// Out of the region.
    Away,
}

impl Purpose {
    /// The purpose's name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Work => "work",
            Self::Learn => "learn",
            Self::Escort => "escort",
            Self::Meal => "meal",
            Self::Shop => "shop",
            Self::Leisure => "leisure",
            Self::Friend => "friend",
            Self::Doctor => "doctor",
            Self::Away => "away",
        }
    }
}

/// A time at a place, in seconds since the window's start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stay {
    pub(crate) arrive_s: i32,
    pub(crate) depart_s: i32,
    pub(crate) place: PlaceIx,
    pub(crate) purpose: Purpose,
}

/// Where someone is at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whereabouts {
    At(Stay),
    /// A share of the way from one place to another.
    Moving(PlaceIx, PlaceIx, f64),
}

impl Whereabouts {
    pub(crate) const fn stay(self) -> Option<Stay> {
        match self {
            Self::At(stay) => Some(stay),
            Self::Moving(..) => None,
        }
    }
}

/// One person's stays over the whole window, in order and without overlap; between two of them the
/// person is on the way.
#[derive(Debug)]
pub(crate) struct Diary(pub(crate) Vec<Stay>);

impl Diary {
    /// How many stays have begun at a moment of the window.
    pub(crate) fn begun(&self, now_s: i32) -> usize {
        self.0.partition_point(|stay| stay.arrive_s <= now_s)
    }

    /// Where the person is; `now_s` lies in the window.
    pub(crate) fn at(&self, now_s: i32) -> Whereabouts {
        self.at_after(self.begun(now_s), now_s)
    }

    /// Where the person is when so many stays have begun.
    pub(crate) fn at_after(&self, begun: usize, now_s: i32) -> Whereabouts {
        let stay = self.0[begun.saturating_sub(1)];
        match self.0.get(begun) {
            Some(next) if now_s >= stay.depart_s => {
                let way_s = (next.arrive_s - stay.depart_s).max(1);
                let share = f64::from(now_s - stay.depart_s) / f64::from(way_s);
                Whereabouts::Moving(stay.place, next.place, share)
            }
            _ => Whereabouts::At(stay),
        }
    }

    /// The stay before the one that covers a moment.
    pub(crate) fn before(&self, now_s: i32) -> Option<Stay> {
        self.0.get(self.begun(now_s).checked_sub(2)?).copied()
    }
}
