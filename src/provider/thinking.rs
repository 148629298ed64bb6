//! How the words for reasoning effort become the token budgets and limits of Anthropic's protocol, where a limit must
//! be sent and reasoning is a budget below it.

use crate::domain::Sampling;

/// The limit of an answer that states none, where the protocol demands one.
const DEFAULT_MAX_OUTPUT_TOKENS: u64 = 4096;

/// Reasoning effort with its budget in tokens: `LiteLLM`'s figures, which gateways have made the custom.
const BUDGETS: &[(&str, u64)] = &[("minimal", 1024), ("low", 1024), ("medium", 2048), ("high", 4096)];

/// The budget of an effort; `None` where there is none, so that thinking stays off.
pub(super) fn budget(effort: &str) -> Option<u64> {
    BUDGETS.iter().find(|row| row.0 == effort).map(|row| row.1)
}

/// The limit to send: the one asked for, or one that leaves room for an answer beside the reasoning.
pub(super) fn max_output_tokens(sampling: &Sampling) -> u64 {
    let reasoning = sampling.reasoning_effort.as_deref().and_then(budget).unwrap_or(0);
    sampling.max_output_tokens.unwrap_or(DEFAULT_MAX_OUTPUT_TOKENS + reasoning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_is_filled_in_stands_above_the_budget() {
        let rows =
            [(None, None, 4096), (None, Some("high"), 8192), (Some(5), Some("high"), 5), (None, Some("none"), 4096)];
        for (limit, effort, expected) in rows {
            let reasoning_effort = effort.map(str::to_owned);
            let sampling = Sampling { max_output_tokens: limit, reasoning_effort, ..Sampling::default() };
            assert_eq!(max_output_tokens(&sampling), expected, "{limit:?} {effort:?}");
        }
    }
}
