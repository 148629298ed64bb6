//! Ratios over the same cases.

use cutover::stats::Design;
use cutover::stats::events::{self, Events};
use cutover::stats::fieller::fieller;
use cutover::stats::ratio::{self, Arm, Arms, Means};
use serde_json::{Value, json};

use super::input::Input;
use super::rates::limits;
use super::{Method, method};

pub(crate) const METHODS: &[Method] = &[
    method("cps_logdelta", cps_logdelta),
    method("cps_ratio", cps_ratio),
    method("fieller", fieller_limits),
    method("event_rate_diff", event_rate_diff),
];

fn cps_logdelta(input: Input<'_>) -> Result<Value, String> {
    let (cost, success, clusters) = (input.list("cost")?, input.list("success")?, input.clusters()?);
    let means = Means { numerator: &cost, denominator: &success };
    let ratio = ratio::ratio_of_means(means, Design::clustered(clusters.as_deref()), input.confidence()?);
    let mut answer = limits(ratio.map(|ratio| ratio.estimate));
    answer["se_log"] = ratio.and_then(|ratio| ratio.log_standard_error).into();
    Ok(answer)
}

fn cps_ratio(input: Input<'_>) -> Result<Value, String> {
    let (cost_base, success_base) = (input.list("cost_base")?, input.list("success_base")?);
    let (cost_cand, success_cand) = (input.list("cost_cand")?, input.list("success_cand")?);
    let arms = Arms {
        baseline: Arm { cost: &cost_base, success: &success_base },
        candidate: Arm { cost: &cost_cand, success: &success_cand },
    };
    let (clusters, confidence) = (input.clusters()?, input.confidence()?);
    let design = Design::clustered(clusters.as_deref());
    let of_arm = |arm| ratio::cost_per_success(arm, design, confidence).map(|estimate| estimate.value);
    let ratio = ratio::cost_per_success_ratio(arms, design, confidence);
    let estimate = ratio.map(|ratio| ratio.estimate);
    Ok(json!({
        "cps_base": of_arm(arms.baseline),
        "cps_cand": of_arm(arms.candidate),
        "ratio": estimate.map(|estimate| estimate.value),
        "se_log": ratio.and_then(|ratio| ratio.log_standard_error),
        "lower": estimate.and_then(|estimate| estimate.low()),
        "upper": estimate.and_then(|estimate| estimate.high()),
    }))
}

fn fieller_limits(input: Input<'_>) -> Result<Value, String> {
    let (cost, success) = (input.list("cost")?, input.list("success")?);
    let estimate = fieller(Arm { cost: &cost, success: &success }, input.confidence()?);
    let mut answer = limits(estimate);
    answer["bounded"] = estimate.is_some_and(|estimate| estimate.high().is_some()).into();
    Ok(answer)
}

fn event_rate_diff(input: Input<'_>) -> Result<Value, String> {
    let (events_base, units_base) = (input.list("events_base")?, input.list("units_base")?);
    let (events_cand, units_cand) = (input.list("events_cand")?, input.list("units_cand")?);
    let arms = events::Arms {
        baseline: Events { events: &events_base, units: &units_base },
        candidate: Events { events: &events_cand, units: &units_cand },
    };
    let rates = events::rates(arms, Design::clustered(input.clusters()?.as_deref()), input.confidence()?);
    let difference = rates.map(|rates| rates.difference);
    Ok(json!({
        "rate_base": rates.map(|rates| rates.baseline),
        "rate_cand": rates.map(|rates| rates.candidate),
        "diff": difference.map(|difference| difference.value),
        "se": rates.and_then(|rates| rates.standard_error),
        "lower": difference.and_then(|difference| difference.low()),
        "upper": difference.and_then(|difference| difference.high()),
    }))
}
