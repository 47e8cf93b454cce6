use crate::{
    country::{AreaKind, Country},
    dice::{Dice, For, running},
    plane::Point,
    roads::travel_min,
};

/// What people do at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Home,
    Firm,
    School,
    University,
    Hospital,
    Hub,
    Shop,
    Food,
    Leisure,
    Hotel,
    /// Where a meter or another machine is bolted down.
    Pole,
}

/// Number of a place.
pub(crate) type PlaceIx = u32;

/// Everywhere outside the region: phones there are silent.
pub(crate) const AWAY: PlaceIx = u32::MAX;

#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) what: Use,
    pub(crate) area: u16,
    pub(crate) point: Point,
    /// People who work there, or how much it draws.
    pub(crate) size: f64,
    /// Local minutes between which one may be there.
    opens_min: u16,
    closes_min: u16,
    open_sunday: bool,
}

impl Place {
    pub(crate) fn is_open(&self, weekday: u8, minute: u16) -> bool {
        (self.opens_min..self.closes_min).contains(&minute) && (self.open_sunday || weekday != 6)
    }
}

/// All places, and those of each use.
#[derive(Debug)]
pub(crate) struct Places {
    pub(crate) all: Vec<Place>,
    pub(crate) hub: PlaceIx,
    /// Places of work with their running total of jobs, by area.
    firms_in: Vec<(Vec<PlaceIx>, Vec<f64>)>,
}

impl Places {
    /// Puts firms, schools, shops and so on for a number of residents.
    pub(crate) fn found(country: &Country, residents: u32, seed: u64) -> Self {
        let mut dice = Dice::new(seed, For::Places, 0, 0);
        let mut places = Self {
            all: Vec::new(),
            hub: 0,
            firms_in: Vec::new(),
        };
        let residents = f64::from(residents);
        let areas = &country.areas;
        let total_jobs: f64 = areas.iter().map(|a| a.jobs).sum();
        for (ix, area) in areas.iter().enumerate() {
            if area.jobs > 0.0 {
                let firms = (0.5 * residents * area.jobs / total_jobs / 14.0).round();
                for _ in 0..(firms as usize).max(1) {
                    let size = dice.pareto(2.0, 1.15).min(600.0);
                    places.add(country, Use::Firm, ix, size, &mut dice);
                }
            }
        }
        let by_homes = running(areas.iter().map(|a| a.residents));
        let by_jobs = running(areas.iter().map(|a| a.jobs));
        let both = running(areas.iter().map(|a| {
            let homes = by_homes.last().copied().unwrap_or(1.0);
            a.residents / homes + 1.5 * a.jobs / total_jobs
        }));
        for (what, per, least, draw, low, alpha) in [
            (Use::School, 650.0, 4, &by_homes, 25.0, 3.0),
            (Use::Shop, 80.0, 8, &both, 3.0, 1.3),
            (Use::Food, 110.0, 8, &by_jobs, 2.0, 1.8),
            (Use::Leisure, 130.0, 10, &both, 2.0, 1.3),
            (Use::Hotel, 2_500.0, 3, &by_jobs, 4.0, 2.0),
        ] {
            for _ in 0..((residents / per) as usize).max(least) {
                let area = dice.pick(draw);
                let size = dice.pareto(low, alpha).min(300.0);
                places.add(country, what, area, size, &mut dice);
            }
        }
        let special = |kind: AreaKind, dice: &mut Dice| {
            let found = areas.iter().position(|a| a.kind == kind);
            found.unwrap_or_else(|| dice.pick(&by_jobs))
        };
        for (what, kind, share) in [
            (Use::University, AreaKind::Campus, 0.015),
            (Use::Hospital, AreaKind::District, 0.02),
            (Use::Hub, AreaKind::Hub, 0.015),
        ] {
            let area = special(kind, &mut dice);
            let at = places.add(country, what, area, share * residents, &mut dice);
            if what == Use::Hub {
                places.hub = at;
            }
        }
        places.firms_in = (0..areas.len())
            .map(|area| {
                let firms: Vec<PlaceIx> = places
                    .of(Use::Firm)
                    .filter(|&p| usize::from(places.get(p).area) == area)
                    .collect();
                let sums = running(firms.iter().map(|&p| places.get(p).size));
                (firms, sums)
            })
            .collect();
        places
    }

    /// Adds a place somewhere in an area.
    pub(crate) fn add(
        &mut self,
        country: &Country,
        what: Use,
        area: usize,
        size: f64,
        dice: &mut Dice,
    ) -> PlaceIx {
        let (opens_min, closes_min, open_sunday) = match what {
            Use::Shop => (480, 1_230, false),
            Use::Food => (630, 1_410, true),
            Use::Leisure if dice.chance(0.3) => (1_080, 1_500, true),
            Use::Leisure => (540, 1_320, true),
            _ => (0, 1_500, true),
        };
        self.all.push(Place {
            what,
            area: area as u16,
            point: country.point_in(area, dice),
            size,
            opens_min,
            closes_min,
            open_sunday,
        });
        (self.all.len() - 1) as PlaceIx
    }

    /// A place; everywhere outside the region is reached through the hub.
    pub(crate) fn get(&self, place: PlaceIx) -> &Place {
        &self.all[if place == AWAY { self.hub } else { place } as usize]
    }

    pub(crate) fn of(&self, what: Use) -> impl Iterator<Item = PlaceIx> + '_ {
        (0..self.all.len() as PlaceIx).filter(move |&p| self.get(p).what == what)
    }

    /// Where on the road network a place lies.
    pub(crate) fn on_road(&self, place: PlaceIx) -> (Point, u16) {
        let place = self.get(place);
        (place.point, place.area)
    }

    pub(crate) fn length_m(&self, country: &Country, a: PlaceIx, b: PlaceIx) -> f64 {
        country.roads.length_m(self.on_road(a), self.on_road(b))
    }

    /// At free flow.
    pub(crate) fn travel_min(&self, country: &Country, a: PlaceIx, b: PlaceIx) -> f64 {
        travel_min(self.length_m(country, a, b))
    }

    /// One of some places: the larger and nearer, the likelier.
    pub(crate) fn choose_near(
        &self,
        country: &Country,
        from: PlaceIx,
        among: &[PlaceIx],
        patience_min: f64,
        dice: &mut Dice,
    ) -> PlaceIx {
        let weights = among
            .iter()
            .map(|&p| self.get(p).size * (-self.travel_min(country, from, p) / patience_min).exp());
        among
            .get(dice.pick(&running(weights)))
            .copied()
            .unwrap_or(from)
    }

    /// A firm of an area, by size.
    pub(crate) fn firm_in(&self, area: usize, dice: &mut Dice) -> Option<PlaceIx> {
        let (firms, sums) = &self.firms_in[area];
        firms.get(dice.pick(sums)).copied()
    }
}
