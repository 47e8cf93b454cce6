use std::{collections::HashMap, ops::Range};

use erewhon_events::EventKind;
use foldhash::fast::FixedState;

use super::{
    indicators::{Of, Week, at},
    night::is_night,
};
use crate::{
    Track,
    features::numbers::{entropy_nats, make_up_most, mean, sd},
};

/// A silence of this length ends a conversation.
const HOUR_MS: i64 = 3_600_000;

/// Calls and messages of a week with known other parties. Read week by week into the same lists.
#[derive(Default)]
pub(super) struct Contacts {
    active_days: u32,
    of: [Interactions; 2],
    durations_s: Vec<f64>,
    /// Which of the contacts another party is, of all weeks that were read.
    known: HashMap<u64, u32, FixedState>,
    contacts: Vec<Contact>,
    /// Those of the week.
    of_week: Vec<u32>,
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
}

/// A week with one other party.
#[derive(Clone, Copy, Default)]
struct Contact {
    /// Calls and messages, and the outgoing ones.
    all: [u32; 2],
    out: [u32; 2],
    talked_s: u64,
    talk: Talk,
}

/// How far a week's talk with one other party has come.
#[derive(Clone, Copy, Default)]
struct Talk {
    /// The last interaction.
    last_ms: Option<i64>,
    /// Whether it was a message, so that the conversation may go on, and whether that one was sent.
    goes_on: bool,
    sent: bool,
    /// Whether the conversation began with a message received, and has an answer.
    was_received: bool,
    was_answered: bool,
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
    }
}

impl Conversations {
    fn clear(&mut self) {
        (self.all, self.initiated, self.received, self.answered) = (0, 0, 0, 0);
        self.delays_s.clear();
    }

    /// Takes in the next interaction with one party.
    fn hear(&mut self, talk: &mut Talk, kind: Of, out: bool, utc_ms: i64) {
        let before_ms = talk.last_ms.replace(utc_ms).filter(|_| talk.goes_on);
        // A call ends it.
        talk.goes_on = matches!(kind, Of::Text);
        if !talk.goes_on {
            return;
        }
        let sent = std::mem::replace(&mut talk.sent, out);
        let Some(before_ms) = before_ms.filter(|before_ms| utc_ms - before_ms < HOUR_MS) else {
            self.all += 1;
            self.initiated += u32::from(out);
            self.received += u32::from(!out);
            (talk.was_received, talk.was_answered) = (!out, false);
            return;
        };
        if out && !sent && utc_ms > before_ms {
            self.delays_s.push((utc_ms - before_ms) as f64 / 1000.0);
        }
        if out && talk.was_received && !talk.was_answered {
            talk.was_answered = true;
            self.answered += 1;
        }
    }
}

impl Contacts {
    /// Lists that rarely grow, for weeks of so many events.
    pub(super) fn with_capacity(events: usize) -> Self {
        let of = || Interactions {
            gaps_s: Vec::with_capacity(events),
            ..Interactions::default()
        };
        Self {
            of: [of(), of()],
            durations_s: Vec::with_capacity(events),
            known: HashMap::with_capacity_and_hasher(events, FixedState::default()),
            contacts: Vec::with_capacity(events),
            of_week: Vec::with_capacity(events),
            values: Vec::with_capacity(events),
            parts: Vec::with_capacity(events),
            ..Self::default()
        }
    }

    pub(super) fn read(&mut self, track: &Track<'_>, week: Range<usize>) {
        self.clear();
        let mut day = None;
        let (locals, all) = (&track.locals()[week.clone()], &track.events()[week]);
        for (event, &local) in all.iter().zip(locals) {
            let (Some((kind, out)), Some(peer)) = (interaction(event.kind), event.peer) else {
                continue;
            };
            self.active_days += u32::from(day.replace(local.day) != Some(local.day));
            let of = &mut self.of[kind as usize];
            of.all += 1;
            of.out += u32::from(out);
            of.nocturnal += u32::from(is_night(local, event));
            if let Some(before_ms) = of.before_ms.replace(event.time_utc_ms) {
                of.gaps_s
                    .push((event.time_utc_ms - before_ms) as f64 / 1000.0);
            }
            let next = self.contacts.len() as u32;
            let place = *self.known.entry(peer.get()).or_insert(next);
            if place == next {
                self.contacts.push(Contact::default());
            }
            let contact = &mut self.contacts[place as usize];
            if contact.all == [0, 0] {
                self.of_week.push(place);
            }
            contact.all[kind as usize] += 1;
            contact.out[kind as usize] += u32::from(out);
            if matches!(kind, Of::Call) {
                self.durations_s.push(f64::from(event.duration_s));
                contact.talked_s += u64::from(event.duration_s);
            }
            self.conversations
                .hear(&mut contact.talk, kind, out, event.time_utc_ms);
        }
    }

    fn clear(&mut self) {
        self.active_days = 0;
        self.of.iter_mut().for_each(Interactions::clear);
        self.durations_s.clear();
        for place in self.of_week.drain(..) {
            self.contacts[place as usize] = Contact::default();
        }
        self.conversations.clear();
    }

    /// How many calls and messages.
    pub(super) const fn talks(&self) -> u32 {
        self.of[0].all + self.of[1].all
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
        for of in [Of::Call, Of::Text] {
            if self.has(of) {
                self.say_of(of, week);
            }
        }
        let calls = &self.of[Of::Call as usize];
        if calls.all > 0 {
            let all = f64::from(calls.all);
            week[at::INITIATED_CALLS] = f64::from(calls.out) / all;
            spread(week, at::CALL_DURATION, &self.durations_s);
            let of_week = self.of_week.iter();
            self.parts.clear();
            self.parts
                .extend(of_week.map(|&place| self.contacts[place as usize].talked_s));
            week[at::PARETO_DURATIONS] = f64::from(make_up_most(&mut self.parts)) / all;
        }
    }

    fn say_of(&mut self, of: Of, week: &mut Week) {
        let of = of as usize;
        let interactions = &self.of[of];
        let all = f64::from(interactions.all);
        week[at::NOCTURNAL + of] = f64::from(interactions.nocturnal) / all;
        week[at::INTERACTIONS + of] = all;
        week[at::INTERACTIONS_OUT + of] = f64::from(interactions.out);
        week[at::INTERACTIONS_IN + of] = f64::from(interactions.all - interactions.out);
        spread(week, at::INTER_EVENT + 2 * of, &interactions.gaps_s);

        self.parts.clear();
        self.values.clear();
        for &place in &self.of_week {
            let contact = &self.contacts[place as usize];
            if contact.all[of] > 0 {
                self.parts.push(contact.all[of].into());
                self.values.push(f64::from(contact.out[of]) / all);
            }
        }
        week[at::CONTACTS + of] = self.parts.len() as f64;
        spread(week, at::BALANCE + 2 * of, &self.values);
        self.values.clear();
        self.values
            .extend(self.parts.iter().map(|&part| part as f64));
        spread(week, at::PER_CONTACT + 2 * of, &self.values);
        week[at::ENTROPY_OF_CONTACTS + of] = entropy_nats(self.parts.iter().copied(), all);
        week[at::PARETO + of] = f64::from(make_up_most(&mut self.parts)) / all;
    }
}

/// Writes mean and standard deviation of a list that is not empty.
pub(super) fn spread(week: &mut Week, at: usize, values: &[f64]) {
    if let Some(mean) = mean(values) {
        week[at] = mean;
        week[at + 1] = sd(values, mean).unwrap_or(f64::NAN);
    }
}
