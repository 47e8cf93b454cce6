use super::numbers::share;
use crate::{Column, Feature, Row, Track};

/// How many of the most visited cells have a column of their own.
const RANKS: usize = 5;

/// Which cells a subscriber comes to, how often, and how often for the first time.
///
/// A visit is a stretch of consecutive events at one cell; days are no border.
///
/// - `events`, `visits`, `distinct_cells`: their numbers.
/// - `active_days`: local days with an event.
/// - `exploration_share`, `return_share`: of the visits after the first one, those at a cell never
///   seen before and those at a cell seen before (exploration and preferential return; Song and
///   others, "Modelling the scaling properties of human mobility", 2010). Missing with one visit.
/// - `new_cells_per_active_day`: distinct cells by active days.
/// - `late_cells_share`: of the distinct cells, those first seen in the second half of the window's
///   days (of an odd number of days, the middle one is in the first half).
/// - `rank_1_share` … `rank_5_share`: the share of events at the cell with most events, with second
///   most and so on (visitation frequency); missing where there are fewer cells.
/// - `top_3_share`: the share of events at the three cells with most events, or at all of fewer.
pub struct VisitRates;

impl Feature for VisitRates {
    fn name(&self) -> &'static str {
        "visits"
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::Count("events"),
            Column::Count("visits"),
            Column::Count("distinct_cells"),
            Column::Count("active_days"),
            Column::Real("exploration_share"),
            Column::Real("return_share"),
            Column::Real("new_cells_per_active_day"),
            Column::Real("late_cells_share"),
            Column::Real("rank_1_share"),
            Column::Real("rank_2_share"),
            Column::Real("rank_3_share"),
            Column::Real("rank_4_share"),
            Column::Real("rank_5_share"),
            Column::Real("top_3_share"),
        ]
    }

    fn row(&self, track: &Track<'_>, out: &mut Row<'_>) {
        let (events, visits) = (track.events().len() as u32, track.stretches().len() as u32);
        let (cells, days) = (track.visits().len() as u32, active_days(track));
        out.count(events);
        out.count(visits);
        out.count(cells);
        out.count(days);
        out.real(exploration_share(track));
        out.real(share(visits - cells, visits - 1));
        out.real(share(cells, days));
        let late =
            |first: u32| 2 * track.locals()[first as usize].day >= track.public().calendar.days();
        let late = track.visits().iter().filter(|cell| late(cell.first));
        out.real(share(late.count() as u32, cells));

        let mut most = [0; RANKS];
        for cell in track.visits() {
            let mut events = cell.events;
            for kept in &mut most {
                if events > *kept {
                    std::mem::swap(kept, &mut events);
                }
            }
        }
        for at_rank in most {
            out.real(share(at_rank, events).filter(|_| at_rank > 0));
        }
        out.real(share(most[..3].iter().sum(), events));
    }
}

/// Local days with an event.
pub(super) fn active_days(track: &Track<'_>) -> u32 {
    track.locals().chunk_by(|a, b| a.day == b.day).count() as u32
}

/// Of the visits after the first one, those at a cell never seen before; `None` with one visit.
pub(super) fn exploration_share(track: &Track<'_>) -> Option<f64> {
    let (visits, cells) = (track.stretches().len(), track.visits().len());
    share((cells - 1) as u32, (visits - 1) as u32)
}
