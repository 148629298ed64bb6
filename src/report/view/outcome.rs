//! The outcome of a trial, in a shape and a word.

use crate::domain::Outcome;

/// The name of its look, and what to write.
pub(in crate::report) fn outcome(outcome: Outcome) -> (&'static str, String) {
    match outcome {
        Outcome::Pass => ("pass", "● pass".to_owned()),
        Outcome::Fail(None) => ("fail", "■ fail".to_owned()),
        Outcome::Fail(Some(fault)) => ("fail", format!("■ fail, {}", fault.name())),
        Outcome::Unscored(reason) => ("no-data", format!("○ unscored, {}", reason.name())),
    }
}
