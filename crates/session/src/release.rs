use std::{fs, path::Path};

use erewhon_events::Mapping;
use erewhon_generate::{GenerateSpec, generate};
use erewhon_govern::{Policy, ReleaseRequest, make_release};
use erewhon_ledger::{Digest, FitRecord, LedgerSummary, fit_digest};
use erewhon_model::Model;
use erewhon_types::{Error, Kind, Result};

use crate::{
    FitJob, Vault, cells_csv,
    export::write_released,
    measured::{tables_csv, zones_csv},
    synthetic::is_written,
};

/// What a run asks to release.
#[derive(Clone, Copy, Debug)]
pub struct ReleaseJob<'a> {
    /// The directory of the release's files.
    pub directory: &'a Path,
    /// Which release, what for and for whom.
    pub request: &'a ReleaseRequest,
    /// The layout of the synthetic records.
    pub mapping: &'a Mapping,
    /// How they were drawn from the model.
    pub drawn: &'a GenerateSpec,
    /// The page that `erewhon report` makes of the model and of what is drawn from it.
    pub page: &'a str,
    /// Who asks.
    pub who: &'a str,
}

/// Signs a run's files as a request, once each is what its name says; on record in the ledger.
///
/// The model is private; cells, statement, tables and zones are the model's, and the synthetic records
/// are drawn from it once more: compared byte by byte, nothing else can pass for them. The page names the
/// day that it is made, so it is not compared but written anew: what somebody made of it is not signed.
///
/// # Privacy
/// The manifest names the ledger's entry of this request. Its hash covers random bytes, so that an
/// outsider can't try the times of earlier entries against it.
///
/// # Errors
/// Refused, when a file is not what its name says or as [`make_release`]; input, when the model is
/// none; budget, when the ledger can't be trusted.
pub fn request_release(vault: &Vault, policy: &Policy, job: &ReleaseJob<'_>) -> Result<()> {
    let model = read_private_model(&job.directory.join("model.json"))?;
    let (cells, calendar) = (model.cell_table()?, model.calendar()?);
    let refuse = |what: &str, hint: &str| Err(Error::new(Kind::Refused, what).with_hint(hint));

    for (name, text) in model_files(&model)? {
        let path = job.directory.join(name);
        let there = fs::read(&path).map_err(|error| Error::io("read", &path, &error))?;
        if there != text {
            return refuse(
                &format!("`{name}` is not what the model says"),
                "put back the file that the fit wrote",
            );
        }
    }
    let path = job.directory.join("synthetic.csv");
    let drawn = generate(&model, &cells, &calendar, job.drawn)?;
    if !is_written(&path, job.mapping, &cells, drawn.parts())? {
        return refuse(
            "`synthetic.csv` is not what the model gives",
            "make it anew with `erewhon generate`",
        );
    }
    write_released(&job.directory.join("report.html"), job.page.as_bytes())?;
    let mut ledger = vault.ledger()?;
    let what = format!("request of release {}", job.request.release);
    let receipt = ledger.record_export(job.who, &job.request.purpose, &what)?;
    let summary = LedgerSummary {
        head: receipt.entry(),
        ..ledger.summary()?
    };
    make_release(
        job.directory,
        job.request,
        &summary,
        policy,
        &vault.requester_key()?,
    )?;
    Ok(())
}

/// Reads a model whose tables were paid for.
///
/// # Errors
/// Refused, when its tables are exact; input, when the file is missing or no model.
pub fn read_private_model(path: &Path) -> Result<Model> {
    let model = Model::read(path)?;
    if model.statement().is_none() {
        return Err(Error::new(
            Kind::Refused,
            format!("`{}` is internal: its tables are exact", path.display()),
        )
        .with_hint("only a model that was paid for may be drawn from or leave"));
    }
    Ok(model)
}

/// What a release shows of its model in files of their own.
///
/// # Errors
/// Internal, when the model is not private; input, when its cells are no table.
pub fn model_files(model: &Model) -> Result<[(&'static str, Vec<u8>); 4]> {
    Ok([
        ("cells.csv", cells_csv(&model.cell_table()?).into_bytes()),
        ("privacy.json", privacy_json(model)?),
        ("tables.csv", tables_csv(model).into_bytes()),
        ("zones.csv", zones_csv(model).into_bytes()),
    ])
}

/// The privacy statement of a model as the file `privacy.json`.
///
/// # Errors
/// Internal, when the model is not private.
fn privacy_json(model: &Model) -> Result<Vec<u8>> {
    let statement = model
        .statement()
        .ok_or_else(|| Error::internal("a private model came without its statement"))?;
    serde_json::to_vec_pretty(statement)
        .map_err(|_| Error::internal("the privacy statement can't be written as JSON"))
}

/// What the ledger keeps of a fit: its queries, and the digest of model and statement, which the other
/// files follow from.
pub(crate) fn fit_record(job: &FitJob, model: &Model) -> Result<FitRecord> {
    let queries = model.statement().map_or(&[][..], |s| &s.queries);
    let queries: Vec<_> = queries
        .iter()
        .map(|query| format!("{} {}", query.name, query.loss.value()))
        .collect();
    Ok(FitRecord {
        release: job.release.clone(),
        who: job.who.clone(),
        purpose: job.purpose.clone(),
        queries: queries.join(", "),
        digest: fit_digest(
            &Digest::of(model.to_json()?.as_bytes()),
            &Digest::of(&privacy_json(model)?),
        ),
        window: model.frame.window.clone(),
    })
}
