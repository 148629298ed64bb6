//! Latency, to the first output and to the last: quantiles of each arm, and their ratio over the trials that were bought
//! in one recording.
//!
//! With several repeats the quantiles are of the cases' mean latencies, so that cases stay the sampling unit: they say
//! how slow the slow cases are, not how slow the slowest calls are. A call that timed out is slower than any other.

use super::grid::Trials;
use super::scope::{Scope, TrialValue, Values, case_mean, number};
use super::{Change, Metric};
use crate::domain::{FailureKind, Trial};
use crate::stats::Estimate;
use crate::stats::latency::{Latencies, paired_ratio};
use crate::stats::pairing::usable_mean;
use crate::stats::quantile::{SortedArms, quantile, quantile_ratio};

/// A quantile of a time that calls took.
pub(super) struct Latency {
    metric: Metric,
    quantile: f64,
    /// The time, in milliseconds; +∞ for longer than we waited.
    time: TrialValue,
}

/// The median.
pub(super) const P50: Latency = Latency { metric: Metric::LatencyP50, quantile: 0.5, time: milliseconds };

/// The 95th percentile.
pub(super) const P95: Latency = Latency { metric: Metric::LatencyP95, quantile: 0.95, time: milliseconds };

/// The 99th percentile.
pub(super) const P99: Latency = Latency { metric: Metric::LatencyP99, quantile: 0.99, time: milliseconds };

/// The median time to the first output.
pub(super) const FIRST_TOKEN_P50: Latency = Latency { metric: Metric::FirstTokenP50, quantile: 0.5, time: first_token };

/// The 95th percentile of the time to the first output.
pub(super) const FIRST_TOKEN_P95: Latency =
    Latency { metric: Metric::FirstTokenP95, quantile: 0.95, time: first_token };

/// How long a trial's call took when it was bought, in milliseconds; +∞ when it timed out.
fn milliseconds(trial: &Trial) -> Option<f64> {
    if timed_out(trial) { Some(f64::INFINITY) } else { trial.latency_ms.map(|time| number(time.get())) }
}

/// How long it took to the first output, in milliseconds. Only a stream has a first output, and a call that timed out is
/// counted where its whole time is.
fn first_token(trial: &Trial) -> Option<f64> {
    trial.first_token_ms.map(|time| number(time.get()))
}

fn timed_out(trial: &Trial) -> bool {
    trial.failure == Some(FailureKind::Timeout)
}

/// Whether two trials were bought in one recording. A call that timed out is never stored, so it belongs to this run.
fn side_by_side(baseline: &Trial, candidate: &Trial) -> bool {
    if timed_out(baseline) || timed_out(candidate) {
        return !baseline.from_store && !candidate.from_store;
    }
    baseline.recording.is_some() && baseline.recording == candidate.recording
}

/// The trials of a case that were bought side by side, repeat by repeat.
pub(super) fn bought_together<'a>(
    baseline: &'a Trials<'_>,
    candidate: &'a Trials<'_>,
) -> impl Iterator<Item = (&'a Trial, &'a Trial)> + Clone {
    let sent = baseline.iter().zip(candidate).filter_map(|(baseline, candidate)| (*baseline).zip(*candidate));
    sent.filter(|(baseline, candidate)| side_by_side(baseline, candidate))
}

/// Mean time of a case in both arms, over the repeats that were bought side by side.
fn paired(time: TrialValue, baseline: &Trials<'_>, candidate: &Trials<'_>) -> Option<(f64, f64)> {
    let timed =
        bought_together(baseline, candidate).filter_map(|(baseline, candidate)| time(baseline).zip(time(candidate)));
    let mean = |arm: fn((f64, f64)) -> f64| usable_mean(timed.clone().map(|pair| Some(arm(pair))));
    mean(|pair| pair.0).zip(mean(|pair| pair.1))
}

impl Latency {
    /// The quantile in one arm, over all of its calls.
    pub(super) fn estimate(&self, scope: Scope<'_>, arm: usize) -> Option<Estimate> {
        let mut values = scope.values(arm, |trials| case_mean(trials, self.time)).values;
        values.sort_by(f64::total_cmp);
        quantile(&values, self.quantile, scope.confidence)
    }

    /// The quantiles of both arms and their ratio, over the calls that were bought side by side.
    pub(super) fn change(&self, scope: Scope<'_>, candidate: usize) -> Change {
        let Values { cases, values } =
            scope.pairs(candidate, |baseline, candidate| paired(self.time, baseline, candidate));
        let (mut baseline, mut candidate): (Vec<f64>, Vec<f64>) = values.into_iter().unzip();
        baseline.sort_by(f64::total_cmp);
        candidate.sort_by(f64::total_cmp);
        let arms = SortedArms { baseline: &baseline, candidate: &candidate };
        Change {
            baseline: quantile(&baseline, self.quantile, scope.confidence),
            candidate: quantile(&candidate, self.quantile, scope.confidence),
            contrast: quantile_ratio(arms, self.quantile, scope.confidence),
            ..Change::uncompared(self.metric, cases.len(), scope.cases.len() - cases.len())
        }
    }
}

/// Candidate ÷ baseline of the typical case: the median of the cases' own ratios.
pub(super) fn typical_change(scope: Scope<'_>, candidate: usize) -> Change {
    let Values { cases, values } =
        scope.pairs(candidate, |baseline, candidate| paired(milliseconds, baseline, candidate));
    let (baseline, candidate): (Vec<_>, Vec<_>) =
        values.into_iter().map(|(baseline, candidate)| (Some(baseline), Some(candidate))).unzip();
    let ratio = paired_ratio(Latencies { baseline: &baseline, candidate: &candidate }, scope.confidence);
    Change {
        contrast: ratio.median,
        ..Change::uncompared(Metric::LatencyTypical, ratio.n, scope.cases.len() - cases.len() + ratio.dropped)
    }
}
