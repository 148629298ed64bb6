//! What Anthropic counts, whole or piece by piece, as neutral usage.

use crate::domain::Usage;
use crate::provider::json::Fields;

/// Counts as the API reports them: input without what the prompt cache was read for and written with.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    uncached_input: Option<u64>,
    cache_read: Option<u64>,
    cache_write: Option<u64>,
    cache_write_5m: Option<u64>,
    cache_write_1h: Option<u64>,
    output: Option<u64>,
    reasoning: Option<u64>,
    web_searches: Option<u64>,
}

impl Counts {
    /// The counts under `usage`. Where the API lists the iterations of an answer, their sum is what is billed: the
    /// counts beside the list leave out what was spent on compacting the conversation.
    pub(super) fn read(usage: &Fields<'_>) -> Self {
        let whole = Self::of(usage);
        let iterations = usage.elements("iterations").into_iter().map(|one| Self::of(&one.fields()));
        iterations.reduce(|sum, one| sum.join(one, add)).map_or(whole, |sum| sum.join(whole, Option::or))
    }

    fn of(usage: &Fields<'_>) -> Self {
        let cache_creation = usage.object("cache_creation");
        Self {
            uncached_input: usage.count("input_tokens"),
            cache_read: usage.count("cache_read_input_tokens"),
            cache_write: usage.count("cache_creation_input_tokens"),
            cache_write_5m: cache_creation.count("ephemeral_5m_input_tokens"),
            cache_write_1h: cache_creation.count("ephemeral_1h_input_tokens"),
            output: usage.count("output_tokens"),
            reasoning: usage.object("output_tokens_details").count("thinking_tokens"),
            web_searches: usage.object("server_tool_use").count("web_search_requests"),
        }
    }

    /// Counts of a stream are running totals: a later one replaces an earlier one, and never adds to it.
    pub(super) fn replace(&mut self, later: Self) {
        *self = later.join(*self, Option::or);
    }

    /// Forgets the output, where it was only a provisional count.
    pub(super) fn forget_output(&mut self) {
        self.output = None;
    }

    fn join(self, other: Self, both: fn(Option<u64>, Option<u64>) -> Option<u64>) -> Self {
        Self {
            uncached_input: both(self.uncached_input, other.uncached_input),
            cache_read: both(self.cache_read, other.cache_read),
            cache_write: both(self.cache_write, other.cache_write),
            cache_write_5m: both(self.cache_write_5m, other.cache_write_5m),
            cache_write_1h: both(self.cache_write_1h, other.cache_write_1h),
            output: both(self.output, other.output),
            reasoning: both(self.reasoning, other.reasoning),
            web_searches: both(self.web_searches, other.web_searches),
        }
    }

    /// Neutral usage; `None` when nothing was reported.
    pub(super) fn usage(&self) -> Option<Usage> {
        let split = add(self.cache_write_5m, self.cache_write_1h);
        // Old answers, and the last counts of a stream, give the cache writes as one number. What of it no lifetime
        // claims was written for a time that was not said.
        let cache_write_other_tokens = match (self.cache_write, split) {
            (Some(all), Some(split)) => all.checked_sub(split).filter(|rest| *rest > 0),
            (all, _) => all,
        };
        let cached = [self.cache_read, self.cache_write_5m, self.cache_write_1h, cache_write_other_tokens];
        let usage = Usage {
            input_tokens: self
                .uncached_input
                .and_then(|uncached| cached.into_iter().flatten().try_fold(uncached, u64::checked_add)),
            uncached_input_tokens: self.uncached_input,
            cache_read_tokens: self.cache_read,
            cache_write_5m_tokens: self.cache_write_5m,
            cache_write_1h_tokens: self.cache_write_1h,
            cache_write_other_tokens,
            output_tokens: self.output,
            reasoning_tokens: self.reasoning,
            input_audio_tokens: None,
            output_audio_tokens: None,
            web_search_requests: self.web_searches,
        };
        (usage != Usage::default()).then_some(usage)
    }
}

/// The sum of what was reported.
fn add(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(one), Some(other)) => one.checked_add(other),
        (one, other) => one.or(other),
    }
}
