use std::{fs, path::Path};

use erewhon_types::{Error, Result};

/// Reads a square matrix of 64 bit floats from a NumPy file (format 1.0, `<f8`), row by row.
///
/// # Errors
/// Input, when the file is missing, of another format, not square or cut short.
pub(crate) fn read_square(path: &Path) -> Result<(usize, Vec<f64>)> {
    let bytes = fs::read(path).map_err(|e| Error::io("read", path, &e))?;
    parse(&bytes).map_err(|what| {
        Error::input(format!("`{}` {what}", path.display())).with_hint(
            "allowed: a NumPy file of format 1.0 with a square matrix of `<f8`, as numpy.save writes",
        )
    })
}

fn parse(bytes: &[u8]) -> std::result::Result<(usize, Vec<f64>), &'static str> {
    let rest = bytes
        .strip_prefix(b"\x93NUMPY\x01\x00")
        .ok_or("is not a NumPy file of format 1.0")?;
    let (length, rest) = rest.split_at_checked(2).ok_or("ends in its header")?;
    let length = usize::from(u16::from_le_bytes([length[0], length[1]]));
    let (header, data) = rest.split_at_checked(length).ok_or("ends in its header")?;
    let header = str::from_utf8(header).map_err(|_| "has a header that is not text")?;
    let header: String = header.chars().filter(|c| !c.is_whitespace()).collect();
    if !header.contains("'descr':'<f8'") {
        return Err("does not hold 64 bit little-endian floats");
    }
    let columns_first = header.contains("'fortran_order':True");
    let shape = header
        .split_once("'shape':(")
        .and_then(|(_, rest)| rest.split_once(')'))
        .ok_or("names no shape")?
        .0;
    let sides: Vec<usize> = shape
        .split(',')
        .filter(|s| !s.is_empty())
        .map(|s| s.parse().map_err(|_| "has a shape that is not numbers"))
        .collect::<std::result::Result<_, _>>()?;
    let &[n, m] = &sides[..] else {
        return Err("is not a matrix");
    };
    if n != m || n.checked_mul(n).and_then(|cells| cells.checked_mul(8)) != Some(data.len()) {
        return Err("is not a whole square matrix");
    }
    let values: Vec<f64> = data
        .as_chunks::<8>()
        .0
        .iter()
        .map(|b| f64::from_le_bytes(*b))
        .collect();
    if columns_first {
        let turned = (0..n * n).map(|i| values[(i % n) * n + i / n]).collect();
        return Ok((n, turned));
    }
    Ok((n, values))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, values: &[f64]) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        values.iter().for_each(|v| bytes.extend(v.to_le_bytes()));
        bytes
    }

    #[test]
    fn reads_both_orders() {
        let rows = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }\n";
        let columns = "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 2), }\n";
        let values = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(parse(&file(rows, &values)).unwrap().1, values);
        assert_eq!(
            parse(&file(columns, &values)).unwrap().1,
            [1.0, 3.0, 2.0, 4.0]
        );
    }

    #[test]
    fn refuses_what_is_no_square_matrix_of_floats() {
        let values = [1.0, 2.0, 3.0, 4.0];
        for header in [
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (4,), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 4), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 3), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (9223372036854775807, 2), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (x, 2), }",
            "{'descr': '<f8'}",
        ] {
            assert!(parse(&file(header, &values)).is_err(), "{header}");
        }
        assert!(parse(b"").is_err());
        assert!(parse(b"\x93NUMPY\x01\x00\xff").is_err());
    }
}
