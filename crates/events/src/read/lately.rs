/// What was found for texts that were met lately, by their prints, in memory that does not grow
/// without end.
pub(crate) struct Lately {
    lines: Vec<Line>,
    /// What was kept since the table has its size.
    kept: usize,
}

/// Powers of two. A table begins with 64 KiB, which is little for a few rows, and ends with 4 MiB, for
/// what is larger is no longer near to the processor.
const FIRST_LINES: usize = 1 << 10;
const LINES: usize = 1 << 16;

/// Four texts, the latest first, in one line of the processor's cache.
#[derive(Clone, Copy, Default)]
#[repr(align(64))]
struct Line([Known; 4]);

/// The print of a text, 0 in an empty place, and what was found for it.
#[derive(Clone, Copy, Default)]
struct Known {
    print: u64,
    value: u64,
}

impl Default for Lately {
    fn default() -> Self {
        Self {
            lines: vec![Line::default(); FIRST_LINES],
            kept: 0,
        }
    }
}

impl Lately {
    #[inline]
    const fn place(&self, print: u64) -> usize {
        print as usize & (self.lines.len() - 1)
    }

    /// Has the processor fetch places, all at once, that would else be waited for one by one.
    #[inline]
    pub(crate) fn fetch(&self, prints: impl Iterator<Item = u64>) {
        let seen = prints.map(|print| self.lines[self.place(print)].0[0].print);
        std::hint::black_box(seen.fold(0, |all, print| all ^ print));
    }

    #[inline]
    pub(crate) fn get(&self, print: u64) -> Option<u64> {
        let Line(known) = &self.lines[self.place(print)];
        let mut known = known.iter();
        known
            .find(|known| known.print == print)
            .map(|known| known.value)
    }

    pub(crate) fn keep(&mut self, print: u64, value: u64) {
        self.kept += 1;
        if self.kept > self.lines.len() && self.lines.len() < LINES {
            self.grow();
        }
        let place = self.place(print);
        let Line(known) = &mut self.lines[place];
        known.rotate_right(1);

        known[0] = Known { print, value };
    }

    /// A table eight times as large, or the largest, that knows nothing: whatever comes again is
    /// looked for once more.
    #[cold]
    fn grow(&mut self) {
        let lines = (8 * self.lines.len()).min(LINES);
        self.lines = vec![Line::default(); lines];
        self.kept = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_grows_to_its_largest_size_and_keeps_the_latest() {
        let mut known = Lately::default();
        let prints = (1..=2 * LINES as u64).map(|at| at.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for (print, at) in prints.zip(0..) {
            assert_eq!(known.get(print), None);
            known.keep(print, at);
            assert_eq!(known.get(print), Some(at));
            assert!(at > 999 || known.lines.len() == FIRST_LINES);
        }
        assert_eq!(known.lines.len(), LINES);
    }

    #[test]
    fn of_five_in_one_place_the_first_is_driven_out() {
        let mut known = Lately {
            lines: vec![Line::default(); LINES],
            kept: 0,
        };
        let prints = [1, 2, 3, 4, 5].map(|at| at * LINES as u64 + 7);
        for print in prints {
            known.keep(print, print * 3);
        }
        let found = prints.map(|print| known.get(print));
        assert_eq!(found[0], None);
        assert_eq!(found[1..], prints.map(|print| Some(print * 3))[1..]);
    }
}
