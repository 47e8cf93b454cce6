use std::ops::Range;

use datafusion::{
    logical_expr::{BinaryExpr, Expr, Operator},
    scalar::ScalarValue,
};

use crate::column::Column;

/// All of time, in milliseconds of UTC.
pub(crate) const ALWAYS: Range<i64> = i64::MIN..i64::MAX;

/// The milliseconds of UTC outside which a condition is never true; [`ALWAYS`] where that is unknown.
pub(crate) fn of(condition: &Expr) -> Range<i64> {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = condition else {
        return ALWAYS;
    };
    if *op == Operator::And {
        return meet(of(left), of(right));
    }
    let (op, time_ms) = match (time_column(left), time_column(right)) {
        (true, false) => (Some(*op), literal_ms(right)),
        (false, true) => (op.swap(), literal_ms(left)),
        _ => return ALWAYS,
    };
    let Some(time_ms) = time_ms else {
        return ALWAYS;
    };
    let next = time_ms.saturating_add(1);
    match op {
        Some(Operator::Eq) => time_ms..next,
        Some(Operator::Lt) => i64::MIN..time_ms,
        Some(Operator::LtEq) => i64::MIN..next,
        Some(Operator::Gt) => next..i64::MAX,
        Some(Operator::GtEq) => time_ms..i64::MAX,
        _ => ALWAYS,
    }
}

/// What lies in both.
pub(crate) fn meet(a: Range<i64>, b: Range<i64>) -> Range<i64> {
    a.start.max(b.start)..a.end.min(b.end)
}

fn time_column(expression: &Expr) -> bool {
    matches!(expression, Expr::Column(column) if column.name == Column::TimeUtc.name())
}

fn literal_ms(expression: &Expr) -> Option<i64> {
    match expression {
        Expr::Literal(ScalarValue::TimestampMillisecond(time_ms, _), _) => *time_ms,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use datafusion::prelude::{col, lit};

    use super::*;

    fn at(time_ms: i64) -> Expr {
        let time = ScalarValue::TimestampMillisecond(Some(time_ms), Some("UTC".into()));
        Expr::Literal(time, None)
    }

    #[test]
    fn a_condition_on_the_time_bounds_it_and_any_other_does_not() {
        let time = || col("time_utc");
        for (condition, span) in [
            (time().eq(at(5)), 5..6),
            (time().lt(at(5)), i64::MIN..5),
            (at(5).lt(time()), 6..i64::MAX),
            (time().gt_eq(at(2)).and(time().lt_eq(at(5))), 2..6),
            (
                time().gt_eq(at(2)).and(col("kind").eq(lit("data"))),
                2..i64::MAX,
            ),
            (time().gt_eq(at(2)).or(time().lt(at(1))), ALWAYS),
            (time().not_eq(at(2)), ALWAYS),
            (col("time_local").lt(at(5)), ALWAYS),
            (time().lt(time()), ALWAYS),
            (time().lt(lit("2026")), ALWAYS),
        ] {
            assert_eq!(of(&condition), span, "{condition}");
        }
    }
}
