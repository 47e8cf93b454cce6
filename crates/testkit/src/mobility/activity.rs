use std::collections::BTreeSet;

use erewhon_events::{DeviceClass, Event, EventKind};
use erewhon_mobility::Track;

use super::{Values, bandicoot, entropy_bits, mean, ratio, social};

/// Twin of [`erewhon_mobility::Activity`].
pub fn activity(track: &Track<'_>) -> Values {
    use EventKind::{CallIn, CallOut, Data, SmsIn, SmsOut, Topup};
    let all = track.events().len() as f64;
    let of = |kinds: &[EventKind]| -> Vec<&Event> {
        let events = track.events().iter();
        events.filter(|event| kinds.contains(&event.kind)).collect()
    };
    let count = |kinds: &[EventKind]| of(kinds).len() as f64;
    let seconds = |kinds: &[EventKind]| -> Option<f64> {
        let seconds = of(kinds)
            .iter()
            .map(|event| f64::from(event.duration_s))
            .sum();
        (count(&[CallOut, CallIn]) > 0.0).then_some(seconds)
    };
    let hours: BTreeSet<(u16, u8)> = track
        .locals()
        .iter()
        .map(|local| (local.day, local.hour()))
        .collect();
    let night = track
        .locals()
        .iter()
        .filter(|local| !(7..19).contains(&local.hour()));
    let by = |slots: u32, slot: &dyn Fn(&erewhon_types::Local) -> u32| {
        let in_slot = |n: u32| track.locals().iter().filter(|l| slot(l) == n).count() as f64;
        let counts: Vec<f64> = (0..slots).map(in_slot).filter(|n| *n > 0.0).collect();
        Some(entropy_bits(&counts))
    };
    let weekday = |day: u16| u32::from(track.public().calendar.weekday(day));
    let talks = count(&[CallOut, CallIn, SmsOut, SmsIn]);
    let amounts: Vec<f64> = of(&[Topup])
        .iter()
        .map(|event| f64::from(event.amount_minor))
        .collect();
    let paid: Vec<f64> = amounts.into_iter().filter(|amount| *amount > 0.0).collect();
    let bought = |of: &dyn Fn(&[f64]) -> f64| (!paid.is_empty()).then(|| of(&paid));
    let of_device = |class: DeviceClass| {
        track
            .events()
            .iter()
            .filter(|event| event.device == class)
            .count()
    };
    let known = &DeviceClass::ALL[1..];
    let most = known
        .iter()
        .map(|&class| of_device(class))
        .max()
        .unwrap_or(0);
    let device = known
        .iter()
        .position(|&class| most > 0 && of_device(class) == most);
    vec![
        ("active_hours", Some(hours.len() as f64)),
        ("night_events", Some(night.count() as f64)),
        ("call_share", ratio(count(&[CallOut, CallIn]), all)),
        ("message_share", ratio(count(&[SmsOut, SmsIn]), all)),
        ("data_share", ratio(count(&[Data]), all)),
        ("outgoing_share", ratio(count(&[CallOut, SmsOut]), talks)),
        ("call_duration_s", seconds(&[CallOut, CallIn])),
        ("call_out_duration_s", seconds(&[CallOut])),
        ("call_in_duration_s", seconds(&[CallIn])),
        (
            "call_duration_mean_s",
            seconds(&[CallOut, CallIn]).map(|s| s / count(&[CallOut, CallIn])),
        ),
        ("pareto_contacts_share", pareto(track)),
        (
            "hour_of_day_entropy_bits",
            by(24, &|local| local.hour().into()),
        ),
        (
            "hour_of_week_entropy_bits",
            by(168, &|local| {
                24 * weekday(local.day) + u32::from(local.hour())
            }),
        ),
        ("topups", Some(count(&[Topup]))),
        ("topup_amount_minor", bought(&|all| all.iter().sum())),
        (
            "topup_amount_mean_minor",
            bought(&|all| mean(all).unwrap_or_default()),
        ),
        (
            "topup_amount_max_minor",
            bought(&|all| all.iter().copied().fold(0.0, f64::max)),
        ),
        (
            "topup_amount_sd_minor",
            bought(&|all| bandicoot::spread(all).1.unwrap_or_default()),
        ),
        ("device_class", device.map(|place| place as f64)),
    ]
}

/// The fewest contacts that make up 80 % of the interactions, tried from one on.
fn pareto(track: &Track<'_>) -> Option<f64> {
    let mut counts: Vec<f64> = track.contacts().iter().map(|c| f64::from(c.all)).collect();
    counts.sort_by(|a, b| b.total_cmp(a));
    // As many contacts as the other twin finds.
    let contacts = social(track, usize::MAX)[1].1?;
    let enough = |n: &usize| {
        let most: f64 = counts[..*n].iter().sum();
        most >= (counts.iter().sum::<f64>() * 0.8).ceil()
    };
    (1..=counts.len()).find(enough).map(|n| n as f64 / contacts)
}
