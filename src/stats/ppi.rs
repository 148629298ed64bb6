//! A mean from few human labels and many of a judge: prediction-powered inference, PPI++ (Angelopoulos, Duchi & Zrnic 2023).

use super::estimate::{Estimate, Interval};
use super::special::normal_critical;
use super::sum::{count, mean, sum};

/// Below so many human labels the interval covers less than it says.
pub const LABELS_WANTED: usize = 50;

/// Values of each case by human and judge: differences candidate − baseline, or scores of one arm.
#[derive(Debug, Clone, Copy)]
pub struct Labels<'a> {
    /// The human's values for the cases that were labelled, a random part of all.
    pub human: &'a [f64],
    /// The judge's values for the same cases in the same order.
    pub judge: &'a [f64],
    /// The judge's values for the other cases.
    pub judge_alone: &'a [f64],
}

/// How far the judge is trusted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Trust {
    /// As far as its values go with the human's: what makes the error least.
    Tuned,
    /// This far: 0 ignores the judge, 1 takes its mean, corrected by what humans see otherwise.
    Fixed(f64),
}

/// A mean of human values, sharpened by the judge's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Corrected {
    /// The mean; no interval with a single label.
    pub estimate: Estimate,
    /// Its standard error; `None` with a single label.
    pub standard_error: Option<f64>,
    /// How far the judge was trusted, from 0 to 1 when tuned.
    pub trust: f64,
    /// Human labels.
    pub labels: usize,
}

impl Corrected {
    /// Whether there are too few labels to take the interval at its word.
    #[must_use]
    pub const fn few_labels(&self) -> bool {
        self.labels < LABELS_WANTED
    }
}

/// The mean of the human values over all cases. A judge that errs differently in either arm does no harm; a useless one
/// is ignored, as is one with nothing beyond the labelled cases. `None` without labels.
#[must_use]
pub fn corrected_mean(labels: Labels<'_>, trust: Trust, confidence: f64) -> Option<Corrected> {
    let Labels { human, judge, judge_alone } = labels;
    let (n, others) = (human.len(), judge_alone.len());
    mean(human)?;
    let trust = match (others, trust) {
        (0, _) => 0.0,
        (_, Trust::Fixed(trust)) => trust,
        (_, Trust::Tuned) => tuned(labels),
    };
    let corrections: Vec<f64> = human.iter().zip(judge).map(|(human, judge)| human - trust * judge).collect();
    let value = trust * mean(judge_alone).unwrap_or(0.0) + mean(&corrections)?;
    let error_of = |values: &[f64], scale: f64| scale * scale * squares(values) / count(values.len()).powi(2);
    let of_judge = if others == 0 { 0.0 } else { error_of(judge_alone, trust) };
    let standard_error = (n > 1).then(|| (of_judge + error_of(&corrections, 1.0)).sqrt());
    let interval = standard_error.map(|error| {
        let half = normal_critical(confidence) * error;
        Interval::bounded(value - half, value + half, confidence)
    });
    let estimate = Estimate { value, interval, method: "PPI++", n: n + others };
    Some(Corrected { estimate, standard_error, trust, labels: n })
}

/// cov(human, judge) ÷ ((1 + n ÷ N)·var(judge)), within [0, 1]; 0 when the judge always says the same.
fn tuned(labels: Labels<'_>) -> f64 {
    let Labels { human, judge, judge_alone } = labels;
    let all: Vec<f64> = judge.iter().chain(judge_alone).copied().collect();
    let variance = squares(&all) / count(all.len() - 1);
    if variance == 0.0 {
        return 0.0;
    }
    let covariance = match (mean(human), mean(judge)) {
        (Some(of_human), Some(of_judge)) => {
            sum(human.iter().zip(judge).map(|(human, judge)| (human - of_human) * (judge - of_judge)))
                / count(human.len())
        }
        _ => 0.0,
    };
    let dilution = 1.0 + count(human.len()) / count(judge_alone.len());
    (covariance / (dilution * variance)).clamp(0.0, 1.0)
}

/// Sum of squared deviations from the mean.
fn squares(values: &[f64]) -> f64 {
    mean(values).map_or(0.0, |centre| sum(values.iter().map(|value| (value - centre).powi(2))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUMAN: &[f64] = &[0.0, 1.0, 1.0, 0.0];
    const OTHERS: &[f64] = &[1.0, 1.0, 0.0, 1.0, 1.0];

    #[test]
    fn a_useless_judge_is_ignored() {
        let plain = |labels| corrected_mean(labels, Trust::Tuned, 0.95).expect("has labels");
        let constant = plain(Labels { human: HUMAN, judge: &[1.0; 4], judge_alone: &[1.0; 5] });
        let contrary = plain(Labels { human: HUMAN, judge: &[1.0, 0.0, 0.0, 1.0], judge_alone: OTHERS });
        let alone = plain(Labels { human: HUMAN, judge: HUMAN, judge_alone: &[] });
        for found in [constant, contrary, alone] {
            assert_eq!((found.trust, found.estimate.value, found.standard_error), (0.0, 0.5, Some(0.25)));
        }
    }

    #[test]
    fn a_judge_that_errs_by_a_constant_does_no_harm() {
        let judge: Vec<f64> = HUMAN.iter().map(|value| value + 7.0).collect();
        let others: Vec<f64> = OTHERS.iter().map(|value| value + 7.0).collect();
        let shifted =
            corrected_mean(Labels { human: HUMAN, judge: &judge, judge_alone: &others }, Trust::Fixed(1.0), 0.95);
        assert!((shifted.expect("has labels").estimate.value - 0.8).abs() < 1e-12);
    }

    #[test]
    fn one_label_has_no_interval_and_none_no_mean() {
        let one = Labels { human: &[1.0], judge: &[1.0], judge_alone: OTHERS };
        let found = corrected_mean(one, Trust::Tuned, 0.95).expect("has a label");
        assert_eq!((found.estimate.interval, found.standard_error, found.few_labels()), (None, None, true));
        assert_eq!(corrected_mean(Labels { human: &[], judge: &[], judge_alone: OTHERS }, Trust::Tuned, 0.95), None);
    }
}
