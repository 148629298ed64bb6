//! What a wire cannot express, taken out of a request: rows of the field map that have no field there.

use cutover::domain::{Arguments, Display, Message, Request, ResponseFormat, Role, Tool, ToolChoice};

pub(super) fn no_top_k(request: &mut Request) {
    request.sampling.top_k = None;
}

pub(super) fn no_min_p(request: &mut Request) {
    request.sampling.min_p = None;
}

pub(super) fn no_penalties(request: &mut Request) {
    (request.sampling.frequency_penalty, request.sampling.presence_penalty) = (None, None);
}

pub(super) fn no_seed(request: &mut Request) {
    request.sampling.seed = None;
}

pub(super) fn no_stop(request: &mut Request) {
    request.sampling.stop.clear();
}

pub(super) fn no_n(request: &mut Request) {
    request.sampling.n = None;
}

pub(super) fn no_json_object(request: &mut Request) {
    request.response_format.take_if(|format| matches!(format, ResponseFormat::JsonObject));
}

/// Reasoning above `high`.
pub(super) fn no_higher_effort(request: &mut Request) {
    request.sampling.reasoning_effort.take_if(|effort| effort == "xhigh");
}

/// Tools of the provider's own.
pub(super) fn functions_only(request: &mut Request) {
    request.tools.retain(|tool| tool.function().is_some());
    named_functions_only(request);
}

pub(super) fn no_file_search(request: &mut Request) {
    request.tools.retain(|tool| !matches!(tool, Tool::FileSearch { .. }));
    request.tool_choice.take_if(|choice| matches!(choice, ToolChoice::Named(name) if name == "file_search"));
}

pub(super) fn no_computer_use(request: &mut Request) {
    request.tools.retain(|tool| !matches!(tool, Tool::ComputerUse { .. }));
}

/// A choice that demands a tool of the provider's own.
pub(super) fn named_functions_only(request: &mut Request) {
    let names: Vec<&str> = request.tools.iter().filter_map(Tool::function).map(|row| row.name.as_str()).collect();
    request.tool_choice.take_if(|choice| matches!(choice, ToolChoice::Named(name) if !names.contains(&name.as_str())));
}

/// A choice among no functions, but for the one that says nothing.
pub(super) fn choices_of_functions(request: &mut Request) {
    if request.tools.iter().all(|tool| tool.function().is_none()) {
        request.tool_choice.take_if(|choice| *choice != ToolChoice::Auto);
    }
}

/// The screen of a computer has a size.
pub(super) fn sized_display(request: &mut Request) {
    for tool in &mut request.tools {
        if let Tool::ComputerUse { display } = tool {
            display.get_or_insert(Display { width: 1024, height: 768 });
        }
    }
}

/// Instructions that do not lead the conversation.
pub(super) fn no_later_system(request: &mut Request) {
    let instructs = |message: &Message| matches!(message.role, Role::System | Role::Developer);
    let leading = request.messages.iter().take_while(|message| instructs(message)).count();
    let mut index = 0;
    request.messages.retain(|message| {
        index += 1;
        index <= leading || !instructs(message)
    });
}

/// Arguments that are no JSON object, where the wire holds an object and not its text.
pub(super) fn no_malformed_arguments(request: &mut Request) {
    for call in request.messages.iter_mut().flat_map(|message| &mut message.tool_calls) {
        if let Arguments::Malformed(_) = call.arguments {
            call.arguments = Arguments::Object("{}".to_owned());
        }
    }
}
