use crate::{
    html::escape,
    number::count,
    svg::{Axis, c, label, tick, value_axis},
};

/// One bar: a name, a number, and whether it is drawn in a quieter colour.
pub(super) struct Bar {
    pub(super) name: String,
    pub(super) n: u64,
    pub(super) quiet: bool,
}

/// Bars over a common scale; about six of them are named.
pub(super) fn bars(caption: &str, unit: &str, bars: &[Bar]) -> String {
    let most = bars.iter().map(|bar| bar.n).max().unwrap_or(0);
    let (left, right, top, bottom) = (48.0, 716.0, 8.0, 120.0);
    let y = Axis::new(0.0, most as f64, false, bottom, top);
    let width = (right - left) / bars.len().max(1) as f64;
    let every = bars.len().div_ceil(6).max(1);
    let mut marks = value_axis(&y, left, right, tick);
    for (i, bar) in bars.iter().enumerate() {
        let x = left + i as f64 * width;
        let height = y.at(0.0) - y.at(bar.n as f64);
        marks += &format!(
            "<rect class=\"bar{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" \
             data-tip=\"{}: {} {unit}\"/>",
            if bar.quiet { " rest" } else { "" },
            c(x + width * 0.1),
            c(y.at(bar.n as f64)),
            c(width * 0.8),
            c(height),
            escape(&bar.name),
            count(bar.n)
        );
        if i.is_multiple_of(every) {
            marks += &label(x + width / 2.0, bottom + 17.0, "middle", &bar.name);
        }
    }
    let key = if bars.iter().any(|bar| bar.quiet) {
        " <span class=\"key\"><i class=\"bar\"></i>workday <i class=\"bar rest\"></i>weekend</span>"
    } else {
        ""
    };
    format!(
        "<figure class=\"wide\"><figcaption>{}{key}</figcaption>\n\
         <div class=\"scroll\"><svg class=\"days\" viewBox=\"0 0 724 146\" role=\"img\" \
         aria-label=\"{}: {} bars, at most {}\">{marks}</svg></div></figure>\n",
        escape(caption),
        escape(caption),
        bars.len(),
        count(most)
    )
}
