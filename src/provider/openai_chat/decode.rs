//! A whole Chat Completions answer as a neutral reply.

use crate::domain::Reply;
use crate::provider::json::Node;
use crate::provider::{Broken, HttpResponse, error, openai};

use super::answer::Answer;
use super::choice::Choice;

/// What the answer says.
pub(in crate::provider) fn decode(response: &HttpResponse<'_>) -> Result<Reply, Broken> {
    if !(200..=299).contains(&response.status) {
        return Err(openai::failure(response).into());
    }
    let text = String::from_utf8_lossy(response.body);
    let body = error::whole(response, &text)?.fields();
    if let Some(failure) = openai::error_in(response, &body) {
        return Err(failure.into());
    }
    let mut answer = Answer::default();
    answer.take_facts(&body);
    let choices = body.elements("choices").into_iter();
    let whole = (0..).zip(choices).all(|(position, choice)| take_choice(position, choice, &mut answer).is_some());
    let reply = if whole { answer.into_reply(response.headers) } else { None };
    reply.ok_or_else(|| error::unreadable(response, "the answer has no choice with a message").into())
}

/// Takes the choice at a position of the list; `None` when it holds no message.
fn take_choice(position: u64, choice: Node<'_>, answer: &mut Answer) -> Option<()> {
    let fields = choice.fields();
    let message = fields.get("message").filter(|node| node.is_object())?.fields();
    let mut choice = Choice::new(fields.count("index").unwrap_or(position));
    choice.take_message(&message, &mut answer.warnings);
    choice.take_end(&fields);
    answer.add(choice);
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{Arguments, FailureKind, FinishReason, Response, ToolCall};
    use crate::provider::Headers;

    const ANSWER: &str = r#"{"id":"chatcmpl-1","model":"gpt-5.4-mini-2026-03-17","system_fingerprint":"fp_1",
        "service_tier":"flex","choices":[{"index":0,"message":{"role":"assistant",
        "content":"Näh\n\"x\" \u00e9\ud83d\ude00","tool_calls":[
        {"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\": 1.50}"}}]},
        "finish_reason":"tool_calls"}],
        "usage":{"prompt_tokens":11,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":4}}}"#;

    fn decoded(body: &str) -> Result<Reply, Broken> {
        decode(&HttpResponse { status: 200, headers: &Headers::default(), body: body.as_bytes() })
    }

    fn reply(message: &str, finish: &str) -> Reply {
        let body = format!(r#"{{"choices":[{{"message":{message},"finish_reason":{finish}}}]}}"#);
        decoded(&body).expect("is a reply")
    }

    fn message(message: &str, finish: &str) -> Response {
        reply(message, finish).response
    }

    #[test]
    fn text_is_all_parts_joined_and_never_null() {
        let rows = [
            (r#"{"content":null}"#, ""),
            ("{}", ""),
            (r#"{"content":[]}"#, ""),
            (r#"{"content":[{"type":"text","text":"a"},{"type":"output_text","text":"b"},{"text":"c"},"d"]}"#, "abcd"),
            (r#"{"content":[{"type":"text","text":null},{"type":"refusal","text":"x"}]}"#, ""),
            (r#"{"content":{"ok":1.0}}"#, r#"{"ok":1.0}"#),
        ];
        for (wire, expected) in rows {
            let reply = reply(wire, "\"stop\"");
            assert_eq!((reply.response.text.as_str(), reply.warnings), (expected, Vec::new()), "{wire}");
        }
    }

    #[test]
    fn finish_reasons_map_and_unknown_ones_stay_verbatim() {
        let call = r#"{"tool_calls":[{"function":{"name":"f"}}]}"#;
        let plain = r#"{"content":"x"}"#;
        let unknown = r#"{"tool_calls":[{"type":"mystery"}]}"#;
        let rows = [
            (plain, "\"stop\"", FinishReason::Stop, Some("stop")),
            (call, "\"stop\"", FinishReason::ToolCalls, Some("stop")),
            (unknown, "\"stop\"", FinishReason::Stop, Some("stop")),
            (call, "\"eos\"", FinishReason::ToolCalls, Some("eos")),
            (plain, "\"function_call\"", FinishReason::ToolCalls, Some("function_call")),
            (plain, "\"content_filter\"", FinishReason::ContentFilter, Some("content_filter")),
            (call, "\"length\"", FinishReason::Length, Some("length")),
            (call, "null", FinishReason::Unknown, None),
            (plain, "\"\"", FinishReason::Unknown, None),
            (plain, "\"abort\"", FinishReason::Error, Some("abort")),
            (plain, "\"new_word\"", FinishReason::Unknown, Some("new_word")),
            (plain, "7", FinishReason::Unknown, Some("7")),
            (r#"{"refusal":"No."}"#, "\"length\"", FinishReason::Refusal, Some("length")),
            (r#"{"content":[{"type":"refusal","refusal":"No."}]}"#, "\"stop\"", FinishReason::Refusal, Some("stop")),
            (r#"{"content":"x","refusal":""}"#, "\"stop\"", FinishReason::Stop, Some("stop")),
        ];
        for (wire, finish, expected, raw) in rows {
            let response = message(wire, finish);
            assert_eq!((response.finish_reason, response.finish_raw.as_deref()), (expected, raw), "{wire} {finish}");
        }
    }

    #[test]
    fn a_refusal_said_twice_is_one() {
        let wire =
            r#"{"content":[{"type":"refusal","refusal":"No"},{"type":"refusal","refusal":"."}],"refusal":"No!"}"#;
        assert_eq!(message(wire, "\"stop\"").refusal.as_deref(), Some("No!"));
    }

    #[test]
    fn calls_keep_order_ids_and_every_digit() {
        let wire = r#"{"tool_calls":[
            {"id":"","type":"function","function":{"name":"a","arguments":{"n":12345678901234567890123}}},
            {"id":"x","type":"custom","custom":{"name":"b","input":"SELECT 1"}},
            {"id":"x","index":0,"type":"function","function":{"arguments":"{}"}}],
            "function_call":{"name":"ignored","arguments":"{}"}}"#;
        let call =
            |id: &str, name: &str, arguments| ToolCall { id: Some(id.to_owned()), name: name.to_owned(), arguments };
        assert_eq!(
            message(wire, "\"tool_calls\"").tool_calls,
            [
                call("", "a", Arguments::Object(r#"{"n":12345678901234567890123}"#.to_owned())),
                call("x", "b", Arguments::Malformed("SELECT 1".to_owned())),
                call("x", "", Arguments::Object("{}".to_owned())),
            ]
        );
    }

    #[test]
    fn what_is_of_an_unknown_type_is_left_out_and_told_once() {
        let wire = r#"{"content":[{"type":"audio","text":"secret"},{"type":"audio"},7,{"type":"text","text":"a"}],
            "tool_calls":[{"id":"1","type":"mcp","mcp":{"name":"x"}},
            {"id":"2","type":"Function","function":{"name":"f"}},null]}"#;
        let reply = reply(wire, "\"stop\"");
        assert_eq!(reply.response.text, "a");
        let names: Vec<_> = reply.response.tool_calls.iter().map(|call| call.name.as_str()).collect();
        assert_eq!(names, ["f"]);
        assert_eq!(
            reply.warnings,
            [
                r#"a content part of the unknown type "audio""#,
                "a content part without a type",
                "a tool call without a type",
                r#"a tool call of the unknown type "mcp""#,
                r#"a tool call of the unknown type "Function""#,
            ]
        );
    }

    #[test]
    fn choices_come_by_number_or_else_by_position() {
        let body = r#"{"choices":[{"index":2,"message":{"content":"c"}},{"message":{"content":"b"}},
            {"index":0,"message":{"content":"a","reasoning":"","reasoning_content":"why"},"stop_reason":"END"}]}"#;
        let reply = decoded(body).expect("is a reply");
        let texts: Vec<_> = reply.alternatives.iter().map(|answer| answer.text.as_str()).collect();
        assert_eq!((reply.response.text.as_str(), texts), ("a", vec!["b", "c"]));
        assert_eq!((reply.reasoning_text.as_deref(), reply.stop_sequence.as_deref()), (Some("why"), Some("END")));
    }

    #[test]
    fn ids_of_an_answer_come_from_header_and_body() {
        let reply = decoded(ANSWER).expect("is a reply");
        assert_eq!(reply.model.as_deref(), Some("gpt-5.4-mini-2026-03-17"));
        assert_eq!(reply.fingerprint.as_deref(), Some("fp_1"));
        assert_eq!(reply.service_tier.as_deref(), Some("flex"));
        assert_eq!(reply.request_id.as_deref(), Some("chatcmpl-1"));
        assert_eq!(reply.response.text, "Näh\n\"x\" é😀");
        assert_eq!(reply.usage.and_then(|usage| usage.uncached_input_tokens), Some(7));
        let headers: Headers = [("x-request-id", "req_1")].into_iter().collect();
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
            (r#"{"choices":[]}"#, FailureKind::StreamError, true),
            (r#"{"choices":[{"index":0}]}"#, FailureKind::StreamError, true),
            (r#"{"choices":[{"message":{}},{"index":1}]}"#, FailureKind::StreamError, true),
            (r#"{"error":{"message":"m","code":"insufficient_quota"}}"#, FailureKind::QuotaExceeded, false),
            (r#"{"error":{"message":"m","code":502}}"#, FailureKind::ServerError, true),
            (r#"{"error":"m","choices":[{"message":{}}]}"#, FailureKind::ServerError, true),
        ];
        for (body, kind, retryable) in rows {
            let Broken { failure, partial } = decoded(body).expect_err(body);
            assert_eq!((failure.kind, failure.retryable, failure.status), (kind, retryable, Some(200)), "{body}");
            assert_eq!(partial, None, "{body}");
        }
        assert!(decoded(r#"{"error":null,"choices":[{"message":{}}]}"#).is_ok());
    }

    proptest! {
        #[test]
        fn a_cut_answer_is_a_failure_that_may_be_retried(cut in 0..ANSWER.len()) {
            let body = &ANSWER.as_bytes()[..cut];
            let answer = decode(&HttpResponse { status: 200, headers: &Headers::default(), body });
            let failure = answer.expect_err("is cut").failure;
            prop_assert!(failure.kind == FailureKind::StreamError && failure.retryable);
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
