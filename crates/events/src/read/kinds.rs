use std::{
    collections::HashMap,
    hash::{BuildHasher as _, Hasher as _},
};

use foldhash::{fast::FixedState, quality::RandomState};

use super::fields::Fields;
use crate::{EventKind, mapping::KindColumns};

/// A word of a value; `None` for a `*`.
type Word = Option<Box<[u8]>>;

/// What the values of the kind columns mean.
pub(crate) struct Kinds {
    constant: Option<EventKind>,
    /// By 64 bits of a hash whose seed is drawn anew: that another value has the same is as rare as
    /// that two ids do in [`Ids`](super::ids::Ids).
    values: HashMap<u64, EventKind, FixedState>,
    hash: RandomState,
    /// Values with a `*`, those with the fewest first.
    patterns: Vec<(Vec<Word>, EventKind)>,
    default: Option<EventKind>,
}

impl Kinds {
    pub(crate) fn new(columns: &KindColumns) -> Self {
        let mut kinds = Self {
            constant: columns.constant,
            values: HashMap::default(),
            hash: RandomState::default(),
            patterns: Vec::new(),
            default: columns.default,
        };
        if columns.values.is_empty() {
            let own = EventKind::ALL.map(|kind| (kinds.print([kind.name().as_bytes()]), kind));
            kinds.values.extend(own);
        }
        for (value, &kind) in &columns.values {
            let words = value.splitn(columns.columns.len(), ' ');
            let words = words.map(|word| (word != "*").then(|| word.as_bytes().into()));
            let words: Vec<Word> = words.collect();
            if words.contains(&None) {
                kinds.patterns.push((words, kind));
            } else {
                for words in splits(value, columns.columns.len()) {
                    let words = words.iter().map(|word| word.as_bytes());
                    kinds.values.insert(kinds.print(words), kind);
                }
            }
        }
        let any = |words: &[Word]| words.iter().filter(|word| word.is_none()).count();
        kinds.patterns.sort_by_key(|(words, _)| any(words));
        kinds
    }

    #[inline]
    fn print<'w>(&self, words: impl IntoIterator<Item = &'w [u8]>) -> u64 {
        let mut hasher = self.hash.build_hasher();
        for word in words {
            hasher.write_usize(word.len());
            hasher.write(word);
        }
        hasher.finish()
    }

    /// The kind of a row.
    #[inline]
    pub(crate) fn find(&self, fields: Fields<'_>, columns: &[usize]) -> Option<EventKind> {
        if self.constant.is_some() {
            return self.constant;
        }
        let words = columns.iter().map(|&column| fields.get(column));
        if let Some(kind) = self.values.get(&self.print(words)) {
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

/// All ways to read a value as that of so many columns, joined by one space.
fn splits(value: &str, columns: usize) -> Vec<Vec<&str>> {
    if columns == 1 {
        return vec![vec![value]];
    }
    let spaces = value.match_indices(' ').flat_map(|(at, _)| {
        let rest = splits(&value[at + 1..], columns - 1);
        rest.into_iter()
            .map(move |rest| [vec![&value[..at]], rest].concat())
    });
    spaces.collect()
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
             '* in' = 'sms_in', '* *' = 'attach', 'on hold in' = 'topup' }",
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
            kinds.find(fields, &[0, 1])
        };
        for (one, two, kind) in [
            ("call", "in", EventKind::CallIn),
            ("on hold", "in", EventKind::Topup),
            ("on", "hold in", EventKind::Topup),
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
