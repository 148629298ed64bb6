//! Rules on reasoning effort and on how long an answer may be.

use crate::domain::{Role, Sampling, ToolChoice};
use crate::provider::thinking;

use super::target::{Feature, Wire};
use super::{Context, Finding, Rule, listed};

pub(super) const RULES: &[Rule] = &[
    Rule::refused("effort_unsupported", "reasoning_effort", effort_unsupported),
    Rule::lossy("effort_approximated", "reasoning_effort", effort_approximated),
    Rule::refused("tools_with_reasoning_on_chat", "tools", tools_with_reasoning_on_chat),
    Rule::refused("thinking_with_forced_tool", "tool_choice", thinking_with_forced_tool),
    Rule::refused("thinking_with_tool_history", "reasoning_effort", thinking_with_tool_history),
    Rule::refused("thinking_with_prefill", "reasoning_effort", thinking_with_prefill),
    Rule::refused("max_tokens_below_thinking_budget", "max_tokens", max_tokens_below_thinking_budget),
    Rule::refused("max_tokens_range", "max_tokens", max_tokens_range),
    Rule::lossy("max_tokens_filled", "max_tokens", max_tokens_filled),
];

/// How much Anthropic's models think: a budget in tokens, where the request asks for one.
fn budget(context: &Context<'_>) -> Option<u64> {
    let Sampling { reasoning_effort, .. } = context.request.sampling;
    (context.target.wire == Wire::Anthropic).then(|| reasoning_effort.as_deref().and_then(thinking::budget))?
}

/// Reasoning that binds the sampling settings of a model.
pub(super) struct Reasoning {
    /// The beginning of a sentence that names the model.
    pub(super) sentence: String,
    /// Whether the model can be asked not to reason.
    pub(super) optional: bool,
}

/// How the model will reason, where that binds its sampling settings; `None` when it does not.
pub(super) fn binding(context: &Context<'_>) -> Option<Reasoning> {
    let model = context.request.model;
    let effort = context.resolved.reasoning_effort.as_ref().map(|setting| setting.value.as_str());
    let bound = if context.target.wire == Wire::Anthropic {
        budget(context).is_some()
    } else {
        let known = context.model.filter(|model| model.lacks(Feature::SamplingWhileReasoning))?;
        if !known.efforts.iter().any(|effort| effort == "none") {
            return Some(Reasoning { sentence: format!("{model} always reasons, and"), optional: false });
        }
        effort != Some("none")
    };
    let sentence = format!("{model} reasons with effort `{}`, and then", effort?);
    bound.then_some(Reasoning { sentence, optional: true })
}

fn effort_unsupported(context: &Context<'_>) -> Option<Finding> {
    let stated = context.request.sampling.reasoning_effort.as_deref()?;
    let model = context.request.model;
    let mut efforts = context.target.efforts.to_vec();
    if let Some(known) = context.model.filter(|known| !known.efforts.is_empty()) {
        efforts = known.efforts.iter().map(String::as_str).collect();
    }
    let nearest = context.target.nearest_effort.is_some_and(|[asked, _]| asked == stated);
    if efforts.is_empty() || nearest || efforts.contains(&stated) {
        return None;
    }
    let message = format!("{model} knows no `reasoning_effort` of `{stated}`");
    Some(Finding::new(message, format!("set `reasoning_effort` to {} in the arm", listed(&efforts, "or"))))
}

fn effort_approximated(context: &Context<'_>) -> Option<Finding> {
    let model = context.request.model;
    let stated = context.request.sampling.reasoning_effort.as_deref()?;
    if let Some(tokens) = budget(context) {
        let message = format!("{model} takes no `reasoning_effort`: `{stated}` is sent as {tokens} tokens of thinking");
        return Some(Finding::new(
            message,
            "compare the reasoning tokens of the arms: equal words are not equal effort",
        ));
    }
    let [_, sent] = context.target.nearest_effort.filter(|[asked, _]| *asked == stated)?;
    let message = format!("{model} cannot be told `reasoning_effort` `{stated}`: `{sent}` is sent");
    Some(Finding::new(message, format!("set `reasoning_effort = \"{sent}\"` in the arm to say what is sent")))
}

fn tools_with_reasoning_on_chat(context: &Context<'_>) -> Option<Finding> {
    let model = context.request.model;
    context.model.filter(|model| model.lacks(Feature::ToolsWhileReasoningOnChat))?;
    let effort = context.resolved.reasoning_effort.as_ref().map(|setting| setting.value.as_str())?;
    let offers = context.request.tools.iter().any(|tool| tool.function().is_some());
    if context.target.wire != Wire::Chat || effort == "none" || !offers {
        return None;
    }
    let message = format!("{} takes no `tools` with `reasoning_effort` `{effort}`", context.through());
    let help = format!("use `openai-responses/{model}`, or set `reasoning_effort = \"none\"` in the arm");
    Some(Finding::new(message, help))
}

fn thinking_with_forced_tool(context: &Context<'_>) -> Option<Finding> {
    budget(context)?;
    let choice = match context.request.tool_choice? {
        ToolChoice::Auto | ToolChoice::None => return None,
        ToolChoice::Required => "`required`".to_owned(),
        ToolChoice::Named(name) => format!("of `{name}`"),
    };
    let message =
        format!("{} cannot be forced to a call while it thinks: `tool_choice` is {choice}", context.request.model);
    Some(Finding::new(message, "set `reasoning_effort = \"none\"` in the arm"))
}

/// While it thinks, the API says "a final `assistant` message must start with a thinking block", and no recorded turn
/// has one.
fn thinking_with_tool_history(context: &Context<'_>) -> Option<Finding> {
    budget(context)?;
    let messages = context.request.messages;
    let index = messages.iter().rposition(|message| message.role == Role::Assistant)?;
    (!messages[index].tool_calls.is_empty()).then(|| thoughtless(context, "calls in the last turn", index))
}

fn thinking_with_prefill(context: &Context<'_>) -> Option<Finding> {
    budget(context)?;
    let messages = context.request.messages;
    let last = messages.last().filter(|last| last.role == Role::Assistant && last.tool_calls.is_empty());
    last.map(|_| thoughtless(context, "beginning of an answer", messages.len() - 1))
}

fn thoughtless(context: &Context<'_>, what: &str, index: usize) -> Finding {
    let (model, number) = (context.request.model, index + 1);
    let message = format!("{model} thinks, and then takes no {what} without its thoughts, as in message {number}");
    Finding::new(message, "leave `reasoning_effort` out of the arm, or use another protocol")
}

fn max_tokens_below_thinking_budget(context: &Context<'_>) -> Option<Finding> {
    let budget = budget(context)?;
    let limit = thinking::max_output_tokens(context.request.sampling);
    let model = context.request.model;
    (limit <= budget).then(|| {
        let message = format!("{model} may think {budget} tokens, and `max_output_tokens` is {limit}");
        let help =
            format!("set `max_output_tokens` above {budget}, with room for an answer, or a lower `reasoning_effort`");
        Finding::new(message, help)
    })
}

fn max_tokens_range(context: &Context<'_>) -> Option<Finding> {
    let limit = context.request.sampling.max_output_tokens?;
    let model = context.request.model;
    let least = if context.native { context.target.limits.output_tokens } else { 0 };
    if limit < least {
        let message = format!("{} takes no `max_output_tokens` below {least}, and it is {limit}", context.through());
        return Some(Finding::new(message, format!("set `max_output_tokens` to {least} or more in the arm")));
    }
    let most = context.model?.max_output_tokens;
    (limit > most).then(|| {
        let message = format!("{model} gives at most {most} tokens, and `max_output_tokens` is {limit}");
        Finding::new(message, format!("set `max_output_tokens` to {most} or less in the arm"))
    })
}

fn max_tokens_filled(context: &Context<'_>) -> Option<Finding> {
    let Sampling { max_output_tokens, .. } = context.request.sampling;
    if context.target.wire != Wire::Anthropic || max_output_tokens.is_some() {
        return None;
    }
    let filled = thinking::max_output_tokens(context.request.sampling);
    let message = format!("{} demands `max_output_tokens`: {filled} is filled in", context.through());
    Some(Finding::new(message, "state `max_output_tokens` in the arm"))
}
