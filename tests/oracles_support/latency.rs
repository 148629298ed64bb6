//! Latency.

use cutover::stats::Estimate;
use cutover::stats::latency::{self, Latencies, Outputs};
use cutover::stats::quantile::{quantile, ranks};
use serde_json::{Value, json};

use super::input::Input;
use super::rates::limits;
use super::{Method, method};

pub(crate) const METHODS: &[Method] = &[
    method("quantile_ci", quantile_ci),
    method("paired_log_ratio", paired_log_ratio),
    method("throughput", throughput),
];

fn quantile_ci(input: Input<'_>) -> Result<Value, String> {
    let mut values: Vec<f64> = input.gaps("x")?.into_iter().flatten().collect();
    values.sort_by(f64::total_cmp);
    let (q, confidence) = (input.number("q")?, input.confidence()?);
    let ranks = ranks(values.len(), q, confidence);
    let mut answer = limits(quantile(&values, q, confidence));
    answer["n"] = values.len().into();
    answer["lower_rank"] = ranks.low.into();
    answer["upper_rank"] = ranks.high.into();
    Ok(answer)
}

fn paired_log_ratio(input: Input<'_>) -> Result<Value, String> {
    let (baseline, candidate) = (input.gaps("base")?, input.gaps("cand")?);
    let latencies = Latencies { baseline: &baseline, candidate: &candidate };
    let ratio = latency::paired_ratio(latencies, input.confidence()?);
    let low = |estimate: Option<Estimate>| estimate.and_then(|estimate| estimate.low());
    let high = |estimate: Option<Estimate>| estimate.and_then(|estimate| estimate.high());
    Ok(json!({
        "n": ratio.n,
        "dropped": ratio.dropped,
        "median_ratio": ratio.median.map(|estimate| estimate.value),
        "lower": low(ratio.median),
        "upper": high(ratio.median),
        "geo_mean_ratio": ratio.geometric_mean.map(|estimate| estimate.value),
        "gm_lower": low(ratio.geometric_mean),
        "gm_upper": high(ratio.geometric_mean),
    }))
}

fn throughput(input: Input<'_>) -> Result<Value, String> {
    let (tokens, latency) = (input.gaps("output_tokens")?, input.gaps("latency")?);
    let first_token: Option<Vec<Option<f64>>> = input.get("ttft")?;
    let outputs = Outputs { tokens: &tokens, latency: &latency, first_token: first_token.as_deref() };
    let throughput = latency::throughput(outputs);
    Ok(json!({ "used": throughput.used, "tokens_per_second": throughput.tokens_per_second }))
}
