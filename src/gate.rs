//! The decision: comparisons and rules → one verdict per candidate. Pure, and its only home.

use serde::Serialize;

use crate::compare::{Change, Comparison, Contrast, Direction, Discordance, Metric, Results};
use crate::stats::power::{Goal, Precision, more_cases_score};
use crate::stats::tango::Discordant;
use crate::stats::verdict::{Class, Reading, classify};
use crate::stats::{Estimate, Interval};

/// Pairs that a slice must have: slices are small, so what is asked of the whole cannot be asked of them.
pub const MIN_SLICE_PAIRS: usize = 20;

/// The chance of deciding that "about so many more cases" is worked out for.
const POWER: f64 = 0.8;

/// More cases than this in all are not a sensible plan.
const MOST_CASES: usize = 10_000;

/// The rules of a suite, and what they ask of the data.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gate {
    /// Two-sided confidence of every interval; the verdict reads the same intervals that the report prints.
    pub confidence: f64,
    /// Fewer pairs than this are no data; in a slice, fewer than this or [`MIN_SLICE_PAIRS`], whichever is less.
    pub min_pairs: usize,
    /// Less than this share of the cases in pairs is no data.
    pub min_coverage: f64,
    /// The rules; without any, the verdict is no data.
    pub rules: Vec<Rule>,
}

/// One rule: what is asked of one metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rule {
    /// Which metric.
    pub metric: Metric,
    /// Only the cases with this tag and value.
    pub slice: Option<(String, String)>,
    /// What is asked.
    pub limit: Limit,
    /// What a failing rule does.
    pub level: Level,
    /// The line of the suite that states it, from 1.
    pub line: usize,
}

/// What a rule asks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Not worse than the baseline by more than this margin, a share (0.02 = 2 percentage points).
    NonInferior(f64),
    /// Candidate ÷ baseline below this.
    MaxRatio(f64),
}

/// What a failing rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// It is shown, and never changes the verdict.
    Warn,
    /// It decides.
    Error,
}

/// The answer of a rule, and of all of them together. The order is the order of badness among several candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Shown to be within the limit.
    Pass,
    /// Neither shown nor excluded.
    Inconclusive,
    /// Nothing to judge by.
    NoData,
    /// Shown to be beyond the limit.
    Fail,
}

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// Its answer.
    pub decision: Decision,
    /// What was measured: the contrast of the metric.
    pub observed: Option<Estimate>,
    /// Why the answer is what it is.
    pub why: Why,
}

/// Why a rule answers as it does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Why {
    /// The whole interval is better than the baseline.
    Better,
    /// The whole interval is within the limit.
    WithinLimit {
        /// Whether a loss inside the margin is nevertheless beyond doubt.
        measurably_worse: bool,
    },
    /// The whole interval is beyond the limit.
    BeyondLimit,
    /// The interval crosses the limit.
    CrossesLimit {
        /// About how many more cases would decide, if the difference is what was seen.
        more_cases_if_as_seen: Option<u64>,
        /// The same, if the true difference is zero.
        more_cases_if_equal: Option<u64>,
    },
    /// Missing answers decide: with them counted against the candidate the answer changes.
    MissingDecide {
        /// Cases without a pair.
        missing: usize,
    },
    /// The rule's slice holds no case.
    NoSuchSlice,
    /// Too few pairs.
    TooFewPairs {
        /// Pairs found.
        pairs: usize,
        /// Pairs asked for.
        needed: usize,
    },
    /// Too many cases without a pair.
    LowCoverage {
        /// Share of cases in pairs.
        coverage: f64,
        /// Share asked for.
        needed: f64,
    },
    /// The metric or its interval is not defined on these trials (no success, no price, no live call).
    Undefined,
}

/// The verdict on one candidate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// The candidate's name.
    pub candidate: String,
    /// The worst answer among the rules of level error: fail, else no data, else inconclusive, else pass.
    pub decision: Decision,
    /// One finding a rule, in the suite's order.
    pub findings: Vec<Finding>,
}

/// Judges every candidate, in the order of the comparisons.
#[must_use]
pub fn judge(results: &Results, gate: &Gate) -> Vec<Verdict> {
    results.comparisons.iter().map(|comparison| verdict(comparison, gate)).collect()
}

/// The worst decision of several candidates; without any there is no data.
#[must_use]
pub fn worst(verdicts: &[Verdict]) -> Decision {
    verdicts.iter().map(|verdict| verdict.decision).max().unwrap_or(Decision::NoData)
}

fn verdict(comparison: &Comparison, gate: &Gate) -> Verdict {
    let findings: Vec<Finding> = gate.rules.iter().map(|rule| finding(comparison, rule, gate)).collect();
    let deciding = findings.iter().filter(|finding| finding.rule.level == Level::Error);
    // The order of decisions is the order of badness, and with nothing to decide by there is no data.
    let decision = deciding.map(|finding| finding.decision).max().unwrap_or(Decision::NoData);
    Verdict { candidate: comparison.candidate.clone(), decision, findings }
}

fn finding(comparison: &Comparison, rule: &Rule, gate: &Gate) -> Finding {
    let slice = rule.slice.as_ref().map(|(tag, value)| (tag.as_str(), value.as_str()));
    let change = comparison.change(rule.metric, slice);
    let scored = comparison.change(Metric::Accuracy, slice).map_or(0, |accuracy| accuracy.pairs);
    let asked = if slice.is_some() { gate.min_pairs.min(MIN_SLICE_PAIRS) } else { gate.min_pairs };
    let why = match change {
        None if slice.is_some() => Why::NoSuchSlice,
        None => Why::Undefined,
        // Pairs there are, but none of them has this metric: no price, no live call, no tool.
        Some(change) if change.pairs == 0 && scored > 0 => Why::Undefined,
        // No pairs at all are too few even where none are asked for.
        Some(change) if change.pairs < asked.max(1) => Why::TooFewPairs { pairs: change.pairs, needed: asked.max(1) },
        Some(change) if coverage(change) < gate.min_coverage => {
            Why::LowCoverage { coverage: coverage(change), needed: gate.min_coverage }
        }
        Some(change) => read(change, rule.limit, gate.confidence),
    };
    Finding { rule: rule.clone(), decision: why.decision(), observed: change.and_then(|change| change.contrast), why }
}

/// Share of the cases that should count which do.
#[expect(clippy::cast_precision_loss, reason = "counts of cases stay far below 2^53")]
fn coverage(change: &Change) -> f64 {
    change.pairs as f64 / (change.pairs + change.missing) as f64
}

/// What the interval says of the limit. A limit on a difference says nothing of a ratio, nor the other way round.
fn read(change: &Change, limit: Limit, confidence: f64) -> Why {
    let contrast = change.contrast.and_then(|contrast| Some((contrast.value, contrast.interval?)));
    match (limit, change.metric.row().contrast, contrast) {
        (Limit::NonInferior(margin), Contrast::Difference, Some((value, interval))) => {
            let goal = Goal { margin, precision: Precision { confidence, power: POWER } };
            let worst_interval = change.worst_case.map(|worst_case| interval.shifted(worst_case - value));
            let why = non_inferior(change, interval, goal);
            let worst = worst_interval.map(|interval| non_inferior(change, interval, goal).decision());
            let decides = why.decision() == Decision::Pass && worst.is_some_and(|worst| worst != Decision::Pass);
            if decides && change.missing > 0 { Why::MissingDecide { missing: change.missing } } else { why }
        }
        (Limit::MaxRatio(limit), Contrast::Ratio, Some((_, interval))) => below(interval, limit),
        (Limit::NonInferior(_), Contrast::Ratio, _) | (Limit::MaxRatio(_), Contrast::Difference, _) | (_, _, None) => {
            Why::Undefined
        }
    }
}

/// Reads a difference against the largest loss tolerated.
fn non_inferior(change: &Change, interval: Interval, goal: Goal) -> Why {
    let gain = match change.metric.row().direction {
        Direction::HigherIsBetter => interval,
        Direction::LowerIsBetter => interval.negated(),
    };
    let Reading { class, measurably_worse } = classify(Some(gain), goal.margin);
    match class {
        Class::Better => Why::Better,
        Class::NotWorse => Why::WithinLimit { measurably_worse },
        Class::Worse => Why::BeyondLimit,
        Class::Inconclusive => {
            let more_cases = |seen: fn(Discordant) -> Discordant| {
                let Discordance { n, baseline_only, candidate_only } = change.discordance?;
                let seen = seen(Discordant { baseline_only, candidate_only, n });
                more_cases_score(seen, change.pairs, goal, MOST_CASES).more().map(|more| more as u64)
            };
            Why::CrossesLimit {
                more_cases_if_as_seen: more_cases(|seen| seen),
                more_cases_if_equal: more_cases(Discordant::balanced),
            }
        }
    }
}

/// Reads a ratio, of which less is better, against the largest tolerated. Inequalities are strict, and an end that is
/// open shows nothing.
fn below(interval: Interval, limit: f64) -> Why {
    match (interval.low, interval.high) {
        (None, None) => Why::Undefined,
        (_, Some(high)) if high < limit && high < 1.0 => Why::Better,
        (low, Some(high)) if high < limit => Why::WithinLimit { measurably_worse: low.is_some_and(|low| low > 1.0) },
        (Some(low), _) if low > limit => Why::BeyondLimit,
        _ => Why::CrossesLimit { more_cases_if_as_seen: None, more_cases_if_equal: None },
    }
}

impl Why {
    /// The answer that it is the reason for.
    #[must_use]
    pub fn decision(self) -> Decision {
        match self {
            Self::Better | Self::WithinLimit { .. } => Decision::Pass,
            Self::BeyondLimit => Decision::Fail,
            Self::CrossesLimit { .. } | Self::MissingDecide { .. } => Decision::Inconclusive,
            Self::NoSuchSlice | Self::TooFewPairs { .. } | Self::LowCoverage { .. } | Self::Undefined => {
                Decision::NoData
            }
        }
    }
}
