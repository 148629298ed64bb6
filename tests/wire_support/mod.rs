//! The parts of the conformance test: one fixture, its neutral request, comparing JSON, money, refusals.

pub(crate) mod exchange;
mod json;
pub(crate) mod money;
mod neutral;
pub(crate) mod refusals;

use std::fmt::Debug;

/// What became of one fixture.
pub(crate) enum Outcome {
    /// Everything is as expected.
    Passed,
    /// These fields differ.
    Failed(Vec<String>),
}

impl Outcome {
    /// A fixture that could not even be read.
    pub(crate) fn failed(problem: String) -> Self {
        Self::Failed(vec![problem])
    }

    /// Passed without differences, else failed.
    fn of(differences: Vec<String>) -> Self {
        if differences.is_empty() { Self::Passed } else { Self::Failed(differences) }
    }
}

/// Adds a difference when the two are not equal.
fn expect<T: PartialEq + Debug>(differences: &mut Vec<String>, field: &str, (expected, found): (&T, &T)) {
    if expected != found {
        differences.push(format!("{field}: expected {expected:?}, found {found:?}"));
    }
}
