//! The pass/fail trials of one case by count, and what a random draw of them shows.

use super::sum::count;

/// How many trials of a case passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseTrials {
    /// Trials that passed, at most `trials`.
    pub passed: usize,
    /// Trials with an outcome; at 0 the case says nothing.
    pub trials: usize,
}

impl CaseTrials {
    /// Trials that failed.
    #[must_use]
    pub const fn failed(self) -> usize {
        self.trials.saturating_sub(self.passed)
    }

    /// Share of the trials that failed; `None` without trials.
    #[must_use]
    pub fn failure_rate(self) -> Option<f64> {
        (self.trials > 0).then(|| count(self.failed()) / count(self.trials))
    }

    /// The chance that `k` of the trials, drawn without replacement, all passed: C(passed, k) ÷ C(trials, k). It
    /// estimates the k-th power of the case's success rate without bias. `None` with fewer than `k` trials.
    #[must_use]
    pub fn all_passed(self, k: usize) -> Option<f64> {
        (self.trials >= k).then(|| all_of(self.passed, self.trials, k))
    }

    /// The same for trials that all failed.
    #[must_use]
    pub fn all_failed(self, k: usize) -> Option<f64> {
        (self.trials >= k).then(|| all_of(self.failed(), self.trials, k))
    }
}

/// C(part, k) ÷ C(whole, k) for k ≤ whole, as the product of its k factors: the binomials themselves overflow.
fn all_of(part: usize, whole: usize, k: usize) -> f64 {
    if part < k { 0.0 } else { (0..k).map(|drawn| count(part - drawn) / count(whole - drawn)).product() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The draws of `k` out of `n` as bit masks, counted one by one.
    fn share_of_draws(passed: u32, n: u32, k: u32) -> f64 {
        let draws: Vec<u32> = (0..1_u32 << n).filter(|draw| draw.count_ones() == k).collect();
        let all = draws.iter().filter(|&&draw| draw >> passed == 0).count();
        count(all) / count(draws.len())
    }

    #[test]
    fn a_draw_is_what_counting_all_draws_says() {
        for (passed, n, k) in [(3, 5, 2), (4, 6, 4), (2, 6, 3), (0, 3, 1), (5, 5, 5), (3, 4, 0)] {
            let case = CaseTrials { passed: passed as usize, trials: n as usize };
            let expected = share_of_draws(passed, n, k);
            assert!((case.all_passed(k as usize).expect("has trials") - expected).abs() < 1e-12, "{case:?} {k}");
            let mirrored = CaseTrials { passed: case.failed(), ..case };
            assert_eq!(mirrored.all_failed(k as usize), case.all_passed(k as usize));
        }
    }

    #[test]
    fn fewer_trials_than_drawn_say_nothing() {
        let case = CaseTrials { passed: 1, trials: 2 };
        assert_eq!((case.all_passed(3), case.all_failed(3)), (None, None));
        assert_eq!(CaseTrials { passed: 0, trials: 0 }.failure_rate(), None);
    }
}
