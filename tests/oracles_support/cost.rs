//! Retries and pipelines.

use std::num::NonZeroU32;

use cutover::stats::failing::Basis;
use cutover::stats::pipeline::{self, Policy, Step};
use cutover::stats::retries::{self, AttemptCosts, Cap, Observed, Retries};
use cutover::stats::trials::CaseTrials;
use serde_json::{Value, json};

use super::input::Input;
use super::{Method, method};

pub(crate) const METHODS: &[Method] =
    &[method("retry_iid", retry_iid), method("retry_observed", retry_observed), method("pipeline", pipeline_run)];

fn costs(input: Input<'_>) -> Result<AttemptCosts, String> {
    Ok(AttemptCosts {
        success: input.number("cost_success")?,
        failure: input.number("cost_failure")?,
        giving_up: input.number("failure_cost")?,
    })
}

fn answer(retries: Option<Retries>) -> Value {
    json!({
        "p_success": retries.map(|retries| retries.success_rate),
        "expected_attempts": retries.map(|retries| retries.attempts),
        "model_cost": retries.map(|retries| retries.model_cost),
        "total_cost": retries.map(|retries| retries.total_cost),
        "cost_per_success": retries.and_then(|retries| retries.cost_per_success),
    })
}

fn retry_iid(input: Input<'_>) -> Result<Value, String> {
    let cap = input.get::<Option<NonZeroU32>>("attempts")?.map_or(Cap::UntilSuccess, Cap::At);
    let found = retries::independent(input.number("p")?, cap, costs(input)?);
    let mut answer = answer(found);
    if found.is_none() {
        // What never ends never succeeds, and has no cost.
        answer["p_success"] = 0.0.into();
    }
    Ok(answer)
}

fn retry_observed(input: Input<'_>) -> Result<Value, String> {
    let (failures, trials): (Vec<usize>, Vec<usize>) = (input.get("failures")?, input.get("trials")?);
    let cases: Vec<CaseTrials> = failures
        .iter()
        .zip(&trials)
        .map(|(failures, &trials)| CaseTrials { passed: trials - failures, trials })
        .collect();
    let (method, correlation, moments, found) =
        match retries::observed(&cases, input.get("attempts")?, costs(input)?).ok_or("no cases")? {
            Observed::Known { basis: Basis::Extrapolated { correlation }, all_fail, retries } => {
                ("beta_binomial", Some(correlation), Some(all_fail), Some(retries))
            }
            Observed::Known { all_fail, retries, .. } => ("observed", None, Some(all_fail), Some(retries)),
            Observed::Between { .. } => ("unknown", None, None, None),
        };
    let mut answer = answer(found);
    answer["method"] = method.into();
    answer["rho"] = correlation.into();
    answer["q_moments"] = moments.into();
    Ok(answer)
}

fn pipeline_run(input: Input<'_>) -> Result<Value, String> {
    let (rates, costs) = (input.list("step_success")?, input.list("step_cost")?);
    let steps = rates.into_iter().zip(costs).map(|(success_rate, cost)| Step { success_rate, cost });
    let policy = Policy { attempts: input.get("attempts")?, giving_up: input.number("failure_cost")? };
    let found = pipeline::run(steps, policy);
    Ok(json!({
        "completion": found.completion_rate,
        "cost_per_run": found.model_cost,
        "total_per_run": found.total_cost,
        "cost_per_completion": found.cost_per_completion,
    }))
}
