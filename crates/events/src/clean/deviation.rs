use erewhon_types::CellIx;

use crate::{
    Event,
    clean::{
        rules::SpatialDeviation,
        run::{Run, square_m},
    },
};

/// Events asked on each side of a visit, the nearest: so a history costs its length, however dense.
pub(super) const BESIDE: usize = 16;

/// Rows of short visits that are off the middle of the events around them, ascending, with the cell
/// that they get: that of the visit before or after.
///
/// The first visit that is off joins one of its neighbours, and all are looked at again, until none
/// is off. Each step leaves one visit less, so it ends, and what it leaves it leaves alone.
pub(super) fn deviations(
    rule: &SpatialDeviation,
    plane_m: &[(f64, f64)],
    events: &[Event],
) -> Vec<(usize, CellIx)> {
    let around = Around {
        rule,
        plane_m,
        events,
        within_ms: i64::from(rule.within_s) * 1000,
    };
    let mut visits = visits(events);
    // Those before `behind` are not off; those from `ahead` on are still to be looked at.
    let (mut behind, mut ahead) = (0, 0);
    let mut moved = false;
    while ahead < visits.len() {
        let (before, here, after) = (&visits[..behind], visits[ahead], &visits[ahead + 1..]);
        let Some(cell) = around.middle(before, &here, after) else {
            visits[behind] = here;
            (behind, ahead) = (behind + 1, ahead + 1);
            continue;
        };
        moved = true;
        let mut joined = Run { cell, ..here };
        if let Some(after) = after.first().filter(|run| run.cell == cell) {
            (joined.last, joined.to_utc_ms) = (after.last, after.to_utc_ms);
            ahead += 1;
        }
        if let Some(before) = before.last().filter(|run| run.cell == cell) {
            (joined.first, joined.from_utc_ms) = (before.first, before.from_utc_ms);
            behind -= 1;
        }
        visits[ahead] = joined;
        // Whoever asked a row that moved asks again.
        let asked = |run: &Run| {
            run.last + BESIDE >= here.first && here.from_utc_ms - run.to_utc_ms <= around.within_ms
        };
        while behind > 0 && asked(&visits[behind - 1]) {
            (behind, ahead) = (behind - 1, ahead - 1);
            visits[ahead] = visits[behind];
        }
    }
    if !moved {
        return Vec::new();
    }
    let rows = visits[..behind].iter().flat_map(|run| {
        let rows = (run.first..=run.last).filter(|&row| events[row].cell != run.cell);
        rows.map(|row| (row, run.cell))
    });
    rows.collect()
}

/// The visits of a history, ascending.
fn visits(events: &[Event]) -> Vec<Run> {
    let mut visits: Vec<Run> = Vec::with_capacity(events.len());
    for (row, event) in events.iter().enumerate() {
        match visits.last_mut() {
            Some(run) if run.cell == event.cell => run.extend(row, event),
            _ => visits.push(Run::at(row, event)),
        }
    }
    visits
}

/// What a visit is judged by.
struct Around<'a> {
    rule: &'a SpatialDeviation,
    plane_m: &'a [(f64, f64)],
    events: &'a [Event],
    within_ms: i64,
}

impl Around<'_> {
    /// The cell that a visit gets: the middle, where that is too far from it.
    fn middle(&self, behind: &[Run], here: &Run, ahead: &[Run]) -> Option<CellIx> {
        let (before, after) = (behind.last()?, ahead.first()?);
        let farther = self.rule.farther_m * self.rule.farther_m;
        let far = |run: &Run| square_m(self.plane_m, here.cell, run.cell) > farther;
        // Most visits end here.
        if here.from_utc_ms - before.to_utc_ms > self.within_ms
            || after.from_utc_ms - here.to_utc_ms > self.within_ms
            || here.to_utc_ms - here.from_utc_ms > i64::from(self.rule.lasting_s) * 1000
            || !(far(before) || far(after))
        {
            return None;
        }
        let earlier = behind.iter().rev().flat_map(|run| {
            let rows = (run.first..=run.last).rev();
            rows.map(|row| (here.from_utc_ms - self.events[row].time_utc_ms, run.cell))
        });
        let later = ahead.iter().flat_map(|run| {
            let rows = run.first..=run.last;
            rows.map(|row| (self.events[row].time_utc_ms - here.to_utc_ms, run.cell))
        });
        let cost = |cell| {
            let (n_before, before_m) = self.sum_m(cell, earlier.clone());
            let (n_after, after_m) = self.sum_m(cell, later.clone());
            // Each side counts as one event, as the visit itself does; times both numbers.
            n_after * before_m
                + n_before * after_m
                + n_before * n_after * self.metres(cell, here.cell)
        };
        // What happened at one moment stays together, so that rows stay in order.
        let with_before = before.to_utc_ms == here.from_utc_ms;
        let with_after = after.from_utc_ms == here.to_utc_ms;
        let joins = [
            (before, with_before || !with_after),
            (after, with_after || !with_before),
        ];
        let joins = joins.into_iter().filter(|(_, may)| *may);
        let costs = joins.map(|(run, _)| (cost(run.cell), run));
        let (least, best) =
            costs.min_by(|(a, run), (b, other)| a.total_cmp(b).then(run.cell.cmp(&other.cell)))?;
        (far(best) && least < cost(here.cell)).then_some(best.cell)
    }

    /// How many events of one side are asked, and the sum of their distances from a cell.
    fn sum_m(&self, cell: CellIx, side: impl Iterator<Item = (i64, CellIx)>) -> (f64, f64) {
        side.take(BESIDE)
            .take_while(|(away_ms, _)| *away_ms <= self.within_ms)
            .fold((0.0, 0.0), |(n, sum_m), (_, other)| {
                (n + 1.0, sum_m + self.metres(cell, other))
            })
    }

    /// Whole metres, so that sums are exact and a tie is one on every machine.
    fn metres(&self, a: CellIx, b: CellIx) -> f64 {
        square_m(self.plane_m, a, b).sqrt().round()
    }
}
