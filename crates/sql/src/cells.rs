use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, Float64Array, StringViewArray, TimestampMillisecondArray, UInt32Array},
        record_batch::RecordBatch,
    },
    datasource::MemTable,
    error::Result,
};
use erewhon_geo::{Cell, CellTable, Frame};
use jiff::Timestamp;

/// The table `cells`: a row a cell of the public list, empty where the list says nothing.
pub(crate) fn table(cells: &CellTable) -> Result<MemTable> {
    let frame = cells.frame();
    let cells = cells.cells();
    let number = |of: &dyn Fn(&Cell) -> Option<f64>| -> ArrayRef {
        Arc::new(cells.iter().map(of).collect::<Float64Array>())
    };
    let within =
        |wanted: Frame, of: fn(&Cell) -> f64| number(&|cell| (frame == wanted).then(|| of(cell)));
    let word = |of: fn(&Cell) -> Option<&str>| -> ArrayRef {
        Arc::new(cells.iter().map(of).collect::<StringViewArray>())
    };
    let time = |of: fn(&Cell) -> Option<Timestamp>| -> ArrayRef {
        let times = cells
            .iter()
            .map(|cell| of(cell).map(Timestamp::as_millisecond));
        Arc::new(
            times
                .collect::<TimestampMillisecondArray>()
                .with_timezone("UTC"),
        )
    };
    let columns: [(&str, ArrayRef); 14] = [
        (
            "cell_row",
            Arc::new(UInt32Array::from_iter_values(0..cells.len() as u32)),
        ),
        ("cell", word(|cell| Some(&cell.id))),
        ("site", word(|cell| cell.site.as_deref())),
        ("lat", within(Frame::Geographic, |cell| cell.y)),
        ("lon", within(Frame::Geographic, |cell| cell.x)),
        ("x_m", within(Frame::Planar, |cell| cell.x)),
        ("y_m", within(Frame::Planar, |cell| cell.y)),
        ("radio", word(|cell| cell.radio.map(|radio| radio.name()))),
        ("azimuth_deg", number(&|cell| cell.azimuth_deg)),
        ("range_m", number(&|cell| cell.range_m)),
        ("tilt_deg", number(&|cell| cell.tilt_deg)),
        ("power_w", number(&|cell| cell.power_w)),
        ("valid_from_utc", time(|cell| cell.valid_from_utc)),
        ("valid_to_utc", time(|cell| cell.valid_to_utc)),
    ];
    let columns = columns.map(|(name, array)| (name, array, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns)?;
    MemTable::try_new(batch.schema(), vec![vec![batch]])
}
