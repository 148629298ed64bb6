//! The cases that the economics rest on: how they were drawn, and what is assumed of production.

use super::CostModel;
use crate::stats::delta::{Columns, Derived, Scale, of_means};
use crate::stats::{Design, Scores};

/// The cases with a score and a known cost in both arms.
pub(super) struct Sampled<'a> {
    pub model: &'a CostModel,
    pub design: Design<'a>,
    pub confidence: f64,
    /// What the success rates of cases are means of.
    pub scores: Scores,
}

impl Sampled<'_> {
    /// The most attempts at a task.
    pub(super) fn attempts(&self) -> usize {
        self.model.max_attempts.get() as usize
    }

    fn columns<'c>(&'c self, columns: &'c [&'c [f64]]) -> Columns<'c> {
        Columns { columns, design: self.design, confidence: self.confidence }
    }

    /// The mean of every column.
    pub(super) fn means(&self, columns: &[&[f64]]) -> Option<Vec<f64>> {
        self.columns(columns).means()
    }

    /// A function of the means of the columns.
    pub(super) fn derive(
        &self,
        columns: &[&[f64]],
        scale: Scale,
        f: impl Fn(&[f64]) -> Option<f64>,
    ) -> Option<Derived> {
        of_means(self.columns(columns), scale, f)
    }
}
