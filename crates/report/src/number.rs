pub(crate) use erewhon_types::{MISSING, count, percent, sig3};

/// A number with its unit; `share` reads as a percentage.
pub(crate) fn with_unit(value: f64, unit: &str) -> String {
    match unit {
        _ if !value.is_finite() => MISSING.to_owned(),
        "share" => percent(value),
        "" => sig3(value),
        _ => format!("{} {unit}", sig3(value)),
    }
}

/// A number that may be missing.
pub(crate) fn maybe(value: Option<f64>, unit: &str) -> String {
    value.map_or_else(|| MISSING.to_owned(), |v| with_unit(v, unit))
}

/// A size in bytes, kB, MB or GB.
pub(crate) fn bytes(n: u64) -> String {
    let n_f = n as f64;
    match n {
        0..1_000 => format!("{n} bytes"),
        1_000..1_000_000 => format!("{} kB", sig3(n_f / 1e3)),
        1_000_000..1_000_000_000 => format!("{} MB", sig3(n_f / 1e6)),
        _ => format!("{} GB", sig3(n_f / 1e9)),
    }
}

/// A duration in seconds or minutes.
pub(crate) fn seconds(s: f64) -> String {
    if s.is_finite() && s >= 120.0 {
        format!("{} min", sig3(s / 60.0))
    } else {
        with_unit(s, "s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_read_as_people_write_them() {
        assert_eq!(with_unit(0.5, "share"), "50 %");
        assert_eq!(percent(2.78e-7), "under 0.001 %");
        assert_eq!(percent(-2.78e-7), "above −0.001 %");
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(with_unit(0.5, "km"), "0.5 km");
        assert_eq!(maybe(None, "km"), MISSING);
        assert_eq!(bytes(2_500_000), "2.5 MB");
        assert_eq!(seconds(300.0), "5 min");
    }
}
