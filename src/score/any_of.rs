//! The scorer `any_of`: the answer is one of the expected texts.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::{Case, Expected, Response};

use super::clip::{clip, quoted};
use super::compare::Compare;
use super::{Built, Judgement, Scorer, options};

pub(super) const OPTIONS: &[&str] = &["compare"];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AnyOf {
    compare: Compare,
}

pub(super) fn build(given: Map<String, Value>) -> Built {
    Ok(Box::new(options::parse::<AnyOf>(given)?))
}

impl Scorer for AnyOf {
    fn applies(&self, case: &Case) -> bool {
        matches!(case.expected, Expected::AnyOf(_))
    }

    fn score(&self, case: &Case, response: &Response) -> Judgement {
        let Expected::AnyOf(expected) = &case.expected else { return Judgement::abstain() };
        let found = self.compare.form(&response.text);
        if expected.iter().any(|text| self.compare.form(text) == found) {
            return Judgement::pass();
        }
        let expected: Vec<String> = expected.iter().map(|text| quoted(text)).collect();
        Judgement::fail(format!("found {}, expected any of {}", quoted(&response.text), clip(&expected.join(", "))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{case, outcome, text, why};
    use super::*;
    use crate::domain::Outcome;
    use serde_json::json;

    #[test]
    fn one_match_suffices_and_a_fail_lists_what_was_expected() {
        let case = case(Expected::AnyOf(vec!["La Paz".into(), "Sucre".into()]));
        assert_eq!(outcome("any_of", json!({}), &case, &text("sucre.")), Outcome::Pass);
        assert_eq!(outcome("any_of", json!({"compare": "verbatim"}), &case, &text("sucre")), Outcome::Fail(None));
        assert_eq!(
            why("any_of", json!({}), &case, &text("Lima")),
            r#"found "Lima", expected any of "La Paz", "Sucre""#
        );
    }
}
