//! The gate: every reason, the order in which answers combine, and that no data never passes.

use std::collections::BTreeMap;
use std::sync::Arc;

use cutover::compare::{
    Change, Comparison, Discordance, METRICS, Metric, Options, PlannedCase, Quadrants, Results, Slice, compare,
};
use cutover::domain::{FinishReason, Outcome, ToolFault, Trial, TrialKey, Usage, Usd};
use cutover::gate::{Decision, Gate, Level, Limit, MIN_SLICE_PAIRS, Rule, Verdict, Why, judge, worst};
use cutover::stats::power::{Goal, Precision, more_cases_score};
use cutover::stats::tango::Discordant;
use cutover::stats::{Estimate, Interval};
use proptest::prelude::*;

const ACCURACY: Metric = Metric::Accuracy;
const COST: Metric = Metric::CostPerSuccess;
const TOOLS: Metric = Metric::ToolCallFailureRate;

fn rule(metric: Metric, limit: Limit) -> Rule {
    Rule { metric, slice: None, limit, level: Level::Error, line: 1 }
}

fn gate(rules: &[Rule]) -> Gate {
    Gate { confidence: 0.95, min_pairs: 100, min_coverage: 0.95, rules: rules.to_vec() }
}

/// 200 pairs, an estimate in the middle of the interval, nothing missing.
fn change(metric: Metric, low: impl Into<Option<f64>>, high: impl Into<Option<f64>>) -> Change {
    let (low, high) = (low.into(), high.into());
    let value = f64::midpoint(low.unwrap_or(1.0), high.unwrap_or(1.0));
    let interval = Some(Interval { low, high, confidence: 0.95 });
    Change {
        metric,
        baseline: None,
        candidate: None,
        contrast: Some(Estimate { value, interval, method: "by hand", n: 200 }),
        p_value: None,
        pairs: 200,
        missing: 0,
        worst_case: None,
        best_case: None,
        discordance: None,
        unweighted: None,
    }
}

/// One candidate with this change; accuracy has pairs unless it is the change in question.
fn results(change: &Change) -> Results {
    let accuracy = self::change(ACCURACY, -0.01, 0.01);
    let changes = if change.metric == ACCURACY { vec![change.clone()] } else { vec![accuracy, change.clone()] };
    let comparison = Comparison {
        baseline: "baseline".into(),
        candidate: "candidate".into(),
        cases: 200,
        pairs: 200,
        effective_pairs: 200.0,
        unpaired: 0,
        changes,
        quadrants: Quadrants::default(),
        lost: vec![],
        gained: vec![],
        slices: vec![],
    };
    Results { arms: vec![], comparisons: vec![comparison] }
}

/// The only reason of the only rule, after checking that rule and verdict agree on the answer.
fn why(change: &Change, limit: Limit) -> Why {
    let Verdict { decision, findings, .. } = judge(&results(change), &gate(&[rule(change.metric, limit)])).remove(0);
    assert_eq!((decision, findings[0].observed), (findings[0].decision, change.contrast));
    assert_eq!(decision, findings[0].why.decision());
    findings[0].why
}

const CROSSES: Why = Why::CrossesLimit { more_cases_if_as_seen: None, more_cases_if_equal: None };
const WITHIN: Why = Why::WithinLimit { measurably_worse: false };
const WORSE_WITHIN: Why = Why::WithinLimit { measurably_worse: true };

#[test]
fn a_difference_is_read_against_the_margin_in_the_metrics_own_direction() {
    let rows = [
        (ACCURACY, 0.01, 0.05, Why::Better),
        (ACCURACY, 0.0, 0.05, WITHIN),
        (ACCURACY, -0.01, 0.05, WITHIN),
        (ACCURACY, -0.015, -0.001, WORSE_WITHIN),
        (ACCURACY, -0.02, 0.05, CROSSES),
        (ACCURACY, -0.05, -0.02, CROSSES),
        (ACCURACY, -0.05, -0.03, Why::BeyondLimit),
        (TOOLS, -0.05, -0.01, Why::Better),
        (TOOLS, -0.05, 0.01, WITHIN),
        (TOOLS, 0.001, 0.015, WORSE_WITHIN),
        (TOOLS, -0.05, 0.02, CROSSES),
        (TOOLS, 0.03, 0.05, Why::BeyondLimit),
    ];
    for (metric, low, high, expected) in rows {
        assert_eq!(why(&change(metric, low, high), Limit::NonInferior(0.02)), expected, "{metric:?} {low} {high}");
    }
}

#[test]
fn a_ratio_is_read_against_the_largest_tolerated() {
    let rows = [
        (Some(0.5), Some(0.9), 1.2, Why::Better),
        (Some(0.9), Some(1.1), 1.2, WITHIN),
        (Some(1.05), Some(1.1), 1.2, WORSE_WITHIN),
        (None, Some(1.1), 1.2, WITHIN),
        (Some(0.9), Some(1.2), 1.2, CROSSES),
        (Some(1.2), Some(1.4), 1.2, CROSSES),
        (Some(1.3), Some(1.4), 1.2, Why::BeyondLimit),
        (Some(1.3), None, 1.2, Why::BeyondLimit),
        (Some(0.5), None, 1.2, CROSSES),
        (None, Some(1.4), 1.2, CROSSES),
        (None, None, 1.2, Why::Undefined),
        // A demand for savings: cheaper is not cheap enough.
        (Some(0.85), Some(0.95), 0.8, Why::BeyondLimit),
        (Some(0.5), Some(0.7), 0.8, Why::Better),
    ];
    for (low, high, limit, expected) in rows {
        for metric in [COST, Metric::LatencyP95] {
            assert_eq!(why(&change(metric, low, high), Limit::MaxRatio(limit)), expected, "{low:?} {high:?} {limit}");
        }
    }
}

#[test]
fn a_limit_of_the_other_kind_judges_nothing() {
    assert_eq!(why(&change(COST, 0.5, 0.6), Limit::NonInferior(0.02)), Why::Undefined);
    assert_eq!(why(&change(ACCURACY, 0.1, 0.2), Limit::MaxRatio(1.2)), Why::Undefined);
}

#[test]
fn too_little_data_comes_before_any_reading() {
    let better = || change(ACCURACY, 0.1, 0.2);
    let undefined = Estimate { interval: None, ..better().contrast.expect("was given") };
    let rows = [
        (Change { pairs: 99, ..better() }, Why::TooFewPairs { pairs: 99, needed: 100 }),
        (Change { pairs: 100, ..better() }, Why::Better),
        (Change { pairs: 0, contrast: None, ..better() }, Why::TooFewPairs { pairs: 0, needed: 100 }),
        (Change { pairs: 189, missing: 11, ..better() }, Why::LowCoverage { coverage: 0.945, needed: 0.95 }),
        (Change { pairs: 190, missing: 10, ..better() }, Why::Better),
        (Change { contrast: Some(undefined), ..better() }, Why::Undefined),
        (Change { contrast: None, ..better() }, Why::Undefined),
    ];
    for (change, expected) in rows {
        assert_eq!(why(&change, Limit::NonInferior(0.02)), expected, "{change:?}");
    }
    // The cases are paired, but none of them has a price.
    let unpriced = Change { pairs: 0, missing: 200, contrast: None, ..change(COST, 0.5, 0.6) };
    assert_eq!(why(&unpriced, Limit::MaxRatio(1.2)), Why::Undefined);
}

#[test]
fn no_pair_is_too_few_even_where_none_is_asked_for() {
    let nothing = Change { pairs: 0, ..change(ACCURACY, 0.1, 0.2) };
    let lenient = Gate { min_pairs: 0, min_coverage: 0.0, ..gate(&[rule(ACCURACY, Limit::NonInferior(0.02))]) };
    let verdict = &judge(&results(&nothing), &lenient)[0];
    assert_eq!(verdict.findings[0].why, Why::TooFewPairs { pairs: 0, needed: 1 });
    assert_eq!(verdict.decision, Decision::NoData);
}

#[test]
fn missing_answers_that_could_turn_a_pass_make_it_inconclusive() {
    // The estimate is 0.02, and its interval reaches down to −0.01: a shift of 0.01 touches the margin.
    let with =
        |worst_case: f64, missing| Change { worst_case: Some(worst_case), missing, ..change(ACCURACY, -0.01, 0.05) };
    let limit = Limit::NonInferior(0.02);
    assert_eq!(why(&with(0.011, 5), limit), WITHIN);
    assert_eq!(why(&with(0.005, 5), limit), Why::MissingDecide { missing: 5 });
    assert_eq!(why(&with(0.005, 0), limit), WITHIN);
    // Where more is worse, the worst case lies above.
    let tools = Change { worst_case: Some(-0.005), missing: 5, ..change(TOOLS, -0.05, 0.01) };
    assert_eq!(why(&tools, limit), Why::MissingDecide { missing: 5 });
    // A fail stays one, and an open question stays open for its own reason.
    let fail = Change { worst_case: Some(-0.3), missing: 5, ..change(ACCURACY, -0.2, -0.1) };
    assert_eq!(why(&fail, limit), Why::BeyondLimit);
    let open = Change { worst_case: Some(-0.3), missing: 5, ..change(ACCURACY, -0.1, 0.1) };
    assert_eq!(why(&open, limit), CROSSES);
}

#[test]
fn an_open_question_says_how_many_more_cases_would_decide() {
    let discordance = Discordance { n: 200.0, baseline_only: 6.0, candidate_only: 8.0 };
    let open = Change { discordance: Some(discordance), ..change(ACCURACY, -0.03, 0.05) };
    let seen = Discordant { n: 200.0, baseline_only: 6.0, candidate_only: 8.0 };
    let goal = Goal { margin: 0.02, precision: Precision { confidence: 0.95, power: 0.8 } };
    let more = |seen| more_cases_score(seen, 200, goal, 10_000).more().map(|more| more as u64);
    let expected = Why::CrossesLimit { more_cases_if_as_seen: more(seen), more_cases_if_equal: more(seen.balanced()) };
    assert!(more(seen) < more(seen.balanced()) && more(seen).is_some());
    assert_eq!(why(&open, Limit::NonInferior(0.02)), expected);
    // Just off the margin no sensible number of cases decides.
    let hopeless = Discordance { n: 200.0, baseline_only: 12.0, candidate_only: 8.0 };
    let open = Change { discordance: Some(hopeless), ..change(ACCURACY, -0.07, 0.03) };
    let Why::CrossesLimit { more_cases_if_as_seen, .. } = why(&open, Limit::NonInferior(0.02)) else {
        panic!("is open")
    };
    assert_eq!(more_cases_if_as_seen, None);
}

#[test]
fn a_slice_is_judged_by_its_own_pairs() {
    let mut results = results(&change(ACCURACY, 0.1, 0.2));
    let slice = |value: &str, pairs, low, high| Slice {
        tag: "tier".into(),
        value: value.into(),
        cases: pairs,
        pairs,
        effective_pairs: f64::from(u32::try_from(pairs).expect("a small count")),
        changes: vec![Change { pairs, ..change(ACCURACY, low, high) }],
    };
    results.comparisons[0].slices =
        vec![slice("a", 20, -0.01, 0.01), slice("b", 19, 0.1, 0.2), slice("c", 50, -0.2, -0.1)];
    let of = |value: &str| {
        let slice = Some(("tier".to_owned(), value.to_owned()));
        Rule { slice, ..rule(ACCURACY, Limit::NonInferior(0.02)) }
    };
    let whys = |gate: &Gate| judge(&results, gate)[0].findings.iter().map(|finding| finding.why).collect::<Vec<_>>();
    let strict = gate(&[of("a"), of("b"), of("c"), of("d")]);
    let few = Why::TooFewPairs { pairs: 19, needed: MIN_SLICE_PAIRS };
    assert_eq!(whys(&strict), [WITHIN, few, Why::BeyondLimit, Why::NoSuchSlice]);
    // A gate that asks for less of the whole asks for no more of a slice.
    let lenient = Gate { min_pairs: 10, ..strict };
    assert_eq!(whys(&lenient), [WITHIN, Why::Better, Why::BeyondLimit, Why::NoSuchSlice]);
    assert_eq!(judge(&results, &lenient)[0].decision, Decision::Fail);
}

/// The decision of rules that answer so.
fn decision_of(decisions: &[(Decision, Level)]) -> Decision {
    let changes = [
        change(ACCURACY, -0.01, 0.01),
        change(TOOLS, 0.1, 0.2),
        change(COST, 0.9, 1.9),
        change(Metric::LatencyP95, None, None),
    ];
    let rule_giving = |(decision, level): &(Decision, Level)| {
        let (metric, limit) = match decision {
            Decision::Pass => (ACCURACY, Limit::NonInferior(0.02)),
            Decision::Fail => (TOOLS, Limit::NonInferior(0.02)),
            Decision::Inconclusive => (COST, Limit::MaxRatio(1.2)),
            Decision::NoData => (Metric::LatencyP95, Limit::MaxRatio(1.2)),
        };
        Rule { level: *level, ..rule(metric, limit) }
    };
    let rules: Vec<Rule> = decisions.iter().map(rule_giving).collect();
    let mut results = results(&changes[0]);
    results.comparisons[0].changes = changes.into();
    let verdict = judge(&results, &gate(&rules)).remove(0);
    let found: Vec<Decision> = verdict.findings.iter().map(|finding| finding.decision).collect();
    assert_eq!(found, decisions.iter().map(|(decision, _)| *decision).collect::<Vec<_>>());
    verdict.decision
}

#[test]
fn the_worst_rule_of_level_error_decides() {
    use Decision::{Fail, Inconclusive, NoData, Pass};
    use Level::{Error, Warn};
    let rows: &[(&[(Decision, Level)], Decision)] = &[
        (&[], NoData),
        (&[(Pass, Warn)], NoData),
        (&[(Pass, Error)], Pass),
        (&[(Pass, Error), (Fail, Warn), (NoData, Warn), (Inconclusive, Warn)], Pass),
        (&[(Pass, Error), (Inconclusive, Error)], Inconclusive),
        (&[(NoData, Error), (Inconclusive, Error), (Pass, Error)], NoData),
        (&[(Inconclusive, Error), (NoData, Error), (Fail, Error), (Pass, Error)], Fail),
    ];
    for (rules, expected) in rows {
        assert_eq!(decision_of(rules), *expected, "{rules:?}");
    }
}

#[test]
fn the_worst_candidate_decides_and_nobody_is_no_data() {
    use Decision::{Fail, Inconclusive, NoData, Pass};
    let verdict = |decision| Verdict { candidate: String::new(), decision, findings: vec![] };
    let rows: &[(&[Decision], Decision)] = &[
        (&[], NoData),
        (&[Pass, Pass], Pass),
        (&[Pass, Inconclusive], Inconclusive),
        (&[NoData, Inconclusive, Pass], NoData),
        (&[Inconclusive, Fail, NoData], Fail),
    ];
    for (decisions, expected) in rows {
        assert_eq!(worst(&decisions.iter().map(|decision| verdict(*decision)).collect::<Vec<_>>()), *expected);
    }
}

/// A rule for every metric, whatever may be asked of it.
fn every_rule() -> Vec<Rule> {
    let limits = |metric| [Limit::NonInferior(0.05), Limit::MaxRatio(1.2)].map(|limit| rule(metric, limit));
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
    compare(trials, &Options { arms: &arms, planned, repeats: 1, confidence: 0.95, slice_by: &[] })
}

#[test]
fn no_data_never_passes() {
    let careless = Gate { min_pairs: 0, min_coverage: 0.0, ..gate(&every_rule()) };
    for cases in [0, 300] {
        let verdicts = judge(&compared(&planned(cases), &[]), &careless);
        assert_eq!(worst(&verdicts), Decision::NoData);
        for finding in &verdicts[0].findings {
            assert_eq!(finding.decision, Decision::NoData, "{finding:?}");
        }
    }
    assert_eq!(worst(&judge(&Results { arms: vec![], comparisons: vec![] }, &careless)), Decision::NoData);
}

/// An answer in both arms: what the candidate says is what the baseline said.
fn twins(case: &PlannedCase, passes: bool, size: u16) -> [Trial; 2] {
    ["baseline", "candidate"].map(|arm| Trial {
        key: TrialKey { case: Arc::clone(&case.id), arm: arm.into(), repeat: 0 },
        outcome: if passes { Outcome::Pass } else { Outcome::Fail(Some(ToolFault::WrongValue)) },
        failure: None,
        finish_reason: Some(FinishReason::ToolCalls),
        tool_calls: Some(1),
        tool_fault: (!passes).then_some(ToolFault::WrongValue),
        tool_calls_judged: true,
        involves_tools: true,
        usage: Some(Usage { input_tokens: Some(size.into()), output_tokens: Some(size.into()), ..Usage::default() }),
        cost: Some(Usd::from_pico(size.into())),
        spend: None,
        latency_ms: Some(size.into()),
        first_token_ms: None,
        attempts: 1,
        from_store: false,
        single_flight: false,
        recording: Some("run-1".into()),
        weight: 1.0,
        cluster: None,
        tags: Arc::clone(&case.tags),
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
            prop_assert_ne!(finding.decision, Decision::Fail, "{:?}", finding);
        }
        // No disagreement among 100 pairs is within 5 points beyond doubt, and equal costs are equal.
        for metric in [ACCURACY, TOOLS] {
            let finding = verdicts[0].findings.iter().find(|finding| finding.rule.metric == metric);
            prop_assert_eq!(finding.map(|finding| finding.why), Some(WITHIN));
        }
    }
}
