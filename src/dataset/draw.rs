//! A seeded, stratified sample of a dataset, in which every drawn case says how many cases it stands for.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{Dataset, Entry};

/// How many cases to draw, from which strata, by which seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draw {
    /// Cases to draw; all of them when the dataset holds fewer.
    pub n: usize,
    /// Tags that make the strata; none of them makes one stratum of all cases.
    pub by: Vec<String>,
    /// The seed: the same seed draws the same cases, whatever their order in the file.
    pub seed: u64,
}

impl Dataset {
    /// Keeps a sample of the cases, in the order of the file.
    ///
    /// Each stratum gives its share of `n` (largest remainders, but at least one case while `n` allows). A drawn
    /// case weighs as much as all cases of its stratum together, divided by the number drawn there. Which cases
    /// are drawn follows from the seed and their ids, so a larger `n` keeps the cases of a smaller one.
    #[must_use]
    pub fn draw(mut self, draw: &Draw) -> Self {
        if draw.n >= self.entries.len() {
            return self;
        }
        let mut strata: BTreeMap<Vec<Option<&str>>, Vec<usize>> = BTreeMap::new();
        for (index, entry) in self.entries.iter().enumerate() {
            let stratum = draw.by.iter().map(|tag| entry.tags.get(tag).map(String::as_str)).collect();
            strata.entry(stratum).or_default().push(index);
        }
        let sizes: Vec<usize> = strata.values().map(Vec::len).collect();
        let mut weights: BTreeMap<usize, f64> = BTreeMap::new();
        for (mut members, quota) in strata.into_values().zip(quotas(&sizes, draw.n)) {
            let stands_for: f64 = members.iter().map(|index| self.entries[*index].weight).sum();
            members.sort_by_cached_key(|index| rank(draw.seed, &self.entries[*index].id));
            members.truncate(quota);
            let drawn: f64 = members.iter().map(|index| self.entries[*index].weight).sum();
            weights.extend(members.into_iter().map(|index| (index, stands_for / drawn)));
        }
        self.entries = weights
            .into_iter()
            .map(|(index, factor)| {
                let entry = &self.entries[index];
                Entry { weight: entry.weight * factor, ..entry.clone() }
            })
            .collect();
        self
    }
}

/// Where a case stands in the order of drawing.
fn rank(seed: u64, id: &str) -> [u8; 32] {
    Sha256::new().chain_update(seed.to_be_bytes()).chain_update(id).finalize().into()
}

/// How many to draw from strata of these sizes: `n` in all, never more than a stratum holds.
fn quotas(sizes: &[usize], n: usize) -> Vec<usize> {
    let total: usize = sizes.iter().sum();
    let mut quotas: Vec<usize> = sizes.iter().map(|size| size * n / total).collect();
    // Empty quotas are served first, then the largest remainders; ties go to the earlier stratum.
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&stratum| (quotas[stratum] > 0, std::cmp::Reverse(sizes[stratum] * n % total)));
    let left = n - quotas.iter().sum::<usize>();
    for &stratum in order.iter().filter(|&&stratum| !(sizes[stratum] * n).is_multiple_of(total)).take(left) {
        quotas[stratum] += 1;
    }
    quotas
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn dataset(sizes: &[(&str, usize)]) -> (tempfile::NamedTempFile, Dataset) {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        for (workload, size) in sizes {
            for number in 0..*size {
                writeln!(
                    file,
                    r#"{{"id":"{workload}-{number}","messages":[{{"role":"user","content":"Q"}}],"tags":{{"w":"{workload}"}}}}"#
                )
                .expect("is written");
            }
        }
        let dataset = super::super::open(file.path()).expect("is valid");
        (file, dataset)
    }

    fn ids(dataset: &Dataset) -> Vec<String> {
        dataset.entries.iter().map(|entry| entry.id.to_string()).collect()
    }

    #[test]
    fn strata_get_their_share_and_weights_add_up_to_the_whole() {
        let (_file, dataset) = dataset(&[("a", 70), ("b", 29), ("c", 1)]);
        let draw = Draw { n: 10, by: vec!["w".into()], seed: 7 };
        let drawn = dataset.draw(&draw);
        let count = |workload: &str| drawn.entries.iter().filter(|entry| entry.tags["w"] == workload).count();
        assert_eq!((count("a"), count("b"), count("c")), (7, 2, 1));
        let total: f64 = drawn.entries.iter().map(|entry| entry.weight).sum();
        assert!((total - 100.0).abs() < 1e-9, "{total}");
        assert_eq!(drawn.total, 100);
    }

    #[test]
    fn the_seed_decides_and_a_larger_draw_keeps_the_smaller_one() {
        let draw = |n, seed| {
            let (_file, dataset) = dataset(&[("a", 50)]);
            ids(&dataset.draw(&Draw { n, by: Vec::new(), seed }))
        };
        assert_eq!(draw(5, 1), draw(5, 1));
        assert_ne!(draw(5, 1), draw(5, 2));
        let larger = draw(9, 1);
        assert!(draw(5, 1).iter().all(|id| larger.contains(id)));
    }

    #[test]
    fn asking_for_more_than_there_is_gives_everything_unweighted() {
        let (_file, dataset) = dataset(&[("a", 3)]);
        let drawn = dataset.draw(&Draw { n: 9, by: Vec::new(), seed: 1 });
        assert!(drawn.entries.len() == 3 && drawn.entries.iter().all(|entry| entry.weight.total_cmp(&1.0).is_eq()));
    }

    proptest::proptest! {
        #[test]
        fn quotas_add_up_and_never_exceed(sizes in proptest::collection::vec(1usize..50, 1..12), share in 0.0f64..1.0) {
            let total: usize = sizes.iter().sum();
            #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let n = (total as f64 * share) as usize;
            let quotas = quotas(&sizes, n);
            proptest::prop_assert_eq!(quotas.iter().sum::<usize>(), n);
            proptest::prop_assert!(quotas.iter().zip(&sizes).all(|(quota, size)| quota <= size));
        }
    }
}
