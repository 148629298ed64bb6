//! A whole `generateContent` answer as a neutral reply.

use super::answer::Answer;
use super::error_body;
use crate::domain::Reply;
use crate::provider::error;
use crate::provider::{Broken, HttpResponse};

/// What the answer says.
pub(in crate::provider) fn decode(response: &HttpResponse<'_>) -> Result<Reply, Broken> {
    if !(200..=299).contains(&response.status) {
        return Err(error_body::failure(response).into());
    }
    let text = String::from_utf8_lossy(response.body);
    let body = error::whole(response, &text)?;
    if let Some(facts) = error_body::facts(body) {
        return Err(error::failure(response, facts).into());
    }
    let mut answer = Answer::default();
    answer.take(&body.fields());
    if !answer.says_something() {
        let failure = error::unreadable(response, "the answer has no candidate");
        return Err(Broken { failure, partial: answer.partial(response.headers) });
    }
    Ok(answer.reply(response.headers))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{FailureKind, FinishReason};
    use crate::provider::Headers;

    const ANSWER: &str = r#"{"candidates":[{"content":{"parts":[{"text":"Näh\n\"x\" \u00e9\ud83d\ude00"},
        {"functionCall":{"name":"f","args":{"a":1.50}}}],"role":"model"},"finishReason":"STOP","index":0}],
        "usageMetadata":{"promptTokenCount":27,"candidatesTokenCount":1,"totalTokenCount":28,
        "promptTokensDetails":[{"modality":"TEXT","tokenCount":27}]},"modelVersion":"gemini-3.1-flash-lite",
        "responseId":"r"}"#;

    fn decoded(body: &str) -> Result<Reply, Broken> {
        decode(&HttpResponse { status: 200, headers: &Headers::default(), body: body.as_bytes() })
    }

    #[test]
    fn a_whole_answer_is_read() {
        let reply = decoded(ANSWER).expect("is a reply");
        assert_eq!(reply.response.text, "Näh\n\"x\" é😀");
        assert_eq!(reply.response.finish_reason, FinishReason::ToolCalls);
        assert_eq!((reply.model.as_deref(), reply.request_id.as_deref()), (Some("gemini-3.1-flash-lite"), Some("r")));
    }

    #[test]
    fn a_success_that_cannot_be_read_is_a_failure() {
        let rows = [
            ("", FailureKind::StreamError, true),
            ("<html>", FailureKind::StreamError, true),
            ("{}", FailureKind::StreamError, true),
            ("[]", FailureKind::StreamError, true),
            (r#"{"candidates":[]}"#, FailureKind::StreamError, true),
            (r#"{"candidates":[null]}"#, FailureKind::StreamError, true),
            (r#"{"promptFeedback":{}}"#, FailureKind::StreamError, true),
            (r#"{"error":{"code":503,"status":"UNAVAILABLE"}}"#, FailureKind::Overloaded, true),
            (r#"[{"error":{"code":429}}]"#, FailureKind::RateLimit, true),
            (r#"{"error":"m","candidates":[{}]}"#, FailureKind::ServerError, true),
        ];
        for (body, kind, retryable) in rows {
            let Broken { failure, partial } = decoded(body).expect_err(body);
            assert_eq!((failure.kind, failure.retryable, failure.status), (kind, retryable, Some(200)), "{body}");
            assert_eq!(partial, None, "{body}");
        }
        assert!(decoded(r#"{"error":null,"candidates":[{}]}"#).is_ok());
    }

    #[test]
    fn tokens_of_an_answer_without_a_candidate_are_kept() {
        let body = r#"{"usageMetadata":{"promptTokenCount":27,"totalTokenCount":27}}"#;
        let partial = decoded(body).expect_err("has no candidate").partial.expect("was counted");
        assert_eq!(partial.usage.and_then(|usage| usage.input_tokens), Some(27));
        assert_eq!((partial.response.finish_reason, partial.response.finish_raw), (FinishReason::Error, None));
    }

    proptest! {
        #[test]
        fn a_cut_answer_is_a_failure_that_may_be_retried(cut in 0..ANSWER.len()) {
            let body = &ANSWER.as_bytes()[..cut];
            let broken = decode(&HttpResponse { status: 200, headers: &Headers::default(), body });
            prop_assert!(broken.is_err_and(|broken| broken.failure.kind == FailureKind::StreamError && broken.failure.retryable));
        }

        #[test]
        fn a_damaged_answer_gives_a_reply_or_a_failure(at in 0..ANSWER.len(), byte: u8) {
            let mut body = ANSWER.as_bytes().to_vec();
            body[at] = byte;
            let answer = decode(&HttpResponse { status: 200, headers: &Headers::default(), body: &body });
            prop_assert!(answer.is_ok() || answer.is_err_and(|broken| !broken.failure.message.is_empty()));
        }
    }
}
