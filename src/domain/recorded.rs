//! What production answered at the time: the baseline that needs no call, also when its model is gone.

use super::{Failure, Response, Usage};

/// The answer that a production log holds for a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// What was answered, or why there was no answer.
    pub result: Result<Response, Failure>,
    /// What was counted; `None` when the log does not say.
    pub usage: Option<Usage>,
    /// The model that answered.
    pub model: Option<String>,
    /// How the provider served it, in its own word.
    pub service_tier: Option<String>,
    /// How long it took, in milliseconds.
    pub latency_ms: Option<u64>,
    /// To the first visible output, in milliseconds.
    pub first_token_ms: Option<u64>,
}
