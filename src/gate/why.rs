//! Why a rule answers as it does, and which answer that is.

use serde::Serialize;

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

/// Why a rule answers as it does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Why {
    /// The rule is switched off: nothing was judged.
    Off,
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
    CrossesLimit(Open),
    /// Missing answers decide: with all of them counted the one way or the other the answer changes.
    MissingDecide {
        /// Cases that should count and have no value.
        missing: usize,
        /// What would be measured if each of them counted against the candidate.
        worst: f64,
        /// What would be measured if each of them counted for the candidate.
        best: f64,
    },
    /// The rule's slice holds no case.
    NoSuchSlice,
    /// Too few pairs; too few cases of the candidate where the baseline is not asked about.
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

/// What would settle an open question, each where it can be said. Guides with a chance of 80 %, not promises.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Open {
    /// About how many more cases would decide, if what was seen is true.
    pub more_cases_if_as_seen: Option<u64>,
    /// The same, if the arms are truly equal.
    pub more_cases_if_equal: Option<u64>,
    /// What so many cases can show: the smallest margin or ratio that passes if the arms are equal; where the candidate
    /// must be better, the smallest gain that shows.
    pub resolvable: Option<f64>,
}

impl Why {
    /// The answer that it is the reason for; `None` where nothing was judged.
    #[must_use]
    pub fn decision(self) -> Option<Decision> {
        match self {
            Self::Off => None,
            Self::Better | Self::WithinLimit { .. } => Some(Decision::Pass),
            Self::BeyondLimit => Some(Decision::Fail),
            Self::CrossesLimit(_) | Self::MissingDecide { .. } => Some(Decision::Inconclusive),
            Self::NoSuchSlice | Self::TooFewPairs { .. } | Self::LowCoverage { .. } | Self::Undefined => {
                Some(Decision::NoData)
            }
        }
    }
}
