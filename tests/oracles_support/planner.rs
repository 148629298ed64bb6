//! Planning.

use cutover::stats::power::{self, Goal, MoreCases, Precision, Resolution, SampleSize, Seen};
use cutover::stats::repeats::RepeatPlan;
use cutover::stats::tango::Discordant;
use serde_json::{Value, json};

use super::input::Input;
use super::paired::discordant;
use super::{Method, method};

pub(crate) const METHODS: &[Method] = &[
    method("sample_size", sample_size),
    method("sample_size_score", sample_size_score),
    method("more_cases", more_cases),
    method("more_cases_score", more_cases_score),
    method("mde", mde),
    method("power_exact", power_exact),
    method("best_trials", best_trials),
];

fn precision(input: Input<'_>) -> Result<Precision, String> {
    Ok(Precision { confidence: input.confidence()?, power: input.number("power")? })
}

fn goal(input: Input<'_>) -> Result<Goal, String> {
    Ok(Goal { margin: input.number("margin")?, precision: precision(input)? })
}

/// Shares of the pairs.
fn shares(input: Input<'_>) -> Result<Discordant, String> {
    Ok(Discordant { baseline_only: input.number("p_base_only")?, candidate_only: input.number("p_cand_only")?, n: 1.0 })
}

fn direction(resolution: Resolution) -> &'static str {
    match resolution {
        Resolution::Pass => "migrate",
        Resolution::Fail => "hold",
    }
}

fn size(size: Option<SampleSize>) -> Value {
    json!({ "n": size.map(|size| size.cases), "direction": size.map(|size| direction(size.resolves_to)) })
}

fn more(more: MoreCases) -> Value {
    let (total, resolution) = match more {
        MoreCases::OnTheMargin => (None, None),
        MoreCases::TooMany(resolution) => (None, Some(resolution)),
        MoreCases::Needed { all, .. } => (Some(all.cases), Some(all.resolves_to)),
    };
    json!({
        "n_total": total,
        "n_more": more.more(),
        "direction": resolution.map(direction),
        "over_cap": total.is_none(),
    })
}

fn sample_size(input: Input<'_>) -> Result<Value, String> {
    Ok(size(power::sample_size(input.number("variance")?, input.number("true_diff")?, goal(input)?)))
}

fn sample_size_score(input: Input<'_>) -> Result<Value, String> {
    Ok(size(power::sample_size_score(shares(input)?, goal(input)?)))
}

fn more_cases(input: Input<'_>) -> Result<Value, String> {
    let seen =
        Seen { cases: input.count("n")?, difference: input.number("mean_d")?, variance: input.number("variance")? };
    Ok(more(power::more_cases(seen, goal(input)?, input.count("cap")?)))
}

fn more_cases_score(input: Input<'_>) -> Result<Value, String> {
    let seen = discordant(input)?;
    Ok(more(power::more_cases_score(seen, input.count("n")?, goal(input)?, input.count("cap")?)))
}

fn mde(input: Input<'_>) -> Result<Value, String> {
    let resolvable = power::resolvable(input.count("n")?, input.number("discordance")?, precision(input)?);
    Ok(json!({
        "margin_at_zero_diff": resolvable.map(|resolvable| resolvable.margin),
        "superiority_diff": resolvable.map(|resolvable| resolvable.gain),
    }))
}

fn power_exact(input: Input<'_>) -> Result<Value, String> {
    let power = power::exact(input.count("n")?, shares(input)?, input.number("margin")?, input.confidence()?);
    Ok(json!({ "power_migrate": power.pass, "power_hold": power.fail }))
}

fn best_trials(input: Input<'_>) -> Result<Value, String> {
    let plan = RepeatPlan {
        case_variance: input.number("omega2")?,
        trial_variance: input.number("sigma2_sum")?,
        case_cost: input.number("cost_case")?,
        trial_cost: input.number("cost_trial")?,
    };
    let trials = plan.best_trials(input.get("max_trials")?);
    Ok(json!({ "trials": trials, "variance_times_cost": trials.map(|trials| plan.variance_times_cost(trials)) }))
}
