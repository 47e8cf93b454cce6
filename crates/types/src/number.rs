/// What stands where a number is missing.
pub const MISSING: &str = "not available";

/// A whole number with thousands separators.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number of days in words.
pub fn days(n: u16) -> String {
    let word = if n == 1 { "day" } else { "days" };
    format!("{n} {word}")
}

/// Three significant digits; thousands separated; very small numbers in scientific notation.
pub fn sig3(value: f64) -> String {
    if !value.is_finite() {
        return MISSING.to_owned();
    }
    let size = value.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    if size < 1e-4 {
        return minus(format!("{value:.2e}"));
    }
    if size >= 999.5 {
        let whole = count(size.round() as u64);
        return if value < 0.0 {
            format!("−{whole}")
        } else {
            whole
        };
    }
    let decimals = (2 - size.log10().floor() as i32).max(0) as usize;
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    minus(text.to_owned())
}

fn minus(text: String) -> String {
    text.replace('-', "−")
}

/// Smaller percentages would need an exponent to be read.
const LEAST_PERCENTS: f64 = 0.001;

/// A share as a percentage, 0.957 as `95.7 %`; one too small to matter is only said to be so.
pub fn percent(share: f64) -> String {
    let percents = share * 100.0;
    if !share.is_finite() {
        return MISSING.to_owned();
    }
    if percents != 0.0 && percents.abs() < LEAST_PERCENTS {
        let side = if percents > 0.0 {
            "under "
        } else {
            "above −"
        };
        return format!("{side}{LEAST_PERCENTS} %");
    }
    format!("{} %", sig3(percents))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        for (value, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (0.123_456, "0.123"),
            (12.345, "12.3"),
            (999.4, "999"),
            (999.7, "1,000"),
            (1_234_567.0, "1,234,567"),
            (-0.5, "−0.5"),
            (-1234.0, "−1,234"),
            (0.000_012_3, "1.23e−5"),
            (f64::NAN, MISSING),
            (f64::INFINITY, MISSING),
        ] {
            assert_eq!(sig3(value), text);
        }
        assert_eq!(count(0), "0");
        assert_eq!(count(987_654_321), "987,654,321");
        assert_eq!(percent(-0.013), "−1.3 %");
        assert_eq!(percent(f64::NAN), MISSING);
    }
}
