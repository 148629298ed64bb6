//! An answer with all that came with it: usage and ids, then latency and attempts.

use serde::{Deserialize, Serialize};

use super::{FailureKind, Response, Usage};

/// What a provider answered: the response, its usage and its ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// What the model said.
    pub response: Response,
    /// Answers beyond the first, when the request asked for several: paid for, never scored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Response>,
    /// The model's reasoning, where the provider shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_text: Option<String>,
    /// The stop text that ended the answer, where the provider says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_sequence: Option<String>,
    /// What was counted; `None` when nothing was reported.
    pub usage: Option<Usage>,
    /// The model that says it answered.
    pub model: Option<String>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
    /// The provider's fingerprint of model and settings.
    pub fingerprint: Option<String>,
    /// How the provider served it, in its own word; the price depends on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// What was met and not understood, such as a block of an unknown type.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A reply and how it was bought. This is what the store keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// What was answered.
    pub reply: Reply,
    /// From sending the successful attempt to its last byte, in milliseconds; our own queue is not in it.
    pub latency_ms: u64,
    /// To the first visible output, in milliseconds; streaming only.
    pub first_token_ms: Option<u64>,
    /// To the first reasoning that the provider shows, in milliseconds; streaming only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_reasoning_ms: Option<u64>,
    /// Every attempt in order; the last one succeeded.
    pub attempts: Vec<Attempt>,
    /// When the answer arrived, in milliseconds since 1970 (UTC).
    pub bought_at: i64,
    /// The recording it belongs to: the id of the run that bought it.
    pub recording: String,
}

/// One attempt at a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// How it failed; `None` for the one that succeeded.
    pub failure: Option<FailureKind>,
    /// HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// How long it took, in milliseconds.
    pub latency_ms: u64,
}
