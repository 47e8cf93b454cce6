use erewhon_events::{Preview, RowReader};
use erewhon_types::{Calendar, Error, Result};

use crate::{args::IngestArgs, inputs::Inputs, ui::Ui};

/// Rows shown of each file.
const ROWS: usize = 5;

/// Shows how the first rows of each file would be read; opens neither vault nor store.
pub(super) fn preview(args: &IngestArgs, ui: &Ui) -> Result<()> {
    let people = &args.people;
    let lists = [&people.opt_out, &people.opt_in, &people.persons];
    if lists.iter().any(|list| list.is_some()) {
        return Err(
            Error::usage("a preview applies no list of people").with_hint(
                "leave out --opt-out, --opt-in and --persons: it shows the first rows, whosever \
                 they are",
            ),
        );
    }
    let job = Inputs::check(args, None)?.job;
    let (cells, issues) = job.read_cells()?;
    let calendar = Calendar::new(&job.window)?;
    let reader = RowReader::new(&job.mapping, &cells, &issues, &calendar)?;
    let mut previews = Vec::with_capacity(job.files.len());
    let mut text = "INTERNAL: these are rows of the files themselves.\n".to_owned();
    for (number, path) in (1..).zip(&job.files) {
        let preview = reader.preview(path, ROWS);
        let preview = preview.map_err(|error| job.mapping.nameless(error, path, number))?;
        text.push_str(&format!("\n{}\n", job.mapping.name_of(path, number)));
        text.push_str(&table(&preview));
        previews.push(preview);
    }
    ui.result("erewhon.preview.v1", &previews, &text)
}

fn table(preview: &Preview) -> String {
    let mut text = String::new();
    for row in &preview.rows {
        text.push_str(&format!("  row {}\n", row.line));
        for field in &row.fields {
            let understood = field.understood.as_deref();
            let understood = understood.map_or_else(String::new, |value| format!(" -> {value}"));
            text.push_str(&format!(
                "    {:<20} {:<20} {}{understood}\n",
                field.column, field.meaning, field.written
            ));
        }
        if let Some((rule, column)) = &row.breaks {
            let column = column.as_deref();
            let column = column.map_or_else(String::new, |column| format!(" in `{column}`"));
            text.push_str(&format!("    set aside: {rule}{column}\n"));
        }
    }
    text
}
