/// The edges between the states of an automaton, at most one for each state and symbol.
pub(in super::super) trait Edges {
    /// None yet; of up to `2 * most + 1` states, and symbols below `symbols`.
    fn new(most: usize, symbols: usize) -> Self;

    /// Makes room for one more state.
    fn add_state(&mut self);

    /// The place of an edge, or the free slot where it belongs.
    fn find(&self, from: u32, symbol: u32) -> Result<usize, usize>;

    /// The state that the edge at a place leads to.
    fn to(&self, place: usize) -> u32;

    /// Adds an edge in the slot that [`find`](Self::find) gave.
    fn add(&mut self, slot: usize, from: u32, symbol: u32, to: u32);

    /// Makes the edge at a place lead elsewhere.
    fn lead(&mut self, place: usize, to: u32);

    /// Gives a state without edges those of another.
    fn copy(&mut self, from: u32, to: u32);
}

/// A row of symbols for each state: quick, and as large as states times symbols.
pub(in super::super) struct Rows {
    symbols: usize,
    /// States, none of them the root; 0 is free.
    to: Vec<u32>,
}

impl Rows {
    /// Bytes at the most.
    pub(in super::super) const fn bytes(most: usize, symbols: usize) -> usize {
        (2 * most + 2).saturating_mul(symbols).saturating_mul(4)
    }
}

impl Edges for Rows {
    fn new(most: usize, symbols: usize) -> Self {
        Self {
            symbols,
            to: Vec::with_capacity((2 * most + 2) * symbols),
        }
    }

    #[inline]
    fn add_state(&mut self) {
        self.to.resize(self.to.len() + self.symbols, 0);
    }

    #[inline]
    fn find(&self, from: u32, symbol: u32) -> Result<usize, usize> {
        let place = from as usize * self.symbols + symbol as usize;
        if self.to[place] == 0 {
            Err(place)
        } else {
            Ok(place)
        }
    }

    #[inline]
    fn to(&self, place: usize) -> u32 {
        self.to[place]
    }

    #[inline]
    fn add(&mut self, slot: usize, _from: u32, _symbol: u32, to: u32) {
        self.to[slot] = to;
    }

    #[inline]
    fn lead(&mut self, place: usize, to: u32) {
        self.to[place] = to;
    }

    #[inline]
    fn copy(&mut self, from: u32, to: u32) {
        let row = |state: u32| state as usize * self.symbols;
        self.to
            .copy_within(row(from)..row(from) + self.symbols, row(to));
    }
}

/// A hash table and a list for each state, for any number of symbols.
pub(in super::super) struct Linked {
    /// For each state the place of the first of its edges plus 1.
    first: Vec<u32>,
    edges: Vec<Edge>,
    /// Place of an edge plus 1 by hash of its state and symbol; 0 is free.
    slots: Vec<u32>,
    shift: u32,
}

#[derive(Clone, Copy)]
struct Edge {
    from: u32,
    symbol: u32,
    to: u32,
    /// Place of the state's next edge plus 1.
    next: u32,
}

impl Edges for Linked {
    fn new(most: usize, _symbols: usize) -> Self {
        // There are fewer than 2 states and 3 edges a symbol.
        let bits = (4 * most + 4).next_power_of_two().trailing_zeros();
        Self {
            first: Vec::with_capacity(2 * most + 2),
            edges: Vec::with_capacity(3 * most + 3),
            slots: vec![0; 1 << bits],
            shift: u64::BITS - bits,
        }
    }

    fn add_state(&mut self) {
        self.first.push(0);
    }

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

    fn to(&self, place: usize) -> u32 {
        self.edges[place].to
    }

    fn add(&mut self, slot: usize, from: u32, symbol: u32, to: u32) {
        let next = self.first[from as usize];
        self.edges.push(Edge {
            from,
            symbol,
            to,
            next,
        });
        self.slots[slot] = self.edges.len() as u32;
        self.first[from as usize] = self.slots[slot];
    }

    fn lead(&mut self, place: usize, to: u32) {
        self.edges[place].to = to;
    }

    fn copy(&mut self, from: u32, to: u32) {
        let mut edge = self.first[from as usize];
        while let Some(place) = (edge as usize).checked_sub(1) {
            let Edge {
                symbol,
                to: leads_to,
                next,
                ..
            } = self.edges[place];
            if let Err(slot) = self.find(to, symbol) {
                self.add(slot, to, symbol, leads_to);
            }
            edge = next;
        }
    }
}
