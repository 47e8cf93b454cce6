use std::io::{self, Read};

use memchr::{memchr, memrchr};

use super::fields::MAX_ROW_BYTES;
use crate::input::BUFFER_BYTES;

/// Bytes of a block, 2.5 MiB, unless a test asks for others: some 30,000 rows, which are worth a thread's
/// turn and, packed, a push into the store's buffers.
pub(crate) const BLOCK_BYTES: usize = 5 << 19;
/// So much of a line tells that it is too long, whatever marks its beginning and its end.
const TOO_LONG_BYTES: usize = MAX_ROW_BYTES + 8;

/// Cuts a stream at line breaks into blocks of whole lines, in memory that no line can stretch.
pub(crate) struct Blocks<R> {
    input: R,
    size: usize,
    /// The beginning of a line whose end is still to be read.
    rest: Vec<u8>,
    ended: bool,
}

impl<R: Read> Blocks<R> {
    pub(crate) const fn new(input: R, size: usize) -> Self {
        Self {
            input,
            size,
            rest: Vec::new(),
            ended: false,
        }
    }

    pub(crate) const fn input(&self) -> &R {
        &self.input
    }

    /// The next lines, in the memory of a block that nobody needs any more; only the last block may
    /// end without a line break.
    ///
    /// Of a line that is too long a beginning is there, which is too long as well.
    pub(crate) fn next(&mut self, mut bytes: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
        let mut filled = self.rest.len();
        bytes.resize(bytes.len().max(filled), 0);
        bytes[..filled].copy_from_slice(&self.rest);
        self.rest.clear();
        while !self.ended {
            // A block is as large as the one before, so that next to nothing is filled in vain.
            bytes.resize(self.size.max(filled + self.size / 2 + 1), 0);
            self.fill(&mut bytes, &mut filled)?;
            if self.ended {
                break;
            }
            if let Some(at) = memrchr(b'\n', &bytes) {
                self.rest.extend_from_slice(&bytes[at + 1..]);
                filled = at + 1;
                break;
            }
            if filled >= TOO_LONG_BYTES {
                bytes.truncate(TOO_LONG_BYTES);
                self.skip_line(&mut bytes)?;
                filled = bytes.len();
                break;
            }
        }
        bytes.truncate(filled);
        Ok((!bytes.is_empty()).then_some(bytes))
    }

    /// Reads until the bytes are full or the stream ends; not all at once, so that what a reader does
    /// with them finds them near.
    fn fill(&mut self, bytes: &mut [u8], filled: &mut usize) -> io::Result<()> {
        while *filled < bytes.len() && !self.ended {
            let end = bytes.len().min(*filled + BUFFER_BYTES);
            match self.input.read(&mut bytes[*filled..end]) {
                Ok(read) => {
                    *filled += read;
                    self.ended = read == 0;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Passes over the rest of a line and ends its beginning as the line ends.
    fn skip_line(&mut self, line: &mut Vec<u8>) -> io::Result<()> {
        let mut passed = vec![0; BLOCK_BYTES.min(self.size.max(1))];
        loop {
            let read = match self.input.read(&mut passed) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if read == 0 {
                self.ended = true;
                return Ok(());
            }
            if let Some(at) = memchr(b'\n', &passed[..read]) {
                self.rest.extend_from_slice(&passed[at + 1..read]);
                line.push(b'\n');
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(text: &[u8], size: usize) -> Vec<Vec<u8>> {
        let mut blocks = Blocks::new(text, size);
        // Memory that was used before, and holds what must not be seen.
        let spent = || b"x\ny".repeat(size % 5);
        std::iter::from_fn(|| blocks.next(spent()).unwrap()).collect()
    }

    proptest! {
        #[test]
        fn blocks_are_whole_lines_and_lose_nothing(
            text in "[ab\n]{0,80}", size in 1_usize..20,
        ) {
            let blocks = all(text.as_bytes(), size);
            prop_assert_eq!(blocks.concat(), text.as_bytes());
            for block in blocks.iter().rev().skip(1) {
                prop_assert_eq!(block.last(), Some(&b'\n'));
            }
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_and_stays_too_long() {
        for (end, lines) in [("", 1), ("\n", 1), ("\nmore\n", 2)] {
            let text = format!("{}{end}", "x".repeat(3 * TOO_LONG_BYTES));
            for size in [7, 100_000, BLOCK_BYTES] {
                let blocks = all(text.as_bytes(), size);
                let joined = blocks.concat();
                let longest = joined.split(|b| *b == b'\n').next().unwrap();
                assert!(longest.len() > MAX_ROW_BYTES + 3);
                assert_eq!(joined.ends_with(b"\n"), !end.is_empty());
                assert_eq!(joined.trim_ascii().split(|b| *b == b'\n').count(), lines);
                assert!(size > 100_000 || blocks[0].len() <= TOO_LONG_BYTES + size);
            }
        }
    }

    #[test]
    fn a_line_of_10_gb_takes_no_more_memory_than_a_block() {
        let endless = io::repeat(b'x').take(10_000_000_000);
        let text = b"before\n".chain(endless).chain(&b"\nafter\n"[..]);
        let mut blocks = Blocks::new(text, BLOCK_BYTES);
        let (mut lines, mut bytes) = (0, 0);
        while let Some(block) = blocks.next(Vec::new()).unwrap() {
            assert!(block.capacity() + blocks.rest.capacity() <= 4 * BLOCK_BYTES);
            lines += memchr::memchr_iter(b'\n', &block).count();
            bytes += block.len();
        }
        assert_eq!((lines, blocks.ended), (3, true));
        assert!(bytes < 2 * BLOCK_BYTES, "{bytes}");
    }
}
