//! Break-even in spending: how much must be cached, how short prompts, how few calls, how low prices, how many tasks.

use super::{BreakEven, Obstacle};

/// Tokens that a price is for.
const PRICED: f64 = 1e6;

/// The input of a call of the candidate, part of which a cache may serve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CachedInput {
    /// Input tokens of a call, cached or not.
    pub tokens: f64,
    /// Dollars per million input tokens that no cache helped with.
    pub input_price: f64,
    /// Dollars per million input tokens read from the cache.
    pub cached_price: f64,
    /// What the rest of the call costs, in dollars: its output.
    pub output_cost: f64,
    /// Share of the input that is served from the cache now.
    pub share: f64,
}

/// The share of the input that must come from the cache for a call to cost `target_cost`: (cost without cache −
/// target) ÷ (tokens × (input price − cached price)), at least. Negative when a call costs less without any cache.
#[must_use]
pub fn cached_share(call: CachedInput, target_cost: f64) -> BreakEven {
    let uncached = call.tokens * call.input_price / PRICED + call.output_cost;
    let saving = call.tokens * (call.input_price - call.cached_price) / PRICED;
    if saving == 0.0 || (saving < 0.0 && uncached > target_cost) {
        return BreakEven::without_value(uncached <= target_cost, Obstacle::NoInfluence);
    }
    let value = (uncached - target_cost) / saving;
    // Where cached input is the dearer, the share is a ceiling.
    if saving > 0.0 { BreakEven::at_least(value, call.share) } else { BreakEven::at_most(value, call.share, 0.0) }
}

/// The tokens of one kind in a call of the candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TokensPerCall {
    /// Tokens now, in input or in output.
    pub tokens: f64,
    /// Dollars per million of them, cached and uncached on average.
    pub price: f64,
    /// What the rest of the call costs, in dollars.
    pub rest: f64,
}

/// The tokens at which a call costs `target_cost`: (target − rest) ÷ price, at most.
#[must_use]
pub fn tokens(call: TokensPerCall, target_cost: f64) -> BreakEven {
    if call.price == 0.0 {
        return BreakEven::without_value(call.rest <= target_cost, Obstacle::NoInfluence);
    }
    BreakEven::at_most((target_cost - call.rest) * PRICED / call.price, call.tokens, 0.0)
}

/// The calls that the candidate makes for a task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CallsPerTask {
    /// Calls now.
    pub calls: f64,
    /// What a call costs, in dollars.
    pub cost: f64,
}

/// The calls at which a task costs `target_cost`: target ÷ cost of a call, at most. Fewer than one is impossible. A larger
/// window saves calls where inputs are cut: see [`crate::stats::chunking`].
#[must_use]
pub fn calls(task: CallsPerTask, target_cost: f64) -> BreakEven {
    if task.cost == 0.0 {
        return BreakEven::without_value(target_cost >= 0.0, Obstacle::NoInfluence);
    }
    BreakEven::at_most(target_cost / task.cost, task.calls, 1.0)
}

/// A call of the candidate by the price that is in question, of all its tokens or of one kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PricedCall {
    /// Dollars per million tokens now.
    pub price: f64,
    /// Tokens that have this price.
    pub tokens: f64,
    /// What the rest of the call costs, in dollars.
    pub rest: f64,
}

/// The price at which a call costs `target_cost`: (target − rest) ÷ tokens, in dollars per million, at most.
#[must_use]
pub fn price(call: PricedCall, target_cost: f64) -> BreakEven {
    if call.tokens == 0.0 {
        return BreakEven::without_value(call.rest <= target_cost, Obstacle::NoInfluence);
    }
    BreakEven::at_most((target_cost - call.rest) * PRICED / call.tokens, call.price, 0.0)
}

/// The tasks after which a migration that costs `fixed_cost` once has paid for itself: the next whole number of
/// `fixed_cost` ÷ `saving_per_task`.
#[must_use]
pub fn volume(fixed_cost: f64, saving_per_task: f64) -> BreakEven {
    if saving_per_task <= 0.0 {
        return BreakEven::without_value(false, Obstacle::NoSaving);
    }
    // What rounding adds to a whole number is not another task.
    let tasks = (fixed_cost / saving_per_task - 1e-9).ceil().max(0.0);
    let (already, feasible) = (super::Feasibility::AlreadyBetter, super::Feasibility::Feasible);
    BreakEven { value: Some(tasks), feasibility: if tasks == 0.0 { already } else { feasible } }
}
