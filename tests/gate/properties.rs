//! What holds of every comparison.

use std::collections::BTreeMap;
use std::sync::Arc;

use cutover::compare::{Change, CostModel, METRICS, Options, PlannedCase, Results, compare};
use cutover::domain::{CallDigest, FinishReason, Outcome, ToolFault, Trial, TrialKey, Usage, Usd};
use cutover::gate::{Decision, Gate, Limit, Rule, Why, judge, worst};
use proptest::prelude::*;

use crate::{ACCURACY, TOOLS, WITHIN, change, gate, rule, why};

/// A rule for every metric, whatever may be asked of it.
fn every_rule() -> Vec<Rule> {
    let limits = |metric| {
        [Limit::NonInferior(0.05), Limit::MaxRatio(1.2), Limit::Better, Limit::Min(0.0), Limit::Max(1e9)]
            .map(|limit| rule(metric, limit))
    };
    METRICS.iter().flat_map(|row| limits(row.metric)).collect()
}

fn planned(cases: usize) -> Vec<PlannedCase> {
    let case = |case: usize| PlannedCase {
        id: format!("{case:03}").into(),
        tags: Arc::new(BTreeMap::new()),
        involves_tools: true,
    };
    (0..cases).map(case).collect()
}

fn compared(planned: &[PlannedCase], trials: &[Trial]) -> Results {
    let arms = ["baseline".to_owned(), "candidate".to_owned()];
    let costs = CostModel::default();
    let options = Options {
        arms: &arms,
        planned,
        repeats: 1,
        confidence: 0.95,
        slice_by: &[],
        costs: &costs,
        prices: &[],
        margin: None,
        sequential: None,
    };
    compare(trials, &options)
}

#[test]
fn no_data_never_passes() {
    let careless = Gate { min_pairs: 0, min_coverage: 0.0, ..gate(&every_rule()) };
    for cases in [0, 300] {
        let verdicts = judge(&compared(&planned(cases), &[]), &careless);
        assert_eq!(worst(&verdicts), Decision::NoData);
        for finding in &verdicts[0].findings {
            assert_eq!(finding.decision, Some(Decision::NoData), "{finding:?}");
        }
    }
    assert_eq!(
        worst(&judge(
            &Results { arms: vec![], comparisons: vec![], policies: vec![], judges: vec![], preferences: vec![] },
            &careless
        )),
        Decision::NoData
    );
}

/// An answer in both arms: what the candidate says is what the baseline said.
fn twins(case: &PlannedCase, passes: bool, size: u16) -> [Trial; 2] {
    ["baseline", "candidate"].map(|arm| Trial {
        key: TrialKey { case: Arc::clone(&case.id), arm: arm.into(), repeat: 0 },
        outcome: if passes { Outcome::Pass } else { Outcome::Fail(Some(ToolFault::WrongValue)) },
        failure: None,
        finish_reason: Some(FinishReason::ToolCalls),
        tool_calls: Some(CallDigest { count: 1, ..CallDigest::default() }.into()),
        tool_fault: (!passes).then_some(ToolFault::WrongValue),
        tool_calls_judged: true,
        involves_tools: true,
        usage: Some(
            Usage { input_tokens: Some(size.into()), output_tokens: Some(size.into()), ..Usage::default() }.into(),
        ),
        cost: Some(Usd::from_pico(size.into())),
        spend: None,
        latency_ms: Some(u64::from(size).into()),
        first_token_ms: None,
        attempts: 1,
        from_store: false,
        single_flight: false,
        recording: Some("run-1".into()),
        weight: 1.0,
        cluster: None,
        tags: Arc::clone(&case.tags),
        remarks: None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn an_arm_never_fails_against_itself(answers in prop::collection::vec((any::<bool>(), 1..5_000_u16), 100..200)) {
        let planned = planned(answers.len());
        let trials: Vec<Trial> =
            planned.iter().zip(&answers).flat_map(|(case, (passes, size))| twins(case, *passes, *size)).collect();
        let verdicts = judge(&compared(&planned, &trials), &gate(&every_rule()));
        for finding in &verdicts[0].findings {
            prop_assert_ne!(finding.decision, Some(Decision::Fail), "{:?}", finding);
        }
        // No disagreement among 100 pairs is within 5 points beyond doubt, and equal costs are equal.
        for metric in [ACCURACY, TOOLS] {
            let finding = verdicts[0].findings.iter().find(|finding| finding.rule.metric == metric);
            prop_assert_eq!(finding.map(|finding| finding.why), Some(WITHIN));
        }
    }

    /// Telling a share from its other side changes no answer, and telling the arms apart the other way round turns a
    /// gain into a loss.
    #[test]
    fn an_answer_does_not_depend_on_the_side_a_share_is_told_from(
        low in -0.3..0.3_f64,
        width in 0.0..0.3_f64,
        margin in 0.0..0.2_f64,
        shift in 0.0..0.1_f64,
    ) {
        let bounds = |change: Change, worst: f64, best: f64| Change {
            worst_case: Some(worst),
            best_case: Some(best),
            missing: 5,
            ..change
        };
        let middle = low + width / 2.0;
        let up = bounds(change(ACCURACY, low, low + width), middle - shift, middle + shift);
        let down = bounds(change(TOOLS, -(low + width), -low), shift - middle, -shift - middle);
        let decision = |change: &Change, limit| why(change, limit).decision();
        for limit in [Limit::NonInferior(margin), Limit::Better] {
            prop_assert_eq!(decision(&up, limit), decision(&down, limit));
        }
        let turned = change(ACCURACY, -(low + width), -low);
        let gained = why(&change(ACCURACY, low, low + width), Limit::Better) == Why::Better;
        prop_assert_eq!(gained, why(&turned, Limit::Better) == Why::BeyondLimit);
        // A larger margin never turns a pass into anything else.
        let plain = change(ACCURACY, low, low + width);
        if decision(&plain, Limit::NonInferior(margin)) == Some(Decision::Pass) {
            prop_assert_eq!(decision(&plain, Limit::NonInferior(margin + 0.01)), Some(Decision::Pass));
        }
    }
}
