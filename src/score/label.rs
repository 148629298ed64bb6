//! The scorer `label`: which class of a closed list the answer names.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::{Case, Expected, Labels, Response, UnscoredReason};

use super::clip::quoted;
use super::compare::Compare;
use super::{Built, Judgement, Measures, NOTHING_TO_MEASURE, OptionError, Scorer, options};

pub(super) const OPTIONS: &[&str] = &["labels"];

/// The class of an answer that names none of the list.
const OUTSIDE: &str = "(none of the list)";

/// The whole answer must be one of `labels`, both [normalized](Compare::Normalized) as `exact` does it: a label within a
/// sentence is none. An answer outside the list is wrong, and counts as a class of its own. A case whose expected text is
/// not in the list stays unscored.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Label {
    labels: Vec<String>,
}

pub(super) fn build(given: Map<String, Value>) -> Built {
    let scorer = options::parse::<Label>(given)?;
    let help = "list every class that an answer may name, for example `labels = [\"spam\", \"ham\"]`";
    if scorer.labels.len() < 2 {
        return Err(vec![OptionError::of("labels", "a classification has two labels at least", help)]);
    }
    let form = |label: &String| Compare::default().form(label).into_owned();
    let forms: Vec<String> = scorer.labels.iter().map(form).collect();
    for (index, (label, form)) in scorer.labels.iter().zip(&forms).enumerate() {
        if form.is_empty() || label == OUTSIDE {
            return Err(vec![OptionError::of("labels", format!("{} is no label", quoted(label)), help)]);
        }
        if forms[..index].contains(form) {
            let message = format!("{} is there twice, when case and punctuation do not count", quoted(label));
            return Err(vec![OptionError::of("labels", message, help)]);
        }
    }
    Ok(Box::new(scorer))
}

impl Label {
    /// The label of the list that a text is.
    fn named(&self, text: &str) -> Option<&str> {
        let form = Compare::default().form(text);
        self.labels.iter().find(|label| Compare::default().form(label) == form).map(String::as_str)
    }

    fn expected(&self, case: &Case) -> Option<&str> {
        match &case.expected {
            Expected::Text(text) => self.named(text),
            _ => None,
        }
    }

    fn judged(&self, case: &Case, found: Option<&str>, why: impl FnOnce(&str) -> String) -> Judgement {
        let Some(expected) = self.expected(case) else {
            let why = "the expected text is none of the labels".to_owned();
            return Judgement::unscored(UnscoredReason::Unlabelled, Some(why));
        };
        let labels = Labels { expected: expected.to_owned(), found: found.unwrap_or(OUTSIDE).to_owned() };
        let judgement = if found == Some(expected) { Judgement::pass() } else { Judgement::fail(why(expected)) };
        Judgement { labels: Some(labels), ..judgement }
    }
}

impl Scorer for Label {
    fn applies(&self, case: &Case) -> bool {
        matches!(case.expected, Expected::Text(_))
    }

    fn measures(&self) -> Measures {
        Measures::Labels
    }

    fn least(&self, case: &Case) -> Judgement {
        self.judged(case, None, |_| NOTHING_TO_MEASURE.to_owned())
    }

    fn score(&self, case: &Case, response: &Response) -> Judgement {
        let found = self.named(&response.text);
        self.judged(case, found, |expected| match found {
            Some(found) => format!("found {}, expected {}", quoted(found), quoted(expected)),
            None => format!("found {}, none of the labels, expected {}", quoted(&response.text), quoted(expected)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{case, option_errors, scorer, text};
    use super::*;
    use crate::domain::Outcome;
    use proptest::prelude::*;
    use serde_json::json;

    fn judged(expected: &str, answer: &str) -> (Outcome, Option<[String; 2]>) {
        let scorer = scorer("label", json!({"labels": ["Spam", "ham"]}));
        let judgement = scorer.score(&case(Expected::Text(expected.into())), &text(answer));
        (judgement.outcome, judgement.labels.map(|Labels { expected, found }| [expected, found]))
    }

    #[test]
    fn the_whole_answer_is_a_label_or_outside_the_list() {
        let labels = |expected: &str, found: &str| Some([expected.to_owned(), found.to_owned()]);
        assert_eq!(judged("spam", "**SPAM.**"), (Outcome::Pass, labels("Spam", "Spam")));
        assert_eq!(judged("ham", "spam"), (Outcome::Fail(None), labels("ham", "Spam")));
        assert_eq!(judged("ham", "It is ham"), (Outcome::Fail(None), labels("ham", OUTSIDE)));
        assert_eq!(judged("eggs", "ham"), (Outcome::Unscored(UnscoredReason::Unlabelled), None));
    }

    #[test]
    fn a_list_of_labels_is_two_different_ones_at_least() {
        for labels in [json!([]), json!(["a"]), json!(["a", "A."]), json!(["a", " "])] {
            assert_eq!(option_errors("label", json!({"labels": labels}))[0].option.as_deref(), Some("labels"));
        }
    }

    proptest! {
        #[test]
        fn an_answer_passes_exactly_when_its_label_is_the_expected_one(expected in "spam|ham", answer in "[SsHpam. ]{0,5}") {
            let (outcome, labels) = judged(&expected, &answer);
            let [expected, found] = labels.expect("the case has a class");
            prop_assert_eq!(outcome == Outcome::Pass, expected == found);
        }
    }
}
