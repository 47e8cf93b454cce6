use std::fmt::Write as _;

use erewhon_model::{MeasuredTable, Model};

use crate::tables::field;

/// The tables of a model as they were released, with how far noise reaches, as the file `tables.csv`.
///
/// Its columns are all axes that a table has; those that it is not by are empty. `low_95_people` and
/// `high_95_people` hold the exact sum 95 times in 100; `fitted_people` is what the model makes of it.
pub(crate) fn tables_csv(model: &Model) -> String {
    let mut axes: Vec<&str> = Vec::new();
    for axis in model.measured.iter().flat_map(|table| &table.by) {
        if !axes.contains(&axis.name.as_str()) {
            axes.push(&axis.name);
        }
    }
    let mut text = String::from("table");
    for axis in &axes {
        text.push(',');
        text.push_str(axis);
    }
    text.push_str(",people,low_95_people,high_95_people,fitted_people\n");
    for table in &model.measured {
        let queries = model.statement().map_or(&[][..], |s| &s.queries);
        let query = queries.iter().find(|query| query.name == table.query);
        let reach = query.map_or(f64::INFINITY, |query| query.noise_95_people);
        for (entry, people) in table.people().enumerate() {
            text.push_str(&table.query);
            let labels = table.labels(entry);
            for axis in &axes {
                text.push(',');
                let at = table.by.iter().position(|by| by.name == *axis);
                text.push_str(&field(at.map_or("", |at| labels[at])));
            }
            let fitted = table.fitted_people.as_ref().map(|fitted| fitted[entry]);
            for number in [
                Some(people),
                Some(people - reach),
                Some(people + reach),
                fitted,
            ] {
                text.push(',');
                if let Some(number) = number {
                    // Writing to a string can't fail. What rounds to nothing has no sign.
                    let _ = write!(text, "{}", (number * 1000.0).round() / 1000.0 + 0.0);
                }
            }
            text.push('\n');
        }
    }
    text
}

/// Which zone of each table a cell is in, as the file `zones.csv`.
pub(crate) fn zones_csv(model: &Model) -> String {
    let mut tables: Vec<(&str, &[u32])> = Vec::new();
    for MeasuredTable {
        query,
        zone_of_cell,
        ..
    } in &model.measured
    {
        if let Some(zones) = zone_of_cell
            && tables.iter().all(|(name, _)| name != query)
        {
            tables.push((query, zones));
        }
    }
    let mut text = String::from("cell");
    for (name, _) in &tables {
        text.push(',');
        text.push_str(name);
    }
    text.push('\n');
    for (number, cell) in model.frame.cells.iter().enumerate() {
        text.push_str(&field(&cell.id));
        for (_, zones) in &tables {
            let _ = write!(text, ",{}", zones[number]);
        }
        text.push('\n');
    }
    text
}
