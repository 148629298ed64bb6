//! Tools, their names, and how the model may choose among them.

use super::{Row, calls, function, result, said};
use crate::domain::{Display, Function, Request, Role, Tool, ToolChoice};

fn named(request: &mut Request, names: &[&str]) {
    request.tools = names.iter().map(|name| function(name)).collect();
}

fn called(request: &mut Request, name: &str) {
    request.messages = vec![said(Role::User, "hi"), calls(name, &[None]), result(None)];
}

fn choice(request: &mut Request, tools: Vec<Tool>, choice: ToolChoice) {
    request.tools = tools;
    request.tool_choice = Some(choice);
}

fn strict(request: &mut Request, strict: bool) {
    let function = Function { name: "f".to_owned(), description: None, parameters: None, strict: Some(strict) };
    request.tools = vec![Tool::Function(function)];
}

pub(super) const ROWS: &[Row] = &[
    Row {
        code: "builtin_tool_needs_responses",
        param: "tools",
        target: "openai-chat",
        model: "gpt-5.4-mini",
        breaks: |request| request.tools = vec![function("f"), Tool::WebSearch],
        keeps: |request| request.tools = vec![function("web_search")],
        says: " is asked through OpenAI's Chat Completions API, which has no `web_search` among its tools",
    },
    Row {
        code: "builtin_tool_unsupported",
        param: "tools",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| request.tools = vec![Tool::FileSearch { stores: Vec::new() }],
        keeps: |request| request.tools = vec![Tool::WebSearch],
        says: " is asked through Anthropic's Messages API, which has no `file_search` among its tools",
    },
    Row {
        code: "builtin_tool_unsupported",
        param: "tools",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| request.tools = vec![Tool::ComputerUse { display: None }],
        keeps: |request| request.tools = vec![Tool::FileSearch { stores: Vec::new() }, Tool::WebSearch],
        says: " takes no `computer_use` among its tools",
    },
    Row {
        code: "builtin_tool_unsupported",
        param: "tools",
        target: "openai-responses",
        model: "gpt-5.4-nano",
        breaks: |request| request.tools = vec![Tool::WebSearch, Tool::ComputerUse { display: None }],
        keeps: |request| request.tools = vec![Tool::WebSearch],
        says: " takes no `computer_use` among its tools",
    },
    Row {
        code: "builtin_tool_unsupported",
        param: "tools",
        target: "openai-compat",
        model: "llama",
        breaks: |request| request.tools = vec![Tool::WebSearch],
        keeps: |request| named(request, &["web.search", "web.search"]),
        says: " is asked through a compatible Chat Completions server, which has no `web_search` among its tools",
    },
    Row {
        code: "display_missing",
        param: "tools",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| request.tools = vec![Tool::ComputerUse { display: None }],
        keeps: |request| {
            request.tools = vec![Tool::ComputerUse { display: Some(Display { width: 1, height: 1 }) }];
        },
        says: " is asked through Anthropic's Messages API, which demands the size of the screen of `computer_use`",
    },
    Row {
        code: "tool_name_invalid",
        param: "tools",
        target: "openai-chat",
        model: "gpt-5.4-mini",
        breaks: |request| named(request, &["fine", "math.factorial"]),
        keeps: |request| named(request, &["fine", "math-factorial_"]),
        says: " is asked through OpenAI's Chat Completions API, which takes no function named \"math.factorial\"",
    },
    Row {
        code: "tool_name_invalid",
        param: "tools",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| named(request, &["math/factorial"]),
        keeps: |request| named(request, &["math.factorial"]),
        says: " is asked through Gemini's API, which takes no function named \"math/factorial\"",
    },
    Row {
        code: "tool_name_invalid",
        param: "messages",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| called(request, "functions.f"),
        keeps: |request| called(request, "functions_f"),
        says: " is asked through Anthropic's Messages API, which takes no call of \"functions.f\", as in message 2",
    },
    Row {
        code: "tool_name_duplicate",
        param: "tools",
        target: "openai-responses",
        model: "gpt-5.4",
        breaks: |request| named(request, &["f", "g", "f"]),
        keeps: |request| named(request, &["f", "g", "F"]),
        says: " is asked through OpenAI's Responses API, which takes no two functions of one name: `f`",
    },
    Row {
        code: "tool_choice_without_tools",
        param: "tool_choice",
        target: "openai-chat",
        model: "gpt-5.4-mini",
        breaks: |request| request.tool_choice = Some(ToolChoice::Auto),
        keeps: |request| {
            named(request, &["f"]);
            request.tool_choice = Some(ToolChoice::Auto);
        },
        says: " is asked through OpenAI's Chat Completions API, which takes no `tool_choice` without tools",
    },
    Row {
        code: "tool_choice_without_tools",
        param: "tool_choice",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| choice(request, vec![Tool::WebSearch], ToolChoice::Required),
        keeps: |request| choice(request, vec![Tool::WebSearch], ToolChoice::Auto),
        says: " is asked through Gemini's API, which takes no `tool_choice` without functions",
    },
    Row {
        code: "tool_choice_without_tools",
        param: "tool_choice",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| choice(request, vec![Tool::WebSearch], ToolChoice::None),
        keeps: |request| choice(request, vec![Tool::WebSearch, function("f")], ToolChoice::None),
        says: " is asked through Gemini's API, which takes no `tool_choice` without functions",
    },
    Row {
        code: "tool_choice_without_tools",
        param: "tool_choice",
        target: "gemini",
        model: "gemini-new",
        breaks: |request| choice(request, vec![Tool::WebSearch], ToolChoice::Named("web_search".to_owned())),
        keeps: |request| choice(request, vec![function("f")], ToolChoice::Required),
        says: " is asked through Gemini's API, which takes no `tool_choice` without functions",
    },
    Row {
        code: "tool_choice_unknown",
        param: "tool_choice",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| choice(request, vec![function("f")], ToolChoice::Named("web_search".to_owned())),
        // The other rule says it.
        keeps: |request| choice(request, vec![Tool::WebSearch], ToolChoice::Named("web_search".to_owned())),
        says: " cannot be forced to call `web_search`: no such tool is offered",
    },
    Row {
        code: "tool_choice_unknown",
        param: "tool_choice",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| {
            request.tools = vec![function("f"), Tool::WebSearch];
            request.tool_choice = Some(ToolChoice::Named("web_search".to_owned()));
        },
        keeps: |request| {
            request.tools = vec![function("f"), Tool::WebSearch];
            request.tool_choice = Some(ToolChoice::Named("f".to_owned()));
        },
        says: " cannot be forced to call `web_search`: no such tool is offered",
    },
    Row {
        code: "tool_choice_unknown",
        param: "tool_choice",
        target: "openai-responses",
        model: "gpt-5.4",
        breaks: |request| {
            request.tools = vec![Tool::WebSearch];
            request.tool_choice = Some(ToolChoice::Named("f".to_owned()));
        },
        keeps: |request| {
            request.tools = vec![Tool::WebSearch];
            request.tool_choice = Some(ToolChoice::Named("web_search".to_owned()));
        },
        says: " cannot be forced to call `f`: no such tool is offered",
    },
    Row {
        code: "parallel_tool_calls_unsupported",
        param: "parallel_tool_calls",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| {
            named(request, &["f"]);
            request.parallel_tool_calls = Some(false);
        },
        keeps: |request| request.parallel_tool_calls = Some(false),
        says: " is asked through Gemini's API, which has no `parallel_tool_calls` that could be false",
    },
    Row {
        code: "strict_dropped",
        param: "tools",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| strict(request, true),
        keeps: |request| strict(request, false),
        says: " is asked through Gemini's API, which has no `strict`: that of `f` is dropped",
    },
];
