//! What it comes to: cost with retries, with what failures cost downstream, in pipelines, and by the month; where both
//! arms come to the same; and what a success would cost under other circumstances.
//!
//! All of it rests on the pairs of cost per success. What is assumed stands in a [`CostModel`]; what is not known is a
//! reason, never 0.

mod break_even;
mod facts;
mod model;
mod of_arm;
mod result;
mod retrying;
mod sample;
mod spend;
mod what_if;

pub use model::{CostModel, DEFAULT_MAX_ATTEMPTS, FAILURE_CLASSES, FailureClass};
pub use of_arm::FEW_SUCCESSES;
pub use result::{
    ArmEconomics, BreakEvenAnswer, BreakEvenRow, BreakEvens, ChanceCheaper, ClassCost, Economics, Figure, Missing,
    ObservedRetries, PerSuccess, PipelineFigures, Quantity, Retried, Retrying, Scenario, Target, WhatIf, WhatIfs,
};

use super::Options;
use super::grid::BASELINE;
use super::rates::ACCURACY;
use super::scope::Scope;
use crate::stats::downstream::measured_failure_cost;
use crate::stats::mean::{Mean, t_mean};
use crate::stats::ratio::Arms;
use crate::stats::special::t_cdf;
use crate::stats::{Estimate, PerCase, Scores};
use facts::{ArmMeans, CaseFacts, Facts};
use sample::Sampled;

/// The percentage of the pairs whose cost must be known.
const LEAST_PERCENT: usize = 95;

/// What it comes to, over the cases with a score and a known cost in both arms; `None` where those are too few.
pub(super) fn economics(scope: Scope<'_>, candidate: usize, options: &Options<'_>) -> Option<Economics> {
    let model = options.costs;
    let price = |arm: usize| options.prices.get(arm).and_then(Option::as_ref);
    // Where costs are missing, what is left is no sample of the traffic: rejected requests, for example, which cost nothing.
    let scored = ACCURACY.paired(scope, candidate).cases.len();
    // Added up case by case: the facts of all cases would be the largest thing in memory.
    let mut arms = [0, 1].map(|_| Facts::with_capacity(scope.cases.len(), model));
    let pairs = scope.pairs(candidate, |of_baseline, of_candidate| {
        let baseline = CaseFacts::of(of_baseline, model, price(BASELINE))?;
        let facts = [baseline, CaseFacts::of(of_candidate, model, price(candidate))?];
        arms.iter_mut().zip(&facts).for_each(|(arm, facts)| arm.add(facts));
        Some(())
    });
    if pairs.cases.is_empty() || pairs.cases.len() * 100 < scored * LEAST_PERCENT {
        return None;
    }
    for (facts, arm) in arms.iter_mut().zip([BASELINE, candidate]) {
        facts.spent = facts.spent.take().filter(|_| price(arm).is_some());
    }
    let priced = [price(BASELINE).is_some(), price(candidate).is_some()];
    let trials = arms.iter().flat_map(|facts| &facts.trials).map(|case| case.trials).max().unwrap_or(1);
    let sample = scope.sample(&pairs.cases);
    let sampled = Sampled {
        model,
        design: sample.design(),
        confidence: scope.confidence,
        scores: Scores::PassFail { trials: u32::try_from(trials).unwrap_or(u32::MAX) },
    };
    Some(assembled(arms.each_ref(), priced, &sampled))
}

fn assembled(arms: [&Facts; 2], priced: [bool; 2], sampled: &Sampled<'_>) -> Economics {
    let [baseline, candidate] = arms.map(|facts| of_arm::arm(facts, sampled));
    let [before, after] = arms;
    let both = Arms { baseline: before.arm(), candidate: after.arm() };
    let costs = difference(&before.cost, &after.cost, sampled);
    let totals = |facts: &Facts| -> Vec<f64> { facts.cost.iter().zip(&facts.loss).map(|(c, loss)| c + loss).collect() };
    let total = sampled.model.failure_usd.and_then(|_| difference(&totals(before), &totals(after), sampled));
    let comes_to = total.or(costs);
    let retry_ratio = retrying::ratio(arms, sampled);
    let monthly = |of: Option<Estimate>| Some(of?.scaled(sampled.model.monthly_requests?));
    Economics {
        model: *sampled.model,
        pairs: before.cost.len(),
        cost_difference: costs.map(|mean| mean.estimate),
        total_difference: total.map(|mean| mean.estimate),
        retry_ratio: retry_ratio.map(|ratio| ratio.estimate),
        observed_retry_ratio: retrying::observed_ratio(arms, sampled),
        pipeline_ratio: of_arm::pipeline_ratio(arms, sampled),
        monthly_difference: monthly(comes_to.map(|mean| mean.estimate)),
        chance_cheaper: ChanceCheaper {
            per_trial: comes_to.and_then(chance_below_zero),
            per_success: retry_ratio.and_then(|ratio| ratio.chance_below(1.0)),
            n: before.cost.len(),
        },
        failure_cost: measured_failure_cost(both, sampled.design, sampled.confidence),
        break_even: break_even::rows(arms, priced, comes_to.map(|mean| mean.estimate), sampled),
        what_ifs: what_if::what_ifs(arms, priced, sampled),
        baseline,
        candidate,
    }
}

/// Candidate − baseline, in pairs.
fn difference(baseline: &[f64], candidate: &[f64], sampled: &Sampled<'_>) -> Option<Mean> {
    let differences: Vec<f64> =
        candidate.iter().zip(baseline).map(|(candidate, baseline)| candidate - baseline).collect();
    t_mean(PerCase { values: &differences, design: sampled.design }, sampled.confidence)
}

/// How likely the true mean lies below 0, as Student's t says; `None` without a spread.
fn chance_below_zero(mean: Mean) -> Option<f64> {
    let error = mean.standard_error.filter(|error| *error > 0.0)?;
    t_cdf(-mean.estimate.value / error, mean.degrees_of_freedom?)
}

/// The means of both arms, from those of their columns side by side.
fn both(means: &[f64]) -> Option<[ArmMeans; 2]> {
    let (baseline, candidate) = means.split_at_checked(ArmMeans::WIDTH)?;
    Some([ArmMeans::read(baseline)?, ArmMeans::read(candidate)?])
}

/// The reason why nothing is known of what an arm bought.
fn unbought(priced: bool) -> Missing {
    if priced { Missing::NoUsage } else { Missing::NoPrice }
}
