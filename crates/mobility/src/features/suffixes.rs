/// The suffix automaton of a growing sequence (Blumer and others, "The smallest automaton recognizing
/// the subwords of a text", 1985): its paths from the root are the sequence's substrings.
///
/// A state stands for the substrings that end at the same places; the longest has the state's
/// length, and those too short for the state belong to the state that it links to. All work is
/// linear in the sequence on average, for any number of symbols.
pub(super) struct Suffixes {
    states: Vec<State>,
    last: u32,
    edges: Vec<Edge>,
    /// Place of an edge plus 1 by hash of its state and symbol; 0 is free.
    slots: Vec<u32>,
    shift: u32,
}

struct State {
    len: u32,
    link: u32,
    /// Place of the first of its edges plus 1.
    edges: u32,
}

struct Edge {
    from: u32,
    symbol: u32,
    to: u32,
    /// Place of the state's next edge plus 1.
    next: u32,
}

const ROOT: u32 = 0;
const NONE: u32 = u32::MAX;

impl Suffixes {
    /// Of nothing yet; up to `most` symbols may follow, below 2^29.
    pub(super) fn new(most: usize) -> Self {
        // There are fewer than 2 states and 3 edges a symbol.
        let bits = (4 * most + 4).next_power_of_two().trailing_zeros();
        let mut new = Self {
            states: Vec::with_capacity(2 * most + 2),
            last: ROOT,
            edges: Vec::with_capacity(3 * most + 3),
            slots: vec![0; 1 << bits],
            shift: u64::BITS - bits,
        };
        new.state(0, NONE);
        new
    }

    fn state(&mut self, len: u32, link: u32) -> u32 {
        let edges = 0;
        self.states.push(State { len, link, edges });
        self.states.len() as u32 - 1
    }

    /// The place of an edge, or the free slot where it belongs.
    #[inline]
    fn find(&self, from: u32, symbol: u32) -> Result<usize, usize> {
        let key = u64::from(from) << 32 | u64::from(symbol);
        // Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4), the halves mixed first.
        let mixed = (key ^ key >> 29).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut slot = (mixed >> self.shift) as usize;
        loop {
            let Some(place) = (self.slots[slot] as usize).checked_sub(1) else {
                return Err(slot);
            };
            let edge = &self.edges[place];
            if edge.from == from && edge.symbol == symbol {
                return Ok(place);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }

    fn add_edge(&mut self, slot: usize, from: u32, symbol: u32, to: u32) {
        let state = &mut self.states[from as usize];
        self.edges.push(Edge {
            from,
            symbol,
            to,
            next: state.edges,
        });
        state.edges = self.edges.len() as u32;
        self.slots[slot] = state.edges;
    }

    /// Adds a symbol at the end.
    pub(super) fn push(&mut self, symbol: u32) {
        let mut from = self.last;
        let new = self.state(self.states[from as usize].len + 1, ROOT);
        self.last = new;
        let place = loop {
            match self.find(from, symbol) {
                Ok(place) => break place,
                Err(slot) => self.add_edge(slot, from, symbol, new),
            }
            from = self.states[from as usize].link;
            if from == NONE {
                return;
            }
        };
        let (to, len) = (self.edges[place].to, self.states[from as usize].len + 1);
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
        let mut edge = self.states[whole as usize].edges;
        while let Some(place) = (edge as usize).checked_sub(1) {
            let Edge {
                symbol, to, next, ..
            } = self.edges[place];
            if let Err(slot) = self.find(short, symbol) {
                self.add_edge(slot, short, symbol, to);
            }
            edge = next;
        }
        while from != NONE
            && let Ok(place) = self.find(from, symbol)
            && self.edges[place].to == whole
        {
            self.edges[place].to = short;
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
    pub(super) fn extend(&mut self, all: &Suffixes, symbol: u32) -> bool {
        let Ok(place) = all.find(self.state, symbol) else {
            return false;
        };
        self.state = all.edges[place].to;
        self.len += 1;
        true
    }

    /// Takes the first symbol away; call [`settle`](Self::settle) before the next extension.
    pub(super) const fn shorten(&mut self) {
        self.len = self.len.saturating_sub(1);
    }

    /// Finds the state that the substring belongs to, after it or the automaton has changed.
    #[inline]
    pub(super) fn settle(&mut self, all: &Suffixes) {
        while self.state != ROOT {
            let link = all.states[self.state as usize].link;
            if all.states[link as usize].len < self.len {
                break;
            }
            self.state = link;
        }
    }
}
