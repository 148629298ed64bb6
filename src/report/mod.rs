//! Values → text and pictures: the terminal, the summary, the page, the charts.
//!
//! A [`View`] rounds every number once; the sections arrange it into blocks; a format writes blocks. What a model or a
//! user wrote travels as plain text up to the format, whose one sanitiser makes it inert.

mod block;
mod chart;
pub mod format;
mod sections;
mod view;
mod write;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use chart::ChartError;
pub use view::View;
pub use write::{WriteError, write};

use crate::compare::Results;
use crate::domain::{FailureKind, Outcome};
use crate::gate::{Gate, Verdict};
use crate::run_dir::Manifest;

/// All that a report is made from.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// What the run was made from.
    pub manifest: &'a Manifest,
    /// Every number.
    pub results: &'a Results,
    /// The rules.
    pub gate: &'a Gate,
    /// One verdict a candidate.
    pub verdicts: &'a [Verdict],
    /// Cases to read side by side, the most telling first.
    pub examples: &'a [Example],
}

/// A case where arms disagree, with its texts. The caller has clipped every text to a few kilobytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The case's id.
    pub case: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The conversation, as text.
    pub prompt: String,
    /// What a right answer is, as text.
    pub expected: String,
    /// One answer an arm, the baseline's first.
    pub answers: Vec<ExampleAnswer>,
}

/// What one arm answered.
#[derive(Debug, Clone, PartialEq)]
pub struct ExampleAnswer {
    /// The arm's name.
    pub arm: String,
    /// What the scorers made of it.
    pub outcome: Outcome,
    /// How the call failed, when it did.
    pub failure: Option<FailureKind>,
    /// The visible text; empty when there is none.
    pub text: String,
    /// The calls: the tool's name and the arguments, as JSON text.
    pub tool_calls: Vec<(String, String)>,
    /// The scorers' reasons.
    pub why: Vec<String>,
}
