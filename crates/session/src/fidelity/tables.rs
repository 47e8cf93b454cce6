use std::collections::BTreeMap;

use erewhon_events::EventSource;
use erewhon_mobility::{AnchorRule, Public, Track, anchors};
use erewhon_model::{MeasuredTable, Model};
use erewhon_types::{CellIx, Result};
use erewhon_utility::Better;

use super::Figure;
use crate::split::is_control;

/// Whose records a model was fitted to.
#[derive(Clone, Copy)]
pub(super) enum Entered {
    Everybody,
    /// All but the control group.
    Members,
}

/// Where people live and work by their own records, counted exactly.
pub(super) struct Commuters {
    /// By cell, of those who enter a fit.
    members: Vec<f64>,
    /// Of these.
    member_pairs: Pairs,
    /// Of everybody.
    pairs: Pairs,
    /// Of either half of everybody.
    halves: [Pairs; 2],
}

type Pairs = BTreeMap<(CellIx, CellIx), f64>;

/// By pair of zones.
type Shares = BTreeMap<(u32, u32), f64>;

/// Homes of fewer people than this are one size of zone, of more the next.
const SIZES: [f64; 4] = [10.0, 100.0, 1_000.0, f64::INFINITY];

impl Commuters {
    pub(super) fn read(public: Public<'_>, source: &dyn EventSource) -> Result<Self> {
        let rule = AnchorRule::signalling();
        let mut read = Self {
            members: vec![0.0; public.cells.len()],
            member_pairs: Pairs::new(),
            pairs: Pairs::new(),
            halves: Default::default(),
        };
        source.visit(&mut |history| {
            let found = anchors(&Track::new(public, history), &rule);
            let Some(home) = found.home else {
                return Ok(());
            };
            let enters = !is_control(history.subscriber);
            if enters {
                read.members[home.cell.index()] += 1.0;
            }
            if let Some(work) = found.work {
                if enters {
                    *read.member_pairs.entry((home.cell, work.cell)).or_default() += 1.0;
                }
                let half = usize::from(history.subscriber.bits() & 1 == 1);
                for pairs in [&mut read.pairs, &mut read.halves[half]] {
                    *pairs.entry((home.cell, work.cell)).or_default() += 1.0;
                }
            }
            Ok(())
        })?;
        Ok(read)
    }

    const fn pairs_of(&self, entered: Entered) -> &Pairs {
        match entered {
            Entered::Everybody => &self.pairs,
            Entered::Members => &self.member_pairs,
        }
    }

    /// Tables of a model, and pairs of what was drawn from it, against what is counted here.
    pub(super) fn figures(&self, model: &Model, entered: Entered, drawn: &Self) -> Vec<Figure> {
        let mut figures = Vec::new();
        let zones = model.routine.as_ref().map(|routine| &routine.pairs);
        let real = zones.map(|pairs| shares(self.pairs_of(entered), &pairs.zone_of_cell));
        let table = zones.zip(real.as_ref()).and_then(|(pairs, real)| {
            let side = pairs.share.len().isqrt();
            let of = |(number, share): (usize, &f64)| {
                (((number / side) as u32, (number % side) as u32), *share)
            };
            common(real, &pairs.share.iter().enumerate().map(of).collect())
        });
        let told = |id: &str, title: &str, value, halves| Figure {
            id: id.to_owned(),
            title: title.to_owned(),
            unit: "share".to_owned(),
            better: Some(Better::Higher),
            value,
            halves,
        };
        figures.push(told("pairs_table_cpc", "Home to work, table", table, None));
        let cells: Vec<u32> = (0..self.members.len() as u32).collect();
        let by = |zones: &[u32]| {
            let [a, b] = self.halves.each_ref().map(|half| shares(half, zones));
            let real = shares(&self.pairs, zones);
            (common(&real, &shares(&drawn.pairs, zones)), common(&a, &b))
        };
        let (value, halves) = zones.map_or((None, None), |pairs| by(&pairs.zone_of_cell));
        figures.push(told(
            "pairs_zones_cpc",
            "Home to work, its zones",
            value,
            halves,
        ));
        let (value, halves) = by(&cells);
        figures.push(told(
            "pairs_cells_cpc",
            "Home to work, cells",
            value,
            halves,
        ));
        figures.extend(self.errors_by_size(&model.measured));
        figures
    }

    /// By how much homes of zones of a size are wrong in the mean, in people: as measured, and as fitted.
    fn errors_by_size(&self, measured: &[MeasuredTable]) -> Vec<Figure> {
        let table = measured.iter().find(|table| table.query == "home");
        let mut errors = [[(0.0, 0_u32); SIZES.len()]; 2];
        if let Some(table) = table
            && let Some(zones) = &table.zone_of_cell
            && let Some(fitted) = &table.fitted_people
        {
            let mut exact = vec![0.0; table.units.len()];
            for (zone, people) in zones.iter().zip(&self.members) {
                exact[*zone as usize] += people;
            }
            for ((exact, measured), fitted) in exact.iter().zip(table.people()).zip(fitted) {
                let size = SIZES
                    .partition_point(|size| size <= exact)
                    .min(SIZES.len() - 1);
                for (errors, made) in errors.iter_mut().zip([measured, *fitted]) {
                    errors[size].0 += made - exact;
                    errors[size].1 += 1;
                }
            }
        }
        let mut figures = Vec::new();
        for (name, errors) in ["measured", "fitted"].into_iter().zip(errors) {
            let mut from = 0.0;
            for (size, (sum, zones)) in SIZES.into_iter().zip(errors) {
                let words = match size.is_finite() {
                    true => format!("{from} to {size}"),
                    false => format!("from {from}"),
                };
                figures.push(Figure {
                    id: format!("home_{name}_error_from_{from}_people"),
                    title: format!("Homes {name}, zones {words}"),
                    unit: "people".to_owned(),
                    better: None,
                    value: (zones > 0).then(|| sum / f64::from(zones)),
                    halves: None,
                });
                from = size;
            }
        }
        figures
    }
}

/// Shares of pairs of zones.
fn shares(pairs: &Pairs, zones: &[u32]) -> Shares {
    let total: f64 = pairs.values().sum();
    let mut shares = Shares::new();
    for ((home, work), people) in pairs {
        let pair = (zones[home.index()], zones[work.index()]);
        *shares.entry(pair).or_default() += people / total;
    }
    shares
}

/// The common part of commuters (Lenormand and others, PLoS ONE 7(10), 2012); none where either has no pair.
fn common(a: &Shares, b: &Shares) -> Option<f64> {
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let both = a
        .iter()
        .filter_map(|(pair, share)| Some(share.min(*b.get(pair)?)));
    Some(both.sum())
}

#[cfg(test)]
mod tests {
    use erewhon_events::{Event, EventKind, EventTable};
    use erewhon_geo::{Cell, CellTable, Frame};
    use erewhon_types::{Calendar, Local, Subscriber, Window};

    use super::*;

    #[test]
    fn common_parts_are_those_of_a_hand_count() {
        let pairs = |pairs: [(u32, u32, f64); 3]| -> Pairs {
            pairs
                .map(|(home, work, people)| ((CellIx(home), CellIx(work)), people))
                .into()
        };
        let a = pairs([(0, 1, 6.0), (0, 2, 2.0), (3, 3, 2.0)]);
        let b = pairs([(0, 1, 1.0), (1, 2, 1.0), (3, 3, 2.0)]);
        let cells: Vec<u32> = (0..4).collect();
        let told = |zones: &[u32]| common(&shares(&a, zones), &shares(&b, zones)).unwrap();
        assert!((told(&cells) - 0.45).abs() < 1e-12);
        // Cells 0 and 1 are one zone, and so are 2 and 3.
        assert!((told(&[0, 0, 1, 1]) - 0.65).abs() < 1e-12);
    }

    /// One of each, who live where the other works.
    #[test]
    fn a_fit_is_held_against_the_pairs_of_those_who_entered() {
        let cells = (0..2_u32).map(|i| Cell::planar(i.to_string(), f64::from(i) * 1e3, 0.0));
        let cells = CellTable::new(Frame::Planar, cells.collect()).unwrap();
        let window = Window::parse("2026-03-02", 7, "UTC").unwrap();
        let calendar = Calendar::new(&window).unwrap();
        let (member, control) = (Subscriber::new(11), Subscriber::new(10));
        assert!(is_control(control) && !is_control(member));
        let mut rows = Vec::new();
        for day in 0..7 {
            for (hour, [of_member, of_control]) in [(2, [0, 1]), (11, [1, 0])] {
                let minute = hour * 60;
                let at = calendar.utc_ms(Local { day, minute });
                let event = |cell| Event::at(at, CellIx(cell), EventKind::CallOut);
                rows.extend([(member, event(of_member)), (control, event(of_control))]);
            }
        }
        let (cells, calendar) = (&cells, &calendar);
        let public = Public { cells, calendar };
        let read = Commuters::read(public, &EventTable::from_rows(rows)).unwrap();
        let pair = |home, work| ((CellIx(home), CellIx(work)), 1.0);
        assert_eq!(*read.pairs_of(Entered::Members), Pairs::from([pair(0, 1)]));
        let both = Pairs::from([pair(0, 1), pair(1, 0)]);
        assert_eq!(*read.pairs_of(Entered::Everybody), both);
    }

    #[test]
    fn where_nobody_commutes_nothing_is_common() {
        let some = Pairs::from([((CellIx(0), CellIx(1)), 2.0)]);
        let none = Pairs::new();
        for (a, b) in [(&some, &none), (&none, &some), (&none, &none)] {
            assert_eq!(common(&shares(a, &[0, 1]), &shares(b, &[0, 1])), None);
        }
    }

    #[test]
    fn an_error_with_a_sign_is_not_better_for_being_less() {
        let known = Commuters {
            members: vec![5.0],
            member_pairs: Pairs::new(),
            pairs: Pairs::new(),
            halves: Default::default(),
        };
        let home = MeasuredTable {
            query: "home".to_owned(),
            by: Vec::new(),
            zone_of_cell: Some(vec![0]),
            units_per_person: 1,
            units: vec![2],
            fitted_people: Some(vec![6.0]),
        };
        let figures = known.errors_by_size(&[home]);
        let told = figures.iter().filter_map(|figure| figure.value);
        assert_eq!(told.collect::<Vec<_>>(), [-3.0, 1.0]);
        assert!(figures.iter().all(|figure| figure.better.is_none()));
    }
}
