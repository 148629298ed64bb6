//! Answers that are decided before any scorer reads them: what the model refused or broke is a fail, because
//! production would see it; what the provider broke or left unfinished is no answer.

use crate::domain::{FinishReason, Outcome, Response, ToolFault, UnscoredReason};

use super::Judgement;
use super::clip::quoted;

/// The name under which such a score is filed: no scorer's.
pub const NAME: &str = "answer";

/// The judgement of an answer that no scorer should read; `None` when the scorers decide.
pub(super) fn spoiled(response: &Response) -> Option<Judgement> {
    let fail = |why: &str| Some(Judgement::fail(why.to_owned()));
    let none = |why: &str| Some(Judgement::unscored(UnscoredReason::Failed, Some(why.to_owned())));
    match response.finish_reason {
        FinishReason::Refusal => Some(refused(response)),
        FinishReason::Length => fail("the answer was cut by the token limit"),
        FinishReason::ContentFilter => fail("a content filter of the provider stopped the answer"),
        FinishReason::MalformedToolCall => Some(Judgement {
            outcome: Outcome::Fail(Some(ToolFault::Malformed)),
            why: Some("the provider could not read the model's tool call".to_owned()),
            value: None,
            labels: None,
        }),
        FinishReason::Pause => none("the model paused its turn, and nobody sent the turn back"),
        FinishReason::Error => none("the provider reported an error inside the answer"),
        // Chat Completions says `stop` and puts the refusal in a field of its own.
        FinishReason::Stop | FinishReason::ToolCalls | FinishReason::Unknown => {
            response.refusal.as_ref().map(|_| refused(response))
        }
    }
}

/// Whether the provider says that the model refused.
pub(super) fn is_refusal(response: &Response) -> bool {
    match response.finish_reason {
        FinishReason::Refusal => true,
        FinishReason::Stop | FinishReason::ToolCalls | FinishReason::Unknown => response.refusal.is_some(),
        FinishReason::Length
        | FinishReason::ContentFilter
        | FinishReason::MalformedToolCall
        | FinishReason::Pause
        | FinishReason::Error => false,
    }
}

fn refused(response: &Response) -> Judgement {
    let words = response.refusal.as_deref().unwrap_or(&response.text);
    Judgement::fail(match words.trim() {
        "" => "the model refused".to_owned(),
        words => format!("the model refused: {}", quoted(words)),
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn what_the_model_spoils_fails_and_what_the_provider_spoils_is_no_answer() {
        let failed = Outcome::Unscored(UnscoredReason::Failed);
        let rows = [
            (FinishReason::Stop, None),
            (FinishReason::ToolCalls, None),
            (FinishReason::Unknown, None),
            (FinishReason::Length, Some(Outcome::Fail(None))),
            (FinishReason::ContentFilter, Some(Outcome::Fail(None))),
            (FinishReason::Refusal, Some(Outcome::Fail(None))),
            (FinishReason::MalformedToolCall, Some(Outcome::Fail(Some(ToolFault::Malformed)))),
            (FinishReason::Pause, Some(failed)),
            (FinishReason::Error, Some(failed)),
        ];
        for (finish_reason, expected) in rows {
            let response = Response { finish_reason, ..fixture::text("Paris") };
            assert_eq!(spoiled(&response).map(|judgement| judgement.outcome), expected, "{finish_reason:?}");
        }
    }

    #[test]
    fn a_refusal_in_its_own_field_fails_whatever_the_finish_reason() {
        let response = Response { refusal: Some("I can't.".into()), ..fixture::text("") };
        let expected = Judgement::fail("the model refused: \"I can't.\"".into());
        assert_eq!(spoiled(&response), Some(expected));
    }
}
