//! Ranges of pseudonyms: their top bits, and how finely a load is cut.

use erewhon_types::Subscriber;

/// Bits of the pseudonym that name its range.
const BITS: u32 = 12;

/// Number of ranges: enough that one range of ten thousand million rows fits into memory.
pub(crate) const RANGES: usize = 1 << BITS;

/// Rows of a row group at the most, where the ranges are even.
const GROUP_ROWS: u64 = 1 << 17;

/// Rows of a segment at the most, where the ranges are even.
const SEGMENT_ROWS: u64 = 1 << 24;

/// Rows of a part that one reader takes, at the most, where the ranges are even.
const PART_ROWS: u64 = 1 << 20;

/// The range of a pseudonym.
pub(crate) const fn of(subscriber: Subscriber) -> usize {
    (subscriber.bits() >> (64 - BITS)) as usize
}

/// The smallest pseudonym of a range.
pub(crate) const fn first_bits(range: usize) -> u64 {
    (range as u64) << (64 - BITS)
}

/// The largest pseudonym of a range.
pub(crate) const fn last_bits(range: usize) -> u64 {
    first_bits(range) | (u64::MAX >> BITS)
}

/// How many row groups and how many segments a load of so many rows has; powers of two, so that the
/// borders of a small load are borders of a large one too.
pub(crate) fn cut(rows: u64) -> (usize, usize) {
    (pieces(rows, GROUP_ROWS), pieces(rows, SEGMENT_ROWS))
}

/// How many parts a store of so many rows is read in.
pub(crate) fn parts(rows: u64) -> usize {
    pieces(rows, PART_ROWS)
}

fn pieces(rows: u64, at_most: u64) -> usize {
    let pieces = rows.div_ceil(at_most).max(1).next_power_of_two();
    pieces.min(RANGES as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_every_pseudonym_once() {
        assert_eq!(first_bits(0), 0);
        assert_eq!(last_bits(RANGES - 1), u64::MAX);
        for range in 1..RANGES {
            assert_eq!(last_bits(range - 1) + 1, first_bits(range));
            assert_eq!(of(Subscriber::new(first_bits(range))), range);
            assert_eq!(of(Subscriber::new(last_bits(range))), range);
        }
    }

    #[test]
    fn sizes_are_those_aimed_at() {
        assert_eq!(cut(0), (1, 1));
        assert_eq!(cut(8_440_000), (128, 1));
        assert_eq!(cut(100_000_000), (1024, 8));
        assert_eq!(cut(u64::MAX), (RANGES, RANGES));
        assert_eq!(parts(8_440_000), 16);
    }
}
