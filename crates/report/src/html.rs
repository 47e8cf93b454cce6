/// Text made safe for element content and quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// JSON made safe inside a `<script>` element: no `<`, so neither `</script` nor `<!--`.
pub(crate) fn script_json(value: &serde_json::Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

/// A titled section that the table of contents can reach.
pub(crate) struct Section {
    /// Anchor, in the page's own words.
    pub(crate) id: &'static str,
    /// Heading, plain text.
    pub(crate) title: &'static str,
    /// Content as HTML.
    pub(crate) body: String,
}

impl Section {
    pub(crate) const fn new(id: &'static str, title: &'static str, body: String) -> Self {
        Self { id, title, body }
    }

    pub(crate) fn render(&self) -> String {
        let Self { id, title, body } = self;
        format!("<section id=\"{id}\">\n<h2>{title}</h2>\n{body}</section>\n")
    }
}

/// One cell of a table: HTML that is already safe, and whether it is a number.
pub(crate) struct Td {
    html: String,
    class: &'static str,
}

/// A number, aligned to the right.
pub(crate) fn num(text: impl AsRef<str>) -> Td {
    Td {
        html: escape(text.as_ref()),
        class: " class=\"n\"",
    }
}

/// Text, escaped; sentences keep a readable width on a phone.
pub(crate) fn text(text: &str) -> Td {
    let class = if text.len() > 24 {
        " class=\"t\""
    } else {
        " class=\"s\""
    };
    // Backticks are how plain text marks a word of the machine.
    let pieces = text.split('`').enumerate();
    let html = pieces.map(|(i, piece)| match i % 2 {
        0 => escape(piece),
        _ => format!("<code>{}</code>", escape(piece)),
    });
    Td {
        html: html.collect(),
        class,
    }
}

/// HTML that is already safe.
pub(crate) const fn raw(html: String) -> Td {
    Td { html, class: "" }
}

/// Tables with more columns become a list of cards on a phone.
const PHONE_COLUMNS: usize = 3;

/// A table in a box of its own that scrolls sideways where it must. A heading that ends in `#` is a
/// number's; every row has a cell for each heading, by its type.
pub(crate) fn table<const N: usize>(
    caption: &str,
    headings: &[&str; N],
    rows: Vec<[Td; N]>,
) -> String {
    let head: String = headings
        .iter()
        .map(|h| match h.strip_suffix('#') {
            Some(h) => format!("<th scope=\"col\" class=\"n\">{}</th>", escape(h)),
            None => format!("<th scope=\"col\">{}</th>", escape(h)),
        })
        .collect();
    let row = |cells: [Td; N]| -> String {
        let cells: String = cells
            .into_iter()
            .zip(headings)
            .map(|(td, heading)| {
                let label = escape(heading.trim_end_matches('#'));
                format!("<td{} data-label=\"{label}\">{}</td>", td.class, td.html)
            })
            .collect();
        format!("<tr>{cells}</tr>\n")
    };
    let body: String = rows.into_iter().map(row).collect();
    let caption = escape(caption);
    let class = if headings.iter().filter(|h| !h.is_empty()).count() > PHONE_COLUMNS {
        " class=\"stack\""
    } else {
        ""
    };
    format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\">\n<table{class}>\
         <caption>{caption}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\
         </table></div>\n"
    )
}

/// A paragraph of plain text.
pub(crate) fn p(content: &str) -> String {
    format!("<p>{}</p>\n", escape(content))
}

/// A paragraph that explains, in a quieter voice.
pub(crate) fn note(content: &str) -> String {
    format!("<p class=\"note\">{}</p>\n", escape(content))
}

/// A notice that must not be overlooked: a strong lead and a sentence.
pub(crate) fn banner(lead: &str, sentence: &str) -> String {
    let (lead, sentence) = (escape(lead), escape(sentence));
    format!("<div class=\"banner\" role=\"note\"><strong>{lead}</strong> {sentence}</div>\n")
}

/// A list of plain sentences; nothing when there are none.
pub(crate) fn list(sentences: &[String]) -> String {
    if sentences.is_empty() {
        return String::new();
    }
    let items: String = sentences
        .iter()
        .map(|s| format!("<li>{}</li>\n", escape(s)))
        .collect();
    format!("<ul>\n{items}</ul>\n")
}

/// A key figure: label, value, and what it means.
pub(crate) fn figure(label: &str, value: &str, meaning: &str, mood: &str) -> String {
    let (label, value, meaning) = (escape(label), escape(value), escape(meaning));
    format!(
        "<div class=\"figure {mood}\"><dt>{label}</dt><dd><b>{value}</b><span>{meaning}</span></dd>\
         </div>\n"
    )
}
