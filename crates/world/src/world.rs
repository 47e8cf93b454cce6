use erewhon_geo::CellTable;
use erewhon_types::{Calendar, Result, Window};
use rayon::prelude::*;

use crate::{
    Antenna, CommutingTable, Person, Record, WorldSpec, contacts,
    country::Country,
    diary::Diary,
    habits::Habits,
    network::Network,
    people::{Anchor, Role},
    places::{PlaceIx, Places, Use},
    roaming::home_network,
    society::Society,
};

/// A country with its people, and the network that watches it.
///
/// Everything follows from the specification and, where given, the commuting table: two worlds of
/// the same make are equal, on any number of cores.
pub struct World {
    pub(crate) spec: WorldSpec,
    pub(crate) calendar: Calendar,
    pub(crate) country: Country,
    pub(crate) places: Places,
    pub(crate) leisure: Vec<PlaceIx>,
    pub(crate) people: Vec<Person>,
    pub(crate) habits: Vec<Habits>,
    pub(crate) network: Network,
}

impl World {
    /// Makes the reference country: a city, towns and villages of its own.
    ///
    /// # Errors
    /// Usage, when the specification is outside its allowed ranges.
    pub fn make(spec: &WorldSpec) -> Result<Self> {
        Self::build(spec, None)
    }

    /// Makes a world whose workers live and work as a commuting table says.
    ///
    /// Each household's home zone is drawn in proportion to the table's jobs by home, and each of
    /// its workers' zones from the table's row of that home. Homes, firms, shops and the like lie
    /// uniformly over the land of their zone and masts on land; a zone without land is a disc about
    /// its centroid.
    ///
    /// # Errors
    /// Usage, when the specification is outside its allowed ranges.
    pub fn from_commuting(table: &CommutingTable, spec: &WorldSpec) -> Result<Self> {
        Self::build(spec, Some(table))
    }

    fn build(spec: &WorldSpec, table: Option<&CommutingTable>) -> Result<Self> {
        let calendar = Calendar::new(&spec.window()?)?;
        let country = table.map_or_else(|| Country::invent(spec.seed), Country::of_table);
        let mut society = Society::settle(spec, &country, table);
        contacts::befriend(&mut society, spec.seed);
        let Society {
            places,
            mut people,
            habits,
        } = society;
        let network = Network::build(spec, &country, &places, &habits)?;
        let anchor = |ix: PlaceIx| {
            let place = places.get(ix);
            let (lat, lon) = country.plane.degrees(place.point);
            Anchor {
                cell: network.best_at(ix),
                lat,
                lon,
                zone: table.map(|_| u32::from(place.area)),
            }
        };
        for (ix, (person, habits)) in people.iter_mut().zip(&habits).enumerate() {
            person.home = (person.role != Role::Visitor).then(|| anchor(habits.home));
            person.work = habits.work.map(anchor);
            if spec.travel {
                person.home_network = home_network(spec.seed, ix, person.role);
            }
        }
        Ok(Self {
            spec: spec.clone(),
            leisure: places.of(Use::Leisure).collect(),
            calendar,
            country,
            places,
            people,
            habits,
            network,
        })
    }

    /// The window of the records.
    pub const fn window(&self) -> &Window {
        self.calendar.window()
    }

    /// The cells that have a position.
    pub const fn cells(&self) -> &CellTable {
        &self.network.table
    }

    /// Site and direction of each cell, by row of [`Self::cells`].
    pub fn antennas(&self) -> &[Antenna] {
        &self.network.antennas
    }

    /// The truth about everyone, machines included.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// Hands over all records as the network saw them, without flaws, ascending in time.
    ///
    /// Memory holds everyone's diary and one day of records.
    pub fn records(&self, each: &mut dyn FnMut(&Record)) {
        let diaries = self.diaries();
        for day in 0..self.calendar.days() {
            self.day(&diaries, day).iter().for_each(&mut *each);
        }
    }

    pub(crate) fn diaries(&self) -> Vec<Diary> {
        let people = (0..self.people.len()).into_par_iter();
        people.map(|ix| self.diary(ix)).collect()
    }

    /// All records of a day, ascending in time.
    pub(crate) fn day(&self, diaries: &[Diary], day: u16) -> Vec<Record> {
        const BLOCK: usize = 256;
        let clock = self.clock(day);
        let blocks = self.people.len().div_ceil(BLOCK);
        let parts: Vec<Vec<Record>> = (0..blocks)
            .into_par_iter()
            .map(|block| {
                let mut records = Vec::with_capacity(8 * BLOCK);
                let first = block * BLOCK;
                for ix in first..(first + BLOCK).min(self.people.len()) {
                    self.phone_day(diaries, ix, &clock, &mut records);
                    self.idle_day(&diaries[ix], ix, &clock, &mut records);
                }
                records
            })
            .collect();
        let mut records = parts.concat();
        records.par_sort_unstable();
        records
    }

    /// UTC seconds since 1970 of a moment of the window.
    pub(crate) fn utc_s(&self, now_s: i32) -> i64 {
        self.calendar.start_utc_ms() / 1_000 + i64::from(now_s)
    }
}
