//! Rules on the messages of a conversation.

use std::collections::BTreeMap;

use crate::domain::{Arguments, Content, Message, Part, Role};
use crate::provider::call_ids::CallIds;

use super::target::{Feature, Wire};
use super::{Context, Finding, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule::refused("empty_content", "messages", empty_content),
    Rule::refused("system_not_leading", "messages", system_not_leading),
    Rule::refused("image_in_instructions", "messages", image_in_instructions),
    Rule::refused("orphan_tool_result", "messages", orphan_tool_result),
    Rule::refused("unanswered_tool_call", "messages", unanswered_tool_call),
    Rule::refused("arguments_malformed", "messages", arguments_malformed),
    Rule::lossy("role_merged", "messages", role_merged),
    Rule::lossy("name_dropped", "messages", name_dropped),
    Rule::lossy("detail_dropped", "messages", detail_dropped),
    Rule::lossy("is_error_dropped", "messages", is_error_dropped),
    Rule::lossy("signature_dropped", "messages", signature_dropped),
    Rule::lossy("signature_replaced", "messages", signature_replaced),
];

fn is_instruction(message: &Message) -> bool {
    matches!(message.role, Role::System | Role::Developer)
}

/// The number of the first such message, from 1.
fn number(context: &Context<'_>, wanted: impl Fn(&Message) -> bool) -> Option<usize> {
    context.request.messages.iter().position(wanted).map(|index| index + 1)
}

fn empty_content(context: &Context<'_>) -> Option<Finding> {
    let (model, messages) = (context.request.model, context.request.messages);
    if messages.is_empty() {
        return Some(Finding::new(format!("{model} is asked nothing: `messages` is empty"), "give the case a message"));
    }
    if context.target.lacks(Feature::LateInstructions) && messages.iter().all(is_instruction) {
        let message = format!("{} takes no `messages` of instructions alone", context.through());
        return Some(Finding::new(message, "give the case a message of role `user`"));
    }
    let number = number(context, |message| says_too_little(context, message))?;
    let message = format!("{} takes no message without content, as message {number} is", context.through());
    Some(Finding::new(message, "give the message content, or leave it out of the case"))
}

fn says_too_little(context: &Context<'_>, message: &Message) -> bool {
    let blank_will_do = match message.role {
        Role::Assistant if !message.tool_calls.is_empty() => return false,
        Role::Tool if !context.target.lacks(Feature::EmptyResults) => return false,
        Role::Tool | Role::System | Role::Developer => true,
        Role::User | Role::Assistant => !context.target.lacks(Feature::BlankText),
    };
    let says = |text: &str| blank_will_do || !text.trim().is_empty();
    let said = match &message.content {
        None => false,
        Some(Content::Text(text)) => says(text),
        Some(Content::Parts(parts)) => parts.iter().any(|part| match part {
            Part::Text(text) => says(text),
            Part::Image { .. } => true,
        }),
    };
    !said && context.target.lacks(Feature::EmptyMessages)
}

fn system_not_leading(context: &Context<'_>) -> Option<Finding> {
    let messages = context.request.messages;
    let leading = messages.iter().take_while(|message| is_instruction(message)).count();
    let late = leading + messages.iter().skip(leading).position(is_instruction)? + 1;
    let what = format!("place for instructions after the first message, as message {late} is");
    let message = context.lacking(Feature::LateInstructions, &what)?;
    Some(Finding::new(message, "move the instructions to the beginning of the conversation"))
}

fn image_in_instructions(context: &Context<'_>) -> Option<Finding> {
    let is_image = |part: &Part| matches!(part, Part::Image { .. });
    let pictured = |message: &Message| is_instruction(message) && parts(message).iter().any(is_image);
    let number = number(context, pictured)?;
    let what = format!("place for an image in instructions, as in message {number}");
    let message = context.lacking(Feature::InstructiveImages, &what)?;
    Some(Finding::new(message, "put the image into a message of role `user`"))
}

/// The parts of a message, where its content is no plain text.
fn parts(message: &Message) -> &[Part] {
    match &message.content {
        Some(Content::Parts(parts)) => parts,
        Some(Content::Text(_)) | None => &[],
    }
}

/// Which calls and results meet, by index of the message.
#[derive(Default)]
struct Pairs<'a> {
    /// The first result without a call in the turn before it.
    orphan: Option<usize>,
    /// The first turn with a call that the messages right behind it do not answer.
    unanswered: Option<usize>,
    /// The functions that results are of.
    called: BTreeMap<usize, &'a str>,
}

fn pairs(messages: &[Message]) -> Pairs<'_> {
    let mut found = Pairs::default();
    let mut ids = CallIds::new(messages);
    let mut open = Vec::new();
    let mut turn = 0;
    for (index, message) in messages.iter().enumerate() {
        if message.role == Role::Tool {
            let answered = ids.of_result(message).and_then(|id| open.iter().position(|(call, _)| *call == id));
            match answered {
                Some(position) => _ = found.called.insert(index, open.remove(position).1),
                None => _ = found.orphan.get_or_insert(index),
            }
            continue;
        }
        if !open.is_empty() {
            found.unanswered.get_or_insert(turn);
        }
        turn = index;
        open = message.tool_calls.iter().map(|call| (ids.of_call(call), call.name.as_str())).collect();
    }
    if !open.is_empty() {
        found.unanswered.get_or_insert(turn);
    }
    found
}

fn orphan_tool_result(context: &Context<'_>) -> Option<Finding> {
    let index = pairs(context.request.messages).orphan?;
    let what = format!("place for the result of a call that was not made, as message {} is", index + 1);
    let message = context.lacking(Feature::UnpairedCalls, &what)?;
    Some(Finding::new(message, "put the assistant's call before its result, or leave the result out"))
}

fn unanswered_tool_call(context: &Context<'_>) -> Option<Finding> {
    let index = pairs(context.request.messages).unanswered?;
    let what = format!("place for calls without results right behind them, as in message {}", index + 1);
    let message = context.lacking(Feature::UnpairedCalls, &what)?;
    Some(Finding::new(message, "give every call a message of role `tool`, or end the conversation before the calls"))
}

fn arguments_malformed(context: &Context<'_>) -> Option<Finding> {
    let malformed =
        |message: &Message| message.tool_calls.iter().any(|call| matches!(call.arguments, Arguments::Malformed(_)));
    let number = number(context, malformed)?;
    let what = format!("place for arguments that are no JSON object, as in message {number}");
    let message = context.lacking(Feature::MalformedArguments, &what)?;
    Some(Finding::new(message, "leave the case out: the call cannot be told as it was made"))
}

fn role_merged(context: &Context<'_>) -> Option<Finding> {
    let number = number(context, |message| message.role == Role::Developer)?;
    let what = format!("role `developer`: message {number} is sent as `system`");
    let message = context.lacking(Feature::DeveloperRole, &what)?;
    Some(Finding::new(message, "write `system` in the case to say what is sent"))
}

fn name_dropped(context: &Context<'_>) -> Option<Finding> {
    let messages = context.request.messages;
    let called = pairs(messages).called;
    // A result goes by the name of its function anyway; at Gemini by its own where no call gives it one.
    let kept = |index: usize, message: &Message| match (message.role, called.get(&index)) {
        (Role::Tool, Some(called)) => message.name.as_deref() == Some(called),
        (Role::Tool, None) => context.target.wire == Wire::Gemini,
        _ => false,
    };
    let dropped = |(index, message): (usize, &Message)| message.name.is_some() && !kept(index, message);
    let number = messages.iter().enumerate().position(dropped)? + 1;
    let message =
        context.lacking(Feature::MessageName, &format!("`name` of a message: that of message {number} is dropped"))?;
    Some(Finding::new(message, "put the name into the text, where it matters"))
}

fn detail_dropped(context: &Context<'_>) -> Option<Finding> {
    // `auto` leaves it to the provider, as no word does.
    let detailed = |part: &Part| matches!(part, Part::Image { detail: Some(detail), .. } if detail != "auto");
    let number = number(context, |message| parts(message).iter().any(detailed))?;
    let message =
        context.lacking(Feature::ImageDetail, &format!("`detail` of an image: that in message {number} is dropped"))?;
    Some(Finding::new(message, "scale the image itself, where resolution matters"))
}

fn is_error_dropped(context: &Context<'_>) -> Option<Finding> {
    let number = number(context, |message| message.is_error == Some(true))?;
    let message = context
        .lacking(Feature::ErrorMark, &format!("`is_error` of a tool result: that of message {number} is dropped"))?;
    Some(Finding::new(message, "say in the result's text that the call failed"))
}

fn signature_dropped(context: &Context<'_>) -> Option<Finding> {
    let number = number(context, |message| message.thought_signature.is_some())?;
    let what = format!("place for Gemini's `thought_signature`: that of message {number} is dropped");
    let message = context.lacking(Feature::Signatures, &what)?;
    Some(Finding::new(message, "keep in mind that the model goes on without the reasoning behind the calls"))
}

/// Gemini demands a signature before the calls of a step. What others called has none, and Google documents a value
/// that stands in for it.
fn signature_replaced(context: &Context<'_>) -> Option<Finding> {
    let unsigned = |message: &Message| !message.tool_calls.is_empty() && message.thought_signature.is_none();
    let number = number(context, unsigned).filter(|_| context.target.wire == Wire::Gemini)?;
    let what = "demands a signature of the reasoning behind calls";
    let message = format!("{} {what}: those of message {number} get the documented stand-in", context.through());
    Some(Finding::new(message, "keep in mind that the model goes on without the reasoning behind the calls"))
}
