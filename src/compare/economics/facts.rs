//! What the economics need of every case: what an arm cost, what it won, and what its failures cost downstream.

use super::model::{CostModel, FAILURE_CLASSES, FailureClass};
use super::spend::{Spend, Spent};
use crate::compare::cost::case_cost;
use crate::compare::grid::Trials;
use crate::compare::rates::score;
use crate::compare::scope::number;
use crate::domain::{Trial, Usd};
use crate::pricing::Price;
use crate::stats::ratio::Arm;
use crate::stats::retries::AttemptCosts;
use crate::stats::trials::CaseTrials;

/// One case in one arm, every amount for a scored trial.
pub(super) struct CaseFacts {
    cost: f64,
    success: f64,
    won: f64,
    loss: f64,
    failed: [f64; FAILURE_CLASSES.len()],
    trials: CaseTrials,
    /// Trials by class, as they are.
    classes: [usize; FAILURE_CLASSES.len()],
    spend: Option<Spend>,
}

/// All cases of one arm, one column a fact.
pub(super) struct Facts {
    /// What a trial cost.
    pub cost: Vec<f64>,
    /// Share of the trials that succeeded.
    pub success: Vec<f64>,
    /// Of `cost`, what trials cost that succeeded.
    pub won: Vec<f64>,
    /// What failures cost downstream; 0 when no failure has a cost.
    pub loss: Vec<f64>,
    /// Share of the trials that failed, by class; `None` where no failure has a cost.
    pub failed: Option<[Vec<f64>; FAILURE_CLASSES.len()]>,
    /// Trials by case.
    pub trials: Vec<CaseTrials>,
    /// Failed trials by class.
    pub classes: [usize; FAILURE_CLASSES.len()],
    /// What was bought; `None` where nobody knows for some case.
    pub spent: Option<Spent>,
}

impl CaseFacts {
    /// `None` without a scored trial, or with a trial whose cost is unknown.
    pub(super) fn of(trials: &Trials<'_>, model: &CostModel, price: Option<&Price>) -> Option<Self> {
        let (cost, success) = case_cost(trials)?;
        let sent = || trials.iter().flatten().copied();
        let scored: Vec<&Trial> = sent().filter(|trial| score(trial).is_some()).collect();
        let paid = |passed: bool| {
            let counted = scored.iter().filter(|trial| !passed || score(trial) == Some(1.0));
            counted.filter_map(|trial| trial.cost).sum::<Usd>().dollars()
        };
        let (all, of_passed) = (paid(false), paid(true));
        let mut classes = [0; FAILURE_CLASSES.len()];
        for class in scored.iter().filter_map(|trial| FailureClass::of(trial)) {
            classes[class as usize] += 1;
        }
        let failed = classes.map(|trials| number(trials as u64) / number(scored.len() as u64));
        let prices = model.failure_usd.unwrap_or_default();
        Some(Self {
            cost,
            success,
            // What trials without a score cost is borne by those with one, each by its own cost.
            won: if all > 0.0 { cost * of_passed / all } else { cost * success },
            loss: failed.iter().zip(prices).map(|(share, usd)| share * usd).sum(),
            failed,
            trials: CaseTrials {
                passed: scored.iter().filter(|trial| score(trial) == Some(1.0)).count(),
                trials: scored.len(),
            },
            classes,
            spend: price.and_then(|price| Spend::of(sent(), scored.len(), price)),
        })
    }
}

impl Facts {
    /// Of no case, with room for so many: what is asked for piece by piece is scattered in memory.
    pub(super) fn with_capacity(cases: usize, model: &CostModel) -> Self {
        let column = || Vec::with_capacity(cases);
        Self {
            cost: column(),
            success: column(),
            won: column(),
            loss: column(),
            failed: model.failure_usd.map(|classes| classes.map(|_| column())),
            trials: Vec::with_capacity(cases),
            classes: [0; FAILURE_CLASSES.len()],
            spent: Some(Spent::with_capacity(cases)),
        }
    }

    pub(super) fn add(&mut self, case: &CaseFacts) {
        self.cost.push(case.cost);
        self.success.push(case.success);
        self.won.push(case.won);
        self.loss.push(case.loss);
        self.trials.push(case.trials);
        for (column, share) in self.failed.iter_mut().flatten().zip(case.failed) {
            column.push(share);
        }
        for (trials, more) in self.classes.iter_mut().zip(case.classes) {
            *trials += more;
        }
        self.spent = self.spent.take().zip(case.spend).map(|(spent, case)| spent.with(case));
    }

    pub(super) fn arm(&self) -> Arm<'_> {
        Arm { cost: &self.cost, success: &self.success }
    }

    /// The columns that [`ArmMeans`] reads.
    pub(super) fn columns(&self) -> [&[f64]; ArmMeans::WIDTH] {
        [&self.cost, &self.success, &self.won, &self.loss]
    }

    /// Trials that succeeded.
    pub(super) fn successes(&self) -> usize {
        self.trials.iter().map(|case| case.passed).sum()
    }
}

/// The means of an arm's facts.
#[derive(Clone, Copy)]
pub(super) struct ArmMeans {
    pub cost: f64,
    pub success: f64,
    won: f64,
    pub loss: f64,
}

impl ArmMeans {
    pub(super) const WIDTH: usize = 4;

    /// From the means of [`Facts::columns`]; `None` where no arm can be.
    pub(super) fn read(means: &[f64]) -> Option<Self> {
        let &[cost, success, won, loss, ..] = means else { return None };
        (0.0..=1.0).contains(&success).then_some(Self { cost, success, won, loss })
    }

    pub(super) fn error_rate(self) -> f64 {
        1.0 - self.success
    }

    /// What a trial comes to.
    pub(super) fn total(self) -> f64 {
        self.cost + self.loss
    }

    /// What a failure costs downstream on average; `None` without failures.
    pub(super) fn failure_usd(self) -> Option<f64> {
        (self.success < 1.0).then(|| self.loss / self.error_rate())
    }

    pub(super) fn attempt_costs(self) -> AttemptCosts {
        AttemptCosts {
            success: if self.success > 0.0 { self.won / self.success } else { 0.0 },
            failure: if self.success < 1.0 { (self.cost - self.won) / self.error_rate() } else { self.cost },
            giving_up: self.failure_usd().unwrap_or(0.0),
        }
    }
}
