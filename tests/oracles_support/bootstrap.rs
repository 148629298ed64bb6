//! Resampling.

use cutover::stats::ratio::{Arm, Arms};
use cutover::stats::{Design, Interval, bootstrap};
use serde_json::{Value, json};

use super::input::Input;
use super::{Method, method};

pub(crate) const METHODS: &[Method] = &[
    method("jackknife_acceleration", jackknife_acceleration),
    method("percentile_interval", percentile_interval),
    method("bca_interval", bca_interval),
    method("bootstrap_band", bootstrap_band),
];

/// The two arms of a vector: costs and successes.
struct Columns {
    baseline: [Vec<f64>; 2],
    candidate: [Vec<f64>; 2],
}

impl Columns {
    fn of(input: Input<'_>) -> Result<Self, String> {
        Ok(Self {
            baseline: [input.list("cost_base")?, input.list("success_base")?],
            candidate: [input.list("cost_cand")?, input.list("success_cand")?],
        })
    }

    fn arms(&self) -> Arms<'_> {
        let [baseline, candidate] = [&self.baseline, &self.candidate].map(|[cost, success]| Arm { cost, success });
        Arms { baseline, candidate }
    }
}

fn jackknife_acceleration(input: Input<'_>) -> Result<Value, String> {
    let columns = Columns::of(input)?;
    let jackknife = bootstrap::jackknife(columns.arms(), Design::default()).ok_or("no ratio")?;
    Ok(json!({
        "theta": jackknife.ratio,
        "jack_mean": jackknife.mean,
        "acceleration": jackknife.acceleration,
    }))
}

fn sorted_replicates(input: Input<'_>) -> Result<Vec<f64>, String> {
    let mut replicates = input.list("replicates")?;
    replicates.sort_by(f64::total_cmp);
    Ok(replicates)
}

fn percentile_interval(input: Input<'_>) -> Result<Value, String> {
    let interval = bootstrap::percentile_interval(&sorted_replicates(input)?, input.confidence()?);
    Ok(json!({ "lower": low(interval), "upper": high(interval) }))
}

fn bca_interval(input: Input<'_>) -> Result<Value, String> {
    let (theta, acceleration) = (input.number("theta")?, input.number("acceleration")?);
    let bca = bootstrap::bca_interval(theta, &sorted_replicates(input)?, acceleration, input.confidence()?);
    Ok(json!({
        "z0": bca.map(|bca| bca.bias),
        "alpha1": bca.map(|bca| bca.levels[0]),
        "alpha2": bca.map(|bca| bca.levels[1]),
        "lower": low(bca.map(|bca| bca.interval)),
        "upper": high(bca.map(|bca| bca.interval)),
    }))
}

fn bootstrap_band(input: Input<'_>) -> Result<Value, String> {
    if input.count("min_resamples")? > bootstrap::RESAMPLES {
        return Err("more resamples are asked for".to_owned());
    }
    let columns = Columns::of(input)?;
    let bootstrap =
        bootstrap::bootstrap(columns.arms(), Design::default(), input.confidence()?, 1).ok_or("no bootstrap")?;
    let (percentile, bca) = (Some(bootstrap.percentile), bootstrap.bca.map(|bca| bca.interval));
    Ok(json!({
        "theta": bootstrap.ratio,
        "percentile_lower": low(percentile),
        "percentile_upper": high(percentile),
        "bca_lower": low(bca),
        "bca_upper": high(bca),
    }))
}

fn low(interval: Option<Interval>) -> Option<f64> {
    interval.and_then(|interval| interval.low)
}

fn high(interval: Option<Interval>) -> Option<f64> {
    interval.and_then(|interval| interval.high)
}
