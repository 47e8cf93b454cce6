//! Rust source as words, so that a check looks at code and not at comments, layout or strings.
//!
//! This splits text as the compiler's lexer does, as far as the checks here need it: it knows where
//! comments, strings and characters begin and end, and nothing of grammar.

/// Source text split into the tokens of the program and the lines of its comments.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Identifiers, literals and single punctuation characters, in order.
    pub(crate) tokens: Vec<String>,
    /// The comments' lines without their markers.
    pub(crate) comments: Vec<String>,
}

impl Source {
    /// Splits `text`. Text that is no Rust gives some tokens, never an error.
    pub(crate) fn parse(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let mut source = Self::default();
        let mut at = 0;
        while at < chars.len() {
            at = source.step(&chars, at);
        }
        source
    }

    /// The tokens without items marked `#[cfg(test)]`.
    pub(crate) fn shipping_tokens(&self) -> Vec<&str> {
        let all: Vec<&str> = self.tokens.iter().map(String::as_str).collect();
        let mut kept = Vec::with_capacity(all.len());
        let mut at = 0;
        while let Some(rest) = all.get(at..).filter(|rest| !rest.is_empty()) {
            if rest.starts_with(&["#", "[", "cfg", "(", "test", ")", "]"]) {
                at += item_length(rest);
            } else {
                kept.extend(rest.first());
                at += 1;
            }
        }
        kept
    }

    fn step(&mut self, chars: &[char], at: usize) -> usize {
        let here = |offset: usize| chars.get(at + offset).copied().unwrap_or('\0');
        match (here(0), here(1)) {
            ('/', '/') => {
                let end = find(chars, at, |c| c == '\n');
                self.comment(chars, at, end);
                end
            }
            ('/', '*') => {
                let end = block_comment_end(chars, at);
                self.comment(chars, at, end);
                end
            }
            (c, _) if c.is_whitespace() => at + 1,
            ('"', _) => self.token(chars, at, string_end(chars, at)),
            ('\'', _) => self.token(chars, at, quote_end(chars, at)),
            (c, _) if is_word(c) => {
                let end = find(chars, at, |c| !is_word(c));
                self.token(chars, at, literal_end(chars, at, end).unwrap_or(end))
            }
            _ => self.token(chars, at, at + 1),
        }
    }

    fn token(&mut self, chars: &[char], from: usize, to: usize) -> usize {
        let to = to.min(chars.len());
        self.tokens.push(chars[from..to].iter().collect());
        to
    }

    fn comment(&mut self, chars: &[char], from: usize, to: usize) {
        let text: String = chars[from..to].iter().collect();
        for line in text.lines() {
            let line = line.trim().trim_start_matches(['/', '*', '!']);
            self.comments
                .push(line.trim_end_matches("*/").trim().to_owned());
        }
    }
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn find(chars: &[char], from: usize, stop: impl Fn(char) -> bool) -> usize {
    let found = chars.iter().skip(from).position(|&c| stop(c));
    found.map_or(chars.len(), |offset| from + offset)
}

fn block_comment_end(chars: &[char], from: usize) -> usize {
    let (mut depth, mut at) = (0_usize, from);
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) if depth == 1 => return at + 2,
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    chars.len()
}

/// The end of a string or character that starts with the quote at `from`.
fn string_end(chars: &[char], from: usize) -> usize {
    let quote = chars[from];
    let mut at = from + 1;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            c if c == quote => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

/// A quote opens a character, or a lifetime or label when no quote closes it.
fn quote_end(chars: &[char], from: usize) -> usize {
    match (chars.get(from + 1), chars.get(from + 2)) {
        (Some('\\'), _) | (Some(_), Some('\'')) => string_end(chars, from),
        _ => find(chars, from + 1, |c| !is_word(c)),
    }
}

/// The end of `b"…"`, `r#"…"#` and their like, when the word before `end` is such a prefix.
fn literal_end(chars: &[char], from: usize, end: usize) -> Option<usize> {
    let prefix: String = chars[from..end].iter().collect();
    let raw = matches!(prefix.as_str(), "r" | "br" | "cr");
    let plain = matches!(prefix.as_str(), "b" | "c");
    match chars.get(end)? {
        '"' if plain => Some(string_end(chars, end)),
        '\'' if prefix == "b" => Some(string_end(chars, end)),
        '"' | '#' if raw => raw_end(chars, end),
        _ => None,
    }
}

fn raw_end(chars: &[char], from: usize) -> Option<usize> {
    let open = find(chars, from, |c| c != '#');
    if chars.get(open) != Some(&'"') {
        return None; // a raw identifier such as r#type
    }
    let hashes = open - from;
    let mut at = open + 1;
    while at < chars.len() {
        let closing = chars.get(at + 1..at + 1 + hashes);
        if chars[at] == '"' && closing.is_some_and(|c| c.iter().all(|&c| c == '#')) {
            return Some(at + 1 + hashes);
        }
        at += 1;
    }
    Some(chars.len())
}

/// How many tokens the item, field or variant at the start of `tokens` takes, attributes included.
fn item_length(tokens: &[&str]) -> usize {
    let (mut depth, mut is_item) = (0_i32, false);
    for (at, token) in tokens.iter().enumerate() {
        match *token {
            "(" | "[" | "{" => depth += 1,
            // The last item of a block that ends here.
            "}" if depth == 0 => return at,
            ")" | "]" | "}" => depth -= 1,
            "fn" | "mod" | "impl" | "use" | "struct" | "enum" | "trait" | "type" => is_item = true,
            _ => {}
        }
        match *token {
            ";" if depth == 0 => return at + 1,
            "," if depth == 0 && !is_item => return at + 1,
            "}" if depth == 0 && tokens.get(at + 1) == Some(&";") => return at + 2,
            "}" if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipping(text: &str) -> String {
        Source::parse(text).shipping_tokens().join(" ")
    }

    #[test]
    fn comments_layout_and_tests_do_not_count() {
        let code = "/// Doc.\nfn  f ( ) -> u8 { 1 /* a /* nested */ b */ }";
        let other = "fn f() -> u8 {\n    1 // why\n}\n\
                     #[cfg(test)]\n#[expect(dead_code, reason = \"}\")]\nmod tests { fn g() {} }\n";
        assert_eq!(shipping(code), "fn f ( ) - > u8 { 1 }");
        assert_eq!(shipping(code), shipping(other));
        assert_eq!(
            shipping(code),
            shipping(&format!("{code}\n#[cfg(test)]\nmod tests;\n"))
        );
    }

    #[test]
    fn what_follows_a_test_module_counts() {
        assert_eq!(
            shipping("#[cfg(test)] mod tests { } fn f() {}"),
            "fn f ( ) { }"
        );
        assert_eq!(
            shipping("mod a { #[cfg(test)] fn f() {} } fn g() {}"),
            "mod a { } fn g ( ) { }"
        );
    }

    #[test]
    fn strings_and_characters_are_one_token() {
        let tokens = |text: &str| Source::parse(text).tokens;
        assert_eq!(tokens(r##"r#"unsafe "x" // y"# ;"##).len(), 2);
        assert_eq!(tokens(r#""a \" unsafe" b"//" c"x""#).len(), 3);
        assert_eq!(tokens(r"'\'' '}' b'{' 'a: 'static").len(), 6);
        assert_eq!(tokens("&'a str"), ["&", "'a", "str"]);
        assert_eq!(tokens("r#type x"), ["r", "#", "type", "x"]);
    }

    #[test]
    fn comment_lines_lose_their_markers() {
        let source = Source::parse("//! One\n/// Two\n/* Three\n * Four */ fn f() {}");
        assert_eq!(source.comments, ["One", "Two", "Three", "Four"]);
    }

    #[test]
    fn text_that_breaks_off_ends() {
        for text in [
            "\"abc",
            "/* a",
            "r#\"x",
            "'",
            "'\\",
            "b'",
            "#[cfg(test)]",
            "r#",
            "\"\\",
        ] {
            Source::parse(text).shipping_tokens();
        }
    }
}
