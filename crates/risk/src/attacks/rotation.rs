use erewhon_types::{Result, Subscriber};
use rand::seq::SliceRandom;

use crate::{
    Attack, ReleaseKind,
    draw::draws,
    scene::MIN_TARGETS,
    sightings::Sightings,
    stage::Stage,
    views::{end_s, middle_s},
    visits::Visits,
    words,
};

/// A18: do new pseudonyms half way hide who is who?
///
/// The attacker has the release and nothing else: its first half under one set of pseudonyms, its
/// second under another. He links the two by visit counts, as in [`histograms`](super::histograms):
/// what Naini and others do with two data sets works with two parts of one (so do Cretu and others,
/// Nat Commun 13:313, 2022, with contacts).
///
/// Control are rows whose first half was taken out of the release: any claim on them is a false match.
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let Some(rows) = release.rows() else {
        return Ok(Attack::not_applicable("tables have no pseudonyms"));
    };
    if release.kind() == ReleaseKind::Synthetic {
        return Ok(Attack::not_applicable(
            "the pseudonyms of synthetic records are nobody's",
        ));
    }
    let Some(middle_s) = middle_s(scene) else {
        return Ok(Attack::not_applicable("a window of one day has no halves"));
    };
    let mut order = draws(scene.spec.seed, "rotation", 0);
    let earlier = Sightings::of(rows, 0..middle_s, 1);
    let later = Sightings::of(rows, middle_s..end_s(scene), 1);
    let mut both: Vec<(Subscriber, u32)> = later.owners().to_vec();
    both.retain(|owner| earlier.truth(owner.0).is_some());
    both.shuffle(&mut order);
    let able_to = "have records in both halves";
    // A tenth, but enough for an interval, has its first half taken out.
    let most = scene.spec.targets as usize;
    let outside = (both.len() / 10)
        .max(MIN_TARGETS)
        .min(both.len() / 3)
        .min(most);
    let (taken_out, targets) = both.split_at(outside);
    let targets = &targets[..targets.len().min(most)];
    if targets.len() < MIN_TARGETS {
        return Ok(Attack::played("", able_to, Vec::new()));
    }
    let mut gone: Vec<Subscriber> = taken_out.iter().map(|owner| owner.0).collect();
    gone.sort_unstable();
    let earlier = earlier.without(&gone);
    let visits = Visits::of(&earlier);
    let [found, outside] = [targets, taken_out].map(|group| {
        let of: Vec<_> = group
            .iter()
            .map(|owner| visits.of_other(&later, owner.1))
            .collect();
        (
            visits.matches(&of),
            group.iter().map(|owner| owner.0).collect(),
        )
    });
    let rows = super::histograms::relink(found, outside, &earlier);
    let verdict = rows.last().map_or_else(String::new, |row| {
        format!(
            "New pseudonyms half way: visit counts alone lead {} of the rows of the second half back \
             to their first.",
            words::share(&row.members)
        )
    });
    Ok(Attack {
        verdict,
        ..Attack::played(
            "Pseudonyms change half way. The attacker has the release only, and looks for each row of \
             the second half for the row of the first that visits the same places as often. Control \
             are rows whose first half was taken out: any claim on them is a false match.",
            able_to,
            rows,
        )
    })
}
