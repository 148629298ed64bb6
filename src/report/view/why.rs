//! Findings as sentences: what was seen, what was asked, and why a rule answers as it does.

use super::number::{Number, Style, absolute_limit, count, count_u64, margin, percent, plural, ratio_limit};
use super::rule::{lower, on_contrast, on_value, rule, subject};
use crate::compare::{Contrast, Metric};
use crate::gate::{Decision, Finding, Level, Limit, Open, Rule, Why};

/// The order in which findings explain a decision: those that made it, as the suite lists them.
pub(in crate::report) fn deciding(findings: &[Finding], decision: Decision) -> impl Iterator<Item = &Finding> {
    findings.iter().filter(move |finding| finding.rule.level == Level::Error && finding.decision == Some(decision))
}

/// Why a rule answers as it does: one sentence a reason.
pub(in crate::report) fn sentence(finding: &Finding) -> String {
    let asked = &finding.rule;
    let subject = subject(asked.metric, asked.slice.as_ref());
    let inside = lower(&subject);
    let number = number(finding);
    let seen = number.as_ref().map_or_else(|| "no estimate".to_owned(), |number| with_n(&number.whole(), number.n));
    match finding.why {
        Why::Off => {
            format!("The rule is off, and was not judged: {}.", rule(&Rule { level: Level::Error, ..asked.clone() }))
        }
        Why::Better => format!("{subject} is better than the baseline's: {seen}."),
        Why::WithinLimit { measurably_worse } => {
            let though = if measurably_worse { ", though it is measurably worse" } else { "" };
            format!("{subject} {}{though}: {seen}.", within(asked))
        }
        Why::BeyondLimit => format!("{subject} {}: {seen}.", beyond(asked)),
        Why::CrossesLimit(open) => {
            let interval = number.as_ref().map_or("", |number| number.interval.as_str());
            let value = number.as_ref().map_or_else(|| seen.clone(), |number| with_n(&number.text, number.n));
            format!(
                "Cannot tell for {inside}: the interval {interval} crosses {} (seen {value}{}); {}.",
                bound(asked),
                resolvable(asked, open),
                more_cases(asked, open)
            )
        }
        Why::MissingDecide { missing, worst, best } => {
            let style = style(asked);
            let lack = if asked.limit.is_absolute() {
                plural(missing, "case has no score", "cases have no score")
            } else {
                plural(missing, "case has no score in both arms", "cases have no score in both arms")
            };
            format!(
                "Cannot tell for {inside}: {lack}, which could change the answer: {} if counted against the candidate, {} if \
                 counted for it (without them {seen}).",
                style.write(worst),
                style.write(best)
            )
        }
        Why::NoSuchSlice => format!("No data for {inside}: no case of the run is in that slice."),
        Why::TooFewPairs { pairs, needed } => {
            let found =
                if asked.limit.is_absolute() { plural(pairs, "case", "cases") } else { plural(pairs, "pair", "pairs") };
            format!("No data for {inside}: {found}, and the gate asks for at least {}.", count(needed))
        }
        Why::LowCoverage { coverage, needed } => format!(
            "No data for {inside}: only {} of the cases {}, and the gate asks for {}.",
            percent(coverage),
            if asked.limit.is_absolute() { "have a value" } else { "are in pairs" },
            percent(needed)
        ),
        Why::Undefined => format!("No data for {inside}: {}.", undefined_for(asked)),
    }
}

/// How a rule that holds is told.
fn within(rule: &Rule) -> String {
    let row = rule.metric.row();
    match rule.limit {
        Limit::NonInferior(share) => format!("is not worse by more than {}", margin(share)),
        Limit::MaxRatio(ratio) => format!("stays below {} of the baseline's", ratio_limit(ratio)),
        Limit::Better => "is better than the baseline's".to_owned(),
        Limit::Min(least) => format!("is above the minimum of {}", absolute_limit(row, least)),
        Limit::Max(most) => format!("is below the maximum of {}", absolute_limit(row, most)),
    }
}

/// How a rule that is broken is told.
fn beyond(rule: &Rule) -> String {
    let row = rule.metric.row();
    match rule.limit {
        Limit::NonInferior(_) | Limit::MaxRatio(_) => format!("is worse beyond {}", bound(rule)),
        Limit::Better => "is worse than the baseline's".to_owned(),
        Limit::Min(least) => format!("is below the minimum of {}", absolute_limit(row, least)),
        Limit::Max(most) => format!("is above the maximum of {}", absolute_limit(row, most)),
    }
}

/// What an open interval crosses.
fn bound(rule: &Rule) -> String {
    let row = rule.metric.row();
    match rule.limit {
        Limit::NonInferior(share) => format!("the margin of {}", margin(share)),
        Limit::MaxRatio(ratio) => format!("the limit of {}", ratio_limit(ratio)),
        Limit::Better => "the line of no change".to_owned(),
        Limit::Min(least) => format!("the minimum of {}", absolute_limit(row, least)),
        Limit::Max(most) => format!("the maximum of {}", absolute_limit(row, most)),
    }
}

/// What so many cases can show at all.
fn resolvable(rule: &Rule, open: Open) -> String {
    let Some(limit) = open.resolvable else { return String::new() };
    let style = style(rule);
    match (rule.limit, rule.metric.row().contrast) {
        (Limit::NonInferior(_), _) => {
            let points = style.write(limit);
            format!(", which can show a margin of {}", points.trim_start_matches('+'))
        }
        (Limit::Better, Contrast::Difference) => {
            let points = style.write(limit);
            format!(", which can show a gain of {}", points.trim_start_matches('+'))
        }
        (Limit::MaxRatio(asked), _) if asked > 1.0 => format!(", which can show a limit of {}", style.write(limit)),
        (Limit::MaxRatio(_) | Limit::Better, _) => format!(", which can show a ratio of {}", style.write(limit)),
        (Limit::Min(_) | Limit::Max(_), _) => String::new(),
    }
}

fn more_cases(rule: &Rule, open: Open) -> String {
    let about = |n: u64| format!("about {} more cases", count_u64(n));
    let needed = |n: u64| match n {
        0 => "these cases are enough, 4 times in 5,".to_owned(),
        n => format!("{} would decide", about(n)),
    };
    let seen = if rule.limit.is_absolute() { "if it is as seen" } else { "if the difference is as seen" };
    match (open.more_cases_if_as_seen, open.more_cases_if_equal) {
        (as_seen, None) if rule.limit == Limit::Better => {
            let decide = as_seen.map_or_else(
                || "how many more cases would decide is unknown".to_owned(),
                |n| format!("{} {seen}", needed(n)),
            );
            format!("{decide}; if there is none, no number of cases would")
        }
        (Some(as_seen @ 1..), Some(equal @ 1..)) => {
            format!("{} would decide {seen}, {} if there is none", about(as_seen), about(equal))
        }
        (Some(as_seen), Some(equal)) => {
            format!("{} {seen}; {} if there is none", needed(as_seen), needed(equal))
        }
        (Some(as_seen), None) => format!("{} {seen}", needed(as_seen)),
        (None, Some(equal)) => {
            format!("{} if there is no difference; if it is as seen, how many would is unknown", needed(equal))
        }
        (None, None) => "how many more cases would decide is unknown".to_owned(),
    }
}

/// What a finding observed, with digits enough to tell it from its limit.
fn number(finding: &Finding) -> Option<Number> {
    let rule = &finding.rule;
    let limit = on_contrast(rule).or(on_value(rule));
    finding.observed.as_ref().map(|estimate| Number::new(estimate, style(rule), limit))
}

fn style(rule: &Rule) -> Style {
    let row = rule.metric.row();
    if rule.limit.is_absolute() { Style::of_value(row) } else { Style::of_contrast(row) }
}

fn with_n(text: &str, n: usize) -> String {
    format!("{text}, n\u{a0}=\u{a0}{}", count(n))
}

/// What the metric of a rule needs to be defined.
fn undefined_for(rule: &Rule) -> &'static str {
    if !rule.limit.is_absolute() {
        return undefined(rule.metric);
    }
    match rule.metric {
        Metric::Accuracy => "no case has a score, or too few to give an interval",
        Metric::ToolCallFailureRate => "no case offers tools or expects a call, or too few to give an interval",
        Metric::CostPerSuccess => "its price or a token count is unknown, or it has no success",
        Metric::LatencyP50 | Metric::LatencyP95 | Metric::LatencyP99 => {
            "it has too few timed calls for an interval at this quantile"
        }
        Metric::LatencyTypical => "it compares two arms",
        Metric::FirstTokenP50 | Metric::FirstTokenP95 | Metric::TokensPerSecond => "it has too few streamed calls",
        Metric::InputTokens | Metric::OutputTokens => "no usage was reported",
        Metric::Score(_) => "no case has a grade of this scorer, or too few to give an interval",
        Metric::MacroF1(_) => "no case has a class, or none of its answers differs from the others",
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
        Metric::Score(_) => "no case has a grade of this scorer in both arms, or too few to give an interval",
        Metric::MacroF1(_) => "no case has a class in both arms",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Estimate, Interval};

    fn finding(metric: Metric, limit: Limit, why: Why) -> Finding {
        let (value, low, high) = match (limit, metric) {
            (Limit::MaxRatio(_), _) | (Limit::Better, Metric::CostPerSuccess) => (1.42, 1.31, 1.55),
            (Limit::NonInferior(_) | Limit::Better, _) => (-0.041, -0.056, -0.026),
            (Limit::Min(_) | Limit::Max(_), Metric::Accuracy) => (0.912, 0.885, 0.934),
            (Limit::Min(_) | Limit::Max(_), _) => (0.0042, 0.0039, 0.0046),
        };
        Finding {
            rule: Rule { metric, slice: None, limit, level: Level::Error, line: 1 },
            decision: Some(Decision::Fail),
            observed: Some(Estimate {
                value,
                interval: Some(Interval::bounded(low, high, 0.95)),
                method: "score",
                n: 500,
            }),
            why,
        }
    }

    fn open(seen: Option<u64>, equal: Option<u64>, resolvable: Option<f64>) -> Open {
        Open { more_cases_if_as_seen: seen, more_cases_if_equal: equal, resolvable }
    }

    #[test]
    fn every_reason_has_its_sentence() {
        let accuracy = |why| sentence(&finding(Metric::Accuracy, Limit::NonInferior(0.02), why));
        let cost = |why| sentence(&finding(Metric::CostPerSuccess, Limit::MaxRatio(1.2), why));
        let crosses = |seen, equal| Why::CrossesLimit(open(seen, equal, None));
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
                accuracy(Why::CrossesLimit(open(Some(1200), Some(900), Some(0.035)))),
                "Cannot tell for accuracy: the interval [−5.6, −2.6] crosses the margin of 2 pp (seen −4.1 pp, n = 500, \
                 which can show a margin of 3.5 pp); about 1,200 more cases would decide if the difference is as seen, \
                 about 900 more cases if there is none.",
            ),
            (
                accuracy(Why::MissingDecide { missing: 12, worst: -0.065, best: -0.017 }),
                "Cannot tell for accuracy: 12 cases have no score in both arms, which could change the answer: −6.5 pp \
                 if counted against the candidate, −1.7 pp if counted for it (without them −4.1 pp [−5.6, −2.6], n = 500).",
            ),
            (accuracy(Why::Off), "The rule is off, and was not judged: accuracy not worse by more than 2 pp."),
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
    fn the_other_limits_have_sentences_of_their_own() {
        let accuracy = |limit, why| sentence(&finding(Metric::Accuracy, limit, why));
        let cost = |limit, why| sentence(&finding(Metric::CostPerSuccess, limit, why));
        let (better, least, most) = (Limit::Better, Limit::Min(0.9), Limit::Max(0.004));
        let within = Why::WithinLimit { measurably_worse: false };
        let crosses = |seen, equal, resolvable| Why::CrossesLimit(open(seen, equal, resolvable));
        let rows = [
            (
                accuracy(better, Why::BeyondLimit),
                "Accuracy is worse than the baseline's: −4.1 pp [−5.6, −2.6], n = 500.",
            ),
            (
                accuracy(better, crosses(Some(70), None, Some(0.05))),
                "Cannot tell for accuracy: the interval [−5.6, −2.6] crosses the line of no change (seen −4.1 pp, n = 500, \
                 which can show a gain of 5.0 pp); about 70 more cases would decide if the difference is as seen; if there \
                 is none, no number of cases would.",
            ),
            (
                cost(better, crosses(None, None, Some(0.9))),
                "Cannot tell for cost per success: the interval [1.31, 1.55] crosses the line of no change (seen ×1.42, \
                 n = 500, which can show a ratio of ×0.90); how many more cases would decide is unknown; if there is none, \
                 no number of cases would.",
            ),
            (
                cost(Limit::MaxRatio(1.4), crosses(Some(9), Some(0), Some(1.23))),
                "Cannot tell for cost per success: the interval [1.31, 1.55] crosses the limit of ×1.40 (seen ×1.42, \
                 n = 500, which can show a limit of ×1.23); about 9 more cases would decide if the difference is as seen; \
                 these cases are enough, 4 times in 5, if there is none.",
            ),
            (accuracy(least, within), "Accuracy is above the minimum of 90%: 91.2% [88.5, 93.4], n = 500."),
            (accuracy(least, Why::BeyondLimit), "Accuracy is below the minimum of 90%: 91.2% [88.5, 93.4], n = 500."),
            (
                accuracy(least, crosses(Some(412), None, None)),
                "Cannot tell for accuracy: the interval [88.5, 93.4] crosses the minimum of 90% (seen 91.2%, n = 500); \
                 about 412 more cases would decide if it is as seen.",
            ),
            (
                accuracy(least, Why::MissingDecide { missing: 1, worst: 0.89, best: 0.92 }),
                "Cannot tell for accuracy: 1 case has no score, which could change the answer: 89.0% if counted against \
                 the candidate, 92.0% if counted for it (without them 91.2% [88.5, 93.4], n = 500).",
            ),
            (
                accuracy(least, Why::TooFewPairs { pairs: 1, needed: 50 }),
                "No data for accuracy: 1 case, and the gate asks for at least 50.",
            ),
            (
                accuracy(least, Why::LowCoverage { coverage: 0.9, needed: 0.95 }),
                "No data for accuracy: only 90% of the cases have a value, and the gate asks for 95%.",
            ),
            (
                cost(most, within),
                "Cost per success is below the maximum of $0.004: $0.00420 [0.00390, 0.00460], n = 500.",
            ),
            (
                cost(most, Why::BeyondLimit),
                "Cost per success is above the maximum of $0.004: $0.00420 [0.00390, 0.00460], n = 500.",
            ),
            (
                cost(most, Why::Undefined),
                "No data for cost per success: its price or a token count is unknown, or it has no success.",
            ),
        ];
        for (found, expected) in rows {
            assert_eq!(found.replace('\u{a0}', " "), expected);
        }
    }
}
