//! A streamed answer: each event is a `GenerateContentResponse`, and nothing marks the end but the connection's.

use super::answer::Answer;
use super::error_body;
use crate::domain::Reply;
use crate::provider::error::{self, ErrorFacts};
use crate::provider::json::Node;
use crate::provider::{Assembly, Broken, Heard, HttpResponse};

/// An answer of which nothing has arrived yet.
pub(in crate::provider) fn assemble() -> Box<dyn Assembly> {
    Box::new(Pieces::default())
}

#[derive(Debug, Default)]
struct Pieces {
    answer: Answer,
    /// What broke the stream; nothing that follows it counts.
    broken: Option<Break>,
}

#[derive(Debug)]
enum Break {
    /// An event that holds an error.
    Error(ErrorFacts),
    /// An event that is no JSON object.
    Unreadable,
}

impl Assembly for Pieces {
    fn event(&mut self, data: &str) -> Heard {
        if self.broken.is_some() {
            return Heard::default();
        }
        let node = Node::parse(data).ok();
        if let Some(facts) = node.and_then(error_body::facts) {
            self.broken = Some(Break::Error(facts));
        } else if let Some(node) = node.filter(|node| node.is_object()) {
            return self.answer.take(&node.fields());
        } else if self.answer.is_whole() {
            self.answer.warn("an event after the end of the answer is not JSON");
        } else {
            self.broken = Some(Break::Unreadable);
        }
        Heard::default()
    }

    fn finish(self: Box<Self>, head: &HttpResponse<'_>) -> Result<Reply, Broken> {
        let failure = match self.broken {
            Some(Break::Error(facts)) => error::failure(head, facts),
            Some(Break::Unreadable) => error::cut(head, "the stream holds an event that is not JSON"),
            None if self.answer.is_whole() => return Ok(self.answer.reply(head.headers)),
            None => error::cut(head, "the stream ended before the answer did"),
        };
        Err(Broken { failure, partial: self.answer.partial(head.headers) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{FailureKind, FinishReason};
    use crate::provider::Headers;

    const PIECE: &str =
        r#"{"candidates":[{"content":{"parts":[{"text":"bil"}]}}],"usageMetadata":{"promptTokenCount":27}}"#;
    const LAST: &str = r#"{"candidates":[{"content":{"parts":[{"text":"ling"}]},"finishReason":"STOP"}]}"#;
    const COUNTS: &str = r#"{"usageMetadata":{"promptTokenCount":27,"candidatesTokenCount":2}}"#;
    const ERROR: &str = r#"{"error":{"code":500,"message":"m","status":"INTERNAL"}}"#;

    fn streamed(events: &[&str]) -> Result<Reply, Broken> {
        let mut pieces = assemble();
        for event in events {
            assert!(!pieces.event(event).done, "nothing marks the end: {event}");
        }
        pieces.finish(&HttpResponse { status: 200, headers: &Headers::default(), body: b"" })
    }

    #[test]
    fn what_an_event_brings_is_told_apart() {
        let parts = |parts: &str| format!(r#"{{"candidates":[{{"content":{{"parts":[{parts}]}}}}]}}"#);
        let rows = [
            (parts(r#"{"text":"a"}"#), true, false),
            (parts(r#"{"text":""}"#), false, false),
            (parts(r#"{"text":"a","thought":true}"#), false, true),
            (parts(r#"{"text":"","thought":true}"#), false, false),
            (parts(r#"{"text":"a","thought":true},{"text":"b"}"#), true, true),
            (parts(r#"{"functionCall":{"name":"f"}}"#), true, false),
            (parts(r#"{"thoughtSignature":"s"}"#), false, false),
            (COUNTS.to_owned(), false, false),
            (r#"{"promptFeedback":{"blockReason":"SAFETY"}}"#.to_owned(), false, false),
            ("{".to_owned(), false, false),
        ];
        for (event, visible, reasoning) in rows {
            assert_eq!(assemble().event(&event), Heard { visible, reasoning, done: false }, "{event}");
        }
    }

    #[test]
    fn an_answer_is_whole_once_it_has_a_reason_and_usage_may_follow() {
        let end = r#"{"candidates":[{"finishReason":"STOP"}]}"#;
        let rows: [(&[&str], Option<u64>); 4] = [
            (&[PIECE, LAST], None),
            (&[PIECE, LAST, COUNTS], Some(2)),
            (&[PIECE, COUNTS, end], Some(2)),
            // A total that does not count the last piece is not the answer's.
            (&[PIECE, COUNTS, LAST], None),
        ];
        for (events, output) in rows {
            let reply = streamed(events).expect("is whole");
            let usage = reply.usage.expect("is reported");
            assert_eq!((usage.input_tokens, usage.output_tokens), (Some(27), output), "{events:?}");
            assert_eq!(reply.response.finish_reason, FinishReason::Stop);
        }
        let reply = streamed(&[PIECE, LAST, "[DONE]", COUNTS, "[]"]).expect("is whole");
        assert_eq!(reply.response.text, "billing");
        assert_eq!(reply.warnings, ["an event after the end of the answer is not JSON"]);
        let blocked = streamed(&[r#"{"promptFeedback":{"blockReason":"SAFETY"}}"#]).expect("is whole");
        assert_eq!(blocked.response.finish_raw.as_deref(), Some("prompt:SAFETY"));
    }

    #[test]
    fn a_broken_stream_keeps_what_had_arrived_before_the_break() {
        let rows: [(&[&str], FailureKind, Option<&str>); 10] = [
            (&[], FailureKind::StreamError, None),
            (&["{}"], FailureKind::StreamError, None),
            (&["[]"], FailureKind::StreamError, None),
            (&[COUNTS], FailureKind::StreamError, Some("")),
            (&[PIECE], FailureKind::StreamError, Some("bil")),
            (&[PIECE, "{\"candidates\":"], FailureKind::StreamError, Some("bil")),
            (&[PIECE, "{\"candidates\":", LAST], FailureKind::StreamError, Some("bil")),
            (&[ERROR], FailureKind::ServerError, None),
            (&[PIECE, ERROR, LAST], FailureKind::ServerError, Some("bil")),
            (&[PIECE, LAST, ERROR], FailureKind::ServerError, Some("billing")),
        ];
        for (events, kind, text) in rows {
            let Broken { failure, partial } = streamed(events).expect_err("is broken");
            assert_eq!((failure.kind, failure.retryable, failure.status), (kind, true, Some(200)), "{events:?}");
            assert_eq!(partial.as_ref().map(|partial| partial.response.text.as_str()), text, "{events:?}");
            if let Some(partial) = partial {
                let response = &partial.response;
                assert_eq!((response.finish_reason, &response.finish_raw), (FinishReason::Error, &None), "{events:?}");
                assert_eq!(partial.usage.and_then(|usage| usage.input_tokens), Some(27), "{events:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_events_give_a_reply_or_a_failure(events: Vec<String>) {
            let events: Vec<_> = events.iter().map(String::as_str).collect();
            let answer = streamed(&events);
            prop_assert!(answer.is_ok() || answer.is_err_and(|broken| broken.failure.status == Some(200)));
        }
    }
}
