//! What is assumed of production: nothing of it is measured, and every figure that rests on it says so.

use std::num::NonZeroU32;

use serde::Serialize;

use crate::domain::{FailureKind, FinishReason, Outcome, Trial};

/// Attempts at a task, unless the suite says otherwise.
pub const DEFAULT_MAX_ATTEMPTS: NonZeroU32 = NonZeroU32::MIN.saturating_add(2);

/// What is assumed of production; `None` is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CostModel {
    /// The most attempts at a task, the first included.
    pub max_attempts: NonZeroU32,
    /// What a failure costs downstream, by class, in the order of [`FAILURE_CLASSES`], in dollars.
    pub failure_usd: Option<[f64; FAILURE_CLASSES.len()]>,
    /// Requests in a month.
    pub monthly_requests: Option<f64>,
    /// Steps of a pipeline, each a task.
    pub pipeline_steps: Option<u32>,
    /// Share of the input that production serves from the prompt cache, from 0 to 1.
    pub cached_share: Option<f64>,
    /// What the migration costs once, in dollars.
    pub fixed_usd: Option<f64>,
}

impl Default for CostModel {
    fn default() -> Self {
        Self {
            max_attempts: DEFAULT_MAX_ATTEMPTS,
            failure_usd: None,
            monthly_requests: None,
            pipeline_steps: None,
            cached_share: None,
            fixed_usd: None,
        }
    }
}

/// How a scored trial failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// An answer that is wrong.
    WrongAnswer,
    /// A tool fault.
    ToolCall,
    /// The model refused.
    Refused,
    /// The token limit cut the answer.
    Cut,
    /// The provider's filter or policy stepped in.
    Filtered,
    /// The provider rejected the request.
    Rejected,
}

/// Every class with its name as suites and files spell it.
pub const FAILURE_CLASSES: [(FailureClass, &str); 6] = [
    (FailureClass::WrongAnswer, "wrong_answer"),
    (FailureClass::ToolCall, "tool_call"),
    (FailureClass::Refused, "refused"),
    (FailureClass::Cut, "cut"),
    (FailureClass::Filtered, "filtered"),
    (FailureClass::Rejected, "rejected"),
];

impl FailureClass {
    /// The name that suites and files use.
    #[must_use]
    pub fn name(self) -> &'static str {
        FAILURE_CLASSES[self as usize].1
    }

    /// How a trial failed; `None` when it passed or has no score. What cut the answer short comes before what is wrong
    /// with it.
    pub(in crate::compare) fn of(trial: &Trial) -> Option<Self> {
        let Outcome::Fail(fault) = trial.outcome else { return None };
        Some(match (trial.failure, trial.finish_reason) {
            (Some(FailureKind::ContentPolicy), _) | (None, Some(FinishReason::ContentFilter)) => Self::Filtered,
            (Some(_), _) => Self::Rejected,
            (None, Some(FinishReason::Refusal)) => Self::Refused,
            (None, Some(FinishReason::Length)) => Self::Cut,
            (
                None,
                None
                | Some(
                    FinishReason::Stop
                    | FinishReason::ToolCalls
                    | FinishReason::Pause
                    | FinishReason::MalformedToolCall
                    | FinishReason::Error
                    | FinishReason::Unknown,
                ),
            ) if fault.or(trial.tool_fault).is_some() => Self::ToolCall,
            (None, _) => Self::WrongAnswer,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_finds_its_own_row() {
        for (index, (class, name)) in FAILURE_CLASSES.iter().enumerate() {
            assert_eq!((*class as usize, class.name()), (index, *name));
            assert_eq!(serde_json::to_value(class).expect("serializes"), *name);
        }
    }
}
