use std::collections::BTreeSet;

use erewhon_types::{Error, Result};
use jiff::civil::Date;

use super::{States, term::Term};
use crate::{
    CountryNames, Day, LabelRule, Mcc, MidtermRule, MigrationRule, Network, PermanenceRule,
    PresentRule, SegmentRule, TileZones, TourismRule,
};

/// What the products of a run have in common.
pub struct Inputs {
    /// The network by tile.
    pub network: Network,
    /// The days of the window, ascending without a gap.
    pub days: Vec<Day>,
    /// When the population is counted, in milliseconds of UTC.
    pub moments_ms: Vec<i64>,
    /// How the population is counted.
    pub present: PresentRule,
    /// What a slot is spent at.
    pub permanence: PermanenceRule,
    /// What a stay is.
    pub segments: SegmentRule,
    /// What a night and a workday are.
    pub midterm: MidtermRule,
    /// What home and work are.
    pub labels: LabelRule,
    /// The longitudinal states that the days are added to.
    pub states: States,
    /// Which zone each tile lies in, where a map of zones was given.
    pub zones: Option<TileZones>,
    /// The first day of the second of two long terms; `None` of a window of one day.
    pub second_term: Option<Date>,
    /// Who has moved from the first to the second.
    pub migration: MigrationRule,
    /// The codes of this country; none where they were not given.
    pub own: BTreeSet<Mcc>,
    /// Which country a code is of.
    pub countries: CountryNames,
    /// What a stay and a trip of a visitor are.
    pub tourism: TourismRule,
}

impl Inputs {
    /// multimno's rules over some days: the population at 0:00 and 12:00, from no state, terms that are halves, the countries
    /// of ITU-T E.212.
    ///
    /// # Errors
    /// Usage, when there is no day.
    pub fn multimno(network: Network, days: Vec<Day>) -> Result<Self> {
        if days.is_empty() {
            return Err(Error::usage("official products need a day at least"));
        }
        let moments_ms = days
            .iter()
            .flat_map(|day| [day.hour_ms(0), day.hour_ms(12)])
            .collect();
        let half = days.get(days.len() / 2).filter(|_| days.len() > 1);
        Ok(Self {
            second_term: half.map(Day::date),
            network,
            days,
            moments_ms,
            present: PresentRule::MULTIMNO,
            permanence: PermanenceRule::MULTIMNO,
            segments: SegmentRule::MULTIMNO,
            midterm: MidtermRule::multimno(),
            labels: LabelRule::MULTIMNO,
            states: States::default(),
            zones: None,
            migration: MigrationRule::MULTIMNO,
            own: BTreeSet::new(),
            countries: CountryNames::of_e212(),
            tourism: TourismRule::INBOUND,
        })
    }

    /// The two terms that migration is between.
    pub(super) fn terms(&self) -> Option<[Term<'_>; 2]> {
        Term::two(&self.days, self.second_term?)
    }

    /// Checks all rules.
    ///
    /// # Errors
    /// Usage, when one is out of range, or the second term does not begin within the days, after the first of them.
    pub fn check(&self) -> Result<()> {
        self.present.check()?;
        self.permanence.check()?;
        self.segments.check()?;
        self.midterm.check()?;
        self.labels.check()?;
        self.migration.check()?;
        self.tourism.check()?;
        match self.second_term {
            Some(date) if self.terms().is_none() => Err(self.no_second_term(date)),
            _ => Ok(()),
        }
    }

    fn no_second_term(&self, date: Date) -> Error {
        let mut days = self.days.iter().map(Day::date).skip(1);
        let error = Error::usage(format!("`{date}` can't begin a second term"));
        match (days.next(), days.next_back()) {
            (Some(from), to) => {
                let to = to.unwrap_or(from);
                error.with_hint(format!(
                    "allowed: {from} to {to}, the days of the window but the first"
                ))
            }
            (None, _) => error.with_hint("the window has one day: two terms need two"),
        }
    }

    /// The rules as TOML, to lie beside the tables that they made.
    pub fn to_toml(&self) -> String {
        let Self {
            present,
            permanence,
            segments,
            midterm,
            labels,
            tourism,
            ..
        } = self;
        let pair = |(from, to): (u16, u16)| format!("[{from}, {to}]");
        let second = self
            .second_term
            .map(|date| format!("second_term_from = \"{date}\"\n"));
        let own: Vec<String> = self.own.iter().map(Mcc::to_string).collect();
        format!(
            "[present_population]\ntolerance_ms = {}\nmax_rounds = {}\nmin_change = {:?}\n\n\
             [daily_permanence]\nslots = {}\nother_place_ms = {}\nsame_place_ms = {}\nnight_ms = {}\n\
             abroad_ms = {}\nmax_speed_m_s = {:?}\n\n\
             [time_segments]\nstay_ms = {}\nstay_silence_ms = {}\nmove_silence_ms = {}\n\
             abroad_silence_ms = {}\npad_ms = {}\nforgotten_ms = {}\n\n\
             [midterm]\nday_starts_min = {}\nnight_min = {}\nworking_min = {}\nevening_min = {}\n\n\
             [labels]\nleast_slots = {}\nleast_days = {}\nue_fall_share = {:?}\nue_share = {:?}\n\
             anchor_fall_slots = {}\nanchor_share = {:?}\n\n\
             [longterm]\nwinter = [12, 1, 2]\nspring = [3, 4, 5]\nsummer = [6, 7, 8]\nautumn = [9, 10, 11]\n\n\
             [internal_migration]\n{}least_overlap = {:?}\n\n\
             [inbound_tourism]\nown_mcc = [{}]\nstay_ms = {}\nmidnight_h = {}\nnight_ms = {}\n\
             trip_gap_ms = {}\nvisit_gap_ms = {}\n",
            present.tolerance_ms,
            present.max_rounds,
            present.min_change,
            permanence.slots.count(),
            permanence.other_place_ms,
            permanence.same_place_ms,
            permanence.night_ms,
            permanence.abroad_ms,
            permanence.max_speed_m_s,
            segments.stay_ms,
            segments.stay_silence_ms,
            segments.move_silence_ms,
            segments.abroad_silence_ms,
            segments.pad_ms,
            segments.forgotten_ms,
            midterm.day_starts_min,
            pair(midterm.night_min),
            pair(midterm.working_min),
            pair(midterm.evening_min),
            labels.least.slots,
            labels.least.days,
            labels.ue_fall_share,
            labels.ue_share,
            labels.anchor_fall_slots,
            labels.anchor_share,
            second.unwrap_or_default(),
            self.migration.least_overlap,
            own.join(", "),
            tourism.stay_ms,
            tourism.midnight_h,
            tourism.night_ms,
            tourism.trip_gap_ms,
            tourism.visit_gap_ms,
        )
    }
}
