//! What is expected of an answer, spelled as a dataset spells it: for judges and programs, which read it.

use serde_json::{Value, json};

use crate::domain::{Accept, Expected, ExpectedArgument, ExpectedCall, ExpectedCalls};

/// What is expected, as a dataset spells it.
pub(super) fn expected(expected: &Expected) -> Option<Value> {
    Some(match expected {
        Expected::Text(text) => json!({"text": text}),
        Expected::AnyOf(texts) => json!({"any_of": texts}),
        Expected::Number(number) => json!({"number": number}),
        Expected::Json(value) => json!({"json": value}),
        Expected::NoToolCall => json!({"no_tool_call": true}),
        Expected::Ranking(relevance) => json!({"ranking": {"relevance": relevance}}),
        Expected::Actions(actions) => json!({"actions": actions.iter().map(ToString::to_string).collect::<Vec<_>>()}),
        Expected::ToolCalls(ExpectedCalls { calls, fixed_order, forbidden }) => {
            let order = if *fixed_order { "fixed" } else { "free" };
            let calls: Vec<Value> = calls.iter().map(expected_call).collect();
            json!({"tool_calls": calls, "order": order, "forbidden_calls": forbidden})
        }
        Expected::Unlabelled => return None,
    })
}

fn expected_call(call: &ExpectedCall) -> Value {
    let accept: serde_json::Map<String, Value> = call
        .arguments
        .iter()
        .map(|(name, ExpectedArgument { accept, optional })| {
            let accepted = match accept {
                Accept::AnyOf(values) => json!({"any_of": values, "optional": optional}),
                Accept::Pattern(pattern) => json!({"pattern": pattern.text(), "optional": optional}),
                Accept::Any => json!({"any": true, "optional": optional}),
            };
            (name.clone(), accepted)
        })
        .collect();
    json!({"name": call.name, "accept": accept})
}
