//! Tokens that a provider counted.

use serde::{Deserialize, Serialize};

/// Counts of one answer, in OpenTelemetry's words. `None` means "not reported" and is never 0.
///
/// `input_tokens` is the total of its parts (uncached, cache reads, cache writes); `output_tokens` includes
/// `reasoning_tokens`; audio counts are parts of input and output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Usage {
    /// All input.
    pub input_tokens: Option<u64>,
    /// Input at the full price.
    pub uncached_input_tokens: Option<u64>,
    /// Input read from the provider's prompt cache.
    pub cache_read_tokens: Option<u64>,
    /// Input written to the prompt cache for 5 minutes.
    pub cache_write_5m_tokens: Option<u64>,
    /// Input written to the prompt cache for 1 hour.
    pub cache_write_1h_tokens: Option<u64>,
    /// Input written to the prompt cache for a time that was not said.
    pub cache_write_other_tokens: Option<u64>,
    /// All output.
    pub output_tokens: Option<u64>,
    /// Output spent on reasoning.
    pub reasoning_tokens: Option<u64>,
    /// Audio input.
    pub input_audio_tokens: Option<u64>,
    /// Audio output.
    pub output_audio_tokens: Option<u64>,
    /// Searches made by the provider's own web search.
    pub web_search_requests: Option<u64>,
}
