//! Which trials there are, and in which order: the arms of one case stand next to each other, cases are shuffled by a seed.

use std::collections::HashMap;

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// One trial to do, by the places of its case and arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Planned {
    /// The case's place in the dataset.
    pub case: usize,
    /// The arm's place among the arms; the baseline is 0.
    pub arm: usize,
    /// The repeat, from 0.
    pub repeat: u32,
}

/// Every trial of a run, in the order in which they begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The trials.
    pub trials: Vec<Planned>,
}

impl Plan {
    /// Every case × repeat × arm. Cases come in seeded order; within a case and repeat the arms follow directly on
    /// each other, in an order of their own, so that drift, rate limits and warm caches meet all of them alike.
    #[must_use]
    pub fn new(cases: usize, arms: usize, repeats: u32, seed: u64) -> Self {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut order: Vec<usize> = (0..cases).collect();
        shuffle(&mut order, &mut rng);
        let mut arm_order: Vec<usize> = (0..arms).collect();
        let mut trials = Vec::with_capacity(cases * arms * repeats as usize);
        for repeat in 0..repeats {
            for &case in &order {
                shuffle(&mut arm_order, &mut rng);
                trials.extend(arm_order.iter().map(|&arm| Planned { case, arm, repeat }));
            }
        }
        Self { trials }
    }

    /// Every trial of the cases in this order, all repeats and arms of a case before the next one: for a run that looks
    /// at each case when it is whole. The arms of a repeat follow directly on each other, in a seeded order.
    #[must_use]
    pub fn case_by_case(order: &[usize], arms: usize, repeats: u32, seed: u64) -> Self {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut arm_order: Vec<usize> = (0..arms).collect();
        let mut trials = Vec::with_capacity(order.len() * arms * repeats as usize);
        for &case in order {
            for repeat in 0..repeats {
                shuffle(&mut arm_order, &mut rng);
                trials.extend(arm_order.iter().map(|&arm| Planned { case, arm, repeat }));
            }
        }
        Self { trials }
    }
}

/// The places of cases in seeded order, those of one cluster next to each other. A case that names no cluster is one of
/// its own.
#[must_use]
pub fn shuffled_clusters(clusters: &[Option<&str>], seed: u64) -> Vec<usize> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut members: Vec<Vec<usize>> = Vec::new();
    for (case, cluster) in clusters.iter().enumerate() {
        let place = cluster.map_or(members.len(), |cluster| *places.entry(cluster).or_insert(members.len()));
        if place == members.len() {
            members.push(Vec::new());
        }
        members[place].push(case);
    }
    let mut order: Vec<usize> = (0..members.len()).collect();
    shuffle(&mut order, &mut Xoshiro256PlusPlus::seed_from_u64(seed));
    order.into_iter().flat_map(|cluster| std::mem::take(&mut members[cluster])).collect()
}

/// Fisher–Yates, written out so that a seed gives the same order with every version of the random crates.
fn shuffle(items: &mut [usize], rng: &mut impl Rng) {
    for last in (1..items.len()).rev() {
        let below = last as u64 + 1;
        // The high half of the product is uniform below `below`, up to a bias under 2^-40 at a million cases.
        let pick = (u128::from(rng.next_u64()) * u128::from(below)) >> 64;
        let pick = usize::try_from(pick).unwrap_or(last);
        items.swap(last, pick);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_a_seed_is_pinned() {
        let order: Vec<_> = Plan::new(4, 2, 1, 7).trials.iter().map(|trial| (trial.case, trial.arm)).collect();
        assert_eq!(order, [(2, 1), (2, 0), (1, 1), (1, 0), (3, 0), (3, 1), (0, 0), (0, 1)]);
    }

    #[test]
    fn case_by_case_a_case_is_whole_before_the_next_and_clusters_stand_together() {
        let clusters = [Some("a"), None, Some("b"), Some("a"), None, Some("b"), Some("a")];
        let order = shuffled_clusters(&clusters, 3);
        assert_eq!(order, shuffled_clusters(&clusters, 3));
        assert!((4..20).any(|seed| shuffled_clusters(&clusters, seed) != order));
        let groups: Vec<_> = order
            .chunk_by(|&a, &b| clusters[a].is_some() && clusters[a] == clusters[b])
            .map(<[usize]>::to_vec)
            .collect();
        let distinct: std::collections::BTreeSet<_> = groups.into_iter().collect();
        assert_eq!(distinct, [vec![0, 3, 6], vec![1], vec![2, 5], vec![4]].into());
        let plan = Plan::case_by_case(&order, 3, 2, 3);
        assert_eq!(plan.trials.len(), 7 * 6);
        for (place, trials) in plan.trials.chunks(6).enumerate() {
            assert!(trials.iter().all(|trial| trial.case == order[place]));
            let mut found: Vec<_> = trials.iter().map(|trial| (trial.repeat, trial.arm)).collect();
            found.sort_unstable();
            assert_eq!(found, [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]);
            assert!(trials[..3].iter().all(|trial| trial.repeat == 0));
        }
    }

    #[test]
    fn every_trial_stands_once_and_the_arms_of_a_case_stand_together() {
        let plan = Plan::new(50, 3, 2, 1);
        let distinct: std::collections::BTreeSet<_> = plan.trials.iter().collect();
        assert_eq!((plan.trials.len(), distinct.len()), (300, 300));
        for group in plan.trials.chunks(3) {
            assert!(group.iter().all(|trial| (trial.case, trial.repeat) == (group[0].case, group[0].repeat)));
        }
        assert_ne!(plan, Plan::new(50, 3, 2, 2));
    }

    #[test]
    fn each_arm_goes_first_about_equally_often() {
        let plan = Plan::new(3000, 3, 1, 1);
        for arm in 0..3 {
            let first = plan.trials.chunks(3).filter(|group| group[0].arm == arm).count();
            assert!((900..1100).contains(&first), "arm {arm} went first {first} times of 3000");
        }
    }
}
