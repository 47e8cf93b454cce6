use erewhon_types::Result;

use crate::{args::SqlArgs, ui::Ui};

/// A query over the records; its answer is written to the internal tree.
#[cfg(feature = "sql")]
pub(crate) fn sql(args: &SqlArgs, ui: &Ui) -> Result<()> {
    use crate::dirs::is_free_name;
    use erewhon_types::Error;

    let name = &args.out;
    if !is_free_name(name) {
        return Err(
            Error::usage(format!("`{}` is no name of a file", name.display()))
                .with_hint("answers stay in internal/sql/: write for example --out hours.csv"),
        );
    }
    let (run, vault) = (crate::dirs::RunDir::open(&args.dir)?, args.vault.open()?);
    let path = run.internal("sql").join(name);
    if path.exists() && !args.overwrite {
        return Err(
            Error::usage(format!("`{}` is there already", path.display()))
                .with_hint("name another file with --out, or replace it with --overwrite"),
        );
    }
    let session = erewhon_session::Session::open(&run.store())?;
    let stage = ui.stage("sql");
    session.sql(&vault, &args.vault.asker(&args.why), &args.query, &path)?;
    stage.finish();
    ui.result(
        "erewhon.sql.v1",
        &path,
        &format!("INTERNAL: {}", path.display()),
    )
}

#[cfg(not(feature = "sql"))]
pub(crate) fn sql(_args: &SqlArgs, _ui: &Ui) -> Result<()> {
    use erewhon_types::Error;

    Err(Error::usage("this build answers no SQL")
        .with_hint("build it in: `cargo install --path crates/cli --features sql`"))
}
