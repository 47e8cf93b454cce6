/// Why a row was set aside. Each row is set aside by the first rule it breaks, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "`description` says what each rule means, once")]
pub enum Rule {
    RowTooLong,
    UnclosedQuote,
    NotUtf8,
    WrongFieldCount,
    NotWanted,
    MissingSubscriber,
    OptedOut,
    BadTime,
    TimeWithoutZone,
    TimeOutsideWindow,
    UnknownKind,
    UnknownCell,
    CellQuarantined,
    CellOutOfService,
    PositionFarFromCells,
    BadNumber,
    BadNetwork,
    UnknownDevice,
    ExactDuplicate,
}

impl Rule {
    /// All rules, in the order they run.
    pub const ALL: [Self; 19] = [
        Self::RowTooLong,
        Self::UnclosedQuote,
        Self::NotUtf8,
        Self::WrongFieldCount,
        Self::NotWanted,
        Self::MissingSubscriber,
        Self::OptedOut,
        Self::BadTime,
        Self::TimeWithoutZone,
        Self::TimeOutsideWindow,
        Self::UnknownKind,
        Self::UnknownCell,
        Self::CellQuarantined,
        Self::CellOutOfService,
        Self::PositionFarFromCells,
        Self::BadNumber,
        Self::BadNetwork,
        Self::UnknownDevice,
        Self::ExactDuplicate,
    ];

    /// The rule's name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RowTooLong => "row_too_long",
            Self::UnclosedQuote => "unclosed_quote",
            Self::NotUtf8 => "not_utf8",
            Self::WrongFieldCount => "wrong_field_count",
            Self::NotWanted => "not_wanted",
            Self::MissingSubscriber => "missing_subscriber",
            Self::OptedOut => "opted_out",
            Self::BadTime => "bad_time",
            Self::TimeWithoutZone => "time_without_zone",
            Self::TimeOutsideWindow => "time_outside_window",
            Self::UnknownKind => "unknown_kind",
            Self::UnknownCell => "unknown_cell",
            Self::CellQuarantined => "cell_quarantined",
            Self::CellOutOfService => "cell_out_of_service",
            Self::PositionFarFromCells => "position_far_from_cells",
            Self::BadNumber => "bad_number",
            Self::BadNetwork => "bad_network",
            Self::UnknownDevice => "unknown_device",
            Self::ExactDuplicate => "exact_duplicate",
        }
    }

    /// What the rule says.
    pub const fn description(self) -> &'static str {
        match self {
            Self::RowTooLong => "the row is longer than 64 KiB",
            Self::UnclosedQuote => "a quotation mark opens a field and is not closed on its line",
            Self::NotUtf8 => "the row is not UTF-8 text",
            Self::WrongFieldCount => "the row has more or fewer fields than the layout",
            Self::NotWanted => "the mapping passes over such rows",
            Self::MissingSubscriber => "the row names no subscriber",
            Self::OptedOut => "the subscriber has opted out or withdrawn, or not in",
            Self::BadTime => "the time does not follow the declared format",
            Self::TimeWithoutZone => "the time has no zone and the mapping declares none",
            Self::TimeOutsideWindow => "the time lies outside the declared window",
            Self::UnknownKind => "the mapping knows no such kind of event",
            Self::UnknownCell => "the cell list has no such cell",
            Self::CellQuarantined => "the cell list's own rules set the cell aside",
            Self::CellOutOfService => "the cell list has the cell, but not for this time",
            Self::PositionFarFromCells => "the position is absent or too far from every cell",
            Self::BadNumber => {
                "a duration, a byte count or an amount is not a number in range, or has decimals where its unit has none"
            }
            Self::BadNetwork => "the home network is not MCC and MNC",
            Self::UnknownDevice => "there is no such class of device",
            Self::ExactDuplicate => "the same subscriber has another event equal in every field",
        }
    }

    /// The rule's place in [`Rule::ALL`].
    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_know_their_place() {
        for (index, rule) in Rule::ALL.into_iter().enumerate() {
            assert_eq!(rule.index(), index);
        }
    }
}
