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

pub use chart::ChartError;
pub use view::{View, word};
pub use write::{WriteError, write};

use crate::compare::Results;
use crate::gate::{Gate, Verdict};
use crate::run_dir::{Example, Manifest};

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
