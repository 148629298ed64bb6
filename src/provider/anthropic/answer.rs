//! An answer as the Messages API builds it: blocks of content, the reason for its end, counts. A whole answer is read at
//! once, a streamed one grows by events; both become a reply in the same way.

use crate::domain::{Arguments, FinishReason, Reply, Response, ToolCall};
use crate::provider::json::{Fields, Node};
use crate::provider::{Headers, Heard, arguments, error};

use super::counts::Counts;

/// The API's words for why an answer ended.
const STOP_REASONS: &[(&str, FinishReason)] = &[
    ("end_turn", FinishReason::Stop),
    ("stop_sequence", FinishReason::Stop),
    ("max_tokens", FinishReason::Length),
    ("model_context_window_exceeded", FinishReason::Length),
    ("tool_use", FinishReason::ToolCalls),
    ("pause_turn", FinishReason::Pause),
    ("refusal", FinishReason::Refusal),
];

/// Blocks that say nothing to the user and ask nothing of the application: the provider's own search, and reasoning
/// that only the provider can read.
const SILENT_BLOCKS: &[&str] = &["server_tool_use", "web_search_tool_result", "redacted_thinking"];

/// Pieces that hold no part of a reply.
const SILENT_DELTAS: &[&str] = &["signature_delta", "citations_delta"];

/// What has arrived of an answer.
#[derive(Debug, Default)]
pub(super) struct Answer {
    id: Option<String>,
    model: Option<String>,
    service_tier: Option<String>,
    /// In the order in which they began, each with the index by which its pieces name it.
    blocks: Vec<(u64, Block)>,
    stop_reason: Option<String>,
    stop_sequence: Option<String>,
    /// Why the model refused, in the provider's words.
    explanation: Option<String>,
    counts: Counts,
    warnings: Vec<String>,
}

#[derive(Debug)]
enum Block {
    Text(String),
    Thinking(String),
    ToolUse {
        id: Option<String>,
        name: String,
        /// As the block began: all of the arguments, or `{}` when they come in pieces.
        input: Arguments,
        /// The pieces, joined.
        json: String,
    },
    Other,
}

impl Answer {
    /// Takes a message, whole or as its stream begins.
    pub(super) fn read(&mut self, message: &Fields<'_>) {
        self.id = message.string("id");
        self.model = message.string("model");
        for block in message.elements("content") {
            self.begin(None, &block.fields());
        }
        self.stop(message);
        self.count(&message.object("usage"));
    }

    /// A block begins.
    pub(super) fn begin(&mut self, index: Option<u64>, block: &Fields<'_>) -> Heard {
        let kind = block.string("type").unwrap_or_default();
        let text = |name| block.string(name).unwrap_or_default();
        let block = match kind.as_str() {
            "text" => Block::Text(text("text")),
            "thinking" => Block::Thinking(text("thinking")),
            "tool_use" => Block::ToolUse {
                id: block.get("id").map(Node::string_or_text),
                // A call without a name is a call of no tool that was offered, and stays one.
                name: text("name"),
                input: arguments::read(block.get("input")),
                json: String::new(),
            },
            other => {
                if !SILENT_BLOCKS.contains(&other) {
                    self.warn("content block", other);
                }
                Block::Other
            }
        };
        let heard = match &block {
            Block::Text(text) => Heard { visible: !text.is_empty(), ..Heard::default() },
            Block::Thinking(text) => Heard { reasoning: !text.is_empty(), ..Heard::default() },
            Block::ToolUse { .. } => Heard { visible: true, ..Heard::default() },
            Block::Other => Heard::default(),
        };
        self.blocks.push((index.unwrap_or(self.blocks.len() as u64), block));
        heard
    }

    /// A block grows by a piece; `None` when there is no such block.
    pub(super) fn grow(&mut self, index: Option<u64>, delta: &Fields<'_>) -> Option<Heard> {
        let kind = delta.string("type").unwrap_or_default();
        let piece = |name| delta.string(name).unwrap_or_default();
        let block = self.blocks.iter_mut().rev().find(|(own, _)| index.is_none_or(|index| index == *own));
        let mut heard = Heard::default();
        match (&mut block?.1, kind.as_str()) {
            (Block::Text(text), "text_delta") => {
                let piece = piece("text");
                heard.visible = !piece.is_empty();
                text.push_str(&piece);
            }
            (Block::Thinking(text), "thinking_delta") => {
                let piece = piece("thinking");
                heard.reasoning = !piece.is_empty();
                text.push_str(&piece);
            }
            (Block::ToolUse { json, .. }, "input_json_delta") => json.push_str(&piece("partial_json")),
            (Block::Other, _) => {}
            (_, silent) if SILENT_DELTAS.contains(&silent) => {}
            (_, other) => self.warn("content delta", other),
        }
        Some(heard)
    }

    /// Why it ended, as far as these fields say so.
    pub(super) fn stop(&mut self, fields: &Fields<'_>) {
        let take = |slot: &mut Option<String>, said: Option<String>| *slot = said.or_else(|| slot.take());
        take(&mut self.stop_reason, fields.get("stop_reason").map(Node::string_or_text));
        take(&mut self.stop_sequence, fields.string("stop_sequence"));
        take(&mut self.explanation, fields.object("stop_details").non_empty("explanation"));
    }

    /// Counts, as far as these fields say so.
    pub(super) fn count(&mut self, usage: &Fields<'_>) {
        self.counts.replace(Counts::read(usage));
        self.service_tier = usage.string("service_tier").or_else(|| self.service_tier.take());
    }

    /// Forgets the output that was counted, where it was only a provisional count.
    pub(super) fn forget_output(&mut self) {
        self.counts.forget_output();
    }

    /// Remembers that something of this type was ignored, once for each type.
    pub(super) fn warn(&mut self, what: &str, kind: &str) {
        let warning = format!("ignored a {what} of unknown type {kind:?}");
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// The whole answer as a reply.
    pub(super) fn reply(self, headers: &Headers) -> Reply {
        let mut response = Response {
            text: String::new(),
            tool_calls: Vec::new(),
            refusal: None,
            finish_reason: FinishReason::Unknown,
            finish_raw: self.stop_reason,
        };
        let mut reasoning = String::new();
        for (_, block) in self.blocks {
            match block {
                Block::Text(text) => response.text.push_str(&text),
                Block::Thinking(text) => reasoning.push_str(&text),
                Block::ToolUse { id, name, input, json } => {
                    let arguments = if json.is_empty() { input } else { arguments::of_text(json) };
                    response.tool_calls.push(ToolCall { id, name, arguments });
                }
                Block::Other => {}
            }
        }
        response.finish_reason = finish_reason(response.finish_raw.as_deref(), !response.tool_calls.is_empty());
        // The API has no place for the model's own words of refusal; this is what comes nearest.
        response.refusal = self.explanation.filter(|_| response.finish_reason == FinishReason::Refusal);
        Reply {
            response,
            alternatives: Vec::new(),
            reasoning_text: (!reasoning.is_empty()).then_some(reasoning),
            stop_sequence: self.stop_sequence,
            usage: self.counts.usage(),
            model: self.model,
            request_id: error::request_id(headers).or(self.id),
            fingerprint: None,
            service_tier: self.service_tier,
            warnings: self.warnings,
        }
    }

    /// What had arrived of an answer that was never whole.
    pub(super) fn partial(mut self, headers: &Headers) -> Reply {
        self.stop_reason = None;
        let mut reply = self.reply(headers);
        reply.response.finish_reason = FinishReason::Error;
        reply
    }
}

/// Calls are inferred from a stop-like word only: an answer that the limit cut inside a call stays cut.
fn finish_reason(raw: Option<&str>, calls: bool) -> FinishReason {
    let known = raw.and_then(|raw| STOP_REASONS.iter().find(|row| row.0 == raw));
    match known.map_or(FinishReason::Unknown, |row| row.1) {
        FinishReason::Stop if calls => FinishReason::ToolCalls,
        reason => reason,
    }
}
