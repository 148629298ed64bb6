//! Cost per success: what all trials of a case cost ÷ its successes.

use super::grid::Trials;
use super::rates::score;
use super::scope::{Scope, Values, case_mean, number};
use super::{Change, Metric};
use crate::domain::Usd;
use crate::stats::Estimate;
use crate::stats::ratio::{self, Arm, Arms};

/// What each case cost in an arm for every scored trial, and how often it succeeded.
#[derive(Default)]
struct Costs {
    cost: Vec<f64>,
    success: Vec<f64>,
}

impl Costs {
    fn arm(&self) -> Arm<'_> {
        Arm { cost: &self.cost, success: &self.success }
    }
}

impl Extend<(f64, f64)> for Costs {
    fn extend<I: IntoIterator<Item = (f64, f64)>>(&mut self, cases: I) {
        for (cost, success) in cases {
            self.cost.push(cost);
            self.success.push(success);
        }
    }
}

/// The cost of a case for every scored trial, and its mean success. Trials without a score have been paid for too, so
/// their cost is in it. `None` without a scored trial, or with a trial whose cost is unknown.
pub(super) fn case_cost(trials: &Trials<'_>) -> Option<(f64, f64)> {
    let success = case_mean(trials, score)?;
    let sent = || trials.iter().flatten();
    let total: Usd = sent().map(|trial| trial.cost).sum::<Option<Usd>>()?;
    let scored = sent().filter(|trial| score(trial).is_some()).count() as u64;
    Some((total.dollars() / number(scored), success))
}

/// Cost per success of one arm, over its cases with a score and a known cost.
pub(super) fn estimate(scope: Scope<'_>, arm: usize) -> Option<Estimate> {
    let Values { cases, values } = scope.values(arm, case_cost);
    let mut costs = Costs::default();
    costs.extend(values);
    ratio::cost_per_success(costs.arm(), scope.sample(&cases).design(), scope.confidence)
}

/// The value of the ratio alone.
pub(super) fn ratio(scope: Scope<'_>, candidate: usize) -> Option<f64> {
    let pairs = scope.pairs(candidate, |baseline, candidate| case_cost(baseline).zip(case_cost(candidate)));
    let (baseline, candidate): (Costs, Costs) = pairs.values.into_iter().unzip();
    let arms = Arms { baseline: baseline.arm(), candidate: candidate.arm() };
    let ratio = ratio::cost_per_success_ratio(arms, scope.sample(&pairs.cases).design(), scope.confidence);
    ratio.map(|ratio| ratio.estimate.value)
}

/// Cost per success of both arms and its ratio, over the cases with a score and a known cost in both.
pub(super) fn change(scope: Scope<'_>, candidate: usize) -> Change {
    let pairs = scope.pairs(candidate, |baseline, candidate| case_cost(baseline).zip(case_cost(candidate)));
    let (baseline, candidate): (Costs, Costs) = pairs.values.into_iter().unzip();
    let sample = scope.sample(&pairs.cases);
    let design = sample.design();
    let arms = Arms { baseline: baseline.arm(), candidate: candidate.arm() };
    let of_arm = |arm| ratio::cost_per_success(arm, design, scope.confidence);
    let ratio = ratio::cost_per_success_ratio(arms, design, scope.confidence);
    Change {
        baseline: of_arm(arms.baseline),
        candidate: of_arm(arms.candidate),
        contrast: ratio.map(|ratio| ratio.estimate),
        ..Change::uncompared(Metric::CostPerSuccess, pairs.cases.len(), scope.cases.len() - pairs.cases.len())
    }
}
