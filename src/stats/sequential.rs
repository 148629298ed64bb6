//! Stopping early without fooling oneself: the hybrid rule. An e-process at a part of the error after every case, and the
//! fixed-sample interval at the rest once the planned number of cases is reached; valid by the union bound.

use super::cluster::PerCase;
use super::effective::Scores;
use super::eprocess::{EProcess, Null};
use super::paired::difference;
use super::verdict::{Class, classify};

/// The part of the error that the recommended rule gives to the e-process.
pub const SPEND: f64 = 0.2;

/// A rule for stopping, fixed before the first case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// The largest loss tolerated, not negative.
    pub margin: f64,
    /// One-sided error of the whole rule: (1 − confidence) ÷ 2.
    pub alpha: f64,
    /// The part of the error that the e-process may spend, in (0, 1]. At 1 there is no final interval, and cases may be
    /// added for ever.
    pub spend: f64,
    /// The case after which the final interval decides.
    pub most_cases: usize,
    /// The first case after which the rule may stop.
    pub first_look: usize,
    /// What the differences are made of, for the final interval.
    pub scores: Scores,
}

/// What decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The e-process crossed: report the confidence sequence, and that the estimate leans away from the margin.
    EProcess,
    /// The interval of all planned cases.
    FinalInterval,
}

/// Where a rule stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision {
    /// [`Class::NotWorse`], [`Class::Worse`] or [`Class::Inconclusive`].
    pub class: Class,
    /// Cases that it took into account.
    pub cases: usize,
    /// What decided; `None` while nothing has.
    pub by: Option<By>,
    /// Logarithm of the e-value for "not worse".
    pub log_e_not_worse: f64,
    /// Logarithm of the e-value for "worse".
    pub log_e_worse: f64,
}

/// A rule at work: takes one case after another until it has decided. A crossing stays crossed.
#[derive(Debug, Clone)]
pub struct Monitor {
    rule: Rule,
    not_worse: EProcess,
    worse: EProcess,
    differences: Vec<f64>,
    decided: Option<(Class, By)>,
    finished: bool,
}

impl Monitor {
    /// Before the first case.
    #[must_use]
    pub fn new(rule: Rule) -> Self {
        let [not_worse, worse] = [Null::AtMost(-rule.margin), Null::AtLeast(-rule.margin)].map(EProcess::new);
        let finished = rule.most_cases == 0;
        Self { rule, not_worse, worse, differences: Vec::new(), decided: None, finished }
    }

    /// Whether more cases can change anything: false once decided or at the last planned case.
    #[must_use]
    pub const fn wants_more(&self) -> bool {
        !self.finished
    }

    /// Takes the difference of the next case, in [−1, 1]: the mean over all its trials in both arms, or of a whole
    /// cluster, in an order shuffled beforehand. Ignored once [`Self::wants_more`] is false.
    pub fn add(&mut self, difference: f64) {
        if self.finished {
            return;
        }
        self.not_worse.add(difference);
        self.worse.add(difference);
        self.differences.push(difference);
        let cases = self.differences.len();
        if cases >= self.rule.first_look {
            self.decided = self.crossed().map(|class| (class, By::EProcess));
        }
        self.finished = self.decided.is_some() || cases >= self.rule.most_cases;
        if self.finished && self.decided.is_none() {
            self.decided = self.final_class().map(|class| (class, By::FinalInterval));
        }
    }

    /// Where the rule stands.
    #[must_use]
    pub fn decision(&self) -> Decision {
        Decision {
            class: self.decided.map_or(Class::Inconclusive, |(class, _)| class),
            cases: self.differences.len(),
            by: self.decided.map(|(_, by)| by),
            log_e_not_worse: self.not_worse.log_e(),
            log_e_worse: self.worse.log_e(),
        }
    }

    fn crossed(&self) -> Option<Class> {
        let enough = -(self.rule.alpha * self.rule.spend).ln();
        let crossed = |process: &EProcess| process.log_e() >= enough;
        if crossed(&self.not_worse) { Some(Class::NotWorse) } else { crossed(&self.worse).then_some(Class::Worse) }
    }

    /// What the interval of all planned cases says; `None` when it is inconclusive or the rule has none.
    fn final_class(&self) -> Option<Class> {
        let Rule { alpha, spend, margin, scores, .. } = self.rule;
        if spend >= 1.0 {
            return None;
        }
        let confidence = 1.0 - 2.0 * alpha * (1.0 - spend);
        let estimate = difference(PerCase::independent(&self.differences), scores, confidence);
        match classify(estimate.and_then(|estimate| estimate.interval), margin).class {
            Class::Better | Class::NotWorse => Some(Class::NotWorse),
            Class::Worse => Some(Class::Worse),
            Class::Inconclusive => None,
        }
    }
}

/// What a rule says of cases in their order; it takes no more of them than it wants.
#[must_use]
pub fn decide(differences: &[f64], rule: Rule) -> Decision {
    let mut monitor = Monitor::new(rule);
    for &difference in differences {
        if !monitor.wants_more() {
            break;
        }
        monitor.add(difference);
    }
    monitor.decision()
}

/// The two-sided confidence of each of several looks planned beforehand, so that all together keep `confidence`
/// (Bonferroni): the alternative to a sequential rule.
#[must_use]
pub fn confidence_of_each_look(confidence: f64, looks: u32) -> f64 {
    1.0 - (1.0 - confidence) / f64::from(looks.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule {
        margin: 0.05,
        alpha: 0.025,
        spend: SPEND,
        most_cases: 100,
        first_look: 1,
        scores: Scores::PassFail { trials: 1 },
    };

    #[test]
    fn a_clear_case_stops_early_and_stays_stopped() {
        let mut monitor = Monitor::new(RULE);
        let mut cases = 0;
        while monitor.wants_more() {
            monitor.add(1.0);
            cases += 1;
        }
        let stopped = monitor.decision();
        assert!(cases < 20, "{cases}");
        assert_eq!((stopped.class, stopped.by, stopped.cases), (Class::NotWorse, Some(By::EProcess), cases));
        monitor.add(-1.0);
        assert_eq!(monitor.decision(), stopped);
    }

    #[test]
    fn the_last_planned_case_brings_the_interval_at_the_rest_of_the_error() {
        // No disagreement: the upper limit of Tango's interval is z²/(n + z²), and z² at 96 % is 4.218.
        let at = |margin| decide(&[0.0; 100], Rule { margin, first_look: 100, ..RULE });
        let narrow = at(0.0404);
        assert_eq!((narrow.class, narrow.by), (Class::Inconclusive, None));
        let wide = at(0.0406);
        assert_eq!((wide.class, wide.by, wide.cases), (Class::NotWorse, Some(By::FinalInterval), 100));
    }

    #[test]
    fn several_looks_share_the_error() {
        assert!((confidence_of_each_look(0.95, 5) - 0.99).abs() < 1e-12);
        assert!((confidence_of_each_look(0.95, 0) - 0.95).abs() < 1e-12);
    }
}
