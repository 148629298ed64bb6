//! The true pass rate behind an imperfect judge: Rogan & Gladen's (1978) correction, with Lang & Reiczigel's (2014) interval.

use super::estimate::{Estimate, Interval};
use super::special::normal_critical;
use super::sum::count;

/// `hits` among `n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hits {
    /// How many were hit, at most `n`.
    pub hits: usize,
    /// Of how many.
    pub n: usize,
}

impl Hits {
    fn rate(self) -> Option<f64> {
        (self.n > 0).then(|| count(self.hits) / count(self.n))
    }
}

/// What a judge said, and how it does on cases that humans labelled apart from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// Cases without a human label, and those of them that the judge passed.
    pub passed: Hits,
    /// Cases that humans passed, and those of them that the judge passed: its sensitivity.
    pub right_passes: Hits,
    /// Cases that humans failed, and those of them that the judge failed: its specificity.
    pub right_fails: Hits,
}

/// The pass rate corrected for the judge's errors, in [0, 1]. `None` without cases or labels of either kind, and when
/// the judge is no better than a coin (sensitivity + specificity ≤ 1); no interval when it is not safely better.
#[must_use]
pub fn corrected_rate(judged: Judged, confidence: f64) -> Option<Estimate> {
    let Judged { passed, right_passes, right_fails } = judged;
    let (rate, sensitivity, specificity) = (passed.rate()?, right_passes.rate()?, right_fails.rate()?);
    let skill = sensitivity + specificity - 1.0;
    if skill <= 0.0 {
        return None;
    }
    let value = ((rate + specificity - 1.0) / skill).clamp(0.0, 1.0);
    let interval = limits(judged, normal_critical(confidence));
    let interval = interval.map(|(low, high)| Interval::bounded(low, high, confidence));
    Some(Estimate { value, interval, method: "Rogan-Gladen, Lang-Reiczigel", n: passed.n })
}

/// The limits, from rates with pseudo-cases: z²/2 of either kind among the judged, one of either kind among the labelled.
fn limits(judged: Judged, z: f64) -> Option<(f64, f64)> {
    let n = count(judged.passed.n) + z * z;
    let rate = (count(judged.passed.hits) + z * z / 2.0) / n;
    let padded = |hits: Hits| ((count(hits.hits) + 1.0) / (count(hits.n) + 2.0), count(hits.n) + 2.0);
    let (sensitivity, passes) = padded(judged.right_passes);
    let (specificity, fails) = padded(judged.right_fails);
    let skill = sensitivity + specificity - 1.0;
    if skill <= 0.0 {
        return None;
    }
    let centre = (rate + specificity - 1.0) / skill;
    let of_passes = sensitivity * (1.0 - sensitivity) / passes;
    let of_fails = specificity * (1.0 - specificity) / fails;
    let shift = 2.0 * z * z * (centre * of_passes - (1.0 - centre) * of_fails);
    let variance = rate * (1.0 - rate) / n + centre.powi(2) * of_passes + (1.0 - centre).powi(2) * of_fails;
    let half = z * variance.sqrt() / skill;
    Some(((centre + shift - half).clamp(0.0, 1.0), (centre + shift + half).clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERFECT: Hits = Hits { hits: 10, n: 10 };

    #[test]
    fn a_judge_no_better_than_a_coin_says_nothing() {
        let coin = Hits { hits: 5, n: 10 };
        let passed = Hits { hits: 50, n: 100 };
        assert_eq!(corrected_rate(Judged { passed, right_passes: coin, right_fails: coin }, 0.95), None);
        let none = Hits { hits: 0, n: 0 };
        for judged in [
            Judged { passed: none, right_passes: PERFECT, right_fails: PERFECT },
            Judged { passed, right_passes: none, right_fails: PERFECT },
            Judged { passed, right_passes: PERFECT, right_fails: none },
        ] {
            assert_eq!(corrected_rate(judged, 0.95), None);
        }
    }

    #[test]
    fn few_labels_correct_nothing_safely() {
        // 1 ÷ 10 + 1 ÷ 1 is above 1, but with pseudo-cases 2 ÷ 12 + 2 ÷ 3 is not.
        let passed = Hits { hits: 50, n: 100 };
        let doubtful = Judged { passed, right_passes: Hits { hits: 1, n: 10 }, right_fails: Hits { hits: 1, n: 1 } };
        let estimate = corrected_rate(doubtful, 0.95).expect("is better than a coin on the labels");
        assert_eq!(estimate.interval, None);
    }
}
