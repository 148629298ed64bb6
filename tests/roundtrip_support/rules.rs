//! What wires are known to change, as functions on the request that is expected back.

use cutover::domain::{Content, Function, Message, Part, Request, ResponseFormat, Role, Tool, ToolChoice};

use super::body::{blank, parameters};

/// A call without an id is called by its place in the whole conversation; a result without one answers the first call
/// that has no result yet.
pub(super) fn ids_filled(request: &mut Request) {
    let is_absent = |id: &Option<String>| id.as_deref().unwrap_or_default().is_empty();
    let (mut made, mut open) = (0, Vec::new());
    for message in &mut request.messages {
        for call in &mut message.tool_calls {
            if is_absent(&call.id) {
                call.id = Some(format!("call_{made}"));
            }
            made += 1;
            open.push(call.id.clone());
        }
        if message.role == Role::Tool {
            if is_absent(&message.tool_call_id) {
                message.tool_call_id = open.first().cloned().flatten();
            }
            let answered = open.iter().position(|id| *id == message.tool_call_id);
            if let Some(index) = answered {
                open.remove(index);
            }
        }
    }
}

/// An id of other characters than letters, digits, `_` and `-` has `_` in their places, and a number from 2 where the
/// conversation holds that one already.
pub(super) fn ids_of_plain_characters(request: &mut Request) {
    let plain = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
    let calls = request.messages.iter().flat_map(|message| &message.tool_calls);
    let given: Vec<String> = calls.filter_map(|call| call.id.clone()).collect();
    let mut sent: Vec<(String, String)> = Vec::new();
    for id in given.iter().filter(|id| id.chars().all(plain)) {
        sent.push((id.clone(), id.clone()));
    }
    for id in given {
        if sent.iter().all(|(known, _)| *known != id) {
            let base = id.replace(|character| !plain(character), "_");
            let is_free = |name: &String| sent.iter().all(|(_, taken)| taken != name);
            let names = std::iter::once(base.clone()).chain((2..).map(|number| format!("{base}_{number}")));
            let name = names.into_iter().find(is_free);
            sent.extend(name.map(|name| (id, name)));
        }
    }
    let rename = |id: &mut Option<String>| {
        let found = sent.iter().find(|(known, _)| id.as_ref() == Some(known));
        *id = found.map(|(_, name)| name.clone());
    };
    for message in &mut request.messages {
        message.tool_calls.iter_mut().for_each(|call| rename(&mut call.id));
        rename(&mut message.tool_call_id);
    }
}

/// A result of blank text alone says nothing.
pub(super) fn no_blank_text(request: &mut Request) {
    for message in &mut request.messages {
        let is_blank = |text: &str| text.trim().is_empty();
        match &mut message.content {
            Some(Content::Text(text)) if is_blank(text) => {
                message.content = (message.role == Role::Tool).then(|| Content::Text(String::new()));
            }
            Some(Content::Parts(parts)) => parts.retain(|part| !matches!(part, Part::Text(text) if is_blank(text))),
            Some(Content::Text(_)) | None => {}
        }
    }
}

pub(super) fn no_empty_text(request: &mut Request) {
    for message in request.messages.iter_mut().filter(|message| !message.tool_calls.is_empty()) {
        message.content.take_if(|content| *content == Content::Text(String::new()));
    }
}

pub(super) fn no_error_mark(request: &mut Request) {
    request.messages.iter_mut().for_each(|message| message.is_error = None);
}

pub(super) fn no_false_error_mark(request: &mut Request) {
    request.messages.iter_mut().for_each(|message| message.is_error = message.is_error.filter(|is_error| *is_error));
}

pub(super) fn results_are_one_text(request: &mut Request) {
    for message in request.messages.iter_mut().filter(|message| message.role == Role::Tool) {
        message.content = Some(Content::Text(texts(message.content.take()).concat()));
    }
}

pub(super) fn no_signatures(request: &mut Request) {
    request.messages.iter_mut().for_each(|message| message.thought_signature = None);
}

pub(super) fn no_names(request: &mut Request) {
    request.messages.iter_mut().for_each(|message| message.name = None);
}

pub(super) fn developer_is_system(request: &mut Request) {
    for message in request.messages.iter_mut().filter(|message| message.role == Role::Developer) {
        message.role = Role::System;
    }
}

/// Takes the texts of the leading instructions out.
fn take_system(request: &mut Request) -> Vec<String> {
    let leading = request.messages.iter().take_while(|message| message.role == Role::System).count();
    request.messages.drain(..leading).flat_map(|message| texts(message.content)).collect()
}

fn put_system(request: &mut Request, texts: impl IntoIterator<Item = String>) {
    let message = |text| Message { content: Some(Content::Text(text)), ..blank(Role::System) };
    request.messages.splice(..0, texts.into_iter().map(message));
}

fn texts(content: Option<Content>) -> Vec<String> {
    match content {
        Some(Content::Text(text)) => vec![text],
        Some(Content::Parts(parts)) => parts
            .into_iter()
            .map(|part| match part {
                Part::Text(text) => text,
                Part::Image { .. } => unreachable!("an image where only text may stand"),
            })
            .collect(),
        None => Vec::new(),
    }
}

pub(super) fn each_text_a_system(request: &mut Request) {
    let texts = take_system(request);
    put_system(request, texts);
}

/// The texts are joined by empty lines.
pub(super) fn one_system(request: &mut Request) {
    let texts = take_system(request);
    put_system(request, (!texts.is_empty()).then(|| texts.join("\n\n")));
}

fn each_detail(request: &mut Request, change: fn(&mut Option<String>)) {
    for message in &mut request.messages {
        if let Some(Content::Parts(parts)) = &mut message.content {
            for part in parts {
                if let Part::Image { detail, .. } = part {
                    change(detail);
                }
            }
        }
    }
}

pub(super) fn detail_auto(request: &mut Request) {
    each_detail(request, |detail| {
        detail.get_or_insert_with(|| "auto".to_owned());
    });
}

pub(super) fn no_details(request: &mut Request) {
    each_detail(request, |detail| *detail = None);
}

pub(super) fn lone_text_is_plain(request: &mut Request) {
    for message in &mut request.messages {
        if let Some(Content::Parts(parts)) = &message.content
            && let [Part::Text(text)] = parts.as_slice()
        {
            message.content = Some(Content::Text(text.clone()));
        }
    }
}

fn functions(request: &mut Request) -> impl Iterator<Item = &mut Function> {
    request.tools.iter_mut().filter_map(|tool| match tool {
        Tool::Function(function) => Some(function),
        Tool::WebSearch | Tool::FileSearch { .. } | Tool::ComputerUse { .. } => None,
    })
}

pub(super) fn tools_not_strict(request: &mut Request) {
    functions(request).for_each(|function| function.strict = Some(function.strict.unwrap_or(false)));
}

pub(super) fn empty_schema_is_none(request: &mut Request) {
    functions(request).for_each(|function| function.parameters = function.parameters.take().and_then(parameters));
}

pub(super) fn tools_without_strict(request: &mut Request) {
    functions(request).for_each(|function| function.strict = None);
}

pub(super) fn no_display(request: &mut Request) {
    for tool in &mut request.tools {
        if let Tool::ComputerUse { display } = tool {
            *display = None;
        }
    }
}

pub(super) fn functions_first(request: &mut Request) {
    request.tools.sort_by_key(|tool| tool.function().is_none());
}

pub(super) fn no_auto_without_functions(request: &mut Request) {
    if request.tools.iter().all(|tool| tool.function().is_none()) {
        request.tool_choice.take_if(|choice| *choice == ToolChoice::Auto);
    }
}

pub(super) fn no_parallel(request: &mut Request) {
    request.parallel_tool_calls = None;
}

/// No choice is made to be the one that the provider takes unasked; without calls there is nothing to switch off.
pub(super) fn parallel_is_part_of_the_choice(request: &mut Request) {
    if request.parallel_tool_calls == Some(false) && request.tool_choice.is_none() {
        request.tool_choice = Some(ToolChoice::Auto);
    }
    let kept = request.tool_choice != Some(ToolChoice::None);
    request.parallel_tool_calls = request.parallel_tool_calls.filter(|parallel| kept && !*parallel);
}

pub(super) fn no_text_format(request: &mut Request) {
    request.response_format.take_if(|format| matches!(format, ResponseFormat::Text));
}

pub(super) fn nameless_format(request: &mut Request) {
    if let Some(ResponseFormat::JsonSchema { name, strict, .. }) = &mut request.response_format {
        name.clear();
        *strict = None;
    }
}

/// The limit leaves room for an answer beside the reasoning.
pub(super) fn limit_filled(request: &mut Request) {
    let budget = match request.sampling.reasoning_effort.as_deref() {
        Some("minimal" | "low") => 1024,
        Some("medium") => 2048,
        Some("high") => 4096,
        _ => 0,
    };
    request.sampling.max_output_tokens.get_or_insert(4096 + budget);
}

pub(super) fn effort_is_a_budget(request: &mut Request) {
    let effort = &mut request.sampling.reasoning_effort;
    effort.take_if(|effort| effort == "none");
    effort.iter_mut().filter(|effort| *effort == "minimal").for_each(|effort| "low".clone_into(effort));
}

pub(super) fn effort_at_least_minimal(request: &mut Request) {
    let effort = request.sampling.reasoning_effort.iter_mut();
    effort.filter(|effort| *effort == "none").for_each(|effort| "minimal".clone_into(effort));
}
