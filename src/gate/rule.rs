//! One rule: what is asked of one metric, and what a failing answer does.

use serde::Serialize;

use crate::compare::Metric;

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

impl Rule {
    /// The margin of a rule that may be read after every case, so that it can end a run early: it decides, and it asks of
    /// a difference of shares that pass or fail.
    #[must_use]
    pub fn early_margin(&self) -> Option<f64> {
        if self.metric.scorer().is_some() {
            return None;
        }
        match (self.level, self.limit) {
            (Level::Error, Limit::NonInferior(margin)) => Some(margin),
            (Level::Error, Limit::MaxRatio(_) | Limit::Better | Limit::Min(_) | Limit::Max(_))
            | (Level::Warn | Level::Off, _) => None,
        }
    }
}

/// What a rule asks. All inequalities are strict: an interval that ends on its limit shows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Not worse than the baseline by more than this margin, a share (0.02 = 2 percentage points).
    NonInferior(f64),
    /// Candidate ÷ baseline below this.
    MaxRatio(f64),
    /// Better than the baseline.
    Better,
    /// The candidate's own value above this, in the metric's unit.
    Min(f64),
    /// The candidate's own value below this, in the metric's unit.
    Max(f64),
}

impl Limit {
    /// Whether it asks of the candidate alone, whatever the baseline does.
    #[must_use]
    pub fn is_absolute(self) -> bool {
        match self {
            Self::Min(_) | Self::Max(_) => true,
            Self::NonInferior(_) | Self::MaxRatio(_) | Self::Better => false,
        }
    }
}

/// What a failing rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// It is kept and shown, and not judged.
    Off,
    /// It is shown, and never changes the verdict.
    Warn,
    /// It decides.
    Error,
}
