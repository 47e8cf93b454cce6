use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use erewhon_session::{
    Blur, Coarseness, Extent, Grain, KAnonymity, Perturb, Suppress, Swap, Technique,
};

use super::{DirArgs, on_record};

pub(crate) const EXAMPLES: &str = "\
Examples:
  erewhon anonymise generalise march --place zones-50 --time daypart --out coarse
  erewhon anonymise k-anonymity march --k 10 --why 'lab of March'";

#[derive(Debug, Subcommand)]
pub(crate) enum AnonymiseCommand {
    /// Larger places and longer spans for every record.
    Generalise {
        #[command(flatten)]
        coarse: CoarseArgs,
        #[command(flatten)]
        to: ToArgs,
    },
    /// The same, and what few subscribers share is dropped.
    Suppress {
        #[command(flatten)]
        coarse: CoarseArgs,
        /// Fewest subscribers of a place and span that is kept, 2 and more.
        #[arg(long, default_value_t = 10)]
        fewest: u32,
        #[command(flatten)]
        to: ToArgs,
    },
    /// SwapMob: pseudonyms change hands where people meet.
    Swap {
        /// Minutes of an interval in which people meet who are in one cell, 1 to 60.
        #[arg(long, default_value_t = Swap::default().within_min)]
        within_min: u16,
        #[command(flatten)]
        to: ToArgs,
    },
    /// Planar Laplace: noise on the place of every record.
    ///
    /// It protects a point and not a person.
    Perturb {
        /// Epsilon for each metre, 0.00001 to 1; records move by 2 / epsilon metres on average.
        #[arg(long, default_value_t = 0.005, allow_negative_numbers = true)]
        epsilon_per_m: f64,
        #[command(flatten)]
        to: ToArgs,
    },
    /// Groups of at least k people whose rows are equal, in the manner of GLOVE.
    KAnonymity(KAnonymityArgs),
    /// The known-bad example: copies of real trajectories, a little off.
    ///
    /// They claim to be synthetic.
    Blur {
        /// A record moves to one of so many nearest cells, or stays; 0 to 100.
        #[arg(long, default_value_t = Blur::default().near_cells)]
        near_cells: u16,
        /// It moves in time by up to so many minutes, either way; 0 to 720.
        #[arg(long, default_value_t = Blur::default().within_min)]
        within_min: u16,
        #[command(flatten)]
        to: ToArgs,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CoarseArgs {
    /// Places: cell, site, or zones-N for the finest halving of the network into at most N zones.
    #[arg(long, default_value = "site", value_name = "PLACE")]
    place: Extent,
    /// Spans: second, hours-N of the local clock (1, 2, 3, 4, 6, 8, 12 or 24), or daypart.
    #[arg(long, default_value = "hours-1", value_name = "TIME")]
    time: Grain,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct KAnonymityArgs {
    /// Fewest people of a group, 2 to 100.
    #[arg(long, default_value_t = KAnonymity::default().k)]
    k: u32,
    /// Longest diagonal of a place, in metres.
    #[arg(long, default_value_t = KAnonymity::default().max_stretch_m, allow_negative_numbers = true)]
    max_stretch_m: f64,
    /// Longest span of a sample, in minutes; 1 to 10080.
    #[arg(long, default_value_t = KAnonymity::default().max_stretch_min)]
    max_stretch_min: u32,
    /// Largest share of people who are dropped for being far from the others, 0 to 0.5.
    #[arg(long, default_value_t = KAnonymity::default().max_outlier_share, allow_negative_numbers = true)]
    max_outlier_share: f64,
    /// Fewest home zones among the members of a group, 1 to k.
    #[arg(long, default_value_t = KAnonymity::default().diverse)]
    diverse: u32,
    /// These home zones: the finest halving of the network into at most so many.
    #[arg(long, default_value_t = KAnonymity::default().zones)]
    zones: u32,
    #[command(flatten)]
    to: ToArgs,
}

/// Whose records, where to, and why.
#[derive(Debug, ClapArgs)]
pub(crate) struct ToArgs {
    #[command(flatten)]
    pub(crate) at: DirArgs,
    /// Name of the directory in internal/anonymised/ [default: that of the technique].
    #[arg(long, value_name = "NAME")]
    pub(crate) out: Option<PathBuf>,
    /// Why you need them; goes into the ledger.
    #[arg(long, default_value = "a baseline of the risk lab", value_name = "REASON", value_parser = on_record)]
    pub(crate) why: String,
}

impl AnonymiseCommand {
    /// The technique that is asked for, and the rest.
    pub(crate) fn resolve(&self) -> (Technique, &ToArgs) {
        let coarseness = |coarse: &CoarseArgs| Coarseness {
            place: coarse.place,
            time: coarse.time,
        };
        match self {
            Self::Generalise { coarse, to } => (Technique::Generalise(coarseness(coarse)), to),
            Self::Suppress { coarse, fewest, to } => {
                let rule = Suppress {
                    coarseness: coarseness(coarse),
                    fewest: *fewest,
                };
                (Technique::Suppress(rule), to)
            }
            &Self::Swap { within_min, ref to } => (Technique::Swap(Swap { within_min }), to),
            &Self::Perturb {
                epsilon_per_m,
                ref to,
            } => (Technique::Perturb(Perturb { epsilon_per_m }), to),
            Self::KAnonymity(args) => {
                let rule = KAnonymity {
                    k: args.k,
                    max_stretch_m: args.max_stretch_m,
                    max_stretch_min: args.max_stretch_min,
                    max_outlier_share: args.max_outlier_share,
                    diverse: args.diverse,
                    zones: args.zones,
                };
                (Technique::KAnonymity(rule), &args.to)
            }
            &Self::Blur {
                near_cells,
                within_min,
                ref to,
            } => {
                let rule = Blur {
                    near_cells,
                    within_min,
                };
                (Technique::Blur(rule), to)
            }
        }
    }
}
