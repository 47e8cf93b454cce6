use std::{fs, io::Write as _, sync::Arc};

use ::parquet::{
    basic::Compression,
    data_type::{ByteArray, ByteArrayType, FloatType, Int32Type, Int64Type},
    file::{
        properties::WriterProperties,
        writer::{SerializedColumnWriter, SerializedFileWriter},
    },
    schema::parser::parse_message_type,
};
use proptest::prelude::*;

use super::*;

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(content).unwrap();
    gzip.finish().unwrap()
}

fn zstd(content: &[u8]) -> Vec<u8> {
    zstd::encode_all(content, 1).unwrap()
}

#[test]
fn packed_files_are_read_like_plain_ones() {
    let bench = Bench::new(Mapping::load("cdr").unwrap());
    let text = format!("{HEADER}\n{}", GOOD.repeat(50_000)).into_bytes();
    let (half, rest) = text.split_at(text.len() / 2);
    for packed in [
        text.clone(),
        gzip(&text),
        zstd(&text),
        [gzip(half), gzip(rest)].concat(),
        [zstd(half), zstd(rest)].concat(),
    ] {
        let (batch, file) = bench.read(&packed).unwrap();
        assert_eq!(
            (batch.rows.len(), file.size_bytes),
            (50_000, packed.len() as u64)
        );
        assert_eq!(file.blake3, blake3::hash(&packed).to_string());
    }
    for (format, packed) in [("gzip", gzip(&text)), ("zstd", zstd(&text))] {
        let cut = bench.read(&packed[..packed.len() - 9]).err().unwrap();
        assert!(cut.message().contains(&format!("{format} file")), "{cut}");
        assert!(cut.message().contains("cut short"), "{cut}");
        let mut damaged = packed;
        let middle = damaged.len() / 2;
        damaged[middle..middle + 9].fill(0xff);
        let damaged = bench.read(&damaged).err().unwrap();
        assert!(
            damaged.message().contains(&format!("{format} file")),
            "{damaged}"
        );
    }
}

/// A gigabyte of nothing packed into some kilobytes, without a line break in it.
#[test]
fn a_bomb_is_one_row_that_is_too_long() {
    let bench = Bench::new(Mapping::load("cdr").unwrap());
    let mut bomb = zstd::Encoder::new(Vec::new(), 1).unwrap();
    bomb.write_all(format!("{HEADER}\n").as_bytes()).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..1024 {
        bomb.write_all(&zeros).unwrap();
    }
    bomb.write_all(format!("\n{GOOD}").as_bytes()).unwrap();
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 1 << 20);
    let before = peak_kib();
    let (batch, _) = bench.read(&bomb).unwrap();
    assert_eq!((batch.rows.len(), batch.faults.len()), (1, 1));
    assert_eq!(batch.faults[0].0.rule, Rule::RowTooLong);
    let grown = peak_kib().saturating_sub(before);
    assert!(grown < 500_000, "{grown} KiB");
}

/// The most memory that this process has had, where the system tells.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or_default()
}

const SCHEMA: &str = "message records {
    optional binary who;
    optional binary t (STRING);
    optional int32 mcc;
    optional binary mnc (STRING);
    optional binary c (STRING);
    optional float lat;
    required int64 at (TIMESTAMP(MICROS,false));
}";

/// A Parquet file of a few rows, in two groups.
fn parquet_file(rows: usize) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .build();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).unwrap();
    for group in 0..2 {
        let mut columns = writer.next_row_group().unwrap();
        let there: Vec<i16> = (0..rows).map(|row| i16::from(row % 5 != 4)).collect();
        let some = there.iter().filter(|there| **there == 1).count();
        let mut column = 0;
        while let Some(mut out) = columns.next_column().unwrap() {
            let text = |value: &str| vec![ByteArray::from(value); some];
            match column {
                0 | 1 | 3 | 4 => {
                    let values = match column {
                        0 => vec![ByteArray::from(vec![0xab, group, 7]); some],
                        1 => text("2026-03-02 09:00:00"),
                        3 => text("01"),
                        _ => text("a"),
                    };
                    let out = out.typed::<ByteArrayType>();
                    out.write_batch(&values, Some(&there), None).unwrap();
                }
                2 => {
                    let out = out.typed::<Int32Type>();
                    out.write_batch(&vec![262; some], Some(&there), None)
                        .unwrap();
                }
                5 => {
                    let out = out.typed::<FloatType>();
                    out.write_batch(&vec![51.5; some], Some(&there), None)
                        .unwrap();
                }
                _ => {
                    let at = vec![1_772_442_000_250_000; rows];
                    out.typed::<Int64Type>()
                        .write_batch(&at, None, None)
                        .unwrap();
                }
            }
            out.close().unwrap();
            column += 1;
        }
        columns.close().unwrap();
    }
    writer.into_inner().unwrap()
}

fn parquet_mapping(time: &str) -> Mapping {
    Mapping::parse(
        &format!(
            "description = 'x'\ncolumns = ['who', 't', 'mcc', 'mnc', 'c', 'lat', 'at', 'day']\n\
             subscriber = 'who'\ncell = 'c'\nkind = {{ constant = 'data' }}\n{time}\n\
             home_network = {{ mcc = 'mcc', mnc = 'mnc' }}"
        ),
        "test",
    )
    .unwrap()
}

const TEXT_TIME: &str = "time = { column = 't', format = 'strptime', pattern = '%F %T', zone = 'window' }\n\
                         ignore = ['lat', 'at', 'day']";

#[test]
fn parquet_is_read_as_text_would_be() {
    let bench = Bench::new(parquet_mapping(TEXT_TIME));
    fs::create_dir(bench.dir.path().join("day=3")).unwrap();
    let path = bench.file("day=3/p.parquet", parquet_file(6_000));
    let (batch, file) = bench.read_file(&path).unwrap();
    assert_eq!(
        (file.rows, batch.rows.len(), batch.faults.len()),
        (12_000, 9_600, 2_400)
    );
    assert_eq!(batch.faults[0].0.line, 5);
    assert_eq!(batch.faults[0].0.rule, Rule::MissingSubscriber);
    let (who, event) = batch.rows[9_599];
    assert!(who == identify(b"ab0107").unwrap());
    assert_eq!(event.time_utc_ms, 1_772_442_000_000);
    assert_eq!(event.home_network.unwrap().to_string(), "262-01");

    let time = "time = { column = 'at', format = 'rfc3339', zone = 'Europe/Berlin' }\n\
                ignore = ['lat', 't', 'day']";
    let bench = Bench::new(parquet_mapping(time));
    let (batch, _) = bench.read(parquet_file(4)).unwrap();
    assert_eq!(batch.rows[0].1.time_utc_ms, 1_772_442_000_250 - 3_600_000);
}

/// A Parquet file of texts, which need not be any.
fn parquet_of(columns: &[(&str, &[&[u8]])]) -> Vec<u8> {
    let names = columns.iter().map(|(name, _)| name);
    let fields: String = names
        .map(|name| format!("required binary {name} (STRING);"))
        .collect();
    let schema = parse_message_type(&format!("message records {{ {fields} }}")).unwrap();
    let mut writer =
        SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for (_, values) in columns {
        let values: Vec<_> = values.iter().map(|v| ByteArray::from(v.to_vec())).collect();
        let mut out = group.next_column().unwrap().unwrap();
        let typed = out.typed::<ByteArrayType>();
        typed.write_batch(&values, None, None).unwrap();
        out.close().unwrap();
    }
    group.close().unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn decimals_of_parquet_are_numbers_with_a_point() {
    let mapping = "description = 'x'\ncolumns = ['who', 't', 'c', 'm']\nsubscriber = 'who'\ncell = 'c'\n\
                   kind = { constant = 'topup' }\ntime = { column = 't', format = 'rfc3339' }\n\
                   amount_minor = { column = 'm', unit = 'hundred' }";
    let bench = Bench::new(Mapping::parse(mapping, "test").unwrap());
    let file = |money: &str, put: &dyn Fn(&mut SerializedColumnWriter<'_>)| {
        let schema = format!(
            "message records {{ required binary who (STRING); required binary t (STRING);
             required binary c (STRING); required {money}; }}"
        );
        let schema = Arc::new(parse_message_type(&schema).unwrap());
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::default()).unwrap();
        let mut group = writer.next_row_group().unwrap();
        for text in ["1", "2026-03-02T09:00:00Z", "a"] {
            let mut out = group.next_column().unwrap().unwrap();
            let values = [ByteArray::from(text)];
            let typed = out.typed::<ByteArrayType>();
            typed.write_batch(&values, None, None).unwrap();
            out.close().unwrap();
        }
        let mut out = group.next_column().unwrap().unwrap();
        put(&mut out);
        out.close().unwrap();
        group.close().unwrap();
        writer.into_inner().unwrap()
    };
    let of_32 = file("int32 m (DECIMAL(9,3))", &|out| {
        out.typed::<Int32Type>()
            .write_batch(&[12_500], None, None)
            .unwrap();
    });
    let of_64 = file("int64 m (DECIMAL(18,2))", &|out| {
        out.typed::<Int64Type>()
            .write_batch(&[1_250], None, None)
            .unwrap();
    });
    let of_bytes = file("binary m (DECIMAL(30,4))", &|out| {
        let value = [ByteArray::from(vec![0x01, 0xe8, 0x48])];
        out.typed::<ByteArrayType>()
            .write_batch(&value, None, None)
            .unwrap();
    });
    for file in [of_32, of_64, of_bytes] {
        let (batch, _) = bench.read(file).unwrap();
        assert_eq!(batch.rows[0].1.amount_minor, 1_250);
    }
    let below_nought = file("binary m (DECIMAL(30,4))", &|out| {
        let value = [ByteArray::from(vec![0xff])];
        out.typed::<ByteArrayType>()
            .write_batch(&value, None, None)
            .unwrap();
    });
    let (batch, _) = bench.read(below_nought).unwrap();
    let rules: Vec<Rule> = batch.faults.iter().map(|(fault, _)| fault.rule).collect();
    assert_eq!(rules, [Rule::BadNumber]);
}

#[test]
fn what_is_no_text_in_parquet_is_seen_field_by_field() {
    let mapping = "description = 'x'\ncolumns = ['who', 't', 'c']\nsubscriber = 'who'\ncell = 'c'\n\
                   kind = { constant = 'data' }\n\
                   time = { column = 't', format = 'strptime', pattern = '%F %T', zone = 'window' }";
    let bench = Bench::new(Mapping::parse(mapping, "test").unwrap());
    let time: &[u8] = b"2026-03-02 09:00:00";
    // The ends of two people's bytes are one letter together, and a name may be no ASCII.
    let who: [&[u8]; 4] = [b"ann\xc3", b"\xa9bob", "é".as_bytes(), b"carl"];
    let file = parquet_of(&[("who", &who), ("t", &[time; 4]), ("c", &[b"a" as &[u8]; 4])]);
    let (batch, _) = bench.read(file).unwrap();
    let faults: Vec<_> = batch.faults.iter().map(|(fault, _)| *fault).collect();
    let fault = |line| Fault {
        rule: Rule::NotUtf8,
        line,
        column: Some(1),
    };
    assert_eq!((batch.rows.len(), faults), (2, vec![fault(1), fault(2)]));
}

#[test]
fn parquet_that_does_not_fit_is_refused() {
    let time = "time = { column = 'at', format = 'epoch_ms' }\nignore = ['lat', 't', 'day']";
    let bench = Bench::new(parquet_mapping(time));
    let error = bench.read(parquet_file(4)).err().unwrap();
    assert!(error.hint().unwrap().contains("rfc3339"), "{error}");
    let bench = Bench::new(Mapping::load("cdr").unwrap());
    let error = bench.read(parquet_file(4)).err().unwrap();
    assert!(error.message().contains("has no column"), "{error}");
    let bench = Bench::new(parquet_mapping(TEXT_TIME));
    let whole = parquet_file(40);
    for end in [4, 12, whole.len() / 2, whole.len() - 1] {
        assert!(bench.read(&whole[..end]).is_err(), "{end}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn a_damaged_parquet_file_is_no_accident(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        near_end: bool,
    ) {
        let bench = Bench::new(parquet_mapping(TEXT_TIME));
        let mut bytes = parquet_file(40);
        let from = if near_end { bytes.len() * 2 / 3 } else { 4 };
        for (at, byte) in changes {
            let at = from + at.index(bytes.len() - from);
            bytes[at] = byte;
        }
        // Whatever is made of it, it is rows or an error.
        let _ = bench.read(&bytes);
    }
}
