use std::{io::Write as _, sync::Arc};

use parquet::{
    basic::GzipLevel,
    data_type::Int64Type,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::{parser::parse_message_type, types::SchemaDescriptor},
};
use proptest::prelude::*;

use super::*;

fn file_of(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn schema() -> Arc<parquet::schema::types::Type> {
    Arc::new(parse_message_type("message m { required int64 a; }").unwrap())
}

/// A file of a few numbers.
fn good(codec: Compression) -> Vec<u8> {
    let properties = WriterProperties::builder().set_compression(codec).build();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema(), Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let values: Vec<i64> = (0..1_000).collect();
    column
        .typed::<Int64Type>()
        .write_batch(&values, None, None)
        .unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.into_inner().unwrap()
}

/// A page header with these sizes, as far as anybody looks, and the page.
fn page(unpacked: u64, page: &[u8]) -> Vec<u8> {
    let varint = |value: u64| {
        let mut zigzag = value << 1;
        let mut bytes = Vec::new();
        while zigzag >= 0x80 {
            bytes.push(zigzag as u8 | 0x80);
            zigzag >>= 7;
        }
        bytes.push(zigzag as u8);
        bytes
    };
    let packed = varint(page.len() as u64);
    [
        &[0x15, 0][..],
        &[0x15],
        &varint(unpacked),
        &[0x15],
        &packed,
        &[0],
        page,
    ]
    .concat()
}

fn checked(codec: Compression, bytes: &[u8]) -> Outcome<()> {
    let column = SchemaDescriptor::new(schema()).column(0);
    let chunk = ColumnChunkMetaData::builder(column)
        .set_compression(codec)
        .set_total_compressed_size(bytes.len() as i64)
        .build()
        .unwrap();
    check_pages(&file_of(bytes), &chunk)
}

fn gzip(zeros: u64) -> Vec<u8> {
    let level = flate2::Compression::fast();
    let mut out = flate2::write::GzEncoder::new(Vec::new(), level);
    io::copy(&mut io::repeat(0).take(zeros), &mut out).unwrap();
    out.finish().unwrap()
}

#[test]
fn whole_files_are_opened() {
    let gzip = Compression::GZIP(GzipLevel::default());
    for codec in [Compression::UNCOMPRESSED, Compression::SNAPPY, gzip] {
        assert!(open_parquet(file_of(&good(codec))).is_ok(), "{codec}");
    }
}

#[test]
fn a_page_that_unpacks_to_too_much_is_refused_before_it_is_unpacked() {
    let codec = Compression::GZIP(GzipLevel::default());
    for (zeros, said, fits) in [
        (1 << 20, 1 << 20, true),
        // So many packed bytes that what they say of themselves is not taken on trust.
        (MAX_PAGE_BYTES, MAX_PAGE_BYTES, true),
        (MAX_PAGE_BYTES + 1, 1 << 20, false),
        (1 << 20, MAX_PAGE_BYTES + 1, false),
    ] {
        let outcome = checked(codec, &page(said, &gzip(zeros)));
        assert_eq!(outcome.is_ok(), fits, "{zeros} {said}");
        assert!(fits || matches!(outcome, Err(ParquetError::NYI(_))));
    }
    let lz4 = vec![0; (MAX_PAGE_BYTES / LZ4_RATIO) as usize + 1];
    assert!(checked(Compression::LZ4, &page(1, &lz4)).is_err());
    assert!(checked(Compression::LZ4, &page(1, &lz4[1..])).is_ok());
    // A page that ends behind its chunk, and one after another.
    let short = page(1, b"abc");
    assert!(checked(Compression::SNAPPY, &short[..short.len() - 1]).is_err());
    assert!(checked(Compression::SNAPPY, &[&short[..], &short].concat()).is_ok());
}

#[test]
fn a_footer_whose_list_is_longer_than_itself_is_refused() {
    // Field 4, a list of 2^31 - 1 structures: the library makes room for them all.
    let footer = [0x49, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0];
    let bytes = [&b"PAR1"[..], &footer, &[8, 0, 0, 0], b"PAR1"].concat();
    assert!(open_parquet(file_of(&bytes)).is_err());
    assert!(open_parquet(file_of(b"PAR1")).is_err());
    assert!(open_parquet(file_of(&[b"PAR1", &[0xff; 4][..], b"PAR1"].concat())).is_err());
}

#[test]
fn what_panics_is_quiet_and_over() {
    assert_eq!(quietly(|| 1), Some(1));
    assert_eq!(quietly(|| std::hint::black_box(Vec::<u8>::new())[0]), None);
}

proptest! {
    #[test]
    fn a_changed_file_is_opened_or_refused(
        at in any::<prop::sample::Index>(), byte: u8, tail in 0..400_usize,
    ) {
        let mut bytes = good(Compression::SNAPPY);
        let from = bytes.len().saturating_sub(400) + tail;
        if let Some(there) = bytes.get_mut(from) {
            *there = byte;
        }
        let at = at.index(bytes.len());
        bytes[at] ^= byte;
        let _ = open_parquet(file_of(&bytes));
    }
}
