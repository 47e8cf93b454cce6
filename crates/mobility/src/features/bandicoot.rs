use erewhon_events::{Event, EventKind};

use crate::{Column, Feature, Row, Track};

mod contacts;
mod indicators;
mod night;
mod positions;
mod recharges;
mod weeks;

use contacts::Contacts;
use indicators::{INDICATORS, Of};
use positions::Positions;
use recharges::Recharges;
use weeks::Weeks;

/// The indicators of bandicoot 0.6.0 as `utils.all` has them by default, under its own names and in its
/// own units (de Montjoye, Rocher and Pentland, "bandicoot: a Python toolbox for mobile phone metadata",
/// 2016): each is computed for every week with records, and what is said is the mean over weeks and the
/// standard deviation over their number.
///
/// A name is `indicator__allweek__allday__of__statistic`, where `of` is `call`, `text` or `callandtext`;
/// of what is itself a list the week's mean and standard deviation stand before the `__mean` and `__std`
/// over weeks. `percent_…` are shares of 0 to 1, durations and delays seconds, entropies to base e, the
/// radius of gyration kilometres on a sphere of 6,371 km.
///
/// - A record is a call or message with a known other party; another event is a place alone, and a
///   top-up a recharge. Weeks begin on Monday, 0:00. A night is 19:00:00 to 7:00:00, both inclusive.
/// - A conversation is a run of messages with one party that no call ends and no silence of an hour; a
///   delay is from a message received to the one sent next, of more than 0 s; the response rate is over
///   conversations that began with one received.
/// - A contact's balance is its outgoing interactions over all of the week, not over the contact's.
/// - `percent_pareto_…` is the number of contacts that make up 80 % of interactions or talking time,
///   over the number of records.
/// - A position is the most frequent cell of half an hour, the first on a tie; home the most frequent
///   position of nights over the window, the first on a tie; frequent antennas make up 80 % of
///   positions; churn is one less the cosine of the positions of two weeks with records in a row.
///
/// - Amounts of recharges are in the currency's minor units; `percent_pareto_recharges` is the number of
///   recharges that make up 80 % of the week's amount, over their number; `average_balance_recharges` is,
///   as its code has it, half of each amount that lasted a day or longer until the next, not divided by days.
///
/// What has no week is missing. So is what is about amounts of a week in which none is known (there amounts are 0 and
/// the pareto share is one recharge), and a balance over less than a day (there an error). `reporting__…` are
/// counts, `has_…` 0 or 1. By a clock change times between events are true seconds here and differences of
/// the clock's face there.
pub struct Bandicoot;

impl Feature for Bandicoot {
    fn name(&self) -> &'static str {
        "bandicoot"
    }

    fn columns(&self) -> Vec<Column> {
        let reporting = REPORTING.iter().map(|name| Column::Count(name));
        let of_weeks = INDICATORS
            .iter()
            .flat_map(|&(mean, sd)| [Column::Real(mean), Column::Real(sd)]);
        let balance = Column::Real("average_balance_recharges");
        reporting.chain(of_weeks).chain([balance]).collect()
    }

    fn places_alone(&self) -> bool {
        false
    }

    fn row(&self, track: &Track<'_>, out: &mut Row<'_>) {
        let mut positions = Positions::of(track);
        let longest = weeks::split(track).map(|(_, events)| events.len()).max();
        let mut contacts = Contacts::with_capacity(longest.unwrap_or(0));
        let (first, last) = (track.locals().first(), track.locals().last());
        let days = first
            .zip(last)
            .map_or(0, |(first, last)| last.day.saturating_sub(first.day));
        let mut weeks = Weeks::with_capacity(days);
        let (mut records, mut recharges) = (0, 0);
        let mut seen = [false; 2];
        let mut ends = None;
        for (week, events) in weeks::split(track) {
            contacts.read(track, events.clone());
            let mut topups = Recharges::of(&track.events()[events.clone()]);
            recharges += topups.number();
            let in_week = contacts.talks() + positions.read(events);
            if in_week == 0 && topups.number() == 0 {
                continue;
            }
            let values = weeks.push();
            contacts.say(values);
            positions.say(track, values);
            topups.say(values);
            if in_week > 0 {
                records += positions.records();
                weeks.with_records += 1;
                let (first, _) = ends.unwrap_or((week, week));
                ends = Some((first, week));
            }
            seen[0] |= contacts.has(Of::Call);
            seen[1] |= contacts.has(Of::Text);
        }
        let bins = ends.map_or(0, |(first, last)| last - first + 1);
        out.count(records);
        out.count(recharges);
        out.count(bins);
        out.count(weeks.with_records);
        out.count(bins - weeks.with_records);
        for has in [seen[0], seen[1], positions.home().is_some()] {
            out.count(u32::from(has));
        }
        weeks.say(out);
        out.real(recharges::balance_minor(track.events()));
    }
}

const REPORTING: [&str; 8] = [
    "reporting__number_of_records",
    "reporting__number_of_recharges",
    "reporting__bins",
    "reporting__bins_with_data",
    "reporting__bins_without_data",
    "reporting__has_call",
    "reporting__has_text",
    "reporting__has_home",
];

/// Whether bandicoot would read an event as a record with a place.
const fn is_record(event: &Event) -> bool {
    use EventKind::{CallIn, CallOut, SmsIn, SmsOut, Topup};
    let talks = matches!(event.kind, CallOut | CallIn | SmsOut | SmsIn);
    // Without `&&`: which kind comes next no processor can foresee, and a wrong guess costs more than both sides.
    !matches!(event.kind, Topup) & (!talks | event.peer.is_some())
}
