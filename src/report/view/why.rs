//! Findings as sentences: what a rule says, and why it answers as it does.

use super::number::{Number, Style, count, margin, percent, plural, ratio_limit};
use crate::compare::{Direction, Metric};
use crate::gate::{Decision, Finding, Level, Limit, Rule, Why};

/// The metric of a rule, with its slice.
pub(in crate::report) fn subject(metric: Metric, slice: Option<&(String, String)>) -> String {
    match slice {
        None => metric.row().label.to_owned(),
        Some((tag, value)) => format!("{} in {tag}={value}", metric.row().label),
    }
}

/// What a rule asks, as a column of a table has room for.
pub(in crate::report) fn limit(rule: &Rule) -> String {
    match (rule.limit, rule.metric.row().direction) {
        (Limit::NonInferior(share), Direction::HigherIsBetter) => format!("≥ \u{2212}{}", margin(share)),
        (Limit::NonInferior(share), Direction::LowerIsBetter) => format!("≤ +{}", margin(share)),
        (Limit::MaxRatio(ratio), _) => format!("< {}", ratio_limit(ratio)),
    }
}

/// Where the limit lies on the scale of the contrast.
pub(in crate::report) fn limit_value(rule: &Rule) -> f64 {
    match (rule.limit, rule.metric.row().direction) {
        (Limit::NonInferior(share), Direction::HigherIsBetter) => -share,
        (Limit::NonInferior(share), Direction::LowerIsBetter) => share,
        (Limit::MaxRatio(ratio), _) => ratio,
    }
}

/// What a rule asks, in words.
pub(in crate::report) fn rule(rule: &Rule) -> String {
    let subject = lower(&subject(rule.metric, rule.slice.as_ref()));
    let asked = match rule.limit {
        Limit::NonInferior(share) => format!("not worse by more than {}", margin(share)),
        Limit::MaxRatio(ratio) => format!("below {} of the baseline", ratio_limit(ratio)),
    };
    match rule.level {
        Level::Error => format!("{subject} {asked}"),
        Level::Warn => format!("{subject} {asked} (a warning only)"),
    }
}

/// Why a rule answers as it does: one sentence a reason.
pub(in crate::report) fn sentence(finding: &Finding) -> String {
    let rule = &finding.rule;
    let subject = subject(rule.metric, rule.slice.as_ref());
    let number = |estimate| Number::new(estimate, Style::of_contrast(rule.metric.row()), Some(limit_value(rule)));
    let number = finding.observed.as_ref().map(number);
    let with_n = |text: String, number: &Number| format!("{text}, n\u{a0}=\u{a0}{}", count(number.n));
    let seen = number.as_ref().map_or_else(|| "no estimate".to_owned(), |number| with_n(number.whole(), number));
    let bound = match rule.limit {
        Limit::NonInferior(share) => format!("the margin of {}", margin(share)),
        Limit::MaxRatio(ratio) => format!("the limit of {}", ratio_limit(ratio)),
    };
    match finding.why {
        Why::Better => format!("{subject} is better than the baseline's: {seen}."),
        Why::WithinLimit { measurably_worse } => {
            let asked = match rule.limit {
                Limit::NonInferior(share) => format!("is not worse by more than {}", margin(share)),
                Limit::MaxRatio(ratio) => format!("stays below {} of the baseline's", ratio_limit(ratio)),
            };
            let though = if measurably_worse { ", though it is measurably worse" } else { "" };
            format!("{subject} {asked}{though}: {seen}.")
        }
        Why::BeyondLimit => format!("{subject} is worse beyond {bound}: {seen}."),
        Why::CrossesLimit { more_cases_if_as_seen, more_cases_if_equal } => {
            let more = more_cases(more_cases_if_as_seen, more_cases_if_equal);
            let interval = number.as_ref().map_or("", |number| number.interval.as_str());
            let value = number.as_ref().map_or_else(|| seen.clone(), |number| with_n(number.text.clone(), number));
            let subject = lower(&subject);
            format!("Cannot tell for {subject}: the interval {interval} crosses {bound} (seen {value}); {more}.")
        }
        Why::MissingDecide { missing } => format!(
            "Cannot tell for {}: {} no score in both arms, and counted against the candidate they change the answer \
             (without them {seen}).",
            lower(&subject),
            plural(missing, "case has", "cases have")
        ),
        Why::NoSuchSlice => format!("No data for {}: no case of the run is in that slice.", lower(&subject)),
        Why::TooFewPairs { pairs, needed } => format!(
            "No data for {}: {}, and the gate asks for at least {}.",
            lower(&subject),
            plural(pairs, "pair", "pairs"),
            count(needed)
        ),
        Why::LowCoverage { coverage, needed } => format!(
            "No data for {}: only {} of the cases are in pairs, and the gate asks for {}.",
            lower(&subject),
            percent(coverage),
            percent(needed)
        ),
        Why::Undefined => format!("No data for {}: {}.", lower(&subject), undefined(rule.metric)),
    }
}

/// What a metric needs to be defined.
pub(in crate::report) fn undefined(metric: Metric) -> &'static str {
    match metric {
        Metric::Accuracy => "no case has a score in both arms, or too few to give an interval",
        Metric::ToolCallFailureRate => "no pair offers tools or expects a call, or too few to give an interval",
        Metric::CostPerSuccess => "a price or a token count is unknown, or an arm has no success",
        Metric::LatencyP50 | Metric::LatencyP95 | Metric::LatencyP99 => {
            "the arms share too few calls of one recording for an interval at this quantile"
        }
        Metric::LatencyTypical => "the arms share too few calls of one recording",
        Metric::FirstTokenP50 | Metric::FirstTokenP95 | Metric::TokensPerSecond => {
            "the arms share too few streamed calls of one recording"
        }
        Metric::InputTokens | Metric::OutputTokens => "no usage was reported in both arms",
    }
}

/// The order in which findings explain a decision: those that made it, as the suite lists them.
pub(in crate::report) fn deciding(findings: &[Finding], decision: Decision) -> impl Iterator<Item = &Finding> {
    findings.iter().filter(move |finding| finding.rule.level == Level::Error && finding.decision == decision)
}

fn more_cases(as_seen: Option<u64>, if_equal: Option<u64>) -> String {
    let about = |n: u64| format!("about {} more cases", super::number::count_u64(n));
    match (as_seen, if_equal) {
        (Some(seen), Some(equal)) => {
            format!("{} would decide if the difference is as seen, {} if there is none", about(seen), about(equal))
        }
        (Some(seen), None) => format!("{} would decide if the difference is as seen", about(seen)),
        (None, Some(equal)) => format!(
            "{} would decide if there is no difference; if it is as seen, how many would is unknown",
            about(equal)
        ),
        (None, None) => "how many more cases would decide is unknown".to_owned(),
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
    use crate::stats::{Estimate, Interval};

    fn finding(metric: Metric, limit: Limit, why: Why) -> Finding {
        let (value, low, high) =
            if matches!(limit, Limit::MaxRatio(_)) { (1.42, 1.31, 1.55) } else { (-0.041, -0.056, -0.026) };
        Finding {
            rule: Rule { metric, slice: None, limit, level: Level::Error, line: 1 },
            decision: Decision::Fail,
            observed: Some(Estimate {
                value,
                interval: Some(Interval::bounded(low, high, 0.95)),
                method: "score",
                n: 500,
            }),
            why,
        }
    }

    #[test]
    fn every_reason_has_its_sentence() {
        let accuracy = |why| sentence(&finding(Metric::Accuracy, Limit::NonInferior(0.02), why));
        let cost = |why| sentence(&finding(Metric::CostPerSuccess, Limit::MaxRatio(1.2), why));
        let crosses = |seen, equal| Why::CrossesLimit { more_cases_if_as_seen: seen, more_cases_if_equal: equal };
        let rows = [
            (accuracy(Why::Better), "Accuracy is better than the baseline's: −4.1 pp [−5.6, −2.6], n = 500."),
            (
                accuracy(Why::WithinLimit { measurably_worse: false }),
                "Accuracy is not worse by more than 2 pp: −4.1 pp [−5.6, −2.6], n = 500.",
            ),
            (
                accuracy(Why::WithinLimit { measurably_worse: true }),
                "Accuracy is not worse by more than 2 pp, though it is measurably worse: −4.1 pp [−5.6, −2.6], n = 500.",
            ),
            (accuracy(Why::BeyondLimit), "Accuracy is worse beyond the margin of 2 pp: −4.1 pp [−5.6, −2.6], n = 500."),
            (
                accuracy(crosses(Some(1200), Some(900))),
                "Cannot tell for accuracy: the interval [−5.6, −2.6] crosses the margin of 2 pp (seen −4.1 pp, n = 500); \
                 about 1,200 more cases would decide if the difference is as seen, about 900 more cases if there is none.",
            ),
            (
                accuracy(crosses(Some(1200), None)),
                "Cannot tell for accuracy: the interval [−5.6, −2.6] crosses the margin of 2 pp (seen −4.1 pp, n = 500); \
                 about 1,200 more cases would decide if the difference is as seen.",
            ),
            (
                accuracy(crosses(None, Some(900))),
                "Cannot tell for accuracy: the interval [−5.6, −2.6] crosses the margin of 2 pp (seen −4.1 pp, n = 500); \
                 about 900 more cases would decide if there is no difference; if it is as seen, how many would is unknown.",
            ),
            (
                accuracy(crosses(None, None)),
                "Cannot tell for accuracy: the interval [−5.6, −2.6] crosses the margin of 2 pp (seen −4.1 pp, n = 500); \
                 how many more cases would decide is unknown.",
            ),
            (
                accuracy(Why::MissingDecide { missing: 12 }),
                "Cannot tell for accuracy: 12 cases have no score in both arms, and counted against the candidate they \
                 change the answer (without them −4.1 pp [−5.6, −2.6], n = 500).",
            ),
            (accuracy(Why::NoSuchSlice), "No data for accuracy: no case of the run is in that slice."),
            (
                accuracy(Why::TooFewPairs { pairs: 1, needed: 100 }),
                "No data for accuracy: 1 pair, and the gate asks for at least 100.",
            ),
            (
                accuracy(Why::LowCoverage { coverage: 0.91, needed: 0.95 }),
                "No data for accuracy: only 91% of the cases are in pairs, and the gate asks for 95%.",
            ),
            (
                cost(Why::Undefined),
                "No data for cost per success: a price or a token count is unknown, or an arm has no success.",
            ),
            (
                cost(Why::WithinLimit { measurably_worse: false }),
                "Cost per success stays below ×1.20 of the baseline's: ×1.42 [1.31, 1.55], n = 500.",
            ),
            (
                cost(Why::BeyondLimit),
                "Cost per success is worse beyond the limit of ×1.20: ×1.42 [1.31, 1.55], n = 500.",
            ),
        ];
        for (found, expected) in rows {
            assert_eq!(found.replace('\u{a0}', " "), expected);
        }
    }

    #[test]
    fn a_limit_lies_on_the_side_where_the_candidate_is_worse() {
        let row = |metric, limit| finding(metric, limit, Why::Better).rule;
        let accuracy = row(Metric::Accuracy, Limit::NonInferior(0.02));
        let faults = row(Metric::ToolCallFailureRate, Limit::NonInferior(0.01));
        let cost = row(Metric::CostPerSuccess, Limit::MaxRatio(1.2));
        assert_eq!((limit(&accuracy).as_str(), limit_value(&accuracy)), ("≥ −2\u{a0}pp", -0.02));
        assert_eq!((limit(&faults).as_str(), limit_value(&faults)), ("≤ +1\u{a0}pp", 0.01));
        assert_eq!((limit(&cost).as_str(), limit_value(&cost)), ("< ×1.20", 1.2));
        assert_eq!(rule(&faults), "tool-call failure rate not worse by more than 1\u{a0}pp");
    }
}
