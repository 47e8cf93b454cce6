use erewhon_events::EventSource as _;
use erewhon_generate::{GenerateSpec, generate};
use erewhon_mobility::{Public, Track, presence};
use erewhon_model::Model;
use erewhon_types::Result;

/// Where the subscribers that are drawn from a model are: by hour of the day, the share of each cell.
/// Each subscriber weighs the same in every hour that they are seen in. An hour without events is all
/// nought.
///
/// # Privacy
/// Post-processing of the model: no charge.
///
/// # Errors
/// As [`generate`].
pub fn presence_by_hour(model: &Model, drawn: &GenerateSpec) -> Result<Vec<Vec<f64>>> {
    let (cells, calendar) = (model.cell_table()?, model.calendar()?);
    let public = Public {
        cells: &cells,
        calendar: &calendar,
    };
    let mut hours = vec![vec![0.0; cells.len()]; 24];
    generate(model, &cells, &calendar, drawn)?.visit(&mut |history| {
        presence(&Track::new(public, history), &mut |hour, cell, share| {
            hours[usize::from(hour)][cell.index()] += f64::from(share);
        });
        Ok(())
    })?;
    for hour in &mut hours {
        let people: f64 = hour.iter().sum();
        if people > 0.0 {
            hour.iter_mut().for_each(|share| *share /= people);
        }
    }
    Ok(hours)
}
