use erewhon_session::{Policy, Vault, epsilon_text};
use erewhon_types::{Delta, Error, Guarantee, Kind, Result};

use crate::{args::SpendArgs, ui::Ui};

/// A preview must not look at the records, so it shows a round number of subscribers.
pub(super) const PREVIEW_SUBSCRIBERS: u64 = 10_000;

/// A charge that could be made: no policy, no ledger and no missing answer stands against it.
pub(super) struct Offer {
    plan: String,
    words: String,
    /// Whether the answer was given with the command.
    agreed: bool,
}

impl Offer {
    /// Refuses what can be refused without a record.
    ///
    /// `plan` is what would be asked, as a table; `persons` says whether a table joins numbers.
    pub(super) fn make(
        vault: Option<&Vault>,
        spend: &SpendArgs,
        (guarantee, plan): (Guarantee, String),
        persons: bool,
        ui: &Ui,
    ) -> Result<Self> {
        Policy::default().allow(&spend.purpose)?;
        let words = words(vault, spend, guarantee, persons)?;
        if !spend.yes && !spend.dry_run {
            ui.check_terminal("spending budget")?;
        }
        Ok(Self {
            plan,
            words,
            agreed: spend.yes,
        })
    }

    /// Says what would be spent; the plan is for the caller to show.
    pub(super) fn say(&self, ui: &Ui) {
        ui.say(&self.words);
    }

    /// Asks, unless the answer was given with the command.
    pub(super) fn ask(&self, ui: &Ui) -> Result<()> {
        if self.agreed {
            return Ok(());
        }
        ui.say(&self.plan);
        ui.say(&self.words);
        ui.confirm("Spend it?", "nothing was spent")
    }
}

/// The delta of a vault's population; `None` in pure epsilon, and where no budget was opened.
pub(super) fn delta(vault: Option<&Vault>) -> Result<Option<Delta>> {
    match vault.filter(|vault| vault.has_ledger()) {
        Some(vault) => vault.ledger()?.delta(),
        None => Ok(None),
    }
}

fn words(
    vault: Option<&Vault>,
    spend: &SpendArgs,
    guarantee: Guarantee,
    persons: bool,
) -> Result<String> {
    let epsilon = spend.epsilon;
    let which = match persons {
        true => " that the table of persons does not join",
        false => "",
    };
    let several = format!(
        "Each number{which} counts as a subscriber: k numbers of one person cost {}.",
        guarantee.of_several()
    );
    let Some(vault) = vault.filter(|vault| vault.has_ledger()) else {
        return Ok(format!(
            "This opens a budget of epsilon {epsilon} and spends all of it.\n{several}"
        ));
    };
    let summary = vault.ledger()?.summary()?;
    let left = epsilon_text(summary.left_micros);
    if epsilon.micros() > summary.left_micros {
        let total = epsilon_text(summary.total_micros);
        return Err(Error::new(
            Kind::Budget,
            format!("epsilon `{epsilon}` is asked, `{left}` is left of `{total}`"),
        )
        .with_hint("ask for less, or have the steward add to it with `erewhon budget grant`"));
    }
    Ok(format!(
        "This spends {guarantee} of {left} left in population `{}`.\n{several}",
        summary.population
    ))
}
