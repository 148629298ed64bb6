//! The decision: comparisons and rules → one verdict per candidate. Pure, and its only home.

use serde::Serialize;

use crate::compare::Metric;
use crate::stats::Estimate;

/// The rules of a suite, and what they ask of the data.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gate {
    /// Two-sided confidence of every interval; the verdict reads the same intervals that the report prints.
    pub confidence: f64,
    /// Fewer pairs than this are no data.
    pub min_pairs: usize,
    /// Less than this share of the cases in pairs is no data.
    pub min_coverage: f64,
    /// The rules; without any, the verdict is no data.
    pub rules: Vec<Rule>,
}

/// One rule: what is asked of one metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rule {
    /// Which metric.
    pub metric: Metric,
    /// Only the cases with this tag and value.
    pub slice: Option<(String, String)>,
    /// What is asked.
    pub limit: Limit,
    /// What a failing rule does.
    pub level: Level,
    /// The line of the suite that states it, from 1.
    pub line: usize,
}

/// What a rule asks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Not worse than the baseline by more than this margin, a share (0.02 = 2 percentage points).
    NonInferior(f64),
    /// Candidate ÷ baseline below this.
    MaxRatio(f64),
}

/// What a failing rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// It is shown, and never changes the verdict.
    Warn,
    /// It decides.
    Error,
}

/// The answer of a rule, and of all of them together. The order is the order of badness among several candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Shown to be within the limit.
    Pass,
    /// Neither shown nor excluded.
    Inconclusive,
    /// Nothing to judge by.
    NoData,
    /// Shown to be beyond the limit.
    Fail,
}

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// Its answer.
    pub decision: Decision,
    /// What was measured: the contrast of the metric.
    pub observed: Option<Estimate>,
    /// Why the answer is what it is.
    pub why: Why,
}

/// Why a rule answers as it does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Why {
    /// The whole interval is better than the baseline.
    Better,
    /// The whole interval is within the limit.
    WithinLimit {
        /// Whether a loss inside the margin is nevertheless beyond doubt.
        measurably_worse: bool,
    },
    /// The whole interval is beyond the limit.
    BeyondLimit,
    /// The interval crosses the limit.
    CrossesLimit {
        /// About how many more cases would decide, if the difference is what was seen.
        more_cases_if_as_seen: Option<u64>,
        /// The same, if the true difference is zero.
        more_cases_if_equal: Option<u64>,
    },
    /// Missing answers decide: with them counted against the candidate the answer changes.
    MissingDecide {
        /// Cases without a pair.
        missing: usize,
    },
    /// The rule's slice holds no case.
    NoSuchSlice,
    /// Too few pairs.
    TooFewPairs {
        /// Pairs found.
        pairs: usize,
        /// Pairs asked for.
        needed: usize,
    },
    /// Too many cases without a pair.
    LowCoverage {
        /// Share of cases in pairs.
        coverage: f64,
        /// Share asked for.
        needed: f64,
    },
    /// The metric or its interval is not defined on these trials (no success, no price, no live call).
    Undefined,
}

/// The verdict on one candidate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// The candidate's name.
    pub candidate: String,
    /// The worst answer among the rules of level error: fail, else no data, else inconclusive, else pass.
    pub decision: Decision,
    /// One finding a rule, in the suite's order.
    pub findings: Vec<Finding>,
}
