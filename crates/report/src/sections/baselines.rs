use crate::{
    html::{Section, num, p, table, text},
    input::Baseline,
    number::maybe,
};

pub(crate) fn section(baselines: &[Baseline]) -> Section {
    let title = "Baselines of the field";
    if baselines.is_empty() {
        let body = p("Not available: the baselines were not run.");
        return Section::new("baselines", title, body);
    }
    let rows = baselines.iter().map(|b| {
        vec![
            text(&b.name),
            num(maybe(b.hourly_emd_km, "km")),
            num(maybe(b.daily_range_error_km, "km")),
        ]
    });
    let body = p(
        "The same measures on the mobility models that the literature compares with. \
                  Smaller is better.",
    ) + &table(
        "Baselines",
        &[
            "Model",
            "Hourly earth mover's distance#",
            "Daily range error#",
        ],
        rows.collect(),
    );
    Section::new("baselines", title, body)
}
