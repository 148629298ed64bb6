//! Tokens: the mean of a trial in each arm, and the ratio of the means over the cases that both arms count.

use super::scope::{Scope, TrialValue, Values, case_mean, number};
use super::{Change, Metric};
use crate::domain::{Trial, Usage};
use crate::stats::ratio::{Means, ratio_of_means};
use crate::stats::{Estimate, PerCase, mean};

/// Mean tokens of a trial.
pub(super) struct Tokens {
    metric: Metric,
    /// What is counted of a trial; nothing where the provider did not report it.
    count: TrialValue,
}

/// Input tokens.
pub(super) const INPUT: Tokens =
    Tokens { metric: Metric::InputTokens, count: |trial| reported(trial, |usage| usage.input_tokens) };

/// Output tokens, reasoning included.
pub(super) const OUTPUT: Tokens =
    Tokens { metric: Metric::OutputTokens, count: |trial| reported(trial, |usage| usage.output_tokens) };

fn reported(trial: &Trial, count: fn(&Usage) -> Option<u64>) -> Option<f64> {
    trial.usage().as_ref().and_then(count).map(number)
}

impl Tokens {
    /// The mean in one arm.
    pub(super) fn estimate(&self, scope: Scope<'_>, arm: usize) -> Option<Estimate> {
        let Values { cases, values } = scope.values(arm, |trials| case_mean(trials, self.count));
        let sample = scope.sample(&cases);
        mean::mean(PerCase { values: &values, design: sample.design() }, scope.confidence)
    }

    /// The means of both arms and their ratio, over the cases that both arms count.
    pub(super) fn change(&self, scope: Scope<'_>, candidate: usize) -> Change {
        let Values { cases, values } = scope.pairs(candidate, |baseline, candidate| {
            case_mean(baseline, self.count).zip(case_mean(candidate, self.count))
        });
        let (baseline, candidate): (Vec<f64>, Vec<f64>) = values.into_iter().unzip();
        let sample = scope.sample(&cases);
        let design = sample.design();
        let means = Means { numerator: &candidate, denominator: &baseline };
        Change {
            baseline: mean::mean(PerCase { values: &baseline, design }, scope.confidence),
            candidate: mean::mean(PerCase { values: &candidate, design }, scope.confidence),
            contrast: ratio_of_means(means, design, scope.confidence).map(|ratio| ratio.estimate),
            ..Change::uncompared(self.metric, cases.len(), scope.cases.len() - cases.len())
        }
    }
}
