use std::borrow::Cow;

/// The one form of a cell id in the style of a cell global identity (3GPP TS 23.003, sections 4.3.1
/// and 19.6): `MCC-MNC-AREA-CELL` in decimal digits, joined by `-` or, where it was read, also by
/// `:` or `_`.
///
/// MCC keeps its three digits; MNC, area (LAC or TAC) and cell (CI, ECI or NCI) lose their leading
/// zeros, since lists that keep them as numbers have lost them already and no country has two
/// networks that differ by a leading zero alone. `None` for every other id: such an id is compared
/// as it is written. Digits without separators can't be told apart and are such an id.
///
/// ```
/// use erewhon_geo::canonical_cell_id;
///
/// assert_eq!(canonical_cell_id("248:01:00007:196901").as_deref(), Some("248-1-7-196901"));
/// assert_eq!(canonical_cell_id("tower 7"), None);
/// ```
pub fn canonical_cell_id(id: &str) -> Option<String> {
    canonical(id.as_bytes())
}

/// Largest values of MNC, area and cell: three digits, 24 bits (a 5G TAC), 36 bits (an NCI).
const LIMITS: [u64; 3] = [999, (1 << 24) - 1, (1 << 36) - 1];

pub(crate) fn canonical(id: &[u8]) -> Option<String> {
    let mut parts = id.split(|byte| matches!(byte, b'-' | b':' | b'_'));
    let mcc = parts
        .next()
        .filter(|mcc| mcc.len() == 3 && number(mcc).is_some())?;
    let mut text = String::from_utf8(mcc.to_vec()).ok()?;
    for limit in LIMITS {
        let value = number(parts.next()?).filter(|value| *value <= limit)?;
        text.push('-');
        text.push_str(&value.to_string());
    }
    parts.next().is_none().then_some(text)
}

/// The canonical form of an id that has one, else the id.
pub(crate) fn key(id: &str) -> Cow<'_, str> {
    canonical(id.as_bytes()).map_or(Cow::Borrowed(id), Cow::Owned)
}

/// A number of 1 to 12 decimal digits and nothing else.
fn number(digits: &[u8]) -> Option<u64> {
    let short = (1..=12).contains(&digits.len());
    let all = || digits.iter().all(u8::is_ascii_digit);
    let value = |sum, byte: &u8| sum * 10 + u64::from(byte - b'0');
    (short && all()).then(|| digits.iter().fold(0, value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_identities_have_a_canonical_form() {
        for (id, canonical) in [
            ("262-02-0801-086355", Some("262-2-801-86355")),
            ("001:001:1:0", Some("001-1-1-0")),
            (
                "310_410-65535:68719476735",
                Some("310-410-65535-68719476735"),
            ),
            ("262-02-0801", None),
            ("262-02-0801-1-2", None),
            ("26-02-0801-1", None),
            ("262-02-0801-", None),
            ("262-02-0801-x", None),
            ("262-02-0801-68719476736", None),
            ("262-02-+801-1", None),
            ("26202080186355", None),
            ("", None),
        ] {
            assert_eq!(canonical_cell_id(id).as_deref(), canonical, "{id}");
        }
    }

    proptest! {
        #[test]
        fn zeros_and_separators_change_nothing(
            mcc in 200_u32..800, mnc in 0_u32..1000, area in 0_u32..65_536, ci in 0_u64..1 << 28,
            separator in "[-:_]", zeros in "0{0,3}",
        ) {
            let plain = format!("{mcc}-{mnc}-{area}-{ci}");
            let written = format!("{mcc}{separator}{mnc:03}{separator}{zeros}{area}{separator}{zeros}{ci}");
            prop_assert_eq!(canonical_cell_id(&written), Some(plain.clone()));
            prop_assert_eq!(canonical_cell_id(&plain), Some(plain));
        }
    }
}
