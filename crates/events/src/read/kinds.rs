use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::fields::Fields;
use crate::{EventKind, mapping::KindColumns};

/// A word of a value; `None` for a `*`.
type Word = Option<Box<[u8]>>;

/// What the values of the kind columns mean.
pub(crate) struct Kinds {
    constant: Option<EventKind>,
    values: HashMap<Box<[u8]>, EventKind, FixedState>,
    /// Values with a `*`, those with the fewest first.
    patterns: Vec<(Vec<Word>, EventKind)>,
    default: Option<EventKind>,
}

impl Kinds {
    pub(crate) fn new(columns: &KindColumns) -> Self {
        let mut kinds = Self {
            constant: columns.constant,
            values: HashMap::default(),
            patterns: Vec::new(),
            default: columns.default,
        };
        if columns.values.is_empty() {
            let own = EventKind::ALL.map(|kind| (kind.name().as_bytes().into(), kind));
            kinds.values.extend(own);
        }
        for (value, &kind) in &columns.values {
            let words = value.splitn(columns.columns.len(), ' ');
            let words = words.map(|word| (word != "*").then(|| word.as_bytes().into()));
            let words: Vec<Word> = words.collect();
            if words.contains(&None) {
                kinds.patterns.push((words, kind));
            } else {
                kinds.values.insert(value.as_bytes().into(), kind);
            }
        }
        let any = |words: &[Word]| words.iter().filter(|word| word.is_none()).count();
        kinds.patterns.sort_by_key(|(words, _)| any(words));
        kinds
    }

    /// The kind of a row; `joined` is for use inside.
    #[inline]
    pub(crate) fn find(
        &self,
        fields: Fields<'_>,
        columns: &[usize],
        joined: &mut Vec<u8>,
    ) -> Option<EventKind> {
        if self.constant.is_some() {
            return self.constant;
        }
        let value = match columns {
            [column] => fields.get(*column),
            columns => {
                join(fields, columns, b' ', joined);
                joined
            }
        };
        if let Some(kind) = self.values.get(value) {
            return Some(*kind);
        }
        let fits = |words: &[Word]| {
            let mut pairs = words.iter().zip(columns);
            pairs.all(|(word, column)| word.as_deref().is_none_or(|w| w == fields.get(*column)))
        };
        let mut patterns = self.patterns.iter();
        let met = patterns.find(|(words, _)| fits(words));
        met.map(|(_, kind)| *kind).or(self.default)
    }
}

/// The values of several columns with one byte between them.
pub(crate) fn join(fields: Fields<'_>, columns: &[usize], between: u8, joined: &mut Vec<u8>) {
    joined.clear();
    for (at, &column) in columns.iter().enumerate() {
        if at > 0 {
            joined.push(between);
        }
        joined.extend_from_slice(fields.get(column));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_values_go_before_stars_and_stars_before_the_default() {
        let columns: KindColumns = toml::from_str(
            "columns = ['type', 'dir']\ndefault = 'data'\n\
             values = { 'call in' = 'call_in', 'call *' = 'call_out', 'call ' = 'paging', \
             '* in' = 'sms_in', '* *' = 'attach' }",
        )
        .unwrap();
        let mut kinds = Kinds::new(&columns);
        let find = |kinds: &Kinds, one: &str, two: &str| {
            let bytes = format!("{one}{two}");
            let (middle, end) = (one.len() as u32, bytes.len() as u32);
            let spans = [(0, middle), (middle, end)];
            let fields = Fields {
                bytes: bytes.as_bytes(),
                spans: &spans,
            };
            kinds.find(fields, &[0, 1], &mut Vec::new())
        };
        for (one, two, kind) in [
            ("call", "in", EventKind::CallIn),
            ("call", "", EventKind::Paging),
            ("call", "up", EventKind::CallOut),
            ("text", "in", EventKind::SmsIn),
            ("text", "up", EventKind::Attach),
            ("", "", EventKind::Attach),
        ] {
            assert_eq!(find(&kinds, one, two), Some(kind), "{one} {two}");
        }
        kinds.patterns.pop();
        assert_eq!(find(&kinds, "", ""), Some(EventKind::Data));
        kinds.default = None;
        assert_eq!(find(&kinds, "", ""), None);
    }
}
