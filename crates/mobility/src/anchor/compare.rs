use std::sync::Arc;

use arrow_array::{
    Array as _, ArrayRef, Float64Array, RecordBatch, StringArray, UInt64Array, types::UInt64Type,
};
use arrow_schema::{DataType, Field};
use erewhon_types::{CellIx, Result};

use super::{AnchorRule, Anchors, anchors};
use crate::{
    Public, Reducer, Track, Zoning,
    frame::{batch, column, not_packed},
};

/// How much the choice of a rule moves people: each pair of [`AnchorRule::PRESETS`] against each
/// other, for home and for work.
///
/// A row for each anchor and pair of rules, in the order of the presets, without pairs of which one
/// knows no work. `both` are the subscribers for whom both rules find the anchor, and `one` those for
/// whom only one of them does. The shares are of `both`: those whose two cells are the same row of
/// the cell table, at most 1 and 3 km apart, and in the same zone; missing where there is nobody.
pub struct PresetChanges {
    /// The zones.
    pub zones: Arc<Zoning>,
}

const PRESETS: usize = AnchorRule::PRESETS.len();
const NEAR_M: [f64; 2] = [1_000.0, 3_000.0];

/// What two rules say of subscribers: found by both, by one; same cell, within 1 km, 3 km, same zone.
type Agreement = [u64; 6];

/// Home and work by pair of presets, `a * PRESETS + b` with `a < b`.
type Agreements = Vec<[Agreement; 2]>;

impl PresetChanges {
    fn add(&self, public: &Public<'_>, pair: [Option<CellIx>; 2], sum: &mut Agreement) {
        let (one, other) = match pair {
            [Some(one), Some(other)] => (one, other),
            [None, None] => return,
            [Some(_), None] | [None, Some(_)] => {
                sum[1] += 1;
                return;
            }
        };
        let within = |radius_m| u64::from(public.cells.are_within_m(one, other, radius_m));
        let same_zone = self.zones.of(one) == self.zones.of(other);
        sum[0] += 1;
        sum[2] += u64::from(one == other);
        sum[3] += within(NEAR_M[0]);
        sum[4] += within(NEAR_M[1]);
        sum[5] += u64::from(same_zone);
    }
}

/// Home and work.
fn cells(found: &Anchors) -> [Option<CellIx>; 2] {
    [found.home, found.work].map(|anchor| anchor.map(|anchor| anchor.cell))
}

impl Reducer for PresetChanges {
    type Partial = Agreements;

    fn name(&self) -> &'static str {
        "preset_changes"
    }

    fn places_alone(&self) -> bool {
        true
    }

    fn start(&self, _public: &Public<'_>) -> Agreements {
        vec![[[0; 6]; 2]; PRESETS * PRESETS]
    }

    fn subscriber(&self, track: &Track<'_>, partial: &mut Agreements) {
        let found = AnchorRule::PRESETS.map(|(_, rule)| cells(&anchors(track, &rule)));
        for (a, one) in found.iter().enumerate() {
            for (b, other) in found.iter().enumerate().skip(a + 1) {
                for (anchor, sum) in partial[a * PRESETS + b].iter_mut().enumerate() {
                    self.add(track.public(), [one[anchor], other[anchor]], sum);
                }
            }
        }
    }

    fn pack(&self, sums: Agreements) -> Result<RecordBatch> {
        let sums = sums.as_flattened().as_flattened().to_vec();
        let fields = vec![Field::new("sum", DataType::UInt64, false)];
        batch(self.name(), fields, vec![Arc::new(UInt64Array::from(sums))])
    }

    fn unpack(&self, public: &Public<'_>, packed: &RecordBatch) -> Result<Agreements> {
        let mut sums = self.start(public);
        let into = sums.as_flattened_mut().as_flattened_mut();
        let column = column::<UInt64Type>(packed, 0).filter(|column| column.len() == into.len());
        let column = column.ok_or_else(|| not_packed(self.name()))?;
        into.copy_from_slice(column.values());
        Ok(sums)
    }

    fn merge(&self, into: &mut Agreements, from: Agreements) {
        let sums = into.as_flattened_mut().as_flattened_mut();
        for (sum, more) in sums.iter_mut().zip(from.as_flattened().as_flattened()) {
            *sum += more;
        }
    }

    fn finish(&self, _public: &Public<'_>, sums: Agreements) -> Result<Option<RecordBatch>> {
        let mut names: [Vec<&str>; 3] = Default::default();
        let mut rows: Vec<Agreement> = Vec::new();
        for (anchor, what) in ["home", "work"].into_iter().enumerate() {
            for (a, (one, rule)) in AnchorRule::PRESETS.iter().enumerate() {
                for (b, (other, than)) in AnchorRule::PRESETS.iter().enumerate().skip(a + 1) {
                    if anchor == 1 && !(rule.knows_work() && than.knows_work()) {
                        continue;
                    }
                    for (column, name) in names.iter_mut().zip([what, one, other]) {
                        column.push(name);
                    }
                    rows.push(sums[a * PRESETS + b][anchor]);
                }
            }
        }
        let count = |at: usize| -> ArrayRef {
            Arc::new(UInt64Array::from_iter_values(
                rows.iter().map(|row| row[at]),
            ))
        };
        let share = |at: usize| -> ArrayRef {
            let of = |row: &Agreement| (row[0] > 0).then(|| row[at] as f64 / row[0] as f64);
            Arc::new(rows.iter().map(of).collect::<Float64Array>())
        };
        let mut fields = Vec::new();
        let mut columns: Vec<ArrayRef> = Vec::new();
        for (name, column) in ["anchor", "rule", "other_rule"].into_iter().zip(names) {
            fields.push(Field::new(name, DataType::Utf8, false));
            columns.push(Arc::new(StringArray::from(column)));
        }
        for (at, name) in ["both", "one"].into_iter().enumerate() {
            fields.push(Field::new(name, DataType::UInt64, false));
            columns.push(count(at));
        }
        let shares = [
            "same_cell_share",
            "within_1km_share",
            "within_3km_share",
            "same_zone_share",
        ];
        for (at, name) in (2..).zip(shares) {
            fields.push(Field::new(name, DataType::Float64, true));
            columns.push(share(at));
        }
        batch(Reducer::name(self), fields, columns).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{
        Array as _,
        cast::AsArray as _,
        types::{Float64Type, UInt64Type},
    };

    use super::*;
    use crate::cases::Case;

    /// Two nights at cell 0, the last events of three days at cell 1, 2 km off.
    #[test]
    fn pairs_of_rules_are_told_apart() {
        let events = [
            (0, 1, 0),
            (1, 1, 0),
            (0, 23, 1),
            (1, 23, 1),
            (2, 23, 1),
            (2, 10, 1),
        ];
        let case = Case::of(&[(0.0, 0.0), (2_000.0, 0.0)], 7, &events);
        let zones = Arc::new(Zoning::cells(&case.cells));
        let reducer = PresetChanges { zones };
        let (public, track) = (case.public(), case.track());
        let mut partial = reducer.start(&public);
        reducer.subscriber(&track, &mut partial);
        let mut whole = reducer.start(&public);
        reducer.merge(&mut whole, partial);
        let table = reducer.finish(&public, whole).unwrap().unwrap();
        let text = |name: &str| {
            table
                .column_by_name(name)
                .unwrap()
                .as_string::<i32>()
                .clone()
        };
        let (anchor, rule, other) = (text("anchor"), text("rule"), text("other_rule"));
        let row = |wanted: [&str; 3]| {
            let is = |i: &usize| [anchor.value(*i), rule.value(*i), other.value(*i)] == wanted;
            (0..table.num_rows()).find(is).unwrap()
        };
        let count = |name: &str, row: usize| {
            table
                .column_by_name(name)
                .unwrap()
                .as_primitive::<UInt64Type>()
                .value(row)
        };
        let share = |name: &str, row: usize| {
            let column = table
                .column_by_name(name)
                .unwrap()
                .as_primitive::<Float64Type>();
            column.is_valid(row).then(|| column.value(row))
        };
        // 45 pairs for home, 3 of rules that know work.
        assert_eq!(table.num_rows(), 48);
        let apart = row(["home", "signalling", "last_of_day"]);
        assert_eq!((count("both", apart), count("one", apart)), (1, 0));
        assert_eq!(share("same_cell_share", apart), Some(0.0));
        assert_eq!(share("within_1km_share", apart), Some(0.0));
        assert_eq!(share("within_3km_share", apart), Some(1.0));
        assert_eq!(share("same_zone_share", apart), Some(0.0));
        let alone = row(["home", "signalling", "stable_points"]);
        assert_eq!((count("both", alone), count("one", alone)), (0, 1));
        assert_eq!(share("same_cell_share", alone), None);
        let same = row(["home", "majority_location", "last_of_day"]);
        assert_eq!(share("same_cell_share", same), Some(1.0));
    }
}
