//! Metrics of one scorer: the suite names it, so their rows are made as names come.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::metric::{Contrast, Direction, Metric, MetricRow, Unit, row};

/// What the name of a metric begins with that is the mean grade of a scorer.
pub const SCORE_PREFIX: &str = "score:";

/// The name of a scorer. It is kept for as long as the program runs, so that a metric stays a small plain value: a suite
/// names a handful.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScorerName(&'static str);

/// The metrics of one scorer.
pub(super) struct Rows {
    pub score: MetricRow,
    pub macro_f1: MetricRow,
}

static ROWS: Mutex<BTreeMap<&'static str, &'static Rows>> = Mutex::new(BTreeMap::new());

impl ScorerName {
    /// The name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let mut rows = ROWS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, _)) = rows.get_key_value(name) {
            return Self(known);
        }
        let kept = Self(String::from(name).leak());
        rows.insert(kept.0, Box::leak(Box::new(kept.new_rows())));
        kept
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }

    fn new_rows(self) -> Rows {
        let share = |metric, name: String, label: String| MetricRow {
            direction: Direction::HigherIsBetter,
            contrast: Contrast::Difference,
            ..row(metric, name.leak(), label.leak(), Unit::Share)
        };
        let Self(name) = self;
        Rows {
            score: MetricRow {
                gateable: true,
                ..share(Metric::Score(self), format!("{SCORE_PREFIX}{name}"), format!("Mean grade of {name}"))
            },
            macro_f1: share(Metric::MacroF1(self), format!("macro_f1:{name}"), format!("Macro F1 of {name}")),
        }
    }

    pub(super) fn rows(self) -> &'static Rows {
        let rows = ROWS.lock().unwrap_or_else(PoisonError::into_inner).get(self.0).copied();
        // Only `of` makes names, and it makes their rows first.
        rows.unwrap_or_else(|| Box::leak(Box::new(self.new_rows())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_are_one_metric_with_one_row() {
        let [one, other] = ["token_f1", "token_f1"].map(|name| Metric::Score(ScorerName::of(name)));
        assert_eq!(one, other);
        assert!(std::ptr::eq(one.row(), other.row()));
        assert_eq!((one.row().name, one.row().metric), ("score:token_f1", one));
        let (grade, classes) = (Metric::Score(ScorerName::of("a")), Metric::MacroF1(ScorerName::of("a")));
        assert_eq!(classes.row().name, "macro_f1:a");
        assert!(Metric::OutputTokens < grade && grade < one && one < classes);
    }
}
