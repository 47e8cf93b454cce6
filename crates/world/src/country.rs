use crate::{
    commuting::{CommutingTable, Zone},
    dice::{Dice, For, running},
    plane::{Plane, Point},
    roads::Roads,
};

/// What stands in an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AreaKind {
    Centre,
    District,
    Town,
    Village,
    IndustrialPark,
    Campus,
    Hub,
    /// A zone of a commuting table.
    Zone,
}

impl AreaKind {
    /// Name of the junction of an area in files, and whether there are several of the kind.
    const fn name(self) -> (&'static str, bool) {
        match self {
            Self::Centre => ("centre", false),
            Self::District => ("district", true),
            Self::Town => ("town", true),
            Self::Village => ("village", true),
            Self::IndustrialPark => ("park", true),
            Self::Campus => ("campus", false),
            Self::Hub => ("hub", false),
            Self::Zone => ("zone", true),
        }
    }
}

/// A patch of land with people, jobs or both.
#[derive(Debug)]
pub(crate) struct Area {
    pub(crate) kind: AreaKind,
    centre: Point,
    spread_m: f64,
    /// Weight of the area as a home.
    pub(crate) residents: f64,
    /// Weight of the area as a place of work.
    pub(crate) jobs: f64,
}

impl Area {
    /// A point of the area: thinning out from a settlement's centre, even within a zone's disc.
    fn point(&self, dice: &mut Dice) -> Point {
        let bearing = dice.between(0.0, std::f64::consts::TAU);
        let distance_m = match self.kind {
            AreaKind::Zone => self.spread_m * dice.unit().sqrt(),
            _ => self.spread_m * (-2.0 * (1.0 - dice.unit()).ln()).sqrt().min(3.0),
        };
        self.centre.moved(distance_m, bearing)
    }
}

/// The land: areas and the roads between them.
#[derive(Debug)]
pub(crate) struct Country {
    pub(crate) plane: Plane,
    pub(crate) areas: Vec<Area>,
    pub(crate) roads: Roads,
    /// The zones of a commuting table, by area; none in an invented country.
    pub(crate) zones: Vec<Zone>,
    /// Running total of the areas' sizes, where the land of any is known.
    by_size: Vec<f64>,
}

const WIDTH_M: f64 = 60_000.0;
const HEIGHT_M: f64 = 45_000.0;

/// Degrees as files have them.
fn micro(degrees: f64) -> f64 {
    (degrees * 1e6).round() / 1e6
}

impl Country {
    /// One main city with districts, towns, villages, industrial parks, a campus and a hub, on
    /// 60 by 45 km. It lies in the middle of an ocean, so that no real address is in it.
    pub(crate) fn invent(seed: u64) -> Self {
        let mut dice = Dice::new(seed, For::Country, 0, 0);
        let middle = Point::new(dice.normal(0.0, 3_000.0), dice.normal(0.0, 2_000.0));
        let mut areas = vec![area(AreaKind::Centre, middle, 900.0, 0.07, 0.27)];
        let turn = dice.unit();
        for i in 0..8 {
            let bearing = (f64::from(i) + turn + dice.between(-0.25, 0.25)) / 8.0;
            let centre = middle.moved(
                dice.between(2_200.0, 5_800.0),
                bearing * std::f64::consts::TAU,
            );
            let (homes, jobs) = (dice.between(0.04, 0.085), dice.between(0.01, 0.04));
            areas.push(area(AreaKind::District, centre, 850.0, homes, jobs));
        }
        for i in 0..5 {
            let centre = free_spot(&mut dice, &areas, 11_000.0);
            let size = 0.085 / (1.0 + 0.35 * f64::from(i));
            areas.push(area(AreaKind::Town, centre, 1_000.0, size, 0.75 * size));
        }
        for _ in 0..22 {
            let centre = free_spot(&mut dice, &areas, 4_000.0);
            let size = dice.lognormal(0.006, 0.5);
            areas.push(area(AreaKind::Village, centre, 380.0, size, 0.25 * size));
        }
        let town = areas[9].centre;
        for (near, jobs) in [(middle, 0.09), (middle, 0.06), (town, 0.04)] {
            let bearing = dice.between(0.0, std::f64::consts::TAU);
            let centre = near.moved(dice.between(3_500.0, 7_500.0), bearing);
            areas.push(area(AreaKind::IndustrialPark, centre, 450.0, 0.0, jobs));
        }
        for (kind, low_m, high_m) in [
            (AreaKind::Campus, 2_000.0, 4_000.0),
            (AreaKind::Hub, 7_000.0, 10_000.0),
        ] {
            let bearing = dice.between(0.0, std::f64::consts::TAU);
            let centre = middle.moved(dice.between(low_m, high_m), bearing);
            areas.push(area(kind, centre, 250.0, 0.0, 0.0));
        }
        Self {
            plane: Plane {
                lat: 46.0,
                lon: -30.0,
            },
            roads: Roads::between(areas.iter().map(|a| a.centre).collect()),
            areas,
            zones: Vec::new(),
            by_size: Vec::new(),
        }
    }

    /// The zones of a commuting table: their polygons, or where one has none, a disc of half the way
    /// to its nearest neighbour.
    pub(crate) fn of_table(table: &CommutingTable) -> Self {
        let zones = table.zones();
        let n = zones.len().max(1) as f64;
        let plane = Plane {
            lat: zones.iter().map(|z| z.lat).sum::<f64>() / n,
            lon: zones.iter().map(|z| z.lon).sum::<f64>() / n,
        };
        let centres: Vec<Point> = zones.iter().map(|z| plane.point(z.lat, z.lon)).collect();
        let (homes, jobs) = table.margins();
        let areas: Vec<Area> = (0..zones.len())
            .map(|i| {
                let nearest_m = (0..zones.len())
                    .filter(|&j| j != i)
                    .map(|j| centres[i].distance_m(centres[j]))
                    .fold(4_000.0, f64::min);
                let radius_m = (0.5 * nearest_m).max(60.0);
                area(AreaKind::Zone, centres[i], radius_m, homes[i], jobs[i])
            })
            .collect();
        let disc_km2 = |area: &Area| std::f64::consts::PI * area.spread_m * area.spread_m / 1e6;
        let size_km2 = |(zone, area): (&Zone, &Area)| {
            zone.land
                .as_ref()
                .map_or_else(|| disc_km2(area), |land| land.area_km2())
        };
        let by_size = match zones.iter().any(|zone| zone.land.is_some()) {
            true => running(zones.iter().zip(&areas).map(size_km2)),
            false => Vec::new(),
        };
        Self {
            plane,
            areas,
            roads: Roads::default(),
            zones: zones.to_vec(),
            by_size,
        }
    }

    /// Names of the areas, which are those of their junctions: the kind, and of several a number.
    pub(crate) fn names(&self) -> Vec<String> {
        let name = |(ix, area): (usize, &Area)| {
            let before = &self.areas[..ix];
            match area.kind.name() {
                (name, false) => name.to_owned(),
                (name, true) => {
                    let number = 1 + before.iter().filter(|b| b.kind == area.kind).count();
                    format!("{name}{number}")
                }
            }
        };
        self.areas.iter().enumerate().map(name).collect()
    }

    /// A point of an area: uniform over its land where the land is known.
    pub(crate) fn point_in(&self, area: usize, dice: &mut Dice) -> Point {
        match self.land(area) {
            Some(land) => self.point_on(land, dice),
            None => self.areas[area].point(dice),
        }
    }

    fn land(&self, area: usize) -> Option<&erewhon_geo::Area> {
        self.zones.get(area)?.land.as_ref()
    }

    /// Uniform over a polygon, by trial in its box. Points are whole millionths of a degree, as
    /// files have them, so that rounding puts none across a border.
    fn point_on(&self, land: &erewhon_geo::Area, dice: &mut Dice) -> Point {
        const TRIES: u32 = 100_000;
        let ((west, south), (east, north)) = land.bounds();
        for _ in 0..TRIES {
            let lon = micro(dice.between(west, east));
            let lat = micro(dice.between(south, north));
            if land.contains(lon, lat) {
                return self.plane.point(lat, lon);
            }
        }
        let (lon, lat) = land.interior();
        self.plane.point(lat, lon)
    }

    /// A point anywhere, for a network that reaches beyond where people are.
    pub(crate) fn anywhere(&self, dice: &mut Dice) -> Point {
        if !self.by_size.is_empty() {
            let area = dice.pick(&self.by_size);
            return self.point_in(area, dice);
        }
        let (low, high) = self.corners();
        Point::new(
            dice.between(low.east_m, high.east_m),
            dice.between(low.north_m, high.north_m),
        )
    }

    /// Whether a mast can stand there, to the digit that files have: anywhere, where no land is known.
    pub(crate) fn is_land(&self, point: Point) -> bool {
        let (lat, lon) = self.plane.degrees(point);
        let (lat, lon) = (micro(lat), micro(lon));
        let inside = |(ix, area): (usize, &Area)| match self.land(ix) {
            Some(land) => land.contains(lon, lat),
            None => area.centre.distance_m(point) <= area.spread_m,
        };
        self.by_size.is_empty() || self.areas.iter().enumerate().any(inside)
    }

    /// South-west and north-east corner of the land, with a margin.
    pub(crate) fn corners(&self) -> (Point, Point) {
        let (mut low, mut high) = (
            Point::new(f64::MAX, f64::MAX),
            Point::new(f64::MIN, f64::MIN),
        );
        let land = (0..self.areas.len()).filter_map(|ix| self.land(ix));
        let ends = land.flat_map(|land| {
            let ((west, south), (east, north)) = land.bounds();
            [(south, west), (north, east)]
        });
        let ends = ends.map(|(lat, lon)| self.plane.point(lat, lon));
        for c in self.areas.iter().map(|a| a.centre).chain(ends) {
            low = Point::new(low.east_m.min(c.east_m), low.north_m.min(c.north_m));
            high = Point::new(high.east_m.max(c.east_m), high.north_m.max(c.north_m));
        }
        (
            low.moved(2_000.0, 1.25 * std::f64::consts::PI),
            high.moved(2_000.0, 0.25 * std::f64::consts::PI),
        )
    }
}

const fn area(kind: AreaKind, centre: Point, spread_m: f64, residents: f64, jobs: f64) -> Area {
    Area {
        kind,
        centre,
        spread_m,
        residents,
        jobs,
    }
}

/// A spot at some distance from every area, or the best of many tries.
fn free_spot(dice: &mut Dice, areas: &[Area], apart_m: f64) -> Point {
    let mut best = (0.0, Point::default());
    for _ in 0..200 {
        let spot = Point::new(
            dice.between(-0.5, 0.5) * WIDTH_M,
            dice.between(-0.5, 0.5) * HEIGHT_M,
        );
        let gap_m = areas
            .iter()
            .map(|a| a.centre.distance_m(spot))
            .fold(f64::MAX, f64::min);
        if gap_m >= apart_m {
            return spot;
        }
        if gap_m > best.0 {
            best = (gap_m, spot);
        }
    }
    best.1
}
