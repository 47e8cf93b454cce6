use erewhon_events::HomeNetwork;

use crate::{
    dice::{Dice, For},
    people::Role,
};

/// Share of visitors who come from abroad; the others come from the rest of the country.
pub(crate) const ABROAD_SHARE: f64 = 2.0 / 3.0;

/// Country and network codes (ITU-T E.212) of those from abroad, each as likely; one has three digits.
const NETWORKS: [(&str, &str); 5] = [
    ("208", "10"),
    ("222", "01"),
    ("228", "01"),
    ("234", "15"),
    ("310", "260"),
];

/// The network that someone is at home in; `None` for whoever is at home in the country's own.
pub(crate) fn home_network(seed: u64, ix: usize, role: Role) -> Option<HomeNetwork> {
    let mut dice = Dice::new(seed, For::Roaming, ix as u64, 0);
    if role != Role::Visitor || !dice.chance(ABROAD_SHARE) {
        return None;
    }
    let (country, network) = NETWORKS[dice.below(NETWORKS.len())];
    HomeNetwork::from_digits(country.as_bytes(), network.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn two_visitors_in_three_roam_and_nobody_else() {
        const N: u32 = 30_000;
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for ix in 0..N {
            if let Some(network) = home_network(3, ix as usize, Role::Visitor) {
                *counts.entry(network.to_string()).or_default() += 1;
            }
            assert_eq!(home_network(3, ix as usize, Role::Worker), None);
        }
        // Six standard deviations of a binomial count each: a false alarm below 2e-8 in all.
        let fits = |count: u32, share: f64| {
            let (n, count) = (f64::from(N), f64::from(count));
            (count - n * share).abs() < 6.0 * (n * share * (1.0 - share)).sqrt()
        };
        assert!(fits(counts.values().sum(), 2.0 / 3.0), "{counts:?}");
        let names: Vec<&str> = counts.keys().map(String::as_str).collect();
        assert_eq!(names, ["208-10", "222-01", "228-01", "234-15", "310-260"]);
        assert!(
            counts.values().all(|&count| fits(count, 2.0 / 15.0)),
            "{counts:?}"
        );
    }
}
