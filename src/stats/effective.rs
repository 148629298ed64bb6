//! The effective sample: how many independent pass/fail cases the given cases are worth.

use super::cluster::{self, PerCase, finite_clusters};
use super::special::{normal_critical, t_critical};
use super::sum::{count, sum};

/// What kind of scores the per-case values are means of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scores {
    /// Pass (1) or fail (0).
    PassFail {
        /// The most trials that any case has in an arm, at least 1.
        trials: u32,
    },
    /// Anywhere between 0 and 1.
    Graded,
}

impl Scores {
    /// Whether `cases` are one pass/fail trial each and independent: the textbook interval applies as it is.
    pub(super) fn textbook(self, cases: PerCase<'_>) -> bool {
        self == Self::PassFail { trials: 1 } && cases.clusters.is_none()
    }
}

/// The ends of a scale, where one pseudo-case each keeps "not seen yet" from meaning "cannot happen".
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    pub low: f64,
    pub high: f64,
}

/// What the cases are worth.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effective {
    /// Effective cases ÷ cases: (pass/fail variance) ÷ (observed variance), both regularised by the pseudo-cases.
    pub ratio: f64,
    /// Regularised variance of one case.
    pub variance: f64,
    /// Critical value: normal for the textbook case, else Student's with clusters − 1 degrees of freedom.
    pub critical: f64,
}

/// Cases and clusters, and what they are worth; nothing below two clusters, except in the textbook case.
pub(super) fn effective(cases: PerCase<'_>, scores: Scores, ends: Ends, confidence: f64) -> (usize, Option<Effective>) {
    let n = cases.n();
    let padded = count(n) + 2.0;
    let centre = (sum(cases.values.iter().copied()) + ends.low + ends.high) / padded;
    let spread = cluster::spread(cases, centre);
    let textbook = scores.textbook(cases);
    let fit = || {
        let critical = if textbook { normal_critical(confidence) } else { t_critical(confidence, spread.clusters)? };
        let squares = match cases.clusters {
            None => spread.squares,
            Some(_) => finite_clusters(spread.clusters)? * spread.squares,
        };
        let variance = (squares + (ends.low - centre).powi(2) + (ends.high - centre).powi(2)) / padded;
        let absolute = sum(cases.values.iter().map(|value| value.abs())) + ends.low.abs() + ends.high.abs();
        let observed = (absolute / padded - centre * centre) / variance;
        let ratio = match scores {
            _ if cases.clusters.is_some() && constant(cases.values, ends) => count(spread.clusters) / count(n),
            Scores::PassFail { trials } => observed.min(f64::from(trials)),
            Scores::Graded => observed,
        };
        Some(Effective { ratio, variance, critical })
    };
    (spread.clusters, if n == 0 { None } else { fit() })
}

/// Whether every value says the same: all differences 0, or all scores 0 or all 1. Nothing then tells how alike the
/// cases of a cluster are, and each cluster counts once.
fn constant(values: &[f64], ends: Ends) -> bool {
    let all = |wanted: f64| values.iter().all(|value| value - wanted == 0.0);
    all(0.0) || (ends.low == 0.0 && all(1.0))
}
