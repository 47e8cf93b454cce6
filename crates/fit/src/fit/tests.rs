use erewhon_dp::{Norm, Query, price};
use erewhon_events::{Event, EventKind, EventTable};
use erewhon_geo::{Cell, CellTable, Frame, Nearness};
use erewhon_mobility::AnchorRule;
use erewhon_model::{PrivacyStatement, SPREAD};
use erewhon_types::{Calendar, Local, Loss, Subscriber, Window};
use proptest::prelude::*;

use super::*;
use crate::{Places, measure::Noise};

mod statement;

/// Sums contributions as they come. `noise` adds fixed pseudo-random numbers: it stands for
/// nothing but arithmetic and protects nobody.
struct Recorder {
    says: Noise,
    noise: Option<u64>,
    /// The first answers, to give instead of the sums: they hold adaptive choices fixed between neighbours.
    replay: Option<Vec<Vec<i64>>>,
    asked: Vec<(Query, Loss)>,
    sums: Vec<Vec<i64>>,
    answers: Vec<Vec<i64>>,
}

impl Recorder {
    fn exact() -> Self {
        Self {
            says: Noise::None,
            noise: None,
            replay: None,
            asked: Vec::new(),
            sums: Vec::new(),
            answers: Vec::new(),
        }
    }

    fn noisy(seed: u64) -> Self {
        Self {
            says: Noise::Released,
            noise: Some(seed),
            ..Self::exact()
        }
    }
}

/// The splitmix64 generator, for numbers that only have to look uneven.
fn uneven(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

impl Answers for Recorder {
    fn noise(&self) -> Noise {
        self.says
    }

    fn is_paid(&self) -> bool {
        self.says == Noise::Released
    }

    fn answer(
        &mut self,
        planned: &PlannedQuery,
        contributions: &mut dyn Iterator<Item = Vec<(u32, u32)>>,
    ) -> Result<Vec<i64>> {
        let (query, loss) = (&planned.query, planned.loss);
        let mut sums = vec![0; query.entries()];
        for vector in contributions {
            let mut own = vec![0; query.entries()];
            for (entry, units) in vector {
                own[entry as usize] += i64::from(units);
            }
            assert!(is_within(query, &own), "{}", query.name());
            for (sum, units) in sums.iter_mut().zip(own) {
                *sum += units;
            }
        }
        let replay = self.replay.as_ref();
        let replayed = replay.and_then(|answers| answers.get(self.asked.len()));
        let mut answer = replayed.unwrap_or(&sums).clone();
        if let Some(seed) = &mut self.noise {
            let scale = planned.noise_sd_people * f64::from(query.units_per_person()) / 1.4;
            for value in &mut answer {
                let u = uneven(seed) - 0.5;
                *value += (-scale * u.signum() * (1.0 - 2.0 * u.abs()).ln()).round() as i64;
            }
        }
        self.asked.push((query.clone(), loss));
        self.sums.push(sums);
        self.answers.push(answer.clone());
        Ok(answer)
    }
}

/// Whether a difference of two tables keeps to the query's bound in its norm.
fn is_within(query: &Query, difference: &[i64]) -> bool {
    let units = difference.iter().map(|units| units.unsigned_abs());
    let bound = u64::from(query.bound_units());
    match query.norm() {
        Norm::L1 => units.sum::<u64>() <= bound,
        Norm::L2 => units.map(|units| units * units).sum::<u64>() <= bound * bound,
    }
}

struct Town {
    cells: CellTable,
    calendar: Calendar,
    tree: ZoneTree,
}

impl Town {
    /// A square lattice with a kilometre between cells.
    fn new(side: u32) -> Self {
        let cell = |i: u32| {
            let (x, y) = (f64::from(i % side), f64::from(i / side));
            Cell::planar(i.to_string(), x * 1000.0, y * 1000.0)
        };
        let cells = CellTable::new(Frame::Planar, (0..side * side).map(cell).collect()).unwrap();
        Self {
            tree: ZoneTree::build(&cells),
            calendar: Calendar::new(&Window::parse("2026-03-02", 14, "UTC").unwrap()).unwrap(),
            cells,
        }
    }

    fn fit(&self, source: &EventTable, spec: &FitSpec, answers: &mut Recorder) -> Result<Model> {
        let public = Public {
            cells: &self.cells,
            calendar: &self.calendar,
        };
        fit_by(&public, &self.tree, source, spec, answers, &mut |_| ())
    }

    fn event(&self, day: u16, hour: u16, cell: u32, kind: EventKind) -> Event {
        let local = Local {
            day,
            minute: hour * 60,
        };
        Event::at(self.calendar.utc_ms(local), CellIx(cell), kind)
    }

    /// Somebody who calls twice a night at home and once each workday at work.
    fn worker(&self, number: u64, home: u32, work: u32) -> Vec<(Subscriber, Event)> {
        let who = Subscriber::new(number);
        let mut rows = Vec::new();
        for day in 0..14 {
            rows.push((who, self.event(day, 1, home, EventKind::Data)));
            rows.push((who, self.event(day, 22, home, EventKind::CallOut)));
            if self.calendar.is_workday(day) {
                rows.push((who, self.event(day, 15, work, EventKind::Data)));
            }
        }
        rows
    }
}

fn spec(epsilon: &str, places: Places) -> FitSpec {
    FitSpec {
        epsilon: epsilon.parse().unwrap(),
        delta: None,
        places,
        anchors: AnchorRule::signalling(),
        kinds: EventKind::ALL.to_vec(),
        control_one_in: None,
        persons: false,
    }
}

type Row = (u64, u16, u16, u32, u8);

fn rows(town: &Town, rows: &[Row]) -> Vec<(Subscriber, Event)> {
    rows.iter()
        .map(|&(who, day, hour, cell, kind)| {
            let kind = EventKind::from_code(kind).unwrap();
            (Subscriber::new(who), town.event(day, hour, cell, kind))
        })
        .collect()
}

proptest! {
    /// The sensitivity of every query by brute force: neighbours differ in all records of one
    /// subscriber, and the answers of earlier queries are held fixed. Sizes and charges must not
    /// differ at all.
    #[test]
    fn no_subscriber_moves_a_table_by_more_than_its_bound(
        events in prop::collection::vec((0..6u64, 0..14u16, 0..24u16, 0..16u32, 0..11u8), 1..120),
        seed: u64,
        places in prop::sample::select(vec![Places::Two, Places::Three, Places::Routine, Places::All]),
        in_rho: bool,
    ) {
        let town = Town::new(4);
        let delta = in_rho.then(|| "1e-6".parse().unwrap());
        let spec = FitSpec { delta, ..spec("20", places) };
        let gone = events[0].0;
        let without: Vec<Row> = events.iter().copied().filter(|e| e.0 != gone).collect();
        let mut whole = Recorder::noisy(seed);
        let with = EventTable::from_rows(rows(&town, &events));
        town.fit(&with, &spec, &mut whole).unwrap();
        let mut neighbour = Recorder {
            says: Noise::Released,
            replay: Some(whole.answers.clone()),
            ..Recorder::exact()
        };
        let less = EventTable::from_rows(rows(&town, &without));
        town.fit(&less, &spec, &mut neighbour).unwrap();
        prop_assert_eq!(&whole.asked, &neighbour.asked);
        let charged: u64 = whole.asked.iter().map(|(_, loss)| loss.units()).sum();
        prop_assert_eq!(charged, price(spec.epsilon, spec.delta).unwrap().units());
        for ((query, loss), (a, b)) in whole.asked.iter().zip(whole.sums.iter().zip(&neighbour.sums)) {
            let moved: Vec<i64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
            prop_assert!(is_within(query, &moved), "{}", query.name());
            prop_assert_eq!(matches!(loss, Loss::Rho(_)), in_rho);
            prop_assert_eq!(query.norm() == Norm::L2, in_rho);
        }
    }

    /// The same noisy answers give the same model and the same words, whoever the people are.
    #[test]
    fn the_model_depends_on_noisy_answers_alone(
        events in prop::collection::vec((0..6u64, 0..14u16, 0..24u16, 0..16u32, 0..11u8), 0..60),
        seed: u64,
    ) {
        let town = Town::new(4);
        let spec = spec("1", Places::All);
        let mut first = Recorder::noisy(seed);
        let source = EventTable::from_rows(rows(&town, &events));
        let model = town.fit(&source, &spec, &mut first).unwrap();
        let mut second = Recorder {
            says: Noise::Released,
            replay: Some(first.answers.clone()),
            ..Recorder::exact()
        };
        let nobody = EventTable::from_rows(Vec::new());
        model.validate().unwrap();
        prop_assert_eq!(town.fit(&nobody, &spec, &mut second).unwrap(), model);
    }
}

#[test]
fn an_exact_measure_recovers_planted_tables() {
    let town = Town::new(4);
    let mut planted = Vec::new();
    for number in 0..40 {
        // Three quarters live in cell 0 and work in cell 3; the rest live and work in cell 12.
        let (home, work) = if number % 4 == 0 { (12, 12) } else { (0, 3) };
        planted.extend(town.worker(number, home, work));
    }
    let source = EventTable::from_rows(planted);
    let mut measure = Recorder::exact();
    let model = town
        .fit(&source, &spec("1", Places::Two), &mut measure)
        .unwrap();
    model.validate().unwrap();
    assert!(
        model.statement().is_none(),
        "an exact model must be marked internal"
    );
    assert_eq!(model.subscribers, 40);
    assert_eq!((model.home.share[0], model.home.share[12]), (0.75, 0.25));
    assert_eq!((model.work.share[3], model.work.share[12]), (0.75, 0.25));
    assert_eq!(
        (model.home.resolved_zones, model.work.resolved_zones),
        (2, 2)
    );
    let row = |cell: usize| &model.commute.rows[model.commute.zone_of_cell[cell] as usize];
    assert_eq!(row(12).same_place_share, 1.0);
    let edges = &model.commute.upper_edges_m;
    let bin = edges.partition_point(|edge| *edge < 3000.0);
    assert!((row(0).bin_share[bin] - 1.0).abs() < 1e-12);
    // 38 events in 14 days.
    let mean = 38.0 / 14.0;
    let columns = model.activity.dispersion_edges.len() - 1;
    let filled = model.activity.share.iter().position(|s| *s > 0.99).unwrap();
    let edges = &model.activity.mean_edges[filled / columns..];
    assert!(edges[0] <= mean && mean < edges[1]);
    let share = |name: &str| model.kinds.iter().find(|k| k.kind == name).unwrap().share;
    assert!((share("call_out") - 14.0 / 38.0).abs() < 1e-3);
    assert!((share("data") - 24.0 / 38.0).abs() < 1e-3);
    let noon = &model.presence[5];
    assert_eq!((noon.first_hour, noon.active_share), (15, 1.0));
    assert_eq!((noon.cells.share[3], noon.cells.share[12]), (0.75, 0.25));
    assert_eq!(model.presence[3].active_share, 0.0);
    let hours: f64 = model
        .classes
        .iter()
        .map(|c| c.share * c.hour_share[22])
        .sum();
    assert!((hours - 14.0 / 38.0).abs() < 1e-3);
}

#[test]
fn a_third_place_is_asked_for_only_when_planned() {
    let town = Town::new(2);
    let source = EventTable::from_rows(town.worker(1, 0, 3));
    for (places, third) in [(Places::Two, false), (Places::Three, true)] {
        let mut measure = Recorder::exact();
        let model = town.fit(&source, &spec("1", places), &mut measure).unwrap();
        assert_eq!(model.other.is_some(), third);
        assert_eq!(
            measure.asked.iter().any(|(q, _)| q.name() == "other"),
            third
        );
    }
}

/// The bounds on lengths are what the parts of a table allow: whoever always does the same reaches them.
#[test]
fn parts_of_a_table_are_as_long_as_somebody_who_always_does_the_same() {
    let town = Town::new(4);
    let who = Subscriber::new(1);
    let workdays = (0..14).filter(|day| town.calendar.is_workday(*day));
    let each = workdays.flat_map(|day| (0..16).map(move |_| day));
    let event = |day| (who, town.event(day, 15, 5, EventKind::CallOut));
    let source = EventTable::from_rows(each.map(event).collect());
    let delta = Some("1e-6".parse().unwrap());
    let spec = FitSpec {
        delta,
        ..spec("1", Places::All)
    };
    let mut measure = Recorder {
        says: Noise::Released,
        ..Recorder::exact()
    };
    town.fit(&source, &spec, &mut measure).unwrap();
    let length = |name: &str| {
        let mut all = measure.asked.iter().zip(&measure.sums);
        let ((query, _), sums) = all.find(|((query, _), _)| query.name() == name).unwrap();
        let squares: i64 = sums.iter().map(|units| units * units).sum();
        (query.bound_units(), (squares as f64).sqrt())
    };
    let (bound, moves) = length("moves");
    assert_eq!(bound, 592);
    assert!((591.0..=592.0).contains(&moves), "{moves}");
    assert_eq!(length("home"), (1, 1.0));
    assert_eq!(length("classes_1").0, 1024);
    assert_eq!(length("first_places").0, 725);
    assert_eq!(length("elsewhere").0, 725);
    assert_eq!(length("presence").0, 2897);
}

#[test]
fn the_mix_of_kinds_stays_inside_the_declared_ones() {
    let town = Town::new(2);
    let source = EventTable::from_rows((0..5).flat_map(|n| town.worker(n, 0, 3)).collect());
    let names = |model: &Model| -> Vec<(String, f64)> {
        let kinds = model.kinds.iter();
        kinds.map(|k| (k.kind.clone(), k.share)).collect()
    };
    let with = |kinds: &[EventKind]| FitSpec {
        kinds: kinds.to_vec(),
        ..spec("1", Places::Two)
    };
    // One kind is known beforehand: it is not asked for, and the others get its budget.
    let mut measure = Recorder::noisy(1);
    let model = town.fit(&source, &with(&[EventKind::CallOut]), &mut measure);
    assert_eq!(names(&model.unwrap()), [("call_out".to_owned(), 1.0)]);
    assert!(measure.asked.iter().all(|(q, _)| q.name() != "kinds"));
    let charged: u64 = measure.asked.iter().map(|(_, loss)| loss.units()).sum();
    assert_eq!(charged, 1_000_000);
    // Two thirds of the workers' events are of undeclared kinds.
    let two = with(&[EventKind::CallIn, EventKind::CallOut]);
    let model = town.fit(&source, &two, &mut Recorder::exact()).unwrap();
    let want = [("call_in".to_owned(), 0.0), ("call_out".to_owned(), 1.0)];
    assert_eq!(names(&model), want);
    for kinds in [&[][..], &[EventKind::Data, EventKind::Data]] {
        let refused = town.fit(&source, &with(kinds), &mut Recorder::exact());
        assert_eq!(refused.unwrap_err().kind(), erewhon_types::Kind::Usage);
    }
}

/// Who has no place of work is one entry beside the pairs, and no pair of zones: also where there is one.
#[test]
fn a_lone_pair_of_zones_is_not_taken_for_those_without_work() {
    for side in [1, 4] {
        let town = Town::new(side);
        let source = EventTable::from_rows(town.worker(1, 0, 0));
        for places in [Places::Routine, Places::All] {
            // Noise that happens to be zero: for one person there is one zone.
            let mut measure = Recorder {
                says: Noise::Released,
                ..Recorder::exact()
            };
            let model = town.fit(&source, &spec("1", places), &mut measure).unwrap();
            model.validate().unwrap();
            let pairs = model.measured.iter().filter(|t| t.query == "pairs");
            let pairs: Vec<(usize, bool)> = pairs
                .map(|t| (t.units.len(), t.fitted_people.is_some()))
                .collect();
            assert_eq!(pairs, [(1, true), (1, false)]);
        }
    }
}

/// A bin that counts what lies below its border would be a false label.
#[test]
fn first_bins_begin_where_numbers_do() {
    let town = Town::new(4);
    let source = EventTable::from_rows(town.worker(1, 0, 0));
    let mut measure = Recorder {
        says: Noise::Released,
        ..Recorder::exact()
    };
    let model = town.fit(&source, &spec("1", Places::Routine), &mut measure);
    let measured = model.unwrap().measured;
    let axes = measured.iter().flat_map(|table| &table.by);
    let counted = ["events_a_day", "dispersion", "gap_s"];
    let firsts = axes.filter(|axis| counted.contains(&axis.name.as_str()));
    let firsts: Vec<bool> = firsts
        .map(|axis| axis.labels[0].starts_with("0-"))
        .collect();
    assert_eq!(firsts, [true; 3]);
}

#[test]
fn an_exact_measure_recovers_routines() {
    let town = Town::new(6);
    let at = |number: u64, day: u16, hour: u16, cell: u32| {
        (
            Subscriber::new(number),
            town.event(day, hour, cell, EventKind::Data),
        )
    };
    let mut planted = Vec::new();
    for number in 0..30 {
        // At home in cell 0 by night, on workdays at work in cell 4, twice; then most go home, and ten go
        // somewhere four kilometres from home.
        planted.extend((0..14).flat_map(|day| {
            let mut rows = vec![at(number, day, 1, 0), at(number, day, 22, 0)];
            if town.calendar.is_workday(day) {
                let then = if number < 20 { 0 } else { 24 };
                rows.extend([(10, 4), (15, 4), (19, then)].map(|(h, c)| at(number, day, h, c)));
            }
            rows
        }));
    }
    for number in 30..50 {
        // Every second day at home in cell 35, and in the evening at two places some kilometres away.
        planted.extend((0..7).flat_map(|day| {
            let day = 2 * day;
            let home = [5, 23].map(|hour| at(number, day, hour, 35));
            let away = [at(number, day, 18, 5), at(number, day, 19, 11)];
            [home, away].concat()
        }));
    }
    let source = EventTable::from_rows(planted);
    let model = town
        .fit(&source, &spec("1", Places::Routine), &mut Recorder::exact())
        .unwrap();
    model.validate().unwrap();
    let routine = model.routine.unwrap();

    let zone = |cell: usize| routine.pairs.zone_of_cell[cell] as usize;
    let pair = zone(0) * routine.pairs.zones() + zone(4);
    assert!((routine.pairs.share[pair] - 1.0).abs() < 1e-9);

    // Most workers are never elsewhere, ten with a sixth of their events, the others with half.
    let [night, _, day, evening, day_off] = [0, 1, 2, 3, 4];
    let [home, work, _, _, elsewhere, another] = [0, 1, 2, 3, 4, 5];
    let near = |share: f64, want: f64| assert!((share - want).abs() < 1e-3, "{share} not {want}");
    let [seldom, often] = [&routine.with_work[0].moves, &routine.without_work[2].moves];
    near(seldom.first[night][home], 1.0);
    near(seldom.first[day_off][home], 1.0);
    // From home to work in nine hours, and there five hours later; home again after four, but for those
    // who are sometimes elsewhere.
    near(seldom.next[day][3][home][work], 1.0);
    near(seldom.next[day][3][work][work], 1.0);
    near(seldom.next[evening][3][work][home], 1.0);
    let sometimes = &routine.with_work[1].moves;
    near(sometimes.next[evening][3][work][elsewhere], 1.0);
    near(seldom.next[day_off][3][home][home], 1.0);
    // Elsewhere after thirteen hours, at another place within the hour, at home four later.
    near(often.next[evening][3][home][elsewhere], 1.0);
    near(often.next[evening][1][elsewhere][another], 1.0);
    near(often.next[night][3][elsewhere][home], 1.0);
    near(often.next[evening][1][elsewhere][elsewhere], 0.0);

    // 20 of 50 people are often elsewhere.
    let ten = 10.0 * 10.0 / 14.0;
    let nearness = Nearness::new(&town.cells, routine.elsewhere.upper_ranks.clone(), 1);
    let open = nearness.openness();
    assert_eq!(open[0], open[35], "both live in a corner");
    let of_corner = |away: usize| routine.with_work[away].share[usize::from(open[0])];
    near(of_corner(2), 20.0 / 50.0);
    near(of_corner(1), 10.0 / 50.0);
    let bin = |edges: &[f64], value: f64| edges.partition_point(|edge| *edge < value);
    let seen = |from: u32, to: u32| nearness.bin(&town.cells, CellIx(from), CellIx(to));
    let elsewhere = &routine.elsewhere;
    // Four kilometres along an edge, for both.
    near(elsewhere.usual[seen(35, 11)], 1.0);
    assert_eq!(seen(35, 11), seen(0, 24));
    let farther = seen(35, 5) - seen(35, 11);
    assert!(farther > 0);
    // From home to the one, after a long pause, as others from work to theirs; half of all that is from the one
    // to the other, within the hour.
    near(elsewhere.jumps[0][3][seen(35, 5)], 10.0 / (10.0 + ten));
    near(elsewhere.jumps[1][1][seen(5, 11)], 1.0);
    // Twenty count fully, with two places; ten for ten days of fourteen, with one.
    near(elsewhere.spread[SPREAD], (10.0 + ten) / (20.0 + ten));
    near(elsewhere.spread[SPREAD + farther], 10.0 / (20.0 + ten));
    let hour = bin(&routine.gaps.upper_edges_s, 3_600.0);
    assert!(routine.gaps.share[hour] > 0.05 && routine.gaps.share[hour - 1] < 1e-9);
}
