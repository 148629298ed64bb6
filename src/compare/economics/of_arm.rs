//! One arm: what a trial, a success, a retried task, a pipeline and a month come to.

use std::iter::repeat_n;

use super::facts::{ArmMeans, Facts};
use super::model::FAILURE_CLASSES;
use super::result::{ArmEconomics, ClassCost, PerSuccess, PipelineFigures};
use super::sample::Sampled;
use super::{both, retrying};
use crate::stats::delta::Scale;
use crate::stats::fieller::fieller_of;
use crate::stats::pipeline::{self, Pipeline, Policy, Step};
use crate::stats::ratio::{cost_per_success, least_cost_without_success};
use crate::stats::{Estimate, PerCase, mean, proportion};

/// With fewer successes an interval may have no upper end.
pub const FEW_SUCCESSES: usize = 10;

pub(super) fn arm(facts: &Facts, sampled: &Sampled<'_>) -> ArmEconomics {
    let average = |values: &[f64]| mean::mean(PerCase { values, design: sampled.design }, sampled.confidence);
    let stated = sampled.model.failure_usd;
    let totals = || -> Vec<f64> { facts.cost.iter().zip(&facts.loss).map(|(cost, loss)| cost + loss).collect() };
    let cost = average(&facts.cost);
    let total = stated.and_then(|_| average(&totals()));
    let rate = PerCase { values: &facts.success, design: sampled.design };
    let success_rate = proportion::rate(rate, sampled.scores, sampled.confidence);
    ArmEconomics {
        cost,
        success_rate,
        failures: stated.and_then(|_| average(&facts.loss)),
        by_class: FAILURE_CLASSES
            .iter()
            .map(|row| row.0)
            .filter(|class| facts.classes[*class as usize] > 0)
            .map(|class| {
                let index = class as usize;
                let usd = stated.map(|stated| stated[index]);
                let share = || average(&facts.failed.as_ref()?[index]);
                let cost = usd.and_then(|usd| Some(share()?.scaled(usd)));
                ClassCost { class, trials: facts.classes[index], usd, cost }
            })
            .collect(),
        total,
        monthly: total.or(cost).and_then(|cost| Some(cost.scaled(sampled.model.monthly_requests?))),
        per_success: per_success(facts, sampled),
        retries: retrying::retrying(facts, success_rate, sampled),
        pipeline: sampled.model.pipeline_steps.map(|steps| figures(facts, success_rate, steps, sampled)),
    }
}

fn per_success(facts: &Facts, sampled: &Sampled<'_>) -> PerSuccess {
    let (successes, n) = (facts.successes(), facts.cost.len());
    let few = successes < FEW_SUCCESSES;
    let bound = || {
        let mean = sampled.means(&[&facts.cost])?.first().copied()?;
        #[expect(clippy::cast_precision_loss, reason = "a count of cases")]
        least_cost_without_success(mean * n as f64, n, sampled.confidence)
    };
    PerSuccess {
        successes,
        estimate: cost_per_success(facts.arm(), sampled.design, sampled.confidence),
        fieller: few.then(|| fieller_of(facts.arm(), sampled.design, sampled.confidence)).flatten(),
        at_least: (successes == 0).then(bound).flatten(),
    }
}

/// Cost per completed pipeline, candidate ÷ baseline; `None` when none is asked for, or an arm completes none.
pub(super) fn pipeline_ratio(arms: [&Facts; 2], sampled: &Sampled<'_>) -> Option<Estimate> {
    let steps = sampled.model.pipeline_steps?;
    let columns: Vec<&[f64]> = arms.iter().flat_map(|facts| facts.columns()).collect();
    let derived = sampled.derive(&columns, Scale::Log, |means| {
        let [baseline, candidate] = both(means)?.map(|arm| run(arm, steps, sampled).cost_per_completion);
        let baseline = baseline.filter(|cost| *cost > 0.0)?;
        Some(candidate? / baseline)
    });
    derived.map(|derived| derived.estimate)
}

fn figures(facts: &Facts, success_rate: Option<Estimate>, steps: u32, sampled: &Sampled<'_>) -> PipelineFigures {
    let completes = |success_rate| {
        let step = Step { success_rate, cost: 0.0 };
        pipeline::run(repeat_n(step, steps as usize), policy(sampled, 0.0)).completion_rate
    };
    let cost = sampled
        .derive(&facts.columns(), Scale::Log, |means| run(ArmMeans::read(means)?, steps, sampled).cost_per_completion);
    PipelineFigures {
        // It rises with the success rate alone, whose own interval carries over.
        completion_rate: success_rate.map(|rate| rate.rising(completes)),
        cost_per_completion: cost.map(|derived| derived.estimate),
    }
}

fn run(arm: ArmMeans, steps: u32, sampled: &Sampled<'_>) -> Pipeline {
    let step = Step { success_rate: arm.success, cost: arm.cost };
    pipeline::run(repeat_n(step, steps as usize), policy(sampled, arm.failure_usd().unwrap_or(0.0)))
}

fn policy(sampled: &Sampled<'_>, giving_up: f64) -> Policy {
    Policy { attempts: sampled.model.max_attempts, giving_up }
}
