//! A conversation as the Messages API takes it: instructions apart, results of tools said by the user.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::domain::{Arguments, Content, ImageSource, Message, Part, Role, ToolCall};
use crate::provider::call_ids::CallIds;
use crate::provider::text;

/// A message. Results of tools are said by the user.
#[derive(Serialize)]
pub(super) struct Turn<'a> {
    role: &'static str,
    content: Said<'a>,
    /// How many blocks at the beginning are results of tools.
    #[serde(skip)]
    results: usize,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Said<'a> {
    Text(#[serde(serialize_with = "text::write_string")] &'a str),
    Blocks(Vec<Block<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block<'a> {
    Text {
        #[serde(serialize_with = "text::write_string")]
        text: &'a str,
    },
    Image {
        source: Source<'a>,
    },
    ToolUse {
        id: Cow<'a, str>,
        name: &'a str,
        input: &'a RawValue,
    },
    ToolResult {
        #[serde(skip_serializing_if = "Option::is_none")]
        tool_use_id: Option<Cow<'a, str>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        content: Option<Said<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        is_error: Option<bool>,
    },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Source<'a> {
    Url { url: &'a str },
    Base64 { media_type: &'a str, data: &'a str },
}

/// The application's instructions, which have a place of their own. A request whose instructions do not all come first
/// is refused before it gets here; so is one with an image among them.
pub(super) fn system(messages: &[Message]) -> Option<String> {
    let instructions = messages.iter().filter(|message| matches!(message.role, Role::System | Role::Developer));
    let texts: Vec<&str> = instructions.filter_map(|message| message.content.as_ref()).flat_map(texts).collect();
    (!texts.is_empty()).then(|| texts.join("\n\n"))
}

/// The texts of a content that are not blank.
fn texts<'a>(content: &'a Content) -> Vec<&'a str> {
    let parts = match content {
        Content::Text(text) => return if is_blank(text) { Vec::new() } else { vec![text] },
        Content::Parts(parts) => parts,
    };
    let text = |part: &'a Part| match part {
        Part::Text(text) if !is_blank(text) => Some(text.as_str()),
        Part::Text(_) | Part::Image { .. } => None,
    };
    parts.iter().filter_map(text).collect()
}

/// The conversation. All results of a turn stand in one message, before whatever the user says after them. A message
/// that says nothing is left out: the API takes no blank content.
pub(super) fn turns(messages: &[Message]) -> Vec<Turn<'_>> {
    let mut ids = CallIds::within(messages, is_of_ids);
    let mut turns: Vec<Turn<'_>> = Vec::new();
    for message in messages {
        let content = message.content.as_ref().and_then(said);
        match (message.role, turns.last_mut()) {
            (Role::System | Role::Developer, _) => {}
            (Role::Assistant, _) => {
                let content = if message.tool_calls.is_empty() {
                    content
                } else {
                    let calls = message.tool_calls.iter().map(|call| tool_use(call, &mut ids));
                    Some(Said::Blocks(content.map(blocks).into_iter().flatten().chain(calls).collect()))
                };
                turns.extend(content.map(|content| Turn { role: "assistant", content, results: 0 }));
            }
            (Role::User, Some(Turn { content: Said::Blocks(all), results: 1.., .. })) => {
                all.extend(content.map(blocks).into_iter().flatten());
            }
            (Role::User, _) => turns.extend(content.map(|content| Turn { role: "user", content, results: 0 })),
            (Role::Tool, last) => {
                let result =
                    Block::ToolResult { tool_use_id: ids.of_result(message), content, is_error: message.is_error };
                if let Some(Turn { content: Said::Blocks(all), results: results @ 1.., .. }) = last {
                    all.insert(*results, result);
                    *results += 1;
                } else {
                    turns.push(Turn { role: "user", content: Said::Blocks(vec![result]), results: 1 });
                }
            }
        }
    }
    turns
}

/// The characters of ids; others give "String should match pattern `^[a-zA-Z0-9_-]+$`".
fn is_of_ids(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-')
}

/// Whether the API refuses a text: "text content blocks must contain non-whitespace text".
fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// A content, unless it is blank.
fn said(content: &Content) -> Option<Said<'_>> {
    match content {
        Content::Text(text) => (!is_blank(text)).then_some(Said::Text(text)),
        Content::Parts(parts) => {
            let blocks: Vec<_> = parts.iter().filter_map(block).collect();
            (!blocks.is_empty()).then_some(Said::Blocks(blocks))
        }
    }
}

fn blocks(said: Said<'_>) -> Vec<Block<'_>> {
    match said {
        Said::Text(text) => vec![Block::Text { text }],
        Said::Blocks(blocks) => blocks,
    }
}

fn block(part: &Part) -> Option<Block<'_>> {
    match part {
        Part::Text(text) => (!is_blank(text)).then_some(Block::Text { text }),
        Part::Image { source, detail: _ } => Some(Block::Image {
            source: match source {
                ImageSource::Url(url) | ImageSource::File(url) => Source::Url { url },
                ImageSource::Base64 { media_type, data } => Source::Base64 { media_type, data },
            },
        }),
    }
}

fn tool_use<'a>(call: &'a ToolCall, ids: &mut CallIds<'a>) -> Block<'a> {
    let input = match &call.arguments {
        Arguments::Object(text) => raw(text),
        // The API takes nothing but an object. A conversation with such a call is refused before it gets here.
        Arguments::Malformed(_) => raw("{}"),
    };
    Block::ToolUse { id: ids.of_call(call), name: &call.name, input }
}

/// JSON text that is embedded as it was written. Arguments and schemas are JSON by construction.
pub(super) fn raw(text: &str) -> &RawValue {
    serde_json::from_str(text).unwrap_or(RawValue::NULL)
}
