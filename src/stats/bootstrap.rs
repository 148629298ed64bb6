//! The bootstrap, as a cross-check of the interval of cost per success: cases, or clusters of them, are drawn anew jointly
//! for both arms. No gate reads it.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::design::{Design, Relative};
use super::estimate::Interval;
use super::quantile::interpolated;
use super::ratio::Arms;
use super::special::{normal_cdf, normal_critical, normal_quantile};
use super::sum::{count, sum};

/// How often the sample is drawn anew.
pub const RESAMPLES: usize = 10_000;

/// Leaving out one case at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jackknife {
    /// The ratio of all cases.
    pub ratio: f64,
    /// Mean of the ratios with one case, or cluster, left out.
    pub mean: f64,
    /// Efron's (1987) acceleration.
    pub acceleration: f64,
}

/// A bias-corrected and accelerated interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bca {
    /// Bias correction z₀.
    pub bias: f64,
    /// The quantiles of the replicates that are the limits.
    pub levels: [f64; 2],
    /// The interval.
    pub interval: Interval,
}

/// The ratio of cost per success with its bootstrap intervals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    /// The ratio of all cases.
    pub ratio: f64,
    /// Quantiles of the replicates.
    pub percentile: Interval,
    /// The interval corrected for bias and skewness; `None` when all replicates lie on one side of the ratio.
    pub bca: Option<Bca>,
}

/// What is drawn together: costs and successes of one case or cluster, the baseline's first.
type Unit = [f64; 4];

/// The jackknife of the ratio of cost per success. `None` without a ratio, with a case or cluster without which there is
/// none, and below two of them.
#[must_use]
pub fn jackknife(arms: Arms<'_>, design: Design<'_>) -> Option<Jackknife> {
    let units = units(arms, design);
    if units.len() < 2 {
        return None;
    }
    let all = total(&units);
    let without = |unit: &Unit| ratio(std::array::from_fn(|column| all[column] - unit[column]));
    let left: Vec<f64> = units.iter().map(without).collect::<Option<_>>()?;
    let mean = super::sum::mean(&left)?;
    let moment = |power: i32| sum(left.iter().map(|ratio| (mean - ratio).powi(power)));
    let spread = moment(2);
    let acceleration = if spread == 0.0 { 0.0 } else { moment(3) / (6.0 * spread.powf(1.5)) };
    Some(Jackknife { ratio: ratio(all)?, mean, acceleration })
}

/// Quantiles of ascending `replicates`. `None` without any.
#[must_use]
pub fn percentile_interval(replicates: &[f64], confidence: f64) -> Option<Interval> {
    let at = |level| interpolated(replicates, level);
    Some(Interval::bounded(at((1.0 - confidence) / 2.0)?, at(f64::midpoint(1.0, confidence))?, confidence))
}

/// Efron's (1987) interval from ascending `replicates` of an estimate. `None` without any, or when all of them lie on
/// one side of it.
#[must_use]
pub fn bca_interval(estimate: f64, replicates: &[f64], acceleration: f64, confidence: f64) -> Option<Bca> {
    let below = replicates.partition_point(|replicate| *replicate < estimate);
    let equal = replicates.partition_point(|replicate| *replicate <= estimate) - below;
    let share = (count(below) + 0.5 * count(equal)) / count(replicates.len());
    if !(share > 0.0 && share < 1.0) {
        return None;
    }
    let bias = normal_quantile(share);
    let critical = normal_critical(confidence);
    let levels = [-critical, critical].map(|z| {
        let shifted = bias + z;
        normal_cdf(bias + shifted / (1.0 - acceleration * shifted))
    });
    let [low, high] = levels.map(|level| interpolated(replicates, level));
    Some(Bca { bias, levels, interval: Interval { low, high, confidence } })
}

/// The ratio of cost per success with its bootstrap intervals. `None` without a ratio, below two cases or clusters, or
/// when a sample drawn anew has none (an arm without a single success).
#[must_use]
pub fn bootstrap(arms: Arms<'_>, design: Design<'_>, confidence: f64, seed: u64) -> Option<Bootstrap> {
    let units = units(arms, design);
    let jackknife = jackknife(arms, design)?;
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut drawn = || {
        let mut totals = [0.0; 4];
        for _ in 0..units.len() {
            let unit = &units[below(units.len(), &mut rng)];
            for (total, value) in totals.iter_mut().zip(unit) {
                *total += value;
            }
        }
        ratio(totals)
    };
    let mut replicates: Vec<f64> = (0..RESAMPLES).map(|_| drawn()).collect::<Option<_>>()?;
    replicates.sort_by(f64::total_cmp);
    Some(Bootstrap {
        ratio: jackknife.ratio,
        percentile: percentile_interval(&replicates, confidence)?,
        bca: bca_interval(jackknife.ratio, &replicates, jackknife.acceleration, confidence),
    })
}

/// A whole number below `n`, written out so that a seed draws the same with every version of the random crates.
pub(super) fn below(n: usize, rng: &mut impl Rng) -> usize {
    // The high half of the product is uniform below `n`, up to a bias under 2^-40 at a million cases.
    let pick = (u128::from(rng.next_u64()) * n as u128) >> 64;
    usize::try_from(pick).unwrap_or(0)
}

/// Cases, or clusters of them in the order of their numbers, each with its weight.
fn units(arms: Arms<'_>, design: Design<'_>) -> Vec<Unit> {
    let Arms { baseline, candidate } = arms;
    let n = baseline.cost.len();
    let weights = Relative::of(design, n);
    let unit = |case: usize| {
        [baseline.cost, baseline.success, candidate.cost, candidate.success]
            .map(|column| weights.of_case(case) * column[case])
    };
    let Some(clusters) = design.clusters else { return (0..n).map(unit).collect() };
    let mut of_cluster: Vec<Option<Vec<Unit>>> = vec![None; clusters.iter().max().map_or(0, |&last| last as usize + 1)];
    for (case, &cluster) in clusters.iter().enumerate() {
        of_cluster[cluster as usize].get_or_insert_default().push(unit(case));
    }
    of_cluster.iter().flatten().map(|cases| total(cases)).collect()
}

fn total(units: &[Unit]) -> Unit {
    std::array::from_fn(|column| sum(units.iter().map(|unit| unit[column])))
}

/// Cost per success of the candidate ÷ that of the baseline.
fn ratio([baseline_cost, baseline_success, candidate_cost, candidate_success]: Unit) -> Option<f64> {
    let ratio = (candidate_cost / candidate_success) / (baseline_cost / baseline_success);
    ratio.is_finite().then_some(ratio)
}

#[cfg(test)]
mod tests {
    use super::super::ratio::Arm;
    use super::*;

    const BASELINE: Arm<'_> = Arm { cost: &[1.0, 2.0, 3.0, 2.0, 1.0, 4.0], success: &[1.0, 1.0, 1.0, 1.0, 1.0, 1.0] };
    const CANDIDATE: Arm<'_> = Arm { cost: &[2.0, 3.0, 5.0, 4.0, 2.0, 9.0], success: &[1.0, 1.0, 1.0, 1.0, 1.0, 1.0] };
    const ARMS: Arms<'_> = Arms { baseline: BASELINE, candidate: CANDIDATE };

    #[test]
    fn a_seed_gives_the_same_interval_and_another_a_similar_one() {
        let [first, second] =
            [0.31, 0.47].map(|step| (1..40).map(|case| 1.0 + (f64::from(case) * step).fract()).collect());
        let (first, second): (Vec<f64>, Vec<f64>) = (first, second);
        let arm = |cost| Arm { cost, success: &[1.0; 39] };
        let arms = Arms { baseline: arm(&first), candidate: arm(&second) };
        let of = |seed| bootstrap(arms, Design::default(), 0.95, seed).expect("has a ratio");
        assert_eq!(of(1), of(1));
        assert_ne!(of(1).percentile, of(2).percentile);
        let limits = |seed| [of(seed).percentile.low, of(seed).percentile.high].map(|limit| limit.expect("is bounded"));
        let ([low, high], [other_low, other_high]) = (limits(1), limits(2));
        assert!((low - other_low).abs() < 0.01 && (high - other_high).abs() < 0.01, "{low} {high}");
        assert!(low < of(1).ratio && of(1).ratio < high && high - low < 0.3, "{low} {high}");
    }

    #[test]
    fn the_arms_are_drawn_together() {
        // A candidate that costs twice the baseline case by case: the ratio is 2 in every sample.
        let doubled: Vec<f64> = BASELINE.cost.iter().map(|cost| 2.0 * cost).collect();
        let arms = Arms { baseline: BASELINE, candidate: Arm { cost: &doubled, ..BASELINE } };
        let interval = bootstrap(arms, Design::default(), 0.95, 7).expect("has a ratio").percentile;
        let near = |limit: Option<f64>| (limit.expect("is bounded") - 2.0).abs() < 1e-12;
        assert!(near(interval.low) && near(interval.high), "{interval:?}");
    }

    #[test]
    fn clusters_are_drawn_and_left_out_whole() {
        let pairs = Design::clustered(Some(&[0, 0, 1, 1, 2, 2]));
        let jackknife = |design| jackknife(ARMS, design).expect("has a ratio");
        // Candidate over baseline is 25 over 13; the clusters hold 5, 9 and 11 of the one, 3, 5 and 5 of the other.
        let expected = (20.0 / 10.0 + 16.0 / 8.0 + 14.0 / 8.0) / 3.0;
        assert!((jackknife(pairs).ratio - 25.0 / 13.0).abs() < 1e-15);
        assert!((jackknife(pairs).mean - expected).abs() < 1e-15);
        assert_eq!(super::jackknife(ARMS, Design::clustered(Some(&[0; 6]))), None);
        let weighted = Design { weights: Some(&[2.0; 6]), ..pairs };
        assert_eq!(jackknife(pairs), jackknife(weighted));
    }

    #[test]
    fn a_sample_without_success_ends_it() {
        let hopeless = Arm { success: &[1.0, 0.0, 0.0, 0.0, 0.0, 0.0], ..BASELINE };
        assert_eq!(bootstrap(Arms { candidate: hopeless, ..ARMS }, Design::default(), 0.95, 1), None);
    }
}
