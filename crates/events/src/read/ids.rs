use erewhon_types::{CellIx, Subscriber};

use super::{
    fields::Fields,
    lately::Lately,
    layout::Layout,
    text::{Prints, Text},
};
use crate::EventKind;

/// The pseudonym of an id; `None` for a subject who has opted out.
pub type Identify<'a> = &'a (dyn Fn(&[u8]) -> Option<Subscriber> + Sync);

/// What one thread met lately: numbers, cells and kinds repeat, and a look here is quicker than a keyed
/// digest, or than a search of all cells and kinds.
///
/// Each is known again by its print, of 64 bits and with keys drawn anew for each thread and file, and two
/// texts of one print are taken for one: a row is then booked to somebody else. As for a random function,
/// among the *n* texts that a thread meets in a file some two meet with a chance of about n²/2⁶⁵ (1 million:
/// 3 in 10⁸; 100 million: 3 in 10⁴), once for each thread and file. What was met long ago is forgotten, so
/// it is also no more than 2⁻⁴⁶ for each look into a table, which holds 2¹⁸ texts at most: with two numbers
/// a row, 3 in 10⁶ for a load of 100 million rows, 3 in 10³ for 100 billion.
pub(crate) struct Ids<'a> {
    identify: Identify<'a>,
    prints: Prints,
    numbers: Lately,
    cells: Lately,
    kinds: Lately,
}

/// An id as it is written, and its print.
#[derive(Clone, Copy)]
pub(crate) struct Id<'t> {
    pub(crate) text: Text<'t>,
    print: u64,
}

/// Whom and what a row names.
#[derive(Clone, Copy)]
pub(crate) struct Names<'t> {
    pub(crate) subscriber: Id<'t>,
    pub(crate) peer: Id<'t>,
    /// The print of the cell's columns, unless all are empty.
    cell: Option<u64>,
    /// The print of the kind's columns.
    kind: u64,
}

impl<'a> Ids<'a> {
    pub(crate) fn new(identify: Identify<'a>) -> Self {
        Self {
            identify,
            prints: Prints::default(),
            numbers: Lately::default(),
            cells: Lately::default(),
            kinds: Lately::default(),
        }
    }

    /// Whom and what a row names; empty where the row has none, `stem` is whom its file is named after.
    #[inline]
    pub(crate) fn of<'t>(&self, layout: &Layout, stem: &'t [u8], fields: Fields<'t>) -> Names<'t> {
        let field = |column| fields.text(column);
        let subscriber = layout.subscriber.map_or_else(|| stem.into(), field);
        let peer = layout.peer.map_or_else(|| (&[][..]).into(), field);
        let mut has_cell = false;
        let cell = layout.cell.iter().map(|column| field(*column));
        let cell = cell.inspect(|part| has_cell |= !part.is_empty());
        let cell = self.prints.of(cell);
        Names {
            subscriber: self.id(subscriber),
            peer: self.id(peer),
            cell: has_cell.then_some(cell),
            kind: self
                .prints
                .of(layout.kind.iter().map(|column| field(*column))),
        }
    }

    #[inline]
    fn id<'t>(&self, text: Text<'t>) -> Id<'t> {
        let print = self.prints.of([text]);
        Id { text, print }
    }

    /// Has the processor fetch what is known of names.
    #[inline]
    pub(crate) fn fetch(&self, names: &[Names<'_>]) {
        let ids = names.iter().flat_map(|name| [name.subscriber, name.peer]);
        self.numbers.fetch(ids.map(|id| id.print));
        self.cells.fetch(names.iter().filter_map(|name| name.cell));
    }

    /// The pseudonym of an id; who has opted out is asked for each time, and kept nowhere.
    #[inline]
    pub(crate) fn find(&mut self, Id { text, print }: Id<'_>) -> Option<Subscriber> {
        if let Some(known) = self.numbers.get(print) {
            return Some(Subscriber::new(known));
        }
        let subscriber = (self.identify)(text.bytes())?;
        self.numbers.keep(print, subscriber.bits());
        Some(subscriber)
    }

    /// The kind of a row, known or found.
    #[inline]
    pub(crate) fn kind(
        &mut self,
        names: &Names<'_>,
        find: impl FnOnce() -> Option<EventKind>,
    ) -> Option<EventKind> {
        if let Some(code) = self.kinds.get(names.kind) {
            return EventKind::from_code(code as u8);
        }
        let kind = find()?;
        self.kinds.keep(names.kind, u64::from(kind.code()));
        Some(kind)
    }

    /// The cell that was found when its columns were last like this.
    #[inline]
    pub(crate) fn cell(&self, names: &Names<'_>) -> Option<CellIx> {
        self.cells.get(names.cell?).map(|row| CellIx(row as u32))
    }

    /// Keeps the cell that a row's columns name.
    pub(crate) fn keep_cell(&mut self, names: &Names<'_>, cell: CellIx) {
        if let Some(print) = names.cell {
            self.cells.keep(print, u64::from(cell.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A pseudonym for tests; ids that end in `x` have opted out.
    fn plain(id: &[u8]) -> Option<Subscriber> {
        let value = id.iter().fold(7_u64, |n, b| {
            n.wrapping_mul(131).wrapping_add(u64::from(*b))
        });
        (!id.ends_with(b"x")).then(|| Subscriber::new(value))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn a_known_id_is_whom_it_was(ids in prop::collection::vec("[0-9x]{0,20}", 0..400)) {
            let mut known = Ids::new(&plain);
            for id in ids.iter().chain(&ids) {
                let found = known.find(known.id(id.as_bytes().into()));
                prop_assert!(found == plain(id.as_bytes()));
            }
        }
    }
}
