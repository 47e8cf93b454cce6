use erewhon_mobility::Public;
use erewhon_types::{Error, Result, percent};

use crate::{
    Attack, AttackRow, Counts, People, Rate, Span, Tables,
    draw::{Group, draws_of, some},
    recovery::{Map, most_popular, nearness, recover, stay_by_night, stay_put, unique_top5, usual},
    scene::MIN_TARGETS,
    stage::Stage,
    tables::count,
    whereabouts::Whereabouts,
};

/// Most people whose trajectories are recovered at all: days are joined in people³ steps.
const MOST: usize = 2000;

/// Most people in the lab, where every attack is played on every release.
const MOST_IN_LAB: usize = 300;

/// What was recovered from counts, held against the people who were counted. Exact, therefore internal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recovery {
    /// People counted.
    pub people: u32,
    /// Right slots from 8 to 20 h, slot by slot as published.
    pub by_day: Rate,
    /// Right slots from 8 to 20 h, everybody in their usual place of the hour.
    pub usual_by_day: Rate,
    /// The same where everybody stays where they were at the first midnight.
    pub stay_by_day: Rate,
    /// The same where everybody stays where they were at the last midnight.
    pub stay_by_night_by_day: Rate,
    /// The same where everybody is in the zone with most people of each slot.
    pub popular_by_day: Rate,
    /// Right slots of the whole window, everybody in their usual place of the hour.
    pub in_all: Rate,
    /// The same where everybody stays where they were at the first midnight.
    pub stay_in_all: Rate,
    /// Mean distance from 8 to 20 h between the middles of the right and the recovered zone.
    pub error_by_day_km: f64,
    /// Share of people, as recovered slot by slot, whose five most frequent zones nobody else has.
    pub unique_top5: f64,
}

/// Recovers trajectories from presence by slot of the window and holds them against the people who were
/// counted (A7). Noisy and suppressed counts are first made whole numbers of constant total.
///
/// # Errors
/// Usage, where presence is not published by slot of the window, or there is nobody, or more than 2,000
/// people.
pub fn recover_trajectories(
    tables: &Tables,
    people: &People,
    public: &Public<'_>,
) -> Result<Recovery> {
    let presence = by_slot_of_window(tables).ok_or_else(|| {
        Error::usage("trajectories are recovered from presence by slot of the window alone")
    })?;
    if people.is_empty() || people.len() > MOST {
        return Err(Error::usage(format!(
            "`{}` people are outside the allowed range 1 to {MOST}",
            people.len()
        )));
    }
    let days = public.calendar.days();
    let truth = Whereabouts::of(people, 0..people.len(), &tables.zones, days, tables.slot_h);
    let map = Map::of(public, &tables.zones, tables.slot_h);
    Ok(Attempt::at(presence, people.len(), &map).held_against(&truth, &map))
}

fn by_slot_of_window(tables: &Tables) -> Option<&Counts> {
    let presence = tables.presence.as_ref();
    presence.filter(|_| tables.span == Span::Window)
}

/// What the attacker makes of counts.
struct Attempt {
    counts: Vec<Vec<u32>>,
    recovered: Whereabouts,
    usual: Whereabouts,
}

impl Attempt {
    fn at(presence: &Counts, people: usize, map: &Map) -> Self {
        let counts = presence.whole(people as u32);
        let recovered = recover(&counts, map);
        Self {
            usual: usual(&recovered, map),
            recovered,
            counts,
        }
    }

    fn held_against(&self, truth: &Whereabouts, map: &Map) -> Recovery {
        let near = |found: &Whereabouts| nearness(found, truth, map);
        let stay = near(&stay_put(&self.counts));
        let usual = near(&self.usual);
        Recovery {
            people: truth.len() as u32,
            by_day: near(&self.recovered).by_day,
            usual_by_day: usual.by_day,
            stay_by_day: stay.by_day,
            stay_by_night_by_day: near(&stay_by_night(&self.counts, map)).by_day,
            popular_by_day: near(&most_popular(&self.counts)).by_day,
            in_all: usual.in_all,
            stay_in_all: stay.in_all,
            error_by_day_km: usual.error_by_day_km,
            unique_top5: unique_top5(&self.recovered),
        }
    }
}

/// A7: whose trajectories come out of counts by slot and zone?
///
/// The attacker has the counts and the map, no trace of anyone. What he recovers is matched with some
/// members by the greatest overlap, by the lab, as there are no names on it; and the same with as many
/// control people: whatever fits them as well says nothing about the members. All are matched at once, so
/// that a hit on one depends on the others: no row is judged.
///
/// A table of at most [`MOST_IN_LAB`] people is recovered as it is. A larger one is played at a smaller size: counts of a sample of the
/// members, with the very noise that the release has over the members' true counts, or with as small
/// counts suppressed. That is a draw of the same mechanism on fewer people, who are easier to tell apart.
/// It is no attack on the release as it is.
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let Some(tables) = release.published() else {
        return Ok(Attack::not_applicable(
            "records need no recovery from counts",
        ));
    };
    let Some(presence) = by_slot_of_window(tables) else {
        return Ok(Attack::not_applicable(
            "no presence by slot of the window is published: there are no trajectories in typical days",
        ));
    };
    let spec = &scene.spec;
    let drawn = |len: usize, most: usize, purpose, group| {
        some(len, most as u32, &mut draws_of(spec.seed, purpose, group))
    };
    let map = Map::of(&scene.public, &tables.zones, tables.slot_h);
    let whole = presence.people().round().max(0.0) as usize <= MOST_IN_LAB;
    // Whose counts are recovered, where not those of the whole table.
    let sample = match whole {
        true => (0..scene.members.len()).collect(),
        false => drawn(
            scene.members.len(),
            MOST_IN_LAB,
            "trajectories",
            Group::Members,
        ),
    };
    // Among fewer people each finds a worse match: both groups are of one size.
    let recovered = match whole {
        true => presence.people().round().max(0.0) as usize,
        false => sample.len(),
    };
    let each = recovered.min(sample.len()).min(scene.control.len());
    if each < MIN_TARGETS {
        return Ok(Attack::played("", "are counted, or left out,", Vec::new()));
    }
    let attempt = if whole {
        Attempt::at(presence, recovered, &map)
    } else {
        let all = tables.truth(scene, &scene.members);
        let noise = all.presence.and_then(|all| presence.noise_over(&all));
        let Some(noise) = noise else {
            return Ok(Attack::not_applicable(format!(
                "the table has more than {MOST_IN_LAB} people, and is not made of the members' counts \
                 and the noise it states: it can't be played at a smaller size"
            )));
        };
        let counted = tables.whereabouts(scene, &scene.members, sample.iter().copied());
        let smaller = count(&counted, tables.zones.zones()).in_the_manner_of(presence, &noise);
        Attempt::at(&smaller, recovered, &map)
    };
    let matched = drawn(sample.len(), each, "matched", Group::Members);
    let matched = matched.into_iter().map(|nth| sample[nth]);
    let truth = tables.whereabouts(scene, &scene.members, matched);
    let control = drawn(scene.control.len(), each, "matched", Group::Control);
    let control = tables.whereabouts(scene, &scene.control, control);
    let found = attempt.held_against(&truth, &map);
    let of_control = attempt.held_against(&control, &map);
    let size = if whole { "" } else { ", as of a sample" };
    let row = |label: &str, members, control, guess: f64| {
        AttackRow::new(format!("{label}{size}"), members, Some(control), guess)
    };
    let rows = vec![
        row(
            "usual places by day",
            found.usual_by_day,
            of_control.usual_by_day,
            found.stay_by_day.share(),
        ),
        row(
            "slot by slot by day",
            found.by_day,
            of_control.by_day,
            found.stay_by_day.share(),
        ),
        row(
            "usual places in all",
            found.in_all,
            of_control.in_all,
            found.stay_in_all.share(),
        ),
    ];
    Ok(words(&found, rows, (!whole).then_some(sample.len())))
}

/// `sample`: people whose counts were recovered, where these are not all.
fn words(found: &Recovery, rows: Vec<AttackRow>, sample: Option<usize>) -> Attack {
    let best = found.by_day.share().max(found.usual_by_day.share());
    let gain = best - found.stay_by_day.share().max(found.popular_by_day.share());
    let size = sample.map_or_else(String::new, |people| {
        format!(
            " The release counts more people than are recovered here; this was played on counts of {people} \
             of them, made in the same manner. Among more people trajectories are harder to tell apart."
        )
    });
    let verdict = format!(
        "From 8 to 20 h {} of the hours of recovered trajectories are right, {} where everybody just \
         stays where they were at the first midnight.{size}",
        percent(best),
        percent(found.stay_by_day.share()),
    );
    let points = |share: f64| 100.0 * share;
    Attack {
        verdict,
        ..Attack::played(
            "The attacker has counts by slot and zone and makes as many trajectories of them as there \
             are people; success is a slot in the right zone, each person matched to the trajectory with \
             the greatest overlap. As many control people are matched to the same trajectories. People \
             are matched together, so the rows are not judged.",
            "are counted, or left out,",
            rows,
        )
    }
    .with_figure("gain by day over the better of staying put and the fullest zone, points", points(gain))
    .with_figure("right by day, staying put since the first midnight, %", points(found.stay_by_day.share()))
    .with_figure("right by day, staying put since the last midnight, %", points(found.stay_by_night_by_day.share()))
    .with_figure("right by day, all in the fullest zone, %", points(found.popular_by_day.share()))
    .with_figure("mean error by day, km", found.error_by_day_km)
    .with_figure("recovered people alone with their five most frequent zones, %", points(found.unique_top5))
}
