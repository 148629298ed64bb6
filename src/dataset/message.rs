//! The JSON shape of a message, as in Chat Completions.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::fields::{Field, Fields, Words};
use super::image_url::image_source;
use super::line::BadLine;
use crate::domain::{Arguments, Content, Message, Part, Role, ToolCall};

const ROLES: &[(&str, Role)] = &[
    ("system", Role::System),
    ("developer", Role::Developer),
    ("user", Role::User),
    ("assistant", Role::Assistant),
    ("tool", Role::Tool),
];
/// Roles of other formats.
const ROLE_WORDS: Words = &[("ai", "assistant"), ("human", "user"), ("model", "assistant")];
/// Parts of other formats.
const PART_WORDS: Words =
    &[("image", "image_url"), ("input_image", "image_url"), ("input_text", "text"), ("output_text", "text")];

/// What says how the old shape of a call is written today.
pub(super) const NEW_CALL: &str =
    r#"write `"tool_calls": [{"type": "function", "function": {"name": "…", "arguments": "{…}"}}]`"#;

/// What logs hold beside an answer, mostly empty, and no provider takes back; with what to do where it is not empty.
const LEFT_OUT: &[(&str, &str)] = &[
    ("annotations", "leave it out: no provider takes it back"),
    ("audio", "put the words of the audio into `content`, and leave it out"),
    ("function_call", NEW_CALL),
    ("reasoning", "leave it out: providers do not take each other's reasoning"),
    ("reasoning_content", "leave it out: providers do not take each other's reasoning"),
    ("refusal", "put the words of the refusal into `content`, and leave it out"),
];

pub(super) fn message(field: Field<'_>) -> Result<Message, BadLine> {
    let place = field.place.clone();
    let mut fields = field.object()?;
    let role = role(&fields.require("role")?)?;
    let content = fields.take("content").map(content).transpose()?;
    let name = fields.text("name")?;
    let calls = fields.list("tool_calls")?.into_iter().map(signed_call).collect::<Result<Vec<_>, _>>()?;
    let tool_call_id = fields.text("tool_call_id")?;
    let is_error = fields.flag("is_error")?;
    for (name, help) in LEFT_OUT {
        left_out(&mut fields, name, help)?;
    }
    fields.finish(&[])?;
    if content.is_none() && calls.is_empty() {
        return Err(BadLine::from(format!("`{place}` has neither `content` nor `tool_calls`")));
    }
    for (found, name, owner) in [
        (tool_call_id.is_some(), "tool_call_id", Role::Tool),
        (is_error.is_some(), "is_error", Role::Tool),
        (!calls.is_empty(), "tool_calls", Role::Assistant),
    ] {
        if found && role != owner {
            let owner = ROLES.iter().find(|row| row.1 == owner).map_or("", |row| row.0);
            return Err(BadLine::from(format!("`{place}` has `{name}`, which only a message of role `{owner}` has")));
        }
    }
    let thought_signature = calls.iter().find_map(|call| call.1.clone());
    let tool_calls = calls.into_iter().map(|call| call.0).collect();
    Ok(Message { role, content, name, tool_calls, tool_call_id, is_error, thought_signature })
}

fn role(field: &Field<'_>) -> Result<Role, BadLine> {
    field.one_of(ROLES, ROLE_WORDS).map_err(|bad| match field.peek().as_deref() {
        Ok("function") => BadLine {
            help: Some(
                "the result of a call has the role `tool`, with the `tool_call_id` of its call or without".into(),
            ),
            ..bad
        },
        Ok(_) | Err(_) => bad,
    })
}

/// Passes over what is empty; anything else would be lost without a word.
pub(super) fn left_out(fields: &mut Fields<'_>, name: &str, help: &str) -> Result<(), BadLine> {
    let empty = |field: &Field<'_>| {
        field.raw().is_some_and(|raw| ["[]", "{}", "\"\""].contains(&&*raw.get().replace([' ', '\t'], "")))
    };
    match fields.remove(name) {
        Some(field) if !empty(&field) => Err(BadLine { help: Some(help.to_owned()), ..field.wrong("empty") }),
        Some(_) | None => Ok(()),
    }
}

pub(super) fn tool_call(field: Field<'_>) -> Result<ToolCall, BadLine> {
    signed_call(field).map(|call| call.0)
}

/// A call, with what Gemini's own compatible endpoint signs it with.
fn signed_call(field: Field<'_>) -> Result<(ToolCall, Option<String>), BadLine> {
    let mut fields = field.object()?;
    let id = fields.text("id")?;
    if let Some(kind) = fields.take("type") {
        kind.one_of(&[("function", ())], &[])?;
    }
    let mut function = fields.require("function")?.object()?;
    let extra = fields.take("extra_content").map(Field::object).transpose()?;
    fields.finish(&[("arguments", "function.arguments"), ("call_id", "id"), ("name", "function.name")])?;
    let name = function.require("name")?.text()?;
    let arguments = arguments(&function.require("arguments")?)?;
    function.finish(&[("args", "arguments"), ("input", "arguments")])?;
    Ok((ToolCall { id, name, arguments }, extra.map(signature).transpose()?))
}

fn signature(mut extra: Fields<'_>) -> Result<String, BadLine> {
    let mut google = extra.require("google")?.object()?;
    extra.finish(&[])?;
    let signature = google.require("thought_signature")?.text()?;
    google.finish(&[])?;
    Ok(signature)
}

/// Arguments as Chat Completions has them, a text that should be JSON, or as other logs do, an object.
pub(super) fn arguments(field: &Field<'_>) -> Result<Arguments, BadLine> {
    if let Some(object) = field.raw().map(RawValue::get).filter(|raw| raw.starts_with('{')) {
        return Ok(Arguments::Object(object.to_owned()));
    }
    let text = field.peek().map_err(|_| field.wrong("a text of JSON, or an object"))?.into_owned();
    // No text at all is how some models call a function without arguments.
    if text.trim().is_empty() {
        return Ok(Arguments::Object("{}".to_owned()));
    }
    let is_object = serde_json::from_str::<Map<String, Value>>(&text).is_ok();
    Ok(if is_object { Arguments::Object(text) } else { Arguments::Malformed(text) })
}

fn content(field: Field<'_>) -> Result<Content, BadLine> {
    if field.is_text() {
        field.text().map(Content::Text)
    } else if field.is_list() {
        field.list()?.into_iter().map(part).collect::<Result<_, _>>().map(Content::Parts)
    } else {
        Err(field.wrong("a text or a list of parts"))
    }
}

fn part(field: Field<'_>) -> Result<Part, BadLine> {
    let mut fields = field.object()?;
    let is_text = fields.require("type")?.one_of(&[("text", true), ("image_url", false)], PART_WORDS)?;
    let part = if is_text {
        Part::Text(fields.require("text")?.text()?)
    } else {
        let mut image = fields.require("image_url")?.object()?;
        let (source, detail) = (image_source(image.require("url")?)?, image.text("detail")?);
        image.finish(&[])?;
        Part::Image { source, detail }
    };
    fields.finish(&[])?;
    Ok(part)
}

#[cfg(test)]
mod tests;
