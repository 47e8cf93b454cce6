use crate::{
    commuting::CommutingTable,
    country::Country,
    dice::{Dice, For, running},
    people::Role,
    places::{PlaceIx, Places, Use},
    society::Draft,
    spec::WorldSpec,
};

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
    /// How much longer the person sleeps on free days, in minutes.
    pub(crate) lie_in_min: u16,
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
    /// Running total of the strengths of the person's ties.
    pub(crate) circle: Vec<f64>,
}

impl Habits {
    /// When the person gets up on a weekday (0 is Monday), in local minutes.
    pub(crate) const fn wakes_min(&self, weekday: u8) -> u16 {
        if self.work_days >> weekday & 1 == 1 {
            self.wake_min
        } else {
            self.wake_min + self.lie_in_min
        }
    }
}

/// Median of what people begin with the phone on a usual day.
const LEVEL: f64 = 2.45;

/// The places among which people choose theirs.
pub(crate) struct Choice<'a> {
    places: &'a Places,
    jobs: Vec<PlaceIx>,
    schools: Vec<PlaceIx>,
    universities: Vec<PlaceIx>,
    shops: Vec<PlaceIx>,
    food: Vec<PlaceIx>,
    leisure: Vec<PlaceIx>,
}

impl<'a> Choice<'a> {
    pub(crate) fn new(places: &'a Places) -> Self {
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
            let patience_min = dice.lognormal(7.5, 0.3);
            self.places
                .choose_near(country, home, &self.jobs, patience_min, dice)
        })
    }

    pub(crate) fn habits(
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
        let lie_in = match role {
            Role::Retired | Role::AtHome | Role::Visitor | Role::Machine => dice.normal(25.0, 20.0),
            _ => dice.normal(80.0, 35.0),
        };
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
            lie_in_min: lie_in.clamp(0.0, 200.0) as u16,
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
            circle: Vec::new(),
        }
    }
}
