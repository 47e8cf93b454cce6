use erewhon_types::Result;

use crate::{
    Attack, ReleaseKind,
    likeness::Crowd,
    membership::{Attacker, Groups, Judged, SCORES, missing, name},
    stage::Stage,
};

/// At most so many of a group are compared with everybody; the control group is smaller anyway.
const MOST_TARGETS: u32 = 1000;

/// A14: were somebody's records among those that a synthetic set was made from?
///
/// The attacker has all true events of the person, the synthetic records and nothing else of the
/// generator, the public cells, and reference people whose records he knows and who are no members (half
/// of the control group; the other half is attacked). He measures how near the nearest synthetic subscriber
/// is, by four measures of which the last three forgive a blur, and accuses whoever is nearer than nine of
/// ten reference people; then the same for the nearness against that to the reference people.
///
/// Distance to the closest record as in the usual membership games on synthetic data, made relative to
/// reference people as by van Breugel and others 2023 (DOMIAS, "Membership inference attacks against
/// synthetic data through overfitting detection"); that blurring generators of trajectories fall to it:
/// arXiv 2604.19653. Time: `Crowd::nearest` for each target and reference person.
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let rows = match (release.rows(), release.kind()) {
        (Some(rows), ReleaseKind::Synthetic) => rows,
        (Some(_), _) => {
            return Ok(Attack::not_applicable(
                "the release has a row for each member, so membership is no secret to tell",
            ));
        }
        (None, _) => {
            return Ok(Attack::not_applicable(
                "tables have no rows; membership in counts is an attack of its own",
            ));
        }
    };
    if let Some(why) = missing(scene, rows.people.len()) {
        return Ok(Attack::not_applicable(why));
    }
    let Some(groups) = Groups::of(scene) else {
        return Ok(Attack::not_applicable("no reference people are left"));
    };
    let ground = stage.ground;
    let attacker = Attacker {
        synthetic: Crowd::of(&rows.people, ground)?,
        reference: Crowd::of(&groups.reference, ground)?,
    };
    let all = |people: &crate::People| (0..people.len()).collect::<Vec<_>>();
    let chosen = [&scene.members, &groups.control, &groups.reference].map(all);
    let judged = Judged::of(
        scene,
        &groups,
        &attacker,
        [&chosen[0], &chosen[1], &chosen[2]],
        (MOST_TARGETS, "synthetic_membership"),
    );
    let played = (0..SCORES).filter_map(|score| judged.row(score, name(score)));
    let mut attack = Attack::played(
        "The attacker knows everything about a person and asks whether the synthetic records were made from \
         it, among others: he calls whoever is nearer to a synthetic subscriber than nine of ten people who \
         are no members. For a control person a success is a false accusation.",
        "can be compared",
        played.collect(),
    );
    for score in 0..SCORES {
        let name = name(score);
        attack = attack
            .with_figure(format!("{name}: AUC, 0 to 1"), judged.auc(score))
            .with_figure(
                format!("{name}: members found at 1 % false alarms, share"),
                judged.at_one_percent(score),
            );
    }
    Ok(attack)
}
