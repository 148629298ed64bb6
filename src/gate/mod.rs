//! The decision: comparisons and rules → one verdict per candidate. Pure, and its only home.

mod read;
mod rule;
mod why;

use serde::Serialize;

use crate::compare::{Change, Comparison, Metric, Results};
use crate::stats::Estimate;

pub use rule::{Level, Limit, Rule};
pub use why::{Decision, Open, Why};

/// Pairs that a slice must have: slices are small, so what is asked of the whole cannot be asked of them.
pub const MIN_SLICE_PAIRS: usize = 20;

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

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// Its answer; `None` where the rule is off.
    pub decision: Option<Decision>,
    /// What was measured: the contrast of the metric, or the candidate's own value where the limit is its own.
    pub observed: Option<Estimate>,
    /// Why the answer is what it is.
    pub why: Why,
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
    let decision = deciding.filter_map(|finding| finding.decision).max().unwrap_or(Decision::NoData);
    Verdict { candidate: comparison.candidate.clone(), decision, findings }
}

fn finding(comparison: &Comparison, rule: &Rule, gate: &Gate) -> Finding {
    let slice = rule.slice.as_ref().map(|(tag, value)| (tag.as_str(), value.as_str()));
    let change = comparison.change(rule.metric, slice);
    let why = match rule.level {
        Level::Off => Why::Off,
        Level::Warn | Level::Error => judged(comparison, rule, gate),
    };
    let observed = change.and_then(|change| if rule.limit.is_absolute() { change.own } else { change.contrast });
    Finding { rule: rule.clone(), decision: why.decision(), observed, why }
}

impl Gate {
    /// So many pairs are the fewest that a rule is judged by: no pairs at all are too few even where none are asked for.
    #[must_use]
    pub fn needed_pairs(&self, in_slice: bool) -> usize {
        if in_slice { self.min_pairs.min(MIN_SLICE_PAIRS) } else { self.min_pairs }.max(1)
    }

    /// Whether enough of the cases that should count are in pairs.
    #[must_use]
    pub fn covers(&self, pairs: usize, missing: usize) -> bool {
        share(pairs, pairs + missing) >= self.min_coverage
    }
}

fn judged(comparison: &Comparison, rule: &Rule, gate: &Gate) -> Why {
    let slice = rule.slice.as_ref().map(|(tag, value)| (tag.as_str(), value.as_str()));
    let scored = comparison.change(Metric::Accuracy, slice).map_or(0, |accuracy| accuracy.pairs);
    let needed = gate.needed_pairs(slice.is_some());
    let Some(change) = comparison.change(rule.metric, slice) else {
        return if slice.is_some() { Why::NoSuchSlice } else { Why::Undefined };
    };
    let pairs = counted(change, rule.limit);
    // Cases there are, but none of them has this metric: no price, no live call, no tool.
    if pairs == 0 && scored > 0 {
        return Why::Undefined;
    }
    if pairs < needed {
        return Why::TooFewPairs { pairs, needed };
    }
    let coverage = share(pairs, change.pairs + change.missing);
    if coverage < gate.min_coverage {
        return Why::LowCoverage { coverage, needed: gate.min_coverage };
    }
    read::read(change, rule.limit, gate.confidence)
}

/// The cases that a rule rests on: pairs, or those of the candidate alone.
fn counted(change: &Change, limit: Limit) -> usize {
    if limit.is_absolute() { change.own.map_or(0, |own| own.n) } else { change.pairs }
}

#[expect(clippy::cast_precision_loss, reason = "counts of cases stay far below 2^53")]
fn share(part: usize, of: usize) -> f64 {
    part as f64 / of as f64
}
