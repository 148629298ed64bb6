//! A neutral request as a Responses body.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use crate::domain::{
    Asked, Content, ImageSource, JsonText, Message, Part, ResponseFormat, Role, Tool, ToolCall, ToolChoice,
};
use crate::provider::call_ids::CallIds;
use crate::provider::text;
use crate::provider::{Endpoint, HttpRequest};

/// The request as it is sent. What the protocol has no field for (seed, stop, penalties, n, `top_k`, `min_p`, a
/// speaker's name, the error mark of a tool result) is not sent.
pub(in crate::provider) fn encode(request: Asked<'_>, endpoint: &Endpoint) -> HttpRequest {
    let sampling = request.sampling;
    let body = Body {
        model: request.model,
        input: items(request.messages),
        store: (!sampling.extra.contains_key("store")).then_some(false),
        tools: request.tools.iter().map(tool).collect(),
        tool_choice: request.tool_choice.map(|choice| tool_choice(choice, request.tools)),
        parallel_tool_calls: request.parallel_tool_calls,
        text: request.response_format.map(|format| Text { format: response_format(format) }),
        max_output_tokens: sampling.max_output_tokens,
        temperature: sampling.temperature,
        top_p: sampling.top_p,
        reasoning: sampling.reasoning_effort.as_deref().map(|effort| Reasoning { effort }),
        stream: request.stream,
    };
    HttpRequest::new(endpoint, "/responses", request, &body)
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    input: Vec<Item<'a>>,
    /// The API keeps every answer unless told not to.
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<OfferedTool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Choice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parallel_tool_calls: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stream: bool,
}

#[derive(Serialize)]
struct Text<'a> {
    format: Format<'a>,
}

#[derive(Serialize)]
struct Reasoning<'a> {
    effort: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Item<'a> {
    FunctionCall {
        call_id: Cow<'a, str>,
        name: &'a str,
        /// JSON inside a string, or whatever the model wrote.
        arguments: &'a str,
    },
    FunctionCallOutput {
        #[serde(skip_serializing_if = "Option::is_none")]
        call_id: Option<Cow<'a, str>>,
        output: Said<'a>,
    },
    #[serde(untagged)]
    Message { role: &'static str, content: Said<'a> },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Said<'a> {
    Text(#[serde(serialize_with = "text::write_string")] &'a str),
    Parts(Vec<SaidPart<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum SaidPart<'a> {
    InputText {
        #[serde(serialize_with = "text::write_string")]
        text: &'a str,
    },
    OutputText {
        #[serde(serialize_with = "text::write_string")]
        text: &'a str,
    },
    /// The SDK's types demand `detail`.
    InputImage { image_url: ImageUrl<'a>, detail: &'a str },
}

/// The URL of an image; bytes become a data URL while the body is written.
struct ImageUrl<'a>(&'a ImageSource);

impl Serialize for ImageUrl<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            ImageSource::Url(url) | ImageSource::File(url) => serializer.serialize_str(url),
            ImageSource::Base64 { media_type, data } => {
                serializer.collect_str(&format_args!("data:{media_type};base64,{data}"))
            }
        }
    }
}

/// Every message as items: what is said, then the calls.
fn items(messages: &[Message]) -> Vec<Item<'_>> {
    let mut ids = CallIds::new(messages);
    let mut items = Vec::with_capacity(messages.len());
    for message in messages {
        let role = match message.role {
            Role::System => "system",
            Role::Developer => "developer",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => {
                let call_id = ids.of_result(message);
                items.push(Item::FunctionCallOutput { call_id, output: said(message) });
                continue;
            }
        };
        if message.tool_calls.is_empty() || !says_nothing(message) {
            items.push(Item::Message { role, content: said(message) });
        }
        items.extend(message.tool_calls.iter().map(|call| function_call(call, &mut ids)));
    }
    items
}

/// A turn that only calls tools has no item for its absent or empty text.
fn says_nothing(message: &Message) -> bool {
    match &message.content {
        None => true,
        Some(Content::Text(text)) => text.is_empty(),
        Some(Content::Parts(parts)) => parts.is_empty(),
    }
}

fn function_call<'a>(call: &'a ToolCall, ids: &mut CallIds<'a>) -> Item<'a> {
    Item::FunctionCall { call_id: ids.of_call(call), name: &call.name, arguments: call.arguments.text() }
}

fn said(message: &Message) -> Said<'_> {
    match &message.content {
        None => Said::Text(""),
        Some(Content::Text(text)) => Said::Text(text),
        Some(Content::Parts(parts)) => Said::Parts(parts.iter().map(|one| part(one, message.role)).collect()),
    }
}

fn part(part: &Part, role: Role) -> SaidPart<'_> {
    match part {
        // In a turn of the model the API takes nothing else for text.
        Part::Text(text) if role == Role::Assistant => SaidPart::OutputText { text },
        Part::Text(text) => SaidPart::InputText { text },
        Part::Image { source, detail } => {
            SaidPart::InputImage { image_url: ImageUrl(source), detail: detail.as_deref().unwrap_or("auto") }
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum OfferedTool<'a> {
    /// The SDK's types demand `parameters`, which may be `null`. The API's default for `strict` is true, Chat's false.
    Function {
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<&'a str>,
        parameters: Option<&'a JsonText>,
        strict: bool,
    },
    WebSearch,
    FileSearch {
        vector_store_ids: &'a [String],
    },
    /// The model sees the size of the screen in the screenshots.
    Computer,
}

fn tool(tool: &Tool) -> OfferedTool<'_> {
    match tool {
        Tool::Function(function) => OfferedTool::Function {
            name: &function.name,
            description: function.description.as_deref(),
            parameters: function.parameters.as_ref(),
            strict: function.strict.unwrap_or(false),
        },
        Tool::WebSearch => OfferedTool::WebSearch,
        Tool::FileSearch { stores } => OfferedTool::FileSearch { vector_store_ids: stores },
        Tool::ComputerUse { .. } => OfferedTool::Computer,
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Choice<'a> {
    Word(&'static str),
    Tool {
        #[serde(rename = "type")]
        kind: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
    },
}

/// A built-in tool is demanded by its type, a function by its name.
fn tool_choice<'a>(choice: &'a ToolChoice, tools: &[Tool]) -> Choice<'a> {
    match choice {
        ToolChoice::Auto => Choice::Word("auto"),
        ToolChoice::None => Choice::Word("none"),
        ToolChoice::Required => Choice::Word("required"),
        ToolChoice::Named(name) => match tools.iter().find(|tool| tool.name() == name) {
            Some(Tool::WebSearch) => Choice::Tool { kind: "web_search", name: None },
            Some(Tool::FileSearch { .. }) => Choice::Tool { kind: "file_search", name: None },
            Some(Tool::ComputerUse { .. }) => Choice::Tool { kind: "computer", name: None },
            Some(Tool::Function(_)) | None => Choice::Tool { kind: "function", name: Some(name) },
        },
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Format<'a> {
    Text,
    JsonObject,
    JsonSchema {
        name: &'a str,
        schema: &'a JsonText,
        #[serde(skip_serializing_if = "Option::is_none")]
        strict: Option<bool>,
    },
}

fn response_format(format: &ResponseFormat) -> Format<'_> {
    match format {
        ResponseFormat::Text => Format::Text,
        ResponseFormat::JsonObject => Format::JsonObject,
        ResponseFormat::JsonSchema { name, schema, strict } => Format::JsonSchema { name, schema, strict: *strict },
    }
}
