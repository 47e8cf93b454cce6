use erewhon_session::{Listed, Session, compact, expire, withdraw};
use erewhon_types::{Result, Window};

use super::show;
use crate::{
    args::{DirArgs, StoreCommand},
    dirs::RunDir,
    ui::Ui,
};

pub(crate) fn run(command: StoreCommand, ui: &Ui) -> Result<()> {
    match command {
        StoreCommand::Show(args) => show::store(&args, ui),
        StoreCommand::Check(args) => check(&args, ui),
        StoreCommand::Compact(args) => {
            let run = RunDir::open(&args.at.dir)?;
            let (vault, asker) = (args.at.vault.open()?, args.at.vault.asker(&args.why));
            let stage = ui.stage("compact");
            let windows = compact(&vault, &run.store(), &asker)?;
            stage.finish();
            periods("erewhon.store_compact.v1", "written as one", &windows, ui)
        }
        StoreCommand::Expire { older_than, upkeep } => {
            let run = RunDir::open(&upkeep.at.dir)?;
            let (vault, asker) = (upkeep.at.vault.open()?, upkeep.at.vault.asker(&upkeep.why));
            let windows = expire(&vault, &run.store(), &run.quarantine(), &asker, older_than)?;
            periods("erewhon.store_expire.v1", "deleted", &windows, ui)
        }
        StoreCommand::Withdraw {
            subjects,
            persons,
            upkeep,
        } => {
            let run = RunDir::open(&upkeep.at.dir)?;
            let (vault, asker) = (upkeep.at.vault.open()?, upkeep.at.vault.asker(&upkeep.why));
            let (store, persons) = (run.store(), persons.as_deref());
            let Listed { entries, numbers } = withdraw(&vault, &store, &asker, &subjects, persons)?;
            if numbers < entries {
                ui.say(&format!(
                    "attention: {} of the {entries} entries of `{}` are neither phone number nor \
                     IMSI: is this the list, and its column `subscriber` that of the numbers?",
                    entries - numbers,
                    subjects.display()
                ));
            }
            let value = serde_json::json!({ "numbers": entries });
            let (are, their) = match entries {
                1 => ("number is", "its"),
                _ => ("numbers are", "their"),
            };
            let text = format!(
                "{entries} {are} hidden from now on; `erewhon store compact {}` erases {their} rows",
                upkeep.at.dir.display()
            );
            ui.result("erewhon.store_withdraw.v1", &value, &text)
        }
    }
}

fn check(args: &DirArgs, ui: &Ui) -> Result<()> {
    let session = Session::open(&RunDir::new(&args.dir).store())?;
    let stage = ui.stage("check");
    session.check()?;
    stage.finish();
    let value = serde_json::json!({ "checked": true });
    let text = "every file is what was committed";
    ui.result("erewhon.store_check.v1", &value, text)
}

/// The periods that a change met.
fn periods(schema: &str, done: &str, windows: &[Window], ui: &Ui) -> Result<()> {
    let line = |w: &Window| format!("period   {} days from {}: {done}\n", w.days, w.first_day);
    let text = match windows {
        [] => "nothing to do\n".to_owned(),
        windows => windows.iter().map(line).collect(),
    };
    ui.result(schema, &serde_json::json!({ "periods": windows }), &text)
}
