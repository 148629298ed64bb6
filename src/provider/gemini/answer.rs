//! What the model says, gathered from one `GenerateContentResponse` or from the many of a stream, whose parts are pieces.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;

use super::usage;
use crate::domain::{FinishReason, Reply, Response, ToolCall, Usage};
use crate::provider::json::{Fields, Node};
use crate::provider::{Headers, Heard, arguments, error};

/// Gemini's words for why an answer ended. Those that begin with `IMAGE_` are filters too.
const FINISH_REASONS: &[(&str, FinishReason)] = &[
    ("STOP", FinishReason::Stop),
    ("MAX_TOKENS", FinishReason::Length),
    ("CONTINUATION", FinishReason::Length),
    ("SAFETY", FinishReason::ContentFilter),
    ("RECITATION", FinishReason::ContentFilter),
    ("LANGUAGE", FinishReason::ContentFilter),
    ("BLOCKLIST", FinishReason::ContentFilter),
    ("PROHIBITED_CONTENT", FinishReason::ContentFilter),
    ("SPII", FinishReason::ContentFilter),
    ("ESCALATION", FinishReason::ContentFilter),
    ("MODEL_ARMOR", FinishReason::ContentFilter),
    ("MALFORMED_FUNCTION_CALL", FinishReason::MalformedToolCall),
    ("UNEXPECTED_TOOL_CALL", FinishReason::MalformedToolCall),
    ("MALFORMED_RESPONSE", FinishReason::Error),
    ("TOO_MANY_TOOL_CALLS", FinishReason::Error),
    ("MISSING_THOUGHT_SIGNATURE", FinishReason::Error),
];

/// Some servers spell out with it that an answer has not ended.
const NOT_FINISHED: &str = "FINISH_REASON_UNSPECIFIED";

/// Fields that accompany a part and are none themselves.
const PART_ATTRIBUTES: &[&str] = &["thought", "thoughtSignature", "partMetadata", "videoMetadata", "mediaResolution"];

/// What has arrived.
#[derive(Debug, Default)]
pub(super) struct Answer {
    candidates: BTreeMap<u64, Candidate>,
    /// Why the prompt was blocked, where it was.
    block_reason: Option<String>,
    usage: Option<Usage>,
    service_tier: Option<String>,
    model: Option<String>,
    response_id: Option<String>,
    warnings: Vec<String>,
}

/// One of the answers.
#[derive(Debug, Default)]
struct Candidate {
    text: String,
    reasoning_text: String,
    tool_calls: Vec<ToolCall>,
    finish_raw: Option<String>,
    /// How many searches the answer lists; `None` when it lists none.
    web_searches: Option<u64>,
}

impl Answer {
    /// Takes a `GenerateContentResponse`, whole or the next of a stream, and says what it brought.
    pub(super) fn take(&mut self, body: &Fields<'_>) -> Heard {
        let mut heard = Heard::default();
        let mut taken = BTreeSet::new();
        for candidate in body.elements("candidates").into_iter().filter(|node| node.is_object()) {
            let fields = candidate.fields();
            // `proto3` leaves out the index 0. Candidates of one event are different ones, even without any index.
            let mut index = fields.count("index").unwrap_or(0);
            while !taken.insert(index) {
                index = index.wrapping_add(1);
            }
            let known = self.candidates.entry(index).or_default();
            for part in fields.object("content").elements("parts") {
                known.take_part(part, &mut heard, &mut self.warnings);
            }
            known.take_end(&fields);
        }
        let metadata = body.object("usageMetadata");
        // Running totals: the last stands for all, until output comes that it does not count.
        if let Some(usage) = self.usage.as_mut().filter(|_| heard.visible || heard.reasoning) {
            (usage.output_tokens, usage.reasoning_tokens) = (None, None);
        }
        self.usage = usage::read(&metadata).or(self.usage);
        let latest = |known: &mut Option<String>, new: Option<String>| *known = new.or_else(|| known.take());
        latest(&mut self.block_reason, body.object("promptFeedback").non_empty("blockReason"));
        let tier = metadata.non_empty("serviceTier").or_else(|| metadata.non_empty("trafficType"));
        latest(&mut self.service_tier, tier);
        latest(&mut self.model, body.non_empty("modelVersion"));
        latest(&mut self.response_id, body.non_empty("responseId"));
        heard
    }

    /// Whether anything says what the model answered, or that it did not come to answer.
    pub(super) fn says_something(&self) -> bool {
        !self.candidates.is_empty() || self.block_reason.is_some()
    }

    /// Whether every answer that began has ended.
    pub(super) fn is_whole(&self) -> bool {
        let ended = |candidate: &Candidate| candidate.finish_raw.as_deref().is_some_and(|word| word != NOT_FINISHED);
        self.block_reason.is_some() || !self.candidates.is_empty() && self.candidates.values().all(ended)
    }

    /// Notes that something after the end was not understood.
    pub(super) fn warn(&mut self, line: &str) {
        warn(&mut self.warnings, line);
    }

    /// All of it as a reply.
    pub(super) fn reply(self, headers: &Headers) -> Reply {
        let blocked = self.block_reason.map(|reason| format!("prompt:{reason}"));
        let searches = self.candidates.values().filter_map(|candidate| candidate.web_searches);
        let web_search_requests = searches.reduce(u64::saturating_add);
        let says = |candidate: &Candidate| !candidate.text.is_empty() || !candidate.tool_calls.is_empty();
        let said = self.candidates.values().any(says);
        let mut candidates = self.candidates.into_values();
        let mut first = candidates.next().unwrap_or_default();
        let reasoning_text = std::mem::take(&mut first.reasoning_text);
        Reply {
            response: first.response(blocked.as_deref()),
            alternatives: candidates.map(|candidate| candidate.response(blocked.as_deref())).collect(),
            reasoning_text: (!reasoning_text.is_empty()).then_some(reasoning_text),
            stop_sequence: None,
            usage: self.usage.map(|usage| Usage {
                // What was said took tokens: a count without any was left out or is yet to come, and is not zero.
                output_tokens: usage.output_tokens.filter(|&all| !said || all > usage.reasoning_tokens.unwrap_or(0)),
                web_search_requests,
                ..usage
            }),
            model: self.model,
            request_id: error::request_id(headers).or(self.response_id),
            fingerprint: None,
            // Google names the tier that served the request in a header, Vertex in the traffic type.
            service_tier: headers.get("x-gemini-service-tier").map(str::to_owned).or(self.service_tier),
            warnings: self.warnings,
        }
    }

    /// All of it as what had arrived of a broken answer; `None` when nothing had.
    pub(super) fn partial(self, headers: &Headers) -> Option<Box<Reply>> {
        if !self.says_something() && self.usage.is_none() {
            return None;
        }
        let mut reply = self.reply(headers);
        reply.response.finish_reason = FinishReason::Error;
        reply.response.finish_raw = None;
        Some(Box::new(reply))
    }
}

impl Candidate {
    /// A piece of text or of thought, or a whole call. Signatures of thoughts mean nothing to anyone but Google.
    fn take_part(&mut self, part: Node<'_>, heard: &mut Heard, warnings: &mut Vec<String>) {
        let fields = part.fields();
        if let Some(call) = fields.get("functionCall").map(Node::fields) {
            heard.visible = true;
            self.tool_calls.push(ToolCall {
                id: call.get("id").map(Node::string_or_text),
                // A call without a name is a call of no tool that was offered, and stays one.
                name: call.string("name").unwrap_or_default(),
                arguments: arguments::read(call.get("args")),
            });
        } else if let Some(text) = fields.string("text") {
            if fields.get("thought").is_some_and(|node| node.text() == "true") {
                heard.reasoning |= !text.is_empty();
                self.reasoning_text.push_str(&text);
            } else {
                heard.visible |= !text.is_empty();
                self.text.push_str(&text);
            }
        } else if let Some(kind) = unknown_kind(part) {
            warn(warnings, &format!("a part of the unknown type `{kind}` is left out"));
        }
    }

    fn take_end(&mut self, fields: &Fields<'_>) {
        let finish_raw = fields.get("finishReason").map(Node::string_or_text).filter(|word| !word.is_empty());
        if finish_raw.as_deref().is_some_and(|word| word != NOT_FINISHED || self.finish_raw.is_none()) {
            self.finish_raw = finish_raw;
        }
        if let Some(queries) = fields.object("groundingMetadata").get("webSearchQueries") {
            self.web_searches = Some(queries.elements().len() as u64);
        }
    }

    /// The block of the prompt is the reason of an answer that has none of its own.
    fn response(self, blocked: Option<&str>) -> Response {
        let (finish_reason, finish_raw) = match (self.finish_raw, blocked) {
            (None, Some(blocked)) => (FinishReason::ContentFilter, Some(blocked.to_owned())),
            (raw, _) => (finish_reason(raw.as_deref(), !self.tool_calls.is_empty()), raw),
        };
        Response { text: self.text, tool_calls: self.tool_calls, refusal: None, finish_reason, finish_raw }
    }
}

/// Calls are inferred from `STOP` only: an answer that the limit cut stays cut.
fn finish_reason(raw: Option<&str>, calls: bool) -> FinishReason {
    let Some(raw) = raw else { return FinishReason::Unknown };
    match FINISH_REASONS.iter().find(|row| row.0 == raw).map(|row| row.1) {
        Some(FinishReason::Stop) if calls => FinishReason::ToolCalls,
        Some(reason) => reason,
        None if raw.starts_with("IMAGE_") => FinishReason::ContentFilter,
        None => FinishReason::Unknown,
    }
}

/// The name of the field that holds the part; `None` for a part that has attributes only.
fn unknown_kind(part: Node<'_>) -> Option<String> {
    let fields: BTreeMap<String, &RawValue> = serde_json::from_str(part.text()).ok()?;
    fields.into_keys().find(|name| !PART_ATTRIBUTES.contains(&name.as_str()))
}

fn warn(warnings: &mut Vec<String>, line: &str) {
    if !warnings.iter().any(|known| known == line) {
        warnings.push(line.to_owned());
    }
}

#[cfg(test)]
mod tests;
