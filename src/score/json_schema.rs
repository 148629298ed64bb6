//! The scorer `json_schema`: the answer is JSON and valid under a schema.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::{Case, Expected, Response, ResponseFormat, UnscoredReason};

use super::schemas::{Compiled, Schemas, compile, violation};
use super::{Built, Judgement, OptionError, Scorer, json_value, options};

pub(super) const OPTIONS: &[&str] = &["schema"];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    schema: Option<Value>,
}

/// With `schema` it applies to every case, without to those whose request asked for JSON: for a schema, or for any
/// object. Cases that expect tool calls have no text to check. Where the model calls a tool instead of answering, the
/// text is nobody's result yet, and the scorer abstains unless the case expects an answer in text.
#[derive(Debug)]
struct JsonSchema {
    own: Option<Compiled>,
    of_cases: Schemas,
}

pub(super) fn build(given: Map<String, Value>) -> Built {
    let own = options::parse::<Options>(given)?.schema.map(|schema| compile(&schema));
    if let Some(Err(error)) = &own {
        let help = "give a JSON Schema as a table; references to other documents are not followed";
        return Err(vec![OptionError::of("schema", format!("not a usable schema: {error}"), help)]);
    }
    Ok(Box::new(JsonSchema { own, of_cases: Schemas::default() }))
}

impl Scorer for JsonSchema {
    fn applies(&self, case: &Case) -> bool {
        let asked =
            matches!(case.response_format, Some(ResponseFormat::JsonObject | ResponseFormat::JsonSchema { .. }));
        (self.own.is_some() || asked) && !matches!(case.expected, Expected::ToolCalls(_) | Expected::Actions(_))
    }

    fn score(&self, case: &Case, response: &Response) -> Judgement {
        if matches!(case.expected, Expected::Unlabelled) && !response.tool_calls.is_empty() {
            return Judgement::abstain();
        }
        let found = match json_value::read(&response.text) {
            Ok(found) => found,
            Err(why) => return Judgement::fail(why),
        };
        match (&self.own, &case.response_format) {
            (Some(own), _) => judged(own, &found),
            (None, Some(ResponseFormat::JsonSchema { schema, .. })) => {
                judged(&self.of_cases.get(schema.value()), &found)
            }
            (None, Some(ResponseFormat::JsonObject)) if found.is_object() => Judgement::pass(),
            (None, Some(ResponseFormat::JsonObject)) => Judgement::fail("the answer is not a JSON object".to_owned()),
            (None, Some(ResponseFormat::Text) | None) => Judgement::abstain(),
        }
    }
}

fn judged(compiled: &Compiled, found: &Value) -> Judgement {
    match compiled {
        Ok(validator) => violation(validator, found).map_or_else(Judgement::pass, Judgement::fail),
        // The dataset is at fault, not the model.
        Err(error) => {
            let why = format!("the request's schema cannot be used: {error}");
            Judgement::unscored(UnscoredReason::Unlabelled, Some(why))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{applies, calls, case, option_errors, outcome, text, why};
    use super::*;
    use crate::domain::Outcome;
    use serde_json::json;

    fn asking(response_format: ResponseFormat) -> Case {
        Case { response_format: Some(response_format), ..case(Expected::Unlabelled) }
    }

    fn schema(schema: Value) -> ResponseFormat {
        ResponseFormat::JsonSchema { name: "s".into(), schema: schema.into(), strict: None }
    }

    #[test]
    fn the_option_comes_before_the_requests_own_schema() {
        let case = asking(schema(json!({"required": ["a"]})));
        let rows = [
            (json!({}), r#"{"a": 1}"#, Outcome::Pass),
            (json!({}), "{}", Outcome::Fail(None)),
            (json!({}), "```json\n{\"a\": 1}\n```", Outcome::Fail(None)),
            (json!({"schema": {"required": ["b"]}}), r#"{"a": 1}"#, Outcome::Fail(None)),
            (json!({"schema": {"required": ["b"]}}), r#"{"b": 1}"#, Outcome::Pass),
        ];
        for (options, answer, expected) in rows {
            assert_eq!(outcome("json_schema", options.clone(), &case, &text(answer)), expected, "{options} {answer}");
        }
        let why = why("json_schema", json!({}), &case, &text("{}"));
        assert_eq!(why, r#"the whole: "a" is a required property"#);
    }

    #[test]
    fn a_request_for_any_object_takes_any_object() {
        let case = asking(ResponseFormat::JsonObject);
        assert_eq!(outcome("json_schema", json!({}), &case, &text("{}")), Outcome::Pass);
        assert_eq!(outcome("json_schema", json!({}), &case, &text("[]")), Outcome::Fail(None));
    }

    #[test]
    fn it_applies_where_text_under_a_schema_is_due() {
        assert!(!applies("json_schema", json!({}), &case(Expected::Unlabelled)));
        assert!(!applies("json_schema", json!({}), &asking(ResponseFormat::Text)));
        assert!(applies("json_schema", json!({"schema": {}}), &case(Expected::Unlabelled)));
        let calling = Case { expected: Expected::ToolCalls(Vec::new().into()), ..asking(schema(json!({}))) };
        assert!(!applies("json_schema", json!({}), &calling));
        let acting = Case { expected: Expected::Actions(Vec::new()), ..asking(schema(json!({}))) };
        assert!(!applies("json_schema", json!({}), &acting));
        let unscored = Outcome::Unscored(UnscoredReason::NoScorer);
        let unlabelled = asking(schema(json!({})));
        assert_eq!(outcome("json_schema", json!({}), &unlabelled, &calls(&[("f", "{}")])), unscored);
        let labelled = Case { expected: Expected::Json(json!({})), ..unlabelled };
        assert_eq!(outcome("json_schema", json!({}), &labelled, &calls(&[("f", "{}")])), Outcome::Fail(None));
    }

    #[test]
    fn an_unusable_schema_is_an_error_of_the_suite_but_no_fail_of_the_model() {
        let remote = json!({"$ref": "https://example.com/s.json"});
        assert_eq!(option_errors("json_schema", json!({"schema": remote}))[0].option.as_deref(), Some("schema"));
        let case = asking(schema(remote));
        let unscored = Outcome::Unscored(UnscoredReason::Unlabelled);
        assert_eq!(outcome("json_schema", json!({}), &case, &text("{}")), unscored);
    }
}
