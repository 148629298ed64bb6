//! Classification: F1 of every class from a confusion matrix, their mean, and its paired bootstrap interval.

use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::bootstrap::{below, percentile_interval};
use super::design::{Design, Relative};
use super::estimate::Estimate;
use super::sum::sum;

/// How often the sample is drawn anew, at most.
const MOST_RESAMPLES: usize = 2_000;
/// How often at least, however many cases there are.
const FEWEST_RESAMPLES: usize = 200;
/// So many cases are drawn in all before the number of resamples shrinks.
const MOST_DRAWS: usize = 200_000_000;
/// Where the generator starts: fixed, so that the same answers give the same interval.
const SEED: u64 = 0x6d61_6372_6f5f_6631;

/// A part of one case's answers: the class it should name, the one it does, and which share of the answers it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answered {
    /// The class of the case.
    pub expected: usize,
    /// The class of the answer.
    pub found: usize,
    /// The share of the case's answers.
    pub share: f64,
}

/// A class as one arm sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Class {
    /// Of the answers that name it, the share that is right; `None` when none names it.
    pub precision: Option<f64>,
    /// Of the cases of this class, the share that is found; `None` when there is no such case.
    pub recall: Option<f64>,
    /// Their harmonic mean, 2 tp ÷ (2 tp + fp + fn); `None` when there is no such case.
    pub f1: Option<f64>,
    /// Cases of this class.
    pub support: f64,
}

/// Cases by expected class (rows) and found class (columns), each counted as it weighs; the mean weight is 1.
#[must_use]
pub fn confusion(cases: &[Vec<Answered>], classes: usize, design: Design<'_>) -> Vec<Vec<f64>> {
    let weights = Relative::of(design, cases.len());
    let mut matrix = vec![vec![0.0; classes]; classes];
    for (case, answers) in cases.iter().enumerate() {
        for answer in answers {
            matrix[answer.expected][answer.found] += weights.of_case(case) * answer.share;
        }
    }
    matrix
}

/// Every class of a confusion matrix.
#[must_use]
pub fn classes(matrix: &[Vec<f64>]) -> Vec<Class> {
    let class = |index: usize| {
        let right = matrix[index][index];
        let support = sum(matrix[index].iter().copied());
        let named = sum(matrix.iter().map(|row| row[index]));
        Class {
            precision: (named > 0.0).then(|| right / named),
            recall: (support > 0.0).then(|| right / support),
            f1: (support > 0.0).then(|| 2.0 * right / (support + named)),
            support,
        }
    };
    (0..matrix.len()).map(class).collect()
}

/// The mean of F1 over the classes that some case has, each counted once. A class that answers name and no case has is
/// in no mean of its own: it costs the classes whose cases it takes. `None` without a case.
#[must_use]
pub fn macro_f1(matrix: &[Vec<f64>]) -> Option<f64> {
    let f1: Vec<f64> = classes(matrix).iter().filter_map(|class| class.f1).collect();
    super::sum::mean(&f1)
}

/// Macro F1 of one arm, with the quantiles of samples drawn anew.
#[must_use]
pub fn estimate(cases: &[Vec<Answered>], classes: usize, design: Design<'_>, confidence: f64) -> Option<Estimate> {
    resampled([cases], classes, (design, confidence), |[arm]| arm)
}

/// Macro F1 of the candidate − that of the baseline, on the same cases; cases, or clusters of them, are drawn anew
/// jointly for both arms. A class without a case in a sample is in neither mean there.
#[must_use]
pub fn difference(
    [baseline, candidate]: [&[Vec<Answered>]; 2],
    classes: usize,
    design: Design<'_>,
    confidence: f64,
) -> Option<Estimate> {
    resampled([baseline, candidate], classes, (design, confidence), |[baseline, candidate]| candidate - baseline)
}

/// What is drawn together: the places in the matrix that its answers add to, by arm, and how much.
type Unit<const ARMS: usize> = [Vec<(usize, f64)>; ARMS];

fn resampled<const ARMS: usize>(
    arms: [&[Vec<Answered>]; ARMS],
    classes: usize,
    (design, confidence): (Design<'_>, f64),
    statistic: impl Fn([f64; ARMS]) -> f64,
) -> Option<Estimate> {
    let n = arms.first()?.len();
    let units = units(arms, classes, design);
    let of = |drawn: &mut dyn Iterator<Item = &Unit<ARMS>>| {
        let mut matrices = [(); ARMS].map(|()| vec![vec![0.0; classes]; classes]);
        for unit in drawn {
            for (matrix, answers) in matrices.iter_mut().zip(unit) {
                for &(place, weight) in answers {
                    matrix[place / classes][place % classes] += weight;
                }
            }
        }
        let values: Option<Vec<f64>> = matrices.iter().map(|matrix| macro_f1(matrix)).collect();
        values?.try_into().ok().map(&statistic)
    };
    let value = of(&mut units.iter())?;
    let resamples = (MOST_DRAWS / units.len().max(1)).clamp(FEWEST_RESAMPLES, MOST_RESAMPLES);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(SEED);
    let mut drawn = || of(&mut (0..units.len()).map(|_| &units[below(units.len(), &mut rng)]));
    let mut replicates: Vec<f64> = (0..resamples).map(|_| drawn()).collect::<Option<_>>()?;
    replicates.sort_by(f64::total_cmp);
    // Samples that all say the same show no spread, which is not certainty.
    let spread = units.len() > 1 && replicates.first() < replicates.last();
    let interval = if spread { percentile_interval(&replicates, confidence) } else { None };
    let method = Relative::of(design, n).method("percentile bootstrap", "percentile bootstrap, weighted");
    Some(Estimate { value, interval, method, n })
}

/// Cases, or clusters of them in the order of their numbers.
fn units<const ARMS: usize>(arms: [&[Vec<Answered>]; ARMS], classes: usize, design: Design<'_>) -> Vec<Unit<ARMS>> {
    let n = arms.first().map_or(0, |arm| arm.len());
    let weights = Relative::of(design, n);
    let unit = |case: usize| {
        arms.map(|arm| {
            let place = |answer: &Answered| answer.expected * classes + answer.found;
            arm[case].iter().map(|answer| (place(answer), weights.of_case(case) * answer.share)).collect()
        })
    };
    let Some(clusters) = design.clusters else { return (0..n).map(unit).collect() };
    let mut of_cluster: Vec<Option<Unit<ARMS>>> =
        vec![None; clusters.iter().max().map_or(0, |&last| last as usize + 1)];
    for (case, &cluster) in clusters.iter().enumerate() {
        let whole = of_cluster[cluster as usize].get_or_insert_with(|| [(); ARMS].map(|()| Vec::new()));
        for (whole, mut part) in whole.iter_mut().zip(unit(case)) {
            whole.append(&mut part);
        }
    }
    of_cluster.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answers(pairs: &[(usize, usize)]) -> Vec<Vec<Answered>> {
        pairs.iter().map(|&(expected, found)| vec![Answered { expected, found, share: 1.0 }]).collect()
    }

    #[track_caller]
    fn close(found: Option<f64>, expected: f64) {
        assert!(found.is_some_and(|found| (found - expected).abs() < 1e-12), "{found:?} {expected}");
    }

    #[test]
    fn f1_is_that_of_the_textbook_and_a_class_without_cases_is_in_no_mean() {
        // scikit-learn 1.9.1: f1_score([0,0,0,1,1,2], [0,0,1,1,3,0], labels=[0,1,2], average="macro") = 0.38888888888888884
        let cases = answers(&[(0, 0), (0, 0), (0, 1), (1, 1), (1, 3), (2, 0)]);
        let matrix = confusion(&cases, 4, Design::default());
        close(macro_f1(&matrix), (2.0 / 3.0 + 0.5 + 0.0) / 3.0);
        let classes = classes(&matrix);
        close(classes[0].precision, 2.0 / 3.0);
        close(classes[1].recall, 0.5);
        assert_eq!((classes[2].precision, classes[2].recall), (None, Some(0.0)));
        assert_eq!((classes[3].precision, classes[3].recall, classes[3].f1), (Some(0.0), None, None));
        assert_eq!(macro_f1(&confusion(&[], 2, Design::default())), None);
    }

    #[test]
    fn a_case_counts_as_often_as_it_weighs() {
        let weights = [3.0, 1.0, 1.0];
        let design = Design { clusters: None, weights: Some(&weights) };
        let weighted = confusion(&answers(&[(0, 0), (0, 1), (1, 1)]), 2, design);
        let repeated = confusion(&answers(&[(0, 0), (0, 0), (0, 0), (0, 1), (1, 1)]), 2, Design::default());
        close(macro_f1(&weighted), macro_f1(&repeated).expect("has cases"));
    }

    #[test]
    fn the_same_answers_give_the_same_interval_and_one_cluster_or_no_spread_none() {
        let baseline = answers(&[(0, 0), (0, 1), (1, 1), (1, 1), (0, 0), (1, 0)].repeat(10));
        let candidate = answers(&[(0, 1), (0, 1), (1, 1), (1, 0), (0, 0), (1, 0)].repeat(10));
        let of = |design| difference([&baseline, &candidate], 2, design, 0.95).expect("has cases");
        let found = of(Design::default());
        assert_eq!(found, of(Design::default()));
        assert!(found.low() < Some(found.value) && found.high() > Some(found.value) && found.value < 0.0);
        assert_eq!(of(Design::clustered(Some(&[0; 60]))).interval, None);
        assert_eq!(
            difference([&baseline, &baseline], 2, Design::default(), 0.95).map(|same| same.interval),
            Some(None)
        );
        // Clusters of equal cases are worth as many cases as there are clusters.
        let clusters: Vec<u32> = (0..60).map(|case| case % 6).collect();
        let wide = of(Design::clustered(Some(&clusters)));
        assert!(wide.low() < found.low());
    }

    proptest! {
        #[test]
        fn macro_f1_is_a_share_and_does_not_mind_the_order(
            mut pairs in proptest::collection::vec((0_usize..3, 0_usize..4), 1..20)
        ) {
            let value = macro_f1(&confusion(&answers(&pairs), 4, Design::default())).expect("has cases");
            prop_assert!((0.0..=1.0).contains(&value));
            pairs.reverse();
            let turned = macro_f1(&confusion(&answers(&pairs), 4, Design::default())).expect("has cases");
            prop_assert!((value - turned).abs() < 1e-12);
            let right: Vec<_> = pairs.iter().map(|&(expected, _)| (expected, expected)).collect();
            prop_assert_eq!(macro_f1(&confusion(&answers(&right), 4, Design::default())), Some(1.0));
        }
    }
}
