//! The `erewhon` command.
fn main() {}
