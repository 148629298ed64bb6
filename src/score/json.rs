//! The scorer `json`: the answer is JSON and equals the expected value.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::{Case, Expected, Response};

use super::{Built, Judgement, Scorer, json_value, options};

pub(super) const OPTIONS: &[&str] = &[];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {}

pub(super) fn build(given: Map<String, Value>) -> Built {
    Ok(Box::new(options::parse::<Json>(given)?))
}

impl Scorer for Json {
    fn applies(&self, case: &Case) -> bool {
        matches!(case.expected, Expected::Json(_))
    }

    fn score(&self, case: &Case, response: &Response) -> Judgement {
        let Expected::Json(expected) = &case.expected else { return Judgement::abstain() };
        match json_value::read(&response.text).map(|found| json_value::difference(&found, expected)) {
            Ok(None) => Judgement::pass(),
            Ok(Some(why)) | Err(why) => Judgement::fail(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{case, outcome, text, why};
    use super::*;
    use crate::domain::Outcome;
    use serde_json::json;

    #[test]
    fn the_answer_equals_the_expected_value() {
        let case = case(Expected::Json(json!({"total": 5, "items": ["a"]})));
        assert_eq!(outcome("json", json!({}), &case, &text(r#"{"items": ["a"], "total": 5.0}"#)), Outcome::Pass);
        let rows = [
            (r#"{"items": ["a"], "total": "5"}"#, r#"$.total: found "5", expected 5"#),
            (
                "```json\n{\"items\": [\"a\"], \"total\": 5}\n```",
                "the answer is in a Markdown fence, which is not JSON",
            ),
        ];
        for (answer, expected) in rows {
            assert_eq!(why("json", json!({}), &case, &text(answer)), expected);
            assert_eq!(outcome("json", json!({}), &case, &text(answer)), Outcome::Fail(None));
        }
    }
}
