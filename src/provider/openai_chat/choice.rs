//! One choice of an answer, whole or in pieces.

use crate::domain::{FinishReason, Response};
use crate::provider::json::{Fields, Node};

use super::answer::Warnings;
use super::calls::Calls;

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

/// What one choice says.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// Its number among the choices.
    pub(super) index: u64,
    text: String,
    refusal: String,
    reasoning: String,
    calls: Calls,
    finish_raw: Option<String>,
    stop_sequence: Option<String>,
}

/// How much of a choice there is: what grows between two looks has arrived between them.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Extent {
    /// Bytes of text and refusal, and calls that have begun.
    pub(super) visible: usize,
    /// Bytes of reasoning.
    pub(super) reasoning: usize,
}

impl Choice {
    /// The choice of this number, of which nothing has been read yet.
    pub(super) fn new(index: u64) -> Self {
        Self { index, ..Self::default() }
    }

    /// Takes a whole message. It says all there is to say: nothing that came in pieces before is said twice.
    pub(super) fn take_message(&mut self, message: &Fields<'_>, warnings: &mut Warnings) {
        *self = Self {
            index: self.index,
            finish_raw: self.finish_raw.take(),
            stop_sequence: self.stop_sequence.take(),
            ..Self::default()
        };
        self.take_words(message, warnings);
        self.calls.take_whole(message, warnings);
    }

    /// Takes a piece of a message.
    pub(super) fn take_delta(&mut self, delta: &Fields<'_>, warnings: &mut Warnings) {
        self.take_words(delta, warnings);
        self.calls.take_pieces(delta, warnings);
    }

    /// Takes what stands beside the message.
    pub(super) fn take_end(&mut self, choice: &Fields<'_>) {
        // Some servers send an empty word until there is one.
        if let Some(word) = choice.get("finish_reason").map(Node::string_or_text).filter(|word| !word.is_empty()) {
            self.finish_raw = Some(word);
        }
        // vLLM: the stop text that matched, or the number of a stop token, which is no text.
        if let Some(text) = choice.string("stop_reason") {
            self.stop_sequence = Some(text);
        }
    }

    /// Whether the provider has said why it ended.
    pub(super) fn has_ended(&self) -> bool {
        self.finish_raw.is_some()
    }

    /// How much of it there is.
    pub(super) fn extent(&self) -> Extent {
        Extent { visible: self.text.len() + self.refusal.len() + self.calls.begun(), reasoning: self.reasoning.len() }
    }

    /// Says that it did not come to its end.
    pub(super) fn into_broken(self) -> Said {
        let mut said = self.into_said();
        said.response.finish_reason = FinishReason::Error;
        said.response.finish_raw = None;
        said
    }

    /// What it says, in neutral form.
    pub(super) fn into_said(self) -> Said {
        let tool_calls = self.calls.into_tool_calls();
        let refusal = non_empty(self.refusal);
        Said {
            response: Response {
                text: self.text,
                finish_reason: finish_reason(self.finish_raw.as_deref(), refusal.is_some(), !tool_calls.is_empty()),
                tool_calls,
                refusal,
                finish_raw: self.finish_raw,
            },
            reasoning_text: non_empty(self.reasoning),
            stop_sequence: self.stop_sequence,
        }
    }

    fn take_words(&mut self, message: &Fields<'_>, warnings: &mut Warnings) {
        let refusal_part = message.get("content").and_then(|content| self.take_content(content, warnings));
        if let Some(refusal) = message.non_empty("refusal").or(refusal_part) {
            self.refusal.push_str(&refusal);
        }
        // vLLM's older versions and llama.cpp use the longer name; who sends both says the same twice.
        let reasoning = message.non_empty("reasoning").or_else(|| message.non_empty("reasoning_content"));
        if let Some(reasoning) = reasoning {
            self.reasoning.push_str(&reasoning);
        }
    }

    /// Content is a string; some servers send a list of parts. Any other JSON is kept as its text: it is what the
    /// model said. Gives the words of refusal among the parts.
    fn take_content(&mut self, content: Node<'_>, warnings: &mut Warnings) -> Option<String> {
        if !content.text().starts_with('[') {
            self.text.push_str(&content.string_or_text());
            return None;
        }
        let mut refusal: Option<String> = None;
        for part in content.elements() {
            if let Some(text) = part.string() {
                self.text.push_str(&text);
                continue;
            }
            let fields = part.fields();
            match fields.non_empty("type").as_deref() {
                Some("refusal") => {
                    if let Some(words) = fields.string("refusal") {
                        refusal.get_or_insert_default().push_str(&words);
                    }
                }
                Some("text" | "output_text") => self.text.push_str(&fields.string("text").unwrap_or_default()),
                None if fields.has("text") => self.text.push_str(&fields.string("text").unwrap_or_default()),
                kind => warnings.unknown("a content part", kind),
            }
        }
        refusal.filter(|words| !words.is_empty())
    }
}

/// A choice in neutral form.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) response: Response,
    pub(super) reasoning_text: Option<String>,
    pub(super) stop_sequence: Option<String>,
}

fn non_empty(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
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
