use std::collections::{BTreeMap, BTreeSet};

use erewhon_geo::{CellTable, canonical_cell_id};
use serde::{Deserialize, Serialize};

use crate::{Event, country::country, country_of};

/// Kept events by the country of the home network, which tells roamers from the operator's country.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Homes {
    /// Each country, the one with most events first.
    pub countries: Vec<HomeCountry>,
    /// Events without a home network.
    pub events_without: u64,
}

/// Events of phones at home in one country.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HomeCountry {
    /// ISO 3166-1 country; none for networks of no country, such as satellites and test networks.
    pub country: Option<String>,
    /// Whether that is the country of the cells.
    pub roaming: Roaming,
    /// Events.
    pub events: u64,
    /// Subscribers with such an event.
    pub subscribers: u64,
}

/// Where a phone is at home, seen from the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Roaming {
    /// In the country of the cells.
    Domestic,
    /// In another one.
    Inbound,
    /// The cell list has no ids that begin with a mobile country code.
    Unknown,
}

/// What one thread counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HomesTally {
    /// Events and subscribers.
    countries: BTreeMap<Option<&'static str>, (u64, u64)>,
    without: u64,
}

impl HomesTally {
    /// Counts the events of one subscriber.
    pub(crate) fn add(&mut self, events: &[Event]) {
        let mut met: Vec<Option<&str>> = Vec::new();
        for run in events.chunk_by(|a, b| a.home_network == b.home_network) {
            let Some(network) = run.first().and_then(|event| event.home_network) else {
                self.without += run.len() as u64;
                continue;
            };
            let country = country_of(network);
            let (events, subscribers) = self.countries.entry(country).or_default();
            *events += run.len() as u64;
            if !met.contains(&country) {
                *subscribers += 1;
                met.push(country);
            }
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.without += other.without;
        for (country, (events, subscribers)) in &other.countries {
            let mine = self.countries.entry(*country).or_default();
            mine.0 += events;
            mine.1 += subscribers;
        }
    }

    /// The report; the operator's country is public, for its cells' ids begin with its code.
    pub(crate) fn describe(&self, cells: &CellTable) -> Homes {
        let ids = cells.cells().iter().map(|cell| &cell.id);
        let codes = ids.filter_map(|id| canonical_cell_id(id)?.get(..3)?.parse().ok());
        let own: BTreeSet<&str> = codes.filter_map(country).collect();
        let roaming = |country: Option<&str>| match country {
            _ if own.is_empty() => Roaming::Unknown,
            Some(country) if own.contains(country) => Roaming::Domestic,
            _ => Roaming::Inbound,
        };
        let all = self.countries.iter();
        let mut countries: Vec<HomeCountry> = all
            .map(|(country, &(events, subscribers))| HomeCountry {
                country: country.map(str::to_owned),
                roaming: roaming(*country),
                events,
                subscribers,
            })
            .collect();
        countries.sort_by_key(|home| std::cmp::Reverse(home.events));
        Homes {
            countries,
            events_without: self.without,
        }
    }
}

impl Homes {
    /// Events, and subscribers by country added up, of who roams so.
    pub fn of(&self, roaming: Roaming) -> (u64, u64) {
        let of = self.countries.iter().filter(|home| home.roaming == roaming);
        of.fold((0, 0), |(events, subscribers), home| {
            (events + home.events, subscribers + home.subscribers)
        })
    }
}

#[cfg(test)]
mod tests {
    use erewhon_types::CellIx;

    use super::*;
    use crate::EventKind;

    fn event(network: &str) -> Event {
        Event {
            home_network: network.parse().ok(),
            ..Event::at(0, CellIx(0), EventKind::Data)
        }
    }

    #[test]
    fn the_country_of_the_cells_tells_who_roams() {
        let (mut tally, mut other) = (HomesTally::default(), HomesTally::default());
        tally.add(&["262-01", "262-02", "", "262-01"].map(event));
        tally.add(&["310-260", "311-480", "901-01"].map(event));
        other.add(&["208-01", "208-01"].map(event));
        tally.merge(&other);
        let homes = |id: &str| tally.describe(&CellTable::schematic(vec![id.to_owned()]).unwrap());
        let german = homes("262-1-7-9");
        let home = |country: Option<&str>, roaming, events, subscribers| HomeCountry {
            country: country.map(str::to_owned),
            roaming,
            events,
            subscribers,
        };
        assert_eq!(
            german.countries,
            [
                home(Some("DE"), Roaming::Domestic, 3, 1),
                home(Some("FR"), Roaming::Inbound, 2, 1),
                home(Some("US"), Roaming::Inbound, 2, 1),
                home(None, Roaming::Inbound, 1, 1),
            ]
        );
        assert_eq!(german.events_without, 1);
        assert_eq!(german.of(Roaming::Inbound), (5, 3));
        assert_eq!(homes("tower 7").of(Roaming::Unknown), (8, 4));
    }
}
