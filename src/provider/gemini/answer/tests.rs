//! Tests of gathering an answer.

use super::*;
use crate::domain::Arguments;

/// What the events say together.
fn answer(events: &[&str]) -> Answer {
    let mut answer = Answer::default();
    for event in events {
        answer.take(&Node::parse(event).expect("is JSON").fields());
    }
    answer
}

fn reply(events: &[&str]) -> Reply {
    answer(events).reply(&Headers::default())
}

fn candidate(rest: &str) -> String {
    format!(r#"{{"candidates":[{{{rest}}}]}}"#)
}

#[test]
fn finish_reasons_map_and_unknown_ones_stay_verbatim() {
    let call = r#""content":{"parts":[{"functionCall":{"name":"f"}}]},"#;
    let rows = [
        ("", "\"STOP\"", FinishReason::Stop),
        (call, "\"STOP\"", FinishReason::ToolCalls),
        (call, "\"MAX_TOKENS\"", FinishReason::Length),
        ("", "\"CONTINUATION\"", FinishReason::Length),
        ("", "\"SAFETY\"", FinishReason::ContentFilter),
        ("", "\"RECITATION\"", FinishReason::ContentFilter),
        ("", "\"LANGUAGE\"", FinishReason::ContentFilter),
        ("", "\"BLOCKLIST\"", FinishReason::ContentFilter),
        ("", "\"PROHIBITED_CONTENT\"", FinishReason::ContentFilter),
        ("", "\"SPII\"", FinishReason::ContentFilter),
        ("", "\"IMAGE_SAFETY\"", FinishReason::ContentFilter),
        ("", "\"ESCALATION\"", FinishReason::ContentFilter),
        ("", "\"MODEL_ARMOR\"", FinishReason::ContentFilter),
        (call, "\"MALFORMED_FUNCTION_CALL\"", FinishReason::MalformedToolCall),
        ("", "\"UNEXPECTED_TOOL_CALL\"", FinishReason::MalformedToolCall),
        ("", "\"MALFORMED_RESPONSE\"", FinishReason::Error),
        ("", "\"TOO_MANY_TOOL_CALLS\"", FinishReason::Error),
        ("", "\"MISSING_THOUGHT_SIGNATURE\"", FinishReason::Error),
        ("", "\"OTHER\"", FinishReason::Unknown),
        ("", "\"FINISH_REASON_UNSPECIFIED\"", FinishReason::Unknown),
        ("", "\"NEW_WORD\"", FinishReason::Unknown),
        (call, "7", FinishReason::Unknown),
        (call, "null", FinishReason::Unknown),
        ("", "\"\"", FinishReason::Unknown),
    ];
    for (content, raw, expected) in rows {
        let response = reply(&[&candidate(&format!(r#"{content}"finishReason":{raw}"#))]).response;
        let word = raw.trim_matches('"');
        let kept = (!matches!(word, "null" | "")).then_some(word);
        assert_eq!((response.finish_reason, response.finish_raw.as_deref()), (expected, kept), "{raw}");
    }
}

#[test]
fn a_blocked_prompt_is_the_reason_of_what_has_none() {
    let blocked = r#"{"promptFeedback":{"blockReason":"OTHER"}}"#;
    let rows = [
        (vec![blocked], Some("prompt:OTHER"), FinishReason::ContentFilter),
        (vec![r#"{"candidates":[{}]}"#, blocked], Some("prompt:OTHER"), FinishReason::ContentFilter),
        (vec![r#"{"candidates":[{"finishReason":"STOP"}]}"#, blocked], Some("STOP"), FinishReason::Stop),
    ];
    for (events, raw, finish) in rows {
        assert!(answer(&events).is_whole() && answer(&events).says_something(), "{events:?}");
        let response = reply(&events).response;
        assert_eq!((response.finish_raw.as_deref(), response.finish_reason), (raw, finish), "{events:?}");
    }
    assert!(!answer(&[r#"{"promptFeedback":{"safetyRatings":[]}}"#]).says_something());
}

#[test]
fn pieces_join_to_the_answer_that_came_whole() {
    let whole = r#"{"candidates":[{"content":{"parts":[{"text":"Let me ","thought":true},{"text":"see.","thought":true},
        {"text":"a\u00e9"},{"text":"b","thought":false},{"functionCall":{"name":"f","id":"1","args":{"n":1.50}}}]},
        "finishReason":"STOP"},{"index":1,"content":{"parts":[{"text":"other"}]},"finishReason":"MAX_TOKENS"}],
        "usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":4,"serviceTier":"flex"},
        "modelVersion":"m","responseId":"r"}"#;
    let pieces = [
        r#"{"candidates":[{"content":{"parts":[{"text":"Let me ","thought":true}]}}],
            "usageMetadata":{"promptTokenCount":9,"thoughtsTokenCount":1},"modelVersion":"m","responseId":"r"}"#,
        r#"{"candidates":[{"index":1,"content":{"parts":[{"text":"oth"}]}},
            {"content":{"parts":[{"text":"see.","thought":true},{"text":"aé"}]}}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"b"},{"functionCall":{"name":"f","id":"1","args":{"n":1.50}}}]},
            "finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3}}"#,
        r#"{"candidates":[{"index":1,"content":{"parts":[{"text":"er"}]},"finishReason":"MAX_TOKENS"},
            {"finishReason":"FINISH_REASON_UNSPECIFIED"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":4}}"#,
        r#"{"usageMetadata":{"serviceTier":"flex"}}"#,
    ];
    let joined = reply(&pieces);
    assert_eq!(joined, reply(&[whole]));
    assert_eq!((joined.response.text.as_str(), joined.alternatives[0].text.as_str()), ("aéb", "other"));
    assert_eq!(joined.reasoning_text.as_deref(), Some("Let me see."));
    assert_eq!(joined.response.tool_calls[0].arguments, Arguments::Object(r#"{"n":1.50}"#.to_owned()));
    assert_eq!(joined.usage.and_then(|usage| usage.output_tokens), Some(4));
    let ends: Vec<_> = (1..=pieces.len()).map(|count| answer(&pieces[..count]).is_whole()).collect();
    assert_eq!(ends, [false, false, false, true, true]);
}

#[test]
fn calls_keep_order_and_ids_and_are_never_repaired() {
    let parts = r#"[{"functionCall":{"name":"a"}},{"functionCall":{"id":"","name":"b","args":null}},
        {"functionCall":{"id":"x","name":"c","args":{"n":12345678901234567890123}}},
        {"functionCall":{"id":"x","args":[1]}},{"functionCall":"odd"}]"#;
    let calls = reply(&[&candidate(&format!(r#""content":{{"parts":{parts}}}"#))]).response.tool_calls;
    let object = |text: &str| Arguments::Object(text.to_owned());
    let expected = [
        (None, "a", object("{}")),
        (Some(""), "b", object("{}")),
        (Some("x"), "c", object(r#"{"n":12345678901234567890123}"#)),
        (Some("x"), "", Arguments::Malformed("[1]".to_owned())),
        (None, "", object("{}")),
    ];
    let found: Vec<_> =
        calls.iter().map(|call| (call.id.as_deref(), call.name.as_str(), call.arguments.clone())).collect();
    assert_eq!(found, expected);
}

#[test]
fn candidates_of_one_event_stay_apart_without_any_index() {
    let two = r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}},null,{"content":{"parts":[{"text":"b"}]}}]}"#;
    let reply = reply(&[two]);
    assert_eq!((reply.response.text.as_str(), reply.alternatives.len()), ("a", 1));
    assert_eq!(reply.alternatives[0].text, "b");
}

#[test]
fn parts_of_unknown_types_are_named_once_and_never_quoted() {
    let parts = r#"[{"executableCode":{"code":"secret"}},{"thoughtSignature":"s"},{"text":"a","thoughtSignature":"s"},
        {"thought":true,"hologram":1},{"executableCode":{"code":"secret"}},7]"#;
    let reply = reply(&[&candidate(&format!(r#""content":{{"parts":{parts}}}"#))]);
    assert_eq!(
        reply.warnings,
        [
            "a part of the unknown type `executableCode` is left out",
            "a part of the unknown type `hologram` is left out"
        ]
    );
    assert_eq!(reply.response.text, "a");
}

#[test]
fn searches_are_counted_over_all_candidates_and_unknown_when_none_is_listed() {
    let usage = r#""usageMetadata":{"promptTokenCount":1}"#;
    let listed = |queries: &str| format!(r#"{{"groundingMetadata":{queries}}}"#);
    let rows = [
        (listed(r#"{"webSearchQueries":["a","b"]}"#) + ",{\"index\":1}", Some(2)),
        (listed(r#"{"webSearchQueries":["a"]}"#) + "," + &listed(r#"{"webSearchQueries":["b"]}"#), Some(2)),
        (listed(r#"{"webSearchQueries":[]}"#), Some(0)),
        (listed("{}"), None),
        ("{}".to_owned(), None),
    ];
    for (candidates, expected) in rows {
        let reply = reply(&[&format!(r#"{{"candidates":[{candidates}],{usage}}}"#)]);
        assert_eq!(reply.usage.expect("is reported").web_search_requests, expected, "{candidates}");
    }
    // A list that comes again stands for the one before it; an event without one changes nothing.
    let [one, two] = ["[\"a\"]", "[\"a\",\"b\"]"]
        .map(|list| candidate(&format!(r#""groundingMetadata":{{"webSearchQueries":{list}}}"#)));
    let reply =
        reply(&[&one, &two, r#"{"candidates":[{"groundingMetadata":{}}],"usageMetadata":{"promptTokenCount":1}}"#]);
    assert_eq!(reply.usage.expect("is reported").web_search_requests, Some(2));
}

#[test]
fn ids_and_tier_come_from_header_and_body() {
    let event =
        r#"{"candidates":[{}],"responseId":"r","usageMetadata":{"promptTokenCount":1,"trafficType":"ON_DEMAND"}}"#;
    let plain = reply(&[event]);
    assert_eq!((plain.request_id.as_deref(), plain.service_tier.as_deref()), (Some("r"), Some("ON_DEMAND")));
    let headers: Headers = [("X-Gemini-Service-Tier", "priority"), ("x-request-id", "h")].into_iter().collect();
    let served = answer(&[event]).reply(&headers);
    assert_eq!((served.request_id.as_deref(), served.service_tier.as_deref()), (Some("h"), Some("priority")));
}

#[test]
fn an_answer_that_says_something_took_tokens() {
    let said = r#"{"content":{"parts":[{"text":"a"}]}}"#;
    let called = r#"{},{"index":1,"content":{"parts":[{"functionCall":{"name":"f"}}]}}"#;
    let silent = r#"{"content":{"parts":[{"text":"a","thought":true},{"text":""}]}}"#;
    let rows = [
        (said, "", None),
        (called, "", None),
        (said, r#","thoughtsTokenCount":3"#, None),
        (said, r#","thoughtsTokenCount":3,"candidatesTokenCount":1"#, Some(4)),
        (silent, "", Some(0)),
        (silent, r#","thoughtsTokenCount":3"#, Some(3)),
    ];
    for (candidates, counts, expected) in rows {
        let event = format!(r#"{{"candidates":[{candidates}],"usageMetadata":{{"promptTokenCount":1{counts}}}}}"#);
        assert_eq!(reply(&[&event]).usage.expect("is reported").output_tokens, expected, "{event}");
    }
}
