//! The JSON shape of what production answered at the time.

use serde::Deserialize;

use super::line::BadLine;
use super::message::{RawToolCall, tool_call};
use crate::domain::{Failure, FailureKind, FinishReason, Recorded, Response, Usage};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRecorded {
    text: Option<String>,
    #[serde(default)]
    tool_calls: Vec<RawToolCall>,
    refusal: Option<String>,
    finish_reason: Option<FinishReason>,
    failure: Option<RawFailure>,
    usage: Option<Usage>,
    model: Option<String>,
    service_tier: Option<String>,
    latency_ms: Option<u64>,
    first_token_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFailure {
    kind: FailureKind,
    #[serde(default)]
    message: String,
}

pub(super) fn recorded(raw: RawRecorded) -> Result<Recorded, BadLine> {
    let usage = raw.usage.map(usage).transpose()?;
    let answered = raw.text.is_some() || !raw.tool_calls.is_empty() || raw.refusal.is_some();
    let result = match raw.failure {
        Some(_) if answered || raw.finish_reason.is_some() => {
            return Err(BadLine::from("`recorded` has both an answer and a `failure`".to_owned()));
        }
        Some(failure) => Err(Failure::local(failure.kind, failure.message, false)),
        None if !answered && raw.finish_reason.is_none() => {
            return Err(BadLine {
                message: "`recorded` has neither an answer nor a `failure`".to_owned(),
                help: Some(
                    "give it `text`, `tool_calls` or `refusal`; leave `recorded` out when nothing was recorded".into(),
                ),
            });
        }
        None => Ok(Response {
            text: raw.text.unwrap_or_default(),
            tool_calls: raw.tool_calls.into_iter().map(tool_call).collect(),
            refusal: raw.refusal,
            finish_reason: raw.finish_reason.unwrap_or(FinishReason::Unknown),
            finish_raw: None,
        }),
    };
    let RawRecorded { model, service_tier, latency_ms, first_token_ms, .. } = raw;
    Ok(Recorded { result, usage, model, service_tier, latency_ms, first_token_ms })
}

/// The counts, with the uncached input worked out where the log gives the total and the parts alone.
fn usage(stated: Usage) -> Result<Usage, BadLine> {
    let Usage { cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_write_other_tokens, .. } =
        stated;
    let parts = [cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_write_other_tokens];
    let cached = parts.into_iter().flatten().fold(0_u64, u64::saturating_add);
    let too_many = |part: u64, whole: u64, what: &str| BadLine {
        message: format!("`usage` of `recorded` counts {part} {what} tokens of {whole} in all"),
        help: Some("`input_tokens` includes what was cached, `output_tokens` includes reasoning".to_owned()),
    };
    if let Some((reasoning, output)) =
        stated.reasoning_tokens.zip(stated.output_tokens).filter(|(part, all)| part > all)
    {
        return Err(too_many(reasoning, output, "reasoning"));
    }
    match (stated.input_tokens, stated.uncached_input_tokens) {
        (Some(input), None) if cached > input => Err(too_many(cached, input, "cached")),
        (Some(input), None) => Ok(Usage { uncached_input_tokens: Some(input - cached), ..stated }),
        (None, Some(uncached)) => Ok(Usage { input_tokens: uncached.checked_add(cached), ..stated }),
        (Some(input), Some(uncached)) if uncached.saturating_add(cached) != input => {
            Err(too_many(uncached.saturating_add(cached), input, "uncached and cached"))
        }
        (Some(_), Some(_)) | (None, None) => Ok(stated),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(value: &Value) -> Result<Recorded, BadLine> {
        recorded(serde_json::from_str(&value.to_string()).expect("has the shape"))
    }

    #[test]
    fn an_answer_keeps_its_finish_and_gets_its_uncached_input() {
        let call = json!({"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}});
        let found = read(&json!({
            "text": "hi", "tool_calls": [call], "finish_reason": "tool_calls", "model": "m", "latency_ms": 5,
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
    fn what_cannot_be_is_said() {
        let rows = [
            (json!({}), "`recorded` has neither an answer nor a `failure`"),
            (json!({"text": "x", "failure": {"kind": "timeout"}}), "`recorded` has both an answer and a `failure`"),
            (
                json!({"text": "x", "usage": {"input_tokens": 3, "cache_read_tokens": 4}}),
                "`usage` of `recorded` counts 4 cached tokens of 3 in all",
            ),
            (
                json!({"text": "x", "usage": {"input_tokens": 3, "uncached_input_tokens": 1, "cache_read_tokens": 1}}),
                "`usage` of `recorded` counts 2 uncached and cached tokens of 3 in all",
            ),
            (
                json!({"text": "x", "usage": {"output_tokens": 3, "reasoning_tokens": 5}}),
                "`usage` of `recorded` counts 5 reasoning tokens of 3 in all",
            ),
        ];
        for (given, message) in rows {
            assert_eq!(read(&given).expect_err("is wrong").message, message);
        }
    }
}
