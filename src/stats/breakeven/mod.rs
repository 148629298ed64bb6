//! Break-even: at which error rate, success rate, cached share, tokens, calls, price or volume two arms cost the same.
//!
//! Values are never clamped: one beyond what is possible says how far away the candidate is.

mod quality;
mod spend;
#[cfg(test)]
mod tests;

pub use quality::{
    Attempt, AttemptArms, ErrorArms, FailureCost, Status, Task, allowed_cost, allowed_cost_per_success, error_rate,
    failure_cost, success_rate,
};
pub use spend::{CachedInput, CallsPerTask, PricedCall, TokensPerCall, cached_share, calls, price, tokens, volume};

use serde::Serialize;

/// Where two arms cost the same, and whether the candidate can get there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BreakEven {
    /// The value at which they cost the same; `None` when no value does that.
    pub value: Option<f64>,
    /// Whether the candidate can get there.
    pub feasibility: Feasibility,
}

/// Whether a break-even value can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Feasibility {
    /// The candidate is there, or beyond.
    AlreadyBetter,
    /// It is not, but can get there.
    Feasible,
    /// It cannot.
    Impossible(Obstacle),
}

/// Why a break-even value cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// It is below the least that is possible: fewer than no errors, less than one call.
    BelowLeast,
    /// It is above the most that is possible: more than 100 %.
    AboveMost,
    /// It has no influence on what the candidate costs, and the candidate costs more.
    NoInfluence,
    /// The baseline costs nothing.
    FreeBaseline,
    /// The candidate saves nothing on a task.
    NoSaving,
}

impl Feasibility {
    /// Whether the value is reached or can be.
    #[must_use]
    pub const fn is_possible(self) -> bool {
        !matches!(self, Self::Impossible(_))
    }
}

impl BreakEven {
    /// A value that the candidate, now at `now`, must not exceed; nothing below `least` is possible.
    fn at_most(value: f64, now: f64, least: f64) -> Self {
        let feasibility = if now <= value {
            Feasibility::AlreadyBetter
        } else if value < least {
            Feasibility::Impossible(Obstacle::BelowLeast)
        } else {
            Feasibility::Feasible
        };
        Self { value: Some(value), feasibility }
    }

    /// A value that the candidate, now at `now`, must reach; nothing above 1 is possible.
    fn at_least(value: f64, now: f64) -> Self {
        let feasibility = if now >= value {
            Feasibility::AlreadyBetter
        } else if value > 1.0 {
            Feasibility::Impossible(Obstacle::AboveMost)
        } else {
            Feasibility::Feasible
        };
        Self { value: Some(value), feasibility }
    }

    /// No value does it: either the candidate needs nothing, or something is in the way.
    const fn without_value(already_better: bool, obstacle: Obstacle) -> Self {
        let feasibility = if already_better { Feasibility::AlreadyBetter } else { Feasibility::Impossible(obstacle) };
        Self { value: None, feasibility }
    }
}
