use std::sync::OnceLock;

use erewhon_types::Result;

use crate::{
    People, Release, Scene, draw::Group, ground::Ground, release::Rows, sightings::Sightings,
    told::Told, traits::Traits, views::end_s,
};

/// One release before the scene's people, with what several games need of them: made once, by whichever
/// game asks first.
///
/// The making must not use the pool of threads that games are played on: a thread that waits for it there may
/// be given another game to play, which waits for the first.
pub(crate) struct Stage<'a> {
    pub(crate) scene: &'a Scene<'a>,
    pub(crate) release: &'a Release,
    /// The public cells; of all releases.
    pub(crate) ground: &'a Ground,
    sightings: OnceLock<Sightings<'a>>,
    told: OnceLock<Result<Told>>,
    traits: OnceLock<Result<[Traits; 3]>>,
}

impl<'a> Stage<'a> {
    pub(crate) const fn new(
        scene: &'a Scene<'a>,
        release: &'a Release,
        ground: &'a Ground,
    ) -> Self {
        Self {
            scene,
            release,
            ground,
            sightings: OnceLock::new(),
            told: OnceLock::new(),
            traits: OnceLock::new(),
        }
    }

    /// The records of the release over the whole window, as they are.
    pub(crate) fn sightings(&self, rows: &'a Rows) -> &Sightings<'a> {
        let whole = 0..end_s(self.scene);
        self.sightings.get_or_init(|| Sightings::of(rows, whole, 1))
    }

    /// A group of the scene as the release would tell of it: what an attacker knows, where the release is
    /// to be compared with it.
    ///
    /// # Errors
    /// What reading people fails with.
    pub(crate) fn told(&self, rows: &'a Rows, group: Group) -> Result<&People> {
        let told = self
            .told
            .get_or_init(|| Told::of(self.scene, rows, self.sightings(rows)));
        let told = told.as_ref().map_err(Clone::clone)?;
        Ok(told.group(group, self.scene))
    }

    /// The attributes of members, control group and rows, the former two as the release would tell of them.
    ///
    /// # Errors
    /// As [`told`](Self::told).
    pub(crate) fn traits(&self, rows: &'a Rows) -> Result<&[Traits; 3]> {
        let all = || {
            let zones = Traits::zones(self.scene.public.cells);
            let of = |people: &People| Traits::of(people, self.ground, &zones);
            let [members, control] = Group::BOTH.map(|group| self.told(rows, group));
            Ok([of(members?), of(control?), of(&rows.people)])
        };
        let traits = self.traits.get_or_init(all);
        traits.as_ref().map_err(Clone::clone)
    }
}
