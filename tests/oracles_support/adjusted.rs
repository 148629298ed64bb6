//! Several slices at once: adjusted p-values, shrunk estimates, routing.

use std::collections::BTreeMap;

use cutover::stats::adjust;
use cutover::stats::crossfit::{self, Case};
use cutover::stats::routing::route;
use cutover::stats::shrinkage::{Seen, shrink};
use cutover::stats::tango::Discordant;
use serde::Deserialize;
use serde_json::{Value, json};

use super::input::Input;
use super::{Method, method};

pub(crate) const METHODS: &[Method] = &[
    method("holm", |input| adjusted(input, adjust::holm)),
    method("benjamini_hochberg", |input| adjusted(input, adjust::benjamini_hochberg)),
    method("shrinkage", shrinkage),
    method("segment_routing", segment_routing),
    method("crossfit_value", crossfit_value),
];

fn adjusted(input: Input<'_>, adjust: fn(&[f64]) -> Vec<f64>) -> Result<Value, String> {
    Ok(json!({ "adjusted": adjust(&input.list("p")?) }))
}

fn shrinkage(input: Input<'_>) -> Result<Value, String> {
    let (estimates, variances) = (input.list("estimates")?, input.list("variances")?);
    let slices: Vec<Seen> =
        estimates.iter().zip(&variances).map(|(&estimate, &variance)| Seen { estimate, variance }).collect();
    let shrinkage = shrink(&slices).ok_or("no slices")?;
    Ok(json!({
        "Q": shrinkage.q,
        "Q_p": shrinkage.q_p,
        "tau2": shrinkage.between,
        "mu": shrinkage.mean,
        "mu_se": shrinkage.mean_standard_error,
        "shrunk": shrinkage.slices.iter().map(|slice| slice.estimate).collect::<Vec<_>>(),
        "sd": shrinkage.slices.iter().map(|slice| slice.standard_deviation).collect::<Vec<_>>(),
    }))
}

#[derive(Deserialize)]
struct Segment {
    base_only: f64,
    cand_only: f64,
    n: f64,
}

fn segment_routing(input: Input<'_>) -> Result<Value, String> {
    let segments: Vec<Segment> = input.get("segments")?;
    let slices: Vec<Discordant> = segments
        .iter()
        .map(|segment| Discordant { baseline_only: segment.base_only, candidate_only: segment.cand_only, n: segment.n })
        .collect();
    let routes = route(&slices, input.number("margin")?, input.confidence()?);
    let arm = |to_candidate: bool| if to_candidate { "candidate" } else { "baseline" };
    Ok(json!({
        "p": routes.iter().map(|route| route.p).collect::<Vec<_>>(),
        "p_holm": routes.iter().map(|route| route.adjusted).collect::<Vec<_>>(),
        "route": routes.iter().map(|route| arm(route.to_candidate)).collect::<Vec<_>>(),
    }))
}

fn crossfit_value(input: Input<'_>) -> Result<Value, String> {
    let (segments, folds): (Vec<String>, Vec<u32>) = (input.get("segment")?, input.get("fold")?);
    let differences = input.list("d")?;
    let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
    let mut cases = Vec::new();
    for ((segment, &fold), &difference) in segments.iter().zip(&folds).zip(&differences) {
        let next = u32::try_from(numbers.len()).map_err(|error| error.to_string())?;
        let slice = *numbers.entry(segment).or_insert(next);
        cases.push(Case { slice, fold, difference });
    }
    let rule = crossfit::Rule { margin: input.number("margin")?, fewest_cases: input.count("min_cases")? };
    let value = crossfit::value(&cases, rule).ok_or("no cases")?;
    Ok(json!({ "value": value.value, "routed": value.routed }))
}
