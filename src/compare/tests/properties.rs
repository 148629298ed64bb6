//! What must hold for any trials: their order says nothing, arms can be swapped, nothing gets lost.

use proptest::prelude::*;

use super::run::{FAIL, FAILED, Run, UNLABELLED, failed, near, numbers, planned, trial};
use crate::compare::{Accounting, Change, Contrast, METRICS, Metric};
use crate::domain::{FailureKind, Millis, Outcome, ToolFault, Trial, Usage, Usd};

/// One trial, or none, without its key.
fn sent() -> impl Strategy<Value = Option<Trial>> {
    let outcome = prop_oneof![5 => Just(Outcome::Pass), 3 => Just(FAIL), 1 => Just(FAILED), 1 => Just(UNLABELLED)];
    let costs = prop::option::weighted(0.9, (0..2_000_i64).prop_map(|micro| Usd::from_pico(1_000_000 * micro)));
    let tokens = prop::option::weighted(0.9, 1..3_000_u64);
    let fault = prop_oneof![3 => Just(None), 1 => Just(Some(ToolFault::NotCalled))];
    let kind = prop_oneof![
        Just(FailureKind::Timeout),
        Just(FailureKind::ContextLength),
        Just(FailureKind::ContentPolicy),
        Just(FailureKind::ServerError)
    ];
    let (latency, recording) = (prop::option::of(0..3_000_u64), prop_oneof![Just("a"), Just("b")]);
    let answered = (outcome, costs, tokens, fault, latency, recording).prop_map(
        |(outcome, cost, output_tokens, tool_fault, latency_ms, recording)| Trial {
            cost,
            usage: Some(Usage { output_tokens, ..Usage::default() }.into()),
            tool_fault,
            latency_ms: latency_ms.map(Millis::from),
            recording: Some(recording.into()),
            ..trial(0, 0, 0, outcome)
        },
    );
    prop_oneof![
        12 => answered.prop_map(Some),
        2 => kind.prop_map(|kind| Some(failed(0, 0, 0, kind))),
        1 => Just(None)
    ]
}

/// A run of up to 25 cases, two candidates and up to three repeats, clustered or not.
pub(super) fn runs() -> impl Strategy<Value = Run> {
    (0..25_usize, 1..=3_u32, any::<bool>()).prop_flat_map(|(cases, repeats, clustered)| {
        let trials = prop::collection::vec(sent(), cases * 3 * repeats as usize);
        (trials, prop::collection::vec((0..3_u8, any::<bool>(), 0..6_u8), cases)).prop_map(move |(trials, about)| {
            let mut run = Run { repeats, slice_by: vec!["tier".into()], ..Run::new(cases) };
            run.arms.push("second".into());
            for (case, (tier, involves_tools, _)) in run.planned.iter_mut().zip(&about) {
                *case = planned(&case.id, &[("tier", &tier.to_string())]);
                case.involves_tools = *involves_tools;
            }
            let places =
                (0..cases).flat_map(|case| (0..3).flat_map(move |arm| (0..repeats).map(move |r| (case, arm, r))));
            run.trials = places
                .zip(trials)
                .filter_map(|((case, arm, repeat), sent)| {
                    let cluster = clustered.then(|| about[case].2.to_string().into());
                    Some(Trial { key: trial(case, arm, repeat, FAIL).key, cluster, ..sent? })
                })
                .collect();
            run
        })
    })
}

fn turned(change: &Change) -> [Option<f64>; 3] {
    let [low, value, high] = numbers(change.contrast);
    let turn = |number: f64| match change.metric.row().contrast {
        Contrast::Difference => -number,
        Contrast::Ratio => 1.0 / number,
    };
    [high.map(turn), value.map(turn), low.map(turn)]
}

fn same(a: [Option<f64>; 3], b: [Option<f64>; 3]) -> bool {
    a.into_iter().zip(b).all(|pair| match pair {
        (Some(a), Some(b)) => near(a, b),
        (None, None) => true,
        _ => false,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_trials_and_cases_changes_nothing(
        (run, trials, planned) in runs().prop_flat_map(|run| {
            let (trials, planned) = (run.trials.clone(), run.planned.clone());
            (Just(run), Just(trials).prop_shuffle(), Just(planned).prop_shuffle())
        }),
    ) {
        let before = run.results();
        prop_assert_eq!(Run { planned, trials, ..run }.results(), before);
    }

    #[test]
    fn swapping_the_arms_turns_every_change_around(run in runs()) {
        let two = Run { arms: run.arms[..2].to_vec(), ..run };
        let swapped = Run { arms: two.arms.iter().rev().cloned().collect(), ..two.clone() };
        for row in METRICS {
            let (change, back) = (two.change(row.metric), swapped.change(row.metric));
            prop_assert_eq!((change.pairs, change.missing), (back.pairs, back.missing));
            prop_assert_eq!((change.baseline, change.candidate), (back.candidate, back.baseline));
            // A ratio of 0 has no mirror image: the other way round it does not exist.
            let zero = |change: &Change| row.contrast == Contrast::Ratio && change.contrast.is_none_or(|it| it.value <= 0.0);
            if !zero(&change) && !zero(&back) {
                prop_assert!(same(numbers(back.contrast), turned(&change)), "{:?} {:?}", change, back);
            }
            if row.contrast == Contrast::Difference {
                prop_assert!(same([back.worst_case, back.best_case, None], [change.best_case, change.worst_case, None]
                    .map(|bound| bound.map(|bound| -bound))));
            }
        }
        let (comparison, back) = (&two.results().comparisons[0], &swapped.results().comparisons[0]);
        prop_assert_eq!((&comparison.lost, &comparison.gained), (&back.gained, &back.lost));
    }

    #[test]
    fn an_arm_does_not_differ_from_itself(run in runs()) {
        let baseline: Vec<Trial> = run.trials.iter().filter(|trial| *trial.key.arm == *"baseline").cloned().collect();
        let copies = baseline.iter().cloned().map(|mut trial| {
            trial.key.arm = "candidate".into();
            trial
        });
        let trials = baseline.iter().cloned().chain(copies).collect();
        let results = Run { trials, arms: run.arms[..2].to_vec(), ..run }.results();
        let comparison = &results.comparisons[0];
        prop_assert!(comparison.lost.is_empty() && comparison.gained.is_empty());
        for change in comparison.changes.iter().chain(comparison.slices.iter().flat_map(|slice| &slice.changes)) {
            let same = if change.metric.row().contrast == Contrast::Difference { 0.0 } else { 1.0 };
            if let Some(contrast) = change.contrast {
                prop_assert!(near(contrast.value, same), "{:?}", change);
                prop_assert!(contrast.low().is_none_or(|low| low <= same + 1e-9), "{:?}", change);
                prop_assert!(contrast.high().is_none_or(|high| high >= same - 1e-9), "{:?}", change);
            }
        }
    }

    #[test]
    fn nothing_gets_lost(run in runs()) {
        let results = run.results();
        let cells = run.planned.len() * run.repeats as usize;
        for arm in &results.arms {
            let Accounting { planned, passed, failed_outcome, call_failed, unscored, not_sent, .. } = arm.accounting;
            let Accounting { refused, cut, filtered, rejected, .. } = arm.accounting;
            prop_assert_eq!(planned, cells);
            prop_assert_eq!(planned, passed + failed_outcome + call_failed + unscored + not_sent);
            prop_assert!(refused + cut + filtered + rejected <= failed_outcome);
        }
        for comparison in &results.comparisons {
            let quadrants = comparison.quadrants;
            prop_assert_eq!(comparison.pairs + comparison.unpaired, comparison.cases);
            prop_assert_eq!(
                comparison.pairs,
                quadrants.both_pass + quadrants.lost + quadrants.gained + quadrants.both_fail
            );
            let slices: usize = comparison.slices.iter().map(|slice| slice.cases).sum();
            prop_assert_eq!(slices, comparison.cases);
            for change in &comparison.changes {
                let counted = match change.metric {
                    Metric::ToolCallFailureRate => run.planned.iter().filter(|case| case.involves_tools).count(),
                    _ => run.planned.len(),
                };
                prop_assert_eq!(change.pairs + change.missing, counted);
            }
        }
    }

    #[test]
    fn a_missing_score_moves_the_bounds_and_not_the_estimate(run in runs(), arm in 0..2_usize) {
        let before = run.change(Metric::Accuracy);
        let mut more = run;
        let case = more.planned.len();
        more.planned.push(planned(&format!("{case:03}"), &[]));
        more.trials.push(trial(case, 1 - arm, 0, if arm == 0 { Outcome::Pass } else { FAIL }));
        more.trials.push(failed(case, arm, 0, FailureKind::Timeout));
        let after = more.change(Metric::Accuracy);
        prop_assert_eq!((after.contrast, after.pairs, after.missing), (before.contrast, before.pairs, before.missing + 1));
        // Against a candidate that passed, or a baseline that failed, the missing score makes a difference of 0 or 1.
        let n = f64::from(u32::try_from(case).expect("is small"));
        let moved = |bound: Option<f64>, by: f64| (bound.unwrap_or(0.0) * n + by) / (n + 1.0);
        prop_assert!(near(after.worst_case.expect("has cases"), moved(before.worst_case, 0.0)));
        prop_assert!(near(after.best_case.expect("has cases"), moved(before.best_case, 1.0)));
    }
}
