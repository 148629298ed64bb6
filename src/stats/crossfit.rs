//! What routing by slice would have brought, told honestly: each case is scored by the rule learned without its fold. The
//! naive figure, in which winners are picked and scored on the same cases, reports a gain where there is none.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::sum::{Sum, count};

/// Folds of the usual cross-fit.
pub const FOLDS: u32 = 5;

/// One case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Case {
    /// Its slice.
    pub slice: u32,
    /// Its fold: that of its cluster, where it has one.
    pub fold: u32,
    /// Candidate − baseline.
    pub difference: f64,
}

/// Routes a slice to the candidate when its mean difference in the other folds is above −margin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// The largest loss tolerated.
    pub margin: f64,
    /// Fewest cases of the slice in the other folds.
    pub fewest_cases: usize,
}

/// What a rule is worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Value {
    /// Mean gain a case over leaving all with the baseline.
    pub value: f64,
    /// Cases that the rule sent to the candidate.
    pub routed: usize,
}

/// The cross-fitted value of `rule`. `None` without cases.
#[must_use]
pub fn value(cases: &[Case], rule: Rule) -> Option<Value> {
    let mut folds: BTreeMap<u32, BTreeMap<u32, (Sum, usize)>> = BTreeMap::new();
    for case in cases {
        let (total, n) = folds.entry(case.slice).or_default().entry(case.fold).or_default();
        total.add(case.difference);
        *n += 1;
    }
    let goes = |case: &&Case| {
        let others = folds.get(&case.slice).into_iter().flatten().filter(|(fold, _)| **fold != case.fold);
        let (total, n) = others.fold((Sum::default(), 0), |(mut total, n), (_, (of_fold, cases))| {
            total.add(of_fold.value());
            (total, n + cases)
        });
        n > 0 && n >= rule.fewest_cases && total.value() / count(n) > -rule.margin
    };
    let routed: Vec<&Case> = cases.iter().filter(goes).collect();
    let gain = super::sum::sum(routed.iter().map(|case| case.difference));
    (!cases.is_empty()).then(|| Value { value: gain / count(cases.len()), routed: routed.len() })
}

/// The fold of a case, from the id of its cluster or, without one, its own: the same in every run.
#[must_use]
pub fn fold(id: &str, folds: u32) -> u32 {
    let digest = Sha256::digest(id.as_bytes());
    let head = digest.iter().take(4).fold(0_u32, |head, &byte| head << 8 | u32::from(byte));
    head % folds.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lucky_case_does_not_route_itself() {
        let case = |fold, difference| Case { slice: 0, fold, difference };
        let cases = [case(0, 1.0), case(1, -1.0), case(2, -1.0)];
        let rule = Rule { margin: 0.5, fewest_cases: 1 };
        // Only the two cases that lost see the win among the others: (1 − 1) ÷ 2 is above −0.5.
        assert_eq!(value(&cases, rule), Some(Value { value: -2.0 / 3.0, routed: 2 }));
        assert_eq!(value(&cases, Rule { fewest_cases: 3, ..rule }), Some(Value { value: 0.0, routed: 0 }));
        assert_eq!(value(&[], rule), None);
    }

    #[test]
    fn folds_are_fixed_and_about_equal() {
        let mut sizes = [0; FOLDS as usize];
        for id in 0..1000 {
            sizes[fold(&format!("case-{id}"), FOLDS) as usize] += 1;
        }
        assert!(sizes.iter().all(|size| (150..250).contains(size)), "{sizes:?}");
        assert_eq!((fold("a", 5), fold("b", 5), fold("c", 5), fold("c", 0)), (0, 1, 3, 0));
    }
}
