//! The JSON shape of an expectation: one key says what a right answer is.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::actions::actions;
use super::fields::Field;
use super::line::BadLine;
use crate::domain::{Accept, Expected, ExpectedArgument, ExpectedCall, ExpectedCalls, Pattern};

/// What is expected, and what else is said of the calls.
pub(super) struct RawExpected {
    kind: Option<RawKind>,
    rules: RawRules,
}

/// Keys that may stand beside `tool_calls`; `forbidden_calls` also alone.
#[derive(Default, Deserialize)]
struct RawRules {
    order: Option<RawOrder>,
    forbidden_calls: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawOrder {
    Free,
    Fixed,
}

impl RawExpected {
    /// Mostly nothing is said but what is expected: then it is read as it stands.
    pub(super) fn of(field: &Field<'_>) -> Result<Self, BadLine> {
        match field.read() {
            Ok(kind) => Ok(Self { kind: Some(kind), rules: RawRules::default() }),
            Err(_) => field.read(),
        }
    }
}

impl<'de> Deserialize<'de> for RawExpected {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut given = Value::deserialize(deserializer)?;
        let mut rules = Map::new();
        if let Value::Object(keys) = &mut given {
            for name in ["order", "forbidden_calls"] {
                rules.extend(keys.remove(name).map(|rule| (name.to_owned(), rule)));
            }
        }
        let alone = !rules.is_empty() && given.as_object().is_some_and(Map::is_empty);
        let rules = serde_json::from_value(Value::Object(rules)).map_err(D::Error::custom)?;
        let kind = if alone { None } else { Some(serde_json::from_value(given).map_err(D::Error::custom)?) };
        Ok(Self { kind, rules })
    }
}

/// One key says what is expected: an enum of one-key objects.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawKind {
    Text(String),
    AnyOf(Vec<String>),
    Number(f64),
    Json(Value),
    ToolCalls(Vec<RawExpectedCall>),
    Actions(Vec<Map<String, Value>>),
    Ranking(RawRanking),
    NoToolCall(bool),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRanking {
    relevance: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExpectedCall {
    name: String,
    arguments: Option<Map<String, Value>>,
    accept: Option<BTreeMap<String, RawAccept>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAccept {
    any_of: Option<Vec<Value>>,
    pattern: Option<String>,
    any: Option<bool>,
    #[serde(default)]
    optional: bool,
}

pub(super) fn expected(raw: RawExpected) -> Result<Expected, BadLine> {
    let RawExpected { kind, rules } = raw;
    let forbidden = rules.forbidden_calls.as_deref();
    if forbidden.is_some_and(<[String]>::is_empty) {
        return Err(BadLine::from("`expected.forbidden_calls` is empty".to_owned()));
    }
    match kind {
        Some(RawKind::ToolCalls(_)) => {}
        None if rules.order.is_none() => {}
        Some(_) if rules.order.is_none() && forbidden.is_none() => {}
        _ => {
            return Err(BadLine {
                message: "`expected` has `order` or `forbidden_calls` without `tool_calls`".into(),
                help: Some("both go beside `tool_calls`; `forbidden_calls` may also stand alone".into()),
            });
        }
    }
    let fixed_order = matches!(rules.order, Some(RawOrder::Fixed));
    let forbidden = rules.forbidden_calls.unwrap_or_default();
    let Some(kind) = kind else {
        return Ok(Expected::ToolCalls(ExpectedCalls { forbidden, ..ExpectedCalls::default() }));
    };
    Ok(match kind {
        RawKind::Text(text) => Expected::Text(text),
        RawKind::AnyOf(texts) if texts.is_empty() => {
            return Err(BadLine::from("`expected.any_of` is empty".to_owned()));
        }
        RawKind::AnyOf(texts) => Expected::AnyOf(texts),
        RawKind::Number(number) => Expected::Number(number),
        RawKind::Json(value) => Expected::Json(value),
        RawKind::ToolCalls(calls) if calls.is_empty() => {
            return Err(BadLine {
                message: "`expected.tool_calls` is empty".into(),
                help: Some(r#"write {"no_tool_call": true} when no call is right"#.into()),
            });
        }
        RawKind::ToolCalls(calls) => {
            if let Some(call) = calls.iter().find(|call| forbidden.contains(&call.name)) {
                return Err(BadLine::from(format!("`{}` is both expected and forbidden", call.name)));
            }
            let calls = calls.into_iter().map(expected_call).collect::<Result<_, _>>()?;
            Expected::ToolCalls(ExpectedCalls { calls, fixed_order, forbidden })
        }
        RawKind::Actions(given) => Expected::Actions(actions(given)?),
        RawKind::Ranking(RawRanking { relevance }) => {
            if let Some((id, value)) = relevance.iter().find(|(_, value)| !(**value >= 0.0 && value.is_finite())) {
                return Err(BadLine::from(format!(
                    "`expected.ranking.relevance` of `{id}` is {value}, but must be a number of at least 0"
                )));
            }
            if !relevance.values().any(|value| *value > 0.0) {
                return Err(BadLine::from("`expected.ranking.relevance` names nothing relevant".to_owned()));
            }
            Expected::Ranking(relevance)
        }
        RawKind::NoToolCall(true) => Expected::NoToolCall,
        RawKind::NoToolCall(false) => {
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
            .map(|(name, value)| (name, ExpectedArgument { accept: Accept::AnyOf(vec![value]), optional: false }))
            .collect(),
        (None, Some(accept)) => accept
            .into_iter()
            .map(|(argument, accept)| {
                let optional = accept.optional;
                match accepted(accept) {
                    Ok(accept) => Ok((argument, ExpectedArgument { accept, optional })),
                    Err(why) => Err(BadLine::from(format!("`{name}` accepts no value for `{argument}`: {why}"))),
                }
            })
            .collect::<Result<_, _>>()?,
    };
    Ok(ExpectedCall { name, arguments })
}

/// # Errors
/// Why it is not exactly one usable rule.
fn accepted(raw: RawAccept) -> Result<Accept, String> {
    match (raw.any_of, raw.pattern, raw.any) {
        (Some(values), None, None) if values.is_empty() => Err("`any_of` is empty".to_owned()),
        (Some(values), None, None) => Ok(Accept::AnyOf(values)),
        (None, Some(pattern), None) => {
            Pattern::new(&pattern).map(Accept::Pattern).map_err(|error| format!("`pattern` is none: {error}"))
        }
        (None, None, Some(true)) => Ok(Accept::Any),
        (None, None, Some(false)) => Err("`any` can only be true".to_owned()),
        _ => Err("it takes one of `any_of`, `pattern` and `any`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What is read of a line, which is what its value stands for.
    fn read(given: &Value) -> Result<Expected, BadLine> {
        let text = given.to_string();
        let line = Field::at("expected", serde_json::from_str(&text).expect("is JSON"));
        let read = expected(RawExpected::of(&line).expect("has the shape"));
        assert_eq!(read, expected(serde_json::from_value(given.clone()).expect("has the shape")));
        read
    }

    #[test]
    fn every_form_of_expectation_is_read() {
        let call = |any_of: Vec<Value>, optional| ExpectedCall {
            name: "f".into(),
            arguments: BTreeMap::from([("a".to_owned(), ExpectedArgument { accept: Accept::AnyOf(any_of), optional })]),
        };
        let rows = [
            (json!({"text": "spam"}), Expected::Text("spam".into())),
            (json!({"any_of": ["a", "b"]}), Expected::AnyOf(vec!["a".into(), "b".into()])),
            (json!({"number": 2}), Expected::Number(2.0)),
            (json!({"json": {"a": [1]}}), Expected::Json(json!({"a": [1]}))),
            (
                json!({"ranking": {"relevance": {"a": 3, "b": 0.5}}}),
                Expected::Ranking(BTreeMap::from([("a".to_owned(), 3.0), ("b".to_owned(), 0.5)])),
            ),
            (json!({"no_tool_call": true}), Expected::NoToolCall),
            (
                json!({"tool_calls": [{"name": "f", "arguments": {"a": 1}}]}),
                Expected::ToolCalls(vec![call(vec![json!(1)], false)].into()),
            ),
            (
                json!({"tool_calls": [{"name": "f", "accept": {"a": {"any_of": [1, 2], "optional": true}}}]}),
                Expected::ToolCalls(vec![call(vec![json!(1), json!(2)], true)].into()),
            ),
            (
                json!({"forbidden_calls": ["g"]}),
                Expected::ToolCalls(ExpectedCalls { forbidden: vec!["g".into()], ..ExpectedCalls::default() }),
            ),
            (
                json!({"tool_calls": [{"name": "f", "arguments": {"a": 1}}], "order": "fixed", "forbidden_calls": ["g"]}),
                Expected::ToolCalls(ExpectedCalls {
                    calls: vec![call(vec![json!(1)], false)],
                    fixed_order: true,
                    forbidden: vec!["g".into()],
                }),
            ),
        ];
        for (given, expected) in rows {
            assert_eq!(read(&given).expect("is read"), expected);
        }
    }

    #[test]
    fn rules_that_cannot_be_followed_are_refused() {
        let accept = |accept: Value| json!({"tool_calls": [{"name": "f", "accept": {"a": accept}}]});
        let rows = [
            (accept(json!({"pattern": "("})), "`f` accepts no value for `a`: `pattern` is none: "),
            (accept(json!({"any": false})), "`f` accepts no value for `a`: `any` can only be true"),
            (accept(json!({"any_of": []})), "`f` accepts no value for `a`: `any_of` is empty"),
            (accept(json!({"any": true, "pattern": "x"})), "`f` accepts no value for `a`: it takes one of"),
            (accept(json!({})), "`f` accepts no value for `a`: it takes one of"),
            (json!({"forbidden_calls": []}), "`expected.forbidden_calls` is empty"),
            (json!({"order": "fixed"}), "`expected` has `order` or `forbidden_calls` without"),
            (json!({"text": "x", "forbidden_calls": ["f"]}), "`expected` has `order` or `forbidden_calls` without"),
            (
                json!({"actions": [{"type": "wait"}], "order": "fixed"}),
                "`expected` has `order` or `forbidden_calls` without",
            ),
            (
                json!({"actions": [{"type": "clik"}]}),
                "`expected.actions[0].type` is \"clik\", but must be one of `click`, ",
            ),
            (json!({"tool_calls": [{"name": "f"}], "forbidden_calls": ["f"]}), "`f` is both expected and forbidden"),
        ];
        for (given, message) in rows {
            let bad = read(&given).expect_err("is refused");
            assert!(bad.message.starts_with(message), "{given}: {}", bad.message);
        }
    }

    #[test]
    fn a_ranking_names_something_relevant() {
        let rows = [
            (json!({}), "`expected.ranking.relevance` names nothing relevant"),
            (json!({"a": 0}), "`expected.ranking.relevance` names nothing relevant"),
            (json!({"a": -1}), "`expected.ranking.relevance` of `a` is -1, but must be a number of at least 0"),
        ];
        for (relevance, message) in rows {
            let bad = read(&json!({"ranking": {"relevance": relevance}})).expect_err("is wrong");
            assert_eq!(bad.message, message);
        }
    }
}
