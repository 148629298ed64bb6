//! What a program gets to see of an answer: the case and the response as one line of JSON, in the shape of a dataset. No
//! model and no arm is named.

use serde_json::{Map, Value, json};

use super::super::spelled;
use crate::domain::{Arguments, Case, Content, ImageSource, Message, Part, Response, Tool, ToolCall};

/// The line for one answer.
pub(super) fn line(case: &Case, response: &Response) -> String {
    json!({
        "case": {
            "id": case.id,
            "messages": case.messages.iter().map(message).collect::<Vec<_>>(),
            "tools": case.tools.iter().map(tool).collect::<Vec<_>>(),
            "expected": spelled::expected(&case.expected),
            "tags": *case.tags,
        },
        "response": {
            "text": response.text,
            "tool_calls": response.tool_calls.iter().map(call).collect::<Vec<_>>(),
            "refusal": response.refusal,
            "finish_reason": response.finish_reason.name(),
        },
    })
    .to_string()
}

fn message(message: &Message) -> Value {
    let role = message.role.name();
    let content = match &message.content {
        Some(Content::Text(text)) => Value::from(text.as_str()),
        Some(Content::Parts(parts)) => parts.iter().map(part).collect(),
        None => Value::Null,
    };
    let mut out = Map::from_iter([("role".to_owned(), role.into()), ("content".to_owned(), content)]);
    if let Some(name) = &message.name {
        out.insert("name".to_owned(), name.as_str().into());
    }
    if let Some(id) = &message.tool_call_id {
        out.insert("tool_call_id".to_owned(), id.as_str().into());
    }
    if !message.tool_calls.is_empty() {
        out.insert("tool_calls".to_owned(), message.tool_calls.iter().map(call).collect());
    }
    out.into()
}

fn part(part: &Part) -> Value {
    match part {
        Part::Text(text) => json!({"type": "text", "text": text}),
        Part::Image { source, .. } => {
            let url = match source {
                ImageSource::Url(url) => url.clone(),
                ImageSource::Base64 { media_type, data } => format!("data:{media_type};base64,{data}"),
                ImageSource::File(path) => format!("file:{path}"),
            };
            json!({"type": "image_url", "image_url": {"url": url}})
        }
    }
}

fn tool(tool: &Tool) -> Value {
    match tool {
        Tool::Function(function) => json!({"type": "function", "function": {
            "name": function.name,
            "description": function.description,
            "parameters": function.parameters.as_ref().map(crate::domain::JsonText::value),
        }}),
        Tool::WebSearch | Tool::FileSearch { .. } | Tool::ComputerUse { .. } => json!({"type": tool.name()}),
    }
}

/// A call; its arguments are an object, or the text that the model wrote where it is none.
fn call(call: &ToolCall) -> Value {
    let arguments = match &call.arguments {
        Arguments::Object(text) => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str())),
        Arguments::Malformed(text) => Value::from(text.as_str()),
    };
    json!({"name": call.name, "arguments": arguments})
}
