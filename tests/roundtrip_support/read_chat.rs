//! Reads a Chat Completions body back, with the field names of OpenAI or of the servers compatible with it.

use serde::Deserialize;
use serde_json::Value;

use cutover::domain::{
    Content, Function, JsonText, Message, Part, Request, ResponseFormat, Role, Sampling, Tool, ToolCall, ToolChoice,
};
use cutover::provider::Dialect;

use super::body::{Body, arguments, image, present};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireMessage {
    role: String,
    content: Option<WireContent>,
    #[serde(default, deserialize_with = "present")]
    name: Option<String>,
    #[serde(default)]
    tool_calls: Vec<WireCall>,
    #[serde(default, deserialize_with = "present")]
    tool_call_id: Option<String>,
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
    Text { text: String },
    ImageUrl { image_url: WireImage },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireImage {
    url: String,
    #[serde(default, deserialize_with = "present")]
    detail: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireCall {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    function: WireCalled,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireCalled {
    name: String,
    arguments: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireTool {
    #[serde(rename = "type")]
    kind: String,
    function: WireFunction,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireFunction {
    name: String,
    #[serde(default, deserialize_with = "present")]
    description: Option<String>,
    #[serde(default, deserialize_with = "present")]
    parameters: Option<JsonText>,
    #[serde(default, deserialize_with = "present")]
    strict: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireFormat {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, deserialize_with = "present")]
    json_schema: Option<WireSchema>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireSchema {
    name: String,
    schema: JsonText,
    #[serde(default, deserialize_with = "present")]
    strict: Option<bool>,
}

/// Reads a request to OpenAI.
pub(super) fn native(path: &str, body: &str) -> Result<Request, String> {
    read(path, body, Dialect::Native)
}

/// Reads a request to a compatible server, which knows the older name of the limit and samples in more ways.
pub(super) fn compatible(path: &str, body: &str) -> Result<Request, String> {
    read(path, body, Dialect::Compatible)
}

fn read(path: &str, body: &str, dialect: Dialect) -> Result<Request, String> {
    if path != "/chat/completions" {
        return Err(format!("path {path}"));
    }
    let mut body = Body::parse(body)?;
    let stream = body.take("stream")?.unwrap_or(false);
    let options = body.take::<Value>("stream_options")?;
    if options != stream.then(|| serde_json::json!({"include_usage": true})) {
        return Err(format!("stream {stream} with stream_options {options:?}"));
    }
    let (limit, top_k, min_p) = match dialect {
        Dialect::Native => ("max_completion_tokens", None, None),
        Dialect::Compatible => ("max_tokens", body.take("top_k")?, body.number("min_p")?),
    };
    let messages: Vec<WireMessage> = body.need("messages")?;
    let tools: Vec<WireTool> = body.take("tools")?.unwrap_or_default();
    Ok(Request {
        model: body.need("model")?,
        messages: messages.into_iter().map(message).collect::<Result<_, _>>()?,
        tools: tools.into_iter().map(tool).collect::<Result<_, _>>()?,
        tool_choice: body.take::<Value>("tool_choice")?.map(|choice| tool_choice(&choice)).transpose()?,
        parallel_tool_calls: body.take("parallel_tool_calls")?,
        response_format: body.take("response_format")?.map(response_format).transpose()?,
        sampling: Sampling {
            max_output_tokens: body.take(limit)?,
            temperature: body.number("temperature")?,
            top_p: body.number("top_p")?,
            top_k,
            min_p,
            frequency_penalty: body.number("frequency_penalty")?,
            presence_penalty: body.number("presence_penalty")?,
            seed: body.take("seed")?,
            stop: body.take("stop")?.unwrap_or_default(),
            n: body.take("n")?,
            reasoning_effort: body.take("reasoning_effort")?,
            extra: body.rest()?,
        },
        stream,
    })
}

fn message(wire: WireMessage) -> Result<Message, String> {
    let role = match (wire.role.as_str(), &wire.content, wire.tool_calls.is_empty(), &wire.tool_call_id) {
        ("system", Some(_), true, None) => Role::System,
        ("developer", Some(_), true, None) => Role::Developer,
        ("user", Some(_), true, None) => Role::User,
        ("assistant", Some(_), _, None) | ("assistant", None, false, None) => Role::Assistant,
        ("tool", Some(_), true, Some(_)) => Role::Tool,
        (role, ..) => return Err(format!("a message of role {role} with fields of another role")),
    };
    let content = wire.content.map(|content| match content {
        WireContent::Text(text) => Content::Text(text),
        WireContent::Parts(parts) => Content::Parts(parts.into_iter().map(part).collect()),
    });
    let tool_calls = wire.tool_calls.into_iter().map(|call| match call.kind.as_str() {
        "function" => {
            Ok(ToolCall { id: Some(call.id), name: call.function.name, arguments: arguments(call.function.arguments) })
        }
        kind => Err(format!("a call of type {kind}")),
    });
    let tool_calls = tool_calls.collect::<Result<_, _>>()?;
    Ok(Message {
        role,
        content,
        name: wire.name,
        tool_calls,
        tool_call_id: wire.tool_call_id,
        is_error: None,
        thought_signature: None,
    })
}

fn part(wire: WirePart) -> Part {
    match wire {
        WirePart::Text { text } => Part::Text(text),
        WirePart::ImageUrl { image_url } => Part::Image { source: image(image_url.url), detail: image_url.detail },
    }
}

fn tool(wire: WireTool) -> Result<Tool, String> {
    let WireFunction { name, description, parameters, strict } = wire.function;
    match wire.kind.as_str() {
        "function" => Ok(Tool::Function(Function { name, description, parameters, strict })),
        kind => Err(format!("a tool of type {kind}")),
    }
}

fn tool_choice(wire: &Value) -> Result<ToolChoice, String> {
    match wire.as_str() {
        Some("auto") => Ok(ToolChoice::Auto),
        Some("none") => Ok(ToolChoice::None),
        Some("required") => Ok(ToolChoice::Required),
        _ => match wire["function"]["name"].as_str() {
            Some(name) if *wire == serde_json::json!({"type": "function", "function": {"name": name}}) => {
                Ok(ToolChoice::Named(name.to_owned()))
            }
            _ => Err(format!("tool_choice {wire}")),
        },
    }
}

fn response_format(wire: WireFormat) -> Result<ResponseFormat, String> {
    match (wire.kind.as_str(), wire.json_schema) {
        ("text", None) => Ok(ResponseFormat::Text),
        ("json_object", None) => Ok(ResponseFormat::JsonObject),
        ("json_schema", Some(WireSchema { name, schema, strict })) => {
            Ok(ResponseFormat::JsonSchema { name, schema, strict })
        }
        (kind, _) => Err(format!("response_format {kind}")),
    }
}
