use std::time::Instant;

use erewhon_types::{Error, Guarantee, Result};
use rayon::prelude::*;

use crate::{
    Attack, AttackRow, Judgement, Release, ReleaseKind, RiskReport, Scene,
    attacks::{
        background, co_occurrence, copula, differencing, ego_net, enumeration, heaviest,
        histograms, home_rule, home_work, inference, linkability, outliers, pois, portrait,
        profile, public_post, rotation, seeds, sensitive_places, singling_out,
        synthetic_membership, table_membership, top_places, trajectories, trips, unicity,
    },
    ground::Ground,
    stage::Stage,
};

/// One attack, and how it is played against a release.
pub struct Game {
    /// Stable name, as on the command line.
    pub id: &'static str,
    /// Number in the catalogue of `docs/attacks.md`.
    pub code: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// What of a person it hits, for sentences: "members' ... are hit more".
    pub(crate) secret: &'static str,
    pub(crate) play: fn(&Stage<'_>) -> Result<Attack>,
}

/// Every attack of the lab, in the order of the catalogue.
pub const GAMES: &[Game] = &[
    Game {
        id: "enumeration",
        code: "A0",
        title: "Trying numbers",
        secret: "numbers",
        play: enumeration::play,
    },
    Game {
        id: "unicity",
        code: "A1",
        title: "A few known points",
        secret: "hidden points",
        play: unicity::play,
    },
    Game {
        id: "top_places",
        code: "A2",
        title: "Most visited places",
        secret: "next places",
        play: top_places::play,
    },
    Game {
        id: "home_work",
        code: "A3",
        title: "Home and work",
        secret: "home and work",
        play: home_work::play,
    },
    Game {
        id: "home_rule",
        code: "A4",
        title: "The home and work rule",
        secret: "homes",
        play: home_rule::play,
    },
    Game {
        id: "co_occurrence",
        code: "A5a",
        title: "Seen together with another source",
        secret: "hidden points",
        play: co_occurrence::play,
    },
    Game {
        id: "pois",
        code: "A5b",
        title: "Likelihood of being the same person",
        secret: "hidden points",
        play: pois::play,
    },
    Game {
        id: "histograms",
        code: "A5c",
        title: "Visit counts of another period",
        secret: "hidden points",
        play: histograms::play,
    },
    Game {
        id: "copula",
        code: "A6",
        title: "A sample, and what it says of the whole",
        secret: "attributes",
        play: copula::play,
    },
    Game {
        id: "trajectories",
        code: "A7",
        title: "Trajectories from counts",
        secret: "whereabouts",
        play: trajectories::play,
    },
    Game {
        id: "table_membership",
        code: "A8",
        title: "Among those counted",
        secret: "presence in the table",
        play: table_membership::play,
    },
    Game {
        id: "heaviest",
        code: "A8c",
        title: "All but one known",
        secret: "presence in the tables",
        play: heaviest::play,
    },
    Game {
        id: "ego_net",
        code: "A9a",
        title: "Contacts of contacts",
        secret: "homes",
        play: ego_net::play,
    },
    Game {
        id: "profile",
        code: "A9b",
        title: "Habits with others",
        secret: "habits",
        play: profile::play,
    },
    Game {
        id: "seeds",
        code: "A9c",
        title: "A few known in the graph of contacts",
        secret: "pseudonyms",
        play: seeds::play,
    },
    Game {
        id: "singling_out",
        code: "A10",
        title: "Singling out",
        secret: "attributes",
        play: singling_out::play,
    },
    Game {
        id: "linkability",
        code: "A10",
        title: "Linking two halves",
        secret: "halves",
        play: linkability::play,
    },
    Game {
        id: "inference",
        code: "A10",
        title: "Guessing an attribute",
        secret: "attributes",
        play: inference::play,
    },
    Game {
        id: "background",
        code: "A11",
        title: "Background knowledge",
        secret: "further places",
        play: background::play,
    },
    Game {
        id: "outliers",
        code: "A12",
        title: "People far from everyone",
        secret: "traces",
        play: outliers::play,
    },
    Game {
        id: "synthetic_membership",
        code: "A14",
        title: "Membership in synthetic records",
        secret: "traces",
        play: synthetic_membership::play,
    },
    Game {
        id: "portrait",
        code: "A16",
        title: "Portrait of a person",
        secret: "made-up attribute",
        play: portrait::play,
    },
    Game {
        id: "differencing",
        code: "A17",
        title: "Counts left out",
        secret: "counts",
        play: differencing::play,
    },
    Game {
        id: "rotation",
        code: "A18",
        title: "New pseudonyms half way",
        secret: "second halves",
        play: rotation::play,
    },
    Game {
        id: "trips",
        code: "A19",
        title: "Single trips",
        secret: "trips",
        play: trips::play,
    },
    Game {
        id: "public_post",
        code: "A20",
        title: "One public post",
        secret: "hidden points",
        play: public_post::play,
    },
    Game {
        id: "sensitive_places",
        code: "A21",
        title: "Places that stand out",
        secret: "places",
        play: sensitive_places::play,
    },
];

/// Games that match people all together, so that a hit on one says something of the others: a rate of them
/// is no count of independent tries, and no test that takes it for one is asked.
const TOGETHER: [&str; 1] = ["trajectories"];

/// The games of these names, in the order of the catalogue; all of them for `all`.
///
/// # Errors
/// Usage, when a name is no game's.
pub fn games(names: &[impl AsRef<str>]) -> Result<Vec<&'static Game>> {
    let known = |name: &str| name == "all" || GAMES.iter().any(|game| game.id == name);
    if let Some(name) = names.iter().find(|name| !known(name.as_ref())) {
        let allowed: Vec<&str> = GAMES.iter().map(|game| game.id).collect();
        return Err(Error::usage(format!(
            "`{}` is no attack: allowed are all, {}",
            name.as_ref(),
            allowed.join(", ")
        ))
        .with_hint("`erewhon risk list` says what each does"));
    }
    let asked = |game: &&Game| {
        names
            .iter()
            .any(|name| name.as_ref() == "all" || name.as_ref() == game.id)
    };
    Ok(GAMES.iter().filter(asked).collect())
}

/// Plays each game against each release. `progress` hears what begins.
///
/// # Errors
/// What a game fails with; a game that does not apply is no error but says so in its row.
///
/// # Privacy
/// The report is exact and therefore internal: it holds counts of real subscribers.
pub fn run(
    scene: &Scene<'_>,
    releases: &[Release],
    games: &[&Game],
    progress: &mut dyn FnMut(&str),
) -> Result<RiskReport> {
    let mut attacks = Vec::with_capacity(releases.len() * games.len());
    let ground = Ground::of(&scene.public);
    for release in releases {
        progress(&format!("attacking {}", release.name));
        let stage = Stage::new(scene, release, &ground);
        // Games know nothing of each other; the order of the report is that of the catalogue.
        let played: Vec<_> = games
            .par_iter()
            .map(|game| played(game, &stage).map(|attack| (attack, game.secret)))
            .collect::<Result<_>>()?;
        attacks.extend(played.into_iter().map(|played| (release.claim, played)));
    }
    let attacks = held_to_claims(attacks);
    // A row for each real person singles people out by what it is: judged is what claims not to.
    let promises = |attack: &Attack| {
        attack.kind != ReleaseKind::Records && !TOGETHER.contains(&attack.id.as_str())
    };
    let judgement = Judgement::of(
        attacks
            .iter()
            .map(|(attack, _)| attack)
            .filter(|a| promises(a)),
    );
    let attacks = attacks.into_iter().map(|(mut attack, secret)| {
        if promises(&attack) {
            judgement.pass(&mut attack, secret);
        }
        attack
    });
    Ok(RiskReport {
        attacks: attacks.collect(),
        judgement,
        verdict: None,
        changes: None,
    })
}

/// One game against one release, with what the lab knows of both.
fn played(game: &Game, stage: &Stage<'_>) -> Result<Attack> {
    let (begin, release) = (Instant::now(), stage.release);
    let mut attack = (game.play)(stage)?;
    attack.id = game.id.to_owned();
    attack.code = game.code.to_owned();
    attack.title = game.title.to_owned();
    attack.release = release.name.clone();
    attack.kind = release.kind();
    attack.cost_s = begin.elapsed().as_secs_f64();
    Ok(attack)
}

/// Holds rows to what their releases claim, all together: with every further row chance has one more go.
/// Those that a game has held itself stay as they are.
fn held_to_claims<T>(mut attacks: Vec<(Option<Guarantee>, (Attack, T))>) -> Vec<(Attack, T)> {
    let open = |attack: &Attack| !TOGETHER.contains(&attack.id.as_str());
    let mut held: Vec<(Guarantee, &mut AttackRow)> = Vec::new();
    for (claim, (attack, _)) in &mut attacks {
        let Some(claim) = claim.filter(|_| open(attack)) else {
            continue;
        };
        let rows = attack.rows.iter_mut();
        let rows = rows.filter(|row| row.control.is_some() && row.within_bound.is_none());
        held.extend(rows.map(|row| (claim, row)));
    }
    let rows = held.len();
    for (claim, row) in held {
        row.hold_to(claim, rows);
    }
    attacks.into_iter().map(|(_, played)| played).collect()
}
