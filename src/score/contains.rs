//! The scorer `contains`: a text stands somewhere in the answer.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::{Case, Expected, Response};

use super::clip::{clip, quoted};
use super::compare::Compare;
use super::{Built, Judgement, OptionError, Scorer, options};

pub(super) const OPTIONS: &[&str] = &["text", "compare"];

/// With `text` it applies to every case. Without, it looks for the expected text, or for any of several; an expected
/// text of nothing but whitespace stands in every answer, so it does not apply there. Both sides are normalized before
/// the search, which knows no word boundaries: "4" stands in "14".
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Contains {
    text: Option<String>,
    compare: Compare,
}

pub(super) fn build(given: Map<String, Value>) -> Built {
    let contains = options::parse::<Contains>(given)?;
    match &contains.text {
        Some(text) if text.trim().is_empty() => {
            let help = "give the text to look for, or leave `text` out to look for the expected one";
            Err(vec![OptionError::of("text", "blank: every answer contains it", help)])
        }
        _ => Ok(Box::new(contains)),
    }
}

impl Contains {
    fn wanted<'a>(&'a self, case: &'a Case) -> &'a [String] {
        match (&self.text, &case.expected) {
            (Some(text), _) | (None, Expected::Text(text)) => std::slice::from_ref(text),
            (None, Expected::AnyOf(texts)) => texts,
            _ => &[],
        }
    }
}

impl Scorer for Contains {
    fn applies(&self, case: &Case) -> bool {
        let wanted = self.wanted(case);
        !wanted.is_empty() && wanted.iter().all(|text| !text.trim().is_empty())
    }

    fn score(&self, case: &Case, response: &Response) -> Judgement {
        let wanted = self.wanted(case);
        let found = self.compare.form(&response.text);
        if wanted.iter().any(|text| found.contains(self.compare.form(text).as_ref())) {
            return Judgement::pass();
        }
        let wanted: Vec<String> = wanted.iter().map(|text| quoted(text)).collect();
        Judgement::fail(format!("no {} in {}", clip(&wanted.join(" and no ")), quoted(&response.text)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{applies, case, option_errors, outcome, text, why};
    use super::*;
    use crate::domain::Outcome;
    use serde_json::json;

    #[test]
    fn the_option_is_looked_for_before_the_expected_text() {
        let case = case(Expected::Text("Paris".into()));
        let rows = [
            (json!({}), "It is PARIS, of course.", Outcome::Pass),
            (json!({}), "It is Lyon.", Outcome::Fail(None)),
            (json!({"compare": "verbatim"}), "It is PARIS.", Outcome::Fail(None)),
            (json!({"text": "lyon"}), "It is Lyon.", Outcome::Pass),
            (json!({"text": "lyon"}), "It is Paris.", Outcome::Fail(None)),
        ];
        for (options, answer, expected) in rows {
            assert_eq!(outcome("contains", options.clone(), &case, &text(answer)), expected, "{options} {answer}");
        }
        assert_eq!(why("contains", json!({}), &case, &text("Lyon")), r#"no "Paris" in "Lyon""#);
    }

    #[test]
    fn it_applies_where_there_is_a_text_to_look_for() {
        let any_of = Expected::AnyOf(vec!["La Paz".into(), "Sucre".into()]);
        assert_eq!(outcome("contains", json!({}), &case(any_of), &text("It is Sucre")), Outcome::Pass);
        assert!(!applies("contains", json!({}), &case(Expected::Text(" ".into()))));
        assert!(!applies("contains", json!({}), &case(Expected::Unlabelled)));
        assert!(applies("contains", json!({"text": "a"}), &case(Expected::Unlabelled)));
    }

    #[test]
    fn a_blank_text_is_an_error() {
        assert_eq!(option_errors("contains", json!({"text": " "}))[0].option.as_deref(), Some("text"));
    }
}
