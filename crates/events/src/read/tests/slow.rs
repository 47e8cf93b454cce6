use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::EventKind;

/// One row as anybody would read it, with the `csv` crate and the standard library.
fn slow(line: &[u8], bench: &Bench) -> std::result::Result<(Subscriber, Event), Rule> {
    let text = [line, b"\nend\n"].concat();
    let records: Vec<csv::ByteRecord> = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(text.as_slice())
        .byte_records()
        .collect::<std::result::Result<_, _>>()
        .unwrap();
    let [row, end] = records.as_slice() else {
        return Err(Rule::UnclosedQuote);
    };
    if end != &csv::ByteRecord::from(vec!["end"]) {
        return Err(Rule::UnclosedQuote);
    }
    if std::str::from_utf8(line).is_err() {
        return Err(Rule::NotUtf8);
    }
    let fields: Vec<&str> = row
        .iter()
        .map(|f| std::str::from_utf8(f).unwrap().trim_ascii())
        .collect();
    let [who, when, place, kind, duration, peer, up, down] = fields.as_slice() else {
        return Err(Rule::WrongFieldCount);
    };
    if who.is_empty() {
        return Err(Rule::MissingSubscriber);
    }
    let subscriber = identify(who.as_bytes()).ok_or(Rule::OptedOut)?;
    let time =
        when.parse::<Timestamp>()
            .map_err(|_| match when.parse::<jiff::civil::DateTime>() {
                Ok(_) => Rule::TimeWithoutZone,
                Err(_) => Rule::BadTime,
            })?;
    let (start, end) = (bench.calendar.start_utc_ms(), bench.calendar.end_utc_ms());
    if !(start..end).contains(&time.as_millisecond()) {
        return Err(Rule::TimeOutsideWindow);
    }
    let kind: EventKind = kind.parse().map_err(|_| Rule::UnknownKind)?;
    let cell = bench.cells.find(place).ok_or(Rule::UnknownCell)?;
    let whole = |text: &str| match text {
        "" => Ok(0),
        text => text.parse::<u64>().map_err(|_| Rule::BadNumber),
    };
    let mut event = Event::at(time.as_millisecond(), cell, kind);
    event.duration_s = whole(duration)?.try_into().map_err(|_| Rule::BadNumber)?;
    (event.bytes_up, event.bytes_down) = (whole(up)?, whole(down)?);
    event.peer = identify(peer.as_bytes())
        .filter(|_| !peer.is_empty())
        .and_then(|peer| peer.bits().try_into().ok());
    Ok((subscriber, event))
}

fn field(good: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let broken = prop::sample::select(b"\",a0\xc3\xa9 \t+-.".to_vec());
    prop_oneof![
        6 => Just(good.as_bytes().to_vec()),
        1 => Just(format!("\"{good}\"").into_bytes()),
        1 => Just(format!(" {good} ").into_bytes()),
        1 => Just(Vec::new()),
        1 => prop::collection::vec(broken, 0..6),
    ]
}

/// Lines near to good ones.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let who = prop_oneof![field("491"), field("out1"), field("\u{e9}")];
    let when = prop_oneof![
        4 => field("2026-03-02T09:00:00Z"),
        1 => field("2026-03-03 11:30:01+02:00"),
        1 => field("2026-03-02T09:00:00"),
        1 => field("2026-03-02T09:00:00.25Z"),
        1 => field("2027-03-02T09:00:00Z"),
    ];
    let place = prop_oneof![field("a"), field("b")];
    let kind = prop_oneof![field("data"), field("call_in")];
    let number = || {
        prop_oneof![
            field("7"),
            field("4294967296"),
            field("18446744073709551616")
        ]
    };
    let row = (
        who,
        when,
        place,
        kind,
        number(),
        field("out9"),
        number(),
        number(),
    );
    let broken = prop::collection::vec(prop::sample::select(b"\",a \xff\r".to_vec()), 1..20);
    prop_oneof![
        8 => row.prop_map(|r| [r.0, r.1, r.2, r.3, r.4, r.5, r.6, r.7].join(&b',')),
        1 => broken,
        1 => Just(Vec::new()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn reads_what_the_slow_twin_reads(
        lines in prop::collection::vec(line(), 0..12),
        crlf: bool,
        block_bytes in prop_oneof![1_usize..200, Just(BLOCK_BYTES)],
        threads in 1_usize..5,
    ) {
        let mut bench = Bench::new(Mapping::load("cdr").unwrap());
        bench.block_bytes = block_bytes;
        let end: &[u8] = if crlf { b"\r\n" } else { b"\n" };
        let mut content = HEADER.as_bytes().to_vec();
        content.extend(end);
        let (mut rows, mut faults, mut opted_out) = (Vec::new(), Vec::new(), 0);
        for (line, number) in lines.iter().zip(2..) {
            content.extend(line);
            content.extend(end);
            let line = line.strip_suffix(b"\r").filter(|_| !crlf).unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            match slow(line, &bench) {
                Ok(row) => rows.push(row),
                Err(Rule::OptedOut) => opted_out += 1,
                Err(rule) => faults.push((rule, number, line.to_vec())),
            }
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let (mut batch, _) = pool.install(|| bench.read(&content)).unwrap();
        let order = |(who, event): &(Subscriber, Event)| {
            (*who, event.time_utc_ms, event.cell, event.bytes_up, event.bytes_down, event.peer)
        };
        batch.rows.sort_by_key(order);
        rows.sort_by_key(order);
        prop_assert!(batch.rows == rows);
        let met: Vec<_> = batch.faults.into_iter().map(|(f, raw)| (f.rule, f.line, raw)).collect();
        prop_assert_eq!(met, faults);
        prop_assert_eq!(batch.opted_out, opted_out);
    }
}
