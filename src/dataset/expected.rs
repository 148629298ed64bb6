//! The JSON shape of an expectation: one key says what a right answer is.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::line::BadLine;
use crate::domain::{Expected, ExpectedArgument, ExpectedCall};

/// One key says what is expected: an enum of one-key objects.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawExpected {
    Text(String),
    AnyOf(Vec<String>),
    Number(f64),
    Json(Value),
    ToolCalls(Vec<RawExpectedCall>),
    NoToolCall(bool),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExpectedCall {
    name: String,
    arguments: Option<Map<String, Value>>,
    accept: Option<BTreeMap<String, RawAccept>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAccept {
    any_of: Vec<Value>,
    #[serde(default)]
    optional: bool,
}

pub(super) fn expected(raw: RawExpected) -> Result<Expected, BadLine> {
    Ok(match raw {
        RawExpected::Text(text) => Expected::Text(text),
        RawExpected::AnyOf(texts) if texts.is_empty() => {
            return Err(BadLine::from("`expected.any_of` is empty".to_owned()));
        }
        RawExpected::AnyOf(texts) => Expected::AnyOf(texts),
        RawExpected::Number(number) => Expected::Number(number),
        RawExpected::Json(value) => Expected::Json(value),
        RawExpected::ToolCalls(calls) if calls.is_empty() => {
            return Err(BadLine {
                message: "`expected.tool_calls` is empty".into(),
                help: Some(r#"write {"no_tool_call": true} when no call is right"#.into()),
            });
        }
        RawExpected::ToolCalls(calls) => {
            Expected::ToolCalls(calls.into_iter().map(expected_call).collect::<Result<_, _>>()?)
        }
        RawExpected::NoToolCall(true) => Expected::NoToolCall,
        RawExpected::NoToolCall(false) => {
            return Err(BadLine::from("`expected.no_tool_call` can only be true".to_owned()));
        }
    })
}

fn expected_call(raw: RawExpectedCall) -> Result<ExpectedCall, BadLine> {
    let name = raw.name;
    let arguments = match (raw.arguments, raw.accept) {
        (Some(_), Some(_)) => {
            return Err(BadLine::from(format!("the expected call of `{name}` has both `arguments` and `accept`")));
        }
        (None, None) => BTreeMap::new(),
        (Some(arguments), None) => arguments
            .into_iter()
            .map(|(name, value)| (name, ExpectedArgument { any_of: vec![value], optional: false }))
            .collect(),
        (None, Some(accept)) => accept
            .into_iter()
            .map(|(argument, accept)| {
                if accept.any_of.is_empty() {
                    return Err(BadLine::from(format!(
                        "`{name}` accepts no value for `{argument}`: `any_of` is empty"
                    )));
                }
                Ok((argument, ExpectedArgument { any_of: accept.any_of, optional: accept.optional }))
            })
            .collect::<Result<_, _>>()?,
    };
    Ok(ExpectedCall { name, arguments })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_of_expectation_is_read() {
        let call = |any_of: Vec<Value>, optional| ExpectedCall {
            name: "f".into(),
            arguments: BTreeMap::from([("a".to_owned(), ExpectedArgument { any_of, optional })]),
        };
        let rows = [
            (json!({"text": "spam"}), Expected::Text("spam".into())),
            (json!({"any_of": ["a", "b"]}), Expected::AnyOf(vec!["a".into(), "b".into()])),
            (json!({"number": 2}), Expected::Number(2.0)),
            (json!({"json": {"a": [1]}}), Expected::Json(json!({"a": [1]}))),
            (json!({"no_tool_call": true}), Expected::NoToolCall),
            (
                json!({"tool_calls": [{"name": "f", "arguments": {"a": 1}}]}),
                Expected::ToolCalls(vec![call(vec![json!(1)], false)]),
            ),
            (
                json!({"tool_calls": [{"name": "f", "accept": {"a": {"any_of": [1, 2], "optional": true}}}]}),
                Expected::ToolCalls(vec![call(vec![json!(1), json!(2)], true)]),
            ),
        ];
        for (given, expected) in rows {
            let raw = serde_json::from_value(given).expect("has the shape");
            assert_eq!(super::expected(raw).expect("is read"), expected);
        }
    }
}
