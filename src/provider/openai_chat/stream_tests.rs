//! What the chunks of a stream mean: shapes that no conformance fixture shows.

use super::assemble;
use crate::domain::{Arguments, FailureKind, FinishReason, Reply, ToolCall};
use crate::provider::{Broken, Headers, Heard, HttpResponse};

const STOP: &str = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;

/// What each event brought, and the answer of all of them.
fn heard(events: &[&str]) -> (Vec<Heard>, Result<Reply, Broken>) {
    let mut assembly = assemble();
    let heard = events.iter().map(|event| assembly.event(event)).collect();
    let headers: Headers = [("x-request-id", "req_1")].into_iter().collect();
    (heard, assembly.finish(&HttpResponse { status: 200, headers: &headers, body: b"" }))
}

fn reply(events: &[&str]) -> Reply {
    heard(events).1.unwrap_or_else(|broken| panic!("{events:?}: {broken:?}"))
}

fn broken(events: &[&str]) -> Broken {
    heard(events).1.expect_err(&events.join("\n"))
}

fn delta(delta: &str) -> String {
    format!(r#"{{"choices":[{{"index":0,"delta":{delta},"finish_reason":null}}]}}"#)
}

/// A stream of these deltas that ends well.
fn of_deltas(deltas: &[&str]) -> Reply {
    let events: Vec<_> = deltas.iter().map(|one| delta(one)).collect();
    let events: Vec<_> = events.iter().map(String::as_str).chain([STOP, "[DONE]"]).collect();
    reply(&events)
}

/// A stream of these pieces of tool calls, each list a delta of its own.
fn calls(pieces: &[&str]) -> Vec<ToolCall> {
    let deltas: Vec<_> = pieces.iter().map(|piece| format!(r#"{{"tool_calls":[{piece}]}}"#)).collect();
    of_deltas(&deltas.iter().map(String::as_str).collect::<Vec<_>>()).response.tool_calls
}

fn call(id: Option<&str>, name: &str, arguments: &str) -> ToolCall {
    ToolCall { id: id.map(str::to_owned), name: name.to_owned(), arguments: Arguments::Object(arguments.to_owned()) }
}

#[test]
fn arguments_that_are_no_object_stay_as_they_came() {
    let found = calls(&[r#"{"index":0,"function":{"name":"f","arguments":"{\"a\": "}}"#]);
    assert_eq!(found[0].arguments, Arguments::Malformed("{\"a\": ".to_owned()));
}

#[test]
fn the_deprecated_call_comes_in_pieces_too() {
    let deltas = [r#"{"function_call":{"name":"f","arguments":""}}"#, r#"{"function_call":{"arguments":"{\"x\":1}"}}"#];
    let response = of_deltas(&deltas).response;
    assert_eq!(response.tool_calls, [call(None, "f", r#"{"x":1}"#)]);
    assert_eq!(response.finish_reason, FinishReason::ToolCalls);
}

#[test]
fn only_what_a_user_would_see_is_visible() {
    let rows = [
        (r#"{"role":"assistant"}"#, false, false),
        (r#"{"role":"assistant","content":"","refusal":""}"#, false, false),
        (r#"{"content":null,"tool_calls":[]}"#, false, false),
        (r#"{"content":[{"type":"text","text":""},{"type":"mystery","text":"x"}]}"#, false, false),
        (r#"{"tool_calls":[{"index":0,"type":"mystery"}]}"#, false, false),
        (r#"{"reasoning":"hm"}"#, false, true),
        (r#"{"reasoning_content":"hm","content":"x"}"#, true, true),
        (r#"{"content":[{"type":"text","text":"x"}]}"#, true, false),
        (r#"{"refusal":"No"}"#, true, false),
        (r#"{"content":[{"type":"refusal","refusal":"No"}]}"#, true, false),
        (r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]}"#, true, false),
        (r#"{"function_call":{"name":"f"}}"#, true, false),
    ];
    for (wire, visible, reasoning) in rows {
        assert_eq!(heard(&[&delta(wire)]).0, [Heard { visible, reasoning, done: false }], "{wire}");
    }
    let piece = delta(r#"{"tool_calls":[{"index":0,"function":{"arguments":"{"}}]}"#);
    let visible: Vec<_> = heard(&[&piece, &piece]).0.iter().map(|heard| heard.visible).collect();
    assert_eq!(visible, [true, false]);
    let nothing = Heard::default();
    let events = ["", " ", r#"{"choices":[],"prompt_filter_results":[],"id":"","model":""}"#, "{}", "[", "[DONE]\r"];
    assert_eq!(heard(&events).0, [nothing, nothing, nothing, nothing, nothing, Heard { done: true, ..nothing }]);
}

#[test]
fn words_come_in_pieces_and_parts() {
    let deltas = [
        r#"{"role":"assistant","content":"","refusal":null,"reasoning":"a","reasoning_content":"a"}"#,
        r#"{"reasoning_content":"b"}"#,
        r#"{"content":[{"type":"text","text":"1"},{"type":"mystery"}]}"#,
        r#"{"content":"2"}"#,
        r#"{"content":[{"type":"mystery"}]}"#,
    ];
    let reply = of_deltas(&deltas);
    assert_eq!((reply.response.text.as_str(), reply.reasoning_text.as_deref()), ("12", Some("ab")));
    assert_eq!(reply.warnings, [r#"a content part of the unknown type "mystery""#]);
    let refused = of_deltas(&[r#"{"refusal":"N"}"#, r#"{"content":[{"type":"refusal","refusal":"o"}]}"#]).response;
    assert_eq!((refused.refusal.as_deref(), refused.finish_reason), (Some("No"), FinishReason::Refusal));
}

#[test]
fn facts_beside_the_choices_are_the_last_that_say_something() {
    let reply = reply(&[
        r#"{"id":"","model":"","choices":[],"prompt_filter_results":[{"prompt_index":0}]}"#,
        r#"{"id":"c","model":"m-1","service_tier":"auto","system_fingerprint":"fp",
            "choices":[{"index":0,"delta":{"content":"x"}}],"usage":{"prompt_tokens":3,"completion_tokens":1}}"#,
        r#"{"id":"c","service_tier":"flex",
            "choices":[{"index":0,"delta":{},"finish_reason":"length","stop_reason":"END"}],
            "usage":{"prompt_tokens":3,"completion_tokens":2}}"#,
        r#"{"id":"c","choices":[{"index":0,"delta":{"content":"y"},"finish_reason":""}],"usage":{}}"#,
        r#"{"usage":null,"object":"chat.completion.chunk"}"#,
        "[DONE]",
    ]);
    assert_eq!((reply.response.text.as_str(), reply.response.finish_raw.as_deref()), ("xy", Some("length")));
    assert_eq!(reply.usage.and_then(|usage| usage.output_tokens), Some(2));
    assert_eq!((reply.model.as_deref(), reply.fingerprint.as_deref()), (Some("m-1"), Some("fp")));
    assert_eq!((reply.service_tier.as_deref(), reply.stop_sequence.as_deref()), (Some("flex"), Some("END")));
    assert_eq!((reply.request_id.as_deref(), reply.warnings), (Some("req_1"), Vec::new()));
}

#[test]
fn headers_complete_the_usage_of_a_stream() {
    let mut assembly = assemble();
    assembly.event(r#"{"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10}}"#);
    let headers: Headers = [("fireworks-cached-prompt-tokens", "8")].into_iter().collect();
    let reply = assembly.finish(&HttpResponse { status: 200, headers: &headers, body: b"" }).expect("is whole");
    assert_eq!(reply.usage.and_then(|usage| usage.uncached_input_tokens), Some(2));
}

#[test]
fn several_choices_come_mixed_and_each_must_end() {
    let b = r#"{"choices":[{"index":1,"delta":{"content":"b"}}]}"#;
    let a = r#"{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}"#;
    let b_ends = r#"{"choices":[{"index":1,"delta":{"content":"b"},"finish_reason":"length"}]}"#;
    let reply = reply(&[b, a, b_ends]);
    assert_eq!(reply.response.text, "a");
    assert_eq!((reply.alternatives[0].text.as_str(), reply.alternatives.len()), ("bb", 1));
    assert_eq!(reply.alternatives[0].finish_reason, FinishReason::Length);
    let partial = broken(&[b, a]).partial.expect("something came");
    assert_eq!((partial.response.text.as_str(), partial.alternatives[0].text.as_str()), ("a", "b"));
}

#[test]
fn a_whole_message_in_a_chunk_says_nothing_twice() {
    let whole =
        r#"{"object":"chat.completion","choices":[{"index":0,"message":{"content":"xy"},"finish_reason":"stop"}]}"#;
    assert_eq!(reply(&[whole]).response.text, "xy");
    assert_eq!(reply(&[&delta(r#"{"content":"x"}"#), &delta(r#"{"content":"y"}"#), whole]).response.text, "xy");
    let late = reply(&[STOP, r#"{"choices":[{"index":0,"message":{"content":"xy"}}]}"#]).response;
    assert_eq!((late.text.as_str(), late.finish_reason), ("xy", FinishReason::Stop));
}

#[test]
fn an_error_in_any_shape_ends_the_stream_and_keeps_what_came() {
    let x = delta(r#"{"content":"x"}"#);
    let errors = [
        r#"{"error":{"message":"m","type":"server_error","code":null}}"#,
        r#"{"error":"m"}"#,
        r#"[{"error":{"message":"m"}}]"#,
        r#"{"object":"error","message":"m","type":"InternalServerError","code":500}"#,
        r#"{"detail":"m"}"#,
        r#""m""#,
        r#"{"id":"c","error":{"message":"m","code":502},
            "choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}"#,
    ];
    for error in errors {
        let usage = r#"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#;
        for before in [None, Some("{\"cut"), Some(STOP)] {
            let events: Vec<_> =
                std::iter::once(x.as_str()).chain(before).chain([error, &x, usage, "[DONE]"]).collect();
            let Broken { failure, partial } = broken(&events);
            assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::ServerError, "m"), "{events:?}");
            assert_eq!((failure.status, failure.request_id.as_deref()), (Some(200), Some("req_1")));
            let Reply { response, usage, .. } = *partial.expect("something came");
            assert_eq!((response.text.as_str(), response.finish_reason), ("x", FinishReason::Error), "{events:?}");
            assert_eq!((response.finish_raw, usage.and_then(|usage| usage.output_tokens)), (None, Some(2)));
        }
        assert_eq!(broken(&[error]).partial, None, "{error}");
    }
    for harmless in [r#"{"error":null,"usage":null}"#, r#"{"choices":[],"message":"m","error":{}}"#] {
        assert_eq!(reply(&[&x, harmless, STOP]).response.text, "x", "{harmless}");
    }
}

#[test]
fn a_stream_is_whole_once_every_choice_has_ended() {
    let x = delta(r#"{"content":"x"}"#);
    let usage = r#"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#;
    let rows: [(&[&str], bool, Option<&str>); 12] = [
        (&[&x, STOP], true, None),
        (&[&x, STOP, "[DONE]"], true, None),
        (&[&x, "[DONE]"], true, None),
        (&[&x, STOP, r#"{"choices":[],"usa"#], true, None),
        (&[&x, STOP, "[DO"], true, None),
        (&[&x], false, Some("x")),
        (&[&x, usage], false, Some("x")),
        (&[&x, r#"{"choices":[{"#, STOP, "[DONE]"], false, Some("x")),
        (&[usage], false, Some("")),
        (&[], false, None),
        (&["[DONE]"], false, None),
        (&["{}", r#"{"choices":[null]}"#, "[DONE]"], false, None),
    ];
    for (events, whole, text) in rows {
        match heard(events).1 {
            Ok(reply) => assert!(whole && reply.response.text == "x", "{events:?}"),
            Err(Broken { failure, partial }) => {
                assert!(!whole && failure.kind == FailureKind::StreamError && failure.retryable, "{events:?}");
                let partial = partial.as_deref().map(|partial| partial.response.text.as_str());
                assert_eq!(partial, text, "{events:?}");
            }
        }
    }
    assert_eq!(reply(&[&x, "[DONE]"]).response.finish_reason, FinishReason::Unknown);
}

#[test]
fn an_event_of_an_unknown_type_is_told_once() {
    let x = delta(r#"{"content":"x"}"#);
    let events = [r#"{"type":"ping"}"#, &x, r#"{"type":"ping"}"#, r#"{"object":"note"}"#, "7", STOP];
    assert_eq!(
        reply(&events).warnings,
        [r#"an event of the unknown type "ping""#, r#"an event of the unknown type "note""#, "an event without a type"]
    );
}
