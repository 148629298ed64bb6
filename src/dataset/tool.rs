//! The JSON shape of a tool: functions as in Chat Completions, the providers' own tools as in Responses.

use serde::Deserialize;
use serde_json::Value;

use super::line::BadLine;
use crate::domain::{Display, Function, JsonText, Tool, ToolChoice};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTool {
    #[serde(rename = "type")]
    kind: RawKind,
    function: Option<RawFunction>,
    vector_store_ids: Option<Vec<String>>,
    display_width: Option<u32>,
    display_height: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawKind {
    Function,
    #[serde(alias = "web_search_preview")]
    WebSearch,
    FileSearch,
    #[serde(alias = "computer", alias = "computer_use_preview")]
    ComputerUse,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFunction {
    name: String,
    description: Option<String>,
    parameters: Option<JsonText>,
    strict: Option<bool>,
}

pub(super) fn tool(raw: RawTool) -> Result<Tool, BadLine> {
    let display = raw.display_width.zip(raw.display_height).map(|(width, height)| Display { width, height });
    if display.is_none() && (raw.display_width.is_some() || raw.display_height.is_some()) {
        return Err(BadLine::from(
            "a tool has one of `display_width` and `display_height` without the other".to_owned(),
        ));
    }
    match (raw.kind, raw.function, raw.vector_store_ids, display) {
        (RawKind::Function, Some(raw), None, None) => {
            let RawFunction { name, description, parameters, strict } = raw;
            Ok(Tool::Function(Function { name, description, parameters, strict }))
        }
        (RawKind::WebSearch, None, None, None) => Ok(Tool::WebSearch),
        (RawKind::FileSearch, None, Some(stores), None) if !stores.is_empty() => Ok(Tool::FileSearch { stores }),
        (RawKind::ComputerUse, None, None, display) => Ok(Tool::ComputerUse { display }),
        _ => Err(BadLine {
            message: "a tool has fields that do not belong to its type, or lacks those that do".to_owned(),
            help: Some(
                "a `function` has `function`, a `file_search` has `vector_store_ids`, a `computer_use` may have \
                 `display_width` and `display_height`, a `web_search` has nothing further"
                    .to_owned(),
            ),
        }),
    }
}

pub(super) fn tool_choice(value: &Value) -> Result<ToolChoice, BadLine> {
    match value.as_str() {
        Some("auto") => return Ok(ToolChoice::Auto),
        Some("none") => return Ok(ToolChoice::None),
        Some("required") => return Ok(ToolChoice::Required),
        _ => {}
    }
    let name = value.pointer("/function/name").and_then(Value::as_str);
    name.map(|name| ToolChoice::Named(name.to_owned())).ok_or_else(|| BadLine {
        message: format!("`tool_choice` is {value}"),
        help: Some(r#"write "auto", "none", "required" or {"type":"function","function":{"name":"..."}}"#.to_owned()),
    })
}
