//! The JSON shape of what production answered at the time.

use super::fields::{Field, Fields, Words};
use super::line::BadLine;
use super::message::{NEW_CALL, left_out, tool_call};
use crate::domain::{FAILURE_KINDS, FINISH_REASONS, Failure, FailureKind, FinishReason, Recorded, Response, Usage};

/// Words of the providers themselves for why an answer ended, with ours.
const FINISH_WORDS: Words = &[
    ("BLOCKLIST", "content_filter"),
    ("LANGUAGE", "content_filter"),
    ("MALFORMED_FUNCTION_CALL", "malformed_tool_call"),
    ("MAX_TOKENS", "length"),
    ("OTHER", "unknown"),
    ("PROHIBITED_CONTENT", "content_filter"),
    ("RECITATION", "content_filter"),
    ("SAFETY", "content_filter"),
    ("SPII", "content_filter"),
    ("STOP", "stop"),
    ("UNEXPECTED_TOOL_CALL", "malformed_tool_call"),
    ("completed", "stop"),
    ("end_turn", "stop"),
    ("eos", "stop"),
    ("eos_token", "stop"),
    ("failed", "error"),
    ("function_call", "tool_calls"),
    ("max_output_tokens", "length"),
    ("max_tokens", "length"),
    ("model_context_window_exceeded", "length"),
    ("model_length", "length"),
    ("pause_turn", "pause"),
    ("safety", "content_filter"),
    ("stop_sequence", "stop"),
    ("tool_call", "tool_calls"),
    ("tool_use", "tool_calls"),
];

/// Words of the providers themselves for what they count, with ours.
const USAGE_WORDS: Words = &[
    ("cache_creation_input_tokens", "cache_write_other_tokens"),
    ("cache_read_input_tokens", "cache_read_tokens"),
    ("cached_tokens", "cache_read_tokens"),
    ("candidatesTokenCount", "output_tokens"),
    ("completion_tokens", "output_tokens"),
    ("promptTokenCount", "input_tokens"),
    ("prompt_tokens", "input_tokens"),
    ("thoughtsTokenCount", "reasoning_tokens"),
];

/// Words of logs for the parts of an answer, with ours.
const ANSWER_WORDS: Words = &[
    ("content", "text"),
    ("duration_ms", "latency_ms"),
    ("error", "failure"),
    ("output", "text"),
    ("stop_reason", "finish_reason"),
    ("ttft_ms", "first_token_ms"),
];

const MILLISECONDS: &str = "a whole number of milliseconds";

pub(super) fn recorded(field: Field<'_>) -> Result<Recorded, BadLine> {
    let mut fields = field.object()?;
    let answer = answer(&mut fields)?;
    let failure = fields.take("failure").map(failure).transpose()?;
    let usage = fields.take("usage").map(usage).transpose()?;
    let (model, service_tier) = (fields.text("model")?, fields.text("service_tier")?);
    let latency_ms = fields.count("latency_ms", MILLISECONDS)?;
    let first_token_ms = fields.count("first_token_ms", MILLISECONDS)?;
    left_out(&mut fields, "function_call", NEW_CALL)?;
    fields.finish(ANSWER_WORDS)?;
    if let Some((first, whole)) = first_token_ms.zip(latency_ms).filter(|(first, whole)| first > whole) {
        return Err(BadLine {
            message: format!("`recorded.first_token_ms` is {first}, but must be at most the `latency_ms` of {whole}"),
            help: Some("both count from sending the request: to the first visible output, and to the end".to_owned()),
        });
    }
    let result = match (answer, failure) {
        (Some(_), Some(_)) => {
            return Err(BadLine::from("`recorded` has both an answer and a `failure`".to_owned()));
        }
        (None, None) => {
            return Err(BadLine {
                message: "`recorded` has neither an answer nor a `failure`".to_owned(),
                help: Some(
                    "give it `text`, `tool_calls` or `refusal`; leave `recorded` out when nothing was recorded".into(),
                ),
            });
        }
        (None, Some(failure)) => Err(failure),
        (Some(response), None) => Ok(response),
    };
    Ok(Recorded { result, usage, model, service_tier, latency_ms, first_token_ms })
}

/// What was answered, if anything of an answer is there.
fn answer(fields: &mut Fields<'_>) -> Result<Option<Response>, BadLine> {
    let text = fields.text("text")?;
    let tool_calls = fields.list("tool_calls")?.into_iter().map(tool_call).collect::<Result<Vec<_>, _>>()?;
    let refusal = fields.text("refusal")?;
    let reasons: Vec<(&str, FinishReason)> = FINISH_REASONS.iter().map(|row| (row.1, row.0)).collect();
    let finish_reason = fields.take("finish_reason").map(|field| field.one_of(&reasons, FINISH_WORDS)).transpose()?;
    if text.is_none() && tool_calls.is_empty() && refusal.is_none() && finish_reason.is_none() {
        return Ok(None);
    }
    let finish_reason = finish_reason.unwrap_or(FinishReason::Unknown);
    Ok(Some(Response { text: text.unwrap_or_default(), tool_calls, refusal, finish_reason, finish_raw: None }))
}

fn failure(field: Field<'_>) -> Result<Failure, BadLine> {
    let mut fields = field.object()?;
    let kinds: Vec<(&str, FailureKind)> = FAILURE_KINDS.iter().map(|row| (row.1, row.0)).collect();
    let kind = fields.require("kind")?.one_of(&kinds, &[])?;
    let message = fields.text("message")?.unwrap_or_default();
    fields.finish(&[("type", "kind")])?;
    Ok(Failure::local(kind, message, false))
}

fn usage(field: Field<'_>) -> Result<Usage, BadLine> {
    let mut fields = field.object()?;
    let mut count = |name| fields.count(name, "a whole number of tokens");
    let stated = Usage {
        input_tokens: count("input_tokens")?,
        uncached_input_tokens: count("uncached_input_tokens")?,
        cache_read_tokens: count("cache_read_tokens")?,
        cache_write_5m_tokens: count("cache_write_5m_tokens")?,
        cache_write_1h_tokens: count("cache_write_1h_tokens")?,
        cache_write_other_tokens: count("cache_write_other_tokens")?,
        output_tokens: count("output_tokens")?,
        reasoning_tokens: count("reasoning_tokens")?,
        input_audio_tokens: count("input_audio_tokens")?,
        output_audio_tokens: count("output_audio_tokens")?,
        web_search_requests: fields.count("web_search_requests", "a whole number of searches")?,
    };
    fields.finish(USAGE_WORDS)?;
    complete(stated)
}

/// The counts, with the uncached input worked out where the log gives the total and the parts alone.
fn complete(stated: Usage) -> Result<Usage, BadLine> {
    let Usage { cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_write_other_tokens, .. } =
        stated;
    if stated.input_tokens.or(stated.uncached_input_tokens).or(stated.output_tokens).is_none() {
        return Err(BadLine {
            message: "`recorded.usage` counts neither input nor output".to_owned(),
            help: Some("give it `input_tokens` and `output_tokens`; leave `usage` out when nothing was counted".into()),
        });
    }
    let parts = [cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_write_other_tokens];
    let cached = parts.into_iter().flatten().fold(0_u64, u64::saturating_add);
    let too_many = |part: u64, whole: u64, what: &str| BadLine {
        message: format!("`recorded.usage` counts {part} {what} tokens of {whole} in all"),
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
mod tests;
