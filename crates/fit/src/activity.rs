use crate::project::{normalise, project};

/// Noisy counts of an activity grid (mean-major, `columns` dispersion bins) to shares.
///
/// The mean bins are logarithmic, so a little noise left in the busiest rows would multiply the
/// number of events. It is assumed, as public knowledge, that means form one hump: rows count only
/// as far from the fullest one as each still holds a noise sd of people. With no noise every row
/// counts. Post-processing.
pub(crate) fn activity_shares(counts: &[f64], sd: f64, columns: usize, people: f64) -> Vec<f64> {
    let rows: Vec<f64> = counts.chunks(columns).map(|row| row.iter().sum()).collect();
    let (mut first, mut past) = (0, rows.len());
    if sd > 0.0 {
        let row_sd = sd * (columns as f64).sqrt();
        let fullest = (0..rows.len()).max_by(|&a, &b| rows[a].total_cmp(&rows[b]));
        first = fullest.unwrap_or(0);
        past = first + 1;
        while first > 0 && rows[first - 1] >= row_sd {
            first -= 1;
        }
        while past < rows.len() && rows[past] >= row_sd {
            past += 1;
        }
    }
    let hump = first * columns..past * columns;
    let variances = vec![sd * sd; hump.len()];
    let mut shares = vec![0.0; counts.len()];
    let inside = normalise(&project(&counts[hump.clone()], &variances, people));
    shares[hump].copy_from_slice(&inside);
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_far_from_the_hump_is_dropped_and_exact_counts_are_kept() {
        let counts = [0.0, 60.0, 30.0, 2.0, 12.0];
        assert_eq!(activity_shares(&counts, 10.0, 1, 90.0)[3..], [0.0, 0.0]);
        let exact = activity_shares(&counts, 0.0, 1, 104.0);
        assert!((exact[4] - 12.0 / 104.0).abs() < 1e-12);
    }
}
