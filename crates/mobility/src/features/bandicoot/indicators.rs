//! The names of the indicators, and where a week's values stand among them.

/// Of which interactions something is said.
#[derive(Clone, Copy)]
pub(super) enum Of {
    Call,
    Text,
}

/// Names that end in the statistic over weeks.
macro_rules! over_weeks {
    ($($name:literal),* $(,)?) => {
        [$((concat!($name, "__mean"), concat!($name, "__std"))),*]
    };
}

/// For each indicator the names of its mean and of its standard deviation over weeks.
pub(super) const INDICATORS: [(&str, &str); 47] = over_weeks![
    "active_days__allweek__allday__callandtext",
    "number_of_contacts__allweek__allday__call",
    "number_of_contacts__allweek__allday__text",
    "call_duration__allweek__allday__call__mean",
    "call_duration__allweek__allday__call__std",
    "percent_nocturnal__allweek__allday__call",
    "percent_nocturnal__allweek__allday__text",
    "percent_initiated_conversations__allweek__allday__callandtext",
    "percent_initiated_interactions__allweek__allday__call",
    "response_delay_text__allweek__allday__callandtext__mean",
    "response_delay_text__allweek__allday__callandtext__std",
    "response_rate_text__allweek__allday__callandtext",
    "entropy_of_contacts__allweek__allday__call",
    "entropy_of_contacts__allweek__allday__text",
    "balance_of_contacts__allweek__allday__call__mean",
    "balance_of_contacts__allweek__allday__call__std",
    "balance_of_contacts__allweek__allday__text__mean",
    "balance_of_contacts__allweek__allday__text__std",
    "interactions_per_contact__allweek__allday__call__mean",
    "interactions_per_contact__allweek__allday__call__std",
    "interactions_per_contact__allweek__allday__text__mean",
    "interactions_per_contact__allweek__allday__text__std",
    "interevent_time__allweek__allday__call__mean",
    "interevent_time__allweek__allday__call__std",
    "interevent_time__allweek__allday__text__mean",
    "interevent_time__allweek__allday__text__std",
    "percent_pareto_interactions__allweek__allday__call",
    "percent_pareto_interactions__allweek__allday__text",
    "percent_pareto_durations__allweek__allday__call",
    "number_of_interactions__allweek__allday__call",
    "number_of_interactions__allweek__allday__text",
    "number_of_interaction_in__allweek__allday__call",
    "number_of_interaction_in__allweek__allday__text",
    "number_of_interaction_out__allweek__allday__call",
    "number_of_interaction_out__allweek__allday__text",
    "number_of_antennas__allweek__allday",
    "entropy_of_antennas__allweek__allday",
    "percent_at_home__allweek__allday",
    "radius_of_gyration__allweek__allday",
    "frequent_antennas__allweek__allday",
    "churn_rate",
    "number_of_recharges__allweek__allday",
    "interevent_time_recharges__allweek__allday__mean",
    "interevent_time_recharges__allweek__allday__std",
    "amount_recharges__allweek__allday__mean",
    "amount_recharges__allweek__allday__std",
    "percent_pareto_recharges__allweek__allday",
];

/// A week's values in the order of [`INDICATORS`]; what is not defined is NaN.
pub(super) type Week = [f64; INDICATORS.len()];

/// Where the values stand.
pub(super) mod at {
    pub(in super::super) const ACTIVE_DAYS: usize = 0;
    /// Those of calls; of messages one further on, or two where a standard deviation follows.
    pub(in super::super) const CONTACTS: usize = 1;
    pub(in super::super) const CALL_DURATION: usize = 3;
    pub(in super::super) const NOCTURNAL: usize = 5;
    pub(in super::super) const INITIATED_CONVERSATIONS: usize = 7;
    pub(in super::super) const INITIATED_CALLS: usize = 8;
    pub(in super::super) const RESPONSE_DELAY: usize = 9;
    pub(in super::super) const RESPONSE_RATE: usize = 11;
    pub(in super::super) const ENTROPY_OF_CONTACTS: usize = 12;
    pub(in super::super) const BALANCE: usize = 14;
    pub(in super::super) const PER_CONTACT: usize = 18;
    pub(in super::super) const INTER_EVENT: usize = 22;
    pub(in super::super) const PARETO: usize = 26;
    pub(in super::super) const PARETO_DURATIONS: usize = 28;
    pub(in super::super) const INTERACTIONS: usize = 29;
    pub(in super::super) const INTERACTIONS_IN: usize = 31;
    pub(in super::super) const INTERACTIONS_OUT: usize = 33;
    pub(in super::super) const ANTENNAS: usize = 35;
    pub(in super::super) const ENTROPY_OF_ANTENNAS: usize = 36;
    pub(in super::super) const AT_HOME: usize = 37;
    pub(in super::super) const GYRATION: usize = 38;
    pub(in super::super) const FREQUENT_ANTENNAS: usize = 39;
    pub(in super::super) const CHURN: usize = 40;
    pub(in super::super) const RECHARGES: usize = 41;
    pub(in super::super) const RECHARGE_INTER_EVENT: usize = 42;
    pub(in super::super) const RECHARGE_AMOUNT: usize = 44;
    pub(in super::super) const RECHARGE_PARETO: usize = 46;
}
