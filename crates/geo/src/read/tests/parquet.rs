use std::sync::Arc;

use ::parquet::{
    data_type::{ByteArray, ByteArrayType, DoubleType, FloatType},
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};

use super::*;

fn write(schema: &str, ids: &[&str], lats: &[f32], lons: &[f64]) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer =
        SerializedFileWriter::new(Vec::new(), schema, Arc::new(WriterProperties::default()))
            .unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let ids: Vec<ByteArray> = ids.iter().map(|id| ByteArray::from(*id)).collect();
    column
        .typed::<ByteArrayType>()
        .write_batch(&ids, None, None)
        .unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column
        .typed::<FloatType>()
        .write_batch(lats, Some(&vec![1; lats.len()]), None)
        .unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column
        .typed::<DoubleType>()
        .write_batch(lons, None, None)
        .unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.into_inner().unwrap()
}

const SCHEMA: &str = "message cells {
    required binary cell_id (UTF8);
    optional float latitude;
    required double longitude;
}";

#[test]
fn reads_parquet_and_keeps_short_decimals() {
    let bytes = write(SCHEMA, &["a", "b"], &[51.1, 51.2], &[10.0, 10.5]);
    let (cells, issues) = read(bytes).unwrap();
    assert_eq!(cells.cells()[0], Cell::geographic("a", 51.1, 10.0));
    assert_eq!((issues.read, issues.kept), (2, 2));
}

#[test]
fn a_dictionary_longer_than_the_footer_is_no_lie() {
    let ids: Vec<String> = (0..5_000).map(|i| format!("cell {i}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let lons: Vec<f64> = (0..5_000).map(|i| f64::from(i) / 5_000.0).collect();
    let bytes = write(SCHEMA, &ids, &[51.0; 5_000], &lons);
    assert_eq!(read(bytes).unwrap().0.len(), 5_000);
}

#[test]
fn parquet_with_other_columns_is_refused_by_name() {
    let other = SCHEMA
        .replace("cell_id", "colour")
        .replace("longitude", "shade");
    let error = read(write(&other, &["a"], &[1.0], &[1.0])).unwrap_err();
    assert!(error.message().contains("no id column"), "{error}");
    assert!(
        error
            .hint()
            .unwrap()
            .contains("`colour`, `latitude`, `shade`"),
        "{:?}",
        error.hint()
    );
}

#[test]
fn parquet_that_lies_is_refused_or_read_and_never_more() {
    let bytes = write(SCHEMA, &["a", "b"], &[51.1, 51.2], &[10.0, 10.5]);
    for cut in 0..bytes.len() {
        assert!(read(&bytes[..cut]).is_err(), "{cut}");
    }
    for at in 4..bytes.len() {
        for flip in [0x01, 0x10, 0x80, 0xff] {
            let mut lie = bytes.clone();
            lie[at] ^= flip;
            if let Ok((cells, issues)) = read(&lie) {
                assert!(cells.len() <= 2 && issues.read <= 2, "{at}");
            }
        }
    }
}
