//! How long calls take, arm against arm, and how fast output flows.

use super::cluster::PerCase;
use super::estimate::{Estimate, Interval};
use super::mean;
use super::quantile::quantile;
use super::sum::Sum;

/// The latency of each case in two arms, in the same unit; `None` where there was no live call, +∞ for a timeout.
#[derive(Debug, Clone, Copy)]
pub struct Latencies<'a> {
    /// The baseline.
    pub baseline: &'a [Option<f64>],
    /// The candidate.
    pub candidate: &'a [Option<f64>],
}

/// Candidate ÷ baseline, case by case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LatencyRatio {
    /// Cases with a positive latency in both arms.
    pub n: usize,
    /// Cases without.
    pub dropped: usize,
    /// The typical case: the median of the cases' ratios, with the sign test's interval.
    pub median: Option<Estimate>,
    /// The geometric mean of the cases' ratios, with Student's t; `None` when a timeout makes it meaningless.
    pub geometric_mean: Option<Estimate>,
}

/// The ratio of the typical case. It is not the ratio of the medians.
#[must_use]
pub fn paired_ratio(latencies: Latencies<'_>, confidence: f64) -> LatencyRatio {
    let pairs = latencies.baseline.iter().zip(latencies.candidate);
    let mut logs: Vec<f64> = pairs
        .filter_map(|(baseline, candidate)| Some(((*baseline)?, (*candidate)?)))
        .filter(|(baseline, candidate)| *baseline > 0.0 && *candidate > 0.0)
        .map(|(baseline, candidate)| (candidate / baseline).ln())
        // Two timeouts say nothing about their ratio.
        .filter(|log| !log.is_nan())
        .collect();
    let finite = logs.iter().all(|log| log.is_finite());
    let geometric_mean = finite.then(|| mean::mean(PerCase::independent(&logs), confidence)).flatten();
    logs.sort_by(f64::total_cmp);
    LatencyRatio {
        n: logs.len(),
        dropped: latencies.baseline.len() - logs.len(),
        median: quantile(&logs, 0.5, confidence).map(|estimate| unlog(estimate, "sign test")),
        geometric_mean: geometric_mean.map(|estimate| unlog(estimate, "log scale, Student t")),
    }
}

/// From logarithms back to ratios.
fn unlog(estimate: Estimate, method: &'static str) -> Estimate {
    let unlog = |interval: Interval| Interval {
        low: interval.low.map(f64::exp),
        high: interval.high.map(f64::exp).filter(|high| high.is_finite()),
        ..interval
    };
    Estimate { value: estimate.value.exp(), interval: estimate.interval.map(unlog), method, ..estimate }
}

/// The output of each call and the time it took, in seconds.
#[derive(Debug, Clone, Copy)]
pub struct Outputs<'a> {
    /// Output tokens.
    pub tokens: &'a [Option<f64>],
    /// Seconds from sending to the last byte.
    pub latency: &'a [Option<f64>],
    /// Seconds from sending to the first output; `None` as a whole when the time before it counts too.
    pub first_token: Option<&'a [Option<f64>]>,
}

/// How fast output flows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Throughput {
    /// Calls with output, and with time to make it in.
    pub used: usize,
    /// All their tokens ÷ all their seconds; `None` without such a call.
    pub tokens_per_second: Option<f64>,
}

/// Output tokens per second of generation: a ratio of sums, so that long answers weigh more.
#[must_use]
pub fn throughput(outputs: Outputs<'_>) -> Throughput {
    let (mut tokens, mut seconds, mut used) = (Sum::default(), Sum::default(), 0);
    for (call, (output, latency)) in outputs.tokens.iter().zip(outputs.latency).enumerate() {
        let waited = outputs.first_token.map_or(Some(0.0), |first_token| first_token[call]);
        let Some(((output, latency), waited)) = output.zip(*latency).zip(waited) else { continue };
        if output > 0.0 && latency - waited > 0.0 {
            tokens.add(output);
            seconds.add(latency - waited);
            used += 1;
        }
    }
    Throughput { used, tokens_per_second: (used > 0).then(|| tokens.value() / seconds.value()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_slower_than_all_and_two_say_nothing() {
        let timeout = Some(f64::INFINITY);
        let latencies = Latencies {
            baseline: &[Some(1.0), Some(2.0), Some(4.0), timeout, None],
            candidate: &[Some(2.0), Some(4.0), timeout, timeout, Some(1.0)],
        };
        let ratio = paired_ratio(latencies, 0.95);
        assert_eq!((ratio.n, ratio.dropped), (3, 2));
        assert_eq!(ratio.geometric_mean, None);
        let median = ratio.median.expect("is finite").value;
        assert!((median - 2.0).abs() < 1e-12, "{median}");
    }
}
