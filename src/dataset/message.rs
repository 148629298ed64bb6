//! The JSON shape of a message, as in Chat Completions.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::line::BadLine;
use crate::domain::{Arguments, Content, ImageSource, Message, Part, Role, ToolCall};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMessage {
    role: RawRole,
    content: Option<Value>,
    name: Option<String>,
    #[serde(default)]
    tool_calls: Vec<RawToolCall>,
    tool_call_id: Option<String>,
    is_error: Option<bool>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum RawRole {
    System,
    Developer,
    User,
    Assistant,
    Tool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawToolCall {
    id: Option<String>,
    #[serde(rename = "type")]
    _kind: Option<FunctionKind>,
    function: RawFunctionCall,
    extra_content: Option<RawExtraContent>,
}

/// What Gemini's own compatible endpoint puts beside a call.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExtraContent {
    google: RawGoogle,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGoogle {
    thought_signature: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFunctionCall {
    name: String,
    arguments: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum FunctionKind {
    Function,
}

pub(super) fn message(raw: RawMessage) -> Result<Message, BadLine> {
    let role = match raw.role {
        RawRole::System => Role::System,
        RawRole::Developer => Role::Developer,
        RawRole::User => Role::User,
        RawRole::Assistant => Role::Assistant,
        RawRole::Tool => Role::Tool,
    };
    let content = raw.content.map(content).transpose()?;
    if content.is_none() && raw.tool_calls.is_empty() {
        return Err(BadLine::from("a message has neither `content` nor `tool_calls`".to_owned()));
    }
    if (role == Role::Tool) != raw.tool_call_id.is_some() {
        return Err(BadLine::from("a message of role `tool`, and no other, has a `tool_call_id`".to_owned()));
    }
    if role != Role::Tool && raw.is_error.is_some() {
        return Err(BadLine::from("only a message of role `tool` can have `is_error`".to_owned()));
    }
    if role != Role::Assistant && !raw.tool_calls.is_empty() {
        return Err(BadLine::from("only a message of role `assistant` can have `tool_calls`".to_owned()));
    }
    let signature = |call: &RawToolCall| Some(call.extra_content.as_ref()?.google.thought_signature.clone());
    let thought_signature = raw.tool_calls.iter().find_map(signature);
    let tool_calls = raw.tool_calls.into_iter().map(tool_call).collect();
    let (name, tool_call_id, is_error) = (raw.name, raw.tool_call_id, raw.is_error);
    Ok(Message { role, content, name, tool_calls, tool_call_id, is_error, thought_signature })
}

pub(super) fn tool_call(raw: RawToolCall) -> ToolCall {
    // No text at all is how some models call a function without arguments.
    let text = if raw.function.arguments.trim().is_empty() { "{}".to_owned() } else { raw.function.arguments };
    let is_object = serde_json::from_str::<Map<String, Value>>(&text).is_ok();
    let arguments = if is_object { Arguments::Object(text) } else { Arguments::Malformed(text) };
    ToolCall { id: raw.id, name: raw.function.name, arguments }
}

fn content(value: Value) -> Result<Content, BadLine> {
    match value {
        Value::String(text) => Ok(Content::Text(text)),
        Value::Array(parts) => parts.into_iter().map(part).collect::<Result<_, _>>().map(Content::Parts),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            Err(BadLine::from(format!("`content` is {value}, but must be a text or a list of parts")))
        }
    }
}

fn part(value: Value) -> Result<Part, BadLine> {
    #[derive(Deserialize)]
    #[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
    enum RawPart {
        Text { text: String },
        ImageUrl { image_url: RawImage },
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct RawImage {
        url: String,
        detail: Option<String>,
    }
    let raw: RawPart = serde_json::from_value(value)
        .map_err(|error| BadLine::from(format!("a part of `content` is not as it should be: {error}")))?;
    Ok(match raw {
        RawPart::Text { text } => Part::Text(text),
        RawPart::ImageUrl { image_url } => {
            Part::Image { source: image_source(image_url.url)?, detail: image_url.detail }
        }
    })
}

fn image_source(url: String) -> Result<ImageSource, BadLine> {
    if let Some((media_type, data)) = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")) {
        return Ok(ImageSource::Base64 { media_type: media_type.into(), data: data.into() });
    }
    if let Some(path) = url.strip_prefix("file:") {
        return Ok(ImageSource::File(path.to_owned()));
    }
    if url.contains("://") {
        return Ok(ImageSource::Url(url));
    }
    Err(BadLine {
        message: "the `url` of an image is no URL".to_owned(),
        help: Some(
            "write \"https://...\", \"data:image/png;base64,...\", or \"file:NAME\" for a file beside the dataset"
                .into(),
        ),
    })
}
