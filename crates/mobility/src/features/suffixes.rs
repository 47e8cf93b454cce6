mod edges;

pub(super) use edges::{Edges, Linked, Rows};

/// The suffix automaton of a growing sequence (Blumer and others, "The smallest automaton recognizing
/// the subwords of a text", 1985): its paths from the root are the sequence's substrings.
///
/// A state stands for the substrings that end at the same places; the longest has the state's
/// length, and those too short for the state belong to the state that it links to. All work is
/// linear in the sequence on average, but for what edges cost.
pub(super) struct Suffixes<E> {
    states: Vec<State>,
    last: u32,
    edges: E,
}

struct State {
    len: u32,
    link: u32,
}

const ROOT: u32 = 0;
const NONE: u32 = u32::MAX;

impl<E: Edges> Suffixes<E> {
    /// Of nothing yet; up to `most` symbols may follow, below 2^29, each below `symbols`.
    pub(super) fn new(most: usize, symbols: usize) -> Self {
        let mut new = Self {
            states: Vec::with_capacity(2 * most + 2),
            last: ROOT,
            edges: E::new(most, symbols),
        };
        new.state(0, NONE);
        new
    }

    fn state(&mut self, len: u32, link: u32) -> u32 {
        self.edges.add_state();
        self.states.push(State { len, link });
        self.states.len() as u32 - 1
    }

    /// Adds a symbol at the end.
    pub(super) fn push(&mut self, symbol: u32) {
        let mut from = self.last;
        let new = self.state(self.states[from as usize].len + 1, ROOT);
        self.last = new;
        let to = loop {
            match self.edges.find(from, symbol) {
                Ok(place) => break self.edges.to(place),
                Err(slot) => self.edges.add(slot, from, symbol, new),
            }
            from = self.states[from as usize].link;
            if from == NONE {
                return;
            }
        };
        let len = self.states[from as usize].len + 1;
        let link = if self.states[to as usize].len == len {
            to
        } else {
            self.split(to, len, from, symbol)
        };
        self.states[new as usize].link = link;
    }

    /// Gives the substrings of a state up to a length a state of their own.
    fn split(&mut self, whole: u32, len: u32, mut from: u32, symbol: u32) -> u32 {
        let short = self.state(len, self.states[whole as usize].link);
        self.states[whole as usize].link = short;
        self.edges.copy(whole, short);
        while from != NONE
            && let Ok(place) = self.edges.find(from, symbol)
            && self.edges.to(place) == whole
        {
            self.edges.lead(place, short);
            from = self.states[from as usize].link;
        }
        short
    }
}

/// A substring of a sequence that moves along, found in the automaton.
#[derive(Default)]
pub(super) struct Match {
    state: u32,
    /// Its length.
    pub(super) len: u32,
}

impl Match {
    /// Makes the substring longer by a symbol, where that is one too.
    #[inline]
    pub(super) fn extend(&mut self, all: &Suffixes<impl Edges>, symbol: u32) -> bool {
        let Ok(place) = all.edges.find(self.state, symbol) else {
            return false;
        };
        self.state = all.edges.to(place);
        self.len += 1;
        true
    }

    /// Takes the first symbol away; call [`settle`](Self::settle) before the next extension.
    pub(super) const fn shorten(&mut self) {
        self.len = self.len.saturating_sub(1);
    }

    /// Finds the state that the substring belongs to, after it or the automaton has changed.
    #[inline]
    pub(super) fn settle<E>(&mut self, all: &Suffixes<E>) {
        while self.state != ROOT {
            let link = all.states[self.state as usize].link;
            if all.states[link as usize].len < self.len {
                break;
            }
            self.state = link;
        }
    }
}
