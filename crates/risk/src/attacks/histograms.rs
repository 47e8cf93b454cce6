use erewhon_types::{Result, Subscriber};

use crate::{
    Attack, AttackRow, ReleaseKind,
    draw::Group,
    linkage::{Claim, Linked, Scored, hidden_point},
    scene::MIN_TARGETS,
    sightings::Sightings,
    stage::Stage,
    views::{View, later, middle_s},
    visits::{Matches, Visits},
    words,
};

/// A claim needs the next row to be a twentieth as likely, in nats.
const CLEAR: f64 = 3.0;

/// A5c: whose row of one half of the period is as often at the same places as a person in the other?
///
/// The attacker has the true records of each target in the second half of the window, by cell, and the
/// release's rows of the first half. He looks at visit counts only, so hiding the times is no help.
/// Weights n D(G || M) + n' D(G' || M) with M the two together, and least-weight matching: Naini,
/// Unnikrishnan, Thiran, Vetterli, "Where you are is who you are", IEEE TIFS 2016 (arXiv:1512.02896).
///
/// Rows are found by place: time goes with the places of a target times the rows that name them. All
/// are matched among the 50 best rows of each.
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let Some(rows) = release.rows() else {
        return Ok(Attack::not_applicable(
            "tables have no rows to link a person to",
        ));
    };
    let Some(middle_s) = middle_s(scene) else {
        return Ok(Attack::not_applicable("a window of one day has no halves"));
    };
    let [members, control] = Group::BOTH.map(|group| later(scene, middle_s, group));
    let held = Sightings::of(rows, 0..middle_s, 1);
    let able_to = "are seen in both halves";
    if members.len() < MIN_TARGETS || held.len() < MIN_TARGETS {
        return Ok(Attack::played("", able_to, Vec::new()));
    }
    let visits = Visits::of(&held);
    let [found, outside] = [&members, &control].map(|views: &Vec<View>| {
        let of: Vec<_> = views
            .iter()
            .map(|view| visits.of_pings(&view.seen))
            .collect();
        visits.matches(&of)
    });
    if release.kind() == ReleaseKind::Synthetic {
        let link = |views: &[View], found: Vec<Matches>| {
            let best = found.into_iter().map(|matches| matches.kl).collect();
            Linked::new(best, views.iter().map(|view| view.who), &held)
        };
        let (linked, outside) = (link(&members, found), link(&control, outside));
        let told = hidden_point(
            (&members, &linked),
            (&control, &outside),
            &held,
            &rows.people,
            stage.ground,
        );
        return Ok(Attack::played(
            "The attacker knows where a real person was how often in the second half of the period. \
             He looks for the synthetic subscriber whose first half is most alike, and reads from it \
             where the person was at an hour of the first half.",
            able_to,
            told,
        ));
    }
    let who = |views: &'_ [View]| views.iter().map(|view| view.who).collect::<Vec<_>>();
    let rows = relink((found, who(&members)), (outside, who(&control)), &held);
    let verdict = rows.last().map_or_else(String::new, |row| {
        format!(
            "Counts of visits in another period lead to the right row for {} of the subscribers: \
             times of day are not needed to recognise people.",
            words::share(&row.members)
        )
    });
    Ok(Attack {
        verdict,
        ..Attack::played(
            "The attacker knows where a person was how often in the second half of the period and \
             looks for the row whose first half is most alike. For a control person, who is not in \
             the records, any claim is a false match.",
            able_to,
            rows,
        )
    })
}

/// Targets with their matches, and who they are.
pub(super) type Found = (Vec<Matches>, Vec<Subscriber>);

/// The rows of an attack by visit counts: each measure on its own, claims, then all matched at once.
pub(super) fn relink(members: Found, control: Found, held: &Sightings<'_>) -> Vec<AttackRow> {
    let by = |found: &Found, measure: &dyn Fn(&Matches) -> Vec<Scored>| {
        Linked::new(
            found.0.iter().map(measure).collect(),
            found.1.iter().copied(),
            held,
        )
    };
    let kl = by(&members, &|m| m.kl.clone());
    let outside = by(&control, &|m| m.kl.clone());
    let n = held.len();
    let mut rows = kl.ranked("divergence", n);
    rows.extend(by(&members, &|m| m.wyci.clone()).ranked("likely visits (WYCI)", n));
    rows.extend(by(&members, &|m| m.lrcf.clone()).ranked("rare places (LRCF)", n));
    let (claim, label) = (
        Claim {
            by: CLEAR,
            least: f64::NEG_INFINITY,
        },
        "divergence, claims at 20 to 1",
    );
    rows.extend(kl.claimed(&outside, claim, label.to_owned(), n));
    rows.extend(kl.matched(None, None, "divergence, all matched at once".to_owned(), n));
    rows
}
