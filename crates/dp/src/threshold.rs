use std::collections::BTreeMap;

use erewhon_types::{Approximate, Error, Result};

use crate::{BoundedKeys, Charge, KeyQuery, Private, laplace::laplace};

/// Counts of subscribers by key, for the keys that enough of them have.
pub type PrivateKeys = Private<BTreeMap<u64, i64>, Approximate, KeyQuery>;

impl BoundedKeys {
    /// Adds discrete Laplace noise to every count and keeps the keys whose noisy count reaches
    /// [`key_threshold`].
    ///
    /// Proof: threshold.proof.md
    ///
    /// # Privacy
    /// (epsilon, delta)-differential privacy of the charge; neighbours add or remove one subscriber.
    /// Delta bounds the chance that a key which only one subscriber has is shown at all. The charge
    /// was durable before this call and stays spent if it fails.
    ///
    /// # Errors
    /// Internal, when the charge pays for another query or the sampler fails.
    pub fn release(self, charge: Charge<Approximate>) -> Result<PrivateKeys> {
        let Self { query, counts } = self;
        let loss = charge.pay_for(query.name(), &query.digest())?;
        let threshold = key_threshold(&query, loss);
        let (keys, counts): (Vec<u64>, Vec<i64>) = counts.into_iter().unzip();
        let noisy = laplace(query.max_keys(), loss.epsilon)?
            .invoke(&counts)
            .map_err(|_| Error::internal("the noise sampler failed; the charge stays spent"))?;
        let kept = keys.into_iter().zip(noisy);
        let kept = kept.filter(|&(_, count)| count >= threshold).collect();
        Ok(Private::new(kept, query, loss))
    }
}

/// The least noisy count, in subscribers, with which a key is shown.
pub fn key_threshold(query: &KeyQuery, loss: Approximate) -> i64 {
    let max_keys = f64::from(query.max_keys());
    let scale = max_keys / loss.epsilon.value();
    // With a = exp(-1 / scale), noise reaches t >= 0 with chance a^t / (1 + a). A billionth more
    // than the logarithm asks for covers the rounding of all steps.
    let odds = max_keys / (loss.delta.value() * (1.0 + (-scale.recip()).exp()));
    let beyond_one = (scale * odds.ln() * (1.0 + 1e-9)).ceil();
    1 + beyond_one as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_is_the_lowest_that_delta_allows() {
        for max_keys in [1, 3, 40] {
            for (epsilon, delta) in [
                ("0.1", "1e-9"),
                ("1", "1e-6"),
                ("4", "1e-3"),
                ("100", "1e-15"),
            ] {
                let query = KeyQuery::new("q", max_keys).unwrap();
                let (epsilon, delta) = (epsilon.parse().unwrap(), delta.parse().unwrap());
                let loss = Approximate { epsilon, delta };
                let base = (-loss.epsilon.value() / f64::from(max_keys)).exp();
                // A key of one subscriber is shown when the noise makes up for the rest.
                let shown = |threshold: i64| {
                    let chance = base.powf((threshold - 1) as f64) / (1.0 + base);
                    f64::from(max_keys) * chance / loss.delta.value()
                };
                let threshold = key_threshold(&query, loss);
                assert!(shown(threshold) <= 1.0, "{max_keys} keys: {threshold}");
                assert!(shown(threshold - 1) > 0.999, "{max_keys} keys: {threshold}");
            }
        }
    }
}
