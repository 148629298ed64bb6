//! Planning: how many cases decide, what so many cases can decide, and with what chance.

use super::special::{normal_critical, normal_quantile};
use super::sum::{Sum, count};
use super::tango::Discordant;

/// The chances asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Precision {
    /// Two-sided confidence of the interval that decides.
    pub confidence: f64,
    /// Chance that it does decide, such as 0.8.
    pub power: f64,
}

/// What is to be decided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goal {
    /// The largest loss tolerated, ≥ 0.
    pub margin: f64,
    /// With what chances.
    pub precision: Precision,
}

/// Which way a question is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// The candidate is not worse by more than the margin.
    Pass,
    /// It is.
    Fail,
}

/// Cases that decide a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleSize {
    /// All cases, at least 1.
    pub cases: usize,
    /// Which way they decide.
    pub resolves_to: Resolution,
}

impl SampleSize {
    /// `None` when the difference sits on the margin: no number of cases then decides.
    fn new(spread: f64, difference: f64, margin: f64) -> Option<Self> {
        let gap = difference + margin;
        // What rounding adds to a whole number is not another case.
        let cases = ((spread / gap).powi(2) - 1e-9).ceil().max(1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 1, and `as` saturates")]
        let cases = cases as usize;
        let resolves_to = if gap > 0.0 { Resolution::Pass } else { Resolution::Fail };
        (gap != 0.0).then_some(Self { cases, resolves_to })
    }
}

/// Cases needed for scores of any kind, from the variance of one case's difference (Miller 2024, section 5; Connor
/// 1987). `None` when `difference` sits on the margin.
#[must_use]
pub fn sample_size(variance: f64, difference: f64, goal: Goal) -> Option<SampleSize> {
    SampleSize::new(goal.precision.total_critical() * variance.sqrt(), difference, goal.margin)
}

/// Pairs needed for pass/fail outcomes that disagree in the same shares as `expected` (Nam 1997). `None` when the
/// difference sits on the margin.
#[must_use]
pub fn sample_size_score(expected: Discordant, goal: Goal) -> Option<SampleSize> {
    let baseline_only = expected.baseline_only / expected.n;
    let candidate_only = expected.candidate_only / expected.n;
    let difference = candidate_only - baseline_only;
    let null = Discordant { baseline_only, candidate_only, n: 1.0 }.null_variance(-goal.margin).max(0.0);
    let alternative = (baseline_only + candidate_only - difference * difference).max(0.0);
    let Precision { confidence, power } = goal.precision;
    let spread = normal_critical(confidence) * null.sqrt() + normal_quantile(power) * alternative.sqrt();
    SampleSize::new(spread, difference, goal.margin)
}

impl Precision {
    /// The two critical values together.
    fn total_critical(self) -> f64 {
        normal_critical(self.confidence) + normal_quantile(self.power)
    }
}

/// How many more cases would decide. A guide, not a promise: testing again after "inconclusive" is peeking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoreCases {
    /// The difference sits on the margin.
    OnTheMargin,
    /// More than is worth planning; which way they would decide.
    TooMany(Resolution),
    /// So many.
    Needed {
        /// Cases on top of those there are.
        more: usize,
        /// All cases, and which way they would decide.
        all: SampleSize,
    },
}

impl MoreCases {
    /// Cases on top of those there are, where that is a sensible number.
    #[must_use]
    pub fn more(self) -> Option<usize> {
        match self {
            Self::Needed { more, .. } => Some(more),
            Self::OnTheMargin | Self::TooMany(_) => None,
        }
    }

    fn new(needed: Option<SampleSize>, cases: usize, most: usize) -> Self {
        match needed {
            None => Self::OnTheMargin,
            Some(all) if all.cases > most => Self::TooMany(all.resolves_to),
            Some(all) => Self::Needed { more: all.cases.saturating_sub(cases), all },
        }
    }
}

/// What has been measured on scores of any kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// Cases so far.
    pub cases: usize,
    /// Mean difference.
    pub difference: f64,
    /// Variance of one case's difference.
    pub variance: f64,
}

/// How many more cases would decide if the difference is what was seen; more than `most` in all are too many.
#[must_use]
pub fn more_cases(seen: Seen, goal: Goal, most: usize) -> MoreCases {
    MoreCases::new(sample_size(seen.variance, seen.difference, goal), seen.cases, most)
}

/// How many more cases would decide if pass/fail outcomes go on disagreeing as `seen` in `cases` cases, of which the
/// effective sample may be another number; more than `most` in all are too many. With [`Discordant::balanced`], if the
/// true difference is zero.
#[must_use]
pub fn more_cases_score(seen: Discordant, cases: usize, goal: Goal, most: usize) -> MoreCases {
    // Half a disagreement each way, so that none seen so far does not mean none ever.
    let expected = Discordant {
        baseline_only: seen.baseline_only + 0.5,
        candidate_only: seen.candidate_only + 0.5,
        n: seen.n + 1.0,
    };
    let cases_per_effective = if seen.n > 0.0 { count(cases) / seen.n } else { 1.0 };
    let needed = sample_size_score(expected, goal).map(|all| {
        let real = (count(all.cases) * cases_per_effective - 1e-9).ceil();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and `as` saturates")]
        let cases = real as usize;
        SampleSize { cases, ..all }
    });
    MoreCases::new(needed, cases, most)
}

/// What a number of cases can tell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resolvable {
    /// The smallest margin that passes when the true difference is zero.
    pub margin: f64,
    /// The smallest true gain that shows as better.
    pub gain: f64,
}

/// What `n` pairs can tell when the arms disagree in a share of `discordance` (large-sample formula, optimistic below
/// 5 %). `None` without pairs.
#[must_use]
pub fn resolvable(n: usize, discordance: f64, precision: Precision) -> Option<Resolvable> {
    let critical = precision.total_critical();
    (n > 0).then(|| Resolvable {
        margin: critical * (discordance / count(n)).sqrt(),
        gain: critical * (discordance / (count(n) + critical * critical)).sqrt(),
    })
}

/// The chance of each answer; the rest is inconclusive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Power {
    /// Chance of better or not worse.
    pub pass: f64,
    /// Chance of worse.
    pub fail: f64,
}

/// The exact chance of each answer of Tango's interval on `n` pass/fail pairs that disagree in the shares of `expected`,
/// by enumeration of all that can happen with a chance worth printing.
#[must_use]
pub fn exact(n: usize, expected: Discordant, margin: f64, confidence: f64) -> Power {
    let critical = normal_critical(confidence);
    let shares = [expected.baseline_only / expected.n, expected.candidate_only / expected.n];
    let tie = 1.0 - shares[0] - shares[1];
    let mut ln_factorial = vec![0.0; n + 1];
    for k in 1..=n {
        ln_factorial[k] = ln_factorial[k - 1] + count(k).ln();
    }
    let ln_power = |k: usize, p: f64| if k == 0 { 0.0 } else { count(k) * p.ln() };
    let (mut pass, mut fail) = (Sum::default(), Sum::default());
    let likely_wins = likely(n, shares[1]);
    for losses in likely(n, shares[0]) {
        for wins in *likely_wins.start()..=(n - losses).min(*likely_wins.end()) {
            let ties = n - losses - wins;
            let ways = ln_factorial[n] - ln_factorial[losses] - ln_factorial[wins] - ln_factorial[ties];
            let ln_chance = ways + ln_power(losses, shares[0]) + ln_power(wins, shares[1]) + ln_power(ties, tie);
            // e^-60 cannot show in any digit that is printed; a share below 0 has no logarithm.
            if ln_chance.is_nan() || ln_chance < -60.0 {
                continue;
            }
            let pairs = Discordant { baseline_only: count(losses), candidate_only: count(wins), n: count(n) };
            let score = pairs.score(-margin);
            if score > critical {
                pass.add(ln_chance.exp());
            } else if score < -critical {
                fail.add(ln_chance.exp());
            }
        }
    }
    Power { pass: pass.value(), fail: fail.value() }
}

/// The counts of `n` trials outside which no single count has a chance of e^-60 (Bernstein's inequality).
fn likely(n: usize, share: f64) -> std::ops::RangeInclusive<usize> {
    let mean = count(n) * share;
    let reach = 20.0 + (400.0 + 120.0 * mean * (1.0 - share).max(0.0)).sqrt();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates at 0, and n bounds it")]
    let end = |end: f64| (end as usize).min(n);
    end((mean - reach).floor())..=end((mean + reach).ceil())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRECISION: Precision = Precision { confidence: 0.95, power: 0.8 };

    #[test]
    fn zero_discordance_still_needs_cases() {
        // The table of margins in points and cases that certify them.
        for (margin, cases) in [(0.05, 73), (0.03, 125), (0.02, 189), (0.01, 381)] {
            let none = Discordant { baseline_only: 0.0, candidate_only: 0.0, n: 1.0 };
            let size = sample_size_score(none, Goal { margin, precision: PRECISION }).expect("is off the margin");
            assert_eq!(size, SampleSize { cases, resolves_to: Resolution::Pass });
        }
    }

    #[test]
    fn an_effective_sample_is_converted_to_cases() {
        let goal = Goal { margin: 0.05, precision: PRECISION };
        let seen = Discordant { baseline_only: 3.0, candidate_only: 3.0, n: 50.0 };
        let all = |cases| match more_cases_score(seen, cases, goal, 10_000) {
            MoreCases::Needed { all, more } => (all.cases, more),
            other => panic!("{other:?}"),
        };
        let (alone, more) = all(50);
        assert_eq!(more, alone - 50);
        assert_eq!(all(100), (2 * alone, 2 * alone - 100));
    }

    #[test]
    fn a_difference_on_the_margin_is_never_decided() {
        let goal = Goal { margin: 0.5, precision: PRECISION };
        assert_eq!(sample_size(0.1, -0.5, goal), None);
        let seen = Seen { cases: 10, difference: -0.5, variance: 0.1 };
        assert_eq!(more_cases(seen, goal, 10_000).more(), None);
    }

    #[test]
    fn what_is_left_out_of_the_enumeration_has_no_chance() {
        for (n, share) in [(10, 0.3), (2_000, 0.05), (2_000, 0.5), (5_000, 0.0), (5_000, 1.0)] {
            let range = likely(n, share);
            assert!(*range.end() <= n && range.contains(&whole(count(n) * share)), "{range:?}");
            let ln_chance = |k: usize| {
                let ln = |from: usize, to: usize| (from + 1..=to).map(|k| count(k).ln()).sum::<f64>();
                ln(n - k, n) - ln(0, k) + count(k) * share.ln() + count(n - k) * (1.0 - share).ln()
            };
            let beside = [range.start().checked_sub(1), range.end().checked_add(1).filter(|k| *k <= n)];
            assert!(beside.into_iter().flatten().all(|k| ln_chance(k).is_nan() || ln_chance(k) < -60.0), "{range:?}");
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
    fn whole(value: f64) -> usize {
        value as usize
    }

    #[test]
    fn one_pair_decides_nothing_and_fifty_losses_do() {
        let even = Discordant { baseline_only: 0.1, candidate_only: 0.1, n: 1.0 };
        assert_eq!(exact(1, even, 0.05, 0.95), Power { pass: 0.0, fail: 0.0 });
        let losing = Discordant { baseline_only: 1.0, candidate_only: 0.0, n: 1.0 };
        assert_eq!(exact(50, losing, 0.05, 0.95), Power { pass: 0.0, fail: 1.0 });
    }
}
