use std::sync::Arc;

use erewhon_types::{Error, Result};

use crate::{
    ActiveByHome, Activity, ActivitySpace, AnchorPlaces, AnyReducer, AroundHome, Bandicoot,
    CalendarActivity, Connections, CorridorTrips, Corridors, DistanceByHome, Distances, Dwell,
    Entropy, EventFlows, EventsByKind, FirstSeen, FlowBin, FromHome, Ground, Histograms, HomeWork,
    Homes, HourSet, Howde, HubVisits, Hubs, Journeys, Kernel, Lists, LocationEntropy,
    LocationVisits, Locations, LongestStay, MeaningfulLocations, MeaningfulPairs, MobilityClasses,
    MobilityNetwork, ModalCell, Moves, MovesByClass, Period, PlaceTypeMoves, PopulationTypes,
    Presence, Profiles, Residents, Rhythm, Rows, Signature, Slot, Social, Space,
    SquareDisplacement, Table, TimeBin, Traffic, TripFlows, VisitRates, VisitorsByHome,
    WeekByPlaceType, ZonePairs, Zoning,
};

/// A family of numbers that a run can be asked for by name.
#[derive(Clone, Copy)]
pub struct Family {
    /// Its name, also that of its file.
    pub name: &'static str,
    /// What it says, in a few words.
    pub about: &'static str,
    make: Make,
}

/// What a family is: what adds up over subscribers, or what is said of one.
#[derive(Clone, Copy)]
enum Make {
    Table(fn(&Arc<Zoning>) -> Box<dyn Kernel>),
    Along(fn(&Arc<Corridors>) -> Box<dyn Kernel>),
    At(fn(&Arc<Hubs>) -> Box<dyn Kernel>),
    Rows(fn(&Arc<Zoning>) -> Box<dyn AnyReducer>),
}

impl Family {
    /// The reducer, over some ground where it counts by zone, corridor or hub.
    pub fn reducer(&self, ground: &Ground) -> Box<dyn AnyReducer> {
        match self.make {
            Make::Rows(make) => make(ground.zones()),
            Make::Table(make) => Box::new(Table(make(ground.zones()))),
            Make::Along(make) => Box::new(Table(make(ground.corridors()))),
            Make::At(make) => Box::new(Table(make(ground.hubs()))),
        }
    }

    /// What one subscriber adds to it; `None` of rows, which are about one subscriber each.
    pub fn kernel(&self, ground: &Ground) -> Option<Box<dyn Kernel>> {
        match self.make {
            Make::Table(make) => Some(make(ground.zones())),
            Make::Along(make) => Some(make(ground.corridors())),
            Make::At(make) => Some(make(ground.hubs())),
            Make::Rows(_) => None,
        }
    }

    /// Refuses to be asked for by name where there is nothing that it counts by.
    ///
    /// # Errors
    /// Usage, when it counts along corridors or at hubs and the definitions have none.
    pub fn check(&self, ground: &Ground) -> Result<()> {
        let missing = match self.make {
            Make::Along(_) if ground.corridors().names().is_empty() => "corridors",
            Make::At(_) if ground.hubs().names().is_empty() => "hubs",
            _ => return Ok(()),
        };
        Err(Error::usage(format!(
            "`{}` counts by {missing}, and the definitions have none",
            self.name
        ))
        .with_hint(format!(
            "declare [[{missing}]] in a file for --definitions: `erewhon mobility definitions` shows how"
        )))
    }
}

/// All families, tables first.
pub const fn families() -> &'static [Family] {
    FAMILIES
}

fn presence(name: &'static str, zones: &Arc<Zoning>, by: TimeBin) -> Box<dyn Kernel> {
    let zones = Arc::clone(zones);
    table(Presence { name, zones, by })
}

fn flows(name: &'static str, zones: &Arc<Zoning>, by: FlowBin) -> Box<dyn Kernel> {
    let zones = Arc::clone(zones);
    table(EventFlows { name, zones, by })
}

fn trips(name: &'static str, zones: &Arc<Zoning>, by: FlowBin) -> Box<dyn Kernel> {
    let zones = Arc::clone(zones);
    table(TripFlows { name, zones, by })
}

fn table(kernel: impl Kernel + 'static) -> Box<dyn Kernel> {
    Box::new(kernel)
}

fn residents(name: &'static str, zones: &Arc<Zoning>, by: Period) -> Box<dyn Kernel> {
    let zones = Arc::clone(zones);
    table(Residents { name, zones, by })
}

fn moves(name: &'static str, zones: &Arc<Zoning>, by: Period) -> Box<dyn Kernel> {
    let zones = Arc::clone(zones);
    table(Moves { name, zones, by })
}

fn distance(name: &'static str, zones: &Arc<Zoning>, by: Period) -> Box<dyn Kernel> {
    let zones = Arc::clone(zones);
    table(DistanceByHome { name, zones, by })
}

fn pairs(name: &'static str, zones: &Arc<Zoning>, daily: bool) -> Box<dyn Kernel> {
    let zones = Arc::clone(zones);
    table(ZonePairs { name, zones, daily })
}

fn corridor_trips(name: &'static str, corridors: &Arc<Corridors>, weekly: bool) -> Box<dyn Kernel> {
    let corridors = Arc::clone(corridors);
    table(CorridorTrips {
        name,
        corridors,
        weekly,
    })
}

fn hub_visits(name: &'static str, hubs: &Arc<Hubs>, hourly: bool) -> Box<dyn Kernel> {
    let hubs = Arc::clone(hubs);
    table(HubVisits { name, hubs, hourly })
}

const FAMILIES: &[Family] = &[
    Family {
        name: "presence_hourly",
        about: "events and distinct subscribers by day, hour and zone",
        make: Make::Table(|zones| presence("presence_hourly", zones, TimeBin::DayHour)),
    },
    Family {
        name: "footfall",
        about: "events and distinct subscribers by day and zone",
        make: Make::Table(|zones| presence("footfall", zones, TimeBin::Day)),
    },
    Family {
        name: "presence_weekly",
        about: "events and distinct subscribers by hour of the week and zone",
        make: Make::Table(|zones| presence("presence_weekly", zones, TimeBin::HourOfWeek)),
    },
    Family {
        name: "visitors",
        about: "events and distinct subscribers by zone, over the window",
        make: Make::Table(|zones| presence("visitors", zones, TimeBin::Window)),
    },
    Family {
        name: "flows_daily",
        about: "jumps from event to event and distinct subscribers by day, from zone and to zone",
        make: Make::Table(|zones| flows("flows_daily", zones, FlowBin::Day)),
    },
    Family {
        name: "flows_hourly",
        about: "the same by hour of arrival, all days together",
        make: Make::Table(|zones| flows("flows_hourly", zones, FlowBin::Hour)),
    },
    Family {
        name: "transitions",
        about: "the same over the window",
        make: Make::Table(|zones| flows("transitions", zones, FlowBin::Window)),
    },
    Family {
        name: "trips_daily",
        about: "trips between stays and distinct subscribers by day, from zone and to zone",
        make: Make::Table(|zones| trips("trips_daily", zones, FlowBin::Day)),
    },
    Family {
        name: "trips_hourly",
        about: "the same by hour of departure, all days together",
        make: Make::Table(|zones| trips("trips_hourly", zones, FlowBin::Hour)),
    },
    Family {
        name: "dwell",
        about: "seconds of stays and distinct subscribers by day and zone",
        make: Make::Table(|zones| {
            table(Dwell {
                zones: Arc::clone(zones),
            })
        }),
    },
    Family {
        name: "home_work",
        about: "distinct subscribers by zone of home and zone of work",
        make: Make::Table(|zones| {
            table(HomeWork {
                zones: Arc::clone(zones),
            })
        }),
    },
    Family {
        name: "visitors_by_home",
        about: "days and distinct subscribers by home zone and zone",
        make: Make::Table(|zones| {
            table(VisitorsByHome {
                zones: Arc::clone(zones),
            })
        }),
    },
    Family {
        name: "week_by_place_type",
        about: "events and distinct subscribers by hour of the week and home, work, other",
        make: Make::Table(|_| table(WeekByPlaceType)),
    },
    Family {
        name: "place_type_moves",
        about: "trips between stays by what they leave and lead to: home, work, other",
        make: Make::Table(|_| table(PlaceTypeMoves)),
    },
    Family {
        name: "events_by_kind",
        about: "events and distinct subscribers by day, zone and kind",
        make: Make::Table(|zones| {
            table(EventsByKind {
                zones: Arc::clone(zones),
            })
        }),
    },
    Family {
        name: "first_seen",
        about: "distinct subscribers by day and zone of their first event",
        make: Make::Table(|zones| {
            table(FirstSeen {
                zones: Arc::clone(zones),
            })
        }),
    },
    Family {
        name: "calendar_activity",
        about: "distinct subscribers by week and pattern of active days",
        make: Make::Table(|_| table(CalendarActivity { by_home: None })),
    },
    Family {
        name: "calendar_activity_by_home",
        about: "the same by home zone",
        make: Make::Table(|zones| {
            table(CalendarActivity {
                by_home: Some(Arc::clone(zones)),
            })
        }),
    },
    Family {
        name: "pairs_daily",
        about: "distinct subscribers by day, zone and another zone seen later on it",
        make: Make::Table(|zones| pairs("pairs_daily", zones, true)),
    },
    Family {
        name: "pairs",
        about: "the same over the window",
        make: Make::Table(|zones| pairs("pairs", zones, false)),
    },
    Family {
        name: "connections_daily",
        about: "the same by day, with jumps from an earlier day, up to seven days",
        make: Make::Table(|zones| {
            table(Connections {
                zones: Arc::clone(zones),
            })
        }),
    },
    Family {
        name: "journeys_daily",
        about: "changes of zone by day of arrival, with time spent at both ends",
        make: Make::Table(|zones| {
            table(Journeys {
                zones: Arc::clone(zones),
            })
        }),
    },
    Family {
        name: "residents",
        about: "distinct subscribers by the zone that is the last of most days",
        make: Make::Table(|zones| residents("residents", zones, Period::Window)),
    },
    Family {
        name: "residents_weekly",
        about: "the same by week",
        make: Make::Table(|zones| residents("residents_weekly", zones, Period::Week)),
    },
    Family {
        name: "residents_monthly",
        about: "the same by month",
        make: Make::Table(|zones| residents("residents_monthly", zones, Period::Month)),
    },
    Family {
        name: "moves_daily",
        about: "distinct subscribers by day, last zone of the day before and of the day",
        make: Make::Table(|zones| moves("moves_daily", zones, Period::Day)),
    },
    Family {
        name: "moves_weekly",
        about: "distinct subscribers by week, zone of residence in the week before and in it",
        make: Make::Table(|zones| moves("moves_weekly", zones, Period::Week)),
    },
    Family {
        name: "moves_monthly",
        about: "the same by month",
        make: Make::Table(|zones| moves("moves_monthly", zones, Period::Month)),
    },
    Family {
        name: "mobility_classes",
        about: "distinct subscribers by class of mobility and zone of residence in the last week",
        make: Make::Table(|zones| {
            table(MobilityClasses {
                zones: Arc::clone(zones),
            })
        }),
    },
    Family {
        name: "moves_weekly_by_class",
        about: "moves by week and class of mobility",
        make: Make::Table(|zones| {
            table(MovesByClass {
                zones: Arc::clone(zones),
            })
        }),
    },
    Family {
        name: "homes",
        about: "distinct subscribers by zone of home",
        make: Make::Table(|zones| {
            table(Homes {
                zones: Arc::clone(zones),
            })
        }),
    },
    Family {
        name: "active_by_home",
        about: "zones seen and distinct active subscribers by day and home zone",
        make: Make::Table(|zones| {
            table(ActiveByHome {
                zones: Arc::clone(zones),
            })
        }),
    },
    Family {
        name: "around_home",
        about: "distinct subscribers by day and zone: at home, visiting, seen nowhere else",
        make: Make::Table(|zones| {
            table(AroundHome {
                zones: Arc::clone(zones),
            })
        }),
    },
    Family {
        name: "distance_by_home_daily",
        about: "distance travelled, with squares and people, by day and home zone",
        make: Make::Table(|zones| distance("distance_by_home_daily", zones, Period::Day)),
    },
    Family {
        name: "distance_by_home_weekly",
        about: "the same by week",
        make: Make::Table(|zones| distance("distance_by_home_weekly", zones, Period::Week)),
    },
    Family {
        name: "longest_stay_by_home",
        about: "where most of a day is spent and for how long, by day and home zone",
        make: Make::Table(|zones| {
            table(LongestStay {
                zones: Arc::clone(zones),
            })
        }),
    },
    Family {
        name: "meaningful_locations",
        about: "subscribers, in millionths, by home, work, other and zone",
        make: Make::Table(|zones| {
            table(MeaningfulLocations {
                zones: Arc::clone(zones),
            })
        }),
    },
    Family {
        name: "meaningful_pairs",
        about: "the same by two of them and their zones",
        make: Make::Table(|zones| {
            table(MeaningfulPairs {
                zones: Arc::clone(zones),
            })
        }),
    },
    Family {
        name: "location_entropy",
        about: "what the entropy of a zone's visitors needs",
        make: Make::Table(|zones| {
            table(LocationEntropy {
                zones: Arc::clone(zones),
            })
        }),
    },
    Family {
        name: "square_displacement",
        about: "square distance from the first event by days since",
        make: Make::Table(|_| table(SquareDisplacement)),
    },
    Family {
        name: "histograms",
        about: "distinct subscribers by number about them and bin",
        make: Make::Table(|_| table(Histograms::usual())),
    },
    Family {
        name: "corridor_trips_daily",
        about: "trips along declared lines by day of departure, with their time and that of free flow",
        make: Make::Along(|corridors| corridor_trips("corridor_trips_daily", corridors, false)),
    },
    Family {
        name: "corridor_trips_weekly",
        about: "the same by hour of the week",
        make: Make::Along(|corridors| corridor_trips("corridor_trips_weekly", corridors, true)),
    },
    Family {
        name: "hub_visits_daily",
        about: "visits of declared places by day of arrival, own or foreign network and dwell",
        make: Make::At(|hubs| hub_visits("hub_visits_daily", hubs, false)),
    },
    Family {
        name: "hub_visits_hourly",
        about: "the same by hour of arrival, all days together",
        make: Make::At(|hubs| hub_visits("hub_visits_hourly", hubs, true)),
    },
    Family {
        name: "population_types",
        about: "distinct subscribers by zone: resident, commuter, regular, visitor, passer-by",
        make: Make::Table(|zones| {
            table(PopulationTypes {
                zones: Arc::clone(zones),
            })
        }),
    },
    Family {
        name: "home_nights",
        about: "for each subscriber the cell of most nights, 19 to 7",
        make: Make::Rows(|_| {
            Box::new(Rows(ModalCell {
                name: "home_nights",
                hours: HourSet::of(&[(19, 24), (0, 7)], false),
                day_starts_h: 7,
            }))
        }),
    },
    Family {
        name: "work_days",
        about: "for each subscriber the cell of most weekdays, 9 to 12 and 14 to 17",
        make: Make::Rows(|_| {
            Box::new(Rows(ModalCell {
                name: "work_days",
                hours: HourSet::of(&[(9, 12), (14, 17)], true),
                day_starts_h: 0,
            }))
        }),
    },
    Family {
        name: "anchors",
        about: "for each subscriber home, work and the next place, with days and share of evidence",
        make: Make::Rows(|_| Box::new(Rows(AnchorPlaces))),
    },
    Family {
        name: "activity_space",
        about: "for each subscriber stays, trips, places and dwell",
        make: Make::Rows(|_| Box::new(Rows(ActivitySpace))),
    },
    Family {
        name: "space",
        about: "for each subscriber how far about: radius of gyration, distinct cells",
        make: Make::Rows(|_| Box::new(Rows(Space::two()))),
    },
    Family {
        name: "distances",
        about: "for each subscriber daily ranges, jumps, distance travelled",
        make: Make::Rows(|_| Box::new(Rows(Distances))),
    },
    Family {
        name: "visits",
        about: "for each subscriber cells by rank, exploration and return",
        make: Make::Rows(|_| Box::new(Rows(VisitRates))),
    },
    Family {
        name: "entropy",
        about: "for each subscriber random, uncorrelated and real entropy, predictability",
        make: Make::Rows(|_| Box::new(Rows(Entropy))),
    },
    Family {
        name: "rhythm",
        about: "for each subscriber events a day, burstiness, parts of the week, call-time class",
        make: Make::Rows(|_| Box::new(Rows(Rhythm))),
    },
    Family {
        name: "social",
        about: "for each subscriber contacts of own records: degree, reciprocity, entropy, balance",
        make: Make::Rows(|_| Box::new(Rows(Social::thousand()))),
    },
    Family {
        name: "bandicoot",
        about: "for each subscriber bandicoot's indicators, mean and sd over weeks, by its names",
        make: Make::Rows(|_| Box::new(Rows(Bandicoot))),
    },
    Family {
        name: "locations",
        about: "for each subscriber one cell by each rule in use elsewhere",
        make: Make::Rows(|_| Box::new(Rows(Locations))),
    },
    Family {
        name: "howde",
        about: "for each subscriber home and work by HoWDe's rule",
        make: Make::Rows(|_| Box::new(Rows(Howde::usual()))),
    },
    Family {
        name: "from_home",
        about: "for each subscriber how far from home",
        make: Make::Rows(|_| Box::new(Rows(FromHome))),
    },
    Family {
        name: "activity",
        about: "for each subscriber kinds of events, call durations, amounts of top-ups, active hours",
        make: Make::Rows(|_| Box::new(Rows(Activity))),
    },
    Family {
        name: "location_visits",
        about: "for each subscriber and cell events, days and ranks",
        make: Make::Rows(|_| Box::new(Lists(LocationVisits))),
    },
    Family {
        name: "mobility_network",
        about: "for each subscriber and pair of cells how often one followed the other",
        make: Make::Rows(|_| Box::new(Lists(MobilityNetwork))),
    },
    Family {
        name: "traffic",
        about: "for each subscriber sessions, volumes, active half hours",
        make: Make::Rows(|_| Box::new(Rows(Traffic::by(Slot::HALF_HOUR)))),
    },
    Family {
        name: "signature",
        about: "for each subscriber 13 numbers of traffic and mobility, and a mobility profile",
        make: Make::Rows(|_| {
            Box::new(Rows(Signature {
                profiles: Profiles::thirds(),
            }))
        }),
    },
];

#[cfg(test)]
mod tests;
