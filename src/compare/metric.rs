//! The metrics that are compared: one row each with unit, direction and how two arms are set against each other.

use serde::{Serialize, Serializer};

use super::scorer_name::ScorerName;

/// An aggregate over the trials of an arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Share of cases that pass.
    Accuracy,
    /// Cases with any tool fault ÷ cases that offer tools or expect a call.
    ToolCallFailureRate,
    /// Total cost of all trials ÷ successes.
    CostPerSuccess,
    /// Median latency of live calls.
    LatencyP50,
    /// 95th percentile of the latency of live calls.
    LatencyP95,
    /// 99th percentile of the latency of live calls.
    LatencyP99,
    /// Latency of the typical case: the median over cases of candidate ÷ baseline. It is not the ratio of the medians.
    LatencyTypical,
    /// Median time to the first visible output, of streamed live calls.
    FirstTokenP50,
    /// 95th percentile of the time to the first visible output, of streamed live calls.
    FirstTokenP95,
    /// Output tokens ÷ seconds between the first output and the last, of streamed live calls.
    TokensPerSecond,
    /// Mean input tokens of a trial.
    InputTokens,
    /// Mean output tokens of a trial, reasoning included.
    OutputTokens,
    /// Mean grade of the scorer of this name.
    Score(ScorerName),
    /// Macro F1 of the scorer of this name, which classifies.
    MacroF1(ScorerName),
}

/// What a metric is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A share of 1, shown in percent; its differences are in percentage points.
    Share,
    /// US dollars.
    Usd,
    /// Milliseconds.
    Milliseconds,
    /// Tokens.
    Tokens,
    /// Tokens in a second.
    TokensPerSecond,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// More is better.
    HigherIsBetter,
    /// Less is better.
    LowerIsBetter,
}

/// How two arms are set against each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contrast {
    /// Candidate − baseline.
    Difference,
    /// Candidate ÷ baseline.
    Ratio,
}

/// All that is known of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetricRow {
    /// Which metric.
    pub metric: Metric,
    /// Its name in suites and files.
    pub name: &'static str,
    /// Its name for readers.
    pub label: &'static str,
    /// What it is counted in.
    pub unit: Unit,
    /// Which way is better.
    pub direction: Direction,
    /// How two arms are set against each other.
    pub contrast: Contrast,
    /// Whether a gate may have a rule for it.
    pub gateable: bool,
    /// Whether it stands with the details of a report, unless a rule names it.
    pub detail: bool,
}

use Contrast::{Difference, Ratio};
use Direction::{HigherIsBetter, LowerIsBetter};

pub(super) const fn row(metric: Metric, name: &'static str, label: &'static str, unit: Unit) -> MetricRow {
    MetricRow { metric, name, label, unit, direction: LowerIsBetter, contrast: Ratio, gateable: false, detail: false }
}

/// Every metric that any run may have, in the order of the enum and of every table in a report; those of its scorers
/// follow.
pub const METRICS: &[MetricRow] = &[
    MetricRow {
        direction: HigherIsBetter,
        contrast: Difference,
        gateable: true,
        ..row(Metric::Accuracy, "accuracy", "Accuracy", Unit::Share)
    },
    MetricRow {
        contrast: Difference,
        gateable: true,
        ..row(Metric::ToolCallFailureRate, "tool_call_failure_rate", "Tool-call failure rate", Unit::Share)
    },
    MetricRow { gateable: true, ..row(Metric::CostPerSuccess, "cost_per_success", "Cost per success", Unit::Usd) },
    row(Metric::LatencyP50, "latency_p50", "Latency p50", Unit::Milliseconds),
    MetricRow { gateable: true, ..row(Metric::LatencyP95, "latency_p95", "Latency p95", Unit::Milliseconds) },
    MetricRow {
        gateable: true,
        detail: true,
        ..row(Metric::LatencyP99, "latency_p99", "Latency p99", Unit::Milliseconds)
    },
    MetricRow {
        gateable: true,
        detail: true,
        ..row(Metric::LatencyTypical, "latency_typical", "Latency of the typical case", Unit::Milliseconds)
    },
    MetricRow {
        gateable: true,
        detail: true,
        ..row(Metric::FirstTokenP50, "first_token_p50", "Time to first token p50", Unit::Milliseconds)
    },
    MetricRow {
        gateable: true,
        detail: true,
        ..row(Metric::FirstTokenP95, "first_token_p95", "Time to first token p95", Unit::Milliseconds)
    },
    MetricRow {
        direction: HigherIsBetter,
        detail: true,
        ..row(Metric::TokensPerSecond, "tokens_per_second", "Output tokens per second", Unit::TokensPerSecond)
    },
    MetricRow { detail: true, ..row(Metric::InputTokens, "input_tokens", "Input tokens", Unit::Tokens) },
    MetricRow { detail: true, ..row(Metric::OutputTokens, "output_tokens", "Output tokens", Unit::Tokens) },
];

impl Metric {
    /// All that is known of it.
    #[must_use]
    pub fn row(self) -> &'static MetricRow {
        match self {
            Self::Score(scorer) => &scorer.rows().score,
            Self::MacroF1(scorer) => &scorer.rows().macro_f1,
            Self::Accuracy => &METRICS[0],
            Self::ToolCallFailureRate => &METRICS[1],
            Self::CostPerSuccess => &METRICS[2],
            Self::LatencyP50 => &METRICS[3],
            Self::LatencyP95 => &METRICS[4],
            Self::LatencyP99 => &METRICS[5],
            Self::LatencyTypical => &METRICS[6],
            Self::FirstTokenP50 => &METRICS[7],
            Self::FirstTokenP95 => &METRICS[8],
            Self::TokensPerSecond => &METRICS[9],
            Self::InputTokens => &METRICS[10],
            Self::OutputTokens => &METRICS[11],
        }
    }

    /// The scorer it is of, where it is of one.
    #[must_use]
    pub fn scorer(self) -> Option<ScorerName> {
        match self {
            Self::Score(scorer) | Self::MacroF1(scorer) => Some(scorer),
            _ => None,
        }
    }

    /// The metric of this name, those of scorers apart.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        METRICS.iter().find(|row| row.name == name).map(|row| row.metric)
    }
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.row().name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_finds_its_own_row() {
        for row in METRICS {
            assert_eq!(row.metric.row(), row);
            assert_eq!(Metric::from_name(row.name), Some(row.metric));
        }
    }
}
