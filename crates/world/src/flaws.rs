use erewhon_events::{push_number, push_time_s};

use crate::{
    Record, World,
    dice::{Dice, For},
};

/// A way in which real exports go wrong.
///
/// A row has one flaw at the most. Rates are shares of the clean rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flaw {
    /// A row that stands in the file twice (0.3 %).
    ExactDuplicate,
    /// A row that comes again one or two seconds later (0.1 %).
    NearDuplicate,
    /// A cell that the cell list lacks (0.2 %).
    UnknownCell,
    /// The one cell of the list that has no position (0.1 %).
    CellWithoutPosition,
    /// A time in another year (0.05 %).
    WrongYear,
    /// A cell whose clock is an hour off for a day: four cells, a day each.
    ClockOffByHour,
    /// Too few or too many fields (0.03 %).
    WrongFieldCount,
    /// A field that can't be read: a time, a kind or a subscriber (0.02 %).
    UnreadableValue,
    /// Bytes that are not UTF-8: one row of the file.
    NotUtf8,
    /// Rows of two neighbouring blocks that changed places (2 % of the blocks begin such a pair).
    OutOfOrder,
}

impl Flaw {
    /// All flaws.
    pub const ALL: [Self; 10] = [
        Self::ExactDuplicate,
        Self::NearDuplicate,
        Self::UnknownCell,
        Self::CellWithoutPosition,
        Self::WrongYear,
        Self::ClockOffByHour,
        Self::WrongFieldCount,
        Self::UnreadableValue,
        Self::NotUtf8,
        Self::OutOfOrder,
    ];

    /// The flaw's name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ExactDuplicate => "exact_duplicate",
            Self::NearDuplicate => "near_duplicate",
            Self::UnknownCell => "unknown_cell",
            Self::CellWithoutPosition => "cell_without_position",
            Self::WrongYear => "wrong_year",
            Self::ClockOffByHour => "clock_off_by_hour",
            Self::WrongFieldCount => "wrong_field_count",
            Self::UnreadableValue => "unreadable_value",
            Self::NotUtf8 => "not_utf8",
            Self::OutOfOrder => "out_of_order",
        }
    }

    /// The share of rows that get the flaw by chance; `None` where the number is set otherwise.
    pub const fn share(self) -> Option<f64> {
        match self {
            Self::ExactDuplicate => Some(0.003),
            Self::NearDuplicate => Some(0.001),
            Self::UnknownCell => Some(0.002),
            Self::CellWithoutPosition => Some(0.001),
            Self::WrongYear => Some(0.0005),
            Self::WrongFieldCount => Some(0.0003),
            Self::UnreadableValue => Some(0.0002),
            Self::ClockOffByHour | Self::NotUtf8 | Self::OutOfOrder => None,
        }
    }
}

/// How many rows got each flaw, in the order of [`Flaw::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Planted([u64; Flaw::ALL.len()]);

impl Planted {
    /// Rows with a flaw: for duplicates the rows added, for the rest the rows spoilt or moved.
    pub const fn rows(&self, flaw: Flaw) -> u64 {
        self.0[flaw as usize]
    }

    const fn count(&mut self, flaw: Flaw, rows: u64) {
        self.0[flaw as usize] += rows;
    }

    fn add(&mut self, other: &Self) {
        self.0
            .iter_mut()
            .zip(other.0)
            .for_each(|(sum, n)| *sum += n);
    }
}

/// The id of the cell that has no position.
pub(crate) const CELL_WITHOUT_POSITION: &str = "IN-1";
/// Rows that are written, and moved, together.
pub(crate) const BLOCK: usize = 400;
/// The row of the file that is not UTF-8.
const NOT_UTF8_ROW: usize = 100;
const YEAR_S: i64 = 31_556_952;

/// A block of lines and what is wrong in it.
pub(crate) struct Block {
    pub(crate) lines: Vec<u8>,
    pub(crate) rows: u64,
    pub(crate) planted: Planted,
}

/// Cells whose clocks are wrong: (day, cell, seconds off).
pub(crate) fn wrong_clocks(world: &World) -> Vec<(u16, u32, i64)> {
    let mut dice = Dice::new(world.spec.seed, For::Flaws, u64::MAX, 0);
    let days = world.calendar.days();
    (0..4)
        .map(|i| {
            // Not on the first and last day, where an hour may lead out of the window.
            let day = 1 + dice.below(usize::from(days.saturating_sub(2))) as u16;
            let cell = dice.below(world.cells().len()) as u32;
            (day, cell, if i % 2 == 0 { 3_600 } else { -3_600 })
        })
        .filter(|clock| clock.0 + 1 < days)
        .collect()
}

/// Writes a block of a day's records with the flaws that chance gives it.
pub(crate) fn spoil(
    world: &World,
    clocks: &[(u16, u32, i64)],
    (day, block): (u16, usize),
    records: &[Record],
) -> Block {
    let mut dice = Dice::new(world.spec.seed, For::Flaws, u64::from(day), block as u64);
    let mut out = Block {
        lines: Vec::with_capacity(90 * records.len()),
        rows: records.len() as u64,
        planted: Planted::default(),
    };
    let mut late: Vec<u8> = Vec::new();
    for (row, record) in records.iter().enumerate() {
        let mut time_utc_s = record.time_utc_s;
        let mut cell: &[u8] = world.cells().cell(record.cell).id.as_bytes();
        let flaw = if (day, block, row) == (0, 0, NOT_UTF8_ROW) {
            Some(Flaw::NotUtf8)
        } else if let Some(clock) = clocks.iter().find(|c| (c.0, c.1) == (day, record.cell.0)) {
            time_utc_s += clock.2;
            Some(Flaw::ClockOffByHour)
        } else {
            draw(&mut dice)
        };
        if let Some(flaw) = flaw {
            out.planted.count(flaw, 1);
        }
        let line = &mut out.lines;
        match flaw {
            Some(Flaw::ExactDuplicate | Flaw::NearDuplicate) => {
                out.rows += 1;
                let again_s = if flaw == Some(Flaw::ExactDuplicate) {
                    0
                } else {
                    1 + dice.below(2) as i64
                };
                let copy = if dice.chance(0.5) {
                    &mut *line
                } else {
                    &mut late
                };
                write_row(world, record, time_utc_s + again_s, cell, copy);
            }
            Some(Flaw::UnknownCell) => {
                let id = format!("X{:03}", dice.below(50));
                write_row(world, record, time_utc_s, id.as_bytes(), line);
                continue;
            }
            Some(Flaw::CellWithoutPosition) => cell = CELL_WITHOUT_POSITION.as_bytes(),
            Some(Flaw::NotUtf8) => cell = b"S\xff\xfe",
            Some(Flaw::WrongYear) => time_utc_s += [-56, -20, -3, 10][dice.below(4)] * YEAR_S,
            Some(Flaw::WrongFieldCount | Flaw::UnreadableValue) => {
                let mut good = Vec::new();
                write_row(world, record, time_utc_s, cell, &mut good);
                line.extend(break_line(
                    &good,
                    flaw == Some(Flaw::UnreadableValue),
                    &mut dice,
                ));
                continue;
            }
            Some(Flaw::ClockOffByHour | Flaw::OutOfOrder) | None => {}
        }
        write_row(world, record, time_utc_s, cell, line);
    }
    out.lines.append(&mut late);
    out
}

/// Lets some pairs of neighbouring blocks change places, and adds up what was planted.
pub(crate) fn shuffle(world: &World, day: u16, blocks: &mut [Block]) -> Planted {
    let mut dice = Dice::new(world.spec.seed, For::Flaws, u64::from(day), u64::MAX);
    let mut planted = Planted::default();
    for pair in blocks.chunks_exact_mut(2) {
        if dice.chance(0.04) {
            planted.count(Flaw::OutOfOrder, pair[0].rows + pair[1].rows);
            pair.swap(0, 1);
        }
    }
    blocks.iter().for_each(|block| planted.add(&block.planted));
    planted
}

impl std::ops::AddAssign for Planted {
    fn add_assign(&mut self, other: Self) {
        self.add(&other);
    }
}

fn draw(dice: &mut Dice) -> Option<Flaw> {
    let mut u = dice.unit();
    Flaw::ALL.into_iter().find(|flaw| {
        let share = flaw.share().unwrap_or(0.0);
        u -= share;
        u < 0.0 && share > 0.0
    })
}

fn write_row(world: &World, record: &Record, time_utc_s: i64, cell: &[u8], line: &mut Vec<u8>) {
    push_number(record.subscriber, line);
    line.push(b',');
    push_time_s(time_utc_s, line);
    line.push(b',');
    line.extend(cell);
    line.push(b',');
    line.extend(record.kind.name().as_bytes());
    line.push(b',');
    push_number(u64::from(record.duration_s), line);
    line.push(b',');
    if let Some(peer) = record.peer {
        push_number(peer, line);
    }
    line.push(b',');
    push_number(record.bytes_up, line);
    line.push(b',');
    push_number(record.bytes_down, line);
    if world.spec.travel {
        line.push(b',');
        let network = record.home_network.map(|network| network.to_string());
        line.extend(network.unwrap_or_default().as_bytes());
    }
    line.push(b'\n');
}

/// Spoils a good line: one value that can't be read, or fields lost or added.
fn break_line(good: &[u8], value: bool, dice: &mut Dice) -> Vec<u8> {
    let text = String::from_utf8_lossy(good);
    let mut fields: Vec<&str> = text.trim_end().split(',').collect();
    match (value, dice.below(3)) {
        (true, 0) => fields[0] = "",
        (true, 1) => fields[1] = "03/02/26 7h15",
        (true, _) => fields[3] = "fax",
        (false, 0) => fields.truncate(1 + dice.below(6)),
        (false, 1) => fields.insert(3, "0"),
        (false, _) => fields.push("0"),
    }
    let mut line = fields.join(",").into_bytes();
    line.push(b'\n');
    line
}
