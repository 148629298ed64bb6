//! Output tokens per second of generation: how fast a stream flows once it has begun.

use super::grid::Trials;
use super::latency::bought_together;
use super::scope::{Scope, Values, number};
use super::{Change, Metric};
use crate::domain::Trial;
use crate::stats::Estimate;
use crate::stats::ratio::{Means, ratio_of_means, ratio_of_ratios};

/// Output tokens, and the seconds between the first output and the last. `None` unless both are known and above 0.
fn flow(trial: &Trial) -> Option<(f64, f64)> {
    let tokens = trial.usage()?.output_tokens.filter(|tokens| *tokens > 0)?;
    let (last, first) = (trial.latency_ms?.get(), trial.first_token_ms?.get());
    let milliseconds = last.checked_sub(first).filter(|milliseconds| *milliseconds > 0)?;
    Some((number(tokens), number(milliseconds) / 1000.0))
}

/// The flows of a case's trials together; `None` without any.
fn together(flows: impl Iterator<Item = (f64, f64)>) -> Option<(f64, f64)> {
    flows.reduce(|(tokens, seconds), (more, longer)| (tokens + more, seconds + longer))
}

/// Tokens per second of one arm, over all of its streamed calls.
pub(super) fn estimate(scope: Scope<'_>, arm: usize) -> Option<Estimate> {
    let of_case = |trials: &Trials<'_>| together(trials.iter().flatten().filter_map(|trial| flow(trial)));
    let Values { cases, values } = scope.values(arm, of_case);
    let (tokens, seconds): (Vec<f64>, Vec<f64>) = values.into_iter().unzip();
    let means = Means { numerator: &tokens, denominator: &seconds };
    ratio_of_means(means, scope.sample(&cases).design(), scope.confidence).map(|ratio| ratio.estimate)
}

/// Tokens per second of both arms and their ratio, over the calls that were bought side by side.
pub(super) fn change(scope: Scope<'_>, candidate: usize) -> Change {
    let Values { cases, values } = scope.pairs(candidate, |baseline, candidate| {
        let flows = bought_together(baseline, candidate)
            .filter_map(|(baseline, candidate)| flow(baseline).zip(flow(candidate)));
        together(flows.clone().map(|both| both.0)).zip(together(flows.map(|both| both.1)))
    });
    let (baseline, candidate): (Vec<_>, Vec<_>) = values.into_iter().unzip();
    let (tokens, seconds): (Vec<f64>, Vec<f64>) = baseline.into_iter().unzip();
    let (candidate_tokens, candidate_seconds): (Vec<f64>, Vec<f64>) = candidate.into_iter().unzip();
    let sample = scope.sample(&cases);
    let design = sample.design();
    let baseline = Means { numerator: &tokens, denominator: &seconds };
    let candidate = Means { numerator: &candidate_tokens, denominator: &candidate_seconds };
    // Ratios of sums like any other, so that long answers weigh more.
    let per_second = |means| ratio_of_means(means, design, scope.confidence).map(|ratio| ratio.estimate);
    Change {
        baseline: per_second(baseline),
        candidate: per_second(candidate),
        contrast: ratio_of_ratios(candidate, baseline, design, scope.confidence).map(|ratio| ratio.estimate),
        ..Change::uncompared(Metric::TokensPerSecond, cases.len(), scope.cases.len() - cases.len())
    }
}
