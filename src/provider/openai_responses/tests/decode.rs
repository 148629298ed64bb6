//! Plain answers that the fixtures do not hold.

use proptest::prelude::*;

use crate::domain::{Arguments, FailureKind, FinishReason, Reply, ToolCall};
use crate::provider::{Headers, HttpResponse};

use super::super::decode;
use super::{completed, decoded};

const ANSWER: &str = r#"{"id":"resp_1","status":"completed","model":"gpt-5.4-nano-2026-03-17","service_tier":"flex",
    "error":null,"output":[{"type":"reasoning","summary":[{"type":"summary_text","text":"Hm."}]},
    {"type":"message","content":[{"type":"output_text","text":"Näh\n\"x\" \u00e9\ud83d\ude00"}]},
    {"type":"function_call","id":"fc_1","call_id":"call_1","name":"f","arguments":"{\"a\": 1.50}"}],
    "usage":{"input_tokens":11,"input_tokens_details":{"cached_tokens":4},"output_tokens":2}}"#;

fn reply(items: &str) -> Reply {
    decoded(&completed(items)).expect("is a reply")
}

#[test]
fn text_and_refusal_are_all_parts_of_all_messages() {
    let text = r#"{"type":"output_text","text":"a"}"#;
    let refusal = r#"{"type":"refusal","refusal":"No."}"#;
    let message = |content: &str| format!(r#"{{"type":"message","content":{content}}}"#);
    let rows = [
        (String::new(), "", None),
        (message("[]"), "", None),
        (message("null"), "", None),
        (message(r#""plain""#), "plain", None),
        (message(&format!("[{text},{text}]")) + "," + &message(&format!("[{text}]")), "aaa", None),
        (message(&format!("[{text},{refusal},{refusal}]")), "a", Some("No.No.")),
        (message(r#"[{"type":"refusal","refusal":""},{"type":"output_text"}]"#), "", None),
    ];
    for (items, expected, refusal) in rows {
        let response = reply(&items).response;
        assert_eq!((response.text.as_str(), response.refusal.as_deref()), (expected, refusal), "{items}");
    }
}

#[test]
fn calls_keep_order_ids_and_every_digit() {
    let items = r#"{"type":"function_call","id":"fc_1","name":"a","arguments":{"n":12345678901234567890123}},
        {"type":"custom_tool_call","call_id":"x","name":"b","input":"SELECT 1"},
        {"type":"function_call","call_id":"x","arguments":""},
        {"type":"computer_call","call_id":"","action":{"type":"click","x":1.0}},
        {"type":"computer_call","call_id":"y"}"#;
    let call = |id: Option<&str>, name: &str, arguments| ToolCall {
        id: id.map(str::to_owned),
        name: name.to_owned(),
        arguments,
    };
    let object = |text: &str| Arguments::Object(text.to_owned());
    let expected = [
        call(None, "a", object(r#"{"n":12345678901234567890123}"#)),
        call(Some("x"), "b", Arguments::Malformed("SELECT 1".to_owned())),
        call(Some("x"), "", object("{}")),
        call(Some(""), "computer", object(r#"{"action":{"type":"click","x":1.0}}"#)),
        call(Some("y"), "computer", object("{}")),
    ];
    assert_eq!(reply(items).response.tool_calls, expected);
}

#[test]
fn reasoning_is_the_summary_or_else_the_text() {
    let summary = r#""summary":[{"text":"a"},{"text":"b"}]"#;
    let content = r#""content":[{"type":"reasoning_text","text":"c"}]"#;
    let rows = [
        (format!(r#"{{"type":"reasoning",{summary},{content}}}"#), Some("ab")),
        (format!(r#"{{"type":"reasoning","summary":[],{content}}}"#), Some("c")),
        (r#"{"type":"reasoning","summary":[],"encrypted_content":"x"}"#.to_owned(), None),
    ];
    for (items, expected) in rows {
        assert_eq!(reply(&items).reasoning_text.as_deref(), expected, "{items}");
    }
}

#[test]
fn what_is_not_known_is_named_once_and_changes_nothing() {
    let reply = reply(
        r#"{"type":"mystery","text":"secret"},{"type":"mystery"},{"text":"typeless"},{"type":"file_search_call"},
        {"type":"message","content":[{"type":"audio"},{"type":"output_text","text":"a"},{"type":"audio"}]}"#,
    );
    assert_eq!((reply.response.text.as_str(), reply.response.finish_reason), ("a", FinishReason::Stop));
    let expected = [
        "an output item of the unknown type `mystery` was not read",
        "an output item of the unknown type `` was not read",
        "a part of the unknown type `audio` was not read",
    ];
    assert_eq!(reply.warnings, expected);
}

#[test]
fn the_status_and_its_reason_say_how_the_answer_ended() {
    let call = r#"{"type":"function_call","name":"f"}"#;
    let refusal = r#"{"type":"message","content":[{"type":"refusal","refusal":"No."}]}"#;
    let incomplete = |reason: &str| format!(r#""status":"incomplete","incomplete_details":{{"reason":{reason}}}"#);
    let status = |status: &str| format!(r#""status":"{status}""#);
    let rows = [
        (status("completed"), "", FinishReason::Stop, Some("completed")),
        (status("completed"), call, FinishReason::ToolCalls, Some("completed")),
        (status("completed"), refusal, FinishReason::Refusal, Some("completed")),
        (incomplete(r#""max_output_tokens""#), call, FinishReason::Length, Some("incomplete:max_output_tokens")),
        (incomplete(r#""content_filter""#), refusal, FinishReason::Refusal, Some("incomplete:content_filter")),
        (incomplete(r#""new""#), call, FinishReason::Unknown, Some("incomplete:new")),
        (incomplete("null"), "", FinishReason::Unknown, Some("incomplete")),
        (status("cancelled"), refusal, FinishReason::Error, Some("cancelled")),
        (status("new"), "", FinishReason::Unknown, Some("new")),
        (r#""status":null"#.to_owned(), call, FinishReason::Unknown, None),
    ];
    for (status, items, expected, raw) in rows {
        let response = decoded(&format!(r#"{{{status},"output":[{items}]}}"#)).expect("is a reply").response;
        assert_eq!((response.finish_reason, response.finish_raw.as_deref()), (expected, raw), "{status} {items}");
    }
}

#[test]
fn usage_that_was_not_reported_is_unknown() {
    let search = |action: &str| format!(r#"{{"type":"web_search_call"{action}}}"#);
    let usage = |usage: &str, items: &str| {
        decoded(&format!(r#"{{"output":[{items}],"usage":{usage}}}"#)).expect("is a reply").usage
    };
    for nothing in ["null", "{}", r#"{"total_tokens":3}"#] {
        assert_eq!(usage(nothing, &search("")), None, "{nothing}");
    }
    let counts = |wire: &str| {
        let usage = usage(wire, "").expect("is reported");
        [usage.input_tokens, usage.uncached_input_tokens, usage.cache_read_tokens, usage.cache_write_other_tokens]
    };
    let details = |details: &str| format!(r#"{{"input_tokens":10,"input_tokens_details":{{{details}}}}}"#);
    assert_eq!(counts(&details(r#""cached_tokens":4,"cache_write_tokens":3"#)), [Some(10), Some(3), Some(4), Some(3)]);
    assert_eq!(counts(&details(r#""cached_tokens":11"#)), [Some(10), None, Some(11), None]);
    assert_eq!(counts(&details("")), [Some(10), Some(10), None, None]);
    assert_eq!(counts(r#"{"output_tokens":1}"#), [None; 4]);
    let [search_web, open_page] =
        ["search", "open_page"].map(|kind| search(&format!(r#","action":{{"type":"{kind}"}}"#)));
    for (items, expected) in [
        (String::new(), None),
        (open_page.clone(), Some(0)),
        ([search_web.clone(), open_page, search_web].join(","), Some(2)),
        (search(""), Some(1)),
    ] {
        let usage = usage(r#"{"input_tokens":1,"output_tokens":1}"#, &items).expect("is reported");
        assert_eq!(usage.web_search_requests, expected, "{items}");
    }
}

#[test]
fn ids_of_an_answer_come_from_header_and_body() {
    let reply = decoded(ANSWER).expect("is a reply");
    assert_eq!(reply.model.as_deref(), Some("gpt-5.4-nano-2026-03-17"));
    assert_eq!(reply.service_tier.as_deref(), Some("flex"));
    assert_eq!(reply.request_id.as_deref(), Some("resp_1"));
    assert_eq!(reply.response.text, "Näh\n\"x\" é😀");
    let headers: Headers = [("x-request-id", "req_1")].into_iter().collect();
    let reply = decode(&HttpResponse { status: 200, headers: &headers, body: ANSWER.as_bytes() });
    assert_eq!(reply.expect("is a reply").request_id.as_deref(), Some("req_1"));
}

#[test]
fn a_success_that_is_none_is_a_failure() {
    let failed = |code: &str| format!(r#"{{"status":"failed","output":[],"error":{{"code":"{code}","message":"m"}}}}"#);
    let rows = [
        (String::new(), FailureKind::StreamError, true, false),
        ("<html>".to_owned(), FailureKind::StreamError, true, false),
        ("[]".to_owned(), FailureKind::StreamError, true, false),
        (r#"{"status":"completed"}"#.to_owned(), FailureKind::StreamError, true, false),
        (r#"{"output":{}}"#.to_owned(), FailureKind::StreamError, true, false),
        (r#"{"error":{"message":"m","code":502}}"#.to_owned(), FailureKind::ServerError, true, false),
        (r#"{"status":"failed","output":[],"error":null}"#.to_owned(), FailureKind::ServerError, true, true),
        (r#"{"status":"queued","output":[]}"#.to_owned(), FailureKind::StreamError, true, true),
        (r#"{"status":"in_progress","output":[]}"#.to_owned(), FailureKind::StreamError, true, true),
        (failed("rate_limit_exceeded"), FailureKind::RateLimit, true, true),
        (failed("insufficient_quota"), FailureKind::QuotaExceeded, false, true),
        (failed("invalid_prompt"), FailureKind::ContentPolicy, false, true),
        (failed("image_content_policy_violation"), FailureKind::ContentPolicy, false, true),
        (failed("bio_policy"), FailureKind::ContentPolicy, false, true),
        (failed("unsupported_image_media_type"), FailureKind::InvalidRequest, false, true),
        (failed("vector_store_timeout"), FailureKind::Timeout, true, true),
    ];
    for (body, kind, retryable, partial) in rows {
        let broken = decoded(&body).expect_err(&body);
        assert_eq!((broken.failure.kind, broken.failure.retryable), (kind, retryable), "{body}");
        let finish = broken.partial.map(|reply| reply.response.finish_reason);
        assert_eq!(finish, partial.then_some(FinishReason::Error), "{body}");
    }
}

#[test]
fn a_failed_response_keeps_what_it_said_and_used() {
    let body = ANSWER.replace(r#""completed""#, r#""failed""#);
    let broken = decoded(&body).expect_err("failed");
    assert_eq!(broken.failure.message, "the response failed, and the provider does not say why");
    let partial = broken.partial.expect("something had arrived");
    assert_eq!(partial.response.finish_raw.as_deref(), Some("failed"));
    assert_eq!(partial.response.tool_calls.len(), 1);
    assert_eq!(partial.usage.and_then(|usage| usage.output_tokens), Some(2));
}

proptest! {
    #[test]
    fn a_damaged_answer_gives_a_reply_or_a_failure(at in 0..ANSWER.len(), byte: u8) {
        let mut body = ANSWER.as_bytes().to_vec();
        body[at] = byte;
        let answer = decode(&HttpResponse { status: 200, headers: &Headers::default(), body: &body });
        prop_assert!(answer.is_ok() || answer.is_err_and(|broken| !broken.failure.message.is_empty()));
    }
}
