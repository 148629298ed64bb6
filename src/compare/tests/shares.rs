//! Accuracy and the tool-call failure rate.

use super::run::{FAIL, FAILED, Run, UNLABELLED, assert_near, failed, numbers, planned, trial};
use crate::compare::{Discordance, Metric, Quadrants};
use crate::domain::{FailureKind, Outcome, ToolFault, Usage};
use crate::stats::{Design, PerCase, Scores, mcnemar, paired, proportion};

const PASS: Outcome = Outcome::Pass;

/// The airway data of Fagerland, Lydersen & Laake 2014: 21 pairs, 7 lost and 1 gained.
fn airway() -> Run {
    let mut outcomes = vec![[PASS, PASS]; 21];
    outcomes[2..9].fill([PASS, FAIL]);
    outcomes[12] = [FAIL, PASS];
    outcomes[20] = [FAIL, FAIL];
    Run::of_outcomes(&outcomes)
}

#[test]
fn one_trial_a_case_gives_the_published_interval() {
    let change = airway().change(Metric::Accuracy);
    let rounded = numbers(change.contrast).map(|number| format!("{:.3}", number.expect("is bounded")));
    assert_eq!(rounded, ["-0.517", "-0.286", "-0.026"]);
    assert_eq!(change.contrast.map(|contrast| contrast.method), Some("Tango"));
    assert_eq!(change.p_value, Some(mcnemar::mid_p(7, 1)));
    assert_eq!(change.baseline, proportion::wilson(19, 21, 0.95));
    assert_eq!(change.candidate, proportion::wilson(13, 21, 0.95));
    assert_eq!((change.pairs, change.missing), (21, 0));
    assert_near(change.worst_case, -6.0 / 21.0);
    assert_near(change.best_case, -6.0 / 21.0);
    let Discordance { n, baseline_only, candidate_only } = change.discordance.expect("has an interval");
    for (found, expected) in [(n, 21.0), (baseline_only, 7.0), (candidate_only, 1.0)] {
        assert_near(Some(found), expected);
    }
}

#[test]
fn the_pairs_fall_into_quadrants_and_the_changed_cases_are_named() {
    let comparison = &airway().results().comparisons[0];
    assert_eq!(comparison.quadrants, Quadrants { both_pass: 12, lost: 7, gained: 1, both_fail: 1 });
    assert_eq!(comparison.lost, ["002", "003", "004", "005", "006", "007", "008"]);
    assert_eq!(comparison.gained, ["012"]);
    assert_eq!((comparison.cases, comparison.pairs, comparison.unpaired), (21, 21, 0));
}

/// Three cases, two repeats: baseline means 1, ½, 0; candidate means 0, 1, ½.
fn repeated() -> Run {
    let outcomes = [[[PASS, PASS], [FAIL, FAIL]], [[PASS, FAIL], [PASS, PASS]], [[FAIL, FAIL], [PASS, FAIL]]];
    let mut run = Run { repeats: 2, ..Run::new(3) };
    for (case, arms) in outcomes.iter().enumerate() {
        for (arm, repeats) in arms.iter().enumerate() {
            run.trials.extend((0..).zip(repeats).map(|(repeat, outcome)| trial(case, arm, repeat, *outcome)));
        }
    }
    run
}

#[test]
fn repeats_are_averaged_before_cases_are_paired() {
    let run = repeated();
    let change = run.change(Metric::Accuracy);
    let scores = Scores::PassFail { trials: 2 };
    assert_eq!(change.contrast, paired::difference(PerCase::independent(&[-1.0, 0.5, 0.5]), scores, 0.95));
    assert_eq!(change.baseline, proportion::rate(PerCase::independent(&[1.0, 0.5, 0.0]), scores, 0.95));
    assert_eq!(change.p_value, None);
    let comparison = &run.results().comparisons[0];
    assert_eq!(comparison.quadrants, Quadrants { both_pass: 0, lost: 1, gained: 2, both_fail: 0 });
}

#[test]
fn an_equal_case_passes_only_when_every_trial_did() {
    let mut run = repeated();
    run.trials.retain(|trial| trial.key.repeat == 1 || *trial.key.case == *"000");
    // Equal at ½ in both arms.
    let candidate = run.trials.iter_mut().find(|trial| *trial.key.arm == *"candidate");
    candidate.expect("was sent").outcome = PASS;
    let baseline = run.trials.iter_mut().find(|trial| *trial.key.arm == *"baseline");
    baseline.expect("was sent").outcome = FAIL;
    run.trials.retain(|trial| *trial.key.case == *"000");
    assert_eq!(run.results().comparisons[0].quadrants, Quadrants { both_fail: 1, ..Quadrants::default() });
}

#[test]
fn the_worst_loss_comes_first() {
    let mut run = repeated();
    // Case 001 now falls from ½ to 0, less than case 000, which falls from 1 to 0; case 002 rises from 0 to ½.
    for repeat in 0..2 {
        run.trials
            .retain(|trial| (&*trial.key.case, &*trial.key.arm, trial.key.repeat) != ("001", "candidate", repeat));
        run.trials.push(trial(1, 1, repeat, FAIL));
    }
    run.planned[1].id = "!".into();
    run.trials.iter_mut().filter(|trial| *trial.key.case == *"001").for_each(|trial| trial.key.case = "!".into());
    assert_eq!(run.results().comparisons[0].lost, ["000", "!"]);
}

#[test]
fn clusters_enter_every_interval() {
    let mut alone = airway();
    for case in 0..21 {
        let counted = Usage { input_tokens: Some(case as u64), ..Usage::default() };
        alone.trial_mut(case, 0).usage = Some(counted.into());
    }
    let mut run = alone.clone();
    for case in 0..20 {
        for arm in 0..2 {
            run.trial_mut(case, arm).cluster = Some(["x", "a", "m"][case % 3].into());
        }
    }
    // Labels count by the order of the cases, and the last case, which has none, stands alone.
    let clusters: Vec<u32> = (0..20).map(|case| case % 3).chain([3]).collect();
    let mut differences = vec![0.0; 21];
    differences[2..9].fill(-1.0);
    differences[12] = 1.0;
    let cases = PerCase { values: &differences, design: Design::clustered(Some(&clusters)) };
    let change = run.change(Metric::Accuracy);
    assert_eq!(change.contrast, paired::difference(cases, Scores::PassFail { trials: 1 }, 0.95));
    assert_eq!(change.contrast.map(|contrast| contrast.method), Some("effective-sample Tango"));
    assert_eq!(change.p_value, None);
    for metric in [Metric::CostPerSuccess, Metric::InputTokens] {
        let (clustered, alone) = (run.change(metric), alone.change(metric));
        assert_ne!(clustered.baseline, alone.baseline);
        assert_ne!(clustered.contrast, alone.contrast);
    }
}

#[test]
fn a_missing_score_is_left_out_counted_and_bounded() {
    let rows = [[PASS, PASS], [PASS, FAIL], [PASS, FAILED], [UNLABELLED, PASS], [FAILED, UNLABELLED]];
    let run = Run { planned: Run::new(6).planned, ..Run::of_outcomes(&rows) };
    let change = run.change(Metric::Accuracy);
    assert_eq!((change.pairs, change.missing), (2, 4));
    assert_near(change.contrast.map(|contrast| contrast.value), -0.5);
    // 0, −1; then the candidate's 0 against 1, its 1 against 1, and twice 0 against 1.
    assert_near(change.worst_case, -4.0 / 6.0);
    assert_near(change.best_case, 2.0 / 6.0);
    // Each arm keeps all of its own scores.
    assert_eq!(run.estimate(0, Metric::Accuracy), proportion::wilson(3, 3, 0.95));
    assert_eq!(run.estimate(1, Metric::Accuracy), proportion::wilson(2, 3, 0.95));
    let comparison = &run.results().comparisons[0];
    assert_eq!((comparison.cases, comparison.pairs, comparison.unpaired), (6, 2, 4));
}

#[test]
fn the_tool_call_failure_rate_counts_faults_and_rejections() {
    let fault = Some(ToolFault::Missing);
    let mut run = Run::of_outcomes(&[[PASS, FAIL]; 8]);
    run.trial_mut(0, 1).tool_fault = fault;
    run.trial_mut(1, 1).tool_fault = fault;
    run.trial_mut(2, 0).tool_fault = fault;
    // Rejected by the provider for what the model cannot do: a failure. No answer for another cause: missing.
    *run.trial_mut(3, 1) = failed(3, 1, 0, FailureKind::InvalidRequest);
    *run.trial_mut(4, 1) = failed(4, 1, 0, FailureKind::RateLimit);
    *run.trial_mut(5, 0) = trial(5, 0, 0, FAILED);
    // A case without tools does not count; one that was never sent is missing.
    run.planned[6].involves_tools = false;
    run.trial_mut(6, 1).tool_fault = fault;
    run.planned.push(planned("008", &[]));
    let change = run.change(Metric::ToolCallFailureRate);
    assert_eq!((change.pairs, change.missing), (5, 3));
    assert_near(change.baseline.map(|rate| rate.value), 0.2);
    assert_near(change.candidate.map(|rate| rate.value), 0.6);
    // Told as failures: 3 worse, 1 better of 5, and the limits are those of success with the sign turned.
    let success =
        paired::difference(PerCase::independent(&[-1.0, -1.0, 1.0, -1.0, 0.0]), Scores::PassFail { trials: 1 }, 0.95);
    let [low, value, high] = numbers(success).map(|number| number.map(|number| -number));
    assert_eq!(numbers(change.contrast), [high, value, low]);
    assert_near(change.contrast.map(|contrast| contrast.value), 0.4);
    assert_near(change.baseline.and_then(|rate| rate.low()), {
        1.0 - proportion::wilson(4, 5, 0.95).and_then(|rate| rate.high()).expect("is bounded")
    });
    // Pairs: 3 − 1. Missing, at worst: 1 against 0, 0 against 0, 1 against 0; at best: 0 against 0, 0 against 1 twice.
    assert_near(change.worst_case, 4.0 / 8.0);
    assert_near(change.best_case, 0.0);
    assert_eq!(change.p_value, Some(mcnemar::mid_p(3, 1)));
    assert_near(change.discordance.map(|discordance| discordance.baseline_only), 3.0);
    assert_eq!(run.estimate(1, Metric::ToolCallFailureRate).map(|rate| rate.n), Some(6));
}

#[test]
fn slices_compare_only_their_own_cases() {
    let mut run = airway();
    run.slice_by = vec!["tier".into(), "nowhere".into()];
    for (case, slot) in run.planned.iter_mut().enumerate() {
        let tags = [("tier", if case < 9 { "b" } else { "a" })];
        *slot = planned(&slot.id, if case == 20 { &[] } else { &tags });
    }
    run.trials.retain(|trial| *trial.key.case != *"000");
    let comparison = &run.results().comparisons[0];
    let shape: Vec<_> = comparison.slices.iter().map(|slice| (&*slice.value, slice.cases, slice.pairs)).collect();
    assert_eq!(shape, [("a", 11, 11), ("b", 9, 8)]);
    let change = comparison.change(Metric::Accuracy, Some(("tier", "b"))).expect("is a slice");
    assert_near(change.contrast.map(|contrast| contrast.value), -7.0 / 8.0);
    assert_eq!((change.pairs, change.missing), (8, 1));
    assert_eq!(comparison.slices[0].changes.len(), comparison.changes.len());
    assert_eq!(comparison.change(Metric::Accuracy, Some(("tier", "c"))), None);
}
