use super::{Spec, task};

pub(super) const SPECS: [Spec; 8] = [
    task(
        ["next_place_top1", "Next place guessed", "share"],
        "Share of the changes of place within a day of real subscribers whom no release was made from whose \
         end is the guess of a Markov model of order 1 that learnt from the others: the most frequent end \
         from there, then the most popular place. Places are cells, or at most 256 zones. Trivial: \
         always the most popular place. Absent when nothing was learnt or asked.",
        |tasks| tasks.next_place.map(|share| share[0]),
    )
    .higher(),
    task(
        ["next_place_top5", "Next place in five", "share"],
        "The same share where the end is among the first five guesses.",
        |tasks| tasks.next_place.map(|share| share[1]),
    )
    .higher(),
    task(
        ["anomaly_auc", "Swapped days found", ""],
        "Chance that a day swapped for another person's scores as stranger than one's own: area under \
         the curve over up to 4,096 days of real subscribers whom no release was made from, each judged once as its \
         owner's and once as another's. The score is the mean of -ln P(zone | home zone, three hours \
         of the day), learnt from the others. Trivial: chance. Absent with fewer than two days, or \
         when nothing was learnt.",
        |tasks| tasks.anomaly_auc,
    )
    .higher(),
    task(
        ["hourly_population_error", "Population by hour", "share"],
        "Mean of |guessed - real| / real over hours of the day and zones, of at most 32, with at least \
         1 % of the presence of real subscribers whom no release was made from in that hour. Trivial: the \
         others' presence of all hours, at every hour. Absent when no hour is left.",
        |tasks| tasks.population_error,
    ),
    task(
        ["epidemic_peak_day_error_d", "Epidemic, peak day", "d"],
        "An epidemic (SIR, reproduction number 2.5, 5 days infectious) on home × work between at most \
         32 zones, seeded in each zone in turn: mean absolute difference of the day with most infected \
         from that on the table of real subscribers whom no release was made from. Trivial: the others' \
         residents, who all meet evenly at work. Absent when a side has no home anchor.",
        |tasks| tasks.epidemic.map(|error| error[0]),
    ),
    task(
        ["epidemic_peak_share_error", "Epidemic, peak share", "share"],
        "The same of the share of people infected on that day.",
        |tasks| tasks.epidemic.map(|error| error[1]),
    ),
    task(
        ["epidemic_early_map_tv", "Epidemic, early map", "share"],
        "The same of the map, by zone of residence, of all who were infected until one person in a \
         hundred was: mean total variation.",
        |tasks| tasks.epidemic.map(|error| error[2]),
    ),
    task(
        ["epidemic_map_tv", "Epidemic, final map", "share"],
        "The same of the map of all who were infected, by zone of residence: mean total variation.",
        |tasks| tasks.epidemic.map(|error| error[3]),
    ),
];
