//! Break-even in quality: how seldom the candidate must fail, what a failure must cost, what the candidate may cost.

use serde::Serialize;

use super::{BreakEven, Obstacle};

/// One arm by its tasks. With a failure cost H, a task comes to `cost` + H × `error_rate`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Task {
    /// What a task costs, in dollars, failures not counted.
    pub cost: f64,
    /// Share of the tasks that fail.
    pub error_rate: f64,
}

/// Both arms by their tasks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ErrorArms {
    /// The baseline.
    pub baseline: Task,
    /// The candidate.
    pub candidate: Task,
}

/// One arm by its attempts, retried until success: a success comes to `cost` ÷ `success_rate`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Attempt {
    /// What an attempt costs, in dollars.
    pub cost: f64,
    /// Share of the attempts that succeed.
    pub success_rate: f64,
}

/// Both arms by their attempts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AttemptArms {
    /// The baseline.
    pub baseline: Attempt,
    /// The candidate.
    pub candidate: Attempt,
}

/// The error rate of the candidate at which a task comes to the same: `e_B − (c_C − c_B) ÷ H`, at most.
#[must_use]
pub fn error_rate(arms: ErrorArms, failure_cost: f64) -> BreakEven {
    let dearer = arms.candidate.cost - arms.baseline.cost;
    if failure_cost == 0.0 {
        return BreakEven::without_value(dearer <= 0.0, Obstacle::NoInfluence);
    }
    BreakEven::at_most(arms.baseline.error_rate - dearer / failure_cost, arms.candidate.error_rate, 0.0)
}

/// The success rate of the candidate at which a success under retries costs the same: `p_B × c_C ÷ c_B`, at least.
#[must_use]
pub fn success_rate(arms: AttemptArms) -> BreakEven {
    let AttemptArms { baseline, candidate } = arms;
    if baseline.cost == 0.0 {
        return BreakEven::without_value(candidate.cost == 0.0, Obstacle::FreeBaseline);
    }
    BreakEven::at_least(baseline.success_rate * candidate.cost / baseline.cost, candidate.success_rate)
}

/// At which failure costs the candidate is the cheaper arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// At all: it fails less and costs no more.
    CandidateAlways,
    /// Above the value: it fails less and costs more.
    CandidateAbove,
    /// Below the value: it fails more and costs less.
    CandidateBelow,
    /// At none: it fails more and costs no less.
    CandidateNever,
    /// The arms fail equally often, so that failures make no difference.
    EqualErrors,
}

/// What a failure must cost for a task to come to the same in both arms.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FailureCost {
    /// Dollars a failure: 0 when the candidate is always or never cheaper; `None` with equal errors.
    pub value: Option<f64>,
    /// On which side of it the candidate is the cheaper arm.
    pub status: Status,
}

/// The failure cost at which a task comes to the same: `(c_C − c_B) ÷ (e_B − e_C)`.
#[must_use]
pub fn failure_cost(arms: ErrorArms) -> FailureCost {
    let dearer = arms.candidate.cost - arms.baseline.cost;
    let better = arms.baseline.error_rate - arms.candidate.error_rate;
    if better == 0.0 {
        return FailureCost { value: None, status: Status::EqualErrors };
    }
    let value = dearer / better;
    let status = match (better > 0.0, value <= 0.0) {
        (true, true) => Status::CandidateAlways,
        (true, false) => Status::CandidateAbove,
        (false, true) => Status::CandidateNever,
        (false, false) => Status::CandidateBelow,
    };
    FailureCost { value: Some(value.max(0.0)), status }
}

/// What a task may cost the candidate, failures not counted, to come to what it comes to now in the baseline:
/// `c_B + H × (e_B − e_C)`. Negative when even a free candidate would come to more. The `target_cost` of [`super::price`],
/// [`super::tokens`], [`super::calls`] and [`super::cached_share`].
#[must_use]
pub fn allowed_cost(arms: ErrorArms, failure_cost: f64) -> f64 {
    arms.baseline.cost + failure_cost * (arms.baseline.error_rate - arms.candidate.error_rate)
}

/// What an attempt may cost the candidate for a success to cost the same under retries: `c_B × p_C ÷ p_B`. `None` when the
/// baseline never succeeds.
#[must_use]
pub fn allowed_cost_per_success(arms: AttemptArms) -> Option<f64> {
    let AttemptArms { baseline, candidate } = arms;
    (baseline.success_rate > 0.0).then(|| baseline.cost * candidate.success_rate / baseline.success_rate)
}
