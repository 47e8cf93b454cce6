use erewhon_types::CellIx;
use rayon::prelude::*;

use crate::{
    commuting::CommutingTable,
    country::Country,
    dice::{Dice, For, running},
    places::{PlaceIx, Places, Use},
    spec::WorldSpec,
};

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
}

/// What the simulator alone knows about a person: places and habits.
#[derive(Debug)]
pub(crate) struct Habits {
    pub(crate) home: PlaceIx,
    pub(crate) work: Option<PlaceIx>,
    pub(crate) shops: [PlaceIx; 2],
    pub(crate) food: PlaceIx,
    pub(crate) leisure: [PlaceIx; 3],
    /// A school where a child of the household is brought to.
    pub(crate) drop_off: Option<PlaceIx>,
    /// Local minutes at which the person gets up and goes to bed.
    pub(crate) wake_min: u16,
    pub(crate) bed_min: u16,
    /// When the working day starts, in local minutes, and how long it lasts.
    pub(crate) start_min: f64,
    pub(crate) hours: f64,
    /// Weekdays (bit 0 is Monday) at work, and at work but at home.
    pub(crate) work_days: u8,
    pub(crate) home_office: u8,
    /// First and last day of a visitor's stay.
    pub(crate) visit: Option<(u16, u16)>,
    /// Things begun with the phone on a usual day.
    pub(crate) level: f64,
    pub(crate) data_share: f64,
    pub(crate) sms_share: f64,
    pub(crate) off_at_night: bool,
    /// Minutes between a machine's reports.
    pub(crate) report_min: u16,
}

/// Everyone, with their places.
pub(crate) struct Society {
    pub(crate) places: Places,
    pub(crate) people: Vec<Person>,
    pub(crate) habits: Vec<Habits>,
}

struct Draft {
    household: u32,
    role: Role,
    age: u8,
    phones: u8,
    home: PlaceIx,
    escort: bool,
}

const MACHINES: f64 = 0.03;
const VISITORS: f64 = 0.04;

impl Society {
    /// Fills the country with households, visitors and machines until the subscribers are reached.
    pub(crate) fn settle(
        spec: &WorldSpec,
        country: &Country,
        table: Option<&CommutingTable>,
    ) -> Self {
        let mut places = Places::found(country, spec.subscribers, spec.seed);
        let drafts = draft(spec, country, &mut places);
        let choice = Choice::new(&places);
        let habits: Vec<Habits> = drafts
            .par_iter()
            .enumerate()
            .map(|(ix, draft)| choice.habits(spec, country, table, ix, draft))
            .collect();
        let mut next = 0;
        let people = drafts.iter().map(|draft| {
            let numbers = (0..draft.phones).map(|_| {
                next += 1;
                number(next - 1)
            });
            Person {
                household: draft.household,
                role: draft.role,
                age: draft.age,
                numbers: numbers.collect(),
                home: None,
                work: None,
                contacts: Vec::new(),
            }
        });
        Self {
            people: people.collect(),
            places,
            habits,
        }
    }
}

/// A made-up number with a prefix that no country has: neighbours in the list look unrelated.
pub(crate) const fn number(ix: u64) -> u64 {
    999_000_000_000 + (ix * 387_420_489 + 271_828_183) % 1_000_000_000
}

fn draft(spec: &WorldSpec, country: &Country, places: &mut Places) -> Vec<Draft> {
    let total = f64::from(spec.subscribers);
    let machines = (MACHINES * total) as usize;
    let visitors = (VISITORS * total) as usize;
    let mut wanted = spec.subscribers as usize - machines - visitors;
    let homes = running(country.areas.iter().map(|a| a.residents));
    let hotels: Vec<PlaceIx> = places.of(Use::Hotel).collect();
    let mut drafts = Vec::new();
    let mut household = 0;
    while wanted > 0 {
        let mut dice = Dice::new(spec.seed, For::Households, 0, u64::from(household));
        let area = dice.pick(&homes);
        let home = places.add(country, Use::Home, area, 1.0, &mut dice);
        let ages = ages(&mut dice);
        let mut escort = ages.iter().any(|age| (3..=10).contains(age));
        for age in ages {
            let role = role(age, &mut dice);
            let owns = match age {
                0..=9 => false,
                10..=13 => dice.chance(0.7),
                _ => dice.chance(0.97),
            };
            let two = role.has_job() && dice.chance(0.06);
            if !owns || wanted == 0 {
                continue;
            }
            let phones = if two && wanted > 1 { 2 } else { 1 };
            wanted -= usize::from(phones);
            drafts.push(Draft {
                household,
                role,
                age,
                phones,
                home,
                escort: age > 20 && std::mem::take(&mut escort),
            });
        }
        household += 1;
    }
    let mut alone = |role: Role, home: PlaceIx, age: u8| {
        drafts.push(Draft {
            household,
            role,
            age,
            phones: 1,
            home,
            escort: false,
        });
        household += 1;
    };
    let mut dice = Dice::new(spec.seed, For::Households, 1, 0);
    for _ in 0..visitors {
        let hotel = hotels[dice.below(hotels.len())];
        let age = dice.between(18.0, 75.0) as u8;
        alone(Role::Visitor, hotel, age);
    }
    for _ in 0..machines {
        let area = dice.pick(&homes);
        let pole = places.add(country, Use::Pole, area, 0.0, &mut dice);
        alone(Role::Machine, pole, 0);
    }
    drafts
}

/// Ages of a household of one to six.
fn ages(dice: &mut Dice) -> Vec<u8> {
    let size = 1 + dice.pick(&[0.36, 0.68, 0.83, 0.945, 0.98, 1.0]);
    let grown = |dice: &mut Dice, low: f64, high: f64| dice.between(low, high) as u8;
    match size {
        1 if dice.chance(0.25) => vec![grown(dice, 18.0, 30.0)],
        1 => vec![grown(dice, 24.0, 90.0)],
        2 if dice.chance(0.12) => vec![grown(dice, 25.0, 50.0), grown(dice, 0.0, 19.0)],
        _ => {
            let first = if size == 2 {
                grown(dice, 20.0, 88.0)
            } else {
                grown(dice, 26.0, 56.0)
            };
            let second = (f64::from(first) + dice.normal(-1.0, 3.5)).clamp(18.0, 95.0) as u8;
            let oldest = f64::from(first.saturating_sub(21)).clamp(1.0, 24.0);
            let mut ages = vec![first, second];
            ages.extend((2..size).map(|_| grown(dice, 0.0, oldest)));
            ages
        }
    }
}

fn role(age: u8, dice: &mut Dice) -> Role {
    let u = dice.unit();
    match age {
        0..=17 => Role::Pupil,
        18..=26 if u < 0.42 => Role::Student,
        66.. if u < 0.92 => Role::Retired,
        _ => match dice.unit() {
            v if v < 0.52 => Role::Worker,
            v if v < 0.72 => Role::PartTime,
            v if v < 0.80 => Role::Shift,
            v if v < 0.82 => Role::Night,
            _ => Role::AtHome,
        },
    }
}

/// The places among which people choose theirs.
struct Choice<'a> {
    places: &'a Places,
    jobs: Vec<PlaceIx>,
    schools: Vec<PlaceIx>,
    universities: Vec<PlaceIx>,
    shops: Vec<PlaceIx>,
    food: Vec<PlaceIx>,
    leisure: Vec<PlaceIx>,
}

impl<'a> Choice<'a> {
    fn new(places: &'a Places) -> Self {
        let of = |what| places.of(what).collect::<Vec<_>>();
        let employers = [
            Use::Firm,
            Use::School,
            Use::University,
            Use::Hospital,
            Use::Hub,
            Use::Shop,
            Use::Food,
        ];
        Self {
            places,
            jobs: employers.into_iter().flat_map(of).collect(),
            schools: of(Use::School),
            universities: of(Use::University),
            shops: of(Use::Shop),
            food: of(Use::Food),
            leisure: of(Use::Leisure),
        }
    }

    /// How far a job may be depends on travel time and on how many jobs there are; with a table,
    /// on the table alone.
    fn job(
        &self,
        country: &Country,
        table: Option<&CommutingTable>,
        home: PlaceIx,
        dice: &mut Dice,
    ) -> PlaceIx {
        let area = usize::from(self.places.get(home).area);
        let by_table = table.and_then(|table| {
            let flows = table.from_home(area);
            let work = flows.get(dice.pick(&running(flows.iter().map(|f| f.1))))?.0;
            self.places.firm_in(work as usize, dice)
        });
        by_table.unwrap_or_else(|| {
            let patience_min = dice.lognormal(11.0, 0.4);
            self.places
                .choose_near(country, home, &self.jobs, patience_min, dice)
        })
    }

    fn habits(
        &self,
        spec: &WorldSpec,
        country: &Country,
        table: Option<&CommutingTable>,
        ix: usize,
        draft: &Draft,
    ) -> Habits {
        let dice = &mut Dice::new(spec.seed, For::Households, 2, ix as u64);
        let home = draft.home;
        let role = draft.role;
        let near = |among: &[PlaceIx], from: PlaceIx, patience_min: f64, dice: &mut Dice| {
            self.places
                .choose_near(country, from, among, patience_min, dice)
        };
        let work = match role {
            Role::Student => Some(near(&self.universities, home, 30.0, dice)),
            Role::Pupil => Some(near(&self.schools, home, 3.0, dice)),
            _ if role.has_job() => Some(self.job(country, table, home, dice)),
            _ => None,
        };
        let anchor = work.unwrap_or(home);
        let week = match role {
            Role::PartTime if dice.chance(0.5) => [0b00111, 0b01110, 0b10101][dice.below(3)],
            Role::Shift | Role::Night => 0b011_1111,
            Role::Worker if dice.chance(0.12) => [0b011_1110, 0b111_1001][dice.below(2)],
            _ => 0b001_1111,
        };
        let home_office = if matches!(role, Role::Worker) && dice.chance(0.3) {
            (1 << dice.below(5)) | (u8::from(dice.chance(0.5)) << dice.below(5))
        } else {
            0
        };
        let early = dice.normal(0.0, 40.0);
        let (start_min, hours) = match role {
            Role::Worker => (492.0 + early, dice.normal(8.4, 0.6)),
            Role::PartTime => (530.0 + 2.0 * early, dice.normal(5.0, 0.8)),
            Role::Shift => (360.0, 8.0),
            Role::Night => (1_320.0 + 0.5 * early, 8.5),
            Role::Pupil => (475.0, dice.between(5.2, 7.2)),
            _ => (600.0 + early, 5.0),
        };
        let wake = match role {
            Role::Worker | Role::Pupil | Role::PartTime => {
                let way_min = self.places.travel_min(country, home, anchor);
                (start_min - way_min - dice.between(40.0, 75.0)).min(dice.normal(440.0, 35.0))
            }
            _ => dice.normal(455.0, 50.0),
        };
        let visit = matches!(role, Role::Visitor).then(|| {
            let first = dice.below(usize::from(spec.days)) as u16;
            let last = first + dice.pareto(1.0, 1.3).min(9.0) as u16;
            (first, last.min(spec.days - 1))
        });
        let old = f64::from(draft.age) / 100.0;
        Habits {
            home,
            work,
            shops: [
                near(&self.shops, home, 4.0, dice),
                near(&self.shops, anchor, 6.0, dice),
            ],
            food: near(&self.food, anchor, 2.5, dice),
            leisure: [
                near(&self.leisure, home, 5.0, dice),
                near(&self.leisure, home, 9.0, dice),
                near(&self.leisure, anchor, 9.0, dice),
            ],
            drop_off: draft.escort.then(|| near(&self.schools, home, 3.0, dice)),
            wake_min: wake.clamp(250.0, 640.0) as u16,
            bed_min: dice.normal(1_375.0, 45.0).clamp(1_230.0, 1_500.0) as u16,
            start_min,
            hours: hours.clamp(2.5, 11.0),
            work_days: week,
            home_office,
            visit,
            level: dice.lognormal(LEVEL, 0.72).clamp(0.5, 75.0),
            data_share: (dice.normal(0.92 - 0.75 * old, 0.18)).clamp(0.0, 0.95),
            sms_share: dice.between(0.1, 0.6),
            off_at_night: dice.chance(0.2),
            report_min: [60, 120, 240, 360, 720, 1_440][dice.below(6)],
        }
    }
}

/// Median of what people begin with the phone on a usual day.
const LEVEL: f64 = 2.0;
