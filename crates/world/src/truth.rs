use std::{io, io::Write};

use erewhon_events::{push_number, push_time_s};
use rayon::prelude::*;

use crate::{
    Anchor, World,
    diary::Diary,
    places::{AWAY, PlaceIx},
};

impl World {
    /// One row per subscriber number; zones are those of the commuting table, where there is one.
    pub(crate) fn write_people(&self, file: &mut impl Write) -> io::Result<()> {
        writeln!(
            file,
            "subscriber,person,household,role,home_cell,work_cell,home_lat,home_lon,work_lat,work_lon,home_zone,work_zone,home_network"
        )?;
        let cell = |anchor: Option<Anchor>| {
            anchor.map_or(String::new(), |a| self.cells().cell(a.cell).id.clone())
        };
        let position = |anchor: Option<Anchor>| {
            anchor.map_or(",".into(), |a| format!("{:.6},{:.6}", a.lat, a.lon))
        };
        let zone = |anchor: Option<Anchor>| {
            let zone = anchor.and_then(|a| self.country.zones.get(a.zone? as usize));
            zone.map_or("", |zone| &zone.id)
        };
        for (ix, person) in self.people.iter().enumerate() {
            let network = person.home_network.map(|network| network.to_string());
            let network = network.unwrap_or_default();
            for number in &person.numbers {
                writeln!(
                    file,
                    "{number},{ix},{},{},{},{},{},{},{},{},{network}",
                    person.household,
                    person.role.name(),
                    cell(person.home),
                    cell(person.work),
                    position(person.home),
                    position(person.work),
                    zone(person.home),
                    zone(person.work),
                )?;
            }
        }
        Ok(())
    }

    /// One row per tie.
    pub(crate) fn write_contacts(&self, file: &mut impl Write) -> io::Result<()> {
        writeln!(file, "person,other,tie,strength")?;
        for (ix, person) in self.people.iter().enumerate() {
            for contact in &person.contacts {
                if (ix as u32) < contact.person {
                    let (other, tie) = (contact.person, contact.tie.name());
                    writeln!(file, "{ix},{other},{tie},{:.4}", contact.strength)?;
                }
            }
        }
        Ok(())
    }

    /// One row per road, which joins two junctions; none in a world of a commuting table.
    pub(crate) fn write_roads(&self, file: &mut impl Write) -> io::Result<()> {
        let names = self.country.names();
        let position = |junction: usize| {
            let point = self.country.roads.junction(junction);
            let (lat, lon) = self.country.plane.degrees(point);
            format!("{lat:.6},{lon:.6}")
        };
        writeln!(file, "from,to,from_lat,from_lon,to_lat,to_lon,length_m")?;
        for (from, to, length_m) in self.country.roads.joined() {
            let (a, b) = (&names[from], &names[to]);
            let (from, to) = (position(from), position(to));
            writeln!(file, "{a},{b},{from},{to},{length_m:.1}")?;
        }
        Ok(())
    }

    /// One row per trip; a cell is empty where the trip leads out of the region, and so is the way
    /// then, and within a settlement.
    pub(crate) fn write_trips(&self, diaries: &[Diary], file: &mut impl Write) -> io::Result<()> {
        const BLOCK: usize = 512;
        writeln!(
            file,
            "person,depart_utc,arrive_utc,from_cell,to_cell,purpose,way,length_m"
        )?;
        let names = self.country.names();
        for (group, part) in diaries.chunks(16 * BLOCK).enumerate() {
            let texts: Vec<Vec<u8>> = part
                .par_chunks(BLOCK)
                .enumerate()
                .map(|(block, diaries)| {
                    let first = group * 16 * BLOCK + block * BLOCK;
                    let mut text = Vec::new();
                    for (at, diary) in diaries.iter().enumerate() {
                        self.trips_of(first + at, diary, &names, &mut text);
                    }
                    text
                })
                .collect();
            for text in texts {
                file.write_all(&text)?;
            }
        }
        Ok(())
    }

    fn trips_of(&self, ix: usize, diary: &Diary, names: &[String], text: &mut Vec<u8>) {
        let cell = |place: PlaceIx| match place {
            AWAY => "",
            place => &self.cells().cell(self.network.best_at(place)).id,
        };
        for pair in diary.0.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            push_number(ix as u64, text);
            text.push(b',');
            push_time_s(self.utc_s(from.depart_s), text);
            text.push(b',');
            push_time_s(self.utc_s(to.arrive_s), text);
            for word in [cell(from.place), cell(to.place), to.purpose.name()] {
                text.push(b',');
                text.extend(word.as_bytes());
            }
            let mut sep = b',';
            for junction in self.way(from.place, to.place) {
                text.push(sep);
                text.extend(names[junction].as_bytes());
                sep = b'-';
            }
            if sep == b',' {
                text.push(sep);
            }
            text.push(b',');
            if from.place != AWAY && to.place != AWAY {
                let length_m = (self.places).length_m(&self.country, from.place, to.place);
                push_number(length_m.round() as u64, text);
            }
            text.push(b'\n');
        }
    }

    /// The junctions that a trip passes.
    fn way(&self, from: PlaceIx, to: PlaceIx) -> impl Iterator<Item = usize> + '_ {
        let area = |place: PlaceIx| (place != AWAY).then(|| self.places.get(place).area);
        let pair = area(from).zip(area(to));
        let roads = &self.country.roads;
        pair.into_iter().flat_map(|(a, b)| roads.way(a, b))
    }
}
