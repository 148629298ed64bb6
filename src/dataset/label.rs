//! `labels` of a case: what people said of answers to it.

use super::fields::{Field, Fields};
use super::line::BadLine;
use crate::domain::{Label, LabelOutcome};

/// The outcomes that a label may have.
const OUTCOMES: &[(&str, LabelOutcome)] = &[("pass", LabelOutcome::Pass), ("fail", LabelOutcome::Fail)];

pub(super) fn labels(fields: &mut Fields<'_>) -> Result<Vec<Label>, BadLine> {
    fields.list("labels")?.into_iter().map(label).collect()
}

fn label(field: Field<'_>) -> Result<Label, BadLine> {
    let mut fields = field.object()?;
    let answer = fields.require("answer")?;
    let digest = answer.peek()?.into_owned();
    if digest.len() != 64 || !digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(answer.wrong("the 64 hex digits of an answer, which `cutover label` writes"));
    }
    let outcome = fields.require("outcome")?.one_of(OUTCOMES, &[])?;
    let label = Label { answer: digest, outcome, by: fields.text("by")? };
    fields.finish(&[])?;
    Ok(label)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::line::parse;
    use super::*;

    #[test]
    fn labels_are_read_and_what_is_wrong_with_one_is_said() {
        let read = |labels: serde_json::Value| {
            let line = json!({"id": "a", "messages": [{"role": "user", "content": "Q"}], "labels": labels});
            parse(line.to_string().as_bytes()).map(|case| case.labels).map_err(|bad| bad.message)
        };
        let answer = "0f".repeat(32);
        let label = |outcome, by: Option<&str>| Label { answer: answer.clone(), outcome, by: by.map(str::to_owned) };
        let given = json!([{"answer": answer, "outcome": "pass", "by": "ann"}, {"answer": answer, "outcome": "fail"}]);
        assert_eq!(read(given), Ok(vec![label(LabelOutcome::Pass, Some("ann")), label(LabelOutcome::Fail, None)]));
        let wrong = |labels| read(labels).expect_err("is wrong");
        assert_eq!(
            wrong(json!([{"answer": "0F", "outcome": "pass"}])),
            "`labels[0].answer` is \"0F\", but must be the 64 hex digits of an answer, which `cutover label` writes"
        );
        assert!(wrong(json!([{"answer": answer, "outcome": "maybe"}])).starts_with("`labels[0].outcome` is \"maybe\""));
        assert_eq!(wrong(json!([{"answer": answer}])), "`labels[0]` lacks `outcome`");
    }
}
