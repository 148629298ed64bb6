//! Limits on the candidate's own value.

use cutover::compare::{Change, Metric};
use cutover::gate::{Limit, Open, Why};
use cutover::stats::power::Precision;
use cutover::stats::{Estimate, Interval, resolution};

use crate::{ACCURACY, COST, CROSSES, TOOLS, WITHIN, change, why, without_guides};

/// The candidate's own value in the middle of an interval, over `n` of 200 cases.
fn own(metric: Metric, low: f64, high: f64, n: usize) -> Change {
    let interval = Some(Interval::bounded(low, high, 0.95));
    let own = Estimate { value: f64::midpoint(low, high), interval, method: "by hand", n };
    // The baseline, and the comparison with it, say nothing of a limit that is the candidate's own.
    Change { own: Some(own), contrast: None, pairs: 0, missing: 200, ..change(metric, 0.0, 0.0) }
}

#[test]
fn a_limit_of_its_own_is_read_against_the_candidates_own_interval_alone() {
    let rows = [
        (own(ACCURACY, 0.91, 0.95, 200), Limit::Min(0.9), WITHIN),
        (own(ACCURACY, 0.9, 0.95, 200), Limit::Min(0.9), CROSSES),
        (own(ACCURACY, 0.85, 0.9, 200), Limit::Min(0.9), CROSSES),
        (own(ACCURACY, 0.85, 0.89, 200), Limit::Min(0.9), Why::BeyondLimit),
        (own(TOOLS, 0.001, 0.019, 200), Limit::Max(0.02), WITHIN),
        (own(TOOLS, 0.001, 0.02, 200), Limit::Max(0.02), CROSSES),
        (own(TOOLS, 0.021, 0.05, 200), Limit::Max(0.02), Why::BeyondLimit),
        (own(COST, 0.003, 0.0039, 200), Limit::Max(0.004), WITHIN),
        (own(COST, 0.003, 0.005, 200), Limit::Max(0.004), CROSSES),
        (own(COST, 0.0041, 0.005, 200), Limit::Max(0.004), Why::BeyondLimit),
        (own(Metric::LatencyP95, 1000.0, 3999.0, 200), Limit::Max(4000.0), WITHIN),
        (own(Metric::LatencyP95, 4001.0, 5000.0, 200), Limit::Max(4000.0), Why::BeyondLimit),
    ];
    for (change, limit, expected) in rows {
        assert_eq!(without_guides(why(&change, limit)), expected, "{change:?} {limit:?}");
    }
    let Why::CrossesLimit(guides) = why(&own(ACCURACY, 0.88, 0.95, 200), Limit::Min(0.9)) else { panic!("is open") };
    let precision = Precision { confidence: 0.95, power: 0.8 };
    let seen = own(ACCURACY, 0.88, 0.95, 200).own.expect("was given");
    let more = resolution::more_cases_share(&seen, 0.9, precision, 10_000).map(|more| more as u64);
    assert!(more.is_some());
    assert_eq!(guides, Open { more_cases_if_as_seen: more, ..Open::default() });
}

#[test]
fn too_few_or_missing_cases_of_its_own_count_against_a_limit_of_its_own() {
    let limit = Limit::Min(0.9);
    let good = |n| own(ACCURACY, 0.95, 0.99, n);
    assert_eq!(why(&Change { missing: 99, ..good(99) }, limit), Why::TooFewPairs { pairs: 99, needed: 100 });
    assert_eq!(why(&good(189), limit), Why::LowCoverage { coverage: 0.945, needed: 0.95 });
    assert_eq!(why(&Change { own: None, ..good(200) }, limit), Why::TooFewPairs { pairs: 0, needed: 100 });
    let unpriced = Change { own: None, ..own(COST, 0.1, 0.2, 200) };
    assert_eq!(why(&unpriced, Limit::Max(1.0)), Why::Undefined);
    // 190 of 200 at 97 %: had the other ten failed it were 92.15 %, and the interval would reach down to 90.15 %.
    assert_eq!(why(&good(190), limit), WITHIN);
    let tight = own(ACCURACY, 0.94, 0.98, 190);
    let known = 0.96 * 190.0;
    let missing = Why::MissingDecide { missing: 10, worst: known / 200.0, best: (known + 10.0) / 200.0 };
    assert_eq!(why(&tight, limit), missing);
    // And a fail turns where they could all have passed.
    let bad = own(ACCURACY, 0.83, 0.89, 190);
    assert!(matches!(why(&bad, limit), Why::BeyondLimit));
    let nearly = own(ACCURACY, 0.83, 0.897, 190);
    assert!(matches!(why(&nearly, limit), Why::MissingDecide { missing: 10, .. }));
    // Where less is better the two change places; what a missing cost could be has no bounds.
    let Why::MissingDecide { worst, best, .. } = why(&own(TOOLS, 0.001, 0.019, 195), Limit::Max(0.02)) else {
        panic!("missing ones decide")
    };
    assert!((worst - (0.01 * 195.0 + 5.0) / 200.0).abs() < 1e-12 && best < 0.01);
    assert_eq!(why(&own(COST, 0.003, 0.0039, 195), Limit::Max(0.004)), WITHIN);
}
