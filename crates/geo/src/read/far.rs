use super::Rule;
use crate::{Frame, great_circle_m, sphere::EARTH_RADIUS_M};

/// A cell nearer than this to the median centre is never far outside.
const FAR_MIN_M: f64 = 200_000.0;
/// Nor is one within this many times the median distance.
const FAR_TIMES_MEDIAN: f64 = 10.0;
/// Nor is one in company: this many sites, its own among them, within this distance.
const COMPANY_SITES: usize = 3;
const COMPANY_M: f64 = 50_000.0;

/// Where most cells are. Medians, so that up to half of the list may be wrong.
pub(super) struct Bulk {
    frame: Frame,
    centre: (f64, f64),
    far_m: f64,
    /// Sites in ascending `y`; positions of about the same kilometre are one.
    sites: Vec<(f64, f64)>,
}

impl Bulk {
    /// The bulk of the positions that are in range.
    pub(super) fn of(positions: impl Iterator<Item = (f64, f64)>, frame: Frame) -> Self {
        let mut sites: Vec<(f64, f64)> = positions.filter(|at| in_range(frame, *at)).collect();
        let centre = (
            median(sites.iter().map(|at| at.0).collect()),
            median(sites.iter().map(|at| at.1).collect()),
        );
        let typical_m = median(
            sites
                .iter()
                .map(|at| distance_m(frame, centre, *at))
                .collect(),
        );
        let grain = if frame == Frame::Geographic {
            0.01
        } else {
            1000.0
        };
        let same = |at: &(f64, f64)| ((at.1 / grain).round(), (at.0 / grain).round());
        sites.sort_by(|a, b| {
            same(a)
                .0
                .total_cmp(&same(b).0)
                .then(same(a).1.total_cmp(&same(b).1))
        });
        sites.dedup_by_key(|at| same(at));
        sites.sort_by(|a, b| a.1.total_cmp(&b.1));
        Self {
            frame,
            centre,
            far_m: FAR_MIN_M.max(FAR_TIMES_MEDIAN * typical_m),
            sites,
        }
    }

    /// The rule that a position breaks.
    pub(super) fn judge(&self, x: f64, y: f64) -> Option<Rule> {
        let possible = in_range(self.frame, (x, y));
        if possible && self.is_near((x, y)) {
            return None;
        }
        if self.frame == Frame::Geographic && in_range(self.frame, (y, x)) && self.is_near((y, x)) {
            return Some(Rule::PositionSwapped);
        }
        if !possible {
            return Some(Rule::PositionOutOfRange);
        }
        (!self.has_company((x, y))).then_some(Rule::FarOutside)
    }

    fn is_near(&self, at: (f64, f64)) -> bool {
        distance_m(self.frame, self.centre, at) <= self.far_m
    }

    fn has_company(&self, at: (f64, f64)) -> bool {
        let reach = match self.frame {
            Frame::Geographic => (COMPANY_M / EARTH_RADIUS_M).to_degrees(),
            Frame::Planar | Frame::Schematic => COMPANY_M,
        };
        let from = self.sites.partition_point(|site| site.1 < at.1 - reach);
        let band = self.sites[from..]
            .iter()
            .take_while(|site| site.1 <= at.1 + reach);
        let near = band.filter(|site| distance_m(self.frame, at, **site) <= COMPANY_M);
        near.take(COMPANY_SITES).count() == COMPANY_SITES
    }
}

fn in_range(frame: Frame, (x, y): (f64, f64)) -> bool {
    frame != Frame::Geographic || (y.abs() <= 90.0 && x.abs() <= 180.0)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn distance_m(frame: Frame, a: (f64, f64), b: (f64, f64)) -> f64 {
    match frame {
        Frame::Geographic => great_circle_m(a, b),
        Frame::Planar | Frame::Schematic => (a.0 - b.0).hypot(a.1 - b.1),
    }
}
