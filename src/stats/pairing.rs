//! From the trial scores of two arms to one difference a case, and what missing scores could change.

use super::design::{Design, Relative};
use super::sum::{Sum, count, mean};

/// The trial scores of one case; `None` for a trial without a usable score.
#[derive(Debug, Clone, Copy)]
pub struct CaseScores<'a> {
    /// The baseline's trials.
    pub baseline: &'a [Option<f64>],
    /// The candidate's trials.
    pub candidate: &'a [Option<f64>],
}

/// The pairs of a comparison, and the cases that make none.
#[derive(Debug, Clone, PartialEq)]
pub struct Pairing {
    /// One pair a case with a usable score in both arms, in the order of the cases.
    pub pairs: Vec<Pair>,
    /// Cases where only the baseline has a usable score.
    pub missing_candidate: usize,
    /// Cases where only the candidate has a usable score.
    pub missing_baseline: usize,
    /// Cases without a usable score in either arm.
    pub missing_both: usize,
    /// Mean difference over all cases if every missing score counted against the candidate; `None` without cases.
    pub worst_case: Option<f64>,
    /// The same if every missing score counted for the candidate.
    pub best_case: Option<f64>,
}

/// One case with a usable score in both arms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// Index of the case.
    pub case: usize,
    /// Candidate's mean score − baseline's mean score.
    pub difference: f64,
}

/// Averages the trials of each case and pairs the arms. Scores are in [0, 1], and the missing ones are bounded by 0
/// and 1 (Manski's bounds). A case counts in the bounds as often as it weighs; without weights all weigh the same.
#[must_use]
pub fn pair(cases: &[CaseScores<'_>], weights: Option<&[f64]>) -> Pairing {
    let weights = Relative::of(Design { clusters: None, weights }, cases.len());
    let mut pairing = Pairing {
        pairs: Vec::with_capacity(cases.len()),
        missing_candidate: 0,
        missing_baseline: 0,
        missing_both: 0,
        worst_case: None,
        best_case: None,
    };
    let (mut worst, mut best) = (Sum::default(), Sum::default());
    for (case, scores) in cases.iter().enumerate() {
        let (low, high) =
            match (usable_mean(scores.baseline.iter().copied()), usable_mean(scores.candidate.iter().copied())) {
                (Some(baseline), Some(candidate)) => {
                    let difference = candidate - baseline;
                    pairing.pairs.push(Pair { case, difference });
                    (difference, difference)
                }
                (Some(baseline), None) => {
                    pairing.missing_candidate += 1;
                    (-baseline, 1.0 - baseline)
                }
                (None, Some(candidate)) => {
                    pairing.missing_baseline += 1;
                    (candidate - 1.0, candidate)
                }
                (None, None) => {
                    pairing.missing_both += 1;
                    (-1.0, 1.0)
                }
            };
        worst.add(weights.of_case(case) * low);
        best.add(weights.of_case(case) * high);
    }
    if !cases.is_empty() {
        pairing.worst_case = Some(worst.value() / weights.total);
        pairing.best_case = Some(best.value() / weights.total);
    }
    pairing
}

/// The mean of the values that exist; NaN is missing. `None` when all are.
pub fn usable_mean(trials: impl IntoIterator<Item = Option<f64>>) -> Option<f64> {
    let mut sum = Sum::default();
    let mut usable = 0;
    for value in trials.into_iter().flatten().filter(|value| !value.is_nan()) {
        sum.add(value);
        usable += 1;
    }
    (usable > 0).then(|| sum.value() / count(usable))
}

impl Pairing {
    /// Mean difference over the pairs; `None` without pairs.
    #[must_use]
    pub fn mean_difference(&self) -> Option<f64> {
        let differences: Vec<f64> = self.pairs.iter().map(|pair| pair.difference).collect();
        mean(&differences)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_scores_are_bounded_and_never_zero() {
        let scored = [Some(1.0), None, Some(f64::NAN)];
        let missing = [None, Some(f64::NAN)];
        let cases = [
            CaseScores { baseline: &scored, candidate: &scored },
            CaseScores { baseline: &scored, candidate: &missing },
            CaseScores { baseline: &missing, candidate: &scored },
            CaseScores { baseline: &missing, candidate: &missing },
        ];
        let pairing = pair(&cases, None);
        assert_eq!(pairing.pairs, [Pair { case: 0, difference: 0.0 }]);
        assert_eq!((pairing.missing_candidate, pairing.missing_baseline, pairing.missing_both), (1, 1, 1));
        assert_eq!((pairing.worst_case, pairing.best_case), (Some(-0.5), Some(0.5)));
        // The case that misses its candidate stands for two: (0 − 2 + 0 − 1) ÷ 5 and (0 + 0 + 1 + 1) ÷ 5.
        let weighted = pair(&cases, Some(&[1.0, 2.0, 1.0, 1.0]));
        let near = |found: Option<f64>, expected: f64| (found.expect("has cases") - expected).abs() < 1e-12;
        assert!(near(weighted.worst_case, -0.6) && near(weighted.best_case, 0.4), "{weighted:?}");
    }
}
