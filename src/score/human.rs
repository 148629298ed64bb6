//! What people said of this very answer: it decides, since they saw the answer itself.

use crate::domain::{
    Agreed, Case, Label, LabelOutcome, Outcome, Response, Score, UnscoredReason, answer_digest, labels_of, majority,
};

/// The name under which such a score is filed: no scorer's.
pub const HUMAN: &str = "human";

/// What people say of the answer; `None` where nobody labelled it.
pub(super) fn judgement(case: &Case, response: &Response) -> Option<Score> {
    if case.labels.is_empty() {
        return None;
    }
    let answer = answer_digest(response);
    let outcome = match majority(&case.labels, &answer)? {
        Agreed::Pass => Outcome::Pass,
        Agreed::Fail => Outcome::Fail(None),
        Agreed::Tie => Outcome::Unscored(UnscoredReason::Tied),
    };
    let labels: Vec<&Label> = labels_of(&case.labels, &answer).collect();
    Some(Score { scorer: HUMAN.to_owned(), outcome, why: Some(why(&labels)), value: None, labels: None })
}

/// The outcome of an answer on which people decide. Where they find it wrong, the fault that a scorer saw in its tool
/// calls is the reason.
pub(super) fn outcome(said: &Score, heard: &[Score]) -> Outcome {
    match (said.outcome, Outcome::of(heard)) {
        (Outcome::Fail(_), Outcome::Fail(fault)) => Outcome::Fail(fault),
        (outcome, _) => outcome,
    }
}

/// Who said what.
fn why(labels: &[&Label]) -> String {
    let side = |outcome: LabelOutcome, word: &str| {
        let names: Vec<&str> = labels
            .iter()
            .filter(|label| label.outcome == outcome)
            .map(|label| label.by.as_deref().unwrap_or("somebody"))
            .collect();
        (!names.is_empty()).then(|| format!("labelled {word} by {}", names.join(", ")))
    };
    let sides = [side(LabelOutcome::Pass, "right"), side(LabelOutcome::Fail, "wrong")];
    sides.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::super::fixture::{calls, case, expected_call, scorer, text};
    use super::super::{Configured, judge};
    use super::*;
    use crate::domain::{Expected, FinishReason, ToolFault};

    fn label(response: &Response, outcome: LabelOutcome, by: Option<&str>) -> Label {
        Label { answer: answer_digest(response), outcome, by: by.map(str::to_owned) }
    }

    fn with(kind: &'static str) -> [Configured; 1] {
        [Configured { kind, name: kind.to_owned(), only: BTreeMap::new(), scorer: scorer(kind, json!({})) }]
    }

    #[test]
    fn people_decide_on_the_answer_they_saw_and_the_scorers_are_heard_beside_them() {
        let said = text("The capital is Paris.");
        let labels = vec![label(&said, LabelOutcome::Pass, Some("ann"))];
        let case = Case { labels, ..case(Expected::Text("Paris".into())) };
        let (scores, outcome) = judge(&case, &said, &with("exact"));
        assert_eq!(outcome, Outcome::Pass);
        let names: Vec<_> = scores.iter().map(|score| (score.scorer.as_str(), score.outcome)).collect();
        assert_eq!(names, [("exact", Outcome::Fail(None)), (HUMAN, Outcome::Pass)]);
        assert_eq!(scores[1].why.as_deref(), Some("labelled right by ann"));
        // Another answer is nobody's.
        assert_eq!(judge(&case, &text("Rome"), &with("exact")).1, Outcome::Fail(None));
        assert_eq!(judge(&case, &text("paris"), &with("exact")).1, Outcome::Pass);
    }

    #[test]
    fn without_a_scorer_they_decide_alone_and_a_tie_is_unscored() {
        let said = text("Paris");
        let unlabelled = case(Expected::Unlabelled);
        assert_eq!(judge(&unlabelled, &said, &with("exact")).1, Outcome::Unscored(UnscoredReason::Unlabelled));
        let (right, wrong) = (label(&said, LabelOutcome::Pass, Some("ann")), label(&said, LabelOutcome::Fail, None));
        let rows = [
            (vec![right.clone()], Outcome::Pass, "labelled right by ann"),
            (
                vec![right.clone(), wrong.clone()],
                Outcome::Unscored(UnscoredReason::Tied),
                "labelled right by ann; labelled wrong by somebody",
            ),
            (
                vec![right, wrong.clone(), wrong],
                Outcome::Fail(None),
                "labelled right by ann; labelled wrong by somebody, somebody",
            ),
        ];
        for (labels, outcome, why) in rows {
            let (scores, found) = judge(&Case { labels, ..unlabelled.clone() }, &said, &with("exact"));
            assert_eq!((found, scores.len(), scores[0].why.as_deref()), (outcome, 1, Some(why)));
        }
    }

    #[test]
    fn what_the_model_spoiled_fails_whoever_likes_it_and_a_wrong_call_keeps_its_fault() {
        let cut = Response { finish_reason: FinishReason::Length, ..text("Paris") };
        let labels = vec![label(&cut, LabelOutcome::Pass, None)];
        let labelled = Case { labels, ..case(Expected::Text("Paris".into())) };
        assert_eq!(judge(&labelled, &cut, &with("exact")).1, Outcome::Fail(None));

        let called = calls(&[("f", r#"{"a":2}"#)]);
        let expected = Expected::ToolCalls(vec![expected_call("f", &json!({"a": [1]}))].into());
        for (said, outcome) in
            [(LabelOutcome::Fail, Outcome::Fail(Some(ToolFault::WrongValue))), (LabelOutcome::Pass, Outcome::Pass)]
        {
            let labels = vec![label(&called, said, None)];
            assert_eq!(judge(&Case { labels, ..case(expected.clone()) }, &called, &with("tool_call")).1, outcome);
        }
    }
}
