//! Streams that the fixtures do not hold.

use proptest::prelude::*;

use crate::domain::{Arguments, FailureKind, FinishReason, Reply};
use crate::provider::{Broken, Headers, HttpResponse, Marks, Stream, protocol};

use super::{completed, decoded};

const CREATED: &str = r#"{"type":"response.created","response":{"id":"resp_1","status":"in_progress","model":"m","usage":null,"output":[]}}"#;
const REASONING: &str =
    r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","summary":[]}}"#;
const HM: &str = r#"{"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"Hm."}"#;
const TEXT: &str = r#"{"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"bill"}"#;
const NO: &str = r#"{"type":"response.refusal.delta","output_index":1,"content_index":1,"delta":"No."}"#;
const CALL: &str = r#"{"type":"response.output_item.added","output_index":2,
    "item":{"type":"function_call","id":"fc","call_id":"c","name":"f","arguments":""}}"#;
const ARGUMENTS: &str = r#"{"type":"response.function_call_arguments.delta","output_index":2,"delta":"{\"a\":\"1\""}"#;
const ERROR: &str = r#"{"type":"error","code":"server_error","message":"m","param":null,"sequence_number":9}"#;

/// Reads a stream of these events.
fn heard(events: &[&str]) -> (Marks, Result<Reply, Broken>) {
    let mut stream = Stream::new(protocol("openai-responses").expect("is a protocol"));
    for event in events {
        stream.push(format!("data: {}\n\n", event.replace('\n', "")).as_bytes());
    }
    stream.finish(&HttpResponse { status: 200, headers: &Headers::default(), body: b"" })
}

fn broken(events: &[&str]) -> Broken {
    heard(events).1.expect_err("is broken")
}

fn last(kind: &str, response: &str) -> String {
    format!(r#"{{"type":"response.{kind}","response":{response}}}"#)
}

#[test]
fn a_cut_stream_keeps_what_had_arrived() {
    let events = [CREATED, REASONING, HM, TEXT, TEXT, NO, CALL, ARGUMENTS];
    let (marks, answer) = heard(&events);
    let broken = answer.expect_err("is cut");
    assert_eq!((broken.failure.kind, broken.failure.retryable), (FailureKind::StreamError, true));
    assert_eq!(broken.failure.message, "the stream ended before its last event");
    let partial = broken.partial.expect("something had arrived");
    assert_eq!((partial.model.as_deref(), partial.request_id.as_deref()), (Some("m"), Some("resp_1")));
    assert_eq!((partial.usage, partial.reasoning_text.as_deref()), (None, Some("Hm.")));
    let response = partial.response;
    assert_eq!((response.text.as_str(), response.refusal.as_deref()), ("billbill", Some("No.")));
    assert_eq!((response.finish_reason, response.finish_raw), (FinishReason::Error, None));
    let call = &response.tool_calls[0];
    assert_eq!((call.id.as_deref(), call.name.as_str()), (Some("c"), "f"));
    assert_eq!(call.arguments, Arguments::Malformed(r#"{"a":"1""#.to_owned()));
    assert_eq!((marks.first_reasoning, marks.first_token, marks.done), (Some(2), Some(3), false));
}

#[test]
fn an_item_that_is_done_replaces_its_pieces() {
    let done = r#"{"type":"response.output_item.done","output_index":1,
        "item":{"type":"message","content":[{"type":"output_text","text":"billing"}]}}"#;
    let custom = CALL.replace("function_call", "custom_tool_call");
    let input = r#"{"type":"response.custom_tool_call_input.delta","output_index":2,"delta":"SELECT"}"#;
    let response = broken(&[TEXT, done, &custom, input]).partial.expect("something had arrived").response;
    assert_eq!(response.text, "billing");
    assert_eq!(response.tool_calls[0].arguments, Arguments::Malformed("SELECT".to_owned()));
}

#[test]
fn of_an_empty_stream_nothing_is_kept() {
    for events in [&[][..], &[ERROR], &["[DONE]"]] {
        assert_eq!(broken(events).partial, None, "{events:?}");
    }
    assert!(broken(&[CREATED]).partial.is_some());
}

#[test]
fn an_error_event_is_a_failure_even_when_a_last_event_follows() {
    let nested =
        r#"{"type":"error","error":{"type":"insufficient_quota","code":"credit_balance_exhausted","message":"m"}}"#;
    let bare = r#"{"error":{"message":"m","code":429}}"#;
    let failed = last("failed", r#"{"status":"failed","error":{"code":"x","message":"other"},"output":[]}"#);
    let rows = [
        (ERROR, FailureKind::ServerError, Some("server_error")),
        (nested, FailureKind::QuotaExceeded, Some("credit_balance_exhausted")),
        (bare, FailureKind::RateLimit, Some("429")),
    ];
    for (error, kind, code) in rows {
        for events in [&[CREATED, TEXT, error][..], &[CREATED, TEXT, error, &failed]] {
            let Broken { failure, partial } = broken(events);
            assert_eq!((failure.kind, failure.code.as_deref(), failure.message.as_str()), (kind, code, "m"), "{error}");
            let response = partial.expect("something had arrived").response;
            assert_eq!((response.text.as_str(), response.finish_raw), ("bill", None));
        }
    }
}

#[test]
fn the_last_event_is_the_truth() {
    let said = r#"{"type":"message","content":[{"type":"output_text","text":"billing"}]}"#;
    let whole = completed(said);
    let (marks, answer) = heard(&[CREATED, TEXT, &last("completed", &whole), "no JSON", ERROR]);
    assert_eq!(answer, decoded(&whole));
    assert_eq!((marks.events, marks.done), (3, true));
    for error in ["null", r#"{"code":"server_error","message":"m"}"#, r#"{"code":"server_error"}"#] {
        let failed = format!(r#"{{"status":"failed","error":{error},"output":[{said}]}}"#);
        assert_eq!(heard(&[CREATED, &last("failed", &failed)]).1, decoded(&failed), "{error}");
    }
}

#[test]
fn items_that_the_last_event_leaves_out_are_those_that_came_before() {
    let reply = heard(&[CREATED, TEXT, CALL, ARGUMENTS, &last("completed", r#"{"status":"completed","output":[]}"#)]).1;
    let response = reply.expect("is whole").response;
    assert_eq!((response.text.as_str(), response.tool_calls.len()), ("bill", 1));
    assert_eq!(response.finish_reason, FinishReason::ToolCalls);
}

#[test]
fn an_event_that_cannot_be_read_cuts_the_stream() {
    let end = last("completed", &completed(""));
    for (damage, message) in [
        ("{\"type\":", "an event of the stream is not whole JSON ("),
        ("[DONE]", "an event of the stream is not whole JSON ("),
        (r#"{"type":"response.completed"}"#, "the last event of the stream holds no response"),
    ] {
        let Broken { failure, partial } = broken(&[CREATED, TEXT, damage, TEXT, ERROR, &end]);
        assert_eq!(failure.kind, FailureKind::StreamError);
        assert!(failure.message.starts_with(message), "{}", failure.message);
        assert_eq!(partial.expect("something had arrived").response.text, "bill");
    }
}

#[test]
fn what_counts_as_visible() {
    let added = |item: &str| format!(r#"{{"type":"response.output_item.added","output_index":0,"item":{item}}}"#);
    let said = r#"{"type":"message","content":[{"type":"output_text","text":"a"}]}"#;
    let rows = [
        (TEXT.replace("bill", ""), None, None),
        (TEXT.to_owned(), Some(0), None),
        (TEXT.replace(r#""output_index":1,"#, ""), Some(0), None),
        (NO.to_owned(), Some(0), None),
        (HM.to_owned(), None, Some(0)),
        (HM.replace("reasoning_summary_text", "reasoning_text"), None, Some(0)),
        (ARGUMENTS.to_owned(), None, None),
        (added(said), Some(0), None),
        (added(r#"{"type":"message","content":[]}"#), None, None),
        (added(r#"{"type":"computer_call","call_id":"c"}"#), Some(0), None),
        (added(r#"{"type":"web_search_call"}"#), None, None),
        (added(r#"{"type":"reasoning","summary":[{"text":"a"}]}"#), None, Some(0)),
    ];
    for (event, visible, reasoning) in rows {
        let marks = heard(&[&event]).0;
        assert_eq!((marks.first_token, marks.first_reasoning), (visible, reasoning), "{event}");
    }
}

#[test]
fn what_is_not_known_is_named_once() {
    let mystery = r#"{"type":"response.mystery","secret":1}"#;
    let lost = r#"{"type":"response.output_text.delta","delta":"a"}"#;
    let known = [
        r#"{"type":"response.web_search_call.searching"}"#,
        r#"{"type":"response.output_text.annotation.added"}"#,
        r#"{"type":"response.content_part.done"}"#,
        r#"{"type":"keepalive"}"#,
    ];
    let end = last("completed", &completed(r#"{"type":"mystery"}"#));
    let events = [&known[..], &[mystery, mystery, lost, lost, "{}", &end]].concat();
    let expected = [
        "an output item of the unknown type `mystery` was not read",
        "an event of the unknown type `response.mystery` was not read",
        "an event without `output_index` was not read",
        "an event of the unknown type `` was not read",
    ];
    assert_eq!(heard(&events).1.expect("is whole").warnings, expected);
}

proptest! {
    #[test]
    fn any_bytes_give_a_failure(bytes: Vec<u8>) {
        let mut stream = Stream::new(protocol("openai-responses").expect("is a protocol"));
        stream.push(&bytes);
        let (_, answer) = stream.finish(&HttpResponse { status: 200, headers: &Headers::default(), body: b"" });
        prop_assert!(answer.is_err());
    }
}
