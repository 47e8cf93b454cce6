use rayon::prelude::*;

use crate::{Profile, Scene, distance::cpc};

/// New infections a day by one infected among all susceptible.
const BETA_PER_DAY: f64 = 0.5;
/// Share of the infected who recover a day; the basic reproduction number is 2.5.
const GAMMA_PER_DAY: f64 = 0.2;
/// Share of a day that people spend where they work.
const AT_WORK: f64 = 1.0 / 3.0;
/// Share of the seed zone's residents infected at the start.
const SEED_SHARE: f64 = 0.001;
const STEPS_PER_DAY: usize = 4;
const MOST_DAYS: usize = 1000;
/// The early map is that of so large a share of people.
const FIRST_SHARE: f64 = 0.01;
/// It is over when so small a share is infected.
const OVER: f64 = 1e-6;

/// Where people live, and where those of each zone spend their working hours.
pub(super) struct Country {
    /// Share of all residents by zone.
    residents: Vec<f64>,
    /// `home * zones + work`: share of the home zone's residents; each home's sum to 1.
    days: Vec<f64>,
}

/// What came of one seed.
#[derive(Clone, Debug, PartialEq)]
struct Outbreak {
    peak_day: f64,
    peak_share: f64,
    /// By zone of residence, everybody infected until one in a hundred was.
    first: Vec<f64>,
    /// By zone of residence, everybody who was infected.
    all: Vec<f64>,
}

impl Country {
    /// Who works elsewhere goes there; who has no work anchor stays. `None` without residents.
    pub(super) fn commuting(scene: &Scene<'_>, profile: &Profile) -> Option<Self> {
        let (zones, homes) = (scene.zones.zones(), homes(scene, profile)?);
        let mut days = profile.home_work.clone();
        for (home, (row, residents)) in days.chunks_mut(zones).zip(&homes).enumerate() {
            row[home] += residents - row.iter().sum::<f64>();
            row.iter_mut()
                .for_each(|share| *share /= residents.max(1.0));
        }
        Some(Self::new(homes, days))
    }

    /// Everybody meets everybody during working hours.
    pub(super) fn mixed(scene: &Scene<'_>, profile: &Profile) -> Option<Self> {
        let homes = homes(scene, profile)?;
        let days = crate::chart::shares(&homes).repeat(homes.len());
        Some(Self::new(homes, days))
    }

    fn new(homes: Vec<f64>, days: Vec<f64>) -> Self {
        Self {
            residents: crate::chart::shares(&homes),
            days,
        }
    }

    /// Susceptible, infected, recovered, by zone of residence, from one zone on.
    ///
    /// A resident of `i` is infected at the rate `β ((1 - w) I_i / N_i + w Σ_j d_ij I'_j / N'_j)`, where
    /// `I'_j` and `N'_j` are those infected and all who spend their working hours at `j`.
    fn outbreak(&self, seed: usize) -> Outbreak {
        let n = self.residents.len();
        let step_d = 1.0 / STEPS_PER_DAY as f64;
        let at_work = |residents: &[f64]| {
            let mut there = vec![0.0; n];
            for (row, people) in self.days.chunks(n).zip(residents) {
                for (there, share) in there.iter_mut().zip(row) {
                    *there += share * people;
                }
            }
            there
        };
        let by_day = at_work(&self.residents);
        let ratio = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        let mut infected = vec![0.0; n];
        infected[seed] = self.residents[seed] * SEED_SHARE;
        let mut open: Vec<f64> = self.residents.clone();
        open[seed] -= infected[seed];
        let (mut peak_day, mut peak_share) = (0.0, infected[seed]);
        let ever = |open: &[f64]| -> Vec<f64> {
            let all = self.residents.iter().zip(open);
            all.map(|(all, open)| all - open).collect()
        };
        let mut first = None;
        for step in 1..=MOST_DAYS * STEPS_PER_DAY {
            let there = at_work(&infected);
            let risk: Vec<f64> = there
                .iter()
                .zip(&by_day)
                .map(|(i, n)| ratio(*i, *n))
                .collect();
            for (zone, row) in self.days.chunks(n).enumerate() {
                let out: f64 = row
                    .iter()
                    .zip(&risk)
                    .map(|(share, risk)| share * risk)
                    .sum();
                let home = ratio(infected[zone], self.residents[zone]);
                let rate = BETA_PER_DAY * ((1.0 - AT_WORK) * home + AT_WORK * out);
                let new = (open[zone] * rate * step_d).min(open[zone]);
                open[zone] -= new;
                infected[zone] += new - infected[zone] * GAMMA_PER_DAY * step_d;
            }
            if first.is_none() && 1.0 - open.iter().sum::<f64>() >= FIRST_SHARE {
                first = Some(ever(&open));
            }
            let now: f64 = infected.iter().sum();
            if now > peak_share {
                (peak_day, peak_share) = (step as f64 * step_d, now);
            }
            if now < OVER {
                break;
            }
        }
        let all = ever(&open);
        Outbreak {
            peak_day,
            peak_share,
            first: first.unwrap_or_else(|| all.clone()),
            all,
        }
    }
}

/// Residents by zone.
fn homes(scene: &Scene<'_>, profile: &Profile) -> Option<Vec<f64>> {
    let mut homes = vec![0.0; scene.zones.zones()];
    for (cell, people) in (0..).zip(&profile.home) {
        homes[scene.zones.zone_of(erewhon_types::CellIx(cell)).index()] += people;
    }
    (homes.iter().sum::<f64>() > 0.0).then_some(homes)
}

/// Means over the seed zones with residents on both sides: of the difference of the peak day in days, of
/// that of the peak share, and the total variations between the maps of the first and of all who were infected.
pub(super) fn errors(guess: Option<Country>, real: Option<Country>) -> Option<[f64; 4]> {
    let (guess, real) = (guess?, real?);
    let seeds = (0..real.residents.len())
        .filter(|&zone| guess.residents[zone] > 0.0 && real.residents[zone] > 0.0);
    let errors: Vec<[f64; 4]> = seeds
        .collect::<Vec<usize>>()
        .into_par_iter()
        .map(|seed| {
            let (guess, real) = (guess.outbreak(seed), real.outbreak(seed));
            [
                (guess.peak_day - real.peak_day).abs(),
                (guess.peak_share - real.peak_share).abs(),
                1.0 - cpc(&guess.first, &real.first).unwrap_or(0.0),
                1.0 - cpc(&guess.all, &real.all).unwrap_or(0.0),
            ]
        })
        .collect();
    let n = errors.len() as f64;
    let mean = |at: usize| errors.iter().map(|error| error[at]).sum::<f64>() / n;
    (n > 0.0).then(|| [mean(0), mean(1), mean(2), mean(3)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn country(residents: [f64; 2], away: f64) -> Country {
        let days = vec![1.0 - away, away, away, 1.0 - away];
        Country::new(residents.to_vec(), days)
    }

    /// Kermack and McKendrick: `r = 1 - s exp(-R0 r)` of a town that mixes evenly, with `s` open at first.
    #[test]
    fn one_even_town_ends_where_theory_says() {
        let town = Country::new(vec![7.0], vec![1.0]);
        let outbreak = town.outbreak(0);
        let mut r = 0.5;
        for _ in 0..200 {
            r = 1.0 - (1.0 - SEED_SHARE) * f64::exp(-BETA_PER_DAY / GAMMA_PER_DAY * r);
        }
        // Steps of a quarter of a day are somewhat too coarse to end there exactly.
        assert!((outbreak.all[0] - r).abs() < 0.01, "{outbreak:?} {r}");
        // i = 1 - 1/R0 - ln(R0 s)/R0 at the peak.
        let peak = 1.0 - 0.4 * (1.0 + f64::ln(2.5 * (1.0 - SEED_SHARE)));
        assert!(
            (outbreak.peak_share - peak).abs() < 0.01,
            "{outbreak:?} {peak}"
        );
    }

    #[test]
    fn nobody_leaves_and_nothing_spreads() {
        let apart = country([3.0, 1.0], 0.0).outbreak(0);
        assert!(apart.all[0] > 0.6 && apart.all[1] == 0.0);
        let (few, many) = (country([3.0, 1.0], 0.01), country([3.0, 1.0], 0.4));
        assert!(few.outbreak(0).all[1] > 0.2);
        let later = few.outbreak(1).peak_day - many.outbreak(1).peak_day;
        assert!(later > 3.0, "{later}");
        let error = errors(Some(few), Some(many)).unwrap();
        assert!(
            error[0] > 3.0 && error[1] > 0.0 && error[2] > 0.0,
            "{error:?}"
        );
        let (one, other) = (country([3.0, 1.0], 0.1), country([3.0, 1.0], 0.1));
        assert_eq!(errors(Some(one), Some(other)), Some([0.0; 4]));
        assert_eq!(errors(None, Some(country([1.0, 1.0], 0.1))), None);
    }
}
