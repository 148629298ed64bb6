//! The limit of a rule: one key of a closed table, each for the metrics that it makes sense for.

use toml::de::DeValue;

use super::reader::{Table, list, number};
use crate::compare::{Contrast, Direction, Metric, MetricRow, Unit};
use crate::gate::Limit;

/// A way to state a limit.
struct Kind {
    key: &'static str,
    /// The metrics that it makes sense for.
    fits: fn(&MetricRow) -> bool,
    /// How to write it, and what it asks.
    example: &'static str,
    /// What the value must be, as a problem says.
    wanted: &'static str,
    read: fn(&DeValue<'_>) -> Option<Limit>,
}

/// Every way to state a limit; the first that fits a metric is the usual one.
const KINDS: &[Kind] = &[
    Kind {
        key: "non_inferior",
        fits: |row| matches!(row.contrast, Contrast::Difference),
        example: "`non_inferior = \"2pp\"`, the largest loss you accept in percentage points",
        wanted: "percentage points such as \"2pp\"",
        read: |value| points(value).map(Limit::NonInferior),
    },
    Kind {
        key: "max_ratio",
        fits: |row| matches!(row.contrast, Contrast::Ratio),
        example: "`max_ratio = 1.20`, candidate ÷ baseline at most",
        wanted: "a number above 0",
        read: |value| above_zero(value).map(Limit::MaxRatio),
    },
    Kind {
        key: "better",
        fits: |_| true,
        example: "`better = true`, a gain over the baseline beyond doubt",
        wanted: "true; leave it out to ask for something else",
        read: |value| value.as_bool().filter(|better| *better).map(|_| Limit::Better),
    },
    Kind {
        key: "min",
        fits: |row| matches!((row.unit, row.direction), (Unit::Share, Direction::HigherIsBetter)),
        example: "`min = \"90%\"`, what the candidate itself must reach",
        wanted: "a share between 0% and 100% such as \"90%\"",
        read: |value| share(value).map(Limit::Min),
    },
    Kind {
        key: "max",
        fits: |row| matches!((row.unit, row.direction), (Unit::Share, Direction::LowerIsBetter)),
        example: "`max = \"2%\"`, what the candidate itself may reach",
        wanted: "a share between 0% and 100% such as \"2%\"",
        read: |value| share(value).map(Limit::Max),
    },
    Kind {
        key: "max_usd",
        fits: |row| matches!(row.unit, Unit::Usd),
        example: "`max_usd = 0.004`, what a success of the candidate may cost in US dollars",
        wanted: "a number above 0",
        read: |value| above_zero(value).map(Limit::Max),
    },
    Kind {
        key: "max_ms",
        // A ratio of two arms is no time of the candidate's own.
        fits: |row| matches!(row.unit, Unit::Milliseconds) && row.metric != Metric::LatencyTypical,
        example: "`max_ms = 4000`, how long the candidate may take in milliseconds",
        wanted: "a number above 0",
        read: |value| above_zero(value).map(Limit::Max),
    },
];

/// The keys of all limits.
pub(super) const KEYS: &[&str] = &["non_inferior", "max_ratio", "better", "min", "max", "max_usd", "max_ms"];

/// The limit that a rule states: one, and one that fits its metric.
pub(super) fn read(table: &Table<'_>, row: &MetricRow) -> Option<Limit> {
    let stated: Vec<&Kind> = KINDS.iter().filter(|kind| table.get(kind.key).is_some()).collect();
    let fitting = || KINDS.iter().filter(|kind| (kind.fits)(row));
    let (usual, others) = (fitting().next()?, fitting().skip(1).map(|kind| kind.key).collect::<Vec<_>>());
    let help = || format!("write {}; or {}", usual.example, list(&others));
    match stated[..] {
        [] => {
            table.missing(usual.key, &help());
            None
        }
        [kind] if (kind.fits)(row) => {
            if kind.key == usual.key && relative(table, kind.key) {
                let span = table.get(kind.key)?.span();
                let message = "a margin in percent would be a part of the baseline's own value, which is uncertain too";
                let help = "write percentage points: `non_inferior = \"2pp\"`".to_owned();
                table.problem(&span, message.to_owned(), Some(help));
                return None;
            }
            table.read(kind.key, kind.wanted, kind.read).map(|found| found.value)
        }
        [kind] => {
            let message = format!("`{}` is judged by {}, not by `{}`", row.name, list(&[usual.key]), kind.key);
            table.problem(&table.get(kind.key)?.span(), message, Some(help()));
            None
        }
        [first, second, ..] => {
            let message = format!("a rule has one limit, but this one has {}", list(&[first.key, second.key]));
            let help = "make a rule of each: several rules may ask of one metric".to_owned();
            table.problem(&table.get(second.key)?.span(), message, Some(help));
            None
        }
    }
}

/// Whether a margin is stated in percent: of the baseline, that would be.
fn relative(table: &Table<'_>, key: &'static str) -> bool {
    table.get(key).and_then(|value| value.get_ref().as_str()).is_some_and(|text| text.trim_end().ends_with('%'))
}

/// A margin such as "2pp": percentage points become a share.
fn points(value: &DeValue<'_>) -> Option<f64> {
    let points: f64 = value.as_str()?.strip_suffix("pp")?.trim().parse().ok()?;
    (0.0..100.0).contains(&points).then_some(points / 100.0)
}

/// A share such as "90%".
fn share(value: &DeValue<'_>) -> Option<f64> {
    let percent: f64 = value.as_str()?.strip_suffix('%')?.trim().parse().ok()?;
    (percent > 0.0 && percent < 100.0).then_some(percent / 100.0)
}

fn above_zero(value: &DeValue<'_>) -> Option<f64> {
    number(value).filter(|number| number.is_finite() && *number > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::METRICS;

    #[test]
    fn every_key_stands_in_the_table_and_every_metric_has_a_relative_and_an_absolute_limit() {
        assert_eq!(KINDS.iter().map(|kind| kind.key).collect::<Vec<_>>(), KEYS);
        for row in METRICS.iter().filter(|row| row.gateable) {
            let keys: Vec<&str> = KINDS.iter().filter(|kind| (kind.fits)(row)).map(|kind| kind.key).collect();
            let (relative, absolute): (Vec<&str>, Vec<&str>) =
                keys.into_iter().partition(|key| ["non_inferior", "max_ratio", "better"].contains(key));
            let own = usize::from(row.metric != Metric::LatencyTypical);
            assert_eq!((relative.len(), absolute.len()), (2, own), "{}", row.name);
        }
    }
}
