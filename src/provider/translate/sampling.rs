//! Rules on sampling settings: temperature, stop sequences, penalties, seed, several answers.

use serde_json::Value;

use super::reasoning::{Reasoning, binding};
use super::target::{Feature, Wire};
use super::{Context, Finding, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule::refused("temperature_with_reasoning", "temperature", temperature_with_reasoning),
    Rule::refused("temperature_range", "temperature", temperature_range),
    Rule::refused("temperature_and_top_p", "top_p", temperature_and_top_p),
    Rule::refused("top_p_with_reasoning", "top_p", top_p_with_reasoning),
    Rule::refused("top_p_with_reasoning", "logprobs", logprobs_with_reasoning),
    Rule::refused("top_k_unsupported", "top_k", top_k_unsupported),
    Rule::refused("top_k_with_reasoning", "top_k", top_k_with_reasoning),
    Rule::refused("min_p_unsupported", "min_p", min_p_unsupported),
    Rule::refused("stop_unsupported", "stop", stop_unsupported),
    Rule::refused("stop_limit", "stop", stop_limit),
    Rule::refused("stop_whitespace", "stop", stop_whitespace),
    Rule::refused("penalty_unsupported", "frequency_penalty", frequency_penalty_unsupported),
    Rule::refused("penalty_unsupported", "presence_penalty", presence_penalty_unsupported),
    Rule::refused("penalty_unsupported", "logit_bias", logit_bias_unsupported),
    Rule::refused("seed_unsupported", "seed", seed_unsupported),
    Rule::refused("n_unsupported", "n", n_unsupported),
    Rule::refused("n_range", "n", n_range),
];

/// The least `top_p` that Anthropic's models take while they think.
const LEAST_TOP_P: f64 = 0.95;

/// A reasoning model takes this at its default of 1 only.
fn temperature_with_reasoning(context: &Context<'_>) -> Option<Finding> {
    let temperature = context.request.sampling.temperature?;
    if temperature.total_cmp(&1.0).is_eq() {
        return None;
    }
    bound(context, "temperature", " but 1")
}

/// The same, but that Anthropic allows a little less.
fn top_p_with_reasoning(context: &Context<'_>) -> Option<Finding> {
    let top_p = context.request.sampling.top_p?;
    let anthropic = context.target.wire == Wire::Anthropic;
    let least = if anthropic { LEAST_TOP_P } else { 1.0 };
    if (least..=1.0).contains(&top_p) {
        return None;
    }
    bound(context, "top_p", if anthropic { " but from 0.95 to 1" } else { " but 1" })
}

fn top_k_with_reasoning(context: &Context<'_>) -> Option<Finding> {
    context.request.sampling.top_k?;
    (context.target.wire == Wire::Anthropic).then(|| bound(context, "top_k", ""))?
}

/// The finding on a setting that reasoning binds, unless the model does not reason.
fn bound(context: &Context<'_>, field: &str, except: &str) -> Option<Finding> {
    let Reasoning { sentence, optional } = binding(context)?;
    let mut help = format!("leave `{field}` out of the arm");
    if optional {
        help.push_str(", or set `reasoning_effort = \"none\"`");
    }
    Some(Finding::new(format!("{sentence} takes no `{field}`{except}"), help))
}

/// Token probabilities are a passed-on field.
fn logprobs_with_reasoning(context: &Context<'_>) -> Option<Finding> {
    let extra = &context.request.sampling.extra;
    let wanted = |name: &&str| !matches!(extra.get(*name), None | Some(Value::Null | Value::Bool(false)));
    let field = ["logprobs", "top_logprobs"].into_iter().find(wanted)?;
    // Anthropic has no such field, reasoning or not: the provider says so.
    if context.target.wire == Wire::Anthropic {
        return None;
    }
    let sentence = binding(context)?.sentence;
    Some(Finding::new(format!("{sentence} gives no `{field}`"), format!("leave `{field}` out of the arm's `extra`")))
}

fn temperature_range(context: &Context<'_>) -> Option<Finding> {
    let temperature = context.request.sampling.temperature?;
    let [least, most] = context.model?.temperature;
    (!(least..=most).contains(&temperature)).then(|| {
        let model = context.request.model;
        let message = format!("{model} takes a `temperature` from {least} to {most}, and it is {temperature}");
        Finding::new(message, format!("set `temperature` between {least} and {most} in the arm, or leave it out"))
    })
}

fn temperature_and_top_p(context: &Context<'_>) -> Option<Finding> {
    let sampling = context.request.sampling;
    if sampling.temperature.is_none() || sampling.top_p.is_none() {
        return None;
    }
    let message = context.lacking(Feature::TemperatureAndTopP, "`top_p` beside `temperature`")?;
    Some(Finding::new(message, "leave `temperature` or `top_p` out of the arm"))
}

fn top_k_unsupported(context: &Context<'_>) -> Option<Finding> {
    context.request.sampling.top_k?;
    unsupported(context, Feature::TopK, "top_k")
}

fn min_p_unsupported(context: &Context<'_>) -> Option<Finding> {
    context.request.sampling.min_p?;
    unsupported(context, Feature::MinP, "min_p")
}

fn frequency_penalty_unsupported(context: &Context<'_>) -> Option<Finding> {
    context.request.sampling.frequency_penalty?;
    unsupported(context, Feature::Penalties, "frequency_penalty")
}

fn presence_penalty_unsupported(context: &Context<'_>) -> Option<Finding> {
    context.request.sampling.presence_penalty?;
    unsupported(context, Feature::Penalties, "presence_penalty")
}

fn seed_unsupported(context: &Context<'_>) -> Option<Finding> {
    context.request.sampling.seed?;
    unsupported(context, Feature::Seed, "seed")
}

fn unsupported(context: &Context<'_>, feature: Feature, field: &str) -> Option<Finding> {
    let message = context.lacking(feature, &format!("`{field}`"))?;
    Some(Finding::unset(message, field))
}

/// A passed-on field, which the model or its protocol is known to refuse.
fn logit_bias_unsupported(context: &Context<'_>) -> Option<Finding> {
    context.request.sampling.extra.get("logit_bias").filter(|value| !value.is_null())?;
    let message = context.lacking(Feature::LogitBias, "`logit_bias`")?;
    Some(Finding::new(message, "leave `logit_bias` out of the arm's `extra`"))
}

fn stop_unsupported(context: &Context<'_>) -> Option<Finding> {
    if context.request.sampling.stop.is_empty() {
        return None;
    }
    unsupported(context, Feature::Stop, "stop")
}

fn stop_limit(context: &Context<'_>) -> Option<Finding> {
    let (stops, most) = (context.request.sampling.stop.len(), context.target.limits.stops);
    (context.native && stops > most).then(|| {
        let message = format!("{} takes at most {most} sequences in `stop`, and there are {stops}", context.through());
        Finding::new(message, format!("keep {most} of the sequences"))
    })
}

fn stop_whitespace(context: &Context<'_>) -> Option<Finding> {
    let blank = context.request.sampling.stop.iter().find(|stop| stop.trim().is_empty())?;
    let message = context.lacking(Feature::BlankStop, &format!("sequence {blank:?} of whitespace alone in `stop`"))?;
    Some(Finding::new(message, "leave the sequence out of `stop`"))
}

fn n_unsupported(context: &Context<'_>) -> Option<Finding> {
    let n = context.request.sampling.n.filter(|n| *n > 1)?;
    let message = context.lacking(Feature::Alternatives, &format!("`n`, and it is {n}"))?;
    Some(Finding::new(message, "leave `n` out: repeated trials give several answers"))
}

fn n_range(context: &Context<'_>) -> Option<Finding> {
    let n = context.request.sampling.n?;
    let model = context.request.model;
    if n == 0 {
        let message = format!("{model} cannot be asked for no answer at all: `n` is 0");
        return Some(Finding::new(message, "leave `n` out, or set it to 1 or more"));
    }
    let most = context.target.limits.answers;
    (context.native && n > most).then(|| {
        let message = format!("{} gives at most {most} answers a call, and `n` is {n}", context.through());
        Finding::new(message, format!("set `n` to {most} or less"))
    })
}
