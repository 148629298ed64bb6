//! Reasoning effort and limits.

use super::{Row, calls, function, result, said};
use crate::domain::{Message, Request, Role, ToolChoice};

fn effort(request: &mut Request, effort: &str) {
    request.sampling.reasoning_effort = Some(effort.to_owned());
}

fn limit(request: &mut Request, tokens: u64) {
    request.sampling.max_output_tokens = Some(tokens);
}

/// The messages behind the question, of a model that thinks.
fn continued(request: &mut Request, messages: Vec<Message>) {
    effort(request, "low");
    request.messages.extend(messages);
}

pub(super) const ROWS: &[Row] = &[
    Row {
        code: "effort_unsupported",
        param: "reasoning_effort",
        target: "openai-chat",
        model: "gpt-5-mini",
        breaks: |request| effort(request, "none"),
        keeps: |request| effort(request, "minimal"),
        says: " knows no `reasoning_effort` of `none`",
    },
    Row {
        code: "effort_unsupported",
        param: "reasoning_effort",
        target: "openai-responses",
        model: "gpt-5.4",
        breaks: |request| effort(request, "minimal"),
        keeps: |request| effort(request, "xhigh"),
        says: " knows no `reasoning_effort` of `minimal`",
    },
    Row {
        code: "effort_unsupported",
        param: "reasoning_effort",
        target: "anthropic",
        model: "claude-new",
        breaks: |request| effort(request, "xhigh"),
        keeps: |request| effort(request, "high"),
        says: " knows no `reasoning_effort` of `xhigh`",
    },
    Row {
        code: "effort_unsupported",
        param: "reasoning_effort",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| effort(request, "xhigh"),
        keeps: |request| effort(request, "none"),
        says: " knows no `reasoning_effort` of `xhigh`",
    },
    Row {
        code: "effort_approximated",
        param: "reasoning_effort",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| effort(request, "none"),
        keeps: |request| effort(request, "minimal"),
        says: " cannot be told `reasoning_effort` `none`: `minimal` is sent",
    },
    Row {
        code: "effort_approximated",
        param: "reasoning_effort",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| effort(request, "medium"),
        keeps: |request| effort(request, "none"),
        says: " takes no `reasoning_effort`: `medium` is sent as 2048 tokens of thinking",
    },
    Row {
        code: "tools_with_reasoning_on_chat",
        param: "tools",
        target: "openai-chat",
        model: "gpt-5.4-mini",
        breaks: |request| {
            effort(request, "low");
            request.tools = vec![function("f")];
        },
        keeps: |request| request.tools = vec![function("f")],
        says: " is asked through OpenAI's Chat Completions API, which takes no `tools` with `reasoning_effort` `low`",
    },
    Row {
        code: "tools_with_reasoning_on_chat",
        param: "tools",
        target: "openai-chat",
        model: "gpt-5.4",
        breaks: |request| {
            effort(request, "xhigh");
            request.tools = vec![function("f")];
        },
        keeps: |request| effort(request, "xhigh"),
        says: " is asked through OpenAI's Chat Completions API, which takes no `tools` with `reasoning_effort` `xhigh`",
    },
    Row {
        code: "thinking_with_forced_tool",
        param: "tool_choice",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| {
            effort(request, "low");
            request.tools = vec![function("f")];
            request.tool_choice = Some(ToolChoice::Required);
        },
        keeps: |request| {
            effort(request, "low");
            request.tools = vec![function("f")];
            request.tool_choice = Some(ToolChoice::Auto);
        },
        says: " cannot be forced to a call while it thinks: `tool_choice` is `required`",
    },
    Row {
        code: "thinking_with_forced_tool",
        param: "tool_choice",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| {
            effort(request, "low");
            request.tools = vec![function("f")];
            request.tool_choice = Some(ToolChoice::Named("f".to_owned()));
        },
        keeps: |request| {
            effort(request, "none");
            request.tools = vec![function("f")];
            request.tool_choice = Some(ToolChoice::Named("f".to_owned()));
        },
        says: " cannot be forced to a call while it thinks: `tool_choice` is of `f`",
    },
    Row {
        code: "thinking_with_tool_history",
        param: "reasoning_effort",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| continued(request, vec![calls("f", &[Some("a")]), result(Some("a"))]),
        keeps: |request| {
            continued(request, vec![calls("f", &[Some("a")]), result(Some("a"))]);
            effort(request, "none");
        },
        says: " thinks, and then takes no calls in the last turn without its thoughts, as in message 2",
    },
    Row {
        code: "thinking_with_tool_history",
        param: "reasoning_effort",
        target: "anthropic",
        model: "claude-new",
        breaks: |request| {
            let turn = [said(Role::Assistant, "Hm."), said(Role::User, "Well?"), calls("f", &[None]), result(None)];
            continued(request, turn.into_iter().chain([said(Role::User, "And?")]).collect());
        },
        keeps: |request| {
            let turn = [calls("f", &[None]), result(None), said(Role::Assistant, "18."), said(Role::User, "And?")];
            continued(request, turn.into());
        },
        says: " thinks, and then takes no calls in the last turn without its thoughts, as in message 4",
    },
    Row {
        code: "thinking_with_prefill",
        param: "reasoning_effort",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| continued(request, vec![said(Role::Assistant, "{")]),
        keeps: |request| continued(request, vec![said(Role::Assistant, "{"), said(Role::User, "Go on.")]),
        says: " thinks, and then takes no beginning of an answer without its thoughts, as in message 2",
    },
    Row {
        code: "thinking_with_prefill",
        param: "reasoning_effort",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| {
            continued(request, vec![calls("f", &[None]), result(None), said(Role::Assistant, "It is")]);
        },
        keeps: |request| continued(request, vec![calls("f", &[None])]),
        says: " thinks, and then takes no beginning of an answer without its thoughts, as in message 4",
    },
    Row {
        code: "max_tokens_below_thinking_budget",
        param: "max_tokens",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| {
            effort(request, "low");
            limit(request, 1024);
        },
        keeps: |request| {
            effort(request, "low");
            limit(request, 1025);
        },
        says: " may think 1024 tokens, and `max_output_tokens` is 1024",
    },
    Row {
        code: "max_tokens_range",
        param: "max_tokens",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| limit(request, 64_001),
        keeps: |request| limit(request, 64_000),
        says: " gives at most 64000 tokens, and `max_output_tokens` is 64001",
    },
    Row {
        code: "max_tokens_range",
        param: "max_tokens",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| limit(request, 65_537),
        keeps: |request| limit(request, 65_536),
        says: " gives at most 65536 tokens, and `max_output_tokens` is 65537",
    },
    Row {
        code: "max_tokens_range",
        param: "max_tokens",
        target: "openai-chat",
        model: "gpt-5-nano",
        breaks: |request| limit(request, 128_001),
        keeps: |request| limit(request, 128_000),
        says: " gives at most 128000 tokens, and `max_output_tokens` is 128001",
    },
    Row {
        code: "max_tokens_range",
        param: "max_tokens",
        target: "openai-responses",
        model: "gpt-6",
        breaks: |request| limit(request, 15),
        keeps: |request| limit(request, 16),
        says: " is asked through OpenAI's Responses API, which takes no `max_output_tokens` below 16, and it is 15",
    },
    Row {
        code: "max_tokens_filled",
        param: "max_tokens",
        target: "anthropic",
        model: "claude-new",
        breaks: |request| effort(request, "high"),
        keeps: |request| limit(request, 8192),
        says: " is asked through Anthropic's Messages API, which demands `max_output_tokens`: 8192 is filled in",
    },
];
