//! Limits on what sets the candidate against the baseline.

use cutover::compare::{Change, Discordance, Metric};
use cutover::gate::{Decision, Gate, Limit, Open, Why, judge};
use cutover::stats::power::{Goal, Precision, more_cases_score};
use cutover::stats::tango::Discordant;
use cutover::stats::{Estimate, resolution};

use crate::{ACCURACY, COST, CROSSES, TOOLS, WITHIN, WORSE_WITHIN, change, gate, results, rule, why, without_guides};

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
            let found = without_guides(why(&change(metric, low, high), Limit::MaxRatio(limit)));
            assert_eq!(found, expected, "{low:?} {high:?} {limit}");
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
fn missing_answers_that_could_turn_an_answer_make_it_inconclusive() {
    // The estimate is 0.02, and its interval reaches down to −0.01: a shift of 0.01 touches the margin.
    let with = |worst: f64, best: f64, missing| Change {
        worst_case: Some(worst),
        best_case: Some(best),
        missing,
        ..change(ACCURACY, -0.01, 0.05)
    };
    let limit = Limit::NonInferior(0.02);
    assert_eq!(why(&with(0.011, 0.03, 5), limit), WITHIN);
    assert_eq!(why(&with(0.005, 0.03, 5), limit), Why::MissingDecide { missing: 5, worst: 0.005, best: 0.03 });
    assert_eq!(why(&with(0.005, 0.03, 0), limit), WITHIN);
    // Where more is worse, the worst case lies above.
    let bounds = |change: Change, worst: f64, best: f64| Change {
        worst_case: Some(worst),
        best_case: Some(best),
        missing: 5,
        ..change
    };
    let tools = bounds(change(TOOLS, -0.05, 0.01), -0.005, -0.04);
    assert_eq!(why(&tools, limit), Why::MissingDecide { missing: 5, worst: -0.005, best: -0.04 });
    // A fail stays one however bad the missing ones are, and turns where they could make it good: −0.15 + 0.09 is not
    // beyond the margin any more, since the upper end moves from −0.1 to −0.01.
    let fail = |best| bounds(change(ACCURACY, -0.2, -0.1), -0.3, best);
    assert_eq!(why(&fail(-0.075), limit), Why::BeyondLimit);
    assert_eq!(why(&fail(-0.06), limit), Why::MissingDecide { missing: 5, worst: -0.3, best: -0.06 });
    // An open question stays open for its own reason.
    assert_eq!(why(&bounds(change(ACCURACY, -0.1, 0.1), -0.3, 0.3), limit), CROSSES);
}

#[test]
fn an_open_question_says_how_many_more_cases_would_decide() {
    let discordance = Discordance { n: 200.0, baseline_only: 6.0, candidate_only: 8.0 };
    let open = Change { discordance: Some(discordance), ..change(ACCURACY, -0.03, 0.05) };
    let seen = Discordant { n: 200.0, baseline_only: 6.0, candidate_only: 8.0 };
    let goal = Goal { margin: 0.02, precision: Precision { confidence: 0.95, power: 0.8 } };
    let more = |seen| more_cases_score(seen, 200, goal, 10_000).more().map(|more| more as u64);
    let resolvable = resolution::margin(seen, goal.precision);
    assert!(resolvable > Some(0.02));
    let expected = Why::CrossesLimit(Open {
        more_cases_if_as_seen: more(seen),
        more_cases_if_equal: more(seen.balanced()),
        resolvable,
    });
    assert!(more(seen) < more(seen.balanced()) && more(seen).is_some());
    assert_eq!(why(&open, Limit::NonInferior(0.02)), expected);
    // Just off the margin no sensible number of cases decides.
    let hopeless = Discordance { n: 200.0, baseline_only: 12.0, candidate_only: 8.0 };
    let open = Change { discordance: Some(hopeless), ..change(ACCURACY, -0.07, 0.03) };
    let Why::CrossesLimit(guides) = why(&open, Limit::NonInferior(0.02)) else { panic!("is open") };
    assert_eq!(guides.more_cases_if_as_seen, None);
    // Who asks for a gain learns the smallest that would show, and that equal arms never decide.
    let Why::CrossesLimit(guides) = why(&open, Limit::Better) else { panic!("is open") };
    let seen = Discordant { n: 200.0, baseline_only: 12.0, candidate_only: 8.0 };
    assert_eq!(guides.resolvable, Some(resolution::gain(seen, goal.precision)));
    assert_eq!((guides.more_cases_if_as_seen.is_some(), guides.more_cases_if_equal), (true, None));
}

#[test]
fn an_open_ratio_says_how_many_more_cases_would_decide() {
    let open = change(COST, 1.0, 1.3);
    let seen = open.contrast.expect("was given");
    let precision = Precision { confidence: 0.95, power: 0.8 };
    let Why::CrossesLimit(guides) = why(&open, Limit::MaxRatio(1.2)) else { panic!("is open") };
    let more = |seen: &Estimate| resolution::more_cases_scale(seen, 1.2, precision, 10_000).map(|more| more as u64);
    assert_eq!(guides.more_cases_if_as_seen, more(&seen));
    assert_eq!(guides.more_cases_if_equal, resolution::moved(&seen, 1.0).and_then(|equal| more(&equal)));
    assert_eq!(guides.resolvable, resolution::ratio_above(&seen, precision));
    assert!(guides.more_cases_if_as_seen > guides.more_cases_if_equal && guides.resolvable > Some(1.1));
    // A gain shows below 1; how large a saving equal arms show is no question.
    let Why::CrossesLimit(guides) = why(&open, Limit::Better) else { panic!("is open") };
    assert_eq!((guides.resolvable, guides.more_cases_if_equal), (resolution::ratio_below(&seen, precision), None));
    let Why::CrossesLimit(guides) = why(&change(COST, 0.7, 0.9), Limit::MaxRatio(0.8)) else { panic!("is open") };
    assert_eq!(guides.resolvable, None);
}

#[test]
fn better_is_a_gain_beyond_doubt() {
    let rows = [
        (ACCURACY, 0.001, 0.05, Why::Better),
        (ACCURACY, 0.0, 0.05, CROSSES),
        (ACCURACY, -0.05, 0.0, CROSSES),
        (ACCURACY, -0.05, -0.001, Why::BeyondLimit),
        (TOOLS, -0.05, -0.001, Why::Better),
        (TOOLS, -0.05, 0.0, CROSSES),
        (TOOLS, 0.001, 0.05, Why::BeyondLimit),
        (COST, 0.5, 0.99, Why::Better),
        (COST, 0.5, 1.0, CROSSES),
        (COST, 1.01, 1.5, Why::BeyondLimit),
    ];
    for (metric, low, high, expected) in rows {
        assert_eq!(without_guides(why(&change(metric, low, high), Limit::Better)), expected, "{metric:?} {low} {high}");
    }
}
