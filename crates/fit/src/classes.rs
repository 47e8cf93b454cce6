use erewhon_model::CallClass;

use crate::{
    fit::Table,
    plan::CLASSES,
    project::{normalise, project, shrink},
    summary::UNITS_PER_PERSON,
};

/// Private k-means over hour-of-day profiles (SuLQ; Blum, Dwork, McSherry, Nissim 2005), started
/// from public profiles so that no random start is needed.
pub(crate) struct Centres {
    profiles: [[f64; 24]; CLASSES],
    shares: [f64; CLASSES],
}

impl Centres {
    /// Office hours, and evenings.
    pub(crate) fn public() -> Self {
        let raised = |hours: std::ops::Range<usize>| {
            let mut profile = [0.1; 24];
            profile[7..23].fill(0.5);
            profile[hours].fill(1.5);
            let total: f64 = profile.iter().sum();
            profile.map(|p| p / total)
        };
        Self {
            profiles: [raised(9..17), raised(18..22)],
            shares: [0.5; CLASSES],
        }
    }

    /// A subscriber's profile, put under the class it is nearest to. Adds up to what `hours` does.
    pub(crate) fn contribution(&self, hours: &[u32; 24]) -> Vec<(u32, u32)> {
        let share = hours.map(|units| f64::from(units) / f64::from(UNITS_PER_PERSON));
        let distance = |profile: &[f64; 24]| -> f64 {
            let pairs = profile.iter().zip(&share);
            pairs.map(|(a, b)| (a - b) * (a - b)).sum()
        };
        let nearest = (0..CLASSES)
            .min_by(|&a, &b| distance(&self.profiles[a]).total_cmp(&distance(&self.profiles[b])))
            .unwrap_or(0);
        (0..)
            .zip(hours)
            .filter(|&(_, units)| *units > 0)
            .map(|(hour, units)| (nearest as u32 * 24 + hour, *units))
            .collect()
    }

    /// The next centres, from the noisy sums of the classes. Post-processing.
    ///
    /// All subscribers together lean on the public profiles, and each class on all together, by as
    /// much as their noise deserves; so a class that drowned becomes the common profile.
    pub(crate) fn updated(&self, table: &Table) -> Self {
        let sums: Vec<&[f64]> = table.people.chunks(24).collect();
        let all_hours = |hour: usize| sums.iter().map(|class| class[hour]).sum::<f64>();
        let all: Vec<f64> = (0..24).map(all_hours).collect();
        let common = |hour: usize| {
            let profiles = self.profiles.iter().map(|p| p[hour]);
            profiles.sum::<f64>() / CLASSES as f64
        };
        let guess: Vec<f64> = (0..24).map(common).collect();
        let total = all.iter().sum::<f64>().max(1.0);
        let all = shrink(&all, table.sd * (CLASSES as f64).sqrt(), &guess, total);

        let sizes: Vec<f64> = sums.iter().map(|class| class.iter().sum()).collect();
        let variances = [24.0 * table.sd * table.sd; CLASSES];
        let mut next = Self::public();
        let shares = normalise(&project(&sizes, &variances, total));
        next.shares.copy_from_slice(&shares);
        for (class, profile) in next.profiles.iter_mut().enumerate() {
            profile.copy_from_slice(&shrink(sums[class], table.sd, &all, sizes[class].max(1.0)));
        }
        next
    }

    pub(crate) fn classes(&self) -> Vec<CallClass> {
        self.profiles
            .iter()
            .zip(self.shares)
            .map(|(profile, share)| CallClass {
                share,
                hour_share: profile.to_vec(),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somebody's class in a feature is the one that the private classes start from.
    #[test]
    fn public_profiles_are_those_of_the_features() {
        let start = Centres::public().profiles.concat();
        let profiles = erewhon_mobility::CALL_TIME_PROFILES.concat();
        let pairs = start.iter().zip(&profiles);
        assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-12));
    }
}
