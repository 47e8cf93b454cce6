use erewhon_events::{DeviceClass, EventKind};

use super::numbers::{entropy_bits, make_up_most, mean, sd, share};
use crate::{Column, Feature, Row, Track, hour_of_week, hour_profile};

/// What a subscriber's events are: how many of a kind, how long, when, in what machine.
///
/// - `active_hours`: hours of local days with an event (FlowKit's `total_active_periods` by hours; by days
///   it is `active_days` of [`VisitRates`](crate::VisitRates)).
/// - `night_events`: events from 19 to 7 o'clock (`nocturnal_events`).
/// - `call_share`, `message_share`, `data_share`: of the events, those of these kinds
///   (`proportion_event_type`).
/// - `outgoing_share`: of calls and messages, the outgoing ones (`proportion_outgoing`); missing without one.
/// - `call_duration_s`, `call_out_duration_s`, `call_in_duration_s`: of all calls, added up; missing without
///   one. `call_duration_mean_s`: the mean of all.
/// - `pareto_contacts_share`: of the contacts, the fewest that make up 80 % of the interactions
///   (`pareto_interactions`); missing without one.
/// - `hour_of_day_entropy_bits`, `hour_of_week_entropy_bits`: of the shares of events by hour of the local
///   day or week (`periodic_entropy`, to base 2).
/// - `topups`: how often credit was bought. `topup_amount_minor`, `…_mean_minor`, `…_max_minor`, `…_sd_minor`:
///   for how much, in the currency's minor units, of those whose amount is known (`topup_amount`); missing without
///   one.
/// - `device_class`: of most events in a known one, the first in the list on a tie (`handset`, of which an
///   event knows no more); missing where all are unknown.
pub struct Activity;

impl Feature for Activity {
    fn name(&self) -> &'static str {
        "activity"
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::Count("active_hours"),
            Column::Count("night_events"),
            Column::Real("call_share"),
            Column::Real("message_share"),
            Column::Real("data_share"),
            Column::Real("outgoing_share"),
            Column::Real("call_duration_s"),
            Column::Real("call_out_duration_s"),
            Column::Real("call_in_duration_s"),
            Column::Real("call_duration_mean_s"),
            Column::Real("pareto_contacts_share"),
            Column::Real("hour_of_day_entropy_bits"),
            Column::Real("hour_of_week_entropy_bits"),
            Column::Count("topups"),
            Column::Real("topup_amount_minor"),
            Column::Real("topup_amount_mean_minor"),
            Column::Real("topup_amount_max_minor"),
            Column::Real("topup_amount_sd_minor"),
            Column::Word("device_class", DEVICES),
        ]
    }

    fn places_alone(&self) -> bool {
        false
    }

    fn row(&self, track: &Track<'_>, out: &mut Row<'_>) {
        let mut kinds = [0_u32; EventKind::ALL.len()];
        let mut devices = [0_u32; DeviceClass::ALL.len()];
        let mut durations_s = [0_u64; 2];
        let (mut amount_minor, mut amounts_minor) = (0, Vec::new());
        for event in track.events() {
            kinds[event.kind as usize] += 1;
            devices[event.device as usize] += 1;
            match event.kind {
                EventKind::CallOut => durations_s[0] += u64::from(event.duration_s),
                EventKind::CallIn => durations_s[1] += u64::from(event.duration_s),
                EventKind::Topup if event.amount_minor > 0 => {
                    amount_minor += u64::from(event.amount_minor);
                    amounts_minor.push(f64::from(event.amount_minor));
                }
                _ => {}
            }
        }
        let of = |kind: EventKind| kinds[kind as usize];
        let calls = of(EventKind::CallOut) + of(EventKind::CallIn);
        let messages = of(EventKind::SmsOut) + of(EventKind::SmsIn);
        let events = track.events().len() as u32;
        let hours = track
            .locals()
            .chunk_by(|a, b| (a.day, a.hour()) == (b.day, b.hour()));
        let by_hour = hour_profile(track);
        let by_day: u32 = by_hour[7..19].iter().sum();
        out.count(hours.count() as u32);
        out.count(events - by_day);
        out.real(share(calls, events));
        out.real(share(messages, events));
        out.real(share(of(EventKind::Data), events));
        let outgoing = of(EventKind::CallOut) + of(EventKind::SmsOut);
        out.real(share(outgoing, calls + messages));
        let all_s = (durations_s[0] + durations_s[1]) as f64;
        for seconds in [all_s, durations_s[0] as f64, durations_s[1] as f64] {
            out.real(Some(seconds).filter(|_| calls > 0));
        }
        out.real(all_s / f64::from(calls));

        let mut contacts: Vec<u64> = track.contacts().iter().map(|c| c.all.into()).collect();
        out.real(share(make_up_most(&mut contacts), contacts.len() as u32));
        let entropy = |counts: &[u32]| {
            let some = counts.iter().copied().filter(|&count| count > 0);
            entropy_bits(some)
        };
        out.real(entropy(&by_hour));
        out.real(entropy(&hour_of_week(track)));
        out.count(of(EventKind::Topup));
        let mean = mean(&amounts_minor);
        out.real(mean.map(|_| amount_minor as f64));
        out.real(mean);
        out.real(amounts_minor.iter().copied().reduce(f64::max));
        out.real(mean.and_then(|mean| sd(&amounts_minor, mean)));
        let most = (1..devices.len())
            .rev()
            .filter(|&device| devices[device] > 0)
            .max_by_key(|&device| devices[device]);
        out.count(most.map(|device| device as u32 - 1));
    }
}

/// The names of the known classes, in the order of their codes.
const DEVICES: &[&str] = &{
    let mut names = [""; DeviceClass::ALL.len() - 1];
    let mut class = 0;
    while class < names.len() {
        names[class] = DeviceClass::ALL[class + 1].name();
        class += 1;
    }
    names
};
