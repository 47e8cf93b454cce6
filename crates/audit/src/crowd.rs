use erewhon_events::{Event, EventKind, EventTable};
use erewhon_fit::{FitSpec, plan};
use erewhon_geo::{Cell, CellTable, Frame, ZoneTree};
use erewhon_mobility::Public;
use erewhon_types::{Calendar, CellIx, Local, Result, Subscriber, Window};

const SIDE: u32 = 4;
const DAYS: u16 = 7;
/// Subscribers of the random crowds.
const SMALL: u64 = 12;
/// Up to here a crowd is looked for that gets finer tables when one more joins it.
const EDGE: u64 = 1000;

type Rows = Vec<(Subscriber, Event)>;

/// A public town of 16 cells, a kilometre apart, for a week.
pub(crate) struct Town {
    pub(crate) cells: CellTable,
    calendar: Calendar,
}

/// Two neighbours: the second has one subscriber more.
pub(crate) struct Pair {
    pub(crate) name: String,
    pub(crate) without: EventTable,
    pub(crate) with: EventTable,
}

/// Crowds and coins of the audit, the same each time. No noise is drawn of it.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `sides` (SplitMix64, Steele, Lea and Flood 2014).
    pub(crate) fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}

impl Town {
    pub(crate) fn new() -> Result<Self> {
        let cell = |i: u32| {
            let (x, y) = (f64::from(i % SIDE), f64::from(i / SIDE));
            Cell::planar(i.to_string(), x * 1000.0, y * 1000.0)
        };
        Ok(Self {
            cells: CellTable::new(Frame::Planar, (0..SIDE * SIDE).map(cell).collect())?,
            calendar: Calendar::new(&Window::parse("2026-03-02", DAYS, "UTC")?)?,
        })
    }

    pub(crate) const fn public(&self) -> Public<'_> {
        Public {
            cells: &self.cells,
            calendar: &self.calendar,
        }
    }

    fn event(&self, day: u64, minute: u64, cell: u64, kind: EventKind) -> Event {
        let local = Local {
            day: (day % u64::from(DAYS)) as u16,
            minute: (minute % 1440) as u16,
        };
        let cell = CellIx(cell as u32 % (SIDE * SIDE));
        Event::at(self.calendar.utc_ms(local), cell, kind)
    }

    /// Pairs of every crowd and every stranger.
    pub(crate) fn pairs(&self, spec: &FitSpec, crowds: u64) -> Result<Vec<Pair>> {
        // A crowd that has been everywhere hides what follows from where anybody has been.
        let mut all = vec![
            ("nobody".to_owned(), Rows::new()),
            ("a crowd in one cell".to_owned(), self.in_one_cell()),
        ];
        for seed in 0..crowds {
            let people = Dice(seed).below(SMALL);
            all.push((format!("random crowd {seed}"), self.crowd(seed, people)));
        }
        if let Some(edge) = self.edge(spec)? {
            all.push((
                "crowd at an edge of the layout".to_owned(),
                self.crowd(0, edge),
            ));
        }
        let mut pairs = Vec::new();
        for (crowd, rows) in all {
            for (stranger, more) in self.strangers() {
                pairs.push(Pair {
                    name: format!("{crowd}, {stranger}"),
                    without: EventTable::from_rows(rows.clone()),
                    with: EventTable::from_rows([rows.clone(), more].concat()),
                });
            }
        }
        Ok(pairs)
    }

    /// The size of crowd whose exact number would give coarser tables than one more.
    fn edge(&self, spec: &FitSpec) -> Result<Option<u64>> {
        let tree = ZoneTree::build(&self.cells);
        let shape = |people| -> Result<Vec<usize>> {
            let planned = plan(&self.public(), &tree, spec, people)?;
            Ok(planned.iter().map(|q| q.query.entries()).collect())
        };
        for people in 1..EDGE {
            if shape(people)? != shape(people + 1)? {
                return Ok(Some(people));
            }
        }
        Ok(None)
    }

    fn in_one_cell(&self) -> Rows {
        let each = (0..SMALL).flat_map(|who| (0..7).map(move |day| (who, day)));
        each.map(|(who, day)| {
            let event = self.event(day, 120, 0, EventKind::CallOut);
            (Subscriber::new(who * 7 + 3), event)
        })
        .collect()
    }

    /// Subscribers with up to 40 events each, anywhere and at any time.
    fn crowd(&self, seed: u64, people: u64) -> Rows {
        let mut dice = Dice(seed);
        let mut rows = Rows::new();
        for who in 0..people {
            let kinds = EventKind::ALL;
            for _ in 0..=dice.below(40) {
                let kind = kinds[dice.below(kinds.len() as u64) as usize % kinds.len()];
                let (day, minute, cell) = (dice.below(7), dice.below(1440), dice.below(16));
                rows.push((
                    Subscriber::new(who * 7 + 3),
                    self.event(day, minute, cell, kind),
                ));
            }
        }
        rows
    }

    /// One more, unlike the others.
    fn strangers(&self) -> Vec<(&'static str, Rows)> {
        // Two pseudonyms: one that enters the fit, one of its control group.
        let (member, control) = (Subscriber::new(100_001), Subscriber::new(100_010));
        let hours = || (0..7).flat_map(|day| (0..24).map(move |hour| (day, hour * 60)));
        let rows = |who, events: Vec<Event>| events.into_iter().map(|e| (who, e)).collect();
        let each = EventKind::ALL.iter().copied();
        vec![
            (
                "one event",
                rows(member, vec![self.event(3, 700, 15, EventKind::Data)]),
            ),
            (
                "every hour in one cell",
                rows(
                    member,
                    hours()
                        .map(|(d, m)| self.event(d, m, 5, EventKind::CallOut))
                        .collect(),
                ),
            ),
            (
                "every hour in every cell",
                rows(
                    member,
                    hours()
                        .flat_map(|(d, m)| (0..16).map(move |c| (d, m + c, c)))
                        .map(|(d, m, c)| self.event(d, m, c, EventKind::CallIn))
                        .collect(),
                ),
            ),
            (
                "thousands at one moment",
                rows(
                    member,
                    vec![self.event(6, 1439, 12, EventKind::SmsIn); 5000],
                ),
            ),
            (
                "every kind, far from home",
                rows(
                    member,
                    each.enumerate()
                        .flat_map(|(i, kind)| (0..9).map(move |j| (i as u64, j, kind)))
                        .map(|(i, j, kind)| self.event(j, i * 131, i * j, kind))
                        .collect(),
                ),
            ),
            (
                "somebody of the control group",
                rows(
                    control,
                    hours()
                        .map(|(d, m)| self.event(d, m, d, EventKind::Data))
                        .collect(),
                ),
            ),
        ]
    }
}
