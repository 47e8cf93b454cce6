mod flows;
mod places;
mod presence;
mod range;
mod rhythm;
mod tasks;

use erewhon_geo::Frame;

use crate::{
    Better, Group, Measure, Profile, Scene, distance::jsd_bit, scene::quartile_errors_km,
    tasks::Tasks,
};

/// Two profiles, what was learnt from one of them, and what is dear to compute.
pub(crate) struct Pair<'a> {
    a: &'a Profile,
    b: &'a Profile,
    emd_km: [Option<f64>; 24],
    tasks: Tasks,
    zone_of_place: &'a [usize],
}

impl<'a> Pair<'a> {
    /// `tasks` says how well the side does that the other is held against.
    pub(crate) fn new(scene: &'a Scene<'_>, a: &'a Profile, b: &'a Profile, tasks: Tasks) -> Self {
        let emd_km = scene.ground.by_hour(&a.presence, &b.presence);
        Self {
            a,
            b,
            emd_km,
            tasks,
            zone_of_place: &scene.zone_of_place,
        }
    }

    fn daily_range_errors_km(&self) -> Option<[f64; 3]> {
        quartile_errors_km(&self.a.daily_range, &self.b.daily_range)
    }
}

/// A measure as data: its names, its words and its function.
struct Spec {
    id: &'static str,
    title: &'static str,
    unit: &'static str,
    definition: &'static str,
    better: Better,
    of: Of,
}

/// What a measure is worked out from.
enum Of {
    /// The Jensen-Shannon divergence of two histograms on shared bins.
    Jsd(fn(&Profile) -> &[f64]),
    Pair(fn(&Pair<'_>) -> Option<f64>),
    Task(fn(&Tasks) -> Option<f64>),
}

impl Spec {
    fn value(&self, pair: &Pair<'_>) -> Option<f64> {
        match self.of {
            Of::Jsd(of) => jsd_bit(of(pair.a), of(pair.b)),
            Of::Pair(of) => of(pair),
            Of::Task(of) => of(&pair.tasks),
        }
    }

    const fn higher(mut self) -> Self {
        self.better = Better::Higher;
        self
    }
}

const fn jsd(
    id: &'static str,
    title: &'static str,
    definition: &'static str,
    of: fn(&Profile) -> &[f64],
) -> Spec {
    spec([id, title, "bit"], definition, Of::Jsd(of))
}

const fn pair(
    names: [&'static str; 3],
    definition: &'static str,
    of: fn(&Pair<'_>) -> Option<f64>,
) -> Spec {
    spec(names, definition, Of::Pair(of))
}

const fn task(
    names: [&'static str; 3],
    definition: &'static str,
    of: fn(&Tasks) -> Option<f64>,
) -> Spec {
    spec(names, definition, Of::Task(of))
}

const fn spec([id, title, unit]: [&'static str; 3], definition: &'static str, of: Of) -> Spec {
    Spec {
        id,
        title,
        unit,
        definition,
        better: Better::Lower,
        of,
    }
}

const GROUPS: [(Group, &[Spec]); 6] = [
    (Group::Presence, &presence::SPECS),
    (Group::Range, &range::SPECS),
    (Group::Rhythm, &rhythm::SPECS),
    (Group::Places, &places::SPECS),
    (Group::Flows, &flows::SPECS),
    (Group::Tasks, &tasks::SPECS),
];

fn specs() -> impl Iterator<Item = (Group, &'static Spec)> {
    let each = |&(group, specs): &'static (Group, &'static [Spec])| {
        specs.iter().map(move |spec| (group, spec))
    };
    GROUPS.iter().flat_map(each)
}

/// What the measures of a pair are held against.
pub(crate) struct Yardstick {
    /// Each measure between two halves.
    halves: Vec<Option<f64>>,
    /// Who learnt next to nothing from the first half.
    trivial: Tasks,
}

impl Yardstick {
    pub(crate) fn new(halves: &Pair<'_>, trivial: Tasks) -> Self {
        Self {
            halves: specs().map(|(_, spec)| spec.value(halves)).collect(),
            trivial,
        }
    }
}

/// Every measure of a pair in words and numbers, beside its yardstick.
pub(crate) fn all(scene: &Scene<'_>, compared: &Pair<'_>, yardstick: &Yardstick) -> Vec<Measure> {
    let measure = |((group, spec), sampling_error): ((Group, &Spec), &Option<f64>)| Measure {
        id: spec.id.to_owned(),
        group,
        title: spec.title.to_owned(),
        unit: if in_steps(scene, spec) {
            "step"
        } else {
            spec.unit
        }
        .to_owned(),
        definition: [
            Some(spec.definition.to_owned()),
            coarse_note(scene, spec, compared),
            schematic_note(scene, spec),
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<String>>()
        .join(" "),
        value: spec.value(compared),
        sampling_error: *sampling_error,
        trivial: match spec.of {
            Of::Task(of) => of(&yardstick.trivial),
            Of::Jsd(_) | Of::Pair(_) => None,
        },
        better: spec.better,
    };
    specs().zip(&yardstick.halves).map(measure).collect()
}

/// Says that cells were joined into zones, and how much that may matter.
fn coarse_note(scene: &Scene<'_>, spec: &Spec, pair: &Pair<'_>) -> Option<String> {
    if !scene.ground.is_coarse() || !spec.id.ends_with("emd_km") {
        return None;
    }
    let bound_km = scene
        .ground
        .mean_bias_bound_km(&pair.a.presence, &pair.b.presence)?;
    Some(format!(
        "There are more than 256 cells, so they were joined into at most 256 zones first; over the \
         whole day this changes the value by {bound_km:.3} km at the most."
    ))
}

/// Whether a distance counts steps on the lattice of a cell list without positions.
fn in_steps(scene: &Scene<'_>, spec: &Spec) -> bool {
    scene.public.cells.frame() == Frame::Schematic && spec.unit == "km"
}

/// Says what a step is.
fn schematic_note(scene: &Scene<'_>, spec: &Spec) -> Option<String> {
    in_steps(scene, spec).then(|| {
        "The cells have no known position: a km is a step on a lattice in file order, good for \
         telling equal from different and for nothing else."
            .to_owned()
    })
}
