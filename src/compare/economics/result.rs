//! What the economics of a comparison hold: each figure an estimate, or the reason why there is none.

use serde::Serialize;

use super::{CostModel, FailureClass};
use crate::stats::breakeven::Feasibility;
use crate::stats::downstream::MeasuredFailureCost;
use crate::stats::{Estimate, Interval};

/// What it comes to: cost with retries, failures, pipelines and volume, over the cases with a score and a known cost in
/// both arms. Dollars, if not said otherwise.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Economics {
    /// What is assumed.
    pub model: CostModel,
    /// Cases with a score and a known cost in both arms.
    pub pairs: usize,
    /// The baseline on these.
    pub baseline: ArmEconomics,
    /// The candidate on these.
    pub candidate: ArmEconomics,
    /// Cost of a trial, candidate − baseline, in pairs.
    pub cost_difference: Option<Estimate>,
    /// Cost of a trial and what its failures cost downstream, candidate − baseline; `None` when no failure has a cost.
    pub total_difference: Option<Estimate>,
    /// Cost per success under retries that succeed independently, candidate ÷ baseline.
    pub retry_ratio: Option<Estimate>,
    /// The same by the failures of each case; `None` where an arm's retries are only known between bounds.
    pub observed_retry_ratio: Option<Estimate>,
    /// Cost per completed pipeline, candidate ÷ baseline.
    pub pipeline_ratio: Option<Estimate>,
    /// A month's difference: `total_difference`, or `cost_difference` when no failure has a cost.
    pub monthly_difference: Option<Estimate>,
    /// How sure it is that the candidate is the cheaper arm.
    pub chance_cheaper: ChanceCheaper,
    /// What a failure must cost, equal for all classes, for the arms to come to the same.
    pub failure_cost: Option<MeasuredFailureCost>,
    /// Where both arms come to the same.
    pub break_even: BreakEvens,
    /// Cost per success under other circumstances.
    pub what_ifs: WhatIfs,
}

/// One arm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArmEconomics {
    /// Cost of a scored trial, what was sent in vain included.
    pub cost: Option<Estimate>,
    /// Share of the trials that succeed.
    pub success_rate: Option<Estimate>,
    /// What failures cost downstream, a trial; `None` when no failure has a cost.
    pub failures: Option<Estimate>,
    /// The same by class, those that happened.
    pub by_class: Vec<ClassCost>,
    /// `cost` and `failures`; `None` when no failure has a cost.
    pub total: Option<Estimate>,
    /// A month's `total`, or `cost` when no failure has a cost; `None` without a volume.
    pub monthly: Option<Estimate>,
    /// Cost per success as observed.
    pub per_success: PerSuccess,
    /// A task that is retried until it succeeds or the attempts are used up.
    pub retries: Retrying,
    /// A pipeline of such tasks; `None` when none is asked for.
    pub pipeline: Option<PipelineFigures>,
}

/// What the failures of a class cost downstream.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassCost {
    /// The class.
    pub class: FailureClass,
    /// Trials that failed so.
    pub trials: usize,
    /// What one costs; `None` is not stated.
    pub usd: Option<f64>,
    /// What that comes to a trial.
    pub cost: Option<Estimate>,
}

/// Cost per success as observed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PerSuccess {
    /// Trials that succeeded.
    pub successes: usize,
    /// All cost ÷ successes; `None` without one.
    pub estimate: Option<Estimate>,
    /// With Fieller's interval, below ten successes: it may have no upper end.
    pub fieller: Option<Estimate>,
    /// Without a success, what one costs at least.
    pub at_least: Option<f64>,
}

/// A task that is retried, under both readings of its failures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Retrying {
    /// If attempts succeed independently of each other.
    pub independent: Retried,
    /// By the failures of each case.
    pub observed: ObservedRetries,
}

/// What a task comes to when it is retried.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Retried {
    /// Share of the tasks that succeed in the end.
    pub success_rate: Option<Estimate>,
    /// Attempts at a task.
    pub attempts: Option<Estimate>,
    /// Cost per success, with what giving up costs downstream.
    pub cost_per_success: Option<Estimate>,
}

/// Retries by the failures of each case.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ObservedRetries {
    /// Every case has as many trials as attempts are allowed.
    Seen(Retried),
    /// Some case has fewer: modelled.
    Extrapolated {
        /// How alike trials of the same case are: 0 to 1.
        correlation: f64,
        /// What follows.
        retried: Retried,
    },
    /// No case was tried twice: between independent attempts and cases that always fail.
    Between {
        /// If a case that fails once always fails.
        hopeless: Retried,
    },
}

/// A pipeline of equal steps, each retried, whose attempts succeed independently.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PipelineFigures {
    /// Share of the runs that complete.
    pub completion_rate: Option<Estimate>,
    /// Cost per completed run, with what giving up costs downstream.
    pub cost_per_completion: Option<Estimate>,
}

/// A figure, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// It is known.
    Known(Estimate),
    /// It is not.
    Unknown(Missing),
}

/// Why there is no figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The arm's model has no known price, or no longer the one it was bought at.
    NoPrice,
    /// Some trial reported no usage that explains its cost.
    NoUsage,
    /// The price of cached input is not known.
    NoCachedPrice,
    /// The provider publishes no batch price for the model.
    NoBatchPrice,
    /// An arm has no success.
    NoSuccess,
    /// The baseline costs nothing.
    FreeBaseline,
}

/// How likely the candidate is the cheaper arm, by Student's t around the estimates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ChanceCheaper {
    /// A trial with its failures, or without when these have no cost.
    pub per_trial: Option<f64>,
    /// A success under retries.
    pub per_success: Option<f64>,
    /// Pairs behind both.
    pub n: usize,
}

/// Where both arms come to the same.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BreakEvens {
    /// What is to be equal.
    pub target: Target,
    /// One row a quantity of the candidate, the others held as they are.
    pub rows: Vec<BreakEvenRow>,
}

/// What is to be equal in both arms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Cost of a trial with what its failures cost downstream.
    TotalPerTrial,
    /// Cost per success.
    CostPerSuccess,
}

/// A quantity of the candidate at which both arms come to the same.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BreakEvenRow {
    /// Which quantity.
    pub quantity: Quantity,
    /// The baseline now, where it has one.
    pub baseline: Option<Estimate>,
    /// The candidate now.
    pub candidate: Option<Estimate>,
    /// The answer.
    pub answer: BreakEvenAnswer,
}

/// A quantity of the candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Share of the trials that fail.
    ErrorRate,
    /// Share of the trials that succeed, for equal cost per success.
    SuccessRate,
    /// Share of the input served from the prompt cache.
    CachedShare,
    /// Input tokens of a call.
    InputTokens,
    /// Output tokens of a call.
    OutputTokens,
    /// Calls for a task, of which a trial is one.
    CallsPerTask,
    /// All its prices, as a factor of those of now.
    Prices,
    /// Requests after which the fixed cost has been earned back.
    Volume,
}

/// A break-even, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakEvenAnswer {
    /// What was found.
    Found {
        /// The value; never clamped. `None` when no value does it.
        value: Option<Estimate>,
        /// Whether the candidate can get there.
        feasibility: Feasibility,
    },
    /// Nothing, and why.
    Unknown(Missing),
}

/// Cost per success under other circumstances.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WhatIfs {
    /// Share of the input that was served from the prompt cache in this run, the baseline's first.
    pub cached_share: [Figure; 2],
    /// One row a scenario.
    pub rows: Vec<WhatIf>,
}

/// Cost per success under other circumstances.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WhatIf {
    /// Which circumstances.
    pub scenario: Scenario,
    /// The baseline's cost per success.
    pub baseline: Figure,
    /// The candidate's.
    pub candidate: Figure,
    /// Candidate ÷ baseline.
    pub ratio: Figure,
}

/// Other circumstances.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scenario {
    /// None: what was paid.
    AsMeasured,
    /// No input is served from a prompt cache, nor written to one.
    ColdCache,
    /// This share of every input is served from the cache, the rest costs what input costs without.
    CachedShare(f64),
    /// All requests go through the provider's batch API, with the tokens of this run.
    Batch,
}

impl ArmEconomics {
    /// What a trial comes to: with its failures where these have a cost.
    #[must_use]
    pub fn comes_to(&self) -> Option<Estimate> {
        self.total.or(self.cost)
    }
}

impl Figure {
    /// The estimate, where there is one.
    #[must_use]
    pub fn known(&self) -> Option<&Estimate> {
        match self {
            Self::Known(estimate) => Some(estimate),
            Self::Unknown(_) => None,
        }
    }

    pub(super) fn or(estimate: Option<Estimate>, missing: Missing) -> Self {
        estimate.map_or(Self::Unknown(missing), Self::Known)
    }
}

/// The estimate with limits that no share exceeds.
pub(super) fn within_shares(estimate: Estimate) -> Estimate {
    let clamp = |limit: Option<f64>| limit.map(|limit| limit.clamp(0.0, 1.0));
    let interval = estimate.interval.map(|all| Interval { low: clamp(all.low), high: clamp(all.high), ..all });
    Estimate { interval, ..estimate }
}
