use erewhon_types::{Result, Subscriber};
use rand::RngExt;
use rand::seq::index::sample;

use crate::{
    Attack, AttackRow, Rate, ReleaseKind, Scene,
    draw::{Group, draws_of},
    people::Seen,
    scene::MIN_TARGETS,
    sightings::Sightings,
    stage::Stage,
    stats::median,
    views::{Crowd, Ping},
    words,
};

/// How far a record may be from the minute of the post, in seconds.
const REACHES: [(&str, u32); 2] = [("within 5 minutes", 300), ("within half an hour", 1800)];

/// The hidden event is at least so far from the post, in seconds.
const APART_S: u32 = 3600;

/// A single ping: who of the release can have written one public post?
///
/// The attacker has one post that names a cell and a minute, of a person he knows, and the release. He
/// looks for rows with a record there and then. One of them only: he takes it for the person's, and
/// reads from it where the person was at another hour. That one point singles out few and several
/// single out most is the finding of de Montjoye and others, 2013; the success condition is the one of
/// `unicity`. Rows are found by place and time.
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let Some(rows) = release.rows() else {
        return Ok(Attack::not_applicable(
            "tables have no rows to find a person in",
        ));
    };
    let held = stage.sightings(rows);
    let [members, control] = [Group::Members, Group::Control].map(|group| posts(scene, group));
    let able_to = "are seen over two hours and more";
    let few = |posts: &[Post]| posts.len() < MIN_TARGETS * scene.spec.draws_per_target as usize;
    if few(&members) || held.len() < MIN_TARGETS {
        return Ok(Attack::played("", able_to, Vec::new()));
    }
    let crowd = Crowd::of(&rows.people);
    let told = members
        .iter()
        .filter(|post| crowd.at(post.hidden.hour) == Some(post.hidden.cell))
        .count();
    let guess = told as f64 / members.len() as f64;
    let draws = u64::from(scene.spec.draws_per_target);
    let rate = |posts: &[Post], hit: &dyn Fn(&Post) -> bool| {
        let hits = posts.iter().filter(|post| hit(post)).count() as u64;
        let tries = posts.len() as u64;
        (!few(posts))
            .then(|| Rate::of_targets(hits, tries, tries / draws))
            .flatten()
    };
    let synthetic = release.kind() == ReleaseKind::Synthetic;
    let mut found = Vec::new();
    let mut figures = Vec::new();
    for (label, reach_s) in REACHES {
        let fits = |post: &Post| fitting(held, post.ping, reach_s);
        let only = |post: &Post| match fits(post)[..] {
            [only] => Some(only),
            _ => None,
        };
        if !synthetic {
            let own = |post: &Post| only(post).is_some_and(|row| held.truth(post.who) == Some(row));
            let outside = rate(&control, &|post| only(post).is_some());
            let row = rate(&members, &own).map(|rate| {
                AttackRow::new(
                    format!("alone {label}"),
                    rate,
                    outside,
                    1.0 / held.len() as f64,
                )
            });
            found.extend(row);
            let sizes = members.iter().map(|post| fits(post).len() as f64);
            figures.push((
                format!("rows that fit one post {label}, median"),
                median(sizes.collect()),
            ));
        }
        let tells = |post: &Post| {
            only(post).and_then(|row| held.told(row, post.hidden.time_s)) == Some(post.hidden.cell)
        };
        let outside = rate(&control, &tells);
        if synthetic && outside.is_none() {
            continue;
        }
        let label = format!("hidden point, {label}");
        let row = rate(&members, &tells);
        found.extend(row.map(|rate| AttackRow::new(label, rate, outside, guess)));
    }
    let alone = found.first().filter(|_| !synthetic);
    let verdict = alone.map_or_else(String::new, |row| {
        format!(
            "One public post leads to the right row for {} of the subscribers.",
            words::share(&row.members)
        )
    });
    let question = if synthetic {
        "The attacker has one post of a real person with a cell and a minute, looks for the one \
         synthetic subscriber who was there then, and reads from it where the person was at another \
         hour."
    } else {
        "The attacker has one post of a person with a cell and a minute, looks for the one row that was \
         there then, and reads from it where the person was at another hour. For a control person, who \
         is not in the records, to find one row alone is a false match."
    };
    let attack = Attack {
        verdict,
        ..Attack::played(question, able_to, found)
    };
    let with = |attack: Attack, (label, value)| attack.with_figure(label, value);
    Ok(figures.into_iter().fold(attack, with))
}

/// One post, with an event of the same person that the attacker has not.
struct Post {
    /// Tells whether the attack hit.
    who: Subscriber,
    ping: Ping,
    hidden: Seen,
}

/// `draws_per_target` posts of each of at most `spec.targets` people: true events, to the minute.
fn posts(scene: &Scene<'_>, group: Group) -> Vec<Post> {
    let people = group.of(scene);
    let mut rng = draws_of(scene.spec.seed, "public_post", group);
    // Then either end of a person's events is far enough from any of them.
    let long = |row: &usize| match people.of(*row) {
        [first, .., last] => last.time_s - first.time_s >= 2 * APART_S,
        _ => false,
    };
    let able: Vec<usize> = (0..people.len()).filter(long).collect();
    let targets = able.len().min(scene.spec.targets as usize);
    let mut posts = Vec::new();
    for at in sample(&mut rng, able.len(), targets) {
        let events = people.of(able[at]);
        for _ in 0..scene.spec.draws_per_target {
            let post = events[rng.random_range(0..events.len())];
            let apart = |seen: &&Seen| seen.time_s.abs_diff(post.time_s) >= APART_S;
            let others: Vec<&Seen> = events.iter().filter(apart).collect();
            posts.push(Post {
                who: people.subscriber(able[at]),
                ping: Ping {
                    time_s: post.time_s / 60 * 60 + 30,
                    cell: post.cell,
                },
                hidden: *others[rng.random_range(0..others.len())],
            });
        }
    }
    posts
}

/// The rows that may have been there then, each once.
fn fitting(held: &Sightings<'_>, ping: Ping, reach_s: u32) -> Vec<u32> {
    let mut lives: Vec<u32> = Vec::new();
    held.at_cell(ping.cell, ping.time_s, reach_s, |_, life| lives.push(life));
    lives.sort_unstable();
    lives.dedup();
    let rows = lives.into_iter().flat_map(|life| held.rows_of(life));
    rows.copied().collect()
}
