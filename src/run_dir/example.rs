//! Cases on which the arms disagree, with their texts, so that a report needs nothing but the run's folder.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{FailureKind, Outcome};

/// One case with the answers of every arm, clipped for a reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The case's id.
    pub case: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The conversation, as text.
    pub prompt: String,
    /// What was expected, as text.
    pub expected: String,
    /// One answer an arm and repeat, the baseline first.
    pub answers: Vec<ExampleAnswer>,
}

/// One answer to an example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExampleAnswer {
    /// The arm's name.
    pub arm: String,
    /// What the scorers made of it.
    pub outcome: Outcome,
    /// Why there is no answer, when there is none.
    pub failure: Option<FailureKind>,
    /// The visible text.
    pub text: String,
    /// The calls: name and arguments.
    pub tool_calls: Vec<(String, String)>,
    /// What the scorers said.
    pub why: Vec<String>,
}
