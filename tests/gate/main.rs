//! The gate: every reason, the order in which answers combine, and that no data never passes.

mod absolute;
mod properties;
mod relative;

use cutover::compare::{Change, Comparison, Metric, Quadrants, Results, Slice};
use cutover::gate::{Decision, Gate, Level, Limit, MIN_SLICE_PAIRS, Open, Rule, Verdict, Why, judge, worst};
use cutover::stats::{Estimate, Interval};

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
        own: None,
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
        economics: None,
        slices: vec![],
        routing: None,
        repeats: None,
        divergence: None,
    };
    Results { arms: vec![], comparisons: vec![comparison], policies: vec![], judges: vec![], preferences: vec![] }
}

/// The only reason of the only rule, after checking that rule and verdict agree on the answer.
fn why(change: &Change, limit: Limit) -> Why {
    let Verdict { decision, findings, .. } = judge(&results(change), &gate(&[rule(change.metric, limit)])).remove(0);
    let observed = if limit.is_absolute() { change.own } else { change.contrast };
    assert_eq!((Some(decision), findings[0].observed), (findings[0].decision, observed));
    assert_eq!(Some(decision), findings[0].why.decision());
    findings[0].why
}

const CROSSES: Why =
    Why::CrossesLimit(Open { more_cases_if_as_seen: None, more_cases_if_equal: None, resolvable: None });
const WITHIN: Why = Why::WithinLimit { measurably_worse: false };
const WORSE_WITHIN: Why = Why::WithinLimit { measurably_worse: true };

/// The reason without what would settle it.
fn without_guides(why: Why) -> Why {
    if matches!(why, Why::CrossesLimit(_)) { CROSSES } else { why }
}

#[test]
fn a_rule_that_is_off_is_kept_and_never_judged() {
    let off = Rule { level: Level::Off, ..rule(ACCURACY, Limit::NonInferior(0.02)) };
    let bad = change(ACCURACY, -0.2, -0.1);
    for (rules, decision) in [
        (vec![off.clone()], Decision::NoData),
        (vec![off.clone(), rule(ACCURACY, Limit::NonInferior(0.3))], Decision::Pass),
    ] {
        let verdict = judge(&results(&bad), &gate(&rules)).remove(0);
        assert_eq!(verdict.decision, decision);
        assert_eq!((&verdict.findings[0].rule, verdict.findings[0].decision), (&off, None));
        assert_eq!((verdict.findings[0].why, verdict.findings[0].observed), (Why::Off, bad.contrast));
    }
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
    let found: Vec<Decision> = verdict.findings.iter().filter_map(|finding| finding.decision).collect();
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
