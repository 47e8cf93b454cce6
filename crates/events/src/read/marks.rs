/// Where delimiters and line feeds stand in some lines.
#[derive(Default)]
pub(crate) struct Marks {
    /// Kept as long as it ever was; what is behind the marks means nothing.
    at: Vec<u32>,
    found: usize,
}

/// Text is looked at so many bytes at a time, each of which is a bit of a word.
const CHUNK: usize = 64;

impl Marks {
    pub(crate) fn find(&mut self, lines: &[u8], delimiter: u8) -> &[u32] {
        self.found = 0;
        let (chunks, rest) = lines.as_chunks::<CHUNK>();
        for (chunk, from) in chunks.iter().zip((0..).step_by(CHUNK)) {
            self.add(marks(chunk, delimiter), from);
        }
        let mut last = [0; CHUNK];
        last[..rest.len()].copy_from_slice(rest);
        let within = (1 << rest.len()) - 1;
        let from = (lines.len() - rest.len()) as u32;
        self.add(marks(&last, delimiter) & within, from);
        &self.at[..self.found]
    }

    /// Writes where a chunk's marks are: eight at once, for how many there are is hard to foresee.
    #[inline]
    fn add(&mut self, mut bits: u64, from: u32) {
        if self.at.len() < self.found + CHUNK {
            self.at.resize(2 * (self.found + CHUNK), 0);
        }
        let (eights, _) = self.at[self.found..].as_chunks_mut::<8>();
        self.found += bits.count_ones() as usize;
        for eight in eights {
            for at in eight {
                *at = from + bits.trailing_zeros();
                bits &= bits.wrapping_sub(1);
            }
            if bits == 0 {
                return;
            }
        }
    }
}

/// The delimiters and line feeds of a chunk, a bit each.
#[inline]
fn marks(chunk: &[u8; CHUNK], delimiter: u8) -> u64 {
    // So written that compilers make of it what processors do with sixteen bytes at once.
    let mut bits = [0_u8; CHUNK];
    for (at, (bit, byte)) in bits.iter_mut().zip(chunk).enumerate() {
        let is_mark = (*byte == delimiter) | (*byte == b'\n');
        *bit = if is_mark { 1 << (at % 8) } else { 0 };
    }
    let mut marks = [0; 8];
    for (mark, eight) in marks.iter_mut().zip(bits.as_chunks().0) {
        // The highest byte of the product is the sum of all.
        let product = u64::from_le_bytes(*eight).wrapping_mul(u64::from_ne_bytes([1; 8]));
        *mark = (product >> 56) as u8;
    }
    u64::from_le_bytes(marks)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn marks_are_where_a_look_at_each_byte_finds_them(
            lines in prop::collection::vec(
                prop::sample::select(b"a,,\n\0\r\xac\x8a\xa2".to_vec()), 0..300,
            ),
            few in "[a-z,\n]{0,300}",
        ) {
            let mut marks = Marks::default();
            // What was found before is gone.
            for text in [&lines, few.as_bytes(), &lines] {
                for delimiter in [b',', 0] {
                    let is_mark = |at: &usize| text[*at] == delimiter || text[*at] == b'\n';
                    let slowly: Vec<u32> =
                        (0..text.len()).filter(is_mark).map(|at| at as u32).collect();
                    prop_assert_eq!(marks.find(text, delimiter), slowly);
                }
            }
        }
    }
}
