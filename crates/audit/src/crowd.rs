use erewhon_events::{Event, EventKind, EventTable};
use erewhon_fit::{FitSpec, PlannedQuery, plan};
use erewhon_geo::{Cell, CellTable, Frame, ZoneTree};
use erewhon_mobility::Public;
use erewhon_types::{Calendar, CellIx, Local, Result, Subscriber, Window};

const SIDE: u32 = 4;
const DAYS: u16 = 7;
/// Subscribers of the random crowds.
const SMALL: u64 = 12;
/// Up to here a crowd of members is looked for that gets finer tables when one more joins it.
const EDGE: u64 = 1000;

type Rows = Vec<(Subscriber, Event)>;

/// The crowds that an exact number of members would betray, by the size of tables and by their prices.
const EDGE_NAME: &str = "crowd at an edge of the layout";
const DEAR_NAME: &str = "crowd at an edge of the shares";
/// Up to here prices are looked for that follow the number of members.
const MANY: u64 = 1 << 24;

/// Pseudonyms of which one in ten is a multiple of ten: a control group of one in ten.
fn anybody(number: u64) -> Subscriber {
    Subscriber::new(number * 7 + 3)
}

/// Pseudonyms of which none is, so that all enter the fit.
fn member(number: u64) -> Subscriber {
    Subscriber::new(number * 10 + 1)
}

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
            all.push((
                format!("random crowd {seed}"),
                self.crowd(seed, (0..people).map(anybody)),
            ));
        }
        if let Some(edge) = self.edge(spec)? {
            all.push((EDGE_NAME.to_owned(), self.crowd(0, (0..edge).map(member))));
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
        if let Some(many) = self.shares_edge(spec)? {
            let rows = |people| (0..people).map(|who| self.one_event(who)).collect();
            pairs.push(Pair {
                name: DEAR_NAME.to_owned(),
                without: EventTable::from_rows(rows(many)),
                with: EventTable::from_rows(rows(many + 1)),
            });
        }
        Ok(pairs)
    }

    /// How many members would get coarser tables, by their exact number, than one more.
    fn edge(&self, spec: &FitSpec) -> Result<Option<u64>> {
        let shape = |members| self.planned(spec, members, |q| q.query.entries());
        for members in 1..EDGE {
            if shape(members)? != shape(members + 1)? {
                return Ok(Some(members));
            }
        }
        Ok(None)
    }

    /// How many members pay the shares of the fewest, where one more pays others.
    fn shares_edge(&self, spec: &FitSpec) -> Result<Option<u64>> {
        let losses = |members| self.planned(spec, members, |q| q.loss);
        let of_the_fewest = losses(1)?;
        let (mut same, mut other) = (1, MANY);
        if losses(other)? == of_the_fewest {
            return Ok(None);
        }
        while other - same > 1 {
            let middle = u64::midpoint(same, other);
            if losses(middle)? == of_the_fewest {
                same = middle;
            } else {
                other = middle;
            }
        }
        Ok(Some(same))
    }

    /// What the plan of so many members says of each query.
    fn planned<T>(
        &self,
        spec: &FitSpec,
        members: u64,
        tell: fn(&PlannedQuery) -> T,
    ) -> Result<Vec<T>> {
        // A plan is asked for a number of everybody; without a control group that is the members'.
        let members_only = FitSpec {
            control_one_in: None,
            ..spec.clone()
        };
        let tree = ZoneTree::build(&self.cells);
        let planned = plan(&self.public(), &tree, &members_only, members)?;
        Ok(planned.iter().map(tell).collect())
    }

    fn one_event(&self, who: u64) -> (Subscriber, Event) {
        (member(who), self.event(who, who, who, EventKind::CallOut))
    }

    fn in_one_cell(&self) -> Rows {
        let each = (0..SMALL).flat_map(|who| (0..7).map(move |day| (who, day)));
        each.map(|(who, day)| {
            let event = self.event(day, 120, 0, EventKind::CallOut);
            (anybody(who), event)
        })
        .collect()
    }

    /// Subscribers with up to 40 events each, anywhere and at any time.
    fn crowd(&self, seed: u64, people: impl Iterator<Item = Subscriber>) -> Rows {
        let mut dice = Dice(seed);
        let mut rows = Rows::new();
        for who in people {
            let kinds = EventKind::ALL;
            for _ in 0..=dice.below(40) {
                let kind = kinds[dice.below(kinds.len() as u64) as usize % kinds.len()];
                let (day, minute, cell) = (dice.below(7), dice.below(1440), dice.below(16));
                rows.push((who, self.event(day, minute, cell, kind)));
            }
        }
        rows
    }

    /// One more, unlike the others.
    fn strangers(&self) -> Vec<(&'static str, Rows)> {
        // Two pseudonyms: one that enters the fit, one of its control group.
        let (member, control) = (member(10_000), Subscriber::new(100_010));
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

#[cfg(test)]
mod tests {
    use erewhon_events::EventSource as _;
    use erewhon_fit::Places;
    use erewhon_mobility::AnchorRule;

    use super::*;

    /// The plan that ships, by the exact number of those who enter it: one more, and it is another.
    #[test]
    fn the_crowd_at_an_edge_is_at_the_edge_of_the_fit_that_ships() {
        let spec = FitSpec {
            epsilon: "1".parse().unwrap(),
            delta: None,
            places: Places::Routine,
            anchors: AnchorRule::signalling(),
            kinds: vec![EventKind::CallOut, EventKind::CallIn],
            control_one_in: Some(10),
            persons: false,
        };
        let town = Town::new().unwrap();
        let pairs = town.pairs(&spec, 0).unwrap();
        let pair = pairs.iter().find(|pair| pair.name.starts_with(EDGE_NAME));
        let members = |of: &EventTable| {
            let mut members = 0;
            of.visit(&mut |history| {
                members += u64::from(!history.subscriber.bits().is_multiple_of(10));
                Ok(())
            })
            .unwrap();
            members
        };
        let (fewer, more) = (
            members(&pair.unwrap().without),
            members(&pair.unwrap().with),
        );
        assert_eq!(fewer + 1, more);
        let (public, tree) = (town.public(), ZoneTree::build(&town.cells));
        let all_enter = FitSpec {
            control_one_in: None,
            ..spec
        };
        let entries = |members| {
            let planned = plan(&public, &tree, &all_enter, members).unwrap();
            planned
                .iter()
                .map(|q| q.query.entries())
                .collect::<Vec<_>>()
        };
        assert_ne!(entries(fewer), entries(more));
    }
}
