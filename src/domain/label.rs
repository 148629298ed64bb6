//! What people said of answers. An answer is known by a hash of what they saw of it, whichever arm gave it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Arguments, Response};

/// What somebody said of one answer to a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// The answer, by its [`answer_digest`].
    pub answer: String,
    /// Whether it is right.
    pub outcome: LabelOutcome,
    /// Who said so; `None` where nobody is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// Right or wrong: who cannot tell gives no label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelOutcome {
    /// The answer is right.
    Pass,
    /// The answer is wrong.
    Fail,
}

/// What all people together say of one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreed {
    /// Most find it right.
    Pass,
    /// Most find it wrong.
    Fail,
    /// As many find it right as wrong.
    Tie,
}

/// The labels of one answer among those of its case.
pub fn labels_of<'a>(labels: &'a [Label], answer: &'a str) -> impl Iterator<Item = &'a Label> {
    labels.iter().filter(move |label| label.answer == answer)
}

/// What most people say of an answer; `None` where nobody said anything.
#[must_use]
pub fn majority(labels: &[Label], answer: &str) -> Option<Agreed> {
    let (mut passes, mut fails) = (0_usize, 0_usize);
    for label in labels_of(labels, answer) {
        match label.outcome {
            LabelOutcome::Pass => passes += 1,
            LabelOutcome::Fail => fails += 1,
        }
    }
    match passes.cmp(&fails) {
        std::cmp::Ordering::Equal if passes == 0 => None,
        std::cmp::Ordering::Equal => Some(Agreed::Tie),
        std::cmp::Ordering::Greater => Some(Agreed::Pass),
        std::cmp::Ordering::Less => Some(Agreed::Fail),
    }
}

/// SHA-256, in hex, over the RFC 8785 form of what a person sees of an answer: its text, its calls and its refusal.
/// Arguments count by value where they are a JSON object, else as the text that the model wrote.
#[must_use]
pub fn answer_digest(response: &Response) -> String {
    let arguments = |arguments: &Arguments| match arguments {
        Arguments::Object(text) => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str())),
        Arguments::Malformed(text) => Value::from(text.as_str()),
    };
    let calls: Vec<Value> = response
        .tool_calls
        .iter()
        .map(|call| json!({"name": call.name, "arguments": arguments(&call.arguments)}))
        .collect();
    let seen = json!({"text": response.text, "tool_calls": calls, "refusal": response.refusal});
    // A number beyond the doubles has no canonical form: it counts as it is written.
    let canonical = serde_json_canonicalizer::to_string(&seen).unwrap_or_else(|_| seen.to_string());
    hex::encode(Sha256::digest(canonical))
}

#[cfg(test)]
mod tests {
    use super::super::{FinishReason, ToolCall};
    use super::*;

    fn response(text: &str, arguments: Option<Arguments>) -> Response {
        let calls = arguments.map(|arguments| ToolCall { id: Some("c1".into()), name: "f".into(), arguments });
        Response {
            text: text.into(),
            tool_calls: calls.into_iter().collect(),
            refusal: None,
            finish_reason: FinishReason::Stop,
            finish_raw: Some("stop".into()),
        }
    }

    #[test]
    fn the_digest_of_an_answer_is_pinned() {
        let seen = r#"{"refusal":null,"text":"Paris","tool_calls":[]}"#;
        assert_eq!(answer_digest(&response("Paris", None)), hex::encode(Sha256::digest(seen)));
        let seen = r#"{"refusal":null,"text":"","tool_calls":[{"arguments":{"a":1,"b":"é"},"name":"f"}]}"#;
        let object = Arguments::Object(r#"{ "b":"\u00e9", "a":1.0 }"#.into());
        assert_eq!(answer_digest(&response("", Some(object))), hex::encode(Sha256::digest(seen)));
        let seen = r#"{"refusal":null,"text":"","tool_calls":[{"arguments":"{\"a\":","name":"f"}]}"#;
        let malformed = Arguments::Malformed(r#"{"a":"#.into());
        assert_eq!(answer_digest(&response("", Some(malformed))), hex::encode(Sha256::digest(seen)));
    }

    #[test]
    fn what_nobody_sees_changes_no_digest_and_what_somebody_sees_does() {
        let one = response("Paris", None);
        let other = Response { finish_reason: FinishReason::Length, finish_raw: None, ..one.clone() };
        assert_eq!(answer_digest(&one), answer_digest(&other));
        let refused = Response { refusal: Some(String::new()), ..one.clone() };
        assert_ne!(answer_digest(&one), answer_digest(&refused));
        assert_ne!(answer_digest(&one), answer_digest(&response("paris", None)));
    }

    #[test]
    fn most_decide_and_a_tie_does_not() {
        let label = |answer: &str, outcome| Label { answer: answer.into(), outcome, by: None };
        let (pass, fail) = (label("a", LabelOutcome::Pass), label("a", LabelOutcome::Fail));
        let other = label("b", LabelOutcome::Fail);
        let rows = [
            (vec![], None),
            (vec![other.clone()], None),
            (vec![pass.clone(), other.clone()], Some(Agreed::Pass)),
            (vec![pass.clone(), fail.clone()], Some(Agreed::Tie)),
            (vec![pass, fail.clone(), fail], Some(Agreed::Fail)),
        ];
        for (labels, expected) in rows {
            assert_eq!(majority(&labels, "a"), expected, "{labels:?}");
        }
    }
}
