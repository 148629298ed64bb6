//! Rates of one arm.

use cutover::stats::{Design, Estimate, PerCase, proportion};
use serde_json::{Value, json};

use super::input::Input;
use super::{Method, method};

pub(crate) const METHODS: &[Method] = &[method("wilson", wilson), method("rate_effective", rate_effective)];

/// An estimate in the shape of most vectors.
pub(crate) fn limits(estimate: Option<Estimate>) -> Value {
    json!({
        "estimate": estimate.map(|estimate| estimate.value),
        "lower": estimate.and_then(|estimate| estimate.low()),
        "upper": estimate.and_then(|estimate| estimate.high()),
    })
}

fn wilson(input: Input<'_>) -> Result<Value, String> {
    Ok(limits(proportion::wilson(input.count("successes")?, input.count("n")?, input.confidence()?)))
}

fn rate_effective(input: Input<'_>) -> Result<Value, String> {
    let (values, clusters) = (input.list("scores")?, input.clusters()?);
    let cases = PerCase { values: &values, design: Design::clustered(clusters.as_deref()) };
    let (scores, confidence) = (input.scores()?, input.confidence()?);
    let rate = proportion::effective_rate(cases, scores, confidence);
    agree(rate.map(|rate| rate.estimate), proportion::rate(cases, scores, confidence))?;
    let mut answer = limits(rate.map(|rate| rate.estimate));
    answer["n"] = values.len().into();
    answer["n_clusters"] = rate.map_or(0, |rate| rate.clusters).into();
    answer["se"] = rate.and_then(|rate| rate.standard_error).into();
    answer["n_eff"] = rate.and_then(|rate| rate.effective_n).into();
    Ok(answer)
}

/// The function that chooses its method must agree with the general method, which holds for every input.
pub(crate) fn agree(general: Option<Estimate>, chosen: Option<Estimate>) -> Result<(), String> {
    let numbers = |estimate: Option<Estimate>| estimate.map(|it| [Some(it.value), it.low(), it.high()]);
    let same = match (numbers(general), numbers(chosen)) {
        (Some(general), Some(chosen)) => general.iter().zip(chosen).all(|pair| match pair {
            (Some(general), Some(chosen)) => (general - chosen).abs() < 1e-9,
            (None, None) => true,
            _ => false,
        }),
        (None, None) => true,
        _ => false,
    };
    if same { Ok(()) } else { Err(format!("chosen {chosen:?} is not {general:?}")) }
}
