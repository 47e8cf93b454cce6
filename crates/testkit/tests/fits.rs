//! A fit passes the replay and the audit, and each planted fault of a fit fails the one that is named
//! in its test.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use erewhon_dp::{Private, Query};
use erewhon_events::{Event, EventKind, EventTable};
use erewhon_fit::{Ablation, FitSpec, Measure, Places, fit_ablated, fit_exactly, plan};
use erewhon_geo::{Cell, CellTable, Frame, ZoneTree};
use erewhon_mobility::{AnchorRule, Public};
use erewhon_testkit::{
    Replay, audit,
    faults::{self, Fit},
};
use erewhon_types::{Calendar, CellIx, Kind, Local, Loss, Result, Subscriber, Window};

struct Town {
    cells: CellTable,
    calendar: Calendar,
}

impl Town {
    fn new() -> Self {
        let cell = |i: u32| Cell::planar(i.to_string(), f64::from(i % 4), f64::from(i / 4));
        let calendar = Calendar::new(&Window::parse("2026-03-02", 7, "UTC").unwrap()).unwrap();
        Self {
            cells: CellTable::new(Frame::Planar, (0..16).map(cell).collect()).unwrap(),
            calendar,
        }
    }

    fn public(&self) -> Public<'_> {
        Public {
            cells: &self.cells,
            calendar: &self.calendar,
        }
    }

    /// A crowd that makes one call a night each, with or without one more who calls every hour.
    fn people(&self, crowd: u64, heavy: bool) -> EventTable {
        let event = |who: u64, day, hour: u16| {
            let local = Local {
                day,
                minute: hour * 60,
            };
            let cell = CellIx((who % 16) as u32);
            let event = Event::at(self.calendar.utc_ms(local), cell, EventKind::CallOut);
            (Subscriber::new(who), event)
        };
        let mut rows: Vec<_> = (1..=crowd)
            .flat_map(|who| (0..7).map(move |day| (who, day)))
            .map(|(who, day)| event(who, day, 2))
            .collect();
        if heavy {
            rows.extend((0..7 * 24).map(|hour| event(crowd + 1, hour / 24, hour % 24)));
        }
        EventTable::from_rows(rows)
    }
}

fn spec() -> FitSpec {
    FitSpec {
        epsilon: "20".parse().unwrap(),
        delta: None,
        places: Places::Two,
        anchors: AnchorRule::signalling(),
        kinds: vec![EventKind::CallOut, EventKind::CallIn],
        control_one_in: None,
        persons: false,
    }
}

/// A crowd that gets finer tables as soon as one more joins it.
fn on_the_edge(town: &Town) -> u64 {
    let tree = ZoneTree::build(&town.cells);
    let entries = |people| -> usize {
        let planned = plan(&town.public(), &tree, &spec(), people).unwrap();
        planned.iter().map(|q| q.query.entries()).sum()
    };
    (1..1000).find(|&n| entries(n) != entries(n + 1)).unwrap()
}

/// What two neighbours let through beside the answers, when both are given the same ones.
struct Replayed {
    questions_differ: bool,
    models_differ: bool,
}

fn replay(fit: Fit) -> Replayed {
    let town = Town::new();
    let fewer = on_the_edge(&town);
    let (few, more) = (town.people(fewer, false), town.people(fewer, true));
    let mut first = Replay::record();
    faults::honest_fit(&town.public(), &few, &spec(), &mut first).unwrap();
    let run = |source| {
        let mut answers = first.again();
        let model = fit(&town.public(), source, &spec(), &mut answers).unwrap();
        (
            answers.asked().to_vec(),
            serde_json::to_vec(&model).unwrap(),
        )
    };
    let (a, b) = (run(&few), run(&more));
    Replayed {
        questions_differ: a.0 != b.0,
        models_differ: a.1 != b.1,
    }
}

/// The loss that a heavy subscriber sees in the first answer of a fit, and what was charged for it.
fn audit(fit: Fit) -> (audit::Audit, f64) {
    let town = Town::new();
    let vectors = |heavy| {
        let mut measure = Replay::record();
        fit(
            &town.public(),
            &town.people(5, heavy),
            &spec(),
            &mut measure,
        )
        .unwrap();
        let (query, loss) = measure.asked()[0].clone();
        (query, loss, measure.contributions()[0].clone())
    };
    let ((query, loss, without), (.., with)) = (vectors(false), vectors(true));
    let count = without.len() as i64;
    let seen = audit::likelihood_ratio(20_000, 1, |present| {
        let people = if present { &with } else { &without };
        faults::honest_in(&query, loss, people).unwrap().value()[0] - count
    });
    (seen, loss.value())
}

#[test]
fn an_honest_fit_passes_both() {
    let seen = replay(faults::honest_fit);
    assert!(!seen.questions_differ && !seen.models_differ);
    let (seen, charged) = audit(faults::honest_fit);
    assert!(!seen.breaks(charged) && !seen.wastes(charged), "{seen:?}");
}

/// Asks at half the price, or gives the first answer to every question.
enum Wrong {
    Price,
    Question(Option<Private<Vec<i64>, Loss>>),
}

impl Measure for Wrong {
    fn measure(
        &mut self,
        query: &Query,
        loss: Loss,
        contributions: &mut dyn Iterator<Item = Vec<(u32, u32)>>,
    ) -> Result<Private<Vec<i64>, Loss>> {
        let people: Vec<_> = contributions.collect();
        match self {
            Self::Price => {
                let half = loss.of_units(loss.units() / 2)?;
                faults::honest_in(query, half, &people)
            }
            Self::Question(Some(first)) => Ok(first.clone()),
            Self::Question(none) => {
                let first = faults::honest_in(query, loss, &people)?;
                Ok(none.insert(first).clone())
            }
        }
    }
}

#[test]
fn a_fit_refuses_an_answer_to_another_question_or_at_another_price() {
    let town = Town::new();
    let people = town.people(5, false);
    for mut wrong in [Wrong::Price, Wrong::Question(None)] {
        let fitted = faults::honest_fit(&town.public(), &people, &spec(), &mut wrong);
        assert_eq!(fitted.unwrap_err().kind(), Kind::Internal);
    }
}

#[test]
fn the_audit_finds_contributions_by_event() {
    let (seen, charged) = audit(faults::each_event_alone);
    assert!(seen.breaks(charged), "{seen:?}");
    // The answers are all that differs, so no replay could tell.
    assert!(!replay(faults::each_event_alone).models_differ);
}

#[test]
fn the_replay_finds_levels_from_the_exact_count() {
    assert!(replay(faults::levels_from_the_exact_count).questions_differ);
}

#[test]
fn the_replay_finds_an_unpaid_count_in_the_statement() {
    let seen = replay(faults::events_in_the_statement);
    assert!(seen.models_differ && !seen.questions_differ);
}

/// One query is answered without noise, or not at all; all others are asked and paid for, and what comes of it
/// may not leave.
#[test]
fn an_ablated_fit_asks_for_all_but_one() {
    let town = Town::new();
    let (tree, people) = (ZoneTree::build(&town.cells), town.people(60, true));
    let spec = FitSpec {
        epsilon: "1".parse().unwrap(),
        places: Places::Routine,
        ..spec()
    };
    let exact = fit_exactly(&town.public(), &tree, &people, &spec).unwrap();
    let exact = exact.routine.unwrap();
    let ablated = |what, measure: &mut Replay| {
        fit_ablated(&town.public(), &tree, &people, &spec, what, measure)
    };
    for (ablation, gaps) in [
        (Ablation::Exact, exact.gaps.share),
        (Ablation::Blank, vec![1.0 / 14.0; 14]),
    ] {
        let mut measure = Replay::record();
        let model = ablated(("gaps", ablation), &mut measure).unwrap();
        let asked: Vec<&str> = measure
            .asked()
            .iter()
            .map(|(query, _)| query.name())
            .collect();
        let planned = plan(&town.public(), &tree, &spec, 61).unwrap();
        let others = planned.iter().map(|planned| planned.query.name());
        assert_eq!(
            asked,
            others.filter(|name| *name != "gaps").collect::<Vec<_>>()
        );
        assert!(model.statement().is_none() && model.measured.is_empty());
        let routine = model.routine.unwrap();
        let off = routine
            .gaps
            .share
            .iter()
            .zip(&gaps)
            .map(|(a, b)| (a - b).abs());
        assert!(off.fold(0.0, f64::max) < 1e-12);
    }
    for what in [("gap", Ablation::Exact), ("activity", Ablation::Blank)] {
        let refused = ablated(what, &mut Replay::record()).unwrap_err();
        assert_eq!(refused.kind(), Kind::Usage);
    }
}
