use std::{collections::BTreeMap, slice, sync::Arc};

use arrow_array::RecordBatch;
use erewhon_events::HomeNetwork;
use erewhon_mobility::{Public, Reducer, Track};
use erewhon_types::Result;
use jiff::civil::Date;

use super::{
    Inputs,
    rows::{Rows, Value},
    segments,
};
use crate::{InboundTables, Mcc, TileZones, TouristStay, seen_of, tourist_stays};

/// Inbound tourism, month by month.
pub(super) struct Inbound {
    pub(super) inputs: Arc<Inputs>,
    pub(super) table: InboundTable,
}

/// Which of multimno's two tables.
#[derive(Clone, Copy)]
pub(super) enum InboundTable {
    /// `time_period`, `zone_id`, `country_of_origin`, `is_overnight`, `nights_spent`, `num_of_departures`.
    ByZone,
    /// `time_period`, `country_of_origin`, `avg_destinations`, `avg_nights_spent_per_destination`; of the trips that ended
    /// in the month.
    ByCountry,
}

/// The first network that a subscriber's records name as their home.
pub(super) fn home_network(track: &Track<'_>) -> Option<HomeNetwork> {
    track.events().iter().find_map(|event| event.home_network)
}

/// The country's code of a visitor; `None` of one's own subscribers, of those whose records do not say whose they are, and of
/// networks whose code is no country's, such as 001.
fn visitor(inputs: &Inputs, track: &Track<'_>) -> Option<Mcc> {
    let code = Mcc::new(home_network(track)?.mcc().into()).ok()?;
    (!inputs.own.contains(&code)).then_some(code)
}

/// A visitor's stays that may lie in a zone, ascending; multimno knows no others.
fn stays(inputs: &Inputs, zones: &TileZones, track: &Track<'_>) -> Vec<TouristStay> {
    let mut stays = Vec::new();
    let posterior = inputs.network.posterior();
    segments::days(inputs, &seen_of(track), &mut |day, segment| {
        let zone = |tile| zones.zone(tile);
        let segment = slice::from_ref(&segment);
        stays.extend(tourist_stays(
            segment,
            day,
            posterior,
            &zone,
            &inputs.tourism,
        ));
    });
    stays.retain(|stay| !stay.zones.is_empty());
    stays
}

impl Reducer for Inbound {
    /// By the first day of each month.
    type Partial = BTreeMap<Date, InboundTables>;

    fn name(&self) -> &str {
        match self.table {
            InboundTable::ByZone => "tourism_geozone_aggregations",
            InboundTable::ByCountry => "tourism_trip_aggregations",
        }
    }

    fn places_alone(&self) -> bool {
        false
    }

    fn start(&self, _: &Public<'_>) -> Self::Partial {
        let mut months: BTreeMap<Date, (i64, i64)> = BTreeMap::new();
        for day in &self.inputs.days {
            let month = months.entry(day.date().first_of_month());
            month.or_insert((day.start_ms(), 0)).1 = day.end_ms();
        }
        let begin = |(month, ends_ms)| (month, InboundTables::new(ends_ms, self.inputs.tourism));
        months.into_iter().map(begin).collect()
    }

    fn subscriber(&self, track: &Track<'_>, partial: &mut Self::Partial) {
        let Some(zones) = &self.inputs.zones else {
            return;
        };
        if let Some(country) = visitor(&self.inputs, track) {
            let stays = stays(&self.inputs, zones, track);
            for tables in partial.values_mut() {
                tables.add(country, &self.inputs.countries, &stays);
            }
        }
    }

    fn merge(&self, into: &mut Self::Partial, from: Self::Partial) {
        for (month, tables) in from {
            match into.get_mut(&month) {
                Some(into) => into.merge(tables),
                None => drop(into.insert(month, tables)),
            }
        }
    }

    fn finish(&self, _: &Public<'_>, partial: Self::Partial) -> Result<Option<RecordBatch>> {
        let mut rows = Rows::default();
        let Some(zones) = &self.inputs.zones else {
            return Ok(None);
        };
        for (month, tables) in &partial {
            match self.table {
                InboundTable::ByZone => by_zone(&mut rows, *month, tables, zones),
                InboundTable::ByCountry => by_country(&mut rows, *month, tables, zones),
            }
        }
        rows.take(self.name())
    }
}

fn by_zone(rows: &mut Rows, month: Date, tables: &InboundTables, zones: &TileZones) {
    for ((country, zone, is_night), counts) in tables.by_zone() {
        let period = month.strftime("%Y-%m").to_string();
        rows.push("time_period", Value::Text(&period));
        rows.push("zone_id", Value::Text(zones.name(*zone)));
        rows.push("country_of_origin", Value::Text(country));
        rows.push("is_overnight", Value::Flag(*is_night));
        rows.push("nights_spent", Value::Real(counts.nights.get()));
        rows.push("num_of_departures", Value::Real(counts.departures as f64));
        parts(rows, month, zones);
    }
}

fn by_country(rows: &mut Rows, month: Date, tables: &InboundTables, zones: &TileZones) {
    for (country, trips) in tables.by_country() {
        let means = (trips.mean_destinations(), trips.mean_nights());
        let (Some(destinations), Some(nights)) = means else {
            continue;
        };
        let period = month.strftime("%Y-%m").to_string();
        rows.push("time_period", Value::Text(&period));
        rows.push("country_of_origin", Value::Text(country));
        rows.push("avg_destinations", Value::Real(destinations));
        rows.push("avg_nights_spent_per_destination", Value::Real(nights));
        parts(rows, month, zones);
    }
}

/// The columns of multimno's directories, and the end of the row.
fn parts(rows: &mut Rows, month: Date, zones: &TileZones) {
    rows.push("year", Value::Short(month.year()));
    rows.push("month", Value::Byte(month.month()));
    rows.push("level", Value::Byte(1));
    rows.push("dataset_id", Value::Text(zones.dataset()));
    rows.end_row();
}

/// Codes of home networks that no table of countries knows, and 0 where the records do not say: `mcc`, `subscribers`. Those
/// of a code from 100 up are visitors from `XX`; the rest are no visitors.
pub(super) struct CodesWithoutCountry(pub(super) Arc<Inputs>);

impl Reducer for CodesWithoutCountry {
    type Partial = BTreeMap<u32, u32>;

    fn name(&self) -> &str {
        "codes_without_country"
    }

    fn places_alone(&self) -> bool {
        false
    }

    fn start(&self, _: &Public<'_>) -> BTreeMap<u32, u32> {
        BTreeMap::new()
    }

    fn subscriber(&self, track: &Track<'_>, partial: &mut BTreeMap<u32, u32>) {
        let code = home_network(track).map_or(0, HomeNetwork::mcc);
        let known = |code: &Mcc| self.0.own.contains(code) || self.0.countries.knows(*code);
        if !Mcc::new(code.into()).is_ok_and(|code| known(&code)) {
            *partial.entry(code).or_default() += 1;
        }
    }

    fn merge(&self, into: &mut BTreeMap<u32, u32>, from: BTreeMap<u32, u32>) {
        for (code, subscribers) in from {
            *into.entry(code).or_default() += subscribers;
        }
    }

    fn finish(&self, _: &Public<'_>, partial: BTreeMap<u32, u32>) -> Result<Option<RecordBatch>> {
        let mut rows = Rows::default();
        for (code, subscribers) in partial {
            rows.push("mcc", Value::Short(code as i16));
            rows.push("subscribers", Value::Whole(subscribers as i32));
            rows.end_row();
        }
        rows.take(self.name())
    }
}
