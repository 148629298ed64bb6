//! Pipelines: steps one after the other, each retried, given up at the first step whose attempts all fail.

use std::num::NonZeroU32;

use super::retries::{AttemptCosts, Cap, independent};
use super::sum::Sum;

/// One step of a pipeline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The chance that an attempt succeeds.
    pub success_rate: f64,
    /// What an attempt costs, in dollars.
    pub cost: f64,
}

/// How a pipeline is run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Policy {
    /// The most attempts at a step.
    pub attempts: NonZeroU32,
    /// What a run that is given up costs downstream, in dollars.
    pub giving_up: f64,
}

/// What one run of a pipeline comes to on average.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pipeline {
    /// The chance that all steps succeed.
    pub completion_rate: f64,
    /// Dollars for all attempts at all steps that are reached.
    pub model_cost: f64,
    /// `model_cost`, and what giving up costs.
    pub total_cost: f64,
    /// `total_cost` ÷ `completion_rate`; `None` when no run completes.
    pub cost_per_completion: Option<f64>,
}

/// A run through `steps`, whose attempts succeed independently of each other.
#[must_use]
pub fn run(steps: impl IntoIterator<Item = Step>, policy: Policy) -> Pipeline {
    let mut reached = 1.0;
    let mut cost = Sum::default();
    for step in steps {
        let costs = AttemptCosts { success: step.cost, failure: step.cost, giving_up: 0.0 };
        // A cap ends every step; a step that could not end would not be passed.
        let Some(step) = independent(step.success_rate, Cap::At(policy.attempts), costs) else { continue };
        cost.add(reached * step.model_cost);
        reached *= step.success_rate;
    }
    let model_cost = cost.value();
    let total_cost = model_cost + policy.giving_up * (1.0 - reached);
    let cost_per_completion = (reached > 0.0).then(|| total_cost / reached);
    Pipeline { completion_rate: reached, model_cost, total_cost, cost_per_completion }
}

/// Cost per completion of `length` equal steps of the candidate ÷ that of the baseline. `None` when an arm completes no
/// run or the baseline costs nothing.
#[must_use]
pub fn cost_ratio(baseline: Step, candidate: Step, length: u32, policy: Policy) -> Option<f64> {
    let cost = |step| run(std::iter::repeat_n(step, length as usize), policy).cost_per_completion;
    let (baseline, candidate) = (cost(baseline)?, cost(candidate)?);
    (baseline > 0.0).then(|| candidate / baseline)
}

/// The shortest pipeline, up to `longest` equal steps, whose completion costs the candidate no more than the baseline:
/// errors multiply with every step, so a dearer step can repay itself in long pipelines alone. `None` when none does.
#[must_use]
pub fn shortest_repaid(baseline: Step, candidate: Step, longest: u32, policy: Policy) -> Option<u32> {
    (1..=longest).find(|&length| cost_ratio(baseline, candidate, length, policy).is_some_and(|ratio| ratio <= 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONCE: Policy = Policy { attempts: NonZeroU32::MIN, giving_up: 0.0 };
    const OLD: Step = Step { success_rate: 0.92, cost: 1.0 };
    const NEW: Step = Step { success_rate: 0.97, cost: 4.0 };

    #[test]
    fn a_dearer_step_repays_more_of_itself_in_longer_pipelines() {
        let ratio = |length| format!("{:.2}", cost_ratio(OLD, NEW, length, ONCE).expect("completes"));
        assert_eq!([5, 10, 20].map(ratio), ["3.39", "2.92", "2.08"]);
    }

    #[test]
    fn the_shortest_pipeline_that_repays_is_the_first() {
        let length = shortest_repaid(OLD, NEW, 100, ONCE).expect("repays");
        let ratio = |length| cost_ratio(OLD, NEW, length, ONCE).expect("completes");
        assert!(ratio(length) <= 1.0 && ratio(length - 1) > 1.0, "{length}");
        assert_eq!(shortest_repaid(OLD, NEW, length - 1, ONCE), None);
    }

    #[test]
    fn what_comes_after_a_step_that_always_fails_is_not_paid_for() {
        let hopeless = Step { success_rate: 0.0, cost: 1.0 };
        let two = Policy { attempts: NonZeroU32::new(2).expect("is positive"), giving_up: 5.0 };
        let pipeline = run([OLD, hopeless, NEW], two);
        // 1.08 attempts at the first step; two attempts at the second for those that pass it.
        assert!((pipeline.model_cost - (1.08 + 2.0 * (1.0 - 0.08 * 0.08))).abs() < 1e-12, "{pipeline:?}");
        assert!((pipeline.total_cost - pipeline.model_cost - 5.0).abs() < 1e-12);
        assert_eq!(pipeline.cost_per_completion, None);
    }
}
