use erewhon_types::Window;
use proptest::prelude::*;

use super::*;

fn codec(format: TimeFormat, pattern: Option<&str>, zone: Option<&str>) -> TimeCodec {
    TimeCodec::new(&column(format, pattern, zone), None).unwrap()
}

fn column(format: TimeFormat, pattern: Option<&str>, zone: Option<&str>) -> TimeColumn {
    TimeColumn {
        column: "t".to_owned(),
        end: None,
        format,
        pattern: pattern.map(str::to_owned),
        zone: zone.map(str::to_owned),
        origin: Some("2026-03-02T00:00:00Z".to_owned()),
    }
}

#[test]
fn formats_agree_on_one_instant() {
    use TimeFormat as F;
    let berlin = Some("Europe/Berlin");
    for (codec, text) in [
        (codec(F::Rfc3339, None, None), "2026-07-01T10:30:00Z"),
        (codec(F::Rfc3339, None, None), "2026-07-01T12:30:00+02:00"),
        (codec(F::Rfc3339, None, berlin), "2026-07-01 12:30:00"),
        (
            codec(F::Strptime, Some("%Y%m%d %H%M"), berlin),
            "20260701 1230",
        ),
        (
            codec(F::Strptime, Some("%d.%m.%Y %H:%M %z"), None),
            "01.07.2026 12:30 +0200",
        ),
        (codec(F::EpochS, None, None), "1782901800"),
        (codec(F::EpochMs, None, None), "1782901800000"),
        (codec(F::Minutes, None, None), "174870"),
    ] {
        assert_eq!(codec.read(text.as_bytes()), Ok(1_782_901_800_000), "{text}");
        let mut written = Vec::new();
        codec.write(1_782_901_800_000, &mut written).unwrap();
        assert_eq!(codec.read(&written), Ok(1_782_901_800_000), "{text}");
    }
}

#[test]
fn bad_times_name_their_rule() {
    let rfc = codec(TimeFormat::Rfc3339, None, None);
    assert_eq!(rfc.read(b"2026-07-01T10:30:00"), Err(Rule::TimeWithoutZone));
    for text in ["", "2026-13-01T00:00:00Z", "noon"] {
        assert_eq!(rfc.read(text.as_bytes()), Err(Rule::BadTime), "{text}");
    }
    let minutes = codec(TimeFormat::Minutes, None, None);
    for text in ["", "1.5", "99999999999999999999", "9223372036854775807"] {
        assert_eq!(minutes.read(text.as_bytes()), Err(Rule::BadTime), "{text}");
    }
}

/// What the calendar's own library makes of a time, slowly.
fn twin(
    pattern: Option<&str>,
    zone: Option<&TimeZone>,
    text: &str,
) -> std::result::Result<i64, Rule> {
    let local = |time: civil::DateTime| {
        let zone = zone.ok_or(Rule::TimeWithoutZone)?;
        let instant = zone.to_timestamp(time).map_err(|_| Rule::BadTime)?;
        Ok(instant.as_millisecond())
    };
    match pattern {
        Some(pattern) => {
            let parts = BrokenDownTime::parse(pattern, text).map_err(|_| Rule::BadTime)?;
            local(parts.to_datetime().map_err(|_| Rule::BadTime)?)
        }
        None => match text.parse::<Timestamp>() {
            Ok(instant) => Ok(instant.as_millisecond()),
            Err(_) => local(text.parse().map_err(|_| Rule::BadTime)?),
        },
    }
}

const PATTERNS: [&str; 8] = [
    "%Y-%m-%d %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%Y%m%d%H%M%S",
    "%F %T",
    "%Y%m%d %H%M",
    "%d.%m.%y %H:%M",
    "%Y-%m-%dT%H",
    "%m/%d/%Y %I:%M %p",
];
/// Clocks change at midnight, twice a year, by half an hour, or never; one zone skipped a day.
const ZONES: [&str; 6] = [
    "Europe/Berlin",
    "America/Asuncion",
    "Australia/Lord_Howe",
    "UTC",
    "Pacific/Apia",
    "Africa/Casablanca",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]
    #[test]
    fn the_quick_way_agrees_with_the_slow(
        pattern in prop::option::of(prop::sample::select(PATTERNS.to_vec())),
        zone in prop::sample::select(ZONES.to_vec()),
        window in prop::sample::select(vec![None, Some("UTC"), Some("Pacific/Apia")]),
        seconds in prop_oneof![1_262_304_000..1_325_376_000_i64, 1_609_459_200..1_798_761_600_i64],
        change in prop::option::of((any::<prop::sample::Index>(), "[0-9 +:TZ.-]{0,2}")),
        end in "(\\.[0-9]{0,11})?(Z|\\+05:30|-03:00|\\+24:00| )?",
    ) {
        let tz = TimeZone::get(zone).unwrap();
        let time = Timestamp::from_second(seconds).unwrap().to_zoned(tz.clone());
        let form = pattern.unwrap_or("%Y-%m-%d %H:%M:%S");
        let mut text = BrokenDownTime::from(&time).to_string(form).unwrap();
        if pattern.is_none() {
            text.push_str(&end);
        }
        if let Some((at, with)) = change {
            let at = at.index(text.len());
            text.replace_range(at..at + 1, &with);
        }
        let format = if pattern.is_some() { TimeFormat::Strptime } else { TimeFormat::Rfc3339 };
        let calendar = window.map(|zone| {
            let day = time.date().first_of_month().to_string();
            Calendar::new(&Window::parse(&day, 30, zone).unwrap()).unwrap()
        });
        let column = column(format, pattern, Some(zone));
        let codec = TimeCodec::new(&column, calendar.as_ref()).unwrap();
        prop_assert_eq!(codec.read(text.as_bytes()), twin(pattern, Some(&tz), &text), "{}", text);
        if pattern.is_none() {
            let bare = TimeCodec::new(&TimeColumn { zone: None, ..column }, None).unwrap();
            prop_assert_eq!(bare.read(text.as_bytes()), twin(None, None, &text), "{}", text);
        }
    }
}
