//! What the model said. A response names no model, so scoring is blind by type.

use serde::{Deserialize, Serialize};

use super::ToolCall;

/// What the model said, in neutral form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// The visible text, all parts joined; empty when there is none.
    pub text: String,
    /// The calls, in the model's order. Of a closed loop, those of all its answers; everything else is the last answer's.
    pub tool_calls: Vec<ToolCall>,
    /// The model's words of refusal, where the protocol has a place for them.
    pub refusal: Option<String>,
    /// Why the answer ended.
    pub finish_reason: FinishReason,
    /// The provider's own word for it, verbatim.
    pub finish_raw: Option<String>,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model was done.
    Stop,
    /// The token limit cut the answer.
    Length,
    /// The model calls tools.
    ToolCalls,
    /// A filter of the provider stepped in.
    ContentFilter,
    /// The model refused.
    Refusal,
    /// The model paused and wants the turn sent back.
    Pause,
    /// The provider could not read the model's own tool call.
    MalformedToolCall,
    /// The provider reported an error inside an answer.
    Error,
    /// Absent, or a word that is not known; `finish_raw` keeps it.
    Unknown,
}

/// Every reason with its name as files and reports spell it.
pub const FINISH_REASONS: &[(FinishReason, &str)] = &[
    (FinishReason::Stop, "stop"),
    (FinishReason::Length, "length"),
    (FinishReason::ToolCalls, "tool_calls"),
    (FinishReason::ContentFilter, "content_filter"),
    (FinishReason::Refusal, "refusal"),
    (FinishReason::Pause, "pause"),
    (FinishReason::MalformedToolCall, "malformed_tool_call"),
    (FinishReason::Error, "error"),
    (FinishReason::Unknown, "unknown"),
];

impl FinishReason {
    /// The name that files and reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        FINISH_REASONS[self as usize].1
    }

    /// The reason of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        FINISH_REASONS.iter().find(|row| row.1 == name).map(|row| row.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_finds_its_own_row() {
        for (index, (reason, name)) in FINISH_REASONS.iter().enumerate() {
            assert_eq!(*reason as usize, index);
            assert_eq!(serde_json::to_value(reason).expect("serializes"), *name);
            assert_eq!(FinishReason::from_name(name), Some(*reason));
        }
    }
}
