use erewhon_geo::{Partition, ZoneTree};
use erewhon_mobility::Public;
use erewhon_types::{CellIx, Result, ZoneIx, percent};

use crate::{
    Attack, AttackRow, Counts, People, Rate, Release, Span, Tables,
    scene::MIN_TARGETS,
    stage::Stage,
    stats::median,
    tables::{count, middles_m},
    whereabouts::{Whereabouts, slots_per_day},
};

/// Fewest people in a zone, in the mean over slots: what a few do is theirs, not the place's.
const LEAST_PEOPLE: f64 = 5.0;

/// A zone is held against so many nearest ones.
const NEIGHBOURS: usize = 6;

/// And its difference from them against those of so many zones next in size on either side.
const LIKE_SIZE: usize = 20;

/// How many robust standard deviations above the median of these stand out.
const STANDS_OUT: f64 = 5.0;

/// Places that stand out on a map though no person does: barracks, clinics, shelters, places of worship.
///
/// The attacker has the release and the map. A zone stands out by the hours at which people are there
/// (workdays and days off apart: half the sum of differences from its neighbours' shares) or, where rows
/// are to be had, by how long each of its visitors stays, which is long where a population is closed.
/// Either is held against zones of like size, by median and median absolute deviation.
///
/// What counts is places, not people: nobody's privacy loss bounds it. The remedy is a public list of
/// places whose cells are merged with their neighbours before anything is counted.
///
/// O(people × slots + zones²).
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let Some(seen) = Places::of(release, &scene.public) else {
        return Ok(Attack::not_applicable(
            "no presence by slot and zone is published",
        ));
    };
    let found = seen.stand_out();
    let judged = found.iter().flatten().count();
    let out = found.iter().filter(|out| **out == Some(true)).count();
    let rate = Rate::of(out as u64, judged as u64).filter(|_| judged >= MIN_TARGETS);
    let Some(rate) = rate else {
        return Ok(Attack::not_applicable(format!(
            "fewer than {MIN_TARGETS} zones have {LEAST_PEOPLE} people and more at a time"
        )));
    };
    let row = AttackRow::new("zones that stand out".to_owned(), rate, None, 0.0);
    let attack = Attack {
        verdict: format!(
            "{} of zones with enough people stand out from their neighbours by their hours or by how \
             long visitors stay. A list of places to blur is the remedy; noise on people is none.",
            percent(rate.share())
        ),
        ..Attack::played(
            "The attacker looks for places that are used unlike their neighbours; success is a zone \
             that stands out. Rates count zones, not people; were all zones of a size alike, none would.",
            "",
            vec![row],
        )
    };
    // Whether a release hides what stands out in the records that it was made of.
    let real =
        Places::of_people(&scene.members, &scene.public, &seen.zones, seen.slot_h).stand_out();
    let (mut sites, mut kept) = (0, 0);
    for (real, found) in real.iter().zip(&found) {
        sites += u32::from(*real == Some(true));
        kept += u32::from(*real == Some(true) && *found == Some(true));
    }
    if sites == 0 {
        return Ok(attack);
    }
    let kept = 100.0 * f64::from(kept) / f64::from(sites);
    Ok(attack.with_figure(
        "of zones that stand out in the members' own records, here too, %",
        kept,
    ))
}

/// The cells of zones that stand out in a release, ascending: a list of sites to look at, and to blur.
/// `None` where no presence by slot and zone can be had.
///
/// # Privacy
/// Of records it is exact, and internal.
pub fn sensitive_places(release: &Release, public: &Public<'_>) -> Option<Vec<CellIx>> {
    let seen = Places::of(release, public)?;
    let found = seen.stand_out().into_iter().zip(0..);
    let out = found.filter(|(out, _)| *out == Some(true));
    let mut cells: Vec<CellIx> = (out)
        .flat_map(|(_, zone)| seen.zones.cells_of(ZoneIx(zone)).iter().copied())
        .collect();
    cells.sort_unstable();
    Some(cells)
}

/// Hours of the zones of a release.
struct Places {
    zones: Partition,
    slot_h: u16,
    /// By zone: people in the mean over slots.
    people: Vec<f64>,
    /// By zone, then by slot of a workday and of a day off: share of the time that people are there.
    hours: Vec<Vec<f64>>,
    /// By zone: slots of each visitor, where rows are to be had.
    stays: Option<Vec<f64>>,
    middles_m: Vec<(f64, f64)>,
}

impl Places {
    fn of(release: &Release, public: &Public<'_>) -> Option<Self> {
        if let Some(rows) = release.rows() {
            let tree = ZoneTree::build(public.cells);
            let cells = tree.partition(tree.depth());
            return Some(Self::of_people(&rows.people, public, &cells, 1));
        }
        let tables = release.published()?;
        let presence = tables.presence.as_ref()?;
        let lines = tables.lines(public);
        Some(Self::of_counts(presence, &lines, public, tables, None))
    }

    fn of_people(people: &People, public: &Public<'_>, zones: &Partition, slot_h: u16) -> Self {
        let days = public.calendar.days();
        let places = Whereabouts::of(people, 0..people.len(), zones, days, slot_h);
        let mut visitors = vec![0.0_f64; zones.zones()];
        let mut slots = vec![0.0; zones.zones()];
        for row in places.rows() {
            let mut been = row.to_vec();
            been.sort_unstable();
            for same in been.chunk_by(|a, b| a == b) {
                visitors[same[0] as usize] += 1.0;
                slots[same[0] as usize] += same.len() as f64;
            }
        }
        let stays = slots
            .iter()
            .zip(&visitors)
            .map(|(slots, n)| slots / n.max(1.0))
            .collect();
        let counts = count(&places, zones.zones());
        let lines: Vec<usize> = (0..places.slots()).collect();
        let frame = Tables {
            zones: zones.clone(),
            slot_h,
            span: Span::Window,
            presence: None,
            pairs: None,
        };
        Self::of_counts(&counts, &lines, public, &frame, Some(stays))
    }

    fn of_counts(
        counts: &Counts,
        lines: &[usize],
        public: &Public<'_>,
        frame: &Tables,
        stays: Option<Vec<f64>>,
    ) -> Self {
        let (zones, per_day) = (counts.columns, slots_per_day(frame.slot_h));
        let entries = counts.filled();
        let mut hours = vec![vec![0.0; 2 * per_day]; zones];
        for (slot, line) in lines.iter().enumerate() {
            let off = usize::from(!public.calendar.is_workday((slot / per_day) as u16));
            let kind = off * per_day + slot % per_day;
            for (hours, entry) in hours.iter_mut().zip(&entries[line * zones..]) {
                hours[kind] += entry;
            }
        }
        // What noise alone may make of a zone's mean.
        let noise = counts.noise_sd / (counts.lines().max(1) as f64).sqrt();
        let people = hours.iter_mut().map(|hours| {
            hours.iter_mut().for_each(|time| *time = time.max(0.0));
            let time: f64 = hours.iter().sum();
            hours
                .iter_mut()
                .for_each(|of| *of /= time.max(f64::MIN_POSITIVE));
            let people = time / lines.len().max(1) as f64;
            if people > 4.0 * noise { people } else { 0.0 }
        });
        Self {
            people: people.collect(),
            hours,
            stays,
            middles_m: middles_m(public, &frame.zones),
            zones: frame.zones.clone(),
            slot_h: frame.slot_h,
        }
    }

    /// Whether each zone stands out; `None` for one of too few people.
    fn stand_out(&self) -> Vec<Option<bool>> {
        let zones = 0..self.people.len();
        let mut judged: Vec<usize> = zones.filter(|&z| self.people[z] >= LEAST_PEOPLE).collect();
        judged.sort_by(|&a, &b| self.people[a].total_cmp(&self.people[b]));
        let mut found = vec![None; self.people.len()];
        if judged.len() < MIN_TARGETS {
            return found;
        }
        let unlike: Vec<f64> = judged
            .iter()
            .map(|&zone| self.unlike(zone, &judged))
            .collect();
        let longer: Option<Vec<f64>> = (self.stays.as_ref()).map(|stays| {
            judged
                .iter()
                .map(|&zone| stays[zone].max(1.0).ln())
                .collect()
        });
        for (nth, &zone) in judged.iter().enumerate() {
            let out = |values: &Vec<f64>| above_like(values, nth) > STANDS_OUT;
            found[zone] = Some(out(&unlike) || longer.as_ref().is_some_and(out));
        }
        found
    }

    /// Half the sum of differences between a zone's hours and those of its neighbours together.
    fn unlike(&self, zone: usize, judged: &[usize]) -> f64 {
        let from = self.middles_m[zone];
        let far = |other: &usize| {
            let at = self.middles_m[*other];
            (at.0 - from.0).hypot(at.1 - from.1)
        };
        let mut near: Vec<usize> = judged
            .iter()
            .copied()
            .filter(|other| *other != zone)
            .collect();
        near.sort_by(|a, b| far(a).total_cmp(&far(b)));
        near.truncate(NEIGHBOURS);
        let people: f64 = near.iter().map(|&other| self.people[other]).sum();
        let hours = self.hours[zone].iter().enumerate();
        let differences = hours.map(|(kind, share)| {
            let there = |&other: &usize| self.people[other] * self.hours[other][kind];
            (share - near.iter().map(there).sum::<f64>() / people).abs()
        });
        differences.sum::<f64>() / 2.0
    }
}

/// How far the nth value is above the median of those beside it, in robust standard deviations.
fn above_like(values: &[f64], nth: usize) -> f64 {
    let from = nth.saturating_sub(LIKE_SIZE);
    let like = &values[from..values.len().min(nth + LIKE_SIZE + 1)];
    let middle = median(like.to_vec());
    let spread = median(like.iter().map(|value| (value - middle).abs()).collect());
    // A median absolute deviation is .6745 standard deviations of a normal distribution.
    let deviation = (1.4826 * spread).max(1e-6);
    (values[nth] - middle) / deviation
}
