//! A conversation as Gemini's `contents`: roles user and model, tool results inside a user's turn.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::domain::{Arguments, Content, ImageSource, Message, Part, Role};
use crate::provider::call_ids::CallIds;

/// Gemini 3 refuses a step whose first call lacks the signature that Gemini gave it. A history that others wrote has
/// none; for it Google documents this value.
const FOREIGN_SIGNATURE: &str = "skip_thought_signature_validator";

/// Image types by the ending of a URL.
const IMAGE_TYPES: &[(&str, &str)] = &[
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("webp", "image/webp"),
    ("gif", "image/gif"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
];

/// One turn of a conversation, or the system's instructions, which have no role.
#[derive(Debug, Serialize)]
pub(super) struct Turn<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    parts: Vec<WirePart<'a>>,
}

/// One part; exactly one of its fields is there, but for the signature beside a call.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct WirePart<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inline_data: Option<InlineData<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_data: Option<FileData<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_call: Option<FunctionCall<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_response: Option<FunctionResponse<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thought_signature: Option<&'a str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct InlineData<'a> {
    mime_type: &'a str,
    data: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FileData<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    mime_type: Option<&'static str>,
    file_uri: &'a str,
}

#[derive(Debug, Serialize)]
struct FunctionCall<'a> {
    id: Cow<'a, str>,
    name: &'a str,
    args: &'a RawValue,
}

#[derive(Debug, Serialize)]
struct FunctionResponse<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Cow<'a, str>>,
    name: &'a str,
    response: ToolOutput<'a>,
    /// Images of the result; text is in the response.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<WirePart<'a>>,
}

/// What a tool gave back. The field must be an object, so that anything else is wrapped into one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum ToolOutput<'a> {
    Output(Cow<'a, str>),
    Error(Cow<'a, str>),
    #[serde(untagged)]
    Object(Cow<'a, RawValue>),
}

/// The calls of a conversation whose results are still to come: a result must repeat the name of its function.
#[derive(Debug)]
struct OpenCalls<'a> {
    ids: CallIds<'a>,
    names: Vec<(Cow<'a, str>, &'a str)>,
}

/// The instructions, if there are any, and the turns. System messages later in the conversation, which requests
/// are refused for before they come here, join the instructions.
pub(super) fn encode(messages: &[Message]) -> (Option<Turn<'_>>, Vec<Turn<'_>>) {
    let mut system = Turn { role: None, parts: Vec::new() };
    let mut turns: Vec<Turn<'_>> = Vec::new();
    let mut calls = OpenCalls { ids: CallIds::new(messages), names: Vec::new() };
    let mut after_result = false;
    for message in messages {
        let joins = after_result && message.role == Role::Tool;
        after_result = message.role == Role::Tool;
        match (message.role, turns.last_mut()) {
            (Role::System | Role::Developer, _) => system.parts.extend(content(message)),
            // The results of one turn stand in one turn.
            (Role::Tool, Some(turn)) if joins => turn.parts.push(calls.result(message)),
            (Role::Tool, _) => turns.push(Turn { role: Some("user"), parts: vec![calls.result(message)] }),
            (Role::User, _) => turns.push(Turn { role: Some("user"), parts: content(message).collect() }),
            (Role::Assistant, _) => turns.push(Turn { role: Some("model"), parts: calls.step(message) }),
        }
    }
    ((!system.parts.is_empty()).then_some(system), turns)
}

impl<'a> OpenCalls<'a> {
    /// The text of an assistant's step, then its calls.
    fn step(&mut self, message: &'a Message) -> Vec<WirePart<'a>> {
        let says_nothing = |part: &WirePart<'_>| part.text.is_some_and(str::is_empty);
        // Other protocols write an empty text beside calls; Gemini refuses one.
        let said = content(message).filter(|part| message.tool_calls.is_empty() || !says_nothing(part));
        let mut parts: Vec<_> = said.collect();
        let signature = message.thought_signature.as_deref().unwrap_or(FOREIGN_SIGNATURE);
        for (index, call) in message.tool_calls.iter().enumerate() {
            let id = self.ids.of_call(call);
            self.names.push((id.clone(), &call.name));
            parts.push(WirePart {
                function_call: Some(FunctionCall { id, name: &call.name, args: arguments(&call.arguments) }),
                thought_signature: (index == 0).then_some(signature),
                ..WirePart::default()
            });
        }
        parts
    }

    /// A tool message under the name of the call that it answers; without one, under its own.
    fn result(&mut self, message: &'a Message) -> WirePart<'a> {
        let id = self.ids.of_result(message);
        let found = self.names.iter().position(|(open, _)| Some(open) == id.as_ref());
        let name = match found {
            Some(index) => self.names.remove(index).1,
            None => message.name.as_deref().unwrap_or_default(),
        };
        let response = tool_output(text(message.content.as_ref()), message.is_error == Some(true));
        let parts = content(message).filter(|part| part.text.is_none()).collect();
        WirePart { function_response: Some(FunctionResponse { id, name, response, parts }), ..WirePart::default() }
    }
}

/// Arguments that are no object have no form here; a request with such a history is refused before it comes here.
fn arguments(arguments: &Arguments) -> &RawValue {
    let object = match arguments {
        Arguments::Object(text) => text,
        Arguments::Malformed(_) => "{}",
    };
    // Never falls back: both are JSON.
    serde_json::from_str(object).unwrap_or(RawValue::NULL)
}

fn tool_output(text: Cow<'_, str>, is_error: bool) -> ToolOutput<'_> {
    if is_error {
        return ToolOutput::Error(text);
    }
    if !text.trim_start().starts_with('{') {
        return ToolOutput::Output(text);
    }
    match text {
        Cow::Borrowed(text) => serde_json::from_str(text)
            .map_or(ToolOutput::Output(Cow::Borrowed(text)), |object| ToolOutput::Object(Cow::Borrowed(object))),
        Cow::Owned(text) => match serde_json::from_str(&text) {
            Ok(object) => ToolOutput::Object(Cow::Owned(object)),
            Err(_) => ToolOutput::Output(Cow::Owned(text)),
        },
    }
}

/// The text of a message, all parts joined.
fn text(content: Option<&Content>) -> Cow<'_, str> {
    match content {
        None => Cow::Borrowed(""),
        Some(Content::Text(text)) => Cow::Borrowed(text),
        Some(Content::Parts(parts)) => {
            let texts = parts.iter().filter_map(|part| match part {
                Part::Text(text) => Some(text.as_str()),
                Part::Image { .. } => None,
            });
            texts.map(Cow::Borrowed).reduce(|all, text| all + text).unwrap_or_default()
        }
    }
}

fn content(message: &Message) -> impl Iterator<Item = WirePart<'_>> {
    let (text, parts) = match &message.content {
        None => (None, &[][..]),
        Some(Content::Text(text)) => (Some(text.as_str()), &[][..]),
        Some(Content::Parts(parts)) => (None, parts.as_slice()),
    };
    text.map(said).into_iter().chain(parts.iter().map(part))
}

fn said(text: &str) -> WirePart<'_> {
    WirePart { text: Some(text), ..WirePart::default() }
}

fn part(part: &Part) -> WirePart<'_> {
    match part {
        Part::Text(text) => said(text),
        Part::Image { source: ImageSource::Base64 { media_type, data }, .. } => {
            WirePart { inline_data: Some(InlineData { mime_type: media_type, data }), ..WirePart::default() }
        }
        Part::Image { source: ImageSource::Url(url) | ImageSource::File(url), .. } => {
            WirePart { file_data: Some(FileData { mime_type: image_type(url), file_uri: url }), ..WirePart::default() }
        }
    }
}

/// The type that the ending of a URL's path tells.
fn image_type(url: &str) -> Option<&'static str> {
    let path = url.split(['?', '#']).next()?;
    let (_, ending) = path.rsplit('/').next()?.rsplit_once('.')?;
    IMAGE_TYPES.iter().find(|row| row.0.eq_ignore_ascii_case(ending)).map(|row| row.1)
}

#[cfg(test)]
mod tests;
