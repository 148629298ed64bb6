//! A Chat Completions answer as a neutral reply.

use crate::domain::{Failure, FinishReason, Reply, Response, ToolCall, Usage};
use crate::provider::error;
use crate::provider::json::{Fields, Node};
use crate::provider::{Headers, HttpResponse, arguments, openai};

/// The provider's words for why an answer ended. Together says `eos`, vLLM `abort`.
const FINISH_REASONS: &[(&str, FinishReason)] = &[
    ("stop", FinishReason::Stop),
    ("eos", FinishReason::Stop),
    ("length", FinishReason::Length),
    ("tool_calls", FinishReason::ToolCalls),
    ("function_call", FinishReason::ToolCalls),
    ("content_filter", FinishReason::ContentFilter),
    ("abort", FinishReason::Error),
];

/// What the answer says.
pub(in crate::provider) fn decode(response: &HttpResponse<'_>) -> Result<Reply, Failure> {
    if !(200..=299).contains(&response.status) {
        return Err(openai::failure(response));
    }
    let text = String::from_utf8_lossy(response.body);
    let body = match Node::parse(&text) {
        Ok(node) => node.fields(),
        Err(reason) => return Err(error::unreadable(response, &format!("the answer is not whole JSON ({reason})"))),
    };
    if let Some(failure) = openai::error_in(response, &body) {
        return Err(failure);
    }
    let mut choices = body.elements("choices").into_iter().enumerate().map(read_choice).collect::<Option<Vec<_>>>();
    if let Some(choices) = &mut choices {
        choices.sort_by_key(|choice| choice.index);
    }
    let mut choices = choices.into_iter().flatten();
    let Some(first) = choices.next() else {
        return Err(error::unreadable(response, "the answer has no choice with a message"));
    };
    Ok(Reply {
        response: first.response,
        alternatives: choices.map(|choice| choice.response).collect(),
        reasoning_text: first.reasoning_text,
        stop_sequence: first.stop_sequence,
        usage: read_usage(&body.object("usage"), response.headers),
        model: body.string("model"),
        request_id: error::request_id(response.headers).or_else(|| body.string("id")),
        fingerprint: body.string("system_fingerprint"),
    })
}

/// One of the answers.
struct Choice {
    index: u64,
    response: Response,
    reasoning_text: Option<String>,
    stop_sequence: Option<String>,
}

/// The choice at a position of the list; `None` when it holds no message.
fn read_choice((position, choice): (usize, Node<'_>)) -> Option<Choice> {
    let choice = choice.fields();
    let message = choice.get("message").filter(|node| node.is_object())?.fields();
    let said = message.get("content").map(read_content).unwrap_or_default();
    let refusal = message.non_empty("refusal").or(said.refusal);
    let tool_calls = read_calls(&message);
    let finish_raw = choice.get("finish_reason").map(Node::string_or_text);
    Some(Choice {
        index: choice.count("index").unwrap_or(position as u64),
        response: Response {
            text: said.text,
            finish_reason: finish_reason(finish_raw.as_deref(), refusal.is_some(), !tool_calls.is_empty()),
            tool_calls,
            refusal,
            finish_raw,
        },
        // vLLM's older versions and llama.cpp use the longer name.
        reasoning_text: message.non_empty("reasoning").or_else(|| message.non_empty("reasoning_content")),
        // vLLM: the stop text that matched, or the number of a stop token, which is no text.
        stop_sequence: choice.string("stop_reason"),
    })
}

/// What the content of a message says.
#[derive(Default)]
struct Said {
    text: String,
    refusal: Option<String>,
}

/// Content is a string; some servers send a list of parts. Parts of unknown types are not text. Any other JSON is kept
/// as its text: it is what the model said.
fn read_content(content: Node<'_>) -> Said {
    if !content.text().starts_with('[') {
        return Said { text: content.string_or_text(), refusal: None };
    }
    let mut said = Said::default();
    for part in content.elements() {
        let fields = part.fields();
        if let Some(text) = part.string().or_else(|| fields.string("text")) {
            said.text.push_str(&text);
        }
        if let Some(refusal) = fields.non_empty("refusal") {
            said.refusal.get_or_insert_default().push_str(&refusal);
        }
    }
    said
}

/// The calls in the model's order; the deprecated `function_call` is one call without an id.
fn read_calls(message: &Fields<'_>) -> Vec<ToolCall> {
    let calls = message.elements("tool_calls");
    if calls.is_empty() {
        return message
            .get("function_call")
            .map(|call| read_call(None, &call.fields(), "arguments"))
            .into_iter()
            .collect();
    }
    let read = |call: Node<'_>| {
        let fields = call.fields();
        let id = fields.get("id").map(Node::string_or_text);
        match fields.get("custom") {
            Some(custom) => read_call(id, &custom.fields(), "input"),
            None => read_call(id, &fields.object("function"), "arguments"),
        }
    };
    calls.into_iter().map(read).collect()
}

fn read_call(id: Option<String>, function: &Fields<'_>, arguments: &str) -> ToolCall {
    ToolCall {
        id,
        // A call without a name is a call of no tool that was offered, and stays one.
        name: function.string("name").unwrap_or_default(),
        arguments: arguments::read(function.get(arguments)),
    }
}

/// A refusal in words is a refusal whatever the provider's word. Calls are inferred from a stop-like word only: an
/// answer that the limit cut inside a call stays cut.
fn finish_reason(raw: Option<&str>, refused: bool, calls: bool) -> FinishReason {
    if refused {
        return FinishReason::Refusal;
    }
    let known = raw.and_then(|raw| FINISH_REASONS.iter().find(|row| row.0 == raw));
    match known.map_or(FinishReason::Unknown, |row| row.1) {
        FinishReason::Stop if calls => FinishReason::ToolCalls,
        reason => reason,
    }
}

/// `prompt_tokens` includes cache reads and writes, `completion_tokens` includes reasoning. Together sends
/// `cached_tokens` flat, Fireworks sometimes in a header only.
fn read_usage(usage: &Fields<'_>, headers: &Headers) -> Option<Usage> {
    let input = usage.object("prompt_tokens_details");
    let output = usage.object("completion_tokens_details");
    let input_tokens = usage.count("prompt_tokens");
    let output_tokens = usage.count("completion_tokens");
    if input_tokens.is_none() && output_tokens.is_none() {
        return None;
    }
    let cache_read_tokens = input
        .count("cached_tokens")
        .or_else(|| usage.count("cached_tokens"))
        .or_else(|| headers.get("fireworks-cached-prompt-tokens")?.parse().ok());
    let cache_write_other_tokens = input.count("cache_write_tokens");
    // Parts that were not reported are not in the total either; parts above the total make the rest unknown.
    let cached = cache_read_tokens.unwrap_or(0).checked_add(cache_write_other_tokens.unwrap_or(0));
    Some(Usage {
        input_tokens,
        uncached_input_tokens: input_tokens.zip(cached).and_then(|(all, cached)| all.checked_sub(cached)),
        cache_read_tokens,
        cache_write_other_tokens,
        output_tokens,
        reasoning_tokens: output.count("reasoning_tokens"),
        input_audio_tokens: input.count("audio_tokens"),
        output_audio_tokens: output.count("audio_tokens"),
        ..Usage::default()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{Arguments, FailureKind};

    const ANSWER: &str = r#"{"id":"chatcmpl-1","model":"gpt-5.4-mini-2026-03-17","system_fingerprint":"fp_1",
        "choices":[{"index":0,"message":{"role":"assistant","content":"Näh\n\"x\" \u00e9\ud83d\ude00","tool_calls":[
        {"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\": 1.50}"}}]},
        "finish_reason":"tool_calls"}],
        "usage":{"prompt_tokens":11,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":4}}}"#;

    fn decoded(body: &str) -> Result<Reply, Failure> {
        decode(&HttpResponse { status: 200, headers: &Headers::default(), body: body.as_bytes() })
    }

    fn message(message: &str, finish: &str) -> Response {
        let body = format!(r#"{{"choices":[{{"message":{message},"finish_reason":{finish}}}]}}"#);
        decoded(&body).expect("is a reply").response
    }

    #[test]
    fn text_is_all_parts_joined_and_never_null() {
        let rows = [
            (r#"{"content":null}"#, ""),
            ("{}", ""),
            (r#"{"content":[]}"#, ""),
            (r#"{"content":[{"type":"text","text":"a"},{"type":"mystery"},{"type":"text","text":"b"},"c"]}"#, "abc"),
            (r#"{"content":{"ok":1.0}}"#, r#"{"ok":1.0}"#),
        ];
        for (wire, expected) in rows {
            assert_eq!(message(wire, "\"stop\"").text, expected, "{wire}");
        }
    }

    #[test]
    fn finish_reasons_map_and_unknown_ones_stay_verbatim() {
        let call = r#"{"tool_calls":[{"function":{"name":"f"}}]}"#;
        let plain = r#"{"content":"x"}"#;
        let rows = [
            (plain, "\"stop\"", FinishReason::Stop, Some("stop")),
            (call, "\"stop\"", FinishReason::ToolCalls, Some("stop")),
            (call, "\"eos\"", FinishReason::ToolCalls, Some("eos")),
            (call, "\"length\"", FinishReason::Length, Some("length")),
            (call, "null", FinishReason::Unknown, None),
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
    fn calls_keep_order_ids_and_every_digit() {
        let wire = r#"{"tool_calls":[
            {"id":"","type":"function","function":{"name":"a","arguments":{"n":12345678901234567890123}}},
            {"id":"x","type":"custom","custom":{"name":"b","input":"SELECT 1"}},
            {"id":"x","type":"function","function":{"arguments":"{}"}}],
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
    fn usage_that_was_not_reported_is_unknown() {
        let headers: Headers = [("Fireworks-Cached-Prompt-Tokens", "8")].into_iter().collect();
        let usage = |wire: &str, headers: &Headers| {
            let body = format!(r#"{{"choices":[{{"message":{{}}}}],"usage":{wire}}}"#);
            decode(&HttpResponse { status: 200, headers, body: body.as_bytes() }).expect("is a reply").usage
        };
        let none = Headers::default();
        assert_eq!(usage("null", &none), None);
        assert_eq!(usage("{}", &headers), None);
        let counts = |wire: &str, headers: &Headers| {
            let usage = usage(wire, headers).expect("is reported");
            [usage.input_tokens, usage.uncached_input_tokens, usage.cache_read_tokens, usage.cache_write_other_tokens]
        };
        let details =
            |cached| format!(r#"{{"prompt_tokens":10,"prompt_tokens_details":{{"cached_tokens":{cached}}}}}"#);
        assert_eq!(counts(&details(4), &headers), [Some(10), Some(6), Some(4), None]);
        assert_eq!(counts(&details(11), &headers), [Some(10), None, Some(11), None]);
        assert_eq!(counts(r#"{"prompt_tokens":10}"#, &headers), [Some(10), Some(2), Some(8), None]);
        let write = r#"{"prompt_tokens":10,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":3}}"#;
        assert_eq!(counts(write, &none), [Some(10), Some(3), Some(4), Some(3)]);
        assert_eq!(counts(r#"{"completion_tokens":1}"#, &none), [None; 4]);
    }

    #[test]
    fn ids_of_an_answer_come_from_header_and_body() {
        let reply = decoded(ANSWER).expect("is a reply");
        assert_eq!(reply.model.as_deref(), Some("gpt-5.4-mini-2026-03-17"));
        assert_eq!(reply.fingerprint.as_deref(), Some("fp_1"));
        assert_eq!(reply.request_id.as_deref(), Some("chatcmpl-1"));
        assert_eq!(reply.response.text, "Näh\n\"x\" é😀");
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
            (r#"{"error":{"message":"m","code":"insufficient_quota"}}"#, FailureKind::QuotaExceeded, false),
            (r#"{"error":{"message":"m","code":502}}"#, FailureKind::ServerError, true),
            (r#"{"error":"m","choices":[{"message":{}}]}"#, FailureKind::ServerError, true),
        ];
        for (body, kind, retryable) in rows {
            let failure = decoded(body).expect_err(body);
            assert_eq!((failure.kind, failure.retryable, failure.status), (kind, retryable, Some(200)), "{body}");
        }
        assert!(decoded(r#"{"error":null,"choices":[{"message":{}}]}"#).is_ok());
    }

    proptest! {
        #[test]
        fn any_bytes_with_any_status_give_a_reply_or_a_failure(status: u16, body: Vec<u8>) {
            let answer = decode(&HttpResponse { status, headers: &Headers::default(), body: &body });
            prop_assert!(answer.is_ok() || answer.is_err_and(|failure| failure.status == Some(status)));
        }

        #[test]
        fn a_cut_answer_is_a_failure_that_may_be_retried(cut in 0..ANSWER.len()) {
            let body = &ANSWER.as_bytes()[..cut];
            let answer = decode(&HttpResponse { status: 200, headers: &Headers::default(), body });
            prop_assert!(answer.is_err_and(|failure| failure.kind == FailureKind::StreamError && failure.retryable));
        }

        #[test]
        fn a_damaged_answer_gives_a_reply_or_a_failure(at in 0..ANSWER.len(), byte: u8) {
            let mut body = ANSWER.as_bytes().to_vec();
            body[at] = byte;
            let answer = decode(&HttpResponse { status: 200, headers: &Headers::default(), body: &body });
            prop_assert!(answer.is_ok() || answer.is_err_and(|failure| !failure.message.is_empty()));
        }
    }
}
