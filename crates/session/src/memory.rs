use std::fs;

/// What a row takes while it is sorted, and as one of an attack's people afterwards.
const BYTES_A_ROW: u64 = 160;
/// Where the system does not say what is free.
const UNTOLD: u64 = 16 << 30;

/// How many rows of synthetic records the free memory holds.
pub(crate) fn rows_that_fit() -> usize {
    let told = fs::read_to_string("/proc/meminfo").ok();
    let free = told.as_deref().and_then(available_bytes).unwrap_or(UNTOLD);
    usize::try_from(free / BYTES_A_ROW).unwrap_or(usize::MAX)
}

/// What Linux says could be had without swapping.
fn available_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_memory_is_read_from_what_linux_says() {
        let told = "MemTotal:       24000000 kB\nMemAvailable:    1600000 kB\nBuffers: 3 kB\n";
        assert_eq!(available_bytes(told), Some(1_638_400_000));
        assert_eq!(available_bytes("MemTotal: 3 kB\n"), None);
        assert_eq!(available_bytes("MemAvailable: many kB\n"), None);
        assert!(rows_that_fit() > 1_000);
    }
}
