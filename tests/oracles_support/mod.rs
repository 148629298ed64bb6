//! The vectors, and for each method of theirs the call of the library that answers it.

pub(crate) mod adjusted;
pub(crate) mod bootstrap;
pub(crate) mod breakeven;
pub(crate) mod cost;
pub(crate) mod draws;
pub(crate) mod input;
pub(crate) mod judge;
pub(crate) mod latency;
pub(crate) mod paired;
pub(crate) mod planner;
pub(crate) mod pricing;
pub(crate) mod rates;
pub(crate) mod ratios;
pub(crate) mod sequential;
pub(crate) mod special;
pub(crate) mod vector;
pub(crate) mod verdict;

use serde_json::Value;

use input::Input;

/// A method of the vectors.
#[derive(Clone, Copy)]
pub(crate) struct Method {
    /// Its name in the vectors.
    pub(crate) name: &'static str,
    /// Answers one input in the shape of `expected`; the error says what of the input could not be read.
    pub(crate) run: fn(Input<'_>) -> Result<Value, String>,
}

/// A row of a table of methods.
pub(crate) const fn method(name: &'static str, run: fn(Input<'_>) -> Result<Value, String>) -> Method {
    Method { name, run }
}
