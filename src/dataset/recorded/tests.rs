use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::*;

fn read(value: &Value) -> Result<Recorded, BadLine> {
    let text = value.to_string();
    let raw: &RawValue = serde_json::from_str(&text).expect("is JSON");
    recorded(Field::at("recorded", raw))
}

#[test]
fn an_answer_keeps_its_finish_and_gets_its_uncached_input() {
    let call = json!({"id": "c1", "type": "function", "function": {"name": "f", "arguments": {"a": 1}}});
    let found = read(&json!({
        "text": "hi", "tool_calls": [call], "finish_reason": "tool_calls", "model": "m", "latency_ms": 5,
        "first_token_ms": 5, "function_call": null,
        "usage": {"input_tokens": 10, "cache_read_tokens": 4, "output_tokens": 3}}))
    .expect("is read");
    let response = found.result.expect("is an answer");
    assert_eq!((response.text.as_str(), response.tool_calls[0].name.as_str()), ("hi", "f"));
    assert_eq!((response.finish_reason, found.latency_ms), (FinishReason::ToolCalls, Some(5)));
    assert_eq!(found.usage.expect("is known").uncached_input_tokens, Some(6));
    assert_eq!(
        read(&json!({"text": ""})).expect("is read").result.expect("an answer").finish_reason,
        FinishReason::Unknown
    );
    let failed = read(&json!({"failure": {"kind": "rate_limit"}})).expect("is read");
    assert_eq!(failed.result.expect_err("failed").kind, FailureKind::RateLimit);
}

#[test]
fn every_count_is_read_from_its_own_field() {
    let given = json!({"input_tokens": 15, "uncached_input_tokens": 1, "cache_read_tokens": 2,
        "cache_write_5m_tokens": 3, "cache_write_1h_tokens": 4, "cache_write_other_tokens": 5, "output_tokens": 8,
        "reasoning_tokens": 6, "input_audio_tokens": 7, "output_audio_tokens": 9, "web_search_requests": 10});
    let usage = read(&json!({"text": "x", "usage": given})).expect("is read").usage;
    assert_eq!(serde_json::to_value(usage).expect("serializes"), given);
}

#[test]
fn a_word_of_a_provider_is_explained() {
    for (word, ours) in FINISH_WORDS {
        let bad = read(&json!({"text": "x", "finish_reason": word})).expect_err("is not ours");
        let allowed = "`stop`, `length`, `tool_calls`, `content_filter`, `refusal`, `pause`, `malformed_tool_call`, \
                       `error`, `unknown`";
        assert_eq!(bad.message, format!("`recorded.finish_reason` is \"{word}\", but must be one of {allowed}"));
        assert_eq!(bad.help, Some(format!("`{word}` is `{ours}` here")));
        assert!(FinishReason::from_name(ours).is_some() && FinishReason::from_name(word).is_none(), "{word}");
    }
    for (word, ours) in USAGE_WORDS {
        let bad = read(&json!({"text": "x", "usage": {*word: 1}})).expect_err("is not ours");
        assert_eq!(bad.message, format!("unknown field `{word}` in `recorded.usage`"));
        assert_eq!(bad.help, Some(format!("`{word}` is `{ours}` here")));
        assert!(
            read(&json!({"text": "x", "usage": {"output_tokens": 1, *ours: 1}}))
                .is_ok_and(|found| found.usage.is_some())
        );
    }
}

#[test]
fn what_cannot_be_is_said() {
    let usage = |usage: Value| json!({"text": "x", "usage": usage});
    let tokens = "a whole number of tokens";
    let rows = [
        (json!({}), "`recorded` has neither an answer nor a `failure`"),
        (json!([1]), "`recorded` is a list, but must be an object"),
        (json!({"text": 7}), "`recorded.text` is 7, but must be a text"),
        (json!({"content": "x"}), "unknown field `content` in `recorded`"),
        (
            json!({"text": "x", "function_call": {}, "latency_ms": -1}),
            "`recorded.latency_ms` is -1, but must be a whole number of milliseconds",
        ),
        (json!({"function_call": {"name": "f"}}), "`recorded.function_call` is an object, but must be empty"),
        (
            json!({"text": "x", "first_token_ms": 6, "latency_ms": 5}),
            "`recorded.first_token_ms` is 6, but must be at most the `latency_ms` of 5",
        ),
        (json!({"text": "x", "failure": {"kind": "timeout"}}), "`recorded` has both an answer and a `failure`"),
        (json!({"failure": {}}), "`recorded.failure` lacks `kind`"),
        (
            json!({"tool_calls": [{"function": {"name": "f", "arguments": 1}}]}),
            "`recorded.tool_calls[0].function.arguments` is 1, but must be a text of JSON, or an object",
        ),
        (usage(json!({})), "`recorded.usage` counts neither input nor output"),
        (usage(json!({"reasoning_tokens": 3})), "`recorded.usage` counts neither input nor output"),
        (usage(json!({"input_tokens": "3"})), &format!("`recorded.usage.input_tokens` is \"3\", but must be {tokens}")),
        (
            usage(json!({"input_tokens": 3, "cache_read_tokens": 4})),
            "`recorded.usage` counts 4 cached tokens of 3 in all",
        ),
        (
            usage(json!({"input_tokens": 3, "uncached_input_tokens": 1, "cache_read_tokens": 1})),
            "`recorded.usage` counts 2 uncached and cached tokens of 3 in all",
        ),
        (
            usage(json!({"output_tokens": 3, "reasoning_tokens": 5})),
            "`recorded.usage` counts 5 reasoning tokens of 3 in all",
        ),
    ];
    for (given, message) in rows {
        assert_eq!(read(&given).expect_err("is wrong").message, message);
    }
    let kind = read(&json!({"failure": {"kind": "rate_limited"}})).expect_err("is wrong").message;
    assert!(
        kind.starts_with("`recorded.failure.kind` is \"rate_limited\", but must be one of `rate_limit`, "),
        "{kind}"
    );
}
