//! How the pairs fall: which cases were lost, which were gained.

use super::Quadrants;
use super::rates::{ACCURACY, Paired};
use super::scope::Scope;

/// How the pairs fall, and which cases changed.
pub(super) struct Fall {
    pub quadrants: Quadrants,
    /// Cases where the baseline did better, worst first, then by id.
    pub lost: Vec<String>,
    /// Cases where the candidate did better, best first, then by id.
    pub gained: Vec<String>,
}

/// How the pairs of outcomes fall.
pub(super) fn fall(scope: Scope<'_>, candidate: usize) -> Fall {
    let Paired { cases, arms: [baseline, _], differences, .. } = ACCURACY.paired(scope, candidate);
    let equal = || baseline.iter().zip(&differences).filter(|(_, difference)| **difference == 0.0);
    let changed = |sign: f64| -> Vec<String> {
        let changes = cases.iter().zip(&differences).map(|(&case, difference)| (case, sign * difference));
        let mut changes: Vec<(usize, f64)> = changes.filter(|(_, by)| *by > 0.0).collect();
        // Cases come by id, and the sort is stable.
        changes.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        changes.into_iter().map(|(case, _)| scope.grid.cases[case].id.to_string()).collect()
    };
    let (lost, gained) = (changed(-1.0), changed(1.0));
    let both_pass = equal().filter(|(score, _)| **score >= 1.0).count();
    let quadrants =
        Quadrants { both_pass, lost: lost.len(), gained: gained.len(), both_fail: equal().count() - both_pass };
    Fall { quadrants, lost, gained }
}
