//! A sample whose mix of slices is not production's: how much of the answer is the mix (Simpson's paradox), and the
//! weights that put it right (post-stratification; Holt & Smith 1979).

use std::collections::BTreeMap;

use super::sum::{Sum, count, sum};

/// A case's slice and difference.
#[derive(Debug, Clone, Copy)]
pub struct Sliced<'a> {
    /// Slice of each case, as an index into the shares.
    pub slices: &'a [u32],
    /// Candidate − baseline of each case.
    pub differences: &'a [f64],
}

/// The mean difference under several mixes of the same slices.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mixes {
    /// As sampled: every case weighs the same.
    pub sampled: f64,
    /// Every slice weighs the same.
    pub by_slice: f64,
    /// Slices weigh as in production.
    pub production: f64,
    /// The largest distance of a slice's share in the sample from its share in production.
    pub largest_gap: f64,
}

impl Mixes {
    /// Whether sample and production lie on different sides of −margin: the mix alone would turn the answer.
    #[must_use]
    pub fn turns_at(&self, margin: f64) -> bool {
        (self.sampled > -margin) != (self.production > -margin)
    }
}

/// The weight of each case under which slices have the shares that they have in production. Shares need not sum to 1.
/// `None` without cases, or when a share is not positive, or a slice with a share has no case: nothing then speaks for it.
#[must_use]
pub fn weights(slices: &[u32], shares: &[f64]) -> Option<Vec<f64>> {
    let sizes = sizes(slices);
    let known = sizes.len() == shares.len() && shares.iter().all(|share| *share > 0.0 && share.is_finite());
    let total = sum(shares.iter().copied());
    let of_slice = |slice: &u32| {
        let (size, share) = (sizes.get(slice)?, shares.get(*slice as usize)?);
        Some(share / total * count(slices.len()) / count(*size))
    };
    (known && !slices.is_empty()).then(|| slices.iter().map(of_slice).collect()).flatten()
}

/// The mean difference under the sample's mix, under equal slices and under production's. `None` where [`weights`] are.
#[must_use]
pub fn mixes(cases: Sliced<'_>, shares: &[f64]) -> Option<Mixes> {
    let weights = weights(cases.slices, shares)?;
    let n = count(cases.slices.len());
    let mut totals: BTreeMap<u32, Sum> = BTreeMap::new();
    for (&slice, &difference) in cases.slices.iter().zip(cases.differences) {
        totals.entry(slice).or_default().add(difference);
    }
    let sizes = sizes(cases.slices);
    let whole = sum(shares.iter().copied());
    let gap = |(slice, size): (&u32, &usize)| (count(*size) / n - shares[*slice as usize] / whole).abs();
    Some(Mixes {
        sampled: sum(cases.differences.iter().copied()) / n,
        by_slice: sum(totals.iter().map(|(slice, total)| total.value() / count(sizes[slice]))) / count(sizes.len()),
        production: sum(weights.iter().zip(cases.differences).map(|(weight, difference)| weight * difference)) / n,
        largest_gap: sizes.iter().map(gap).fold(0.0, f64::max),
    })
}

/// Cases of each slice.
fn sizes(slices: &[u32]) -> BTreeMap<u32, usize> {
    let mut sizes = BTreeMap::new();
    for &slice in slices {
        *sizes.entry(slice).or_default() += 1;
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_may_turn_what_the_sample_says() {
        // The rare slice, half of the sample and a tenth of production, loses; the other gains a little.
        let slices = [0, 0, 0, 0, 1, 1, 1, 1];
        let differences = [0.0, 0.5, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0];
        let mixes = mixes(Sliced { slices: &slices, differences: &differences }, &[9.0, 1.0]).expect("both are there");
        assert!((mixes.sampled + 0.0625).abs() < 1e-15 && (mixes.by_slice + 0.0625).abs() < 1e-15, "{mixes:?}");
        assert!((mixes.production - 0.0875).abs() < 1e-15 && (mixes.largest_gap - 0.4).abs() < 1e-15, "{mixes:?}");
        assert!(mixes.turns_at(0.0) && !mixes.turns_at(0.1));
    }

    #[test]
    fn a_share_without_a_case_has_no_weights() {
        assert_eq!(weights(&[0, 0], &[0.5, 0.5]), None);
        assert_eq!(weights(&[0, 2], &[0.5, 0.5]), None);
        assert_eq!(weights(&[0, 1], &[1.0, 0.0]), None);
        assert_eq!(weights(&[], &[]), None);
        assert_eq!(weights(&[0, 1, 1, 1], &[1.0, 1.0]), Some(vec![2.0, 2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0]));
    }
}
