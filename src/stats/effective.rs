//! The effective sample: how many independent pass/fail cases the given cases are worth.

use super::cluster::{self, PerCase, finite_clusters};
use super::design::Relative;
use super::special::normal_critical;
use super::sum::count;

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
    /// Whether `cases` are one pass/fail trial each, independent and of the same weight: the textbook interval applies
    /// as it is.
    pub(super) fn textbook(self, cases: PerCase<'_>) -> bool {
        self == Self::PassFail { trials: 1 } && cases.design.clusters.is_none() && !cases.design.is_weighted()
    }
}

/// The ends of a scale, where one pseudo-case each keeps "not seen yet" from meaning "cannot happen".
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    pub low: f64,
    pub high: f64,
}

/// What the cases are worth.
#[derive(Debug, Clone)]
pub(super) struct Effective {
    /// Effective cases ÷ cases: (pass/fail variance) ÷ (observed variance), both regularised by the pseudo-cases.
    pub ratio: f64,
    /// Regularised variance of one case.
    pub variance: f64,
    /// Critical value: normal for the textbook case, else Student's.
    pub critical: f64,
}

/// Cases and clusters, and what they are worth; nothing below two clusters, except in the textbook case.
///
/// The observed variance is that of the weighted mean, Σ w²(x − μ)² ÷ (Σw)² by Hájek's linearisation, times the number
/// of cases. A pseudo-case weighs what a case weighs on average; to the variance it adds what a case adds on average
/// that was drawn with these weights, so that where no case tells otherwise the sample is worth Kish's (Σw)² ÷ Σw². Pass
/// and fail is never worth more a trial than that: few of the heavy cases that matter most may have been seen.
pub(super) fn effective(
    cases: PerCase<'_>,
    weights: &Relative,
    (scores, ends): (Scores, Ends),
    confidence: f64,
) -> (usize, Option<Effective>) {
    let found = cluster::spread(cases, weights, 0.0).clusters;
    let constant = cases.design.clusters.is_some() && constant(cases.values, ends);
    let alike = match cases.design.clusters {
        Some(clusters) if !constant => Alike::of(cases.values, clusters, weights, found),
        Some(_) | None => Alike { pseudo: 1.0, copies: 1.0 },
    };
    let pseudo = alike.pseudo;
    let padded = weights.total + 2.0 * pseudo;
    let moment = |of: fn(f64) -> f64| {
        (weights.sum(cases.values.iter().map(|&value| of(value))) + pseudo * of(ends.low) + pseudo * of(ends.high))
            / padded
    };
    let centre = moment(|value| value);
    let spread = cluster::spread(cases, weights, centre);
    let textbook = scores.textbook(cases);
    let fit = || {
        let critical = if textbook { normal_critical(confidence) } else { weights.critical(confidence, found)? };
        let squares = match cases.design.clusters {
            None => spread.squares,
            Some(_) => finite_clusters(found)? * spread.squares,
        };
        let drawn = pseudo * pseudo * weights.design_effect();
        let variance = (squares + drawn * (ends.low - centre).powi(2) + drawn * (ends.high - centre).powi(2)) / padded;
        let observed = (moment(f64::abs) - centre * centre) / variance;
        let ratio = match scores {
            _ if constant => count(found) / count(cases.n()) / weights.design_effect(),
            Scores::PassFail { trials } => observed.min(f64::from(trials) / weights.design_effect() / alike.copies),
            Scores::Graded => observed,
        };
        Some(Effective { ratio, variance, critical })
    };
    (found, if cases.n() == 0 { None } else { fit() })
}

/// How often cases stand for one and the same.
#[derive(Debug, Clone, Copy)]
struct Alike {
    /// Pseudo-cases of one mind at each end of the scale.
    pseudo: f64,
    /// Copies of each case, so that copying a sample within its clusters brings no news.
    copies: f64,
}

impl Alike {
    /// Pseudo-cases are copied like cases. Where these do not weigh the same, a whole cluster of the average size stands
    /// at each end: one that was not seen may hold the heavy cases.
    fn of(values: &[f64], clusters: &[u32], weights: &Relative, found: usize) -> Self {
        let average = count(values.len()) / count(found);
        let copies = cluster::copies(values, clusters).unwrap_or(average);
        Self { pseudo: if weights.is_weighted() { average } else { copies }, copies }
    }
}

/// Whether every value says the same: all differences 0, or all scores 0 or all 1. Nothing then tells how alike the
/// cases of a cluster are, and each cluster counts once.
fn constant(values: &[f64], ends: Ends) -> bool {
    let all = |wanted: f64| values.iter().all(|value| value - wanted == 0.0);
    all(0.0) || (ends.low == 0.0 && all(1.0))
}
