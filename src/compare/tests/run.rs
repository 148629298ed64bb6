//! A small run: its plan and its trials, put together by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::compare::{Change, CostModel, Metric, Options, PlannedCase, Results, compare};
use crate::domain::{CallDigest, FailureKind, FinishReason, Outcome, Trial, TrialKey, UnscoredReason, Usage, Usd};
use crate::pricing::Price;
use crate::stats::Estimate;

pub(super) const FAIL: Outcome = Outcome::Fail(None);
pub(super) const FAILED: Outcome = Outcome::Unscored(UnscoredReason::Failed);
pub(super) const UNLABELLED: Outcome = Outcome::Unscored(UnscoredReason::Unlabelled);

/// A plan and the trials that came of it.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub arms: Vec<String>,
    pub planned: Vec<PlannedCase>,
    pub repeats: u32,
    pub slice_by: Vec<String>,
    pub margin: Option<f64>,
    pub trials: Vec<Trial>,
    pub costs: CostModel,
    pub prices: Vec<Option<Price>>,
}

impl Run {
    /// A plan of cases `000`, `001`, ... that involve tools, and no trial yet.
    pub(super) fn new(cases: usize) -> Self {
        Self {
            arms: vec!["baseline".into(), "candidate".into()],
            planned: (0..cases).map(|case| planned(&id(case), &[])).collect(),
            repeats: 1,
            slice_by: vec![],
            margin: None,
            trials: vec![],
            costs: CostModel::default(),
            prices: vec![],
        }
    }

    /// One answered trial a case and arm, with these outcomes: the baseline's first.
    pub(super) fn of_outcomes(outcomes: &[[Outcome; 2]]) -> Self {
        let trials = outcomes.iter().enumerate().flat_map(|(case, outcomes)| {
            outcomes.iter().enumerate().map(move |(arm, outcome)| trial(case, arm, 0, *outcome))
        });
        Self { trials: trials.collect(), ..Self::new(outcomes.len()) }
    }

    pub(super) fn results(&self) -> Results {
        let Self { arms, planned, repeats, slice_by, margin, trials, costs, prices } = self;
        let (repeats, margin, sequential) = (*repeats, *margin, None);
        let confidence = 0.95;
        compare(trials, &Options { arms, planned, repeats, confidence, slice_by, costs, prices, margin, sequential })
    }

    /// The candidate's change in a metric.
    pub(super) fn change(&self, metric: Metric) -> Change {
        self.results().comparisons[0].change(metric, None).expect("every metric has a change").clone()
    }

    /// A metric of one arm.
    pub(super) fn estimate(&self, arm: usize, metric: Metric) -> Option<Estimate> {
        self.results().arms[arm].estimates[&metric]
    }

    pub(super) fn trial_mut(&mut self, case: usize, arm: usize) -> &mut Trial {
        let (case, arm) = (id(case), &*self.arms[arm]);
        let found = self.trials.iter_mut().find(|trial| *trial.key.case == *case && *trial.key.arm == *arm);
        found.expect("was sent")
    }
}

pub(super) fn id(case: usize) -> String {
    format!("{case:03}")
}

pub(super) fn planned(id: &str, tags: &[(&str, &str)]) -> PlannedCase {
    let tags = tags.iter().map(|(tag, value)| ((*tag).to_owned(), (*value).to_owned())).collect();
    PlannedCase { id: id.into(), tags: Arc::new(tags), involves_tools: true }
}

/// An answer bought in this run; the second arm is the candidate.
pub(super) fn trial(case: usize, arm: usize, repeat: u32, outcome: Outcome) -> Trial {
    let arm = ["baseline", "candidate", "second"][arm];
    Trial {
        key: TrialKey { case: id(case).into(), arm: arm.into(), repeat },
        outcome,
        failure: None,
        finish_reason: Some(FinishReason::Stop),
        tool_calls: Some(CallDigest::default().into()),
        tool_fault: None,
        tool_calls_judged: true,
        involves_tools: true,
        usage: Some(Usage { input_tokens: Some(100), output_tokens: Some(10), ..Usage::default() }.into()),
        cost: Some(Usd::from_pico(1_000_000)),
        spend: Some(Usd::from_pico(1_000_000)),
        latency_ms: Some(500_u64.into()),
        first_token_ms: None,
        attempts: 1,
        from_store: false,
        single_flight: false,
        recording: Some("run-1".into()),
        weight: 1.0,
        cluster: None,
        tags: Arc::new(BTreeMap::new()),
        remarks: None,
    }
}

/// A call without an answer. It cost nothing.
pub(super) fn failed(case: usize, arm: usize, repeat: u32, kind: FailureKind) -> Trial {
    Trial {
        failure: Some(kind),
        finish_reason: None,
        tool_calls: None,
        usage: None,
        cost: Some(Usd::ZERO),
        spend: Some(Usd::ZERO),
        latency_ms: None,
        recording: None,
        ..trial(case, arm, repeat, if kind.model_caused() { FAIL } else { FAILED })
    }
}

/// Lower limit, value, upper limit.
pub(super) fn numbers(estimate: Option<Estimate>) -> [Option<f64>; 3] {
    estimate.map_or([None; 3], |estimate| [estimate.low(), Some(estimate.value), estimate.high()])
}

pub(super) fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(1.0)
}

#[track_caller]
pub(super) fn assert_near(found: Option<f64>, expected: f64) {
    assert!(found.is_some_and(|found| near(found, expected)), "{found:?} is not {expected}");
}
