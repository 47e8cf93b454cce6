use std::{
    path::Path,
    sync::{Mutex, PoisonError, mpsc::SyncSender},
};

use erewhon_types::{Error, Result};

use super::{
    blocks::Blocks,
    parquet::{Rows, Table},
};
use crate::input::Input;

/// A part of a file that one thread parses.
pub(crate) enum Block {
    /// Whole lines.
    Lines(Vec<u8>),
    Rows(Rows),
}

/// Blocks of text that nobody needs any more: memory that is there is quicker than new one.
#[derive(Default)]
pub(crate) struct Spent(Mutex<Vec<Vec<u8>>>);

impl Spent {
    fn take(&self) -> Vec<u8> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.pop().unwrap_or_default()
    }

    pub(crate) fn give(&self, block: Block) {
        if let Block::Lines(bytes) = block {
            let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            held.push(bytes);
        }
    }
}

/// An open file.
pub(crate) enum Source {
    Text(Box<Input>),
    Parquet(Box<Table>),
}

impl Source {
    /// Reads a file to its end and sends its blocks, each with the stored bytes read so far.
    ///
    /// Text comes in the memory of `spent` blocks. Gives the BLAKE3 and the size of the stored file.
    /// Where nobody takes the blocks any more, whoever took them has failed and says so.
    pub(crate) fn cut(
        self,
        path: &Path,
        block_bytes: usize,
        spent: &Spent,
        send: &SyncSender<(Block, u64)>,
    ) -> Result<(String, u64)> {
        match self {
            Self::Parquet(table) => {
                table.read(path, &mut |rows, read| {
                    send.send((Block::Rows(rows), read)).is_ok()
                })?;
                table.digest(path)
            }
            Self::Text(input) => {
                let mut blocks = Blocks::new(*input, block_bytes);
                loop {
                    let block = blocks.next(spent.take());
                    let block = block.map_err(|error| blocks.input().explain(path, &error))?;
                    let read_bytes = blocks.input().read_bytes();
                    let sent = block.map(|lines| send.send((Block::Lines(lines), read_bytes)));
                    if !matches!(sent, Some(Ok(()))) {
                        return Ok(blocks.input().finish());
                    }
                }
            }
        }
    }
}

/// The error for a file on which the library of its format gives up.
pub(crate) fn damaged(path: &Path) -> Error {
    Error::input(format!("`{}` is damaged", path.display()))
        .with_hint("copy it again from its source; nothing of it was kept")
}
