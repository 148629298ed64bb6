//! Latency: what may be compared, and what a timeout means.

use super::run::{Run, assert_near, failed, trial};
use crate::compare::Metric;
use crate::domain::{FailureKind, Outcome, Trial, Usage};
use crate::stats::quantile::{SortedArms, quantile, quantile_ratio};

/// 100 cases: the baseline takes 1, 2, ... ms, the candidate three times as long.
fn timed() -> Run {
    let mut run = Run::of_outcomes(&[[Outcome::Pass; 2]; 100]);
    for (case, milliseconds) in (1..=100_u64).enumerate() {
        run.trial_mut(case, 0).latency_ms = Some(milliseconds.into());
        run.trial_mut(case, 1).latency_ms = Some((3 * milliseconds).into());
    }
    run
}

fn milliseconds(factor: u32) -> Vec<f64> {
    (1..=100).map(|rank| f64::from(factor * rank)).collect()
}

#[test]
fn quantiles_of_both_arms_and_their_ratio() {
    let run = timed();
    let (baseline, candidate) = (milliseconds(1), milliseconds(3));
    for (metric, q) in [(Metric::LatencyP50, 0.5), (Metric::LatencyP95, 0.95), (Metric::LatencyP99, 0.99)] {
        let change = run.change(metric);
        assert_eq!(change.baseline, quantile(&baseline, q, 0.95));
        assert_eq!(change.candidate, quantile(&candidate, q, 0.95));
        let arms = SortedArms { baseline: &baseline, candidate: &candidate };
        assert_eq!(change.contrast, quantile_ratio(arms, q, 0.95));
        assert_near(change.contrast.map(|ratio| ratio.value), 3.0);
        assert_eq!(run.estimate(1, metric), quantile(&candidate, q, 0.95));
    }
}

#[test]
fn only_answers_of_one_recording_are_compared() {
    let mut run = timed();
    for case in 0..40 {
        run.trial_mut(case, 0).recording = Some("run-0".into());
    }
    run.trial_mut(40, 1).recording = None;
    (run.trial_mut(41, 0).recording, run.trial_mut(41, 1).recording) = (None, None);
    run.trial_mut(42, 0).latency_ms = None;
    let change = run.change(Metric::LatencyP50);
    assert_eq!((change.pairs, change.missing), (57, 43));
    // Each arm's own figure uses every answer.
    assert_eq!(run.estimate(0, Metric::LatencyP50).map(|p50| p50.n), Some(99));
}

#[test]
fn a_timeout_is_the_tail_and_another_failure_is_nothing() {
    let mut run = timed();
    *run.trial_mut(0, 1) = failed(0, 1, 0, FailureKind::Timeout);
    *run.trial_mut(1, 1) = failed(1, 1, 0, FailureKind::ServerError);
    let mut candidate = milliseconds(3)[2..].to_vec();
    candidate.push(f64::INFINITY);
    assert_eq!(run.estimate(1, Metric::LatencyP95), quantile(&candidate, 0.95, 0.95));
    assert_eq!(run.change(Metric::LatencyP95).pairs, 99);
    // The other arm's answer is from an earlier run: the two were not bought side by side.
    run.trial_mut(0, 0).from_store = true;
    assert_eq!(run.change(Metric::LatencyP95).pairs, 98);
}

#[test]
fn repeats_are_averaged_over_those_bought_side_by_side() {
    let timed = |arm, repeat, milliseconds: u64, recording: &str| Trial {
        latency_ms: Some(milliseconds.into()),
        recording: Some(recording.into()),
        ..trial(0, arm, repeat, Outcome::Pass)
    };
    let rows = [(0, 0, 10, "a"), (0, 1, 30, "a"), (0, 2, 500, "b"), (1, 0, 20, "a"), (1, 1, 20, "a"), (1, 2, 40, "a")];
    let trials = rows.map(|(arm, repeat, milliseconds, recording)| timed(arm, repeat, milliseconds, recording));
    let run = Run { repeats: 3, trials: trials.into(), ..Run::new(1) };
    let change = run.change(Metric::LatencyP50);
    assert_near(change.baseline.map(|p50| p50.value), 20.0);
    assert_near(change.candidate.map(|p50| p50.value), 20.0);
    assert_near(run.estimate(0, Metric::LatencyP50).map(|p50| p50.value), 180.0);
}

#[test]
fn the_typical_case_is_the_median_of_the_cases_own_ratios() {
    let mut run = Run::of_outcomes(&[[Outcome::Pass; 2]; 3]);
    // Ratios 2, 10 and 0.5; the medians, 100 and 100, would say 1.
    for (case, [baseline, candidate]) in [[50_u64, 100], [100, 1000], [120, 60]].into_iter().enumerate() {
        run.trial_mut(case, 0).latency_ms = Some(baseline.into());
        run.trial_mut(case, 1).latency_ms = Some(candidate.into());
    }
    let change = run.change(Metric::LatencyTypical);
    assert_near(change.contrast.map(|ratio| ratio.value), 2.0);
    assert_eq!((change.baseline, change.candidate, change.pairs), (None, None, 3));
    assert_eq!(run.estimate(0, Metric::LatencyTypical), None);
    // Two calls that were given up say nothing about their ratio.
    for arm in [0, 1] {
        *run.trial_mut(0, arm) = failed(0, arm, 0, FailureKind::Timeout);
    }
    let change = run.change(Metric::LatencyTypical);
    assert_eq!((change.pairs, change.missing), (2, 1));
}

#[test]
fn only_streams_tell_of_first_tokens_and_flow() {
    let mut run = Run::of_outcomes(&[[Outcome::Pass; 2]; 3]);
    for (case, first, last, tokens) in [(0, 100_u64, 600_u64, 10), (1, 300, 1300, 50)] {
        let trial = run.trial_mut(case, 0);
        (trial.first_token_ms, trial.latency_ms) = (Some(first.into()), Some(last.into()));
        trial.usage = Some(Usage { output_tokens: Some(tokens), ..Usage::default() }.into());
        let trial = run.trial_mut(case, 1);
        (trial.first_token_ms, trial.latency_ms) = (Some((first / 2).into()), Some(last.into()));
        trial.usage = Some(Usage { output_tokens: Some(2 * tokens), ..Usage::default() }.into());
    }
    let first = run.change(Metric::FirstTokenP50);
    assert_eq!((first.pairs, first.missing), (2, 1));
    assert_near(first.baseline.map(|p50| p50.value), 200.0);
    assert_near(first.contrast.map(|ratio| ratio.value), 0.5);
    // 60 tokens in 500 + 1,000 ms against 120 in 550 + 1,150.
    let flow = run.change(Metric::TokensPerSecond);
    assert_near(flow.baseline.map(|flow| flow.value), 40.0);
    assert_near(flow.candidate.map(|flow| flow.value), 120.0 / 1.7);
    assert_near(flow.contrast.map(|ratio| ratio.value), 3.0 / 1.7);
    assert_near(run.estimate(0, Metric::TokensPerSecond).map(|flow| flow.value), 40.0);
    // Of calls that were not bought side by side, nothing is compared.
    run.trial_mut(1, 1).recording = Some("another".into());
    assert_near(run.change(Metric::TokensPerSecond).baseline.map(|flow| flow.value), 20.0);
}
