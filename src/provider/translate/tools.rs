//! Rules on tools, their names and how the model may choose among them.

use std::collections::HashSet;

use crate::domain::{Function, Tool, ToolChoice};

use super::target::{Feature, Names, Wire};
use super::{Context, Finding, Rule, listed};

pub(super) const RULES: &[Rule] = &[
    Rule::refused("builtin_tool_needs_responses", "tools", builtin_tool_needs_responses),
    Rule::refused("builtin_tool_unsupported", "tools", builtin_tool_unsupported),
    Rule::refused("display_missing", "tools", display_missing),
    Rule::refused("tool_name_invalid", "tools", tool_name_invalid),
    Rule::refused("tool_name_invalid", "messages", called_name_invalid),
    Rule::refused("tool_name_duplicate", "tools", tool_name_duplicate),
    Rule::refused("tool_choice_without_tools", "tool_choice", tool_choice_without_tools),
    Rule::refused("tool_choice_unknown", "tool_choice", tool_choice_unknown),
    Rule::refused("parallel_tool_calls_unsupported", "parallel_tool_calls", parallel_tool_calls_unsupported),
    Rule::lossy("strict_dropped", "tools", strict_dropped),
];

fn functions<'a>(context: &Context<'a>) -> impl Iterator<Item = &'a Function> {
    context.request.tools.iter().filter_map(Tool::function)
}

fn builtin_tool_needs_responses(context: &Context<'_>) -> Option<Finding> {
    let tool = context.request.tools.iter().find(|tool| tool.function().is_none())?;
    (context.target.wire == Wire::Chat).then(|| {
        let message = format!("{} has no `{}` among its tools", context.through(), tool.name());
        Finding::new(message, format!("use `openai-responses/{}`", context.request.model))
    })
}

fn builtin_tool_unsupported(context: &Context<'_>) -> Option<Finding> {
    let lacking = |tool: &Tool| {
        let feature = match tool {
            Tool::Function(_) => return None,
            Tool::WebSearch => Feature::WebSearch,
            Tool::FileSearch { .. } => Feature::FileSearch,
            Tool::ComputerUse { .. } => Feature::ComputerUse,
        };
        let message = context.lacking(feature, &format!("`{}` among its tools", tool.name()))?;
        Some(Finding::new(message, format!("leave `{}` out of the cases, or give it as a function", tool.name())))
    };
    context.request.tools.iter().find_map(lacking)
}

fn display_missing(context: &Context<'_>) -> Option<Finding> {
    let blind = context.request.tools.iter().any(|tool| matches!(tool, Tool::ComputerUse { display: None }));
    (context.target.wire == Wire::Anthropic && blind).then(|| {
        let message = format!("{} demands the size of the screen of `computer_use`", context.through());
        Finding::new(message, "state the width and height of the display in the tool")
    })
}

fn tool_name_invalid(context: &Context<'_>) -> Option<Finding> {
    let names = names(context)?;
    let function = functions(context).find(|function| !names.allow(&function.name))?;
    let message = format!("{} takes no function named {:?}", context.through(), function.name);
    Some(Finding::new(message, format!("rename the function: {}", spelt(names))))
}

fn called_name_invalid(context: &Context<'_>) -> Option<Finding> {
    let names = names(context)?;
    let mut called = context
        .request
        .messages
        .iter()
        .enumerate()
        .flat_map(|(index, message)| message.tool_calls.iter().map(move |call| (index, call.name.as_str())));
    let (index, name) = called.find(|(_, name)| !names.allow(name))?;
    let message = format!("{} takes no call of {name:?}, as in message {}", context.through(), index + 1);
    Some(Finding::new(message, format!("rename the function there too: {}", spelt(names))))
}

fn names(context: &Context<'_>) -> Option<&'static Names> {
    context.target.limits.names.as_ref().filter(|_| context.native)
}

fn spelt(names: &Names) -> String {
    let others: Vec<String> = names.others.chars().map(String::from).collect();
    format!("1 to {} letters a-z and A-Z, digits, {}", names.longest, listed(&others, "and"))
}

fn tool_name_duplicate(context: &Context<'_>) -> Option<Finding> {
    if context.target.wire == Wire::Compatible {
        return None;
    }
    let mut seen = HashSet::new();
    let twice = functions(context).find(|function| !seen.insert(function.name.as_str()))?;
    let message = format!("{} takes no two functions of one name: `{}`", context.through(), twice.name);
    Some(Finding::new(message, "rename one of the two"))
}

fn tool_choice_without_tools(context: &Context<'_>) -> Option<Finding> {
    let choice = context.request.tool_choice?;
    let (what, help) = match context.target.wire {
        Wire::Compatible => return None,
        _ if context.request.tools.is_empty() => ("tools", "leave `tool_choice` out, or offer tools"),
        // Gemini's choice is one of functions. `auto` says nothing and is left out.
        Wire::Gemini if *choice != ToolChoice::Auto && functions(context).next().is_none() => {
            ("functions", "leave `tool_choice` out, or offer a function")
        }
        Wire::Chat | Wire::Responses | Wire::Anthropic | Wire::Gemini => return None,
    };
    Some(Finding::new(format!("{} takes no `tool_choice` without {what}", context.through()), help))
}

fn tool_choice_unknown(context: &Context<'_>) -> Option<Finding> {
    let tools = context.request.tools;
    let Some(ToolChoice::Named(name)) = context.request.tool_choice else { return None };
    // The other protocols can name a function only.
    let any = matches!(context.target.wire, Wire::Anthropic | Wire::Responses);
    let known = tools.iter().filter(|tool| any || tool.function().is_some()).any(|tool| tool.name() == name);
    if known || context.target.wire == Wire::Compatible || tool_choice_without_tools(context).is_some() {
        return None;
    }
    let message = format!("{} cannot be forced to call `{name}`: no such tool is offered", context.request.model);
    Some(Finding::new(message, "name one of the tools in `tool_choice`, or offer this one"))
}

fn parallel_tool_calls_unsupported(context: &Context<'_>) -> Option<Finding> {
    if context.request.parallel_tool_calls != Some(false) || context.request.tools.is_empty() {
        return None;
    }
    let message = context.lacking(Feature::SingleToolCall, "`parallel_tool_calls` that could be false")?;
    Some(Finding::unset(message, "parallel_tool_calls"))
}

fn strict_dropped(context: &Context<'_>) -> Option<Finding> {
    let strict = functions(context).find(|function| function.strict == Some(true))?;
    let message = context.lacking(Feature::StrictTools, &format!("`strict`: that of `{}` is dropped", strict.name))?;
    Some(Finding::new(message, "expect arguments that break the schema, and count them"))
}
