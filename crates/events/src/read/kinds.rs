use super::fields::Fields;
use crate::{EventKind, mapping::KindColumns};

/// A word of a value; `None` for a `*`.
type Word = Option<Box<[u8]>>;

/// What the values of the kind columns mean.
pub(crate) struct Kinds {
    constant: Option<EventKind>,
    /// Values, those with the fewest `*` first.
    values: Vec<(Vec<Word>, EventKind)>,
    default: Option<EventKind>,
}

impl Kinds {
    pub(crate) fn new(columns: &KindColumns) -> Self {
        let mut values = Vec::new();
        if columns.values.is_empty() {
            values = EventKind::ALL
                .map(|kind| (vec![Some(kind.name().as_bytes().into())], kind))
                .into();
        }
        for (value, &kind) in &columns.values {
            let width = columns.columns.len();
            let words = value.splitn(width, ' ');
            let words = words.map(|word| (word != "*").then(|| word.as_bytes().into()));
            let words: Vec<Word> = words.collect();
            if words.contains(&None) {
                values.push((words, kind));
            } else {
                let exact = |word: &str| Some(word.as_bytes().into());
                let all = splits(value, width).into_iter();
                values.extend(all.map(|words| (words.into_iter().map(exact).collect(), kind)));
            }
        }
        let any = |words: &[Word]| words.iter().filter(|word| word.is_none()).count();
        values.sort_by_key(|(words, _)| any(words));
        Self {
            constant: columns.constant,
            values,
            default: columns.default,
        }
    }

    /// The kind of a row; slow, so that it is looked for once, and then known.
    pub(crate) fn find(&self, fields: Fields<'_>, columns: &[usize]) -> Option<EventKind> {
        if self.constant.is_some() {
            return self.constant;
        }
        let fits = |words: &[Word]| {
            let mut pairs = words.iter().zip(columns);
            pairs.all(|(word, column)| word.as_deref().is_none_or(|w| w == fields.get(*column)))
        };
        let met = self.values.iter().find(|(words, _)| fits(words));
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
        kinds.values.pop();
        assert_eq!(find(&kinds, "", ""), Some(EventKind::Data));
        kinds.default = None;
        assert_eq!(find(&kinds, "", ""), None);
    }
}
