//! Capped sums, their noise, and what is refused.

use std::{collections::BTreeMap, sync::Arc};

use erewhon_dp::{gaussian_scale_units, noise_scale_units};
use erewhon_events::{Event, EventKind, EventTable};
use erewhon_geo::{Cell, CellTable, Frame};
use erewhon_ledger::Ledger;
use erewhon_mobility::{Corridor, Ground, Hub, families};
use erewhon_testkit::audit::{gaussian_fit_z, laplace_fit_z};
use erewhon_types::{Calendar, CellIx, Delta, Loss, Subscriber, Window};
use tempfile::TempDir;

use super::*;
use crate::{families_files::without_path, families_plan::plan};

/// A network, a week, and zones that are its cells.
struct Town {
    cells: CellTable,
    calendar: Calendar,
    ground: Ground,
    definitions: Definitions,
}

impl Town {
    fn of(cells: usize) -> Self {
        let cell = |i: usize| Cell::planar(i.to_string(), i as f64 * 800.0, (i % 3) as f64 * 500.0);
        let cells = CellTable::new(Frame::Planar, (0..cells).map(cell).collect()).unwrap();
        let corridor = Corridor {
            name: "road".into(),
            line: vec![(0.0, 0.0), (800.0 * cells.len() as f64, 0.0)],
            min_m: 500.0,
            min_cells: 3,
            max_silence_s: 7_200,
            max_stop_s: 7_200,
            min_km_h: 0.1,
            free_flow_km_h: Some(2.0),
            ..Corridor::default()
        };
        let hub = Hub {
            name: "station".into(),
            at: (0.0, 0.0),
            ..Hub::default()
        };
        let definitions = Definitions {
            corridors: vec![corridor],
            hubs: vec![hub],
            ..Definitions::default()
        };
        Self {
            ground: Ground::new(Arc::new(Zoning::cells(&cells)), &cells, &definitions).unwrap(),
            definitions,
            calendar: Calendar::new(&Window::parse("2026-03-02", 7, "UTC").unwrap()).unwrap(),
            cells,
        }
    }

    fn public(&self) -> Public<'_> {
        Public {
            cells: &self.cells,
            calendar: &self.calendar,
        }
    }

    fn plan(&self, asked: &[&str], epsilon: &str, delta: Option<&str>) -> Result<FamiliesPlan> {
        let asked: Vec<AskedFamily> = asked
            .iter()
            .map(|text| text.parse())
            .collect::<Result<_>>()?;
        let delta = delta.map(|delta| delta.parse::<Delta>().unwrap());
        plan(
            &self.public(),
            &asked,
            &self.ground,
            (epsilon.parse()?, delta),
        )
    }

    /// Everybody once an hour, all week, in a cell by chance.
    fn crowd(&self, people: u64) -> EventTable {
        let start_utc_ms = self.calendar.start_utc_ms();
        let rows = (0..people).flat_map(|person| {
            (0..7 * 24).map(move |hour: i64| {
                let cell = (person + 7 * hour as u64 * (person + 1)) % 5;
                let utc_ms = start_utc_ms + hour * 3_600_000;
                let event = Event::at(utc_ms, CellIx(cell as u32), EventKind::Data);
                (Subscriber::new(person), event)
            })
        });
        EventTable::from_rows(rows.collect())
    }

    /// What a ledger of nobody's pays for.
    fn answers(&self, plan: &FamiliesPlan, members: &EventTable) -> Vec<Vec<i64>> {
        let dir = TempDir::new().unwrap();
        let home = dir.path().join("ledger");
        fs::create_dir(&home).unwrap();
        let budget = (plan.guarantee.epsilon, plan.guarantee.delta());
        let (file, anchors) = (home.join("budget"), dir.path().join("anchors"));
        let mut ledger = Ledger::create(&file, &anchors, "nobody", budget, "test").unwrap();
        let mut purse = ledger
            .fill_purse(&ChargeRequest {
                release: "spring".to_owned(),
                query_name: named(&plan.numbers),
                query_digest: [0; 32],
                epsilon: plan.guarantee.epsilon,
                who: "test".to_owned(),
                purpose: "statistics".to_owned(),
                window: self.calendar.window().clone(),
            })
            .unwrap();
        let sums = sums(&self.public(), &self.definitions, members, &plan.numbers).unwrap();
        answers(&mut purse, &plan.numbers, sums).unwrap()
    }
}

/// Every column of every table.
fn everything() -> Vec<&'static str> {
    let ground = Ground::from(Arc::new(Zoning::named(["anywhere"])));
    let tables = families().iter().filter(|f| f.kernel(&ground).is_some());
    tables.map(|family| family.name).collect()
}

/// Nobody is in these tables, so what is in them is noise. A false alarm in 10^6 each.
#[test]
fn noise_of_families_fits_what_was_paid_for() {
    let town = Town::of(120);
    let nobody = EventTable::from_rows(Vec::new());
    let plan = town.plan(&["pairs_daily:3"], "2", None).unwrap();
    let answers = town.answers(&plan, &nobody);
    let planned = &plan.numbers[0];
    let Loss::Epsilon(epsilon) = planned.loss else {
        panic!("no epsilon")
    };
    let scale = noise_scale_units(&planned.query, epsilon);
    assert!((scale - 1.5).abs() < 1e-9);
    let z = laplace_fit_z(&answers[0], scale);
    assert!(z.abs() < 5.0, "z = {z}");
    assert!(
        laplace_fit_z(&answers[0], scale / 3.0) > 5.0,
        "a scale of one entry would fit"
    );

    // Sums are in thousandths there, for which the noise is wide: it is held against a table of its own width.
    let plan = town.plan(&["pairs_daily:3"], "100", Some("1e-3")).unwrap();
    let answers = town.answers(&plan, &nobody);
    let planned = &plan.numbers[0];
    let Loss::Rho(rho) = planned.loss else {
        panic!("no rho")
    };
    let scale = gaussian_scale_units(&planned.query, rho);
    assert!((scale / (1000.0 * 3_f64.sqrt() / (2.0 * rho.value()).sqrt()) - 1.0).abs() < 1e-3);
    let z = gaussian_fit_z(&answers[0], scale);
    assert!(z.abs() < 5.0, "z = {z}");
    assert!(gaussian_fit_z(&answers[0], scale / 3_f64.sqrt()) > 5.0);
}

/// What capped people add up to, entry by entry, against a slow sum: had a cap been forgotten, the sum would
/// be clipped below it; had a bound been smaller than its cap, too.
#[test]
fn what_counts_is_summed_whole_in_every_family() {
    let town = Town::of(5);
    let crowd = town.crowd(20);
    for delta in [None, Some("1e-3")] {
        for family in everything() {
            for asked in [family.to_owned(), format!("{family}:2")] {
                let plan = town.plan(&[&asked], "100", delta).unwrap();
                let answers = town.answers(&plan, &crowd);
                for (planned, answer) in plan.numbers.iter().zip(answers) {
                    let slow = slow(&town, planned, &crowd);
                    let statement = planned.statement();
                    for (entry, units) in (0..).zip(answer) {
                        let exact = slow.get(&entry).copied().unwrap_or(0.0);
                        let value = units as f64 / planned.units_of_one(entry);
                        let measures = &statement.measures;
                        let sd = measures[entry as usize % measures.len()].noise_sd;
                        // Laplace noise goes beyond 18 sd with chance exp(-25).
                        let off = (value - exact).abs();
                        assert!(
                            off <= 18.0 * sd + 0.5,
                            "{asked} {entry}: {value} for {exact}"
                        );
                    }
                }
            }
        }
    }
}

fn slow(town: &Town, planned: &PlannedNumber, crowd: &EventTable) -> BTreeMap<u64, f64> {
    let (kernel, cap) = (&planned.number.kernel, &planned.number.cap);
    let mut sums = BTreeMap::new();
    crowd
        .visit(&mut |history| {
            let track = Track::by(town.public(), &town.definitions, history);
            let mut vector = Contribution::over(kernel, &town.public());
            kernel.contribution(&track, &mut vector);
            let kept = cap.units(track.subscriber(), vector.entries());
            assert!(kept.len() <= cap.entries() as usize);
            for (entry, units) in kept {
                *sums.entry(entry).or_default() +=
                    f64::from(units) / f64::from(cap.units_of_one(entry));
            }
            Ok(())
        })
        .unwrap();
    sums
}

/// The bound that noise is drawn for is what a cap lets through, in its norm, and hardly more.
#[test]
fn bounds_are_those_of_the_caps() {
    let town = Town::of(5);
    for delta in [None, Some("1e-6")] {
        let plan = town.plan(&everything(), "10", delta).unwrap();
        for planned in &plan.numbers {
            let (cap, query) = (&planned.number.cap, &planned.query);
            let (k, c) = (f64::from(cap.entries()), f64::from(cap.most_units()));
            let norm = if delta.is_none() { k } else { k.sqrt() };
            let least = norm * c * f64::from(query.units_per_person());
            let bound = f64::from(query.bound_units());
            assert!(bound >= least * (1.0 - 1e-12), "{}", query.name());
            assert!(bound < least + 1.0, "{}", query.name());
        }
    }
}

#[test]
fn a_share_of_the_loss_pays_for_each_number_and_all_of_it_is_stated() {
    let town = Town::of(5);
    for delta in [None, Some("1e-6")] {
        let plan = town
            .plan(&["footfall", "homes", "trips_daily.trips"], "1", delta)
            .unwrap();
        let units: u64 = plan.numbers.iter().map(|number| number.loss.units()).sum();
        assert_eq!(units, plan.guarantee.loss().units());
        let names: Vec<&str> = plan.numbers.iter().map(|n| n.query.name()).collect();
        let all = [
            "footfall.subscribers",
            "footfall.events",
            "homes.subscribers",
            "trips_daily.trips",
        ];
        assert_eq!(names, all);
    }
}

#[test]
fn what_can_not_be_released_is_refused_in_words() {
    let town = Town::of(1_000);
    for (asked, words) in [
        (&["footfal"][..], "`footfal` is no family of numbers"),
        (&["space"], "a row about each subscriber"),
        (&["footfall.trips"], "there is no column `trips`"),
        (&["footfall:0"], "a cap of `0`"),
        (&["footfall:3:0"], "a cap of `0`"),
        (&["footfall:x"], "`x` is no cap"),
        (&["footfall:1:2:3"], "too many caps"),
        (&["homes:1:2"], "a subscriber counts 1"),
        (&["footfall.subscribers:1:2"], "a subscriber counts 1"),
        (&["journeys_daily:10:5"], "a cap for each measure"),
        (
            &["footfall", "footfall.events:2:2"],
            "`footfall.events` is asked twice",
        ),
        (
            &["footfall.events:90000:4000000000"],
            "more of one subscriber than can be counted",
        ),
        (
            &["trips_daily", "connections_daily", "journeys_daily"],
            "that a release may have",
        ),
        (&[], "no family was named"),
    ] {
        let refused = town.plan(asked, "1", None).err().unwrap();
        assert_eq!(refused.kind().exit_code(), 2, "{refused}");
        assert!(refused.message().contains(words), "{refused}");
        assert!(refused.hint().is_some(), "{refused}");
    }
    assert!(town.plan(&["footfall"], "0.000001", None).is_err());
    // A subscriber has one home, however many are allowed.
    let plan = town.plan(&["homes:100"], "1", None).unwrap();
    assert_eq!(plan.statements()[0].entries_of_one, 1);
}

#[test]
fn a_statement_names_no_directory() {
    let zones = without_path("zones = \"/home/areas/march.geojson\"\narea_name = \"n\"\n").unwrap();
    assert_eq!(zones["zones"].as_str(), Some("march.geojson"));
    assert_eq!(zones["area_name"].as_str(), Some("n"));
    assert_eq!(
        without_path("zones = \"h3-5\"\n").unwrap()["zones"].as_str(),
        Some("h3-5")
    );
}

#[test]
fn large_tables_show_their_larger_entries_and_say_from_which() {
    let town = Town::of(300);
    let plan = town.plan(&["pairs_daily:1"], "1", None).unwrap();
    let statement = &plan.statements()[0];
    assert_eq!(statement.entries, 7 * 300 * 300);
    let from = statement.measures[0].shown_from.unwrap();
    assert!((13.0..15.0).contains(&from), "{from}");
    let nobody = EventTable::from_rows(Vec::new());
    let text = csv(&plan, &town.answers(&plan, &nobody));
    // One entry is expected, Poisson: a dozen with chance below 10^-9.
    assert!(text.lines().count() <= 12, "{text}");
    let whole = town.plan(&["footfall:1"], "1", None).unwrap();
    let text = csv(&whole, &town.answers(&whole, &nobody));
    assert_eq!(text.lines().count(), 1 + 2 * 7 * 300);
    assert_eq!(
        text.lines().next(),
        Some("number,day,zone,value,low_95,high_95")
    );
    assert!(text.contains("\nfootfall.subscribers,2026-03-02,0,"));
    assert!(text.contains("\nfootfall.events,2026-03-08,299,"));
}
