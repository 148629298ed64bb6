//! A whole Messages answer as a neutral reply.

use crate::domain::Reply;
use crate::provider::{Broken, HttpResponse, error};

use super::answer::Answer;
use super::failure;

/// What the answer says.
pub(in crate::provider) fn decode(response: &HttpResponse<'_>) -> Result<Reply, Broken> {
    if !(200..=299).contains(&response.status) {
        return Err(failure::of_body(response).into());
    }
    let text = String::from_utf8_lossy(response.body);
    let body = error::whole(response, &text)?.fields();
    if body.get("error").is_some() {
        return Err(failure::of_body(response).into());
    }
    // A refusal may have no block, but the list is there.
    if !body.get("content").is_some_and(|content| content.text().starts_with('[')) {
        return Err(error::unreadable(response, "the answer has no list of content").into());
    }
    let mut answer = Answer::default();
    answer.read(&body);
    Ok(answer.reply(response.headers))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{Arguments, FailureKind, FinishReason, Response, ToolCall, Usage};
    use crate::provider::Headers;

    const ANSWER: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5-20251001",
        "content":[{"type":"text","text":"Näh\n\"x\" \u00e9\ud83d\ude00"},
        {"type":"tool_use","id":"toolu_1","name":"f","input":{"a": 1.50}}],"stop_reason":"tool_use","stop_sequence":null,
        "usage":{"input_tokens":11,"output_tokens":2,"service_tier":"priority"}}"#;

    fn decoded(body: &str) -> Result<Reply, Broken> {
        decode(&HttpResponse { status: 200, headers: &Headers::default(), body: body.as_bytes() })
    }

    fn reply(content: &str, rest: &str) -> Reply {
        decoded(&format!(r#"{{"content":{content}{rest}}}"#)).expect("is a reply")
    }

    #[test]
    fn blocks_become_text_reasoning_and_calls_and_unknown_ones_a_warning_each() {
        let content = r#"[{"type":"thinking","thinking":"a","signature":"s"},{"type":"redacted_thinking","data":"d"},
            {"type":"text","text":"b"},{"type":"mystery","text":"no"},{"type":"server_tool_use","id":"s","name":"f"},
            {"type":"mystery"},{"type":"web_search_tool_result"},{"type":"thinking","thinking":"c"},{"text":"no"},7,
            {"type":"text","text":"d"},{"type":"text"}]"#;
        let reply = reply(content, "");
        assert_eq!(reply.response.text, "bd");
        assert_eq!(reply.response.tool_calls, []);
        assert_eq!(reply.reasoning_text.as_deref(), Some("ac"));
        assert_eq!(
            reply.warnings,
            [r#"ignored a content block of unknown type "mystery""#, r#"ignored a content block of unknown type """#]
        );
    }

    #[test]
    fn calls_keep_order_ids_and_every_digit() {
        let content = r#"[{"type":"tool_use","id":"x","name":"a","input":{"n": 12345678901234567890123}},
            {"type":"tool_use","id":"x","name":"b","input":"{\"n"},{"type":"tool_use","id":"","input":null},
            {"type":"tool_use","name":"d","input":[1]}]"#;
        let call = |id: Option<&str>, name: &str, arguments| ToolCall {
            id: id.map(str::to_owned),
            name: name.to_owned(),
            arguments,
        };
        assert_eq!(
            reply(content, "").response.tool_calls,
            [
                call(Some("x"), "a", Arguments::Object(r#"{"n": 12345678901234567890123}"#.to_owned())),
                call(Some("x"), "b", Arguments::Malformed("{\"n".to_owned())),
                call(Some(""), "", Arguments::Object("{}".to_owned())),
                call(None, "d", Arguments::Malformed("[1]".to_owned())),
            ]
        );
    }

    #[test]
    fn stop_reasons_map_and_unknown_ones_stay_verbatim() {
        let call = r#"[{"type":"tool_use","id":"x","name":"f","input":{}}]"#;
        let rows = [
            ("[]", "\"end_turn\"", FinishReason::Stop, Some("end_turn")),
            ("[]", "\"stop_sequence\"", FinishReason::Stop, Some("stop_sequence")),
            ("[]", "\"max_tokens\"", FinishReason::Length, Some("max_tokens")),
            ("[]", "\"model_context_window_exceeded\"", FinishReason::Length, Some("model_context_window_exceeded")),
            ("[]", "\"pause_turn\"", FinishReason::Pause, Some("pause_turn")),
            ("[]", "\"refusal\"", FinishReason::Refusal, Some("refusal")),
            (call, "\"tool_use\"", FinishReason::ToolCalls, Some("tool_use")),
            (call, "\"end_turn\"", FinishReason::ToolCalls, Some("end_turn")),
            (call, "\"max_tokens\"", FinishReason::Length, Some("max_tokens")),
            (call, "\"refusal\"", FinishReason::Refusal, Some("refusal")),
            (call, "null", FinishReason::Unknown, None),
            ("[]", "\"new_word\"", FinishReason::Unknown, Some("new_word")),
            ("[]", "7", FinishReason::Unknown, Some("7")),
        ];
        for (content, reason, expected, raw) in rows {
            let Response { finish_reason, finish_raw, .. } =
                reply(content, &format!(r#","stop_reason":{reason}"#)).response;
            assert_eq!((finish_reason, finish_raw.as_deref()), (expected, raw), "{content} {reason}");
        }
    }

    #[test]
    fn the_explanation_of_a_refusal_is_kept_and_no_other() {
        let details = r#""stop_details":{"type":"refusal","category":"bio","explanation":"Not this."}"#;
        let rows = [
            (format!(r#","stop_reason":"refusal",{details}"#), Some("Not this.")),
            (r#","stop_reason":"refusal","stop_details":null"#.to_owned(), None),
            (format!(r#","stop_reason":"end_turn",{details}"#), None),
        ];
        for (rest, expected) in rows {
            assert_eq!(reply("[]", &rest).response.refusal.as_deref(), expected, "{rest}");
        }
    }

    #[test]
    fn input_is_the_sum_of_its_classes_and_what_was_not_reported_is_unknown() {
        let usage = |wire: &str| reply("[]", &format!(r#","usage":{wire}"#)).usage;
        let counts = |wire: &str| {
            let usage = usage(wire).expect("is reported");
            [
                usage.input_tokens,
                usage.cache_read_tokens,
                usage.cache_write_5m_tokens,
                usage.cache_write_1h_tokens,
                usage.cache_write_other_tokens,
                usage.output_tokens,
            ]
        };
        for wire in ["null", "{}", r#"{"input_tokens":null,"service_tier":"standard"}"#, r#"{"input_tokens":"7"}"#] {
            assert_eq!(usage(wire), None, "{wire}");
        }
        assert_eq!(counts(r#"{"output_tokens":3}"#), [None, None, None, None, None, Some(3)]);
        assert_eq!(counts(r#"{"cache_read_input_tokens":3}"#), [None, Some(3), None, None, None, None]);
        assert_eq!(counts(r#"{"input_tokens":3}"#), [Some(3), None, None, None, None, None]);
        let split = r#""cache_creation":{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":4}"#;
        let rows = [
            ("6", [Some(11), None, Some(2), Some(4), None, None]),
            // More was written than the split explains, and less.
            ("7", [Some(12), None, Some(2), Some(4), Some(1), None]),
            ("5", [Some(11), None, Some(2), Some(4), None, None]),
            ("null", [Some(11), None, Some(2), Some(4), None, None]),
        ];
        for (written, expected) in rows {
            let wire = format!(r#"{{"input_tokens":5,"cache_creation_input_tokens":{written},{split}}}"#);
            assert_eq!(counts(&wire), expected, "{wire}");
        }
        let huge = format!(r#"{{"input_tokens":{0},"cache_read_input_tokens":{0}}}"#, u64::MAX);
        assert_eq!(counts(&huge)[0], None);
    }

    #[test]
    fn iterations_are_summed_as_they_are_billed() {
        let wire = r#"{"input_tokens":5,"output_tokens":7,"server_tool_use":{"web_search_requests":2},"iterations":[
            {"type":"compaction","input_tokens":100,"output_tokens":30,"cache_read_input_tokens":4},
            {"type":"message","input_tokens":5,"output_tokens":7}]}"#;
        let expected = Usage {
            input_tokens: Some(109),
            uncached_input_tokens: Some(105),
            cache_read_tokens: Some(4),
            output_tokens: Some(37),
            web_search_requests: Some(2),
            ..Usage::default()
        };
        assert_eq!(reply("[]", &format!(r#","usage":{wire}"#)).usage, Some(expected));
        assert_eq!(
            reply("[]", r#","usage":{"output_tokens":7,"iterations":[]}"#).usage.and_then(|all| all.output_tokens),
            Some(7)
        );
    }

    #[test]
    fn ids_of_an_answer_come_from_header_and_body() {
        let reply = decoded(ANSWER).expect("is a reply");
        assert_eq!(reply.model.as_deref(), Some("claude-haiku-4-5-20251001"));
        assert_eq!(reply.service_tier.as_deref(), Some("priority"));
        assert_eq!(reply.request_id.as_deref(), Some("msg_1"));
        assert_eq!(reply.response.text, "Näh\n\"x\" é😀");
        let headers: Headers = [("request-id", "req_1")].into_iter().collect();
        let reply = decode(&HttpResponse { status: 200, headers: &headers, body: ANSWER.as_bytes() });
        assert_eq!(reply.expect("is a reply").request_id.as_deref(), Some("req_1"));
    }

    #[test]
    fn a_success_that_cannot_be_read_is_a_failure() {
        let rows = [
            ("", FailureKind::StreamError, true),
            ("<html>", FailureKind::StreamError, true),
            ("{}", FailureKind::StreamError, true),
            ("[]", FailureKind::StreamError, true),
            (r#"{"content":null}"#, FailureKind::StreamError, true),
            (r#"{"content":"text"}"#, FailureKind::StreamError, true),
            (r#"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#, FailureKind::Overloaded, true),
            (r#"{"error":"m","content":[]}"#, FailureKind::ServerError, true),
            (r#"{"error":{"type":"authentication_error"}}"#, FailureKind::Auth, false),
        ];
        for (body, kind, retryable) in rows {
            let failure = decoded(body).expect_err(body).failure;
            assert_eq!((failure.kind, failure.retryable, failure.status), (kind, retryable, Some(200)), "{body}");
        }
        assert!(decoded(r#"{"error":null,"content":[]}"#).is_ok());
    }

    proptest! {
        #[test]
        fn a_cut_answer_is_a_failure_that_may_be_retried(cut in 0..ANSWER.len()) {
            let body = &ANSWER.as_bytes()[..cut];
            let answer = decode(&HttpResponse { status: 200, headers: &Headers::default(), body });
            prop_assert!(answer.is_err_and(|broken| broken.failure.retryable && broken.partial.is_none()));
        }
    }
}
