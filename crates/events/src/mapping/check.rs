use erewhon_types::{Error, Result};

use super::{CellColumns, HomeColumns, Mapping, near};
use crate::{EventKind, HomeNetwork, time::TimeCodec};

fn refuse<T>(what: impl Into<String>, hint: &str) -> Result<T> {
    Err(Error::input(what).with_hint(hint))
}

impl Mapping {
    /// Whether the mapping contradicts itself.
    pub(super) fn check(&self) -> Result<()> {
        self.check_marks()?;
        self.check_sources()?;
        self.check_kinds()?;
        self.check_columns()?;
        TimeCodec::new(&self.time.in_zone("UTC"), None).map(|_| ())
    }

    fn check_marks(&self) -> Result<()> {
        if !self.delimiter.is_ascii() || matches!(self.delimiter, '"' | '\n' | '\r') {
            return refuse(
                format!(
                    "`{}` can't separate fields",
                    self.delimiter.escape_default()
                ),
                "use one ASCII character, for example `,`, `;`, `|` or a tab",
            );
        }
        let Some(position) = &self.position else {
            return Ok(());
        };
        if !matches!(position.decimal, '.' | ',') {
            return refuse(
                format!("`decimal = \"{}\"` is not allowed", position.decimal),
                "degrees have a `.` or a `,`",
            );
        }
        if !(1.0..=1e6).contains(&position.snap_max_m) {
            return refuse(
                format!(
                    "`snap_max_m = {}` is outside 1 to 1000000",
                    position.snap_max_m
                ),
                "5000 is the default",
            );
        }
        Ok(())
    }

    fn check_sources(&self) -> Result<()> {
        if self.subscriber.is_some() == self.subscriber_from_file_name {
            return refuse(
                "the subscriber must come from one place",
                "set either `subscriber` to a column or `subscriber_from_file_name = true`",
            );
        }
        let place = "set `cell` to a column, or `position = { lat = .., lon = .. }`";
        match &self.cell {
            None if self.position.is_none() => {
                return refuse("the place must come from somewhere", place);
            }
            Some(CellColumns::Parts { parts }) if parts.is_empty() => {
                return refuse("`cell.parts` names no column", place);
            }
            Some(CellColumns::Constant { .. } | CellColumns::Row { .. })
                if self.position.is_some() =>
            {
                return refuse("the place must come from one place", place);
            }
            _ => {}
        }
        if self.time.end.is_some() && self.duration_s.is_some() {
            return refuse(
                "the duration must come from one place",
                "set either `time.end` or `duration_s`",
            );
        }
        if self.amount_minor.is_some() && !self.kind.may_be(EventKind::Topup) {
            return refuse(
                "`amount_minor` is of top-ups, and no kind is `topup`",
                "leave it out, or say which rows are top-ups in `kind`",
            );
        }
        match &self.home_network {
            Some(HomeColumns::Constant { constant }) => constant.parse::<HomeNetwork>().map(|_| ()),
            _ => Ok(()),
        }
    }

    fn check_kinds(&self) -> Result<()> {
        let kind = &self.kind;
        if kind.constant.is_some() != kind.columns.is_empty() {
            return refuse(
                "the kind must come from one place",
                "set either `kind.constant` to a kind or `kind.columns` to columns",
            );
        }
        let parts = kind.columns.len();
        if let Some(value) = (kind.values.keys()).find(|v| v.split(' ').count() < parts) {
            return refuse(
                format!("the kind value `{value}` has fewer words than there are kind columns"),
                "join the values of the columns by one space; a `*` stands for any value",
            );
        }
        Ok(())
    }

    fn check_columns(&self) -> Result<()> {
        // First of all, for a column that is called by a wrong name seems unused by its own.
        self.check_names()?;
        for (i, column) in self.columns.iter().enumerate() {
            if self.columns[..i].contains(column) {
                return refuse(
                    format!("the column `{column}` appears twice"),
                    "every column needs a name of its own",
                );
            }
            let ignored = self.ignore.contains(column);
            if self.used_columns().any(|used| used == column) == ignored {
                return refuse(
                    format!("the column `{column}` must be either used or ignored"),
                    "map it, or list it in `ignore` to say that it is not wanted",
                );
            }
        }
        Ok(())
    }

    /// Whether every column that the mapping names is there.
    fn check_names(&self) -> Result<()> {
        let known = |name: &&str| !self.columns.iter().any(|column| column == name);
        let ignored = self.ignore.iter().map(String::as_str);
        let Some(name) = self.used_columns().chain(ignored).find(known) else {
            return Ok(());
        };
        let meant = near::name(name, self.columns.iter().map(String::as_str));
        let hint = match meant {
            Some(column) => format!("did you mean `{column}`?"),
            None => "list all columns of the layout in `columns`, in order".to_owned(),
        };
        refuse(format!("`columns` has no column `{name}`"), &hint)
    }
}
