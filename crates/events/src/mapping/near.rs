/// The name that somebody may have meant: within two slips of the pen, or a third of its letters.
pub fn name<'a>(written: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let fold = |name: &str| name.to_ascii_lowercase().replace(['-', ' '], "_");
    let wrong = fold(written);
    let steps = |name: &'a str| (strsim::damerau_levenshtein(&fold(name), &wrong), name);
    names
        .map(steps)
        .min()
        .filter(|(steps, name)| *steps <= 2.min(name.len() / 3 + 1))
        .map(|(_, name)| name)
}

/// What TOML says is wrong with a text, and in which of its lines.
pub fn toml_message(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map(|before| before.matches('\n').count() + 1);
    let line = line.map_or_else(String::new, |line| format!(" (line {line})"));
    format!("{}{line}", error.message())
}

/// The hint for a key or a value that TOML does not know, taken from its own message.
pub(crate) fn key(message: &str) -> Option<String> {
    let field = message.strip_prefix("unknown field `");
    let (what, unknown) = match field {
        Some(field) => ("keys are", field),
        None => ("allowed:", message.strip_prefix("unknown variant `")?),
    };
    let mut quoted = unknown.split('`');
    let written = quoted.next()?;
    let known: Vec<&str> = quoted.skip(1).step_by(2).collect();
    let meant = name(written, known.iter().copied());
    Some(match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("{what} {}", known.join(", ")),
    })
}
