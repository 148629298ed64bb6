//! The cases under comparison, all of the plan or those of a slice: values by arm, and pairs of both arms.

use std::collections::HashMap;

use super::grid::{BASELINE, Grid, Trials};
use crate::domain::Trial;
use crate::stats::{Design, pairing};

/// What is read off one trial; `None` is missing.
pub(super) type TrialValue = fn(&Trial) -> Option<f64>;

/// The cases under comparison.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub grid: &'a Grid<'a>,
    /// Indices into the grid's cases, ascending.
    pub cases: &'a [usize],
    /// Two-sided confidence of every interval.
    pub confidence: f64,
    /// Whether a case counts as often as it weighs.
    pub weighted: bool,
    /// How the cases were looked at while they came in; `None` where they were not.
    pub looks: Option<Looks<'a>>,
}

/// How cases were looked at while they came in.
#[derive(Clone, Copy)]
pub(super) struct Looks<'a> {
    /// The place of each of the grid's cases in the order of looking.
    pub ranks: &'a [usize],
    /// So many pairs are there at the first look.
    pub first: usize,
    /// Whether what was seen ended the run before its last case.
    pub stopped_early: bool,
}

/// How some cases came into the sample, owned.
pub(super) struct Sample {
    clusters: Option<Vec<u32>>,
    weights: Option<Vec<f64>>,
}

impl Sample {
    pub(super) fn design(&self) -> Design<'_> {
        Design { clusters: self.clusters.as_deref(), weights: self.weights.as_deref() }
    }

    /// Whether the cases are independent and weigh the same.
    pub(super) fn is_simple(&self) -> bool {
        self.clusters.is_none() && !self.design().is_weighted()
    }
}

/// One value a case, for the cases that have one.
pub(super) struct Values<T> {
    /// Indices into the grid's cases, ascending.
    pub cases: Vec<usize>,
    pub values: Vec<T>,
}

/// The mean over the trials that have the value: a case's value in an arm. `None` when no trial has it.
pub(super) fn case_mean(trials: &Trials<'_>, value: impl Fn(&Trial) -> Option<f64>) -> Option<f64> {
    pairing::usable_mean(trials.iter().flatten().map(|trial| value(trial)))
}

impl Scope<'_> {
    /// A value of every case in one arm, where it has one.
    pub(super) fn values<T>(&self, arm: usize, value: impl Fn(&Trials<'_>) -> Option<T>) -> Values<T> {
        self.collect(|case| value(self.grid.trials(case, arm)))
    }

    /// A value of every case, made from its trials in both arms (the baseline's first), where it has one.
    pub(super) fn pairs<T>(
        &self,
        candidate: usize,
        mut value: impl FnMut(&Trials<'_>, &Trials<'_>) -> Option<T>,
    ) -> Values<T> {
        self.collect(|case| value(self.grid.trials(case, BASELINE), self.grid.trials(case, candidate)))
    }

    fn collect<T>(&self, mut value: impl FnMut(usize) -> Option<T>) -> Values<T> {
        // Most cases have most values.
        let room = self.cases.len();
        let mut found = Values { cases: Vec::with_capacity(room), values: Vec::with_capacity(room) };
        for &case in self.cases {
            if let Some(value) = value(case) {
                found.cases.push(case);
                found.values.push(value);
            }
        }
        found
    }

    /// How `cases` came into the sample.
    pub(super) fn sample(&self, cases: &[usize]) -> Sample {
        let weights = || cases.iter().map(|&case| self.grid.weights[case]).collect();
        Sample { clusters: self.clusters(cases), weights: self.weighted.then(weights) }
    }

    /// The same for other cases.
    pub(super) fn within<'s>(&self, cases: &'s [usize]) -> Scope<'s>
    where
        Self: 's,
    {
        Scope { cases, ..*self }
    }

    /// Whether some case here weighs more than another, and is to count so.
    pub(super) fn is_weighted(&self) -> bool {
        self.sample(self.cases).design().is_weighted()
    }

    /// The cluster of each of `cases`, numbered from 0; `None` when none of them names one. A case that names none is
    /// a cluster of its own.
    fn clusters(&self, cases: &[usize]) -> Option<Vec<u32>> {
        let labels: Vec<Option<&str>> = cases.iter().map(|&case| self.grid.clusters[case]).collect();
        labels.iter().any(Option::is_some).then(|| {
            let mut numbers: HashMap<&str, u32> = HashMap::new();
            let mut next = 0;
            let mut number = || {
                next += 1;
                next - 1
            };
            labels
                .into_iter()
                .map(|label| match label {
                    Some(label) => *numbers.entry(label).or_insert_with(&mut number),
                    None => number(),
                })
                .collect()
        })
    }
}

/// A count or a time as a number of the same value.
#[expect(clippy::cast_precision_loss, reason = "tokens and milliseconds of one trial stay far below 2^53")]
pub(super) fn number(whole: u64) -> f64 {
    whole as f64
}
