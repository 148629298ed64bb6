//! The scorer `exact`: the answer is the expected text.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::{Case, Expected, Response};

use super::clip::quoted;
use super::compare::Compare;
use super::{Built, Judgement, Scorer, options};

pub(super) const OPTIONS: &[&str] = &["compare"];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Exact {
    compare: Compare,
}

pub(super) fn build(given: Map<String, Value>) -> Built {
    Ok(Box::new(options::parse::<Exact>(given)?))
}

impl Scorer for Exact {
    fn applies(&self, case: &Case) -> bool {
        matches!(case.expected, Expected::Text(_))
    }

    fn score(&self, case: &Case, response: &Response) -> Judgement {
        let Expected::Text(expected) = &case.expected else { return Judgement::abstain() };
        if self.compare.form(&response.text) == self.compare.form(expected) {
            Judgement::pass()
        } else {
            Judgement::fail(format!("found {}, expected {}", quoted(&response.text), quoted(expected)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{case, option_errors, outcome, text, why};
    use super::*;
    use crate::domain::Outcome;
    use serde_json::json;

    #[test]
    fn the_answer_is_the_expected_text_under_the_comparison_asked_for() {
        let case = case(Expected::Text("Paris".into()));
        let rows = [
            (json!({}), "**paris**.", Outcome::Pass),
            (json!({}), "Paris, France", Outcome::Fail(None)),
            (json!({}), "", Outcome::Fail(None)),
            (json!({"compare": "case_sensitive"}), "Paris.", Outcome::Pass),
            (json!({"compare": "case_sensitive"}), "paris", Outcome::Fail(None)),
            (json!({"compare": "verbatim"}), "Paris", Outcome::Pass),
            (json!({"compare": "verbatim"}), "Paris.", Outcome::Fail(None)),
        ];
        for (options, answer, expected) in rows {
            assert_eq!(outcome("exact", options.clone(), &case, &text(answer)), expected, "{options} {answer}");
        }
    }

    #[test]
    fn a_fail_says_what_was_found() {
        let case = case(Expected::Text("Paris".into()));
        assert_eq!(why("exact", json!({}), &case, &text("Lyon\n")), r#"found "Lyon\n", expected "Paris""#);
    }

    #[test]
    fn an_unknown_comparison_is_an_error_of_its_option() {
        let errors = option_errors("exact", json!({"compare": "fuzzy", "case": true}));
        let named: Vec<_> = errors.iter().map(|error| error.option.as_deref()).collect();
        assert_eq!(named, [Some("case"), Some("compare")]);
        assert!(errors[1].message.starts_with("unknown variant `fuzzy`, expected one of `normalized`"), "{errors:?}");
    }
}
