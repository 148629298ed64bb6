//! The tools of a closed loop: a call is answered from the recording, matched by its name and its arguments.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::{Number, Value};

use crate::domain::{Arguments, ToolCall, ToolResult};

/// Doubles without a fraction up to here are written as whole numbers.
const WHOLE: f64 = 1e30;

/// What tells one call from another: its name, and its arguments in canonical form.
pub(super) type Signature = (String, String);

/// The results on record, by call, each in the order in which they were recorded.
pub(super) struct Tools<'a> {
    recorded: HashMap<Signature, Recorded<'a>>,
}

struct Recorded<'a> {
    results: Vec<&'a ToolResult>,
    given: usize,
}

/// What a call is answered.
pub(super) struct Answer<'a> {
    pub(super) result: &'a ToolResult,
    pub(super) signature: Signature,
    /// Whether this call was not answered so before.
    pub(super) is_new: bool,
}

impl<'a> Tools<'a> {
    pub(super) fn new(results: &'a [ToolResult]) -> Self {
        let mut recorded: HashMap<Signature, Recorded<'a>> = HashMap::new();
        for result in results {
            let Some(arguments) = canonical(&result.arguments) else { continue };
            let calls = recorded.entry((result.name.clone(), arguments));
            calls.or_insert(Recorded { results: Vec::new(), given: 0 }).results.push(result);
        }
        Self { recorded }
    }

    /// The next result of a call, the last one again once all were given; `None` for a call that is not on record, as
    /// no call is whose arguments are no JSON object.
    pub(super) fn answer(&mut self, call: &ToolCall) -> Option<Answer<'a>> {
        let Arguments::Object(text) = &call.arguments else { return None };
        let signature = (call.name.clone(), canonical(text)?);
        let recorded = self.recorded.get_mut(&signature)?;
        let is_new = recorded.given < recorded.results.len();
        let result = *recorded.results.get(recorded.given).or(recorded.results.last())?;
        recorded.given += 1;
        Some(Answer { result, signature, is_new })
    }
}

/// Arguments in canonical form: equal for equal values, in whatever order their keys come and however a number is
/// written. `None` for what is no JSON.
fn canonical(arguments: &str) -> Option<String> {
    let mut out = String::with_capacity(arguments.len());
    write(&serde_json::from_str(arguments).ok()?, &mut out);
    Some(out)
}

/// Appends the canonical form of a value. Writing to a string cannot fail.
fn write(value: &Value, out: &mut String) {
    match value {
        Value::Number(number) => write_number(number, out),
        Value::Array(values) => {
            out.push('[');
            for value in values {
                write(value, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            out.push('{');
            for (name, value) in fields {
                let _ = write!(out, "{}:", Value::from(name.as_str()));
                write(value, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {
            let _ = write!(out, "{value}");
        }
    }
}

/// 5 is 5.0, and -0.0 is 0. Whole numbers keep every digit, unlike in the keys of answers: an id must not be another's.
fn write_number(number: &Number, out: &mut String) {
    let whole = number.as_f64().filter(|value| number.is_f64() && value.fract() == 0.0 && value.abs() < WHOLE);
    let _ = match whole {
        #[expect(clippy::cast_possible_truncation, reason = "a whole number that fits")]
        Some(value) => write!(out, "{}", value as i128),
        None => write!(out, "{number}"),
    };
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn result(arguments: &str, result: &str) -> ToolResult {
        ToolResult { name: "f".to_owned(), arguments: arguments.to_owned(), result: result.to_owned(), is_error: None }
    }

    fn call(name: &str, arguments: &str) -> ToolCall {
        ToolCall { id: None, name: name.to_owned(), arguments: Arguments::Object(arguments.to_owned()) }
    }

    #[test]
    fn a_call_is_matched_by_its_name_and_what_its_arguments_say() {
        let recorded = [result(r#"{"id":5,"to":{"a":"x","b":[1,2.5]}}"#, "here")];
        let rows = [
            ("f", r#"{"to": {"b": [1.0, 2.5], "a": "x"}, "id": 5.0}"#, true),
            ("f", r#"{"to":{"b":[1,2.5],"a":"\u0078"},"id":5e0}"#, true),
            ("g", r#"{"id":5,"to":{"a":"x","b":[1,2.5]}}"#, false),
            ("f", r#"{"id":"5","to":{"a":"x","b":[1,2.5]}}"#, false),
            ("f", r#"{"id":5,"to":{"a":"x","b":[2.5,1]}}"#, false),
            ("f", r#"{"id":5,"to":{"a":"X","b":[1,2.5]}}"#, false),
            ("f", r#"{"id":5,"to":{"a":"x","b":[1,2.5]},"more":null}"#, false),
            ("f", r#"{"id":5}"#, false),
        ];
        for (name, arguments, matches) in rows {
            let found = Tools::new(&recorded).answer(&call(name, arguments)).map(|answer| answer.result.result.clone());
            assert_eq!(found, matches.then(|| "here".to_owned()), "{name}({arguments})");
        }
        let malformed = ToolCall { arguments: Arguments::Malformed(recorded[0].arguments.clone()), ..call("f", "") };
        assert!(Tools::new(&recorded).answer(&malformed).is_none());
    }

    #[test]
    fn large_ids_that_share_a_double_are_told_apart() {
        let recorded = [result(r#"{"id":9007199254740993}"#, "this one")];
        let is_matched = |arguments: &str| Tools::new(&recorded).answer(&call("f", arguments)).is_some();
        assert!(is_matched(r#"{"id":9007199254740993}"#) && !is_matched(r#"{"id":9007199254740992}"#));
    }

    #[test]
    fn the_same_call_is_answered_in_the_recorded_order_and_with_the_last_result_afterwards() {
        let recorded = [result("{}", "queued"), result(r#"{"a":1}"#, "other"), result("{ }", "done")];
        let mut tools = Tools::new(&recorded);
        let mut next = || tools.answer(&call("f", "{}")).map(|answer| (answer.result.result.as_str(), answer.is_new));
        assert_eq!(
            [next(), next(), next(), next()],
            [("queued", true), ("done", true), ("done", false), ("done", false)].map(Some)
        );
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e6..1e6_f64).prop_map(Value::from),
            "[a-c\"\\\\]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-c]{0,2}", inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    /// The same value, with keys in the opposite order and whole numbers as doubles where these are exact.
    fn rewritten(value: &Value) -> String {
        match value {
            Value::Array(values) => format!("[ {} ]", values.iter().map(rewritten).collect::<Vec<_>>().join(" , ")),
            Value::Object(fields) => {
                let fields = fields.iter().rev().map(|(name, value)| format!("{} : {}", json!(name), rewritten(value)));
                format!("{{ {} }}", fields.collect::<Vec<_>>().join(" , "))
            }
            Value::Number(number) if number.as_i64().is_some_and(|whole| whole.unsigned_abs() < 1 << 53) => {
                format!("{number}.0")
            }
            other => other.to_string(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

        #[test]
        fn only_the_spelling_of_a_value_does_not_count(one in value(), other in value()) {
            let text = one.to_string();
            prop_assert_eq!(canonical(&text), canonical(&rewritten(&one)));
            prop_assert_eq!(canonical(&text) == canonical(&other.to_string()), one == other);
        }
    }
}
