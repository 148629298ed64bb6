//! Pairs taken one cluster after another, and where their mean difference lies at every look: what a run that may stop
//! early is decided by, while it goes on and in its report alike.

use super::scope::number;
use crate::stats::confseq::Running;
use crate::stats::pairing::{self, CaseScores};
use crate::stats::sequential::SPEND;
use crate::stats::verdict::{Class, classify};
use crate::stats::{Estimate, Interval, Sum};

/// Pairs in the order in which they are looked at. Differences are of success, candidate − baseline; a cluster counts
/// once, by the mean of its cases.
#[derive(Debug, Clone)]
pub struct Sequence {
    first_look: usize,
    running: Running,
    pairs: usize,
    missing: usize,
    clustered: bool,
    differences: Sum,
    worst: Sum,
    best: Sum,
}

impl Sequence {
    /// Before the first case, for a gate at this two-sided confidence; the first look is at so many pairs.
    #[must_use]
    pub fn new(confidence: f64, first_look: usize) -> Self {
        Self {
            first_look,
            running: Running::new(SPEND * (1.0 - confidence) / 2.0),
            pairs: 0,
            missing: 0,
            clustered: false,
            differences: Sum::default(),
            worst: Sum::default(),
            best: Sum::default(),
        }
    }

    /// Takes the scores of a cluster that is whole: of a single case, or of all cases that name it.
    pub fn add(&mut self, cluster: &[CaseScores<'_>]) {
        let pairing = pairing::pair(cluster, None);
        let (Some(worst), Some(best)) = (pairing.worst_case, pairing.best_case) else { return };
        let cases = number(cluster.len() as u64);
        self.worst.add(worst * cases);
        self.best.add(best * cases);
        for pair in &pairing.pairs {
            self.differences.add(pair.difference);
        }
        self.pairs += pairing.pairs.len();
        self.missing += cluster.len() - pairing.pairs.len();
        self.clustered |= cluster.len() > 1;
        if let Some(difference) = pairing.mean_difference() {
            self.running.add(difference);
            if self.pairs >= self.first_look {
                self.running.look();
            }
        }
    }

    /// Cases with a usable score in both arms.
    #[must_use]
    pub const fn pairs(&self) -> usize {
        self.pairs
    }

    /// Cases without.
    #[must_use]
    pub const fn missing(&self) -> usize {
        self.missing
    }

    /// [`Class::NotWorse`] or [`Class::Worse`] by this margin where that is beyond doubt, however the cases without a
    /// pair had come out.
    #[must_use]
    pub fn class(&self, margin: f64) -> Class {
        let shift = |bound: Sum| {
            let all = number((self.pairs + self.missing) as u64);
            bound.value() / all - self.differences.value() / number(self.pairs as u64)
        };
        let is_within = |shift: f64| match classify(Some(self.running.interval().shifted(shift)), margin).class {
            Class::Better | Class::NotWorse => Some(true),
            Class::Worse => Some(false),
            Class::Inconclusive => None,
        };
        let seen = if self.pairs == 0 { None } else { is_within(0.0) };
        let holds = |bound: Sum| self.missing == 0 || is_within(shift(bound)) == seen;
        match seen {
            Some(true) if holds(self.worst) => Class::NotWorse,
            Some(false) if holds(self.best) => Class::Worse,
            Some(_) | None => Class::Inconclusive,
        }
    }

    /// The estimate with the confidence sequence in place of its interval: after an early stop no other holds.
    pub(super) fn instead_of(&self, fixed: Estimate) -> Estimate {
        let method = if self.clustered {
            "confidence sequence of cluster means, e-process"
        } else {
            "confidence sequence, e-process"
        };
        Estimate { interval: Some(self.running.interval()), method, ..fixed }
    }

    /// The estimate after the last planned case: the part of its interval that the confidence sequence leaves. Both
    /// together err as often as an interval at `confidence` may (union bound).
    pub(super) fn within(&self, fixed: Estimate, confidence: f64) -> Estimate {
        let Some(interval) = fixed.interval else { return fixed };
        let Interval { low, high, .. } = self.running.interval();
        let (low, high) = (interval.low.zip(low), interval.high.zip(high));
        let both = low.zip(high).map(|(low, high)| (low.0.max(low.1), high.0.min(high.1)));
        // Means of clusters and of cases may differ by so much that nothing is left.
        let interval = match both.filter(|(low, high)| low < high) {
            Some((low, high)) => Interval::bounded(low, high, confidence),
            None => Interval { confidence, ..interval },
        };
        let method = match fixed.method {
            "Tango" => "Tango at 0.8 of the error, within the confidence sequence",
            _ => "effective-sample Tango at 0.8 of the error, within the confidence sequence",
        };
        Estimate { interval: Some(interval), method, ..fixed }
    }
}

/// The two-sided confidence of the interval after the last planned case: the looks before it have spent the rest.
pub(super) fn confidence_of_last(confidence: f64) -> f64 {
    1.0 - (1.0 - confidence) * (1.0 - SPEND)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASS: &[Option<f64>] = &[Some(1.0)];
    const FAIL: &[Option<f64>] = &[Some(0.0)];
    const MISSING: &[Option<f64>] = &[None];

    fn case<'a>(baseline: &'a [Option<f64>], candidate: &'a [Option<f64>]) -> CaseScores<'a> {
        CaseScores { baseline, candidate }
    }

    /// So many cases of a kind, one after another.
    fn take(sequence: &mut Sequence, cases: usize, kind: CaseScores<'_>) {
        (0..cases).for_each(|_| sequence.add(&[kind]));
    }

    #[test]
    fn a_clear_difference_decides_at_the_first_look_and_not_before() {
        for (kind, class) in [(case(FAIL, PASS), Class::NotWorse), (case(PASS, FAIL), Class::Worse)] {
            let mut sequence = Sequence::new(0.95, 40);
            take(&mut sequence, 39, kind);
            assert_eq!(sequence.class(0.05), Class::Inconclusive);
            take(&mut sequence, 1, kind);
            assert_eq!(sequence.class(0.05), class);
        }
    }

    #[test]
    fn what_missing_cases_could_turn_is_not_decided() {
        let mut sequence = Sequence::new(0.95, 10);
        take(&mut sequence, 30, case(FAIL, PASS));
        take(&mut sequence, 3, case(PASS, MISSING));
        assert_eq!((sequence.class(0.05), sequence.missing()), (Class::NotWorse, 3));
        take(&mut sequence, 60, case(PASS, MISSING));
        assert_eq!((sequence.class(0.05), sequence.pairs()), (Class::Inconclusive, 30));
    }

    #[test]
    fn a_cluster_counts_once() {
        let mut cases = Sequence::new(0.95, 1);
        take(&mut cases, 40, case(FAIL, PASS));
        let mut cluster = Sequence::new(0.95, 1);
        cluster.add(&[case(FAIL, PASS); 40]);
        assert_eq!((cases.pairs(), cluster.pairs()), (40, 40));
        assert_eq!((cases.class(0.05), cluster.class(0.05)), (Class::NotWorse, Class::Inconclusive));
    }

    #[test]
    fn the_last_interval_has_the_rest_of_the_error_and_keeps_what_was_crossed() {
        assert!((confidence_of_last(0.95) - 0.96).abs() < 1e-12);
        let fixed = Estimate { value: 0.1, interval: Some(Interval::bounded(-0.2, 0.4, 0.96)), method: "Tango", n: 40 };
        let within = Sequence::new(0.95, 1).within(fixed, 0.95);
        assert_eq!(within.interval, Some(Interval::bounded(-0.2, 0.4, 0.95)));
        let mut crossed = Sequence::new(0.95, 1);
        take(&mut crossed, 14, case(FAIL, PASS));
        let low = crossed.within(fixed, 0.95).low();
        assert!(low > Some(0.0) && low == crossed.running.interval().low, "{low:?}");
        take(&mut crossed, 60, case(FAIL, PASS));
        assert_eq!(crossed.within(fixed, 0.95).interval, Some(Interval::bounded(-0.2, 0.4, 0.95)), "nothing is left");
    }
}
