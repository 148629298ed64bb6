//! Break-even. The vectors do not say where the candidate is now: it is given the worst there is.

use cutover::stats::breakeven::{
    self, Attempt, AttemptArms, BreakEven, CachedInput, ErrorArms, FailureCost, Status, Task,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::input::Input;
use super::{Method, method};

pub(crate) const METHODS: &[Method] = &[
    method("breakeven_error_rate", error_rate),
    method("breakeven_failure_cost", failure_cost),
    method("breakeven_success_rate", success_rate),
    method("breakeven_cached_share", cached_share),
    method("breakeven_volume", volume),
];

const STATUSES: &[(Status, &str)] = &[
    (Status::CandidateAlways, "candidate_always"),
    (Status::CandidateAbove, "candidate_above"),
    (Status::CandidateBelow, "candidate_below"),
    (Status::CandidateNever, "candidate_never"),
    (Status::EqualErrors, "equal_errors"),
];

fn answer(name: &str, found: BreakEven) -> Value {
    json!({ name: found.value, "feasible": found.feasibility.is_possible() })
}

fn arms(input: Input<'_>, candidate_errors: f64) -> Result<ErrorArms, String> {
    Ok(ErrorArms {
        baseline: Task { cost: input.number("cost_base")?, error_rate: input.number("error_base")? },
        candidate: Task { cost: input.number("cost_cand")?, error_rate: candidate_errors },
    })
}

fn error_rate(input: Input<'_>) -> Result<Value, String> {
    Ok(answer("error_rate", breakeven::error_rate(arms(input, 1.0)?, input.number("failure_cost")?)))
}

fn failure_cost(input: Input<'_>) -> Result<Value, String> {
    let FailureCost { value, status } = breakeven::failure_cost(arms(input, input.number("error_cand")?)?);
    let status = STATUSES.iter().find(|row| row.0 == status).map(|row| row.1);
    Ok(json!({ "failure_cost": value, "status": status }))
}

fn success_rate(input: Input<'_>) -> Result<Value, String> {
    let arms = AttemptArms {
        baseline: Attempt { cost: input.number("cost_base")?, success_rate: input.number("success_base")? },
        candidate: Attempt { cost: input.number("cost_cand")?, success_rate: 0.0 },
    };
    Ok(answer("success_rate", breakeven::success_rate(arms)))
}

#[derive(Deserialize)]
struct Price {
    input: f64,
    cached_input: f64,
}

fn cached_share(input: Input<'_>) -> Result<Value, String> {
    let price: Price = input.get("cand_price")?;
    let call = CachedInput {
        tokens: input.number("cand_input_tokens")?,
        input_price: price.input,
        cached_price: price.cached_input,
        output_cost: input.number("cand_output_cost")?,
        share: 0.0,
    };
    Ok(answer("share", breakeven::cached_share(call, input.number("target_cost")?)))
}

fn volume(input: Input<'_>) -> Result<Value, String> {
    let found = breakeven::volume(input.number("fixed_cost")?, input.number("saving_per_task")?);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number of tasks, not negative"
    )]
    let tasks = found.value.map(|tasks| tasks as u64);
    Ok(json!({ "tasks": tasks }))
}
