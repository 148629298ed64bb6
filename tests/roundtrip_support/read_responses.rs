//! Reads a Responses body back.

use serde::Deserialize;
use serde_json::{Map, Value};

use cutover::domain::{
    Content, Function, JsonText, Message, Part, Request, ResponseFormat, Role, Sampling, Tool, ToolCall, ToolChoice,
};

use super::body::{Body, arguments, blank, image, present};

#[derive(Deserialize)]
#[serde(untagged)]
enum WireItem {
    Message(WireMessage),
    Step(WireStep),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireMessage {
    role: String,
    content: WireContent,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, tag = "type", rename_all = "snake_case")]
enum WireStep {
    FunctionCall { call_id: String, name: String, arguments: String },
    FunctionCallOutput { call_id: String, output: WireContent },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WireContent {
    Text(String),
    Parts(Vec<WirePart>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, tag = "type", rename_all = "snake_case")]
enum WirePart {
    InputText { text: String },
    OutputText { text: String },
    InputImage { image_url: String, detail: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireTool {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, deserialize_with = "present")]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    description: Option<String>,
    /// Of a function it must be there, but may be `null`.
    #[serde(default, deserialize_with = "present")]
    parameters: Option<JsonText>,
    #[serde(default, deserialize_with = "present")]
    strict: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    vector_store_ids: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireText {
    format: WireFormat,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireFormat {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, deserialize_with = "present")]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    schema: Option<JsonText>,
    #[serde(default, deserialize_with = "present")]
    strict: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireReasoning {
    effort: String,
}

/// Reads a request.
pub(super) fn read(path: &str, body: &str) -> Result<Request, String> {
    if path != "/responses" {
        return Err(format!("path {path}"));
    }
    let mut body = Body::parse(body)?;
    // The provider keeps every answer that it is not told to forget.
    if body.need::<bool>("store")? {
        return Err("store is on".to_owned());
    }
    let tools: Vec<WireTool> = body.take("tools")?.unwrap_or_default();
    Ok(Request {
        model: body.need("model")?,
        messages: messages(body.need("input")?)?,
        tools: tools.into_iter().map(tool).collect::<Result<_, _>>()?,
        tool_choice: body.take::<Value>("tool_choice")?.map(|choice| tool_choice(&choice)).transpose()?,
        parallel_tool_calls: body.take("parallel_tool_calls")?,
        response_format: body.take("text")?.map(response_format).transpose()?,
        stream: body.take("stream")?.unwrap_or(false),
        sampling: Sampling {
            max_output_tokens: body.take("max_output_tokens")?,
            temperature: body.number("temperature")?,
            top_p: body.number("top_p")?,
            reasoning_effort: body.take("reasoning")?.map(|WireReasoning { effort }| effort),
            extra: body.rest()?,
            ..Sampling::default()
        },
    })
}

/// Calls belong to the assistant's message right before them; without one they are a turn of their own.
fn messages(items: Vec<WireItem>) -> Result<Vec<Message>, String> {
    let mut messages: Vec<Message> = Vec::new();
    for item in items {
        match item {
            WireItem::Message(wire) => messages.push(message(wire)?),
            WireItem::Step(WireStep::FunctionCall { call_id, name, arguments: text }) => {
                let call = ToolCall { id: Some(call_id), name, arguments: arguments(text) };
                match messages.last_mut() {
                    Some(last) if last.role == Role::Assistant => last.tool_calls.push(call),
                    _ => messages.push(Message { tool_calls: vec![call], ..blank(Role::Assistant) }),
                }
            }
            WireItem::Step(WireStep::FunctionCallOutput { call_id, output }) => {
                let (content, tool_call_id) = (Some(content(Role::Tool, output)?), Some(call_id));
                messages.push(Message { content, tool_call_id, ..blank(Role::Tool) });
            }
        }
    }
    Ok(messages)
}

fn message(wire: WireMessage) -> Result<Message, String> {
    let role = match wire.role.as_str() {
        "system" => Role::System,
        "developer" => Role::Developer,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        other => return Err(format!("role {other}")),
    };
    Ok(Message { content: Some(content(role, wire.content)?), ..blank(role) })
}

fn content(role: Role, wire: WireContent) -> Result<Content, String> {
    match wire {
        WireContent::Text(text) => Ok(Content::Text(text)),
        WireContent::Parts(parts) => {
            Ok(Content::Parts(parts.into_iter().map(|wire| part(role, wire)).collect::<Result<_, _>>()?))
        }
    }
}

/// What the model said itself is output, everything else input.
fn part(role: Role, wire: WirePart) -> Result<Part, String> {
    match (wire, role == Role::Assistant) {
        (WirePart::InputText { text }, false) | (WirePart::OutputText { text }, true) => Ok(Part::Text(text)),
        (WirePart::InputImage { image_url, detail }, false) => {
            Ok(Part::Image { source: image(image_url), detail: Some(detail) })
        }
        _ => Err(format!("a part of the wrong direction in a message of role {role:?}")),
    }
}

fn tool(wire: WireTool) -> Result<Tool, String> {
    let WireTool { kind, name, description, parameters: schema, strict, vector_store_ids } = wire;
    match (kind.as_str(), (name, strict, schema), vector_store_ids) {
        ("function", (Some(name), Some(strict), Some(schema)), None) => {
            let parameters = (schema.text() != "null").then_some(schema);
            Ok(Tool::Function(Function { name, description, parameters, strict: Some(strict) }))
        }
        ("web_search", (None, None, None), None) => Ok(Tool::WebSearch),
        ("file_search", (None, None, None), Some(stores)) => Ok(Tool::FileSearch { stores }),
        ("computer", (None, None, None), None) => Ok(Tool::ComputerUse { display: None }),
        (kind, ..) => Err(format!("a tool of type {kind} with fields of another, or without its own")),
    }
}

fn tool_choice(wire: &Value) -> Result<ToolChoice, String> {
    let named = |name: &str| ToolChoice::Named(name.to_owned());
    match (wire.as_str(), wire["type"].as_str(), wire["name"].as_str(), wire.as_object().map_or(0, Map::len)) {
        (Some("auto"), ..) => Ok(ToolChoice::Auto),
        (Some("none"), ..) => Ok(ToolChoice::None),
        (Some("required"), ..) => Ok(ToolChoice::Required),
        (None, Some("function"), Some(name), 2) => Ok(named(name)),
        (None, Some(kind @ ("web_search" | "file_search")), None, 1) => Ok(named(kind)),
        (None, Some("computer"), None, 1) => Ok(named("computer_use")),
        _ => Err(format!("tool_choice {wire}")),
    }
}

fn response_format(wire: WireText) -> Result<ResponseFormat, String> {
    match (wire.format.kind.as_str(), wire.format.name, wire.format.schema, wire.format.strict) {
        ("text", None, None, None) => Ok(ResponseFormat::Text),
        ("json_object", None, None, None) => Ok(ResponseFormat::JsonObject),
        ("json_schema", Some(name), Some(schema), strict) => Ok(ResponseFormat::JsonSchema { name, schema, strict }),
        (kind, ..) => Err(format!("text.format {kind}")),
    }
}
