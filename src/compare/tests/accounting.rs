//! Where the trials of an arm went, and what they used.

use std::collections::BTreeMap;

use super::run::{FAIL, FAILED, Run, UNLABELLED, failed, trial};
use crate::compare::{Accounting, METRICS, Metric, TokenTotals};
use crate::domain::{CallDigest, FailureKind, FinishReason, Outcome, ToolFault, Trial, UnscoredReason, Usage, Usd};

fn ended(outcome: Outcome, finish_reason: FinishReason) -> Trial {
    Trial { finish_reason: Some(finish_reason), ..trial(0, 0, 0, outcome) }
}

#[test]
fn every_trial_has_one_place() {
    let none = Accounting { planned: 1, ..Accounting::default() };
    let fail = Accounting { failed_outcome: 1, ..none };
    let call_failed = Accounting { call_failed: 1, ..none };
    let unscored = Accounting { unscored: 1, ..none };
    let rejected = Accounting { rejected: 1, ..fail };
    let rows = [
        (None, Accounting { not_sent: 1, ..none }),
        (Some(trial(0, 0, 0, Outcome::Pass)), Accounting { passed: 1, ..none }),
        (Some(ended(Outcome::Pass, FinishReason::Length)), Accounting { passed: 1, ..none }),
        (Some(trial(0, 0, 0, FAIL)), fail),
        (Some(ended(Outcome::Fail(Some(ToolFault::Malformed)), FinishReason::MalformedToolCall)), fail),
        (Some(ended(FAIL, FinishReason::Refusal)), Accounting { refused: 1, ..fail }),
        (Some(ended(FAIL, FinishReason::Length)), Accounting { cut: 1, ..fail }),
        (Some(ended(FAIL, FinishReason::ContentFilter)), Accounting { filtered: 1, ..fail }),
        (Some(failed(0, 0, 0, FailureKind::ContentPolicy)), Accounting { filtered: 1, ..fail }),
        (Some(failed(0, 0, 0, FailureKind::ContextLength)), rejected),
        (Some(failed(0, 0, 0, FailureKind::InvalidRequest)), rejected),
        (Some(failed(0, 0, 0, FailureKind::PayloadTooLarge)), rejected),
        (Some(failed(0, 0, 0, FailureKind::Timeout)), call_failed),
        (Some(ended(FAILED, FinishReason::Error)), call_failed),
        (Some(trial(0, 0, 0, UNLABELLED)), unscored),
        (Some(trial(0, 0, 0, Outcome::Unscored(UnscoredReason::NoScorer))), unscored),
    ];
    for (trial, expected) in rows {
        let run = Run { trials: trial.iter().cloned().collect(), ..Run::new(1) };
        assert_eq!(run.results().arms[0].accounting, expected, "{trial:?}");
    }
}

#[test]
fn what_an_arm_used_is_summed_and_unknown_stays_unknown() {
    let mut run = Run::new(5);
    let usage = Usage { input_tokens: Some(7), reasoning_tokens: Some(2), ..Usage::default() };
    run.trials = vec![
        Trial {
            attempts: 3,
            tool_calls: Some(CallDigest { count: 2, ..CallDigest::default() }.into()),
            tool_fault: Some(ToolFault::WrongTool),
            ..trial(0, 0, 0, FAIL)
        },
        Trial { from_store: true, spend: Some(Usd::ZERO), usage: Some(usage.into()), ..trial(1, 0, 0, Outcome::Pass) },
        Trial { usage: None, ..trial(2, 0, 0, UNLABELLED) },
        Trial { attempts: 4, ..failed(3, 0, 0, FailureKind::Timeout) },
        failed(4, 0, 0, FailureKind::ContextLength),
    ];
    run.planned[2].involves_tools = false;
    let summary = &run.results().arms[0];
    let tokens =
        TokenTotals { input: Some(107), cache_read: None, output: Some(10), reasoning: Some(2), without_usage: 1 };
    assert_eq!(summary.tokens, tokens);
    assert_eq!(summary.cost, Some(Usd::from_pico(3_000_000)));
    assert_eq!(summary.spend, Some(Usd::from_pico(2_000_000)));
    assert_eq!((summary.from_store, summary.retries), (1, 5));
    assert_eq!((summary.tool_trials, summary.tool_trials_with_calls), (2, 1));
    assert_eq!(summary.tool_faults, BTreeMap::from([(ToolFault::WrongTool, 1)]));
    assert_eq!(summary.failures, BTreeMap::from([(FailureKind::Timeout, 1), (FailureKind::ContextLength, 1)]));

    run.trials[1].cost = None;
    run.trials[0].spend = None;
    let summary = &run.results().arms[0];
    assert_eq!((summary.cost, summary.spend), (None, None));
}

#[test]
fn nothing_gives_no_estimate() {
    let nobody = Run { arms: vec![], ..Run::new(3) };
    assert!(nobody.results().arms.is_empty() && nobody.results().comparisons.is_empty());
    let once = Run { repeats: 0, trials: vec![trial(0, 0, 0, Outcome::Pass)], ..Run::new(1) };
    for run in [Run::new(0), Run::new(3), once] {
        let results = run.results();
        for arm in &results.arms {
            assert!(arm.estimates.values().all(Option::is_none), "{arm:?}");
            assert_eq!(arm.estimates.len(), METRICS.len());
        }
        for change in &results.comparisons[0].changes {
            assert_eq!((change.baseline, change.candidate, change.contrast), (None, None, None));
            assert_eq!((change.p_value, change.pairs, change.missing), (None, 0, run.planned.len()));
            assert_eq!(change.discordance, None);
        }
    }
}

#[test]
fn trials_outside_the_plan_are_left_out_and_the_first_of_a_key_counts() {
    let mut run = Run { trials: vec![trial(0, 0, 0, Outcome::Pass), trial(0, 1, 0, FAIL)], ..Run::new(1) };
    let before = run.results();
    let mut stranger = trial(0, 0, 0, FAIL);
    stranger.key.arm = "stranger".into();
    run.trials.extend([trial(1, 0, 0, FAIL), trial(0, 0, 1, FAIL), trial(0, 0, 0, FAIL), stranger]);
    assert_eq!(run.results(), before);
    assert_eq!(run.estimate(0, Metric::Accuracy).map(|rate| rate.n), Some(1));
}
