//! pass@k, one of k trials passes (Chen et al. 2021), and pass^k, all of them pass (Yao et al. 2024): luck and reliability.

use super::cluster::PerCase;
use super::design::Design;
use super::effective::Scores;
use super::paired::{Difference, effective_difference};
use super::proportion::{Rate, effective_rate};
use super::trials::CaseTrials;

/// Which of k trials must pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passing {
    /// One of them: pass@k.
    Any,
    /// All of them: pass^k.
    All,
}

/// The metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PassK {
    /// Trials drawn from a case, at least 1.
    pub k: usize,
    /// Which of them must pass.
    pub passing: Passing,
}

/// The rate over the cases with enough trials.
#[derive(Debug, Clone, PartialEq)]
pub struct PassRate {
    /// Each case's value; `None` where it has fewer than k trials.
    pub per_case: Vec<Option<f64>>,
    /// Cases with enough trials.
    pub used: usize,
    /// Cases with too few.
    pub too_few: usize,
    /// Their mean, with the interval of graded scores; `None` when no case has enough trials.
    pub rate: Option<Rate>,
}

/// The paired difference over the cases with enough trials in both arms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PassDifference {
    /// Cases with enough trials in both arms.
    pub used: usize,
    /// The others.
    pub too_few: usize,
    /// Candidate − baseline; `None` when no case has enough trials.
    pub difference: Option<Difference>,
}

/// The trials of two arms over the same cases, in the same order.
#[derive(Debug, Clone, Copy)]
pub struct Arms<'a> {
    /// The baseline.
    pub baseline: &'a [CaseTrials],
    /// The candidate.
    pub candidate: &'a [CaseTrials],
}

impl PassK {
    /// The value of one case, without bias; `None` when it has fewer than k trials.
    #[must_use]
    pub fn of(self, case: CaseTrials) -> Option<f64> {
        match self.passing {
            Passing::Any => case.all_failed(self.k).map(|failed| 1.0 - failed),
            Passing::All => case.all_passed(self.k),
        }
    }

    /// The rate of one arm. A case with fewer than k trials is left out and counted; it is no failure.
    #[must_use]
    pub fn rate(self, cases: &[CaseTrials], design: Design<'_>, confidence: f64) -> PassRate {
        let per_case: Vec<Option<f64>> = cases.iter().map(|&case| self.of(case)).collect();
        let known = Known::of(&per_case, design);
        let used = known.values.len();
        let rate = effective_rate(known.cases(), self.scores(cases), confidence);
        PassRate { used, too_few: cases.len() - used, per_case, rate }
    }

    /// The paired difference of two arms: of each case's values, so that its difficulty cancels out.
    #[must_use]
    pub fn difference(self, arms: Arms<'_>, design: Design<'_>, confidence: f64) -> PassDifference {
        let pairs = arms.baseline.iter().zip(arms.candidate);
        let differences: Vec<Option<f64>> =
            pairs.map(|(&baseline, &candidate)| Some(self.of(candidate)? - self.of(baseline)?)).collect();
        let known = Known::of(&differences, design);
        let used = known.values.len();
        let scores = match (self.scores(arms.baseline), self.scores(arms.candidate)) {
            (Scores::PassFail { .. }, scores) | (scores, _) => scores,
        };
        let difference = effective_difference(known.cases(), scores, confidence);
        PassDifference { used, too_few: differences.len() - used, difference }
    }

    /// With exactly k trials a case its value is one pass or fail; with more it is graded.
    fn scores(self, cases: &[CaseTrials]) -> Scores {
        let once = cases.iter().all(|case| case.trials <= self.k);
        if once { Scores::PassFail { trials: 1 } } else { Scores::Graded }
    }
}

/// The cases whose value is known.
struct Known {
    values: Vec<f64>,
    clusters: Option<Vec<u32>>,
    weights: Option<Vec<f64>>,
}

impl Known {
    fn of(per_case: &[Option<f64>], design: Design<'_>) -> Self {
        let clusters = design.clusters.map(|clusters| known(per_case, clusters));
        let weights = design.weights.map(|weights| known(per_case, weights));
        Self { values: per_case.iter().flatten().copied().collect(), clusters, weights }
    }

    fn cases(&self) -> PerCase<'_> {
        let design = Design { clusters: self.clusters.as_deref(), weights: self.weights.as_deref() };
        PerCase { values: &self.values, design }
    }
}

/// What is said of the cases whose value is known.
fn known<T: Copy>(per_case: &[Option<f64>], of_case: &[T]) -> Vec<T> {
    of_case.iter().zip(per_case).filter(|(_, value)| value.is_some()).map(|(of_case, _)| *of_case).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trials(rows: &[(usize, usize)]) -> Vec<CaseTrials> {
        rows.iter().map(|&(passed, trials)| CaseTrials { passed, trials }).collect()
    }

    #[test]
    fn a_case_with_too_few_trials_is_counted_and_is_no_failure() {
        let cases = trials(&[(3, 3), (2, 2), (0, 3)]);
        let all = PassK { k: 3, passing: Passing::All }.rate(&cases, Design::clustered(Some(&[0, 1, 2])), 0.95);
        assert_eq!((all.per_case.as_slice(), all.used, all.too_few), ([Some(1.0), None, Some(0.0)].as_slice(), 2, 1));
        assert_eq!(all.rate.map(|rate| (rate.estimate.value, rate.clusters)), Some((0.5, 2)));
        let none = PassK { k: 4, passing: Passing::Any }.rate(&cases, Design::default(), 0.95);
        assert_eq!((none.used, none.too_few, none.rate), (0, 3, None));
    }

    #[test]
    fn exactly_k_trials_a_case_are_one_pass_or_fail() {
        let cases = trials(&[(3, 3), (2, 3), (3, 3), (0, 3)]);
        let rate = PassK { k: 3, passing: Passing::All }.rate(&cases, Design::default(), 0.95).rate.expect("has cases");
        let wilson = super::super::proportion::wilson(2, 4, 0.95).expect("has cases");
        assert_eq!(format!("{:.9?}", rate.estimate.low()), format!("{:.9?}", wilson.low()));
    }

    #[test]
    fn a_difference_takes_the_cases_with_enough_trials_in_both_arms() {
        let baseline = trials(&[(1, 2), (2, 2), (1, 1)]);
        let candidate = trials(&[(2, 2), (2, 2), (2, 2)]);
        let arms = Arms { baseline: &baseline, candidate: &candidate };
        let change = PassK { k: 2, passing: Passing::All }.difference(arms, Design::default(), 0.95);
        assert_eq!((change.used, change.too_few), (2, 1));
        assert_eq!(change.difference.map(|difference| difference.estimate.value), Some(0.5));
    }
}
