//! From the files of a run to its pages.

use erewhon_model::{Model, PrivacyStatement};
use erewhon_report::{
    Baseline, InternalPage, Provenance, ReleasePage, Run, internal_page, quality_page,
    release_page, terminal_summary,
};
use erewhon_session::{
    BaselineRow, Mapping, QualityReport, presence_by_hour, read_private_model, write_atomically,
    write_released,
};
use erewhon_types::{Error, Result, Window, days};

use crate::dirs::{RunDir, RunFile};

/// What may leave as `release/report.html`: made of the model, and of the records that were drawn from it,
/// which are drawn once more.
pub(crate) fn page_to_release(run: &RunDir) -> Result<String> {
    let model = read_private_model(&run.model())?;
    let file = run.run_file()?;
    let drawn = file.drawn.as_ref();
    let drawn = drawn.ok_or_else(|| run.missing("synthetic file", "erewhon generate"))?;
    Ok(release_page(&ReleasePage {
        provenance: &provenance(&model, &file),
        cells: &model.cell_table()?,
        statement: statement(&model)?,
        resolved_home_zones: model.home.resolved_zones,
        home_share: &model.home.share,
        home_zone_of_cell: &model.home.zone_of_cell,
        presence: &presence_by_hour(&model, &drawn.spec())?,
    }))
}

fn statement(model: &Model) -> Result<&PrivacyStatement> {
    let missing = || Error::internal("the run's model has no privacy statement");
    model.statement().ok_or_else(missing)
}

/// Writes `internal/report.html` and, unless it is signed or closed, `release/report.html`; gives the short
/// table for a terminal, which is all where no file may be written.
pub(crate) fn write_pages(run: &RunDir) -> Result<String> {
    let model = Model::read(&run.model())?;
    let statement = statement(&model)?;
    let cells = model.cell_table()?;
    let file = run.run_file()?;
    let provenance = provenance(&model, &file);
    let resolved_home_zones = model.home.resolved_zones;

    let release_report = run.release().join("report.html");
    if run.can_write() && run.keeps_release().is_none() {
        write_released(&release_report, page_to_release(run)?.as_bytes())?;
    }

    let baselines: Vec<Baseline> = run
        .read::<Vec<BaselineRow>>("baselines.json", "erewhon utility")?
        .into_iter()
        .map(|row| Baseline {
            name: row.name,
            hourly_emd_km: row.hourly_emd_km,
            daily_range_error_km: row.daily_range_error_km,
        })
        .collect();
    let (quality, utility, without_privacy, risk) = (
        run.read("quality.json", "erewhon ingest")?,
        run.read("utility.json", "erewhon utility")?,
        run.read("reference.json", "erewhon utility")?,
        run.read("risk.json", "erewhon risk run --against")?,
    );
    let input = InternalPage {
        provenance: &provenance,
        run: &Run {
            commands: file.commands,
            stages: file.stages,
        },
        cells: &cells,
        quality: &quality,
        statement,
        resolved_home_zones,
        utility: &utility,
        without_privacy: &without_privacy,
        risk: &risk,
        baselines: &baselines,
    };
    let path = run.internal("report.html");
    if run.can_write() {
        write_atomically(&path, internal_page(&input).as_bytes())?;
    }
    Ok(terminal_summary(
        &input,
        &path.display().to_string(),
        &release_report.display().to_string(),
    ))
}

/// Writes `internal/quality.html`.
pub(crate) fn write_quality_page(
    run: &RunDir,
    window: &Window,
    format: &str,
    quality: &QualityReport,
) -> Result<()> {
    let provenance = provenance_of("Records", window, format);
    let page = quality_page(&provenance, window, quality);
    write_atomically(&run.internal("quality.html"), page.as_bytes())
}

pub(crate) fn provenance(model: &Model, file: &RunFile) -> Provenance {
    let mut made = provenance_of("Synthetic records", &model.frame.window, &file.format);
    let release = file.release.clone().unwrap_or_default();
    for (name, value) in [
        (
            "model",
            "routines (homes, works and moves between places)".to_owned(),
        ),
        ("release", release),
    ] {
        made.parameters.push((name.to_owned(), value));
    }
    made
}

pub(crate) fn provenance_of(what: &str, window: &Window, format: &str) -> Provenance {
    let parameters = [
        ("first day", window.first_day.to_string()),
        ("days", window.days.to_string()),
        ("time zone", window.time_zone.clone()),
        ("layout", layout(format)),
    ];
    Provenance {
        title: format!("{what}, {} from {}", days(window.days), window.first_day),
        made_utc: jiff::Timestamp::now()
            // A time would tell how long the work on the records took.
            .strftime("%Y-%m-%d")
            .to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        parameters: parameters
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec(),
    }
}

/// A preset's name; a path of the operator's is nobody else's business.
fn layout(format: &str) -> String {
    let known = Mapping::presets().any(|name| name == format);
    if known { format } else { "own mapping" }.to_owned()
}
