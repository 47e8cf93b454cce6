use std::ops::Range;

use erewhon_events::{Event, EventKind};

use super::{
    indicators::{Of, Week, at},
    night::is_night,
};
use crate::{
    Track,
    features::numbers::{make_up_most, mean, sd},
};

/// A silence of this length ends a conversation.
const HOUR_MS: i64 = 3_600_000;

/// Calls and messages of a week with known other parties. Read week by week into the same lists.
#[derive(Default)]
pub(super) struct Contacts {
    active_days: u32,
    of: [Interactions; 2],
    /// The other party and the place among the track's events.
    by_peer: Vec<(u64, u32)>,
    durations_s: Vec<f64>,
    /// Talking time of each contact with calls.
    talked_s: Vec<u64>,
    conversations: Conversations,
    /// For reuse.
    values: Vec<f64>,
    parts: Vec<u64>,
}

/// Calls, or messages, of a week.
#[derive(Default)]
struct Interactions {
    all: u32,
    out: u32,
    nocturnal: u32,
    before_ms: Option<i64>,
    gaps_s: Vec<f64>,
    /// For each contact all and outgoing ones.
    contacts: Vec<(u32, u32)>,
}

#[derive(Default)]
struct Conversations {
    all: u32,
    initiated: u32,
    /// Those that began with a message received, and those of them with an answer.
    received: u32,
    answered: u32,
    delays_s: Vec<f64>,
}

/// Whether an event is a call or a message, and whether it is outgoing.
const fn interaction(kind: EventKind) -> Option<(Of, bool)> {
    match kind {
        EventKind::CallOut => Some((Of::Call, true)),
        EventKind::CallIn => Some((Of::Call, false)),
        EventKind::SmsOut => Some((Of::Text, true)),
        EventKind::SmsIn => Some((Of::Text, false)),
        _ => None,
    }
}

impl Interactions {
    fn clear(&mut self) {
        (self.all, self.out, self.nocturnal, self.before_ms) = (0, 0, 0, None);
        self.gaps_s.clear();
        self.contacts.clear();
    }
}

impl Conversations {
    fn clear(&mut self) {
        (self.all, self.initiated, self.received, self.answered) = (0, 0, 0, 0);
        self.delays_s.clear();
    }

    /// Takes in the interactions with one party, ascending in time.
    fn read<'e>(&mut self, with_one: impl Iterator<Item = &'e Event>) {
        let mut last_ms = i64::MIN;
        // The last message of the conversation that is going on: when, and whether it was sent.
        let mut talking: Option<(i64, bool)> = None;
        let (mut was_received, mut was_answered) = (false, false);
        for event in with_one {
            let silent = last_ms != i64::MIN && event.time_utc_ms - last_ms >= HOUR_MS;
            last_ms = event.time_utc_ms;
            let Some((Of::Text, out)) = interaction(event.kind) else {
                // A call ends it.
                talking = None;
                continue;
            };
            match talking.filter(|_| !silent) {
                None => {
                    self.all += 1;
                    self.initiated += u32::from(out);
                    self.received += u32::from(!out);
                    (was_received, was_answered) = (!out, false);
                }
                Some((before_ms, sent)) => {
                    let delay_ms = event.time_utc_ms - before_ms;
                    if out && !sent && delay_ms > 0 {
                        self.delays_s.push(delay_ms as f64 / 1000.0);
                    }
                    if out && was_received && !was_answered {
                        was_answered = true;
                        self.answered += 1;
                    }
                }
            }
            talking = Some((event.time_utc_ms, out));
        }
    }
}

impl Contacts {
    /// Lists that rarely grow, for weeks of so many events.
    pub(super) fn with_capacity(events: usize) -> Self {
        let of = || Interactions {
            gaps_s: Vec::with_capacity(events),
            contacts: Vec::with_capacity(events),
            ..Interactions::default()
        };
        Self {
            of: [of(), of()],
            by_peer: Vec::with_capacity(events),
            durations_s: Vec::with_capacity(events),
            values: Vec::with_capacity(events),
            parts: Vec::with_capacity(events),
            ..Self::default()
        }
    }

    pub(super) fn read(&mut self, track: &Track<'_>, week: Range<usize>) {
        self.clear();
        let mut day = None;
        let (locals, all) = (&track.locals()[week.clone()], &track.events()[week.clone()]);
        for ((place, event), &local) in (week.start as u32..).zip(all).zip(locals) {
            let (Some((kind, out)), Some(peer)) = (interaction(event.kind), event.peer) else {
                continue;
            };
            self.by_peer.push((peer.get(), place));
            self.active_days += u32::from(day.replace(local.day) != Some(local.day));
            let of = &mut self.of[kind as usize];
            of.all += 1;
            of.out += u32::from(out);
            of.nocturnal += u32::from(is_night(local, event));
            if let Some(before_ms) = of.before_ms.replace(event.time_utc_ms) {
                of.gaps_s
                    .push((event.time_utc_ms - before_ms) as f64 / 1000.0);
            }
            if matches!(kind, Of::Call) {
                self.durations_s.push(f64::from(event.duration_s));
            }
        }
        self.by_peer.sort_unstable();
        for with_one in self.by_peer.chunk_by(|a, b| a.0 == b.0) {
            let events = || {
                with_one
                    .iter()
                    .map(|&(_, place)| &track.events()[place as usize])
            };
            let (mut counts, mut talked_s) = ([(0, 0); 2], 0);
            for event in events() {
                if let Some((kind, out)) = interaction(event.kind) {
                    let (all, outgoing) = &mut counts[kind as usize];
                    *all += 1;
                    *outgoing += u32::from(out);
                    if matches!(kind, Of::Call) {
                        talked_s += u64::from(event.duration_s);
                    }
                }
            }
            for (of, counts) in self.of.iter_mut().zip(counts) {
                of.contacts.extend(Some(counts).filter(|c| c.0 > 0));
            }
            self.talked_s
                .extend(Some(talked_s).filter(|_| counts[Of::Call as usize].0 > 0));
            if counts[Of::Text as usize].0 > 0 {
                self.conversations.read(events());
            }
        }
    }

    fn clear(&mut self) {
        self.active_days = 0;
        self.of.iter_mut().for_each(Interactions::clear);
        self.by_peer.clear();
        self.durations_s.clear();
        self.talked_s.clear();
        self.conversations.clear();
    }

    /// How many calls and messages.
    pub(super) const fn talks(&self) -> u32 {
        self.by_peer.len() as u32
    }

    pub(super) const fn has(&self, of: Of) -> bool {
        self.of[of as usize].all > 0
    }

    pub(super) fn say(&mut self, week: &mut Week) {
        if self.talks() == 0 {
            return;
        }
        let talks = &self.conversations;
        week[at::ACTIVE_DAYS] = f64::from(self.active_days);
        week[at::INITIATED_CONVERSATIONS] =
            f64::from(talks.initiated) / f64::from(talks.all.max(1));
        week[at::RESPONSE_RATE] = f64::from(talks.answered) / f64::from(talks.received);
        spread(week, at::RESPONSE_DELAY, &talks.delays_s);
        for (of, interactions) in self.of.iter().enumerate() {
            if interactions.all > 0 {
                interactions.say(of, &mut self.values, &mut self.parts, week);
            }
        }
        let calls = &self.of[Of::Call as usize];
        if calls.all > 0 {
            let all = f64::from(calls.all);
            week[at::INITIATED_CALLS] = f64::from(calls.out) / all;
            spread(week, at::CALL_DURATION, &self.durations_s);
            week[at::PARETO_DURATIONS] = f64::from(make_up_most(&mut self.talked_s)) / all;
        }
    }
}

impl Interactions {
    fn say(&self, of: usize, values: &mut Vec<f64>, parts: &mut Vec<u64>, week: &mut Week) {
        let (all, contacts) = (f64::from(self.all), &self.contacts);
        week[at::CONTACTS + of] = contacts.len() as f64;
        week[at::NOCTURNAL + of] = f64::from(self.nocturnal) / all;
        week[at::INTERACTIONS + of] = all;
        week[at::INTERACTIONS_OUT + of] = f64::from(self.out);
        week[at::INTERACTIONS_IN + of] = f64::from(self.all - self.out);
        spread(week, at::INTER_EVENT + 2 * of, &self.gaps_s);
        let mut list = |at: usize, value: &dyn Fn(u32, u32) -> f64, week: &mut Week| {
            values.clear();
            values.extend(contacts.iter().map(|&(all, out)| value(all, out)));
            spread(week, at + 2 * of, values);
        };
        list(at::BALANCE, &|_, out| f64::from(out) / all, week);
        list(at::PER_CONTACT, &|with_one, _| f64::from(with_one), week);
        let shares = contacts.iter().map(|c| f64::from(c.0) / all);
        week[at::ENTROPY_OF_CONTACTS + of] = -shares.map(|p| p * p.ln()).sum::<f64>();
        parts.clear();
        parts.extend(contacts.iter().map(|c| u64::from(c.0)));
        week[at::PARETO + of] = f64::from(make_up_most(parts)) / all;
    }
}

/// Writes mean and standard deviation of a list that is not empty.
pub(super) fn spread(week: &mut Week, at: usize, values: &[f64]) {
    if let Some(mean) = mean(values) {
        week[at] = mean;
        week[at + 1] = sd(values, mean).unwrap_or(f64::NAN);
    }
}
