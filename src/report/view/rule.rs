//! What a rule asks, in words, in the short form of a table, and as a place on a scale.

use super::number::{absolute_limit, margin, ratio_limit};
use crate::compare::{Contrast, Direction, Metric};
use crate::gate::{Level, Limit, Rule};

/// The metric of a rule, with its slice.
pub(in crate::report) fn subject(metric: Metric, slice: Option<&(String, String)>) -> String {
    match slice {
        None => metric.row().label.to_owned(),
        Some((tag, value)) => format!("{} in {tag}={value}", metric.row().label),
    }
}

/// What a rule asks, as a column of a table has room for.
pub(in crate::report) fn limit(rule: &Rule) -> String {
    let row = rule.metric.row();
    match (rule.limit, row.direction) {
        (Limit::NonInferior(share), Direction::HigherIsBetter) => format!("≥ \u{2212}{}", margin(share)),
        (Limit::NonInferior(share), Direction::LowerIsBetter) => format!("≤ +{}", margin(share)),
        (Limit::MaxRatio(ratio), _) => format!("< {}", ratio_limit(ratio)),
        (Limit::Better, _) => "better".to_owned(),
        (Limit::Min(least), _) => format!("≥ {}", absolute_limit(row, least)),
        (Limit::Max(most), _) => format!("≤ {}", absolute_limit(row, most)),
    }
}

/// Where the limit lies on the scale of the contrast; `None` for a limit on the candidate's own value.
pub(in crate::report) fn on_contrast(rule: &Rule) -> Option<f64> {
    let row = rule.metric.row();
    match (rule.limit, row.direction, row.contrast) {
        (Limit::NonInferior(share), Direction::HigherIsBetter, _) => Some(-share),
        (Limit::NonInferior(share), Direction::LowerIsBetter, _) => Some(share),
        (Limit::MaxRatio(ratio), ..) => Some(ratio),
        (Limit::Better, _, Contrast::Difference) => Some(0.0),
        (Limit::Better, _, Contrast::Ratio) => Some(1.0),
        (Limit::Min(_) | Limit::Max(_), ..) => None,
    }
}

/// Where the limit lies on the scale of the metric's own values; `None` for a limit on the contrast.
pub(in crate::report) fn on_value(rule: &Rule) -> Option<f64> {
    match rule.limit {
        Limit::Min(limit) | Limit::Max(limit) => Some(limit),
        Limit::NonInferior(_) | Limit::MaxRatio(_) | Limit::Better => None,
    }
}

/// What a rule asks, in words.
pub(in crate::report) fn rule(rule: &Rule) -> String {
    let row = rule.metric.row();
    let subject = lower(&subject(rule.metric, rule.slice.as_ref()));
    let asked = match rule.limit {
        Limit::NonInferior(share) => format!("not worse by more than {}", margin(share)),
        Limit::MaxRatio(ratio) => format!("below {} of the baseline", ratio_limit(ratio)),
        Limit::Better => "better than the baseline".to_owned(),
        Limit::Min(least) => format!("at least {}", absolute_limit(row, least)),
        Limit::Max(most) => format!("at most {}", absolute_limit(row, most)),
    };
    match rule.level {
        Level::Error => format!("{subject} {asked}"),
        Level::Warn => format!("{subject} {asked} (a warning only)"),
        Level::Off => format!("{subject} {asked} (off)"),
    }
}

/// The label of a metric inside a sentence. Every label begins with a capital letter that is no name.
pub(in crate::report) fn lower(subject: &str) -> String {
    let mut letters = subject.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_is_said_in_short_and_in_words_and_lies_on_one_scale() {
        let row = |metric, limit| Rule { metric, slice: None, limit, level: Level::Error, line: 1 };
        let (accuracy, faults, cost) = (Metric::Accuracy, Metric::ToolCallFailureRate, Metric::CostPerSuccess);
        let rows = [
            (
                row(accuracy, Limit::NonInferior(0.02)),
                "≥ −2 pp",
                "accuracy not worse by more than 2 pp",
                Some(-0.02),
                None,
            ),
            (
                row(faults, Limit::NonInferior(0.01)),
                "≤ +1 pp",
                "tool-call failure rate not worse by more than 1 pp",
                Some(0.01),
                None,
            ),
            (
                row(cost, Limit::MaxRatio(1.2)),
                "< ×1.20",
                "cost per success below ×1.20 of the baseline",
                Some(1.2),
                None,
            ),
            (row(accuracy, Limit::Better), "better", "accuracy better than the baseline", Some(0.0), None),
            (row(cost, Limit::Better), "better", "cost per success better than the baseline", Some(1.0), None),
            (row(accuracy, Limit::Min(0.9)), "≥ 90%", "accuracy at least 90%", None, Some(0.9)),
            (row(faults, Limit::Max(0.025)), "≤ 2.5%", "tool-call failure rate at most 2.5%", None, Some(0.025)),
            (row(cost, Limit::Max(0.004)), "≤ $0.004", "cost per success at most $0.004", None, Some(0.004)),
            (row(Metric::LatencyP95, Limit::Max(4500.0)), "≤ 4.5 s", "latency p95 at most 4.5 s", None, Some(4500.0)),
            (row(Metric::LatencyP95, Limit::Max(800.0)), "≤ 800 ms", "latency p95 at most 800 ms", None, Some(800.0)),
        ];
        for (asked, short, words, contrast, value) in rows {
            assert_eq!(limit(&asked).replace('\u{a0}', " "), short);
            assert_eq!(rule(&asked).replace('\u{a0}', " "), words);
            assert_eq!((on_contrast(&asked), on_value(&asked)), (contrast, value), "{words}");
        }
        let off = Rule { level: Level::Off, ..row(accuracy, Limit::Better) };
        assert_eq!(rule(&off), "accuracy better than the baseline (off)");
    }
}
