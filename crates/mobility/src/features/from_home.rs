use erewhon_types::CellIx;

use super::numbers::share;
use crate::{AnchorRule, Column, Feature, Row, Track, anchors};

/// How far from home a subscriber is seen.
///
/// Distances are straight lines from the home cell to the cells of the events. All of them are missing
/// without a home; a subscriber only seen at home has 0 m.
///
/// - `home_distance_mean_m`, `_sd_m`, `_max_m`: over the events, from the home anchor
///   ([`Track::anchors`]) (FlowKit's `displacement` from home). The sd is over their number.
/// - `away_share`: of the events, those further from home than the anchors' radius.
/// - `night_home_distance_max_m`: the largest, from the cell with most events from 22 to 7 o'clock
///   ([`AnchorRule::night_events`]; scikit-mobility's `max_distance_from_home`, in metres).
pub struct FromHome;

impl Feature for FromHome {
    fn name(&self) -> &'static str {
        "from_home"
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::Real("home_distance_mean_m"),
            Column::Real("home_distance_sd_m"),
            Column::Real("home_distance_max_m"),
            Column::Real("away_share"),
            Column::Real("night_home_distance_max_m"),
        ]
    }

    fn row(&self, track: &Track<'_>, out: &mut Row<'_>) {
        let cells = track.public().cells;
        let distance_m = |home: CellIx, at: CellIx| cells.distance_m(home, at);
        let furthest_m = |home: CellIx| {
            let all = track.visits().iter().map(|at| distance_m(home, at.cell));
            all.fold(0.0, f64::max)
        };
        let home = track.anchors().home.map(|home| home.cell);
        let events = track.events().len() as u32;
        let mean = |of: &dyn Fn(CellIx) -> f64| {
            let sums = track
                .visits()
                .iter()
                .map(|at| f64::from(at.events) * of(at.cell));
            sums.sum::<f64>() / f64::from(events)
        };
        let mean_m = home.map(|home| mean(&|at| distance_m(home, at)));
        let square_m2 = home
            .zip(mean_m)
            .map(|(home, mean_m)| mean(&|at| (distance_m(home, at) - mean_m).powi(2)));
        out.real(mean_m);
        out.real(square_m2.map(f64::sqrt));
        out.real(home.map(furthest_m));
        let radius_m = track.definitions().anchors.radius_m;
        out.real(home.and_then(|home| {
            let away = track.visits().iter();
            let away = away.filter(|at| !cells.are_within_m(home, at.cell, radius_m));
            share(away.map(|at| at.events).sum(), events)
        }));
        let night_home = anchors(track, &AnchorRule::night_events()).home;
        out.real(night_home.map(|home| furthest_m(home.cell)));
    }
}
