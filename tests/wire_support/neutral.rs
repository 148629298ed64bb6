//! The neutral request of a fixture as a domain request.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use cutover::domain::{
    Arguments, Content, Function, ImageSource, JsonText, Message, Part, Request, ResponseFormat, Role, Sampling, Tool,
    ToolCall, ToolChoice,
};

use super::json::minified;

/// Why a fixture gives no domain request: it is not what the fixtures' README describes.
#[derive(Debug)]
pub(crate) struct Invalid(pub(crate) String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NeutralRequest {
    model: String,
    messages: Vec<NeutralMessage>,
    #[serde(default)]
    tools: Vec<NeutralTool>,
    tool_choice: Option<Value>,
    parallel_tool_calls: Option<bool>,
    response_format: Option<NeutralFormat>,
    max_tokens: Option<u64>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    top_k: Option<u64>,
    min_p: Option<f64>,
    frequency_penalty: Option<f64>,
    presence_penalty: Option<f64>,
    seed: Option<i64>,
    #[serde(default)]
    stop: Vec<String>,
    n: Option<u64>,
    reasoning_effort: Option<String>,
    #[serde(default)]
    stream: bool,
    #[serde(default)]
    extra: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NeutralMessage {
    role: String,
    content: Option<Value>,
    name: Option<String>,
    #[serde(default)]
    tool_calls: Vec<NeutralCall>,
    tool_call_id: Option<String>,
    is_error: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NeutralCall {
    id: Option<String>,
    name: String,
    arguments: Option<Box<RawValue>>,
    arguments_raw: Option<String>,
    provider_state: Option<NeutralState>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NeutralState {
    gemini_thought_signature: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NeutralTool {
    kind: Option<String>,
    name: Option<String>,
    description: Option<String>,
    parameters: Option<JsonText>,
    strict: Option<bool>,
    #[serde(default)]
    vector_store_ids: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NeutralFormat {
    #[serde(rename = "type")]
    kind: String,
    name: Option<String>,
    schema: Option<JsonText>,
    strict: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, tag = "type", rename_all = "snake_case")]
enum NeutralPart {
    Text { text: String },
    Image { source: NeutralSource, detail: Option<String> },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "snake_case")]
enum NeutralSource {
    Url { url: String },
    Base64 { media_type: String, data: String },
}

/// Reads the text of a neutral request.
pub(crate) fn request(text: &str) -> Result<Request, Invalid> {
    let raw: NeutralRequest = serde_json::from_str(text).map_err(|error| Invalid(error.to_string()))?;
    Ok(Request {
        messages: raw.messages.into_iter().map(message).collect::<Result<_, _>>()?,
        tools: raw.tools.into_iter().map(tool).collect::<Result<_, _>>()?,
        tool_choice: raw.tool_choice.map(|choice| tool_choice(&choice)).transpose()?,
        parallel_tool_calls: raw.parallel_tool_calls,
        response_format: raw.response_format.map(response_format).transpose()?,
        sampling: Sampling {
            max_output_tokens: raw.max_tokens,
            temperature: raw.temperature,
            top_p: raw.top_p,
            top_k: raw.top_k,
            min_p: raw.min_p,
            frequency_penalty: raw.frequency_penalty,
            presence_penalty: raw.presence_penalty,
            seed: raw.seed,
            stop: raw.stop,
            n: raw.n,
            reasoning_effort: raw.reasoning_effort,
            extra: raw.extra,
        },
        stream: raw.stream,
        model: raw.model,
    })
}

fn message(raw: NeutralMessage) -> Result<Message, Invalid> {
    let role = match raw.role.as_str() {
        "system" => Role::System,
        "developer" => Role::Developer,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" => Role::Tool,
        other => return Err(Invalid(format!("role {other}"))),
    };
    let content = match raw.content {
        None => None,
        Some(Value::String(text)) => Some(Content::Text(text)),
        Some(parts) => {
            let parts: Vec<NeutralPart> = serde_json::from_value(parts).map_err(|error| Invalid(error.to_string()))?;
            Some(Content::Parts(parts.into_iter().map(part).collect()))
        }
    };
    let signature = |call: &NeutralCall| Some(call.provider_state.as_ref()?.gemini_thought_signature.clone());
    let thought_signature = raw.tool_calls.iter().find_map(signature);
    let tool_calls = raw.tool_calls.into_iter().map(|call| {
        let arguments = match (call.arguments, call.arguments_raw) {
            (Some(object), None) => Arguments::Object(minified(object.get())),
            (None, Some(text)) => Arguments::Malformed(text),
            _ => return Err(Invalid(format!("arguments of {}", call.name))),
        };
        Ok(ToolCall { id: call.id, name: call.name, arguments })
    });
    let tool_calls = tool_calls.collect::<Result<_, _>>()?;
    Ok(Message {
        role,
        content,
        name: raw.name,
        tool_calls,
        tool_call_id: raw.tool_call_id,
        is_error: raw.is_error,
        thought_signature,
    })
}

fn part(raw: NeutralPart) -> Part {
    match raw {
        NeutralPart::Text { text } => Part::Text(text),
        NeutralPart::Image { source, detail } => {
            let source = match source {
                NeutralSource::Url { url } => ImageSource::Url(url),
                NeutralSource::Base64 { media_type, data } => ImageSource::Base64 { media_type, data },
            };
            Part::Image { source, detail }
        }
    }
}

fn tool(raw: NeutralTool) -> Result<Tool, Invalid> {
    match (raw.kind.as_deref().unwrap_or("function"), raw.name) {
        ("function", Some(name)) => {
            let (description, parameters, strict) = (raw.description, raw.parameters, raw.strict);
            Ok(Tool::Function(Function { name, description, parameters, strict }))
        }
        ("web_search", None) => Ok(Tool::WebSearch),
        ("file_search", None) => Ok(Tool::FileSearch { stores: raw.vector_store_ids }),
        ("computer_use", None) => Ok(Tool::ComputerUse { display: None }),
        (kind, _) => Err(Invalid(format!("tool {kind}"))),
    }
}

fn tool_choice(raw: &Value) -> Result<ToolChoice, Invalid> {
    match (raw.as_str(), raw["name"].as_str()) {
        (Some("auto"), _) => Ok(ToolChoice::Auto),
        (Some("none"), _) => Ok(ToolChoice::None),
        (Some("required"), _) => Ok(ToolChoice::Required),
        (None, Some(name)) => Ok(ToolChoice::Named(name.to_owned())),
        _ => Err(Invalid(format!("tool_choice {raw}"))),
    }
}

fn response_format(raw: NeutralFormat) -> Result<ResponseFormat, Invalid> {
    match (raw.kind.as_str(), raw.name, raw.schema) {
        ("text", None, None) => Ok(ResponseFormat::Text),
        ("json_object", None, None) => Ok(ResponseFormat::JsonObject),
        ("json_schema", Some(name), Some(schema)) => {
            Ok(ResponseFormat::JsonSchema { name, schema, strict: raw.strict })
        }
        (kind, ..) => Err(Invalid(format!("response_format {kind}"))),
    }
}
