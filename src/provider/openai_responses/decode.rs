//! A Responses answer as a neutral reply.

use crate::domain::{FinishReason, Reply, Response, Usage};
use crate::provider::error::{self, ErrorFacts};
use crate::provider::json::{Fields, Node};
use crate::provider::{Broken, HttpResponse, openai};

use super::output::Output;

/// The provider's words for why an answer ended: its status, and the reason where there is one.
const FINISH_REASONS: &[(&str, FinishReason)] = &[
    ("completed", FinishReason::Stop),
    ("incomplete:max_output_tokens", FinishReason::Length),
    ("incomplete:content_filter", FinishReason::ContentFilter),
    ("failed", FinishReason::Error),
    ("cancelled", FinishReason::Error),
];

/// What the answer says.
pub(in crate::provider) fn decode(response: &HttpResponse<'_>) -> Result<Reply, Broken> {
    if !(200..=299).contains(&response.status) {
        return Err(openai::failure(response).into());
    }
    let text = String::from_utf8_lossy(response.body);
    let body = error::whole(response, &text)?.fields();
    if body.get("output").is_none_or(|output| !output.text().starts_with('[')) {
        let failure = openai::error_in(response, &body);
        return Err(failure.unwrap_or_else(|| error::unreadable(response, "the answer has no list of output")).into());
    }
    answer(response, &body, Output::of(&body.elements("output")))
}

/// The answer in the object of a whole response, whose items say `output`.
pub(super) fn answer(response: &HttpResponse<'_>, body: &Fields<'_>, output: Output) -> Result<Reply, Broken> {
    let reply = reply(response, body, output);
    let failure = openai::error_in(response, body).or_else(|| match reply.response.finish_raw.as_deref() {
        Some("failed") => {
            let message = Some("the response failed, and the provider does not say why".to_owned());
            Some(error::failure(response, ErrorFacts { message, ..ErrorFacts::default() }))
        }
        Some(status @ ("queued" | "in_progress")) => {
            Some(error::cut(response, &format!("the response is not complete: its status is `{status}`")))
        }
        _ => None,
    });
    match failure {
        None => Ok(reply),
        Some(failure) => {
            let response = Response { finish_reason: FinishReason::Error, ..reply.response };
            Err(Broken { failure, partial: Some(Box::new(Reply { response, ..reply })) })
        }
    }
}

/// What has arrived of a response that ended too early; `body` is its object as far as it was sent.
pub(super) fn partial(response: &HttpResponse<'_>, body: &Fields<'_>, output: Output) -> Reply {
    let reply = reply(response, body, output);
    Reply { response: Response { finish_reason: FinishReason::Error, finish_raw: None, ..reply.response }, ..reply }
}

fn reply(response: &HttpResponse<'_>, body: &Fields<'_>, output: Output) -> Reply {
    let finish_raw = finish_raw(body);
    Reply {
        response: Response {
            finish_reason: finish_reason(finish_raw.as_deref(), &output),
            text: output.text,
            tool_calls: output.tool_calls,
            refusal: output.refusal,
            finish_raw,
        },
        alternatives: Vec::new(),
        reasoning_text: output.reasoning_text,
        stop_sequence: None,
        usage: read_usage(&body.object("usage"), output.web_search_requests),
        model: body.string("model"),
        request_id: error::request_id(response.headers).or_else(|| body.string("id")),
        fingerprint: None,
        service_tier: body.string("service_tier"),
        warnings: output.warnings,
    }
}

/// The status, and after a colon the reason of an incomplete response.
fn finish_raw(body: &Fields<'_>) -> Option<String> {
    let status = body.get("status").map(Node::string_or_text)?;
    Some(match body.object("incomplete_details").non_empty("reason") {
        Some(reason) => format!("{status}:{reason}"),
        None => status,
    })
}

/// A refusal in words is a refusal however the response ended, unless the provider failed. Calls are inferred from
/// completion only: an answer that the limit cut inside a call stays cut.
fn finish_reason(raw: Option<&str>, output: &Output) -> FinishReason {
    let known = raw.and_then(|raw| FINISH_REASONS.iter().find(|row| row.0 == raw));
    match known.map_or(FinishReason::Unknown, |row| row.1) {
        FinishReason::Error => FinishReason::Error,
        _ if output.refusal.is_some() => FinishReason::Refusal,
        FinishReason::Stop if !output.tool_calls.is_empty() => FinishReason::ToolCalls,
        reason => reason,
    }
}

/// `input_tokens` includes cache reads and writes, `output_tokens` includes reasoning. Searches are items of the
/// output, not counts of the usage.
fn read_usage(usage: &Fields<'_>, web_search_requests: Option<u64>) -> Option<Usage> {
    let input_tokens = usage.count("input_tokens");
    let output_tokens = usage.count("output_tokens");
    if input_tokens.is_none() && output_tokens.is_none() {
        return None;
    }
    let input = usage.object("input_tokens_details");
    let cache_read_tokens = input.count("cached_tokens");
    let cache_write_other_tokens = input.count("cache_write_tokens");
    // Parts that were not reported are not in the total either; parts above the total make the rest unknown.
    let cached = cache_read_tokens.unwrap_or(0).checked_add(cache_write_other_tokens.unwrap_or(0));
    Some(Usage {
        input_tokens,
        uncached_input_tokens: input_tokens.zip(cached).and_then(|(all, cached)| all.checked_sub(cached)),
        cache_read_tokens,
        cache_write_other_tokens,
        output_tokens,
        reasoning_tokens: usage.object("output_tokens_details").count("reasoning_tokens"),
        web_search_requests,
        ..Usage::default()
    })
}
