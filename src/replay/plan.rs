//! Which trials there are, and in which order: the arms of one case stand next to each other, cases are shuffled by a seed.

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
