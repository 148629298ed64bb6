//! Populations whose truth is known, and samples drawn from them.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// A source of chances.
pub(crate) struct Dice(Xoshiro256PlusPlus);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// Uniform on [0, 1).
    fn uniform(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are kept")]
        let bits = (self.0.next_u64() >> 11) as f64;
        bits / 9_007_199_254_740_992.0
    }

    fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Standard normal, by Box and Muller.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// A part of the population.
#[derive(Clone, Copy)]
pub(crate) struct Stratum {
    /// Its share of the population.
    pub(crate) share: f64,
    /// Its share of the sample.
    pub(crate) drawn: f64,
    /// Share of its cases that only the baseline gets right.
    pub(crate) lost: f64,
    /// Share of its cases that only the candidate gets right.
    pub(crate) won: f64,
}

impl Stratum {
    /// Share of its cases that an arm gets right.
    fn right(&self, arm: usize) -> f64 {
        BOTH * (1.0 - self.lost - self.won) + if arm == 0 { self.lost } else { self.won }
    }

    /// Which arms get a case of it right.
    fn draw(&self, dice: &mut Dice) -> [bool; 2] {
        let place = dice.uniform();
        if place < self.lost {
            [true, false]
        } else if place < self.lost + self.won {
            [false, true]
        } else {
            [dice.chance(BOTH); 2]
        }
    }
}

/// A population, and how it is sampled.
#[derive(Clone)]
pub(crate) struct Population {
    pub(crate) strata: Vec<Stratum>,
    /// Trials of a case in each arm. With several, a case that an arm gets right passes 9 trials of 10, and one that it
    /// gets wrong 1 of 10.
    pub(crate) trials: u32,
    /// Cases of a cluster.
    pub(crate) cluster: usize,
    /// The chance that a case is like the first of its cluster instead of a draw of its own.
    pub(crate) alike: f64,
}

/// A sample, by case.
#[derive(Default)]
pub(crate) struct Sample {
    pub(crate) success: [Vec<f64>; 2],
    pub(crate) cost: [Vec<f64>; 2],
    /// Tool calls, and those that failed.
    pub(crate) units: [Vec<f64>; 2],
    pub(crate) events: [Vec<f64>; 2],
    pub(crate) differences: Vec<f64>,
    pub(crate) weights: Vec<f64>,
    pub(crate) clusters: Vec<u32>,
}

/// Share of the cases without a difference that both arms get right.
const BOTH: f64 = 0.85;
/// Spread of the logarithm of costs.
const LOG_SD: f64 = 0.6;
/// Chance that a tool call fails, with a right and a wrong answer.
const CALL_FAILS: [f64; 2] = [0.02, 0.3];

impl Population {
    /// The chance that a trial passes when the arm gets the case right, and when it gets it wrong.
    fn passes(&self, right: bool) -> f64 {
        match (self.trials, right) {
            (1, true) => 1.0,
            (1, false) => 0.0,
            (_, true) => 0.9,
            (_, false) => 0.1,
        }
    }

    /// The true difference of pass rates.
    pub(crate) fn difference(&self) -> f64 {
        let effect = self.passes(true) - self.passes(false);
        self.strata.iter().map(|stratum| stratum.share * (stratum.won - stratum.lost) * effect).sum()
    }

    /// The true pass rate of an arm.
    pub(crate) fn rate(&self, arm: usize) -> f64 {
        let passes = |p: f64| p * self.passes(true) + (1.0 - p) * self.passes(false);
        self.strata.iter().map(|stratum| stratum.share * passes(stratum.right(arm))).sum()
    }

    /// The true mean cost of a case.
    pub(crate) fn cost(&self, arm: usize) -> f64 {
        let noise = (LOG_SD * LOG_SD / 2.0_f64).exp();
        (0_u32..).zip(&self.strata).map(|(place, stratum)| stratum.share * base_cost(arm, place) * noise).sum()
    }

    /// The true share of tool calls that fail.
    pub(crate) fn call_failures(&self, arm: usize) -> f64 {
        let of = |stratum: &Stratum| {
            let right = stratum.right(arm);
            right * CALL_FAILS[0] + (1.0 - right) * CALL_FAILS[1]
        };
        let calls = |place: u32| 1.5 + f64::from(place);
        let total = |value: &dyn Fn(&Stratum) -> f64| -> f64 {
            (0_u32..).zip(&self.strata).map(|(place, stratum)| stratum.share * calls(place) * value(stratum)).sum()
        };
        total(&of) / total(&|_| 1.0)
    }

    /// A sample of about `n` cases, as many of each stratum as planned.
    pub(crate) fn sample(&self, n: usize, dice: &mut Dice) -> Sample {
        let mut sample = Sample::default();
        let mut cluster = 0;
        for (place, stratum) in (0_u32..).zip(&self.strata) {
            let cases = whole(stratum.drawn * count(n));
            let mut first = [false; 2];
            for case in 0..cases {
                let leads = case % self.cluster == 0;
                cluster += u32::from(leads);
                let right = if leads || !dice.chance(self.alike) { stratum.draw(dice) } else { first };
                first = if leads { right } else { first };
                sample.clusters.push(cluster - 1);
                sample.weights.push(stratum.share / count(cases));
                sample.add(right.map(|right| self.trials(right, place, dice)), place);
            }
        }
        sample
    }

    /// The trials of a case in an arm.
    fn trials(&self, right: bool, place: u32, dice: &mut Dice) -> Trials {
        let passed = (0..self.trials).filter(|_| dice.chance(self.passes(right))).count();
        let calls = 1 + place + u32::from(dice.chance(0.5));
        let failed = (0..calls).filter(|_| dice.chance(CALL_FAILS[usize::from(!right)])).count();
        Trials {
            success: count(passed) / f64::from(self.trials),
            noise: (LOG_SD * dice.normal()).exp(),
            calls: f64::from(calls),
            failed: count(failed),
        }
    }
}

/// What became of a case in an arm.
struct Trials {
    success: f64,
    /// Its cost ÷ the median cost.
    noise: f64,
    calls: f64,
    failed: f64,
}

impl Sample {
    fn add(&mut self, arms: [Trials; 2], place: u32) {
        self.differences.push(arms[1].success - arms[0].success);
        for (arm, trials) in arms.into_iter().enumerate() {
            self.success[arm].push(trials.success);
            self.cost[arm].push(base_cost(arm, place) * trials.noise);
            self.units[arm].push(trials.calls);
            self.events[arm].push(trials.failed);
        }
    }
}

/// Median cost of a case.
fn base_cost(arm: usize, place: u32) -> f64 {
    (if arm == 0 { 0.01 } else { 0.025 }) * (1.0 + f64::from(place))
}

/// A count as a number of the same value.
fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

/// The nearest whole number.
fn whole(n: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive count")]
    let whole = n.round() as usize;
    whole
}
