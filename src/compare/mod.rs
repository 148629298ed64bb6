//! Trials → numbers: pairing, metrics, slices, cost per success and what it comes to. The only maker of numbers.
//!
//! Cases are the sampling unit: the trials of a case and arm are averaged first, cases are paired by id and clustered
//! where the dataset says so. What is missing is left out and counted, never taken for 0. The result depends on the
//! trials, not on their order.

mod advice;
mod arm;
mod cost;
mod divergence;
mod economics;
mod fall;
mod grid;
mod judges;
mod labels;
mod latency;
mod metric;
mod policy;
mod preferences;
mod rates;
mod repeats;
mod result;
mod routing;
mod scope;
mod scorer_name;
mod sequence;
#[cfg(test)]
mod tests;
mod throughput;
mod tokens;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::Trial;
use crate::pricing::Price;
use crate::stats::Estimate;
use grid::Grid;
use scope::{Looks, Scope};

pub use advice::{Advice, Choice, Mix, Policy, PolicyValue, Routing, ShrunkDifference, SliceRouting, TagRouting};
pub use divergence::{Divergence, DivergenceKind, DivergenceRow};
pub use economics::{
    ArmEconomics, BreakEvenAnswer, BreakEvenRow, BreakEvens, ChanceCheaper, ClassCost, CostModel, DEFAULT_MAX_ATTEMPTS,
    Economics, FAILURE_CLASSES, FEW_SUCCESSES, FailureClass, Figure, Missing, ObservedRetries, PerSuccess,
    PipelineFigures, Quantity, Retried, Retrying, Scenario, Target, WhatIf, WhatIfs,
};
pub use judges::{Correction, JudgeQuality, JudgedArm, JudgedChange, Uncorrected};
pub use labels::{ClassRates, Confusion};
pub use metric::{Contrast, Direction, METRICS, Metric, MetricRow, Unit};
pub use preferences::Preferences;
pub use rates::{counts, success};
pub use repeats::{ArmRepeats, FlakyCase, Noise, PassChange, PassContrast, PassRates, RepeatChange};
pub use result::{
    Accounting, ArmSummary, Change, Comparison, Discordance, Quadrants, Results, Slice, TokenTotals, Unweighted,
};
pub use scorer_name::{SCORE_PREFIX, ScorerName};
pub use sequence::Sequence;

/// What was planned, and how it is to be compared.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// Names of the arms, the baseline first.
    pub arms: &'a [String],
    /// The cases of the plan, in any order; their ids are unique.
    pub planned: &'a [PlannedCase],
    /// Repeats of every case and arm.
    pub repeats: u32,
    /// Two-sided confidence of every interval.
    pub confidence: f64,
    /// The tags to slice by.
    pub slice_by: &'a [String],
    /// What is assumed of production, for what it all comes to.
    pub costs: &'a CostModel,
    /// The price of each arm's model that its trials were bought at, in the order of the arms; `None` is unknown. What
    /// trials cost is their own; prices only say what they would have cost otherwise.
    pub prices: &'a [Option<Price>],
    /// The largest loss of accuracy tolerated in a slice that moves, a share; `None` gives no advice on slices.
    pub margin: Option<f64>,
    /// How the run looked at its cases, where it did so while they came in; `None` where all are looked at once.
    pub sequential: Option<Sequential<'a>>,
}

/// How a run looked at its cases while they came in. Cases must weigh the same.
#[derive(Debug, Clone, Copy)]
pub struct Sequential<'a> {
    /// The ids of the cases in their order, shuffled before the first; the cases of a cluster stand together.
    pub order: &'a [Arc<str>],
    /// So many pairs are there at the first look at all cases.
    pub first_look: usize,
    /// So many pairs are there at the first look at a slice.
    pub first_look_at_slice: usize,
    /// Whether what was seen ended the run before its last case.
    pub stopped_early: bool,
}

/// A case of the plan: what must be known of it even where none of its trials was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedCase {
    /// The case's id.
    pub id: Arc<str>,
    /// The case's tags.
    pub tags: Arc<BTreeMap<String, String>>,
    /// Whether the case counts in the tool-call failure rate.
    pub involves_tools: bool,
}

/// Compares every candidate with the baseline. Planned trials that are absent were not sent. A trial that the plan does
/// not know is left out, and of several with one key the first counts.
#[must_use]
pub fn compare(trials: &[Trial], options: &Options<'_>) -> Results {
    let grid = Grid::new(trials, options);
    let all: Vec<usize> = (0..grid.cases.len()).collect();
    let ranks = options.sequential.map(|sequential| grid.ranks(sequential.order)).unwrap_or_default();
    let looks = |first: fn(Sequential<'_>) -> usize| {
        options.sequential.map(|sequential| Looks {
            ranks: &ranks,
            first: first(sequential),
            stopped_early: sequential.stopped_early,
        })
    };
    let scope = Scope {
        grid: &grid,
        cases: &all,
        confidence: options.confidence,
        weighted: true,
        looks: looks(|sequential| sequential.first_look),
    };
    let in_slices = Scope { looks: looks(|sequential| sequential.first_look_at_slice), ..scope };
    let arms = options.arms.iter().enumerate().map(|(arm, name)| arm::summary(name, scope, arm)).collect();
    let slices: Vec<_> = options.slice_by.iter().flat_map(|tag| grid.slices(tag)).collect();
    let partitions = routing::partitions(&grid, options.slice_by);
    let candidates = options.arms.iter().enumerate().skip(1);
    let comparisons = candidates
        .map(|(candidate, name)| {
            let slices = slices.iter().map(|slice| {
                let changes = changes(in_slices.within(&slice.cases), candidate);
                let pairs = paired(&changes);
                Slice {
                    tag: slice.tag.to_owned(),
                    value: slice.value.to_owned(),
                    cases: slice.cases.len(),
                    pairs,
                    effective_pairs: effective_pairs(scope.within(&slice.cases), candidate),
                    changes,
                }
            });
            let slices = slices.collect();
            let changes = changes(scope, candidate);
            let pairs = paired(&changes);
            let fall = fall::fall(scope, candidate);
            Comparison {
                baseline: options.arms[grid::BASELINE].clone(),
                candidate: name.clone(),
                cases: all.len(),
                pairs,
                effective_pairs: effective_pairs(scope, candidate),
                unpaired: all.len() - pairs,
                changes,
                quadrants: fall.quadrants,
                lost: fall.lost,
                gained: fall.gained,
                economics: economics::economics(scope, candidate, options).map(Box::new),
                slices,
                routing: routing::routing(scope, candidate, &partitions, options.margin),
                repeats: repeats::of_pair(scope, candidate),
                divergence: divergence::divergence(scope, candidate),
            }
        })
        .collect();
    let policies = policy::policies(scope, options.arms, &partitions, options.margin);
    let judges = judges::judges(scope, options.arms);
    let preferences = preferences::preferences(scope, options.arms);
    Results { arms, comparisons, policies, judges, preferences }
}

/// One change a metric, in the order of the metrics.
fn changes(scope: Scope<'_>, candidate: usize) -> Vec<Change> {
    metrics(scope).map(|metric| change(metric, scope, candidate)).collect()
}

/// Every metric, those of the scorers that measured anything last.
fn metrics(scope: Scope<'_>) -> impl Iterator<Item = Metric> {
    METRICS.iter().map(|row| row.metric).chain(scope.grid.of_scorers.iter().copied())
}

/// Cases with a usable score in both arms.
fn paired(changes: &[Change]) -> usize {
    changes.iter().find(|change| change.metric == Metric::Accuracy).map_or(0, |change| change.pairs)
}

/// How many equally weighted pairs the pairs are worth.
fn effective_pairs(scope: Scope<'_>, candidate: usize) -> f64 {
    let cases = rates::ACCURACY.paired(scope, candidate).cases;
    scope.sample(&cases).design().effective_cases(cases.len())
}

/// A metric's change, with its numbers as drawn beside it where cases weigh differently.
fn change(metric: Metric, scope: Scope<'_>, candidate: usize) -> Change {
    let change = change_within(metric, scope, candidate);
    let unweighted = scope.is_weighted().then(|| {
        let Change { baseline, candidate, contrast, .. } =
            change_within(metric, Scope { weighted: false, ..scope }, candidate);
        Unweighted { baseline, candidate, contrast }
    });
    Change { own: estimate(metric, scope, candidate), unweighted, ..change }
}

fn change_within(metric: Metric, scope: Scope<'_>, candidate: usize) -> Change {
    match metric {
        Metric::Accuracy => rates::ACCURACY.change(scope, candidate),
        Metric::ToolCallFailureRate => rates::TOOL_CALLS.change(scope, candidate),
        Metric::CostPerSuccess => cost::change(scope, candidate),
        Metric::LatencyP50 => latency::P50.change(scope, candidate),
        Metric::LatencyP95 => latency::P95.change(scope, candidate),
        Metric::LatencyP99 => latency::P99.change(scope, candidate),
        Metric::LatencyTypical => latency::typical_change(scope, candidate),
        Metric::FirstTokenP50 => latency::FIRST_TOKEN_P50.change(scope, candidate),
        Metric::FirstTokenP95 => latency::FIRST_TOKEN_P95.change(scope, candidate),
        Metric::TokensPerSecond => throughput::change(scope, candidate),
        Metric::InputTokens => tokens::INPUT.change(scope, candidate),
        Metric::OutputTokens => tokens::OUTPUT.change(scope, candidate),
        Metric::Score(scorer) => rates::grade(scorer).change(scope, candidate),
        Metric::MacroF1(scorer) => labels::change(scorer, scope, candidate),
    }
}

/// A metric of one arm, over all of its own cases.
fn estimate(metric: Metric, scope: Scope<'_>, arm: usize) -> Option<Estimate> {
    match metric {
        Metric::Accuracy => rates::ACCURACY.estimate(scope, arm),
        Metric::ToolCallFailureRate => rates::TOOL_CALLS.estimate(scope, arm),
        Metric::CostPerSuccess => cost::estimate(scope, arm),
        Metric::LatencyP50 => latency::P50.estimate(scope, arm),
        Metric::LatencyP95 => latency::P95.estimate(scope, arm),
        Metric::LatencyP99 => latency::P99.estimate(scope, arm),
        // It compares two arms: one alone has none.
        Metric::LatencyTypical => None,
        Metric::FirstTokenP50 => latency::FIRST_TOKEN_P50.estimate(scope, arm),
        Metric::FirstTokenP95 => latency::FIRST_TOKEN_P95.estimate(scope, arm),
        Metric::TokensPerSecond => throughput::estimate(scope, arm),
        Metric::InputTokens => tokens::INPUT.estimate(scope, arm),
        Metric::OutputTokens => tokens::OUTPUT.estimate(scope, arm),
        Metric::Score(scorer) => rates::grade(scorer).estimate(scope, arm),
        Metric::MacroF1(scorer) => labels::estimate(scorer, scope, arm),
    }
}
