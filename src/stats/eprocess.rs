//! Evidence that may be looked at after every case: the betting e-process of bounded differences (Waudby-Smith & Ramdas
//! 2024). While the null hypothesis holds it is a nonnegative supermartingale that starts at 1, so that the chance that it
//! *ever* reaches 1/α is at most α (Ville 1939): no bell curve, no fixed number of cases.

use super::sum::{Sum, count};

/// The shares of the stake that are bet; equal weights.
pub const BETS: [f64; 8] = [0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9];

/// A null mean stays this far inside (−1, 1): at the ends nothing is left to bet against.
const INSIDE: f64 = 1e-12;

/// What is held true until the evidence is against it. Means are those of differences in [−1, 1].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Null {
    /// The mean is at most this: evidence is for a greater one.
    AtMost(f64),
    /// The mean is at least this: evidence is for a lesser one.
    AtLeast(f64),
}

/// Pairs of pass/fail outcomes, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcomes {
    /// Pairs that only the candidate passed.
    pub wins: usize,
    /// Pairs that only the baseline passed.
    pub losses: usize,
    /// Pairs without a difference.
    pub ties: usize,
}

/// The evidence so far against a null hypothesis.
#[derive(Debug, Clone)]
pub struct EProcess {
    null: Null,
    /// Logarithm of what each bet has made of a stake of 1.
    wealth: [Sum; BETS.len()],
}

impl EProcess {
    /// No evidence yet.
    #[must_use]
    pub fn new(null: Null) -> Self {
        Self { null: null.inside(), wealth: [Sum::default(); BETS.len()] }
    }

    /// Takes the difference of the next case, in [−1, 1]. Cases must come in an order that does not depend on their
    /// differences, such as one shuffled beforehand: completion order does (slow cases fail more).
    pub fn add(&mut self, difference: f64) {
        for (wealth, bet) in self.wealth.iter_mut().zip(BETS) {
            wealth.add(self.null.factor(bet, difference).ln());
        }
    }

    /// Logarithm of the e-value; 0 without cases.
    #[must_use]
    pub fn log_e(&self) -> f64 {
        log_mean_exp(self.wealth.map(Sum::value))
    }
}

impl Null {
    fn inside(self) -> Self {
        let held = |mean: f64| mean.clamp(INSIDE - 1.0, 1.0 - INSIDE);
        match self {
            Self::AtMost(mean) => Self::AtMost(held(mean)),
            Self::AtLeast(mean) => Self::AtLeast(held(mean)),
        }
    }

    /// What a bet makes of a stake of 1 on one case: at most 1 in expectation while the null hypothesis holds.
    fn factor(self, bet: f64, difference: f64) -> f64 {
        match self {
            Self::AtMost(mean) => 1.0 - bet + bet * (1.0 + difference) / (1.0 + mean),
            Self::AtLeast(mean) => 1.0 - bet + bet * (1.0 - difference) / (1.0 - mean),
        }
    }
}

/// Logarithm of the e-value of `differences`, each in [−1, 1].
#[must_use]
pub fn log_e(differences: &[f64], null: Null) -> f64 {
    let mut process = EProcess::new(null);
    for &difference in differences {
        process.add(difference);
    }
    process.log_e()
}

/// [`log_e`] of pass/fail outcomes, whose order does not matter.
#[must_use]
pub fn log_e_counts(outcomes: Outcomes, null: Null) -> f64 {
    let Outcomes { wins, losses, ties } = outcomes;
    log_e_tallied(&[(1.0, wins), (-1.0, losses), (0.0, ties)], null)
}

/// [`log_e`] of differences, each with how many cases have it.
pub(super) fn log_e_tallied(tallied: &[(f64, usize)], null: Null) -> f64 {
    let null = null.inside();
    log_mean_exp(BETS.map(|bet| {
        let of = |&(difference, cases): &(f64, usize)| count(cases) * null.factor(bet, difference).ln();
        super::sum::sum(tallied.iter().map(of))
    }))
}

/// Logarithm of the mean of exponentials, without overflow.
fn log_mean_exp(logs: [f64; BETS.len()]) -> f64 {
    let most = logs.into_iter().fold(f64::NEG_INFINITY, f64::max);
    most + (super::sum::sum(logs.map(|log| (log - most).exp())) / count(logs.len())).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// E[factor] at the boundary of the null is 1 for each bet, whatever the outcomes' shares.
    #[test]
    fn a_bet_is_fair_at_the_boundary() {
        for (win, loss) in [(0.1, 0.2), (0.0, 0.3), (0.25, 0.05)] {
            let mean = win - loss;
            for null in [Null::AtMost(mean), Null::AtLeast(mean)] {
                for bet in BETS {
                    let of = |difference| null.factor(bet, difference);
                    let expected = win * of(1.0) + loss * of(-1.0) + (1.0 - win - loss) * of(0.0);
                    assert!((expected - 1.0).abs() < 1e-15, "{null:?} {bet} {expected}");
                }
            }
        }
    }

    #[test]
    fn a_tolerance_of_everything_is_met_by_anything_but_total_loss() {
        assert!(log_e(&[0.0], Null::AtMost(-1.0)) > 20.0);
        assert!(log_e(&[-1.0], Null::AtMost(-1.0)) < 0.0);
    }

    #[test]
    fn much_evidence_does_not_overflow() {
        let log = log_e_counts(Outcomes { wins: 1_000_000, losses: 0, ties: 0 }, Null::AtMost(0.0));
        assert!(log.is_finite() && log > 500_000.0, "{log}");
    }
}
