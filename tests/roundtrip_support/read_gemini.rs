//! Reads a `generateContent` request back: the model and whether it streams stand in the path.

use serde::Deserialize;
use serde_json::value::RawValue;

use cutover::domain::{
    Arguments, Content, Function, ImageSource, JsonText, Message, Part, Request, ResponseFormat, Role, Sampling, Tool,
    ToolCall, ToolChoice,
};

use super::body::{Body, Exact, blank, content, is_object, present};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireContent<'a> {
    role: String,
    #[serde(borrow)]
    parts: Vec<WirePart<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WirePart<'a> {
    #[serde(default, deserialize_with = "present")]
    text: Option<String>,
    #[serde(default, deserialize_with = "present")]
    inline_data: Option<WireBlob>,
    #[serde(default, deserialize_with = "present")]
    file_data: Option<WireFile>,
    #[serde(default, deserialize_with = "present", borrow)]
    function_call: Option<WireCall<'a>>,
    #[serde(default, deserialize_with = "present", borrow)]
    function_response: Option<WireResult<'a>>,
    #[serde(default, deserialize_with = "present")]
    thought_signature: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WireBlob {
    mime_type: String,
    data: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WireFile {
    /// The type, where the sender knows it.
    #[serde(default, deserialize_with = "present")]
    mime_type: Option<String>,
    file_uri: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireCall<'a> {
    #[serde(default, deserialize_with = "present")]
    id: Option<String>,
    name: String,
    #[serde(borrow)]
    args: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireResult<'a> {
    #[serde(default, deserialize_with = "present")]
    id: Option<String>,
    name: String,
    #[serde(borrow)]
    response: &'a RawValue,
}

/// What a result becomes that is no JSON object.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Wrapped {
    Output(String),
    Error(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireSystem {
    parts: Vec<WireText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireText {
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WireTool {
    #[serde(default, deserialize_with = "present")]
    function_declarations: Option<Vec<WireFunction>>,
    #[serde(default, deserialize_with = "present")]
    google_search: Option<Empty>,
    #[serde(default, deserialize_with = "present")]
    file_search: Option<WireStores>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Empty {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WireStores {
    file_search_store_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WireFunction {
    name: String,
    #[serde(default, deserialize_with = "present")]
    description: Option<String>,
    #[serde(default, deserialize_with = "present")]
    parameters_json_schema: Option<JsonText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WireToolConfig {
    function_calling_config: WireCalling,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WireCalling {
    mode: String,
    #[serde(default, deserialize_with = "present")]
    allowed_function_names: Option<[String; 1]>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct WireConfig {
    #[serde(deserialize_with = "present")]
    max_output_tokens: Option<u64>,
    #[serde(deserialize_with = "present")]
    temperature: Option<Exact>,
    #[serde(deserialize_with = "present")]
    top_p: Option<Exact>,
    #[serde(deserialize_with = "present")]
    top_k: Option<u64>,
    #[serde(deserialize_with = "present")]
    frequency_penalty: Option<Exact>,
    #[serde(deserialize_with = "present")]
    presence_penalty: Option<Exact>,
    #[serde(deserialize_with = "present")]
    seed: Option<i64>,
    #[serde(deserialize_with = "present")]
    stop_sequences: Option<Vec<String>>,
    #[serde(deserialize_with = "present")]
    candidate_count: Option<u64>,
    #[serde(deserialize_with = "present")]
    thinking_config: Option<WireThinking>,
    #[serde(deserialize_with = "present")]
    response_mime_type: Option<String>,
    #[serde(deserialize_with = "present")]
    response_json_schema: Option<JsonText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WireThinking {
    thinking_level: String,
}

/// Reads a request.
pub(super) fn read(path: &str, body: &str) -> Result<Request, String> {
    let called = path.strip_prefix("/models/").and_then(|rest| rest.rsplit_once(':'));
    let (model, stream) = match called {
        Some((model, "generateContent")) => (model.to_owned(), false),
        Some((model, "streamGenerateContent?alt=sse")) => (model.to_owned(), true),
        _ => return Err(format!("path {path}")),
    };
    let mut body = Body::parse(body)?;
    let system = body.take::<WireSystem>("systemInstruction")?.into_iter().flat_map(|system| system.parts);
    let mut messages: Vec<Message> =
        system.map(|part| Message { content: Some(Content::Text(part.text)), ..blank(Role::System) }).collect();
    for wire in body.need::<Vec<WireContent<'_>>>("contents")? {
        read_content(wire, &mut messages)?;
    }
    let mut tools = Vec::new();
    for wire in body.take::<Vec<WireTool>>("tools")?.unwrap_or_default() {
        read_tool(wire, &mut tools)?;
    }
    let config: WireConfig = body.take("generationConfig")?.unwrap_or_default();
    Ok(Request {
        model,
        messages,
        tools,
        tool_choice: body.take("toolConfig")?.map(tool_choice).transpose()?,
        parallel_tool_calls: None,
        response_format: response_format(config.response_mime_type.as_deref(), config.response_json_schema)?,
        sampling: Sampling {
            max_output_tokens: config.max_output_tokens,
            temperature: config.temperature.map(|number| number.0),
            top_p: config.top_p.map(|number| number.0),
            top_k: config.top_k,
            min_p: None,
            frequency_penalty: config.frequency_penalty.map(|number| number.0),
            presence_penalty: config.presence_penalty.map(|number| number.0),
            seed: config.seed,
            stop: config.stop_sequences.unwrap_or_default(),
            n: config.candidate_count,
            reasoning_effort: config.thinking_config.map(|thinking| thinking.thinking_level),
            extra: body.rest()?,
        },
        stream,
    })
}

/// A user's content may hold the results of all calls of the turn before; what follows them is the user's own.
fn read_content(wire: WireContent<'_>, messages: &mut Vec<Message>) -> Result<(), String> {
    let role = match wire.role.as_str() {
        "user" => Role::User,
        "model" => Role::Assistant,
        other => return Err(format!("role {other}")),
    };
    let has_results = wire.parts.iter().any(|part| part.function_response.is_some());
    if has_results && messages.last().is_some_and(|last| last.role == Role::Tool) {
        return Err("results of one turn in two contents".to_owned());
    }
    let (mut parts, mut tool_calls) = (Vec::new(), Vec::new());
    let mut signature = None;
    for part in wire.parts {
        let WirePart { text, inline_data, file_data, function_call, function_response, thought_signature } = part;
        // The first call of a step carries a signature, and nothing else does.
        if thought_signature.is_some() != (function_call.is_some() && tool_calls.is_empty()) {
            return Err(format!("thoughtSignature {thought_signature:?}"));
        }
        // A history from elsewhere has none, and the documented stand-in instead.
        signature = signature.or(thought_signature.filter(|given| given != "skip_thought_signature_validator"));
        match (role, text, (inline_data, file_data), function_call, function_response) {
            (_, Some(text), (None, None), None, None) if tool_calls.is_empty() => parts.push(Part::Text(text)),
            (Role::User, None, (Some(WireBlob { mime_type, data }), None), None, None) => {
                parts.push(Part::Image { source: ImageSource::Base64 { media_type: mime_type, data }, detail: None });
            }
            (Role::User, None, (None, Some(file)), None, None)
                if file.mime_type.as_deref() == file.file_uri.contains(".png").then_some("image/png") =>
            {
                parts.push(Part::Image { source: ImageSource::Url(file.file_uri), detail: None });
            }
            (Role::Assistant, None, (None, None), Some(WireCall { id, name, args }), None)
                if args.get().starts_with('{') =>
            {
                tool_calls.push(ToolCall { id, name, arguments: Arguments::Object(args.get().to_owned()) });
            }
            (Role::User, None, (None, None), None, Some(result)) if parts.is_empty() => {
                let message = tool_message(result, messages)?;
                messages.push(message);
            }
            _ => return Err(format!("a part of no known form in a content of role {role:?}")),
        }
    }
    if !parts.is_empty() || !tool_calls.is_empty() {
        let thought_signature = signature;
        messages.push(Message { content: content(parts), tool_calls, thought_signature, ..blank(role) });
    }
    Ok(())
}

/// A result names the function of the call that it answers, and that call is in the turn right before.
fn tool_message(result: WireResult<'_>, messages: &[Message]) -> Result<Message, String> {
    let turn = messages.iter().rev().find(|message| message.role != Role::Tool);
    let calls = turn.map_or(&[][..], |turn| &turn.tool_calls);
    if !calls.iter().any(|call| call.id == result.id && call.name == result.name) {
        return Err(format!("functionResponse {:?} of {} answers no call", result.id, result.name));
    }
    let response = result.response.get();
    if !response.starts_with('{') {
        return Err(format!("functionResponse {response} is no object"));
    }
    let (text, is_error) = match serde_json::from_str(response) {
        Ok(Wrapped::Output(text)) if is_object(&text) => return Err(format!("an object is wrapped: {text}")),
        Ok(Wrapped::Output(text)) => (text, None),
        Ok(Wrapped::Error(text)) => (text, Some(true)),
        Err(_) => (response.to_owned(), None),
    };
    Ok(Message { content: Some(Content::Text(text)), tool_call_id: result.id, is_error, ..blank(Role::Tool) })
}

fn read_tool(wire: WireTool, tools: &mut Vec<Tool>) -> Result<(), String> {
    match (wire.function_declarations, wire.google_search, wire.file_search) {
        (Some(functions), None, None) if tools.is_empty() => {
            tools.extend(functions.into_iter().map(|WireFunction { name, description, parameters_json_schema }| {
                let parameters = parameters_json_schema;
                Tool::Function(Function { name, description, parameters, strict: None })
            }));
        }
        (None, Some(Empty {}), None) => tools.push(Tool::WebSearch),
        (None, None, Some(stores)) => tools.push(Tool::FileSearch { stores: stores.file_search_store_names }),
        _ => return Err("a tool that is not exactly one, or functions that are not the first".to_owned()),
    }
    Ok(())
}

fn tool_choice(wire: WireToolConfig) -> Result<ToolChoice, String> {
    let WireCalling { mode, allowed_function_names } = wire.function_calling_config;
    match (mode.as_str(), allowed_function_names) {
        ("AUTO", None) => Ok(ToolChoice::Auto),
        ("NONE", None) => Ok(ToolChoice::None),
        ("ANY", None) => Ok(ToolChoice::Required),
        ("ANY", Some([name])) => Ok(ToolChoice::Named(name)),
        (mode, names) => Err(format!("mode {mode} with {names:?}")),
    }
}

fn response_format(media_type: Option<&str>, schema: Option<JsonText>) -> Result<Option<ResponseFormat>, String> {
    match (media_type, schema) {
        (None, None) => Ok(None),
        (Some("text/plain"), None) => Ok(Some(ResponseFormat::Text)),
        (Some("application/json"), None) => Ok(Some(ResponseFormat::JsonObject)),
        (Some("application/json"), Some(schema)) => {
            Ok(Some(ResponseFormat::JsonSchema { name: String::new(), schema, strict: None }))
        }
        (media_type, _) => Err(format!("responseMimeType {media_type:?}")),
    }
}
