use erewhon_session::Session;
use erewhon_types::Result;

use crate::{args::StoreArgs, dirs::RunDir, ui::Ui};

/// Public facts of a store; exact ones only with a reason, which the ledger keeps.
pub(crate) fn store(args: &StoreArgs, ui: &Ui) -> Result<()> {
    let run = RunDir::new(&args.at.dir);
    let session = Session::open(&run.store())?;
    session.check()?;
    let window = session.calendar().window();
    let mut value = serde_json::json!({
        "window": window,
        "cells": session.cells().len(),
        "checked": true,
    });
    let mut text = format!(
        "window   {} days from {} ({})\ncells    {}\nchecked  every file agrees with its digest\n",
        window.days,
        window.first_day,
        window.time_zone,
        session.cells().len()
    );
    if let Some(why) = &args.exact {
        let vault = args.at.vault.open()?;
        let asker = args.at.vault.asker(why);
        let manifest = session.export(&vault, &asker, "store counts", session.manifest())?;
        text.push_str("INTERNAL\n");
        for period in &manifest.periods {
            let loads = period.loads.iter().map(|load| ("load", load.counts));
            let compacted = period.compacted.map(|counts| ("compacted", counts));
            for (what, counts) in loads.chain(compacted) {
                text.push_str(&format!(
                    "period   {}: {what} {}: {} events of {} subscribers\n",
                    period.window.first_day, counts.change, counts.events, counts.subscribers
                ));
            }
        }
        let held = || manifest.periods.iter().flat_map(|period| &period.segments);
        text.push_str(&format!(
            "in all   events: {}, files: {}; what several loads hold counts in each\n",
            held().map(|segment| segment.events).sum::<u64>(),
            held().count()
        ));
        let withdrawn = manifest.withdrawn.as_ref();
        text.push_str(&format!(
            "hidden   subscribers who have withdrawn: {}\n",
            withdrawn.map_or(0, |list| list.subscribers)
        ));
        value["internal"] = serde_json::json!(manifest);
    }
    ui.result("erewhon.store.v1", &value, &text)
}
