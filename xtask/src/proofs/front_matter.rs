//! The head of a proof file: `key: value` lines between two `---` lines.

use crate::Outcome;

const RULE: &str = "---";
const DIGEST_KEY: &str = "code-digest";
const STATUS_KEY: &str = "status";

/// What a proof says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FrontMatter {
    /// The proved item: `Type`, `function` or `Type::function`.
    pub(super) item: String,
    /// The source files that the proof speaks of, beside it.
    pub(super) sources: Vec<String>,
    /// `draft` or `reviewed`.
    pub(super) status: String,
    /// The tests that check what the proof claims.
    pub(super) tests: Vec<String>,
    /// Digest of the source when the proof was last read against it; empty before that.
    pub(super) code_digest: String,
}

impl FrontMatter {
    /// Reads the head of a proof's text.
    pub(super) fn parse(text: &str) -> Outcome<Self> {
        let head = text
            .strip_prefix(RULE)
            .and_then(|rest| rest.split_once("\n---"));
        let (head, _) = head.ok_or("the proof does not open with lines between two `---`")?;
        let mut front = Self {
            item: String::new(),
            sources: Vec::new(),
            status: String::new(),
            tests: Vec::new(),
            code_digest: String::new(),
        };
        let mut in_tests = false;
        for line in head.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if let (true, Some(name)) = (in_tests, line.strip_prefix("- ")) {
                front.tests.push(name.trim().to_owned());
                continue;
            }
            let (key, value) = line
                .split_once(':')
                .ok_or_else(|| format!("line `{line}` of its head is not `key: value`"))?;
            let value = value.trim();
            in_tests = key == "tests";
            match key {
                "item" => value.clone_into(&mut front.item),
                "source" => front.sources = names(value),
                STATUS_KEY => value.clone_into(&mut front.status),
                "tests" => front.tests = names(value),
                DIGEST_KEY => value.clone_into(&mut front.code_digest),
                _ => {
                    return Err(format!(
                        "key `{key}` is none of item, source, status, tests, code-digest"
                    ));
                }
            }
        }
        front.checked()
    }

    fn checked(self) -> Outcome<Self> {
        if self.item.is_empty() || self.sources.is_empty() {
            return Err("it names no `item` or no `source`".to_owned());
        }
        if let Some(source) = self.sources.iter().find(|source| source.contains('/')) {
            return Err(format!("source `{source}` is not beside the proof"));
        }
        if !matches!(self.status.as_str(), "draft" | "reviewed") {
            return Err(format!(
                "status `{}` is neither draft nor reviewed",
                self.status
            ));
        }
        if self.tests.is_empty() {
            return Err("it names no test: a claim that nothing checks can't fail".to_owned());
        }
        Ok(self)
    }
}

/// `text` with its digest replaced, or added at the end of its head. What a second reader reviewed was
/// other code when the digest changes, so the status is `draft` again.
pub(super) fn with_digest(text: &str, digest: &str) -> Outcome<String> {
    let moved_on = FrontMatter::parse(text)?.code_digest != digest;
    let new_line = format!("{DIGEST_KEY}: {digest}");
    let mut lines: Vec<&str> = text.lines().collect();
    let end = lines
        .iter()
        .skip(1)
        .position(|line| line.trim() == RULE)
        .map_or(1, |at| at + 1);
    if moved_on {
        let head = lines.iter_mut().take(end);
        for line in head.filter(|line| line.starts_with(STATUS_KEY)) {
            *line = "status: draft";
        }
    }
    let old = lines
        .iter()
        .take(end)
        .position(|line| line.starts_with(DIGEST_KEY));
    match old.and_then(|at| lines.get_mut(at)) {
        Some(line) => *line = &new_line,
        None => lines.insert(end, &new_line),
    }
    Ok(lines.join("\n") + "\n")
}

/// `a, b` or `[a, b]`.
fn names(value: &str) -> Vec<String> {
    let list = value
        .trim_start_matches('[')
        .trim_end_matches(']')
        .split(',');
    list.map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}
