//! Adjusted p-values.

use cutover::stats::adjust;
use serde_json::{Value, json};

use super::input::Input;
use super::{Method, method};

pub(crate) const METHODS: &[Method] = &[
    method("holm", |input| adjusted(input, adjust::holm)),
    method("benjamini_hochberg", |input| adjusted(input, adjust::benjamini_hochberg)),
];

fn adjusted(input: Input<'_>, adjust: fn(&[f64]) -> Vec<f64>) -> Result<Value, String> {
    Ok(json!({ "adjusted": adjust(&input.list("p")?) }))
}
