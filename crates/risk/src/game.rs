use erewhon_events::EventSource;
use erewhon_mobility::{AnchorRule, Public, Track, anchors};
use erewhon_types::{Error, Result};

use crate::{Judgement, RiskReport, home_work, home_work::Anchored, points::Traces, unicity};

/// Fewest people in a group for a rate: with fewer an interval spans over a third of the scale.
pub(crate) const MIN_TARGETS: usize = 30;

/// The attacker of the synthetic records knows hours, as in "Unique in the Crowd".
const BIN_H: u16 = 1;

/// Real subscribers, split before anything was fitted, by a rule that does not look at their events.
#[derive(Clone, Copy)]
pub struct Groups<'a> {
    /// The people whose records entered the release.
    pub members: &'a dyn EventSource,
    /// People of the same population whose records never entered it.
    pub control: &'a dyn EventSource,
}

/// How hard to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RiskSpec {
    /// Most people attacked per group and row.
    pub targets: u32,
    /// Draws of known points per person; intervals count people, so more draws only steady the rate.
    pub draws_per_target: u32,
    /// Seed of the draws. It chooses whom to attack and touches no release.
    pub seed: u64,
}

impl Default for RiskSpec {
    fn default() -> Self {
        Self {
            targets: 2000,
            draws_per_target: 5,
            seed: 0,
        }
    }
}

impl RiskSpec {
    fn check(&self) -> Result<()> {
        if (self.targets as usize) < MIN_TARGETS || self.draws_per_target == 0 {
            return Err(Error::usage(format!(
                "`{}` targets with `{}` draws each are too few: allowed are {MIN_TARGETS} targets \
                 and more, 1 draw and more",
                self.targets, self.draws_per_target
            )));
        }
        Ok(())
    }
}

/// What the attacks see of one group.
struct Observed {
    traces: Traces,
    anchored: Vec<Anchored>,
}

impl Observed {
    fn of(source: &dyn EventSource, public: &Public<'_>) -> Result<Self> {
        let rule = AnchorRule::signalling();
        let mut observed = Self {
            traces: Traces::new(BIN_H)?,
            anchored: Vec::new(),
        };
        source.visit(&mut |history| {
            observed.traces.push(public.calendar, history.events);
            let found = anchors(&Track::new(*public, history), &rule);
            observed
                .anchored
                .extend(found.home.zip(found.work).map(|(h, w)| (h.cell, w.cell)));
            Ok(())
        })?;
        Ok(observed)
    }
}

/// Runs every attack. `progress` hears what begins.
///
/// # Errors
/// Usage, when the spec asks for no draws or too few targets; and what reading a source fails with.
///
/// # Privacy
/// The report is exact and therefore internal: it holds counts of real subscribers.
pub fn run(
    public: &Public<'_>,
    groups: &Groups<'_>,
    synthetic: &dyn EventSource,
    spec: &RiskSpec,
    progress: &mut dyn FnMut(&str),
) -> Result<RiskReport> {
    spec.check()?;
    progress("reading the members' records");
    let members = Observed::of(groups.members, public)?;
    progress("reading the control group's records");
    let control = Observed::of(groups.control, public)?;
    progress("reading the synthetic records");
    let synthetic = Observed::of(synthetic, public)?;

    progress("attack by a few known points");
    let points_raw = unicity::on_records(&members.traces, &control.traces, spec);
    let mut points_synthetic =
        unicity::on_synthetic(&members.traces, &control.traces, &synthetic.traces, spec);
    progress("attack by home and work");
    let (cells, people, others) = (public.cells, &members.anchored, &control.anchored);
    let pairs_raw = home_work::on_records(cells, people, others, spec);
    let mut pairs_synthetic =
        home_work::on_synthetic(cells, people, others, &synthetic.anchored, spec);
    let judgement = Judgement::of(&[&points_synthetic, &pairs_synthetic]);
    judgement.pass(&mut points_synthetic, "hidden points");
    judgement.pass(&mut pairs_synthetic, "home and work");
    Ok(RiskReport {
        attacks: vec![points_raw, points_synthetic, pairs_raw, pairs_synthetic],
        judgement,
    })
}
