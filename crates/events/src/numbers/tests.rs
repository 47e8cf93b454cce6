use proptest::prelude::*;

use super::*;

fn german() -> Numbering {
    Numbering::new("49", "0").unwrap()
}

fn tag(text: &str, numbering: Option<&Numbering>) -> String {
    let identifier = Identifier::read(text.as_bytes(), numbering);
    let (tag, rest) = identifier.parts();
    String::from_utf8([tag, rest].concat()).unwrap()
}

#[test]
fn each_spelling_has_its_family() {
    for (text, bare, declared) in [
        ("+491701234567", "491701234567", "491701234567"),
        (" 0049 170-1234567\t", "491701234567", "491701234567"),
        ("+49 (0)170 1234567", "491701234567", "491701234567"),
        ("(0170) 123-4567", "national:01701234567", "491701234567"),
        ("491701234567", "491701234567", "491701234567"),
        // An IMSI by its digits, and a number of the same digits by its plus.
        (
            "262-01-1234567890",
            "imsi:262011234567890",
            "imsi:262011234567890",
        ),
        (
            "26201123456789",
            "imsi:26201123456789",
            "imsi:26201123456789",
        ),
        (
            "901401234567890",
            "imsi:901401234567890",
            "imsi:901401234567890",
        ),
        ("+262011234567890", "262011234567890", "262011234567890"),
        // No country has 861: a long number of China.
        ("861064812345678", "861064812345678", "861064812345678"),
        ("112", "short:112", "short:112"),
        ("000123", "short:000123", "short:000123"),
        ("+112", "name:+112", "name:+112"),
        ("DHL", "name:DHL", "name:DHL"),
        ("1-2", "name:1-2", "name:1-2"),
        ("1234567.0", "name:1234567.0", "name:1234567.0"),
        ("short:112", "name:short:112", "name:short:112"),
        (
            "1234567890123456",
            "name:1234567890123456",
            "name:1234567890123456",
        ),
        ("", "name:", "name:"),
        ("00", "short:00", "short:00"),
        (
            "++491701234567",
            "name:++491701234567",
            "name:++491701234567",
        ),
        ("+(0)", "name:+(0)", "name:+(0)"),
    ] {
        assert_eq!(tag(text, None), bare, "`{text}`");
        assert_eq!(tag(text, Some(&german())), declared, "`{text}` in Germany");
    }
}

#[test]
fn a_country_without_a_trunk_prefix_has_national_numbers_too() {
    let spain = Numbering::new("34", "").unwrap();
    assert_eq!(tag("612 345 678", Some(&spain)), tag("+34612345678", None));
    assert_eq!(tag("214011234567890", Some(&spain)), "imsi:214011234567890");
    assert_eq!(tag("112", Some(&spain)), "short:112");
}

#[test]
fn what_is_no_numbering_is_refused() {
    for (code, prefix) in [
        ("", "0"),
        ("0", "0"),
        ("+49", "0"),
        ("1234", "0"),
        ("49", "a"),
        ("49", "0000"),
    ] {
        assert!(Numbering::new(code, prefix).is_err(), "{code} {prefix}");
    }
    let wrong: std::result::Result<Numbering, _> =
        toml::from_str("country_code = \"049\"\ntrunk_prefix = \"0\"");
    assert!(wrong.is_err());
}

/// Digits with separators strewn in, none of them at the front.
fn strewn(digits: &str, gaps: &[u8]) -> String {
    let gap = |gap: u8| [" ", "-", "", "(", ""][usize::from(gap) % 5];
    let pairs = digits.chars().zip(gaps.iter().cycle());
    pairs
        .map(|(digit, &g)| format!("{digit}{}", gap(g)))
        .collect()
}

proptest! {
    #[test]
    fn equal_numbers_meet(national in "[1-9][0-9]{5,10}", gaps in prop::collection::vec(0_u8..5, 1..9)) {
        let (german, full) = (german(), format!("49{national}"));
        let wanted = tag(&format!("+{full}"), Some(&german));
        prop_assert_eq!(&wanted, &full);
        for text in [
            full.clone(),
            format!("00{full}"),
            format!("+{}", strewn(&full, &gaps)),
            format!("00 {}", strewn(&full, &gaps)),
            format!(" {}", strewn(&full, &gaps)),
            format!("0{}", strewn(&national, &gaps)),
            format!("(0){}", strewn(&national, &gaps)),
            format!("+49(0){}", strewn(&national, &gaps)),
        ] {
            prop_assert_eq!(&tag(&text, Some(&german)), &wanted, "`{}`", text);
        }
    }

    /// Numbers are given by country code and rest, so that it is known which are the same.
    #[test]
    fn different_numbers_never_meet(
        one in "[1-9][0-9]{6,14}", at in 0_usize..15, digit in "[0-9]", a in 0..3, b in 0..3,
    ) {
        let mut other = one.clone();
        let at = at % one.len();
        other.replace_range(at..=at, &digit);
        prop_assume!(!other.starts_with('0'));
        let write = |number: &str, way: i32| match way {
            0 => format!("+{number}"),
            1 => format!("00{number}"),
            _ => format!("+{}", strewn(number, &[0, 1, 2, 3, 4])),
        };
        let meet = tag(&write(&one, a), None) == tag(&write(&other, b), None);
        prop_assert_eq!(meet, one == other);
    }

    /// Whatever the text is, its family follows from its tag, and what is left tells it apart.
    #[test]
    fn families_never_meet(one in "[+0-9a-z:() -]{0,18}", other in "[+0-9a-z:() -]{0,18}") {
        let german = german();
        for numbering in [None, Some(&german)] {
            let a = Identifier::read(one.as_bytes(), numbering);
            let b = Identifier::read(other.as_bytes(), numbering);
            prop_assert_eq!(tag(&one, numbering) == tag(&other, numbering), a == b);
        }
    }
}
